package lna

import (
	"testing"

	"sidetone/internal/browser"
)

const unsure = "the browser keeps this widget from it"

// TestFirefox: as Debian ships it, Firefox asks about fetches and frames and lets WebSockets through.
func TestFirefox(t *testing.T) {
	sc, s := newScreen(t), newStand(t)
	profile := folder(t)
	a := s.open(t, sc, browser.Firefox, options{profile: profile})
	a.row("when no app listens and nothing is delegated, the widget says both things it may be", func(a *agent) {
		a.visit(host{ports: []int{s.empty}})
		a.says("#blocked", unsure)
		a.shot("unsure")
	})
	a.row("delegated, it waits for a click, and then is not asked", func(a *agent) {
		a.visit(host{delegates: true})
		a.says("#try-again", "Connect")
		a.silence(false)
		a.click("#try-again")
		a.pair()
		a.dial("+12025550142")
		if got := a.permission(); got != "prompt" {
			a.t.Errorf("the permission is %s", got)
		}
	})
	a.row("what it let through once it lets through again, without a click", func(a *agent) {
		a.visit(host{delegates: true})
		a.says("#connection", "Connected")
	})
	a.row("a host that does not delegate is no obstacle", func(a *agent) {
		a.visit(host{org: otherName})
		a.says("#connection", "Connected")
	})
	a.must(a.Close())
	gatedFirefox(t, s, sc, profile)
}

// gatedFirefox goes on in the same profile after the day Firefox begins to ask about WebSockets too.
func gatedFirefox(t *testing.T, s *stand, sc *screen, profile string) {
	t.Helper()
	a := s.open(t, sc, browser.Firefox, options{profile: profile, prefs: gated()})
	a.row("when Firefox begins to ask, the widget stops after one try and waits for a click", func(a *agent) {
		a.visit(host{delegates: true})
		a.says("#try-again", "Connect")
		a.before.reached, a.before.spoken = s.seen.counts()
		a.visit(host{delegates: true})
		a.says("#try-again", "Connect")
		a.silence(false)
	})
	a.row("a host that does not delegate is an obstacle now", func(a *agent) {
		a.visit(host{})
		a.says("#blocked", unsure)
		a.silence(true)
	})
	a.row("Block is named, and nothing is tried again by itself", func(a *agent) {
		a.visit(host{org: otherName, delegates: true})
		a.click("#try-again")
		a.says("#blocked", "Choose Allow at the top of the window")
		a.shot("asking")
		a.answer("Block", a.shows("#blocked", unsure))
		a.shot("denied")
		a.silence(true)
	})
	a.row("Allow, remembered, connects", func(a *agent) {
		a.visit(host{delegates: true})
		a.click("#try-again")
		a.says("#blocked", "Choose Allow at the top of the window")
		a.silence(true)
		a.answer("Remember", a.ticked)
		a.shot("remember")
		a.answer("Allow", a.shows("#connection", "Connected"))
		a.t.Log("the permission is", a.permission())
		a.dial("+12025550119")
	})
	a.must(a.Close())

	a = s.open(t, sc, browser.Firefox, options{profile: profile, prefs: gated()})
	a.row("after a restart the remembered Allow connects in silence", func(a *agent) {
		a.visit(host{delegates: true})
		a.says("#connection", "Connected")
	})
	a.row("after a restart a Block that was not remembered is gone", func(a *agent) {
		a.visit(host{org: otherName, delegates: true})
		a.says("#try-again", "Connect")
		a.silence(false)
	})
	a.must(a.Close())
}
