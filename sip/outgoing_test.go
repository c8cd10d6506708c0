package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

func TestInviteCarriesWhatItMust(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	if got := inv.Recipient.String(); got != fmt.Sprintf("sip:+12025550142@%s", s.addr()) {
		t.Errorf("Request-URI %q", got)
	}
	via := inv.Via()
	if via.Host != "127.0.0.1" || via.Port == 0 || !via.Params.Has("rport") {
		t.Errorf("Via %q must name our real address and ask for rport", via.Value())
	}
	for _, h := range []string{"Allow", "User-Agent", "Contact", "Content-Type"} {
		if headerValue(inv, h) == "" {
			t.Errorf("INVITE has no %s", h)
		}
	}
	s.reply(inv, 180, "far")
	if e := event[call.RemoteProgress](p, "c1"); e.Status != 180 || e.SDP != nil {
		t.Errorf("progress %+v", e)
	}
	s.reply(inv, 183, "far", "SDP v=0 early")
	if e := event[call.RemoteProgress](p, "c1"); string(e.SDP) != "v=0 early" {
		t.Errorf("early media %+v", e)
	}
	s.reply(inv, 486, "far")
	s.request(sipmsg.ACK)
	p.ended("c1", call.Busy)
}

// sipgo's own session gives up after eleven responses, without a CANCEL.
func TestMoreThanTenRinging(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	for range 15 {
		s.reply(inv, 180, "far")
		event[call.RemoteProgress](p, "c1")
	}
	s.reply(inv, 200, "far", "SDP v=0 answer")
	s.request(sipmsg.ACK)
	if e := event[call.RemoteAnswered](p, "c1"); string(e.SDP) != "v=0 answer" {
		t.Errorf("answer %q", e.SDP)
	}
}

func TestRepeatedAnswerIsAcknowledgedAgain(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	for range 3 {
		s.reply(inv, 200, "far", "SDP v=0 answer")
		ack := s.request(sipmsg.ACK)
		if tagOf(ack.To().Params) != "far" || ack.CSeq().SeqNo != inv.CSeq().SeqNo {
			t.Errorf("ACK %s", ack)
		}
	}
	event[call.RemoteAnswered](p, "c1")
	quiet[call.RemoteAnswered](p, "c1")
}

// sipgo's own session acknowledges the second phone with the tag of the first and leaves it off the hook.
func TestForkedSecondAnswerIsHungUp(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 200, "phoneA", "SDP v=0 a")
	if ack := s.request(sipmsg.ACK); tagOf(ack.To().Params) != "phoneA" {
		t.Fatalf("first ACK is for %q", tagOf(ack.To().Params))
	}
	event[call.RemoteAnswered](p, "c1")
	s.reply(inv, 200, "phoneB", "SDP v=0 b")
	if ack := s.request(sipmsg.ACK); tagOf(ack.To().Params) != "phoneB" {
		t.Fatalf("second ACK is for %q", tagOf(ack.To().Params))
	}
	bye := s.request(sipmsg.BYE)
	if tagOf(bye.To().Params) != "phoneB" {
		t.Fatalf("BYE is for %q", tagOf(bye.To().Params))
	}
	s.reply(bye, 200, "")
	p.Do(call.End{ID: "c1"})
	if bye := s.request(sipmsg.BYE); tagOf(bye.To().Params) != "phoneA" {
		t.Errorf("the call's own BYE is for %q", tagOf(bye.To().Params))
	}
}

func TestCancelWaitsForAProvisionalResponse(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	p.Do(call.End{ID: "c1"})
	// The INVITE is repeated in the meantime; a CANCEL would be visible before the 180 is.
	for range 2 {
		if m := s.read(0); m.(*sipmsg.Request).Method != sipmsg.INVITE {
			t.Fatalf("before any response came %s", m)
		}
	}
	s.reply(inv, 180, "far")
	cancel := s.request(sipmsg.CANCEL)
	s.reply(cancel, 200, "")
	s.reply(inv, 487, "far")
	s.request(sipmsg.ACK)
	p.ended("c1", call.Cancelled)
}

