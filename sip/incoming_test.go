package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// answered brings an incoming call up.
func answered(t *testing.T) (*phone, *peer, *far, call.ID) {
	t.Helper()
	p, s, f, in := rung(t, "SDP v=0 offer")
	p.Do(call.Accept{ID: in.ID, SDP: []byte("v=0 answer")})
	ok := s.response(200, sipmsg.INVITE)
	f.to = ok.To().Value()
	s.send(f, "ACK", "ack1")
	return p, s, f, in.ID
}

func TestArrivedTellsWhoCalls(t *testing.T) {
	t.Parallel()
	p, s, f, in := rung(t, "SDP v=0 offer")
	want := call.Party{Name: `Ada "Countess" Lovelace`, Number: "+12025550143", URI: "sip:+12025550143@example.com"}
	if in.Remote != want || in.Account != "work" || string(in.Offer) != "v=0 offer" || in.AutoAnswer {
		t.Errorf("arrived %+v", in)
	}
	p.Do(call.SendRinging{ID: in.ID})
	ringing := s.response(180, sipmsg.INVITE)
	if tagOf(ringing.To().Params) == "" || firstContact(ringing) == nil {
		t.Errorf("180 %s", ringing)
	}
	p.Do(call.Accept{ID: in.ID, SDP: []byte("v=0 answer")})
	ok := s.response(200, sipmsg.INVITE)
	if ok.To().Value() != ringing.To().Value() || string(ok.Body()) != "v=0 answer" || headerValue(ok, "Allow") == "" || firstContact(ok) == nil {
		t.Errorf("200 %s", ok)
	}
	f.to = ok.To().Value()
	s.send(f, "ACK", "ack1")
	s.send(f, "BYE", "bye1")
	s.response(200, sipmsg.BYE)
	p.ended(in.ID, call.RemoteHangup)
}

// With sipgo's server the transaction dies when its handler returns: an agent who answers later answers nobody.
func TestLateAnswerFromAnotherGoroutine(t *testing.T) {
	t.Parallel()
	p, s, f, in := rung(t, "SDP v=0 offer")
	p.Do(call.SendRinging{ID: in.ID})
	s.response(180, sipmsg.INVITE)
	<-time.After(5 * testT1) // an agent thinks; any handler has long returned
	go p.Do(call.Accept{ID: in.ID, SDP: []byte("v=0 answer")})
	f.to = s.response(200, sipmsg.INVITE).To().Value()
	s.send(f, "ACK", "ack1")
	p.Do(call.End{ID: in.ID})
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended(in.ID, call.Completed)
}

// sipgo's own session never hangs up when the ACK is lost.
func TestLostAckEndsInBye(t *testing.T) {
	t.Parallel()
	p, s, _, in := rung(t, "SDP v=0 offer")
	p.Do(call.Accept{ID: in.ID, SDP: []byte("v=0 answer")})
	for range 4 {
		s.response(200, sipmsg.INVITE)
	}
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended(in.ID, call.Lost)
}

func TestEndBeforeAckWaitsForIt(t *testing.T) {
	t.Parallel()
	p, s, f, in := rung(t, "SDP v=0 offer")
	p.Do(call.Accept{ID: in.ID, SDP: []byte("v=0 answer")})
	p.Do(call.End{ID: in.ID})
	f.to = s.response(200, sipmsg.INVITE).To().Value()
	s.response(200, sipmsg.INVITE) // repeated: still no ACK, and no BYE either
	for _, m := range s.held {
		if req, ok := m.(*sipmsg.Request); ok && req.Method == sipmsg.BYE {
			t.Fatal("BYE came before the ACK")
		}
	}
	s.send(f, "ACK", "ack1")
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended(in.ID, call.Completed)
}

func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	p, s, f, in := rung(t, "SDP v=0 offer")
	p.Do(call.SendRinging{ID: in.ID})
	ringing := s.response(180, sipmsg.INVITE)
	s.send(f, "CANCEL", "in1")
	s.response(200, sipmsg.CANCEL)
	if res := s.response(487, sipmsg.INVITE); res.To().Value() != ringing.To().Value() {
		t.Errorf("487 has another tag: %q, %q", res.To().Value(), ringing.To().Value())
	}
	p.ended(in.ID, call.Cancelled)
	p.Do(call.Accept{ID: in.ID, SDP: []byte("late")})
	p.Do(call.End{ID: in.ID})
	event[call.RemoteEnded](p, in.ID)
}

