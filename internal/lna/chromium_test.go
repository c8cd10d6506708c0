package lna

import (
	"os"
	"testing"

	"sidetone/internal/browser"
)

type object = map[string]any

func TestChromium(t *testing.T) {
	sc, s := newScreen(t), newStand(t)
	profile := folder(t)
	a := s.open(t, sc, browser.Chromium, options{profile: profile})
	a.row("a host that does not delegate is named, and nothing reaches the bridge", func(a *agent) {
		a.visit(host{})
		a.says("#blocked", "Kustomer does not let this widget in")
		a.click("#try-again")
		a.says("#blocked", "Kustomer does not let this widget in")
		a.shot("not-delegated")
		a.silence(false)
	})
	a.row("a host that forbids it for all its frames is named too", func(a *agent) {
		a.visit(host{delegates: true, features: "loopback-network=(), local-network-access=()"})
		a.says("#blocked", "Kustomer does not let this widget in")
		a.silence(false)
	})
	a.row("without a click nothing is asked and nothing reaches the bridge", func(a *agent) {
		a.visit(host{delegates: true})
		a.says("#try-again", "Connect")
		a.shot("ask")
		a.silence(false)
	})
	a.row("when no app listens, a click is not asked about and the widget says to start it", func(a *agent) {
		a.visit(host{delegates: true, ports: []int{s.empty}})
		a.click("#try-again")
		a.says("#blocked", "Start Sidetone if it is not running")
		a.shot("not-running")
		if got := a.permission(); got != "prompt" {
			a.t.Errorf("the permission is %s", got)
		}
	})
	a.row("a question that is shut leaves the widget waiting for the next click", func(a *agent) {
		a.visit(host{delegates: true})
		a.click("#try-again")
		a.says("#blocked", "Choose Allow at the top of the window")
		a.shot("asking")
		a.answer("X", a.shows("#blocked", "That did not work"))
		a.silence(true)
	})
	a.row("Block is named, and nothing is tried again", func(a *agent) {
		a.visit(host{org: otherName, delegates: true})
		a.click("#try-again")
		a.says("#blocked", "Choose Allow at the top of the window")
		a.answer("Block", a.state("denied"))
		a.says("#blocked", "The browser blocks Sidetone")
		a.shot("denied")
		a.before.reached, a.before.spoken = s.seen.counts()
		a.click("#try-again")
		a.visit(host{org: otherName, delegates: true})
		a.says("#blocked", "The browser blocks Sidetone")
		a.silence(false)
	})
	a.row("Allow leads to pairing, the digits to a connection, a click to a call", func(a *agent) {
		a.visit(host{delegates: true, ports: []int{s.empty, s.port}}) // the app has moved to its second port
		a.click("#try-again")
		a.says("#blocked", "Choose Allow at the top of the window")
		a.silence(true)
		a.answer("Allow", a.state("granted"))
		a.pair()
		a.shot("connected")
		a.dial("+12025550142")
	})
	a.must(a.Close())

	a = s.open(t, sc, browser.Chromium, options{profile: profile})
	a.row("after a restart the kept Allow connects in silence", func(a *agent) {
		a.visit(host{delegates: true})
		a.says("#connection", "Connected")
	})
	a.row("after a restart the kept Block still holds", func(a *agent) {
		a.visit(host{org: otherName, delegates: true})
		a.says("#blocked", "The browser blocks Sidetone")
		a.silence(false)
	})
	a.must(a.Close())
}

// folder is a profile's, with a name short enough for a socket in it.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sidetone-lna-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removed(t, dir) })
	return dir
}
