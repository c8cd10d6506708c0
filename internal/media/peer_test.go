package media

import (
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"sidetone/internal/audio"
	"sidetone/internal/call"
)

// withWebRTC is an account of the WebRTC profile.
func withWebRTC() Config { return as(call.Account{Profile: "webrtc"}) }

// TestProfileWithGateway: a stock PeerConnection calls and is called, whole and lite.
func TestProfileWithGateway(t *testing.T) {
	for name, change := range map[string]func(*webrtc.SettingEngine){"full": nil, "lite": func(s *webrtc.SettingEngine) { s.SetLite(true) }} {
		t.Run("from a gateway, "+name, func(t *testing.T) {
			g, file := newGateway(t, change), wav(t, "a.wav")
			p := start(t, withWebRTC(), audio.Choice{Input: "tone:440", Output: "file:" + file})
			p.engine.Do(call.MakeAnswer{ID: "c1", Account: "a", Offer: g.offer()})
			g.accept(await[call.LocalSDP](p, "the answer", nil).SDP)
			await[call.MediaUp](p, "sound", nil)
			eventually(t, "both hear each other", func() bool { return hears(file, gatewayTone) && g.hears(440) })
		})
		t.Run("to a gateway, "+name, func(t *testing.T) {
			g, file := newGateway(t, change), wav(t, "a.wav")
			p := start(t, withWebRTC(), audio.Choice{Input: "tone:440", Output: "file:" + file})
			p.engine.Do(call.MakeOffer{ID: "c1", Account: "a"})
			answer := g.answer(await[call.LocalSDP](p, "the offer", nil).SDP)
			p.engine.Do(call.Connect{ID: "c1", Answer: answer})
			await[call.MediaUp](p, "sound", nil)
			eventually(t, "both hear each other", func() bool { return hears(file, gatewayTone) && g.hears(440) })
		})
	}
}

// TestProfileInACall: the best codec, holds from both sides, digits, reports, and another far end that takes the call over.
func TestProfileInACall(t *testing.T) {
	for name, cfg := range map[string]Config{"with its like": withWebRTC(), "with an account that answers what comes": {}} {
		t.Run(name, func(t *testing.T) {
			fileA, fileB := wav(t, "a.wav"), wav(t, "b.wav")
			a := start(t, withWebRTC(), audio.Choice{Input: "tone:440", Output: "file:" + fileA})
			b := start(t, cfg, audio.Choice{Input: "tone:1004", Output: "file:" + fileB})
			pass(a, b, "c1", asItIs)
			if up := await[call.MediaUp](a, "sound", nil); up.Codec != "OPUS" || !up.Events {
				t.Errorf("%+v", up)
			}
			await[call.MediaUp](b, "sound", nil)
			both := func() bool { return hears(fileA, 1004) && hears(fileB, 440) }
			eventually(t, "both hear each other", both)
			a.engine.Do(call.PlayDigits{ID: "c1", Digits: "5"})
			if d := await[call.DigitReceived](b, "the digit", nil); d.Digit != '5' {
				t.Errorf("%c", d.Digit)
			}
			reoffer(a, b, "c1", true)
			eventually(t, "it is held", func() bool { return silent(fileA) })
			reoffer(b, a, "c1", false)
			reoffer(a, b, "c1", false)
			eventually(t, "both hear each other again", both)
			for _, p := range []*phone{a, b} {
				eventually(t, "a round trip is known", func() bool {
					return probe(p, func(s *session) bool { s.report(time.Now(), false); return s.roundTrip > 0 })
				})
			}
			c := start(t, withWebRTC(), audio.Choice{Input: "tone:1500", Output: "null"})
			c.engine.Do(call.MakeOffer{ID: "c1"})
			a.engine.Do(call.MakeAnswer{ID: "c1", Offer: await[call.LocalSDP](c, "the other's offer", nil).SDP})
			answer := await[call.LocalSDP](a, "the answer", nil).SDP
			a.engine.Do(call.Connect{ID: "c1"})
			c.engine.Do(call.Connect{ID: "c1", Answer: answer})
			await[call.MediaUp](a, "sound with the other", nil)
			eventually(t, "the other is heard", func() bool { return hears(fileA, 1500) })
		})
	}
}

