package sip

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// stranger is somebody at another address than the server's.
func stranger(t *testing.T, s *peer, at string) *peer {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at+":0")))
	if err != nil {
		t.Skipf("%s is no address here", at)
	}
	t.Cleanup(func() { conn.Close() })
	return &peer{t: t, conn: conn, seen: map[string]bool{}, from: s.from}
}

// unheard fails if somebody got an answer. What was sent is read by the time the phone has answered its server.
func unheard(t *testing.T, s *peer, who *peer) {
	t.Helper()
	s.send(&far{callID: "is it there", from: "<sip:2@example.com>;tag=x", to: "<sip:1001@example.com>", uri: fmt.Sprintf("sip:1001@%s", s.from)}, "OPTIONS", token(4))
	s.response(200, sipmsg.OPTIONS)
	if m := who.read(2 * testT1); m != nil {
		t.Errorf("a stranger got an answer: %s", m)
	}
}

// TestScanner: what a port scanner sends gets no answer, rings nobody and leaves nothing behind.
func TestScanner(t *testing.T) {
	t.Parallel()
	p, s, _, id := answered(t)
	scanner := stranger(t, s, "127.0.0.2")
	for i, method := range []string{"OPTIONS", "REGISTER", "INVITE", "BYE", "CANCEL", "NOTIFY", "SUBSCRIBE", "ACK"} {
		for _, user := range []string{"100", "1001"} {
			f := &far{callID: fmt.Sprint(i, user), from: `"sipvicious"<sip:100@1.1.1.1>;tag=6133`, to: `"sipvicious"<sip:100@1.1.1.1>`, uri: fmt.Sprintf("sip:%s@%s", user, s.from)}
			scanner.send(f, method, fmt.Sprint("-4211", i, user), "User-Agent: friendly-scanner", "Accept: application/sdp")
		}
	}
	for _, junk := range []string{"\x00", "OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/UDP nm;branch=foo\r\nFrom: <sip:nm@nm>;tag=root\r\nTo: <sip:nm2@nm2>\r\nCall-ID: 50000\r\nCSeq: 42 OPTIONS\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "\r\n\r\n"} {
		scanner.write(junk)
	}
	unheard(t, s, scanner)
	quiet[call.RemoteEnded](p, id)
	if n := p.counted(func(u *UA) int { return len(u.legs) + len(u.dialogs) }); n != 2 {
		t.Errorf("%d legs and dialogs", n)
	}
}

// counted asks the owner.
func (p *phone) counted(f func(*UA) int) int {
	p.t.Helper()
	n := make(chan int, 1)
	p.box.post(func() { n <- f(p.UA) })
	select {
	case v := <-n:
		return v
	case <-time.After(patience):
		p.t.Fatal("the owner is stuck")
		return 0
	}
}

// TestSpoofedCall: who knows everything about a call but is no hop of it changes nothing, and who speaks from the server's address
// but knows only the Call-ID neither.
func TestSpoofedCall(t *testing.T) {
	t.Parallel()
	p, s, f, id := answered(t)
	spoofer := stranger(t, s, "127.0.0.3")
	every := []string{"BYE", "CANCEL", "INVITE", "ACK", "UPDATE", "INFO", "NOTIFY", "PRACK", "REFER", "OPTIONS"}
	for i, method := range every {
		branch := fmt.Sprint("spoof", i)
		if method == "CANCEL" {
			branch = "in1" // that of the INVITE
		}
		known := *f
		known.seq += 100 * i
		spoofer.send(&known, method, branch, "SDP v=0 stolen")
	}
	unheard(t, s, spoofer)
	wrong := *f
	wrong.from, wrong.to = strings.Replace(f.from, "tag=far", "tag=wrong", 1), "<sip:1001@example.com>;tag=wrong"
	for i, method := range every {
		if method != "ACK" && method != "CANCEL" {
			wrong.seq += 100
			s.send(&wrong, method, fmt.Sprint("wrong", i), "SDP v=0 stolen")
			s.response(481, sipmsg.RequestMethod(method))
		}
	}
	quiet[call.RemoteEnded](p, id)
	// A re-INVITE of ours is answered by its server only.
	p.Do(call.Reoffer{ID: id, SDP: []byte("v=0 hold")})
	re := s.request(sipmsg.INVITE)
	spoofer.reply(re, 200, "", "SDP v=0 stolen")
	spoofer.reply(re, 603, "")
	unheard(t, s, spoofer)
	s.reply(re, 200, "", "SDP v=0 held")
	if e := event[call.OfferAnswered](p, id); string(e.SDP) != "v=0 held" {
		t.Errorf("answered with %q", e.SDP)
	}
	s.request(sipmsg.ACK)
	s.send(f, "BYE", "bye1")
	s.response(200, sipmsg.BYE)
	p.ended(id, call.RemoteHangup)
}

// TestFarEndPastTheServer: the far end may speak to us directly from where its Contact is, also after it has moved there.
func TestFarEndPastTheServer(t *testing.T) {
	t.Parallel()
	p, s, f, id := answered(t)
	direct := stranger(t, s, "127.0.0.4")
	s.write(fmt.Sprintf("UPDATE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKmoved;rport\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 90 UPDATE\r\n"+
		"Contact: <sip:far@%s>\r\n\r\n", f.uri, s.addr(), f.from, f.to, f.callID, direct.addr()))
	s.response(200, sipmsg.UPDATE)
	f.seq = 90
	direct.send(f, "BYE", "bye1")
	direct.response(200, sipmsg.BYE)
	p.ended(id, call.RemoteHangup)
}

// TestForgottenServer: an account that leaves hears what its server says to that, and no more afterwards.
func TestForgottenServer(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	p.Do(call.UseAccounts{})
	bye := s.request(sipmsg.REGISTER)
	s.reply(bye, 401, "x", `WWW-Authenticate: Digest realm="x", nonce="1", algorithm=MD5`)
	again := s.request(sipmsg.REGISTER)
	if headerValue(again, "Authorization") == "" || headerValue(again, "Expires") != "0" {
		t.Errorf("un-REGISTER %s", again)
	}
	s.reply(again, 200, "x")
	late := time.Now().Add(patience)
	for p.counted(func(u *UA) int { return len(u.gate.servers) }) > 0 {
		if time.Now().After(late) {
			t.Fatal("the server is still let in")
		}
	}
}