func TestCallerHangsUpTheEarlyDialog(t *testing.T) {
	t.Parallel()
	p, s, f, in := rung(t, "SDP v=0 offer")
	p.Do(call.SendRinging{ID: in.ID})
	f.to = s.response(180, sipmsg.INVITE).To().Value()
	s.send(f, "BYE", "b1")
	s.response(200, sipmsg.BYE)
	s.response(487, sipmsg.INVITE)
	p.ended(in.ID, call.Cancelled)
}

func TestAnsweredElsewhere(t *testing.T) {
	t.Parallel()
	p, s, f, in := rung(t, "SDP v=0 offer")
	s.send(f, "CANCEL", "in1", `Reason: SIP ;cause=200 ;text="Call completed elsewhere"`)
	s.response(487, sipmsg.INVITE)
	p.ended(in.ID, call.AnsweredElsewhere)
}

func TestDecline(t *testing.T) {
	t.Parallel()
	for status, cause := range map[int]call.Cause{
		486: call.Busy, 603: call.Declined, 480: call.NoAnswer, 488: call.NotAcceptable,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			p, s, f, in := rung(t, "SDP v=0 offer")
			p.Do(call.End{ID: in.ID, Status: status})
			f.to = s.response(status, sipmsg.INVITE).To().Value()
			s.send(f, "ACK", "in1")
			p.ended(in.ID, cause)
		})
	}
}

func TestInviteWithoutOffer(t *testing.T) {
	t.Parallel()
	p, s, f, in := rung(t)
	if in.Offer != nil {
		t.Fatalf("offer %q", in.Offer)
	}
	p.Do(call.Accept{ID: in.ID, SDP: []byte("v=0 our offer")})
	f.to = s.response(200, sipmsg.INVITE).To().Value()
	s.send(f, "ACK", "ack1", "SDP v=0 their answer")
	if e := event[call.RemoteAnswered](p, in.ID); string(e.SDP) != "v=0 their answer" {
		t.Errorf("answer %q", e.SDP)
	}
}

func TestInvitesThatAreRefused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, user string
		extra      []string
		status     int
	}{
		{"unknown account", "4711", nil, 404},
		{"unknown extension", "1001", []string{"Require: 100rel, precondition"}, 420},
		{"not SDP", "1001", []string{"Content-Type: text/plain", "Content-Length: 0"}, 100},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, s := registered(t)
			f := &far{callID: "x", from: "<sip:2@example.com>;tag=far", to: "<sip:1@example.com>", uri: fmt.Sprintf("sip:%s@%s", c.user, s.from)}
			s.send(f, "INVITE", "in1", c.extra...)
			s.response(c.status, sipmsg.INVITE)
		})
	}
}

// TestLargeAnswer: a response goes the way its request came, in fragments if it must (RFC 3261 §18.1.1).
func TestLargeAnswer(t *testing.T) {
	t.Parallel()
	p, s, _, in := rung(t, "SDP v=0 offer")
	p.Do(call.Accept{ID: in.ID, SDP: []byte(strings.Repeat("a=x\r\n", 400))})
	if res := s.response(200, sipmsg.INVITE); len(res.Body()) != 2000 {
		t.Errorf("a body of %d bytes", len(res.Body()))
	}
}

func TestAnswerTooLargeForUDP(t *testing.T) {
	t.Parallel()
	p, s, _, in := rung(t, "SDP v=0 offer")
	p.Do(call.Accept{ID: in.ID, SDP: []byte(strings.Repeat("a=x\r\n", 14000))})
	s.response(500, sipmsg.INVITE)
	if r := p.ended(in.ID, call.Failed); !strings.Contains(r.Detail, "too large for UDP") {
		t.Errorf("detail %q", r.Detail)
	}
}

