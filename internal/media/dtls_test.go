package media

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/sdp"
)

// as is a Config for one account.
func as(a call.Account) Config {
	return Config{Account: func(string) call.Account { return a }}
}

// withDTLS asks for it.
func withDTLS() Config { return as(call.Account{Encryption: "required", Keys: "dtls"}) }

// pass carries an offer from a to b and its answer back, both as change makes them.
func pass(a, b *phone, id call.ID, change func([]byte) []byte) {
	a.t.Helper()
	a.engine.Do(call.MakeOffer{ID: id, Account: "a"})
	offer := await[call.LocalSDP](a, "the offer", nil)
	b.engine.Do(call.MakeAnswer{ID: id, Account: "b", Offer: change(offer.SDP)})
	answer := await[call.LocalSDP](b, "the answer", nil)
	a.engine.Do(call.Connect{ID: id, Answer: change(answer.SDP)})
}

func asItIs(b []byte) []byte { return b }

// without takes lines out of a description.
func without(line string) func([]byte) []byte {
	return func(b []byte) []byte { return regexp.MustCompile(`(?m)^`+line+`.*\r\n`).ReplaceAll(b, nil) }
}

// instead writes something else.
func instead(old, new string) func([]byte) []byte {
	return func(b []byte) []byte { return regexp.MustCompile(old).ReplaceAll(b, []byte(new)) }
}

func TestDTLSWithoutICE(t *testing.T) {
	for name, change := range map[string]func([]byte) []byte{
		"one port":            asItIs,
		"two ports":           without("a=rtcp-mux"),
		"feedback":            instead("TLS/RTP/SAVP ", "TLS/RTP/SAVPF "),
		"the old profile":     instead("UDP/TLS/RTP/SAVP ", "RTP/SAVPF "),
		"beside plain sound":  instead("UDP/TLS/RTP/SAVP ", "RTP/AVP "),
		"the offerer begins":  instead("setup:actpass", "setup:active"),
		"no word of roles":    without("a=setup"),
		"no tls-id":           without("a=tls-id"),
		"a hash nobody knows": instead("a=fingerprint:", "a=fingerprint:md5 00:11\r\na=fingerprint:"),
	} {
		t.Run(name, func(t *testing.T) {
			fileA, fileB := wav(t, "a.wav"), wav(t, "b.wav")
			a := start(t, withDTLS(), audio.Choice{Input: "tone:440", Output: "file:" + fileA})
			b := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "file:" + fileB})
			pass(a, b, "c1", change)
			await[call.MediaUp](a, "sound at the caller", nil)
			await[call.MediaUp](b, "sound at the answerer", nil)
			eventually(t, "both hear each other", func() bool { return hears(fileA, 1004) && hears(fileB, 440) })
			if name == "no tls-id" {
				return
			}
			up := reoffer(b, a, "c1", true)
			if !up.RemoteHeld {
				t.Errorf("%+v", up)
			}
			reoffer(b, a, "c1", false)
			eventually(t, "both hear each other again", func() bool { return hears(fileA, 1004) && hears(fileB, 440) })
			for _, p := range []*phone{a, b} { // reports have the keys of their port
				eventually(t, "a round trip is known", func() bool {
					return probe(p, func(s *session) bool { s.report(time.Now(), false); return s.roundTrip > 0 })
				})
			}
		})
	}
}

// probe looks at a call from the engine's goroutine.
func probe(p *phone, look func(*session) bool) bool {
	told := make(chan bool, 1)
	p.engine.post(func(time.Time) { told <- p.engine.sessions["c1"] != nil && look(p.engine.sessions["c1"]) })
	return <-told
}

func TestCertificateThatNobodyNamed(t *testing.T) {
	other := "a=fingerprint:sha-256 " + strings.TrimSuffix(strings.Repeat("00:", 32), ":")
	for name, change := range map[string]func([]byte) []byte{
		"sha-256": instead("a=fingerprint:sha-256 [0-9A-F:]+", other),
		"sha-1":   instead("a=fingerprint:sha-256 [0-9A-F:]+", "a=fingerprint:sha-1 "+strings.TrimSuffix(strings.Repeat("00:", 20), ":")),
	} {
		t.Run(name, func(t *testing.T) {
			file := wav(t, "a.wav")
			a := start(t, withDTLS(), audio.Choice{Input: "tone:440", Output: "file:" + file})
			b := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "null"})
			a.engine.Do(call.MakeOffer{ID: "c1"})
			b.engine.Do(call.MakeAnswer{ID: "c1", Offer: await[call.LocalSDP](a, "the offer", nil).SDP})
			a.engine.Do(call.Connect{ID: "c1", Answer: change(await[call.LocalSDP](b, "the answer", nil).SDP)})
			f := await[call.MediaFailed](a, "the refusal", nil)
			if f.Reason.Cause != call.NotAcceptable || !strings.Contains(f.Reason.Detail, errStranger.Error()) {
				t.Errorf("%+v", f.Reason)
			}
			if !probe(a, func(s *session) bool { return s.sender.packets == 0 || s.keys.send == nil }) {
				t.Error("it has keys")
			}
		})
	}
}