// TestProfileMovesWithTheNetwork to another endpoint at another address.
func TestProfileMovesWithTheNetwork(t *testing.T) {
	fileA, fileB := wav(t, "a.wav"), wav(t, "b.wav")
	var at atomic.Pointer[netip.Addr]
	first, second := loopback(), netip.MustParseAddr("127.0.0.5")
	at.Store(&first)
	a := startAt(t, withWebRTC(), audio.Choice{Input: "tone:440", Output: "file:" + fileA}, func() netip.Addr { return *at.Load() })
	b := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "file:" + fileB})
	pass(a, b, "c1", asItIs)
	await[call.MediaUp](a, "sound", nil)
	await[call.MediaUp](b, "sound", nil)
	at.Store(&second)
	a.engine.Do(call.MakeReoffer{ID: "c1"})
	b.engine.Do(call.MakeAnswer{ID: "c1", Offer: await[call.LocalSDP](a, "the offer from the other address", nil).SDP})
	answer := await[call.LocalSDP](b, "the answer", nil).SDP
	b.engine.Do(call.Connect{ID: "c1"})
	a.engine.Do(call.Connect{ID: "c1", Answer: answer})
	await[call.MediaUp](a, "sound by the new path", nil)
	await[call.MediaUp](b, "sound by the new path", nil)
	_, hadA := tail(fileA)
	_, hadB := tail(fileB)
	eventually(t, "both hear each other again", func() bool {
		_, nowA := tail(fileA)
		_, nowB := tail(fileB)
		return nowA > hadA+audio.Rate/2 && nowB > hadB+audio.Rate/2 && hears(fileA, 1004) && hears(fileB, 440)
	})
}

// TestProfileTakesNothingElse: plain sound and keys in descriptions are refused, nothing but the endpoint's own sound is played, and
// nothing runs on.
func TestProfileTakesNothingElse(t *testing.T) {
	p := start(t, withWebRTC(), audio.Choice{Input: "silence", Output: "null"})
	p.engine.Do(call.Release{ID: "none"})
	before := runtime.NumGoroutine()
	for lines, cause := range map[string]call.Cause{
		"m=audio 9 RTP/AVP 0\n": call.Unencrypted,
		"m=audio 9 RTP/SAVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC\n":                        call.NotAcceptable,
		"m=audio 9 UDP/TLS/RTP/SAVP 0\na=setup:actpass\na=fingerprint:sha-256 " + strings.TrimSuffix(strings.Repeat("00:", 32), ":") + "\n": call.NotAcceptable,
	} {
		p.engine.Do(call.MakeAnswer{ID: "c1", Offer: []byte("v=0\nc=IN IP4 127.0.0.1\n" + lines)})
		if f := await[call.MediaFailed](p, "the refusal", nil); f.Reason.Cause != cause {
			t.Errorf("%s: %+v", lines, f.Reason)
		}
	}
	for range 3 {
		p.engine.Do(call.MakeOffer{ID: "c1"})
		await[call.LocalSDP](p, "an offer", nil)
		stranger, err := openPair(loopback(), 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		var port int
		probe(p, func(s *session) bool { port = s.socks.port; return true })
		for i := range 20 {
			for _, to := range []int{port, port + 1} {
				if err := stranger.rtp.Send(voice(9, uint16(i)), netip.AddrPortFrom(loopback(), uint16(to))); err != nil {
					t.Fatal(err)
				}
			}
		}
		if probe(p, func(s *session) bool { return s.reception.known }) {
			t.Error("a stranger is heard")
		}
		stranger.close()
		p.engine.Do(call.Release{ID: "c1"})
		p.engine.Do(call.MakeOffer{ID: "c2"})
		p.engine.Do(call.Release{ID: "c2"})
	}
	eventually(t, "what ran for the calls has ended", func() bool { return runtime.NumGoroutine() <= before })
}