func TestSameCallByAnotherPathIsALoop(t *testing.T) {
	t.Parallel()
	p, s, f, in := rung(t, "SDP v=0 offer")
	f.seq--
	s.send(f, "INVITE", "in2", "SDP v=0 offer")
	s.response(482, sipmsg.INVITE)
	p.Do(call.End{ID: in.ID, Status: 486})
	s.response(486, sipmsg.INVITE)
}

func TestOptionsAndStrangers(t *testing.T) {
	t.Parallel()
	_, s := registered(t)
	f := &far{callID: "o", from: "<sip:2@example.com>;tag=far", to: "<sip:1001@example.com>", uri: fmt.Sprintf("sip:1001@%s", s.from)}
	s.send(f, "OPTIONS", "o1")
	res := s.response(200, sipmsg.OPTIONS)
	if !strings.Contains(headerValue(res, "Allow"), "INVITE") || headerValue(res, "Accept") != sdpType || len(res.GetHeaders("Supported")) == 0 {
		t.Errorf("OPTIONS got %s", res)
	}
	s.send(f, "FROBNICATE", "o2")
	if res := s.response(501, "FROBNICATE"); headerValue(res, "Allow") == "" {
		t.Errorf("501 without Allow: %s", res)
	}
	s.send(f, "MESSAGE", "o3")
	if res := s.response(405, sipmsg.MESSAGE); headerValue(res, "Allow") == "" {
		t.Errorf("405 without Allow: %s", res)
	}
	s.send(f, "NOTIFY", "o4", "Event: message-summary")
	s.response(200, sipmsg.NOTIFY)
	s.send(f, "NOTIFY", "o5", "Event: check-sync")
	s.response(489, sipmsg.NOTIFY)
	s.send(f, "CANCEL", "o6")
	s.response(481, sipmsg.CANCEL)
	f.to += ";tag=nobody"
	s.send(f, "BYE", "o7")
	s.response(481, sipmsg.BYE)
	s.send(f, "INVITE", "o8")
	s.response(481, sipmsg.INVITE)
}

func TestMalformedMessagesCostOnlyThemselves(t *testing.T) {
	t.Parallel()
	_, s := registered(t)
	for _, junk := range []string{
		"", "\r\n\r\n", "\x00\x00\x00\x00", "INVITE", "INVITE sip:1001 SIP/2.0\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n",
		"SIP/2.0 99999999999999 OK\r\nVia: x\r\n\r\n", "INVITE sip:1001@example.com SIP/2.0\r\nContent-Length: 99999\r\n\r\n",
		"BYE sip:1001@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nCSeq: 1 INVITE\r\n\r\n",
		strings.Repeat("A", 60000),
	} {
		s.write(junk)
	}
	f := &far{callID: "o", from: "<sip:2@example.com>;tag=far", to: "<sip:1001@example.com>", uri: fmt.Sprintf("sip:1001@%s", s.from)}
	s.send(f, "OPTIONS", "o1", "Referred-By:", "a line without a colon", "Max-Forwards: many")
	s.response(200, sipmsg.OPTIONS)
}

// occupied keeps the owner from its mailbox until it is let go.
func (p *phone) occupied() (let func()) {
	done := make(chan struct{})
	p.box.post(func() { <-done })
	return func() { close(done) }
}

// TestBusyOwner: the transaction speaks for itself about a call the owner has not come to yet, and has the tag that we
// answer with. Run with -race.
func TestBusyOwner(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	f := &far{callID: "busy", from: "<sip:200@example.com>;tag=far", to: "<sip:1001@example.com>", uri: fmt.Sprintf("sip:1001@%s", s.from)}
	let := p.occupied()
	s.send(f, "INVITE", "b1", "SDP v=0 offer")
	time.Sleep(300 * time.Millisecond) // the library's patience is 200, if it has any
	let()
	n := next[call.Arrived](p, "call", nil)
	p.Do(call.SendRinging{ID: n.ID})
	tag := tagOf(s.response(180, sipmsg.INVITE).To().Params)
	let = p.occupied()
	s.send(f, "CANCEL", "b1")
	if res := s.response(487, sipmsg.INVITE); tagOf(res.To().Params) != tag || tag == "" {
		t.Errorf("%s\nwant the tag %s", res, tag)
	}
	let()
	p.ended(n.ID, call.Cancelled)
}