// TestNoSoundBeforeTheKeys: until the handshake is done nothing goes out, in the clear least of all, and nothing that comes is played.
func TestNoSoundBeforeTheKeys(t *testing.T) {
	peer, err := openPair(loopback(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.close()
	a := start(t, Config{}, audio.Choice{Input: "tone:440", Output: "null"})
	offer := fmt.Sprintf("v=0\nc=IN IP4 127.0.0.1\nm=audio %d UDP/TLS/RTP/SAVP 0\na=rtcp-mux\na=setup:active\na=fingerprint:sha-256 %s\n", peer.port, strings.TrimSuffix(strings.Repeat("00:", 32), ":"))
	a.engine.Do(call.MakeAnswer{ID: "c1", Offer: []byte(offer)})
	await[call.LocalSDP](a, "the answer", nil)
	to := netip.AddrPortFrom(loopback(), 0)
	probe(a, func(s *session) bool { to = netip.AddrPortFrom(loopback(), uint16(s.socks.port)); return true })
	for i := range 30 {
		if err := peer.rtp.Send(numbered(uint16(i)), to); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "half a second of sound has been spoken", func() bool { return probe(a, func(s *session) bool { return s.sender.packets > 25 }) })
	defer time.AfterFunc(100*time.Millisecond, func() { peer.rtp.Close() }).Stop() // what went out is here already
	var b [2048]byte
	if n, _, err := peer.rtp.Read(b[:]); err == nil {
		t.Errorf("%d octets went out: %x", n, b[:n])
	}
	if !probe(a, func(s *session) bool { return s.reception.received == 0 }) {
		t.Error("a packet without protection was taken")
	}
}

// forwarder stands between two ends and lets some packets through.
type forwarder struct {
	conn *net.UDPConn
	to   atomic.Pointer[netip.AddrPort] // the end that is called
	back atomic.Pointer[netip.AddrPort]
}

func forward(t *testing.T, lets func(b []byte) bool) *forwarder {
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback(), 0)))
	if err != nil {
		t.Fatal(err)
	}
	f := &forwarder{conn: c}
	t.Cleanup(func() { c.Close() })
	go func() {
		var b [2048]byte
		for {
			n, from, err := c.ReadFromUDPAddrPort(b[:])
			if err != nil {
				return
			}
			to := f.to.Load()
			if to != nil && from == *to {
				to = f.back.Load()
			} else {
				f.back.Store(&from)
			}
			if to != nil && lets(b[:n]) {
				_, _ = c.WriteToUDPAddrPort(b[:n], *to) // it may be gone
			}
		}
	}()
	return f
}

// port is what a description of the far end behind the forwarder says.
func (f *forwarder) port(b []byte) []byte {
	d, err := sdp.Parse(b)
	if err != nil || len(d.Media) == 0 {
		return b
	}
	to := netip.AddrPortFrom(loopback(), uint16(d.Media[0].Port))
	f.to.Store(&to)
	return bytes.Replace(b, fmt.Appendf(nil, "m=audio %d ", to.Port()), fmt.Appendf(nil, "m=audio %d ", f.conn.LocalAddr().(*net.UDPAddr).Port), 1)
}

