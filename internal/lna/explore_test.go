package lna

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"sidetone/internal/browser"
)

func TestExplore(t *testing.T) {
	kind := browser.Chromium
	if os.Getenv("FF") != "" {
		kind = browser.Firefox
	}
	s := newStand(t)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	spaces := fmt.Sprintf("127.0.0.1:%d=public,127.0.0.1:%d=public", s.tls, s.plain)
	o := browser.Options{Kind: kind, Headless: os.Getenv("DISPLAY") == "",
		Flags: map[string]any{"host-resolver-rules": "MAP *.test 127.0.0.1", "ip-address-space-overrides": spaces, "ignore-certificate-errors-spki-list": s.spki},
		Prefs: map[string]any{},
		Env: []string{"DISPLAY="+os.Getenv("DISPLAY")},
	}
	if kind == browser.Firefox {
		o.Prefs = map[string]any{
			"network.lna.address_space.public.override": fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", s.tls, s.plain),
			"network.dns.localDomains": hostName + "," + widgetName + "," + evilName,
		}
		if os.Getenv("GATED") != "" {
			o.Prefs["network.lna.websocket.enabled"] = true
		}
	}
	t0 := time.Now()
	b, err := browser.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	t.Log("start", time.Since(t0))
	for _, allow := range []string{"", "loopback-network " + s.origin(widgetName)} {
		t0 = time.Now()
		if err := b.Navigate(ctx, s.page(url.Values{"allow": {allow}})); err != nil {
			t.Fatal(err)
		}
		if err := b.WaitEval(ctx, "widget.html", `document.querySelector("#blocked") && !document.querySelector("#blocked").hidden`); err != nil {
			t.Error(err)
		}
		t.Log("loaded", time.Since(t0))
		var got any
		err := b.Eval(ctx, "widget.html", `(async () => { let q; try { q = (await navigator.permissions.query({name:"loopback-network"})).state } catch (e) { q = String(e) }
			return {q, secure: isSecureContext, fp: document.featurePolicy?.allowsFeature("loopback-network"), ua: navigator.userAgent, text: document.body.innerText} })()`, &got)
		t.Log(got, err, s.seen.count())
		b.Screenshot(ctx, fmt.Sprintf("/tmp/shot-%v-%d.png", kind, len(allow)))
	}
	if os.Getenv("HOLD") != "" {
		b.Click(ctx, "widget.html", "#try-again")
		time.Sleep(6*time.Second)
		var got any
		err := b.Eval(ctx, "widget.html", `(async () => { let q; try { q = (await navigator.permissions.query({name:"loopback-network"})).state } catch (e) { q = String(e) } return {q, text: document.body.innerText} })()`, &got)
		t.Log(got, err, s.seen.count())
		time.Sleep(30*time.Second)
	}
}