// sipgo's own session sends the CANCEL where Record-Route and Contact of the 180 point.
func TestCancelGoesWhereTheInviteWent(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 180, "far", "Record-Route: <sip:127.0.0.1:9;lr>", "Contact: <sip:far@127.0.0.1:9>")
	event[call.RemoteProgress](p, "c1")
	p.Do(call.End{ID: "c1"})
	cancel := s.request(sipmsg.CANCEL)
	if cancel.Recipient.String() != inv.Recipient.String() || cancel.Via().Value() != inv.Via().Value() || cancel.Route() != nil {
		t.Errorf("CANCEL %s for INVITE %s", cancel, inv)
	}
	if cancel.CSeq().SeqNo != inv.CSeq().SeqNo || tagOf(cancel.To().Params) != "" {
		t.Errorf("CANCEL must have the INVITE's CSeq and no To tag: %s", cancel)
	}
	s.reply(cancel, 200, "")
	s.reply(inv, 487, "far")
	p.ended("c1", call.Cancelled)
}

// sipgo's own session swallows the 200: the far end keeps a call nobody is on.
func TestCancelCrossingAnswer(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 180, "far")
	event[call.RemoteProgress](p, "c1")
	p.Do(call.End{ID: "c1"})
	cancel := s.request(sipmsg.CANCEL)
	s.reply(inv, 200, "far", "SDP v=0 answer")
	s.reply(cancel, 481, "")
	s.request(sipmsg.ACK)
	bye := s.request(sipmsg.BYE)
	s.reply(bye, 200, "")
	p.ended("c1", call.Cancelled)
	quiet[call.RemoteAnswered](p, "c1")
}

func TestCancelNobodyConfirms(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 180, "far")
	event[call.RemoteProgress](p, "c1")
	p.Do(call.End{ID: "c1"})
	s.request(sipmsg.CANCEL)
	p.ended("c1", call.Cancelled)
}

func TestServerThatNeverAnswersAnInvite(t *testing.T) {
	t.Parallel()
	p, _, _ := dialled(t)
	p.ended("c1", call.Unreachable)
}

func TestEndAlwaysEnds(t *testing.T) {
	t.Parallel()
	p := newPhone(t, nil)
	p.Do(call.End{ID: "never"})
	event[call.RemoteEnded](p, "never")
	p.Do(call.Invite{ID: "c2", Account: "nobody", Target: "9100"})
	p.ended("c2", call.Failed)
	p.Do(call.End{ID: "c2"})
	event[call.RemoteEnded](p, "c2")
}

func TestInviteTooLargeForUDP(t *testing.T) {
	t.Parallel()
	p, _ := registered(t)
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100", SDP: []byte(strings.Repeat("a=x\r\n", 14000))})
	if r := p.ended("c1", call.Failed); !strings.Contains(r.Detail, "too large for UDP") {
		t.Errorf("detail %q", r.Detail)
	}
}

func TestInviteIsChallenged(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 407, "far", `Proxy-Authenticate: Digest realm="a", nonce="n1", algorithm=MD5, qop="auth"`)
	s.request(sipmsg.ACK)
	second := s.request(sipmsg.INVITE)
	if headerValue(second, "Proxy-Authorization") == "" || second.CSeq().SeqNo != inv.CSeq().SeqNo+1 ||
		second.CallID().Value() != inv.CallID().Value() || string(second.Body()) != "v=0\r\n" {
		t.Errorf("second INVITE %s", second)
	}
	s.reply(second, 407, "far", `Proxy-Authenticate: Digest realm="a", nonce="n2", algorithm=MD5, qop="auth"`)
	p.ended("c1", call.NotAllowed)
}

// sipgo's own session takes a 100 for a refusal.
func TestTryingBeforeTheEndOfBye(t *testing.T) {
	t.Parallel()
	p, s, _ := talking(t)
	p.Do(call.End{ID: "c1"})
	bye := s.request(sipmsg.BYE)
	s.reply(bye, 100, "")
	s.reply(bye, 200, "")
	p.ended("c1", call.Completed)
}

func TestByeIsChallenged(t *testing.T) {
	t.Parallel()
	p, s, _ := talking(t)
	p.Do(call.End{ID: "c1"})
	bye := s.request(sipmsg.BYE)
	s.reply(bye, 401, "", `WWW-Authenticate: Digest realm="a", nonce="n1", qop="auth"`)
	second := s.request(sipmsg.BYE)
	if headerValue(second, "Authorization") == "" || second.CSeq().SeqNo != bye.CSeq().SeqNo+1 {
		t.Errorf("second BYE %s", second)
	}
	s.reply(second, 200, "")
	p.ended("c1", call.Completed)
}

func TestFarEndHangsUp(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	s.send(f, "BYE", "b1")
	s.response(200, sipmsg.BYE)
	p.ended("c1", call.RemoteHangup)
	s.send(f, "BYE", "b2")
	s.response(481, sipmsg.BYE)
}