// TestHandshakeOverALossyPath: the first words of both ends are lost, and said again.
func TestHandshakeOverALossyPath(t *testing.T) {
	var seen, lost atomic.Int32
	f := forward(t, func(b []byte) bool {
		if isDTLS(b) && seen.Add(1)%3 != 0 && lost.Load() < 3 {
			lost.Add(1)
			return false
		}
		return true
	})
	fileA, fileB := wav(t, "a.wav"), wav(t, "b.wav")
	a := start(t, withDTLS(), audio.Choice{Input: "tone:440", Output: "file:" + fileA})
	b := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "file:" + fileB})
	a.engine.Do(call.MakeOffer{ID: "c1"})
	offer := await[call.LocalSDP](a, "the offer", nil).SDP
	b.engine.Do(call.MakeAnswer{ID: "c1", Offer: f.port(offer)}) // b sends to the forwarder
	answer := await[call.LocalSDP](b, "the answer", nil).SDP
	through := instead("m=audio [0-9]+ ", fmt.Sprintf("m=audio %d ", f.conn.LocalAddr().(*net.UDPAddr).Port))
	a.engine.Do(call.Connect{ID: "c1", Answer: through(answer)})
	await[call.MediaUp](a, "sound at the caller", nil)
	await[call.MediaUp](b, "sound at the answerer", nil)
	eventually(t, "both hear each other", func() bool { return hears(fileA, 1004) && hears(fileB, 440) })
	if lost.Load() < 3 {
		t.Errorf("only %d packets were lost", lost.Load())
	}
}

// TestHandshakeWithTheAgreedPeerOnly: who else sends the first words of one is not heard.
func TestHandshakeWithTheAgreedPeerOnly(t *testing.T) {
	b := start(t, Config{}, audio.Choice{Input: "silence", Output: "null"})
	peer, err := openPair(loopback(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.close()
	offer := fmt.Sprintf("v=0\nc=IN IP4 127.0.0.1\nm=audio %d UDP/TLS/RTP/SAVP 0\na=rtcp-mux\na=setup:active\na=fingerprint:sha-256 %s\n", peer.port, strings.TrimSuffix(strings.Repeat("00:", 32), ":"))
	b.engine.Do(call.MakeAnswer{ID: "c1", Offer: []byte(offer)})
	await[call.LocalSDP](b, "the answer", nil)
	stranger := start(t, withDTLS(), audio.Choice{Input: "silence", Output: "null"})
	stranger.engine.Do(call.MakeOffer{ID: "c1"})
	await[call.LocalSDP](stranger, "its offer", nil)
	var port int
	probe(b, func(s *session) bool { port = s.socks.port; return true })
	stranger.engine.Do(call.Connect{ID: "c1", Answer: fmt.Appendf(nil, "v=0\nc=IN IP4 127.0.0.1\nm=audio %d UDP/TLS/RTP/SAVP 0\na=rtcp-mux\na=setup:passive\na=fingerprint:sha-256 %s\n",
		port, strings.TrimSuffix(strings.Repeat("00:", 32), ":"))})
	eventually(t, "the stranger has spoken", func() bool { return probe(stranger, func(s *session) bool { return s.shakes[0] != nil }) })
	defer time.AfterFunc(time.Second, func() { peer.rtp.Close() }).Stop()
	var buf [2048]byte
	if n, _, err := peer.rtp.Read(buf[:]); err == nil {
		t.Errorf("the agreed peer, who has said nothing, gets %d octets", n)
	}
	if probe(b, func(s *session) bool { return s.shakes[0].keyed || s.due == nil }) {
		t.Error("a stranger's handshake counts")
	}
}

// TestAnotherCertificateAnotherHandshake: a far end that changes its fingerprint in a call is another one, with keys of its own (RFC 8842).
func TestAnotherCertificateAnotherHandshake(t *testing.T) {
	fileA, fileC := wav(t, "a.wav"), wav(t, "c.wav")
	a := start(t, withDTLS(), audio.Choice{Input: "tone:440", Output: "file:" + fileA})
	b := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "null"})
	c := start(t, withDTLS(), audio.Choice{Input: "tone:1500", Output: "file:" + fileC})
	pass(a, b, "c1", asItIs)
	await[call.MediaUp](a, "sound", nil)
	eventually(t, "the first far end is heard", func() bool { return hears(fileA, 1004) })
	c.engine.Do(call.MakeOffer{ID: "c1"})
	a.engine.Do(call.MakeAnswer{ID: "c1", Offer: await[call.LocalSDP](c, "the other's offer", nil).SDP})
	answer := await[call.LocalSDP](a, "the answer", nil).SDP
	a.engine.Do(call.Connect{ID: "c1"})
	c.engine.Do(call.Connect{ID: "c1", Answer: answer})
	await[call.MediaUp](a, "sound with the other", nil)
	eventually(t, "the other is heard, and hears", func() bool { return hears(fileA, 1500) && hears(fileC, 440) })
}

