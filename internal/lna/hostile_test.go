package lna

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"sidetone/internal/browser"
)

// try is what one attempt of the hostile page came to.
type try struct{ Name, Got string }

// unprotected is a browser whose protection of this computer IT has switched off.
func unprotected(kind browser.Kind) object {
	if kind == browser.Firefox {
		return object{"policies": object{"LocalNetworkAccess": object{"Enabled": false}}}
	}
	return object{"LocalNetworkAccessRestrictionsTemporaryOptOut": true}
}

// careless is a person who does not mind sending a form without TLS.
func careless(kind browser.Kind) object {
	if kind == browser.Firefox {
		return object{"security.warn_submit_secure_to_insecure": false}
	}
	return nil
}

// TestHostilePage: with the browser's protection off, the bridge alone keeps a stranger's page out.
func TestHostilePage(t *testing.T) {
	sc := newScreen(t)
	for _, kind := range []browser.Kind{browser.Chromium, browser.Firefox} {
		t.Run(kind.String(), func(t *testing.T) {
			s := newStand(t)
			a := s.open(t, sc, kind, options{policy: unprotected(kind), prefs: careless(kind)})
			a.row("the widget itself connects", func(a *agent) {
				a.visit(host{delegates: true})
				if kind == browser.Chromium { // Firefox then no longer says that it would ask
					a.click("#try-again")
				}
				a.pair()
				a.dial("+12025550142")
			})
			hostile(a)
		})
	}
}

func hostile(a *agent) {
	secure := fmt.Sprintf("https://%s:%d/?port=%d", evilName, a.stand.tls, a.stand.port)
	open := fmt.Sprintf("http://%s:%d/?port=%d", evilName, a.stand.plain, a.stand.port)
	a.row("a hostile page at top level is refused at every door", func(a *agent) {
		a.must(a.Navigate(a.ctx, secure))
		a.attack("")
	})
	a.row("a hostile page without TLS is refused at every door, by a rebound name too", func(a *agent) {
		a.must(a.Navigate(a.ctx, open))
		a.attack("")
	})
	a.row("a hostile page framed in Kustomer is refused at every door", func(a *agent) {
		q := url.Values{"frame": {secure}, "allow": {"loopback-network *; local-network-access *"}}
		a.must(a.Navigate(a.ctx, a.stand.origin(hostName)+"/?"+q.Encode()))
		a.attack("https://" + evilName)
	})
	a.row("a hostile page that opens the small window hears nothing from it", func(a *agent) {
		a.must(a.Navigate(a.ctx, secure))
		a.must(a.Click(a.ctx, "", "#popup"))
		a.must(a.WaitEval(a.ctx, "", `globalThis.opened !== undefined`))
		var got struct {
			Opened string
			Heard  []any
		}
		a.must(a.Eval(a.ctx, "", `({opened, heard})`, &got))
		if got.Opened != "opened" || len(got.Heard) > 0 {
			a.t.Errorf("%+v", got)
		}
		a.in(popup, "#state", "Waiting for Kustomer")
		a.unharmed()
	})
}

// attack lets the page try everything and checks what it got.
func (a *agent) attack(frame string) {
	a.t.Helper()
	var tries []try
	a.must(a.Eval(a.ctx, frame, `run()`, &tries))
	words := map[string]int{}
	for _, r := range tries {
		word, _, _ := strings.Cut(r.Got, " ")
		words[word]++
		switch {
		case word == "refused", word == "nothing", word == "opaque":
		default:
			a.t.Errorf("%s came to %q", r.Name, r.Got)
		}
	}
	reached, spoken := a.news()
	a.t.Logf("%d tries came to %v; the bridge was reached %d times, spoken to %d times and has refused so far %v", len(tries), words, reached, spoken, a.stand.seen.statuses())
	if spoken < 20 {
		a.t.Errorf("only %d requests reached the bridge: the browser's protection is not off", spoken)
	}
	a.unharmed()
}

// unharmed checks that the phone has done nothing but the widget's one call.
func (a *agent) unharmed() {
	a.t.Helper()
	a.stand.phone.mu.Lock()
	defer a.stand.phone.mu.Unlock()
	if len(a.stand.phone.dials) != 1 || len(a.stand.phone.others) > 0 {
		a.t.Errorf("the phone was told to dial %v and to do %v", a.stand.phone.dials, a.stand.phone.others)
	}
}