func TestRouteSetIsFollowed(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	first := fmt.Sprintf("<sip:%s;lr;n=1>", s.addr())
	s.reply(inv, 200, "far", "Record-Route: <sip:198.51.100.9;lr;n=2>, "+first, "Contact: <sip:far@198.51.100.7:5080>", "SDP v=0")
	ack := s.request(sipmsg.ACK)
	if ack.Recipient.String() != "sip:far@198.51.100.7:5080" || len(ack.GetHeaders("Route")) != 2 || ack.Route().Address.Port != int(s.addr().Port()) {
		t.Errorf("ACK %s", ack)
	}
	event[call.RemoteAnswered](p, "c1")
}

func TestRequestsInAnEarlyDialog(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 183, "far", "SDP v=0 early")
	event[call.RemoteProgress](p, "c1")
	f := &far{callID: inv.CallID().Value(), from: inv.To().Value() + ";tag=far", to: inv.From().Value(), uri: firstContact(inv).String()}
	s.send(f, "UPDATE", "u1")
	s.response(200, sipmsg.UPDATE)
	s.send(f, "UPDATE", "u2", "SDP v=0")
	s.response(491, sipmsg.UPDATE)
	s.send(f, "OPTIONS", "o1")
	s.response(200, sipmsg.OPTIONS)
	s.send(f, "MESSAGE", "m1")
	s.response(481, sipmsg.MESSAGE)
	s.reply(inv, 603, "far")
	p.ended("c1", call.Declined)
}

// The socket listens on every address, but what we say of ourselves must be the one that faces the server.
func TestAddressOnAnySocket(t *testing.T) {
	t.Parallel()
	s := newPeer(t)
	p := newPhone(t, func(c *Config) { c.Local = netip.Addr{} })
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	reg := s.request(sipmsg.REGISTER)
	if reg.Via().Host != "127.0.0.1" || reg.Contact().Address.Host != "127.0.0.1" || reg.Via().Port != int(s.from.Port()) {
		t.Errorf("REGISTER %s", reg)
	}
	s.reply(reg, 200, "x")
	p.line(call.LineReady)
}

// The agent hangs up before the server has asked for the password: what it asks for is then not given, or the customer's
// telephone would ring for a call that is over.
func TestNoAnswerToAChallengeAfterHangingUp(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 100, "")
	p.Do(call.End{ID: "c1"})
	s.reply(s.request(sipmsg.CANCEL), 200, "")
	s.reply(inv, 407, "far", `Proxy-Authenticate: Digest realm="a", nonce="n1", algorithm=MD5, qop="auth"`)
	s.request(sipmsg.ACK)
	for m := s.read(300 * time.Millisecond); m != nil; m = s.read(300 * time.Millisecond) {
		if req, ok := m.(*sipmsg.Request); ok && req.Method == sipmsg.INVITE && req.CSeq().SeqNo != inv.CSeq().SeqNo {
			t.Fatalf("after the agent hung up, the phone called again:\n%s", req)
		}
	}
	p.ended("c1", call.Cancelled)
}

// TestAckHasTheInvitesCredentials on the way by the server. A far end that is reached past it gets no proof before it asks.
func TestAckHasTheInvitesCredentials(t *testing.T) {
	t.Parallel()
	for _, past := range []bool{false, true} {
		p, s, inv := dialled(t)
		s.reply(inv, 407, "far", `Proxy-Authenticate: Digest realm="a", nonce="n1", qop="auth"`)
		s.request(sipmsg.ACK)
		second := s.request(sipmsg.INVITE)
		far, want, count := s, headerValue(second, "Proxy-Authorization"), "nc=00000002"
		if past {
			far, want, count = newPeer(t), "", ""
		}
		s.reply(second, 200, "far", "SDP v=0 answer", "Contact: <sip:far@"+far.addr().String()+">")
		if got := headerValue(far.request(sipmsg.ACK), "Proxy-Authorization"); got != want {
			t.Errorf("past the server %v: ACK with %q", past, got)
		}
		event[call.RemoteAnswered](p, "c1")
		p.Do(call.End{ID: "c1"})
		bye := far.request(sipmsg.BYE)
		if got := headerValue(bye, "Proxy-Authorization"); !strings.Contains(got, count) || past != (got == "") {
			t.Errorf("past the server %v: BYE with %q", past, got)
		}
		far.reply(bye, 200, "")
		p.ended("c1", call.Completed)
	}
}
