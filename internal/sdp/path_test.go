package sdp

import (
	"bytes"
	"strings"
	"testing"
)

const (
	theirPrint = "a=fingerprint:sha-256 02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02\r\n"
	theirICE   = "a=rtcp-mux\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
	theirHost  = "a=candidate:1 1 UDP 2130706431 198.51.100.1 5004 typ host\r\n"
)

// able is a side with everything there is.
func able(sec Security, dtls, ice bool) Local {
	l := keyed(sec)
	l.Cert = Fingerprint{"sha-256", strings.TrimSuffix(strings.Repeat("01:", 32), ":")}
	l.TLSID, l.OfferDTLS, l.SSRC, l.CNAME = "ABCDEFGHIJKLMNOPQRST", dtls, 77, "name"
	if ice {
		l.ICE = ICE{Ufrag: "ours", Pwd: "oursoursoursoursoursours", Candidates: []string{"1 1 udp 2130706431 192.0.2.10 40000 typ host"}}
	}
	return l
}

func TestOffersOfDTLSAndICE(t *testing.T) {
	for name, l := range map[string]Local{"offer-dtls": able(Required, true, false), "offer-dtls-ice": able(Required, true, true), "offer-dtls-beside": able(Offered, true, false)} {
		_, offer := New(l).Offer(false)
		golden(t, name, offer)
	}
	_, answer, err := New(able(Plain, false, true)).Answer([]byte(strings.Replace(string(offerOf("UDP/TLS/RTP/SAVPF", "0", "a=mid:audio\r\n"+theirPrint+"a=setup:actpass\r\na=tls-id:xyz\r\n"+theirICE+theirHost)),
		"t=0 0\r\n", "t=0 0\r\na=group:BUNDLE video audio\r\nm=video 5006 UDP/TLS/RTP/SAVPF 99\r\na=mid:video\r\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "answer-dtls-ice", answer)
}

func TestWhoBegins(t *testing.T) {
	for _, c := range []struct {
		setup  string
		ours   string // in our answer
		client bool
	}{
		{"a=setup:actpass\r\n", "active", true}, {"a=setup:passive\r\n", "active", true}, {"a=setup:ACTIVE\r\n", "passive", false},
		{"", "passive", false}, {"a=setup:holdconn\r\n", "", false}, {"a=setup:maybe\r\n", "", false},
	} {
		s, answer, err := New(able(Plain, false, false)).Answer(offerOf("UDP/TLS/RTP/SAVP", "0", theirPrint+c.setup))
		if c.ours == "" {
			if err == nil {
				t.Errorf("%q is answered: %s", c.setup, answer)
			}
			continue
		}
		if a, _ := s.Agreed(); err != nil || a.Keying != DTLS || a.Handshake.Client != c.client || !strings.Contains(string(answer), "a=setup:"+c.ours+"\r\n") {
			t.Errorf("%q: %v %+v %s", c.setup, err, a.Handshake, answer)
		}
	}
	for setup, client := range map[string]bool{"a=setup:active\r\n": false, "a=setup:passive\r\n": true, "": true, "a=setup:actpass\r\n": true} {
		s, _ := New(able(Required, true, false)).Offer(false)
		s, err := s.Accept(offerOf("UDP/TLS/RTP/SAVP", "0", theirPrint+setup))
		if a, _ := s.Agreed(); err != nil || a.Handshake.Client != client {
			t.Errorf("an answer of %q: %v %+v", setup, err, a.Handshake)
		}
	}
}

// TestAssociations: the same descriptions again keep the handshake and the roles; another fingerprint or tls-id is another one (RFC 8842).
func TestAssociations(t *testing.T) {
	offer := func(lines string) []byte { return offerOf("UDP/TLS/RTP/SAVP", "0", lines) }
	s, first, err := New(able(Plain, false, false)).Answer(offer(theirPrint + "a=setup:active\r\na=tls-id:one\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	was, _ := s.Agreed()
	again, second, err := s.Answer(offer(theirPrint + "a=setup:actpass\r\na=tls-id:one\r\n"))
	if a, _ := again.Agreed(); err != nil || !a.Handshake.Same(was.Handshake) || !strings.Contains(string(second), "a=setup:passive") || idOf(second) != idOf(first) {
		t.Errorf("%v %+v %s", err, a.Handshake, second)
	}
	for name, lines := range map[string]string{
		"another tls-id":     theirPrint + "a=setup:actpass\r\na=tls-id:two\r\n",
		"another print":      strings.ReplaceAll(theirPrint, "02:02", "02:03") + "a=setup:actpass\r\na=tls-id:one\r\n",
		"one print more":     theirPrint + strings.ReplaceAll(theirPrint, "02:02", "02:03") + "a=setup:actpass\r\na=tls-id:one\r\n",
		"another who begins": theirPrint + "a=setup:passive\r\na=tls-id:one\r\n",
	} {
		next, answer, err := again.Answer(offer(lines))
		if a, _ := next.Agreed(); err != nil || a.Handshake.Same(was.Handshake) || idOf(answer) == idOf(first) {
			t.Errorf("%s: %v %+v %s", name, err, a.Handshake, answer)
		}
	}
	order, _, err := s.Answer(offer(strings.ReplaceAll(theirPrint, "02:02", "02:03") + theirPrint + "a=setup:active\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, reoffer := order.Offer(true)
	if !strings.Contains(string(reoffer), "a=setup:actpass\r\n") || !strings.Contains(string(reoffer), " UDP/TLS/RTP/SAVP ") {
		t.Errorf("%s", reoffer)
	}
}

// idOf is a description's tls-id.
func idOf(b []byte) string {
	_, rest, _ := strings.Cut(string(b), "a=tls-id:")
	id, _, _ := strings.Cut(rest, "\r\n")
	return id
}

func TestKindsOfKeysBesideEachOther(t *testing.T) {
	both := theirPrint + "a=setup:actpass\r\n" + cryptoOf(1, AES128SHA80, 2)
	for proto, want := range map[string]Keying{"RTP/AVP": DTLS, "RTP/SAVP": SDES, "UDP/TLS/RTP/SAVP": DTLS, "RTP/SAVPF": SDES} {
		s, answer, err := New(able(Plain, false, false)).Answer(offerOf(proto, "0", both))
		a, _ := s.Agreed()
		if err != nil || a.Keying != want || strings.Contains(string(answer), "a=crypto") == strings.Contains(string(answer), "a=fingerprint") {
			t.Errorf("%s: %v %v %s", proto, err, a.Keying, answer)
		}
	}
	for name, lines := range map[string]string{
		"no print": "a=setup:actpass\r\n", "a broken print": "a=fingerprint:sha-256 01:02\r\n", "an old hash": "a=fingerprint:md5 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n",
	} {
		if _, _, err := New(able(Plain, false, false)).Answer(offerOf("UDP/TLS/RTP/SAVP", "0", lines)); err == nil {
			t.Errorf("%s is answered", name)
		}
	}
	s, _ := New(able(Required, true, false)).Offer(false)
	if _, err := s.Accept(offerOf("RTP/SAVP", "0", cryptoOf(1, AES128SHA80, 2))); err == nil {
		t.Error("keys that were not offered are taken")
	}
}

func TestICEOfOffers(t *testing.T) {
	for name, c := range map[string]struct {
		lines    string
		ice      bool
		mismatch bool
		control  bool
		held     bool
	}{
		"whole":                {lines: theirICE + theirHost, ice: true},
		"lite":                 {lines: "a=ice-lite\r\n" + theirICE + theirHost, ice: true, control: true},
		"candidates come":      {lines: "c=IN IP4 0.0.0.0\r\na=ice-options:trickle\r\n" + theirICE, ice: true},
		"a name for a host":    {lines: "c=IN IP4 0.0.0.0\r\n" + theirICE + "a=candidate:1 1 UDP 1 x.local 5004 typ host\r\n", ice: true},
		"held":                 {lines: "a=sendonly\r\n" + theirICE + theirHost, ice: true, held: true},
		"no mux":               {lines: strings.TrimPrefix(theirICE, "a=rtcp-mux\r\n") + theirHost},
		"no password":          {lines: "a=rtcp-mux\r\na=ice-ufrag:abcd\r\n" + theirHost},
		"a password too short": {lines: "a=rtcp-mux\r\na=ice-ufrag:abcd\r\na=ice-pwd:short\r\n" + theirHost},
		"rewritten on the way": {lines: theirICE + strings.Replace(theirHost, "198.51.100.1", "10.0.0.1", 1), mismatch: true},
		"given up":             {lines: "a=ice-mismatch\r\n" + theirICE + theirHost},
		"nothing over UDP":     {lines: theirICE + strings.Replace(theirHost, "UDP", "TCP", 1), ice: true},
	} {
		s, answer, err := New(able(Plain, false, true)).Answer(offerOf("RTP/AVP", "0", c.lines))
		a, _ := s.Agreed()
		if err != nil || (a.ICE.Ufrag != "") != c.ice || a.Control != c.control || a.RemoteHeld != c.held {
			t.Errorf("%s: %v %+v", name, err, a)
		}
		if text := string(answer); strings.Contains(text, "a=ice-mismatch\r\n") != c.mismatch || strings.Contains(text, "a=ice-ufrag:ours\r\n") != c.ice {
			t.Errorf("%s: %s", name, answer)
		}
		if _, offer := s.Offer(false); strings.Contains(string(offer), "a=candidate:") != c.ice {
			t.Errorf("%s: the next offer is %s", name, offer)
		}
	}
	if _, answer, err := New(able(Plain, false, false)).Answer(offerOf("RTP/AVP", "0", theirICE+theirHost)); err != nil || strings.Contains(string(answer), "ice") {
		t.Errorf("without candidates of ours: %v %s", err, answer)
	}
}

func TestICEBeginsAnew(t *testing.T) {
	offer := offerOf("RTP/AVP", "0", theirICE+theirHost)
	s, _, err := New(able(Plain, false, true)).Answer(offer)
	if err != nil || s.Restarts(offer) {
		t.Fatalf("%v, or the same is another", err)
	}
	if !s.Restarts(bytes.Replace(offer, []byte("abcd"), []byte("efgh"), 1)) || s.Restarts(offerOf("RTP/AVP", "0")) || s.Restarts([]byte("?")) {
		t.Error("another ufrag begins it anew, and nothing else")
	}
	next := able(Plain, false, true).ICE
	next.Ufrag = "more"
	s = s.Move(s.Addr(), 40002, next)
	if _, text := s.Offer(false); !strings.Contains(string(text), "a=ice-ufrag:more\r\n") || !strings.Contains(string(text), "m=audio 40002 ") {
		t.Errorf("%s", text)
	}
}

func TestTrickledCandidates(t *testing.T) {
	list, last := Candidates([]byte("a=ice-ufrag:abcd\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n" + theirHost + "a=candidate:2 2 UDP 1 198.51.100.1 5005 typ host\r\na=candidate:x\r\na=end-of-candidates\r\n"))
	if len(list) != 1 || !last || !strings.HasSuffix(list[0], " 198.51.100.1 5004 typ host") {
		t.Errorf("%v %v", list, last)
	}
	if list, last := Candidates([]byte("\x00")); list != nil || last {
		t.Errorf("%v %v", list, last)
	}
}

// FuzzPaths: whatever a stranger offers, what is agreed is whole, and nothing that asks for keys becomes plain.
func FuzzPaths(f *testing.F) {
	f.Add(offerOf("UDP/TLS/RTP/SAVPF", "0", theirPrint+"a=setup:actpass\r\n"+theirICE+theirHost), true)
	f.Add(offerOf("RTP/AVP", "0", theirPrint+cryptoOf(1, AES256GCM, 1)+"a=ice-lite\r\n"+theirICE+theirHost), false)
	f.Fuzz(func(t *testing.T, b []byte, required bool) {
		sec := Plain
		if required {
			sec = Required
		}
		s, answer, err := New(able(sec, true, true)).Answer(b)
		if err != nil {
			return
		}
		a, up := s.Agreed()
		if !up || required && a.Keying == NoKeys || a.Keying == DTLS && len(a.Handshake.Theirs) == 0 || a.Keying == SDES && len(a.SendKey) != len(a.RecvKey) || a.ICE.Ufrag != "" && !a.Mux {
			t.Fatalf("%+v", a)
		}
		d, err := Parse(answer)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range d.Media {
			if p, known := profileOf(m.Proto); m.Port != 0 && (!known || p.secure && a.Keying == NoKeys) {
				t.Fatalf("%s", answer)
			}
		}
		Candidates(b)
		s.Restarts(b)
	})
}
