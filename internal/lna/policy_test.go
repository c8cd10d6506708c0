package lna

import (
	"testing"

	"sidetone/internal/browser"
	"sidetone/internal/browserpolicy"
)

// What a widget comes to that nobody has clicked in yet.
const (
	inSilence = "type the digits you see"                // the bridge has answered
	asks      = "Your browser will ask whether Kustomer" // a click would bring the question
	blocked   = "The browser blocks Sidetone"            // IT or the agent has denied
	undone    = "Kustomer does not let this widget in"   // the host does not delegate
	granted   = browserpolicy.LoopbackAllowed
	defaulted = browserpolicy.Delegated
)

// TestChromiumPolicies: the policy matches the page in the address bar, never the widget.
func TestChromiumPolicies(t *testing.T) {
	sc, s := newScreen(t), newStand(t)
	kustomer, own := []string{s.origin(hostName)}, []string{s.origin(widgetName)}
	for _, c := range []struct {
		sentence    string
		policy      any
		delegated   string // what the widget says in a host page that delegates; "" is not tried
		undelegated string
	}{
		{"the shipped file, the widget connects in silence", s.ships(browser.Chromium, browserpolicy.Request{}), inSilence, undone},
		{"the shipped file for hosts that do not delegate, the widget connects in silence", s.ships(browser.Chromium, browserpolicy.Request{NotDelegated: true}), inSilence, inSilence},
		{"all of Kustomer's sites allowed, the widget connects in silence", object{granted: []string{"https://[*.]kustomerapp.test"}}, inSilence, undone},
		{"the widget's own site allowed, the browser still asks", object{granted: own}, asks, undone},
		{"delegated by policy, the browser still asks", object{defaulted: true}, asks, asks},
		{"the older policy, which is shipped beside the newer, is enough", object{browserpolicy.LocalAllowed: kustomer}, inSilence, undone},
		{"Kustomer's site blocked, the widget says so", object{browserpolicy.LoopbackBlocked: kustomer}, blocked, undone},
	} {
		a := s.open(t, sc, browser.Chromium, options{policy: c.policy})
		a.row(c.sentence, func(a *agent) {
			a.visit(host{})
			a.says("#blocked", c.undelegated)
			a.visit(host{delegates: true})
			a.says("#blocked", c.delegated)
			if c.delegated == blocked {
				a.silence(false)
			}
		})
		a.must(a.Close())
	}
}

// TestFirefoxPolicies: the policy matches the widget's host, never the page in the address bar. The page is not told of it: to the
// widget it looks as if a question came, until it has once gone through without.
func TestFirefoxPolicies(t *testing.T) {
	sc, s := newScreen(t), newStand(t)
	a := s.open(t, sc, browser.Firefox, options{prefs: gated(), policy: s.ships(browser.Firefox, browserpolicy.Request{})})
	a.row("the widget's host skipped, the first click is not asked about and later loads are silent", func(a *agent) {
		a.visit(host{delegates: true})
		a.says("#blocked", asks)
		a.silence(false)
		a.click("#try-again")
		a.pair()
		a.visit(host{delegates: true})
		a.says("#connection", "Connected")
		if got := a.permission(); got != "prompt" {
			a.t.Errorf("the permission is %s", got)
		}
	})
	a.row("the widget's host skipped, a host that does not delegate is still an obstacle", func(a *agent) {
		a.visit(host{org: otherName, ports: []int{s.port}})
		a.says("#blocked", unsure)
		a.silence(true)
	})
	a.must(a.Close())
	a = s.open(t, sc, browser.Firefox, skipping("*.kustomerapp.test"))
	a.row("Kustomer's host skipped, the browser still asks", func(a *agent) {
		a.visit(host{delegates: true})
		a.click("#try-again")
		a.says("#blocked", "Choose Allow at the top of the window")
		a.answer("Allow", a.shows("#blocked", inSilence))
	})
	a.must(a.Close())
}

// ships is the file that IT is given for the lab's names, byte for byte.
func (s *stand) ships(kind browser.Kind, r browserpolicy.Request) []byte {
	s.t.Helper()
	r.Orgs, r.Sites, r.WidgetHost = []string{"acme"}, []string{s.origin(hostName)}, widgetName
	files, err := browserpolicy.Files(r)
	if err != nil {
		s.t.Fatal(err)
	}
	if kind == browser.Firefox {
		return files["linux/firefox/policies.json"]
	}
	return files["linux/chromium/sidetone.json"]
}

// skipping is Firefox with a host skipped, where WebSockets are asked about.
func skipping(name string) options {
	return options{prefs: gated(), policy: object{"policies": object{
		"LocalNetworkAccess": object{"SkipDomains": []string{name}, "Locked": true},
	}}}
}
