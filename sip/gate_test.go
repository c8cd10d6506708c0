package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

func TestGate(t *testing.T) {
	server, stranger, far := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("198.51.100.2")
	g := newGate([]netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")})
	g.know([]netip.Addr{server, server}, 1)
	g.expect("on@example.com")
	g.meet("on@example.com", far, netip.Addr{}, far)
	g.meet("off@example.com", far)
	for _, c := range []struct {
		about, text string
		from        netip.Addr
		want        bool
	}{
		{"a server", "INVITE a SIP/2.0\r\n\r\n", server, true},
		{"a stranger", "INVITE a SIP/2.0\r\nCall-ID: x\r\n\r\n", stranger, false},
		{"a scanner", "OPTIONS sip:100@192.0.2.9 SIP/2.0\r\n\r\n", stranger, false},
		{"noise", "\x00\x01\x02", stranger, false},
		{"nothing", "", stranger, false},
		{"a stranger's response", "SIP/2.0 200 OK\r\nCall-ID: on@example.com\r\n\r\n", stranger, false},
		{"the far end's response", "SIP/2.0 200 OK\r\nCall-ID: on@example.com\r\n\r\n", far, true},
		{"a stranger who knows the call", "BYE a SIP/2.0\r\nCall-ID: on@example.com\r\n\r\n", stranger, false},
		{"the far end of a call, past the server", "BYE a SIP/2.0\r\nVia: x\r\ncall-id :on@example.com\r\n\r\n", far, true},
		{"the same in the compact form", "BYE a SIP/2.0\ni:on@example.com \n\n", far, true},
		{"the same of another call", "BYE a SIP/2.0\r\nCall-ID: off@example.com\r\n\r\n", far, false},
		{"a name in the body", "BYE a SIP/2.0\r\nVia: x\r\n\r\nCall-ID: on@example.com\r\n", far, false},
		{"the first of two names", "BYE a SIP/2.0\r\nCall-ID: x\r\nCall-ID: on@example.com\r\n\r\n", far, false},
		{"where calls may come from as well", "INVITE a SIP/2.0\r\n\r\n", netip.MustParseAddr("203.0.113.77"), true},
	} {
		if got := g.admits([]byte(c.text), c.from); got != c.want {
			t.Errorf("%s: %v", c.about, got)
		}
	}
	g.know([]netip.Addr{server}, -1)
	if !g.admits(nil, server) {
		t.Error("another account has that server")
	}
	g.know([]netip.Addr{server}, -1)
	g.forget("on@example.com")
	if g.admits(nil, server) || g.admits([]byte("BYE a SIP/2.0\r\nCall-ID: on@example.com\r\n\r\n"), far) || len(g.calls)+len(g.servers) > 0 {
		t.Error("what has gone is still let in")
	}
}

// TestSpeakersAreBounded: a call that is moved and moved again remembers where it was last.
func TestSpeakersAreBounded(t *testing.T) {
	g := newGate(nil)
	g.expect("x")
	for i := range 1000 {
		g.meet("x", netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}))
	}
	if n := len(g.calls["x"].hops); n != mostHops || !g.admits([]byte("BYE a SIP/2.0\r\nCall-ID: x\r\n\r\n"), netip.AddrFrom4([4]byte{192, 0, 3, 0xe7})) {
		t.Errorf("%d hops", n)
	}
}

// TestCallsAreBounded: over a connection, where no refused request is kept, calls that come and go are too.
func TestCallsAreBounded(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	done := make(chan struct{})
	p.UA.box.post(func() {
		for i := range mostCalls {
			p.UA.gate.expect(fmt.Sprint("gone-", i))
		}
		close(done)
	})
	<-done
	f := &far{callID: "beyond", from: "<sip:2@example.com>;tag=far", to: "<sip:1001@example.com>", uri: "sip:1001@" + s.from.String()}
	s.send(f, "INVITE", "in1", "SDP v=0 offer")
	s.response(503, sipmsg.INVITE)
	s.send(f, "ACK", "in1")
	p.UA.box.post(func() {
		for i := range 9 { // the phone's own subscriptions count, too
			p.UA.gate.forget(fmt.Sprint("gone-", i))
		}
	})
	f.callID = "room"
	s.send(f, "INVITE", "in2", "SDP v=0 offer")
	next[call.Arrived](p, "incoming call", nil)
}

func FuzzGate(f *testing.F) {
	f.Add([]byte("BYE a SIP/2.0\r\nCall-ID: on\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		g := newGate(nil)
		g.expect("on")
		g.meet("on", netip.IPv6Loopback())
		if g.admits(b, netip.IPv4Unspecified()) || g.admits(b, netip.IPv6Loopback()) && !strings.Contains(string(b), "on") {
			t.Fatalf("%q", b)
		}
	})
}

func TestWhoCalls(t *testing.T) {
	for _, c := range []struct {
		about, headers, want string // name and number
	}{
		{"as they say", `From: "Claim" <sip:+12025550101@example.com>;tag=x`, "Claim/+12025550101"},
		{"as the network asserts", "From: <sip:anonymous@anonymous.invalid>;tag=x\r\nP-Asserted-Identity: \"Asserted\" <sip:+12025550102@example.com>", "Asserted/+12025550102"},
		{"by a tel URI", "From: \"Claim\" <sip:+12025550102@example.com>;tag=x\r\nP-Asserted-Identity: <tel:+12025550102>", "Claim/+12025550102"},
		{"another number, without a name", "From: \"Claim\" <sip:+12025550101@example.com>;tag=x\r\nP-Asserted-Identity: <sip:+12025550102@example.com>", "/+12025550102"},
		{"in the older way", "From: <sip:x@example.com>;tag=x\r\nRemote-Party-ID: \"Party\" <sip:+12025550103@example.com>;party=calling;privacy=off", "Party/+12025550103"},
		{"in the older way, private", "From: <sip:anonymous@anonymous.invalid>;tag=x\r\nRemote-Party-ID: <sip:+12025550103@example.com>;privacy=full", "Anonymous/"},
		{"private", "From: <sip:anonymous@anonymous.invalid>;tag=x\r\nPrivacy: user;id\r\nP-Asserted-Identity: <sip:+12025550102@example.com>", "Anonymous/"},
		{"an assertion that is none", "From: \"Claim\" <sip:+12025550101@example.com>;tag=x\r\nP-Asserted-Identity: <>", "Claim/+12025550101"},
	} {
		text := "INVITE sip:1001@example.com SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\n" + c.headers + "\r\nTo: <sip:1001@example.com>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
		if p := callerOf(parsed(t, text)); p.Name+"/"+p.Number != c.want {
			t.Errorf("%s: %q %q, want %s", c.about, p.Name, p.Number, c.want)
		}
	}
}