// TestPortsPartInACall: the far end gives RTCP a port of its own in a later answer. The keys of RTP stay, RTCP gets its own.
func TestPortsPartInACall(t *testing.T) {
	fileA, fileB := wav(t, "a.wav"), wav(t, "b.wav")
	a := start(t, withDTLS(), audio.Choice{Input: "tone:440", Output: "file:" + fileA})
	b := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "file:" + fileB})
	pass(a, b, "c1", asItIs)
	await[call.MediaUp](a, "sound", nil)
	await[call.MediaUp](b, "sound", nil)
	var before *association
	probe(a, func(s *session) bool { before = s.shakes[0]; return true })
	part := without("a=rtcp-mux")
	a.engine.Do(call.MakeReoffer{ID: "c1"})
	b.engine.Do(call.MakeAnswer{ID: "c1", Offer: part(await[call.LocalSDP](a, "the offer", nil).SDP)})
	answer := await[call.LocalSDP](b, "the answer", nil).SDP
	b.engine.Do(call.Connect{ID: "c1"})
	a.engine.Do(call.Connect{ID: "c1", Answer: part(answer)})
	await[call.MediaUp](a, "sound after it", nil)
	await[call.MediaUp](b, "sound after it", nil)
	if !probe(a, func(s *session) bool { return s.shakes[0] == before && s.shakes[1] != nil }) {
		t.Error("RTP began anew, or RTCP did not begin")
	}
	for _, p := range []*phone{a, b} {
		eventually(t, "a round trip is known", func() bool {
			return probe(p, func(s *session) bool { s.report(time.Now(), false); return s.roundTrip > 0 })
		})
	}
	eventually(t, "both hear each other", func() bool { return hears(fileA, 1004) && hears(fileB, 440) })
}

// TestMisplacedWords: a relay that begins before it has read that it shall not, and one that answers what was not asked.
func TestMisplacedWords(t *testing.T) {
	record := func(kind, epoch, said byte) []byte {
		return append([]byte{kind, 254, 253, 0, epoch, 0, 0, 0, 0, 0, 0, 0, 100, said}, make([]byte, 99)...)
	}
	for name, c := range map[string]struct {
		b              []byte
		client, server bool
	}{
		"ClientHello":              {record(22, 0, 1), true, false},
		"ServerHello":              {record(22, 0, 2), false, true},
		"HelloVerifyRequest":       {record(22, 0, 3), false, true},
		"Certificate":              {record(22, 0, 11), false, false},
		"something encrypted":      {record(22, 1, 1), false, false},
		"no handshake":             {record(21, 0, 1), false, false},
		"shorter than its header":  {record(22, 0, 1)[:13], false, false},
		"nothing behind the first": {[]byte{22}, false, false},
	} {
		client, server := &association{with: sdp.Handshake{Client: true}}, &association{}
		if client.misplaced(c.b) != c.client || server.misplaced(c.b) != c.server {
			t.Errorf("%s: %v to a client, %v to a server", name, client.misplaced(c.b), server.misplaced(c.b))
		}
	}
}

// TestHandshakeThatFailsInACall ends it, and says why: what was agreed is in force at both ends, and nothing can be heard.
func TestHandshakeThatFailsInACall(t *testing.T) {
	file := wav(t, "a.wav")
	a := start(t, withDTLS(), audio.Choice{Input: "tone:440", Output: "file:" + file})
	b := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "null"})
	c := start(t, withDTLS(), audio.Choice{Input: "tone:1500", Output: "null"})
	pass(a, b, "c1", asItIs)
	await[call.MediaUp](a, "sound", nil)
	c.engine.Do(call.MakeOffer{ID: "c1"})
	wrong := instead("a=fingerprint:sha-256 [0-9A-F:]+", "a=fingerprint:sha-256 "+strings.TrimSuffix(strings.Repeat("00:", 32), ":"))
	a.engine.Do(call.MakeAnswer{ID: "c1", Offer: wrong(await[call.LocalSDP](c, "the other's offer", nil).SDP)})
	answer := await[call.LocalSDP](a, "the answer", nil).SDP
	a.engine.Do(call.Connect{ID: "c1"})
	c.engine.Do(call.Connect{ID: "c1", Answer: answer})
	if l := await[call.Leave](a, "the end", nil); l.Reason.Cause != call.NotAcceptable || !strings.Contains(l.Reason.Detail, errStranger.Error()) {
		t.Errorf("%+v", l.Reason)
	}
	if hears(file, 1500) {
		t.Error("a stranger was heard")
	}
}
