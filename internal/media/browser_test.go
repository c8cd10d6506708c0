package media

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/browser"
	"sidetone/internal/call"
)

// page is a browser's own RTCPeerConnection.
type page struct {
	t   *testing.T
	ctx context.Context
	b   *browser.Browser
}

func openPage(t *testing.T) *page {
	t.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir("testdata")))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	b, err := browser.Start(ctx, browser.Options{Headless: true, URL: server.URL + "/peer.html", Flags: map[string]any{
		"allow-loopback-in-peer-connection": true, "autoplay-policy": "no-user-gesture-required",
		// The page has asked for no microphone, so that its address would be hidden behind a name that needs multicast.
		"disable-features": "WebRtcHideLocalIpsWithMdns,Translate,MediaRouter",
	}})
	if errors.Is(err, browser.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return &page{t, ctx, b}
}

// do calls a function of the page with one text.
func (p *page) do(name string, text []byte) []byte {
	p.t.Helper()
	arg, err := json.Marshal(string(text))
	if err != nil {
		p.t.Fatal(err)
	}
	var out string
	if err := p.b.Eval(p.ctx, "", name+"("+string(arg)+")", &out); err != nil {
		p.t.Fatalf("%s: %v\n%s", name, err, text)
	}
	return []byte(out)
}

// hears reports whether the strongest tone the page hears is one.
func (p *page) hears(hz float64) bool {
	var h struct {
		Hz, Level float64
		State     string
	}
	if err := p.b.Eval(p.ctx, "", "heard()", &h); err != nil {
		return false // silence has no number
	}
	return math.Abs(h.Hz-hz) < 12 && h.Level > -50 && h.State == "connected"
}

// TestBrowser: a page in Chromium with a plain RTCPeerConnection and this phone hear each other, whoever calls, in both profiles, after a
// hold, and after this computer has moved to another address.
func TestBrowser(t *testing.T) {
	for name, account := range map[string]call.Account{
		"the WebRTC profile": {Profile: "webrtc"}, "an account with ICE and DTLS": {Encryption: "required", Keys: "dtls", ICE: "on"},
	} {
		t.Run(name+", the page calls", func(t *testing.T) {
			page, file := openPage(t), wav(t, "a.wav")
			p := start(t, as(account), audio.Choice{Input: "tone:440", Output: "file:" + file})
			p.engine.Do(call.MakeAnswer{ID: "c1", Account: "a", Offer: page.do("offer", nil)})
			page.do("accept", await[call.LocalSDP](p, "the answer", nil).SDP)
			if up := await[call.MediaUp](p, "sound", nil); up.Codec != "OPUS" {
				t.Errorf("%+v", up)
			}
			eventually(t, "the phone hears the page", func() bool { return hears(file, 700) })
			eventually(t, "the page hears the phone", func() bool { return page.hears(440) })
		})
		t.Run(name+", the page is called", func(t *testing.T) {
			page, file := openPage(t), wav(t, "a.wav")
			var at atomic.Pointer[netip.Addr]
			first, second := loopback(), netip.MustParseAddr("127.0.0.5")
			at.Store(&first)
			p := startAt(t, as(account), audio.Choice{Input: "tone:440", Output: "file:" + file}, func() netip.Addr { return *at.Load() })
			p.engine.Do(call.MakeOffer{ID: "c1", Account: "a"})
			agree := func() {
				t.Helper()
				p.engine.Do(call.Connect{ID: "c1", Answer: page.do("answer", await[call.LocalSDP](p, "the offer", nil).SDP)})
				await[call.MediaUp](p, "sound", nil)
			}
			talk := func(when string) {
				t.Helper()
				_, had := tail(file)
				eventually(t, "the phone hears the page "+when, func() bool { _, all := tail(file); return all > had+audio.Rate/3 && hears(file, 700) })
				eventually(t, "the page hears the phone "+when, func() bool { return page.hears(440) })
			}
			agree()
			talk("at first")
			p.engine.Do(call.MakeReoffer{ID: "c1", Hold: true})
			agree()
			eventually(t, "the page is held", func() bool { return silent(file) })
			p.engine.Do(call.MakeReoffer{ID: "c1"})
			agree()
			talk("after the hold")
			at.Store(&second)
			p.engine.Do(call.MakeReoffer{ID: "c1"})
			agree()
			talk("from the other address")
		})
	}
}
