package lna

import (
	"context"
	"testing"
	"time"

	"sidetone/internal/browser"
)

const (
	popup  = "/pipe"
	modest = "allow-scripts allow-same-origin allow-forms"
	fuller = modest + " allow-popups"
)

// throughTheWindow holds what the small window does where the widget itself is let through to nowhere.
func throughTheWindow(a *agent, obstacle string) {
	a.row("a small window carries pairing, the connection and one call", func(a *agent) {
		a.visit(host{})
		a.says("#blocked", obstacle)
		a.click("#small-window")
		a.pair()
		a.in(popup, "#state", "Kustomer is connected to your phone")
		a.shot("window")
		a.dial("+12025550142")
	})
	a.row("a widget that is loaded anew takes up the window without a click", func(a *agent) {
		a.must(a.Eval(a.ctx, widget, `globalThis.before = true`, nil))
		a.must(a.Eval(a.ctx, "", `reloadFrame()`, nil))
		a.must(a.WaitEval(a.ctx, widget, `!globalThis.before && document.querySelector("#connection") !== null`))
		a.says("#connection", "Connected")
		a.dial("+12025550119")
	})
	a.row("a window that is closed is missed, and opened again by a click", func(a *agent) {
		a.must(a.CloseWindow(a.ctx, popup))
		a.says("#blocked", "The small window is closed")
		a.says("#connection", "Not connected")
		a.shot("window-closed")
		a.click("#try-again")
		a.says("#connection", "Connected")
	})
	a.row("the window goes when Kustomer goes", func(a *agent) {
		a.visit(host{})
		a.must(a.WaitAlone(a.ctx, popup))
	})
	a.row("the window goes through the ports in their order", func(a *agent) {
		a.visit(host{ports: []int{a.stand.empty, a.stand.port}})
		a.says("#blocked", obstacle)
		a.click("#small-window")
		a.says("#connection", "Connected")
		a.visit(host{})
		a.must(a.WaitAlone(a.ctx, popup))
	})
	a.row("where nobody listens the window is shut and the widget says to start Sidetone", func(a *agent) {
		a.visit(host{ports: []int{a.stand.empty}})
		a.says("#blocked", obstacle)
		a.click("#small-window")
		a.says("#blocked", "Start Sidetone on this computer if it is not running")
		a.must(a.WaitAlone(a.ctx, popup))
	})
	a.row("a sandbox with allow-popups lets the window through", func(a *agent) {
		a.visit(host{sandbox: fuller})
		a.says("#blocked", obstacle)
		a.click("#small-window")
		a.says("#connection", "Connected")
		a.visit(host{})
		a.must(a.WaitAlone(a.ctx, popup))
	})
	noWindow(a, obstacle)
}

// noWindow holds what is said where even the window is refused.
func noWindow(a *agent, obstacle string) {
	a.row("a sandbox without allow-popups is named", func(a *agent) {
		a.visit(host{sandbox: modest})
		a.says("#blocked", obstacle)
		a.click("#small-window")
		a.says("#blocked", "The small window is out of reach")
		a.shot("no-window")
		a.silence(a.kind == browser.Firefox)
	})
	a.row("a host that keeps its windows apart is named on both sides", func(a *agent) {
		a.visit(host{opener: "same-origin"})
		a.says("#blocked", obstacle)
		a.click("#small-window")
		a.says("#blocked", "The small window is out of reach")
		a.in(popup, "#state", "Kustomer keeps its windows apart")
		a.shot("windows-apart")
		a.must(a.CloseWindow(a.ctx, popup))
	})
}

// in waits for a text in a further window.
func (a *agent) in(window, selector, want string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.ctx, 20*time.Second)
	defer cancel()
	a.must(a.WaitText(ctx, window, selector, want))
}

func TestChromiumByTheSmallWindow(t *testing.T) {
	sc, s := newScreen(t), newStand(t)
	a := s.open(t, sc, browser.Chromium, options{policy: object{
		"LoopbackNetworkBlockedForUrls": []string{"*"}, "LocalNetworkAccessBlockedForUrls": []string{"*"},
	}})
	a.row("a policy that blocks every site is named as the browser's", func(a *agent) {
		a.visit(host{delegates: true})
		a.says("#blocked", "The browser blocks Sidetone")
		a.shot("blocked-by-policy")
		a.silence(false)
	})
	throughTheWindow(a, "Kustomer does not let this widget in")
}

func TestFirefoxByTheSmallWindow(t *testing.T) {
	sc, s := newScreen(t), newStand(t)
	throughTheWindow(s.open(t, sc, browser.Firefox, options{prefs: gated()}), "the browser keeps this widget from it")
}

// gated is Firefox as Mozilla has announced it: WebSockets are asked about too.
func gated() object { return object{"network.lna.websocket.enabled": true} }
