package sip

import (
	"fmt"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// phoneAt is one of the phones an INVITE of ours rings at.
func phoneAt(inv *sipmsg.Request, tag string) *far {
	return &far{
		callID: inv.CallID().Value(), from: inv.To().Value() + ";tag=" + tag, to: inv.From().Value(), uri: firstContact(inv).String(),
	}
}

func earlySDP(t *testing.T, p *phone, want string) {
	t.Helper()
	if e := event[call.RemoteProgress](p, "c1"); string(e.SDP) != want {
		t.Errorf("early media %q, want %q", e.SDP, want)
	}
}

func TestTwoPhonesRing(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	hop := func(tag string) []string {
		return []string{fmt.Sprintf("Contact: <sip:%s@%s>", tag, s.addr()), fmt.Sprintf("Record-Route: <sip:%s;lr;of=%s>", s.addr(), tag)}
	}
	s.reply(inv, 183, "a", append(append(reliable(10), hop("a")...), "SDP v=0 a")...)
	prackA := s.request(sipmsg.PRACK)
	earlySDP(t, p, "v=0 a")
	s.reply(inv, 183, "b", append(append(reliable(900), hop("b")...), "SDP v=0 b")...)
	prackB := s.request(sipmsg.PRACK)
	earlySDP(t, p, "v=0 b")
	for tag, req := range map[string]*sipmsg.Request{"a": prackA, "b": prackB} {
		if req.Recipient.User != tag || req.Route().Address.UriParams.GetOr("of", "") != tag || req.CSeq().SeqNo != inv.CSeq().SeqNo+1 {
			t.Errorf("PRACK to %s: %s", tag, req)
		}
		s.reply(req, 200, "")
	}
	s.reply(inv, 180, "a", hop("a")...)
	earlySDP(t, p, "") // a plays what it played before: b goes on to be heard

	a := phoneAt(inv, "a")
	s.send(a, "BYE", "bye-a")
	s.response(200, sipmsg.BYE)
	s.send(phoneAt(inv, "b"), "UPDATE", "up-b", fmt.Sprintf("Contact: <sip:b2@%s>", s.addr()))
	s.response(200, sipmsg.UPDATE)

	s.reply(inv, 200, "b", hop("b")...)
	ack := s.request(sipmsg.ACK)
	if tagOf(ack.To().Params) != "b" || ack.CSeq().SeqNo != inv.CSeq().SeqNo {
		t.Errorf("ACK %s", ack)
	}
	if e := event[call.RemoteAnswered](p, "c1"); e.SDP != nil {
		t.Errorf("the answer of b is in force already: %q", e.SDP)
	}
}

// TestAnotherPhoneAnswers than the one that was heard: its description counts, whether the 2xx or an earlier response has it.
func TestAnotherPhoneAnswers(t *testing.T) {
	t.Parallel()
	for _, early := range []bool{false, true} {
		p, s, inv := dialled(t)
		if early {
			s.reply(inv, 183, "b", append(reliable(3), "SDP v=0 b")...)
			s.reply(s.request(sipmsg.PRACK), 200, "")
			earlySDP(t, p, "v=0 b")
		}
		s.reply(inv, 183, "a", append(reliable(9), "SDP v=0 a")...)
		s.reply(s.request(sipmsg.PRACK), 200, "")
		earlySDP(t, p, "v=0 a")
		if early {
			s.reply(inv, 200, "b")
		} else {
			s.reply(inv, 200, "b", "SDP v=0 b")
		}
		s.request(sipmsg.ACK)
		if e := event[call.RemoteAnswered](p, "c1"); string(e.SDP) != "v=0 b" {
			t.Errorf("early %v: answer %q", early, e.SDP)
		}
		s.send(phoneAt(inv, "a"), "BYE", "bye-a")
		s.response(481, sipmsg.BYE)
		p.Do(call.End{ID: "c1"})
		if bye := s.request(sipmsg.BYE); tagOf(bye.To().Params) != "b" {
			t.Errorf("BYE %s", bye)
		}
	}
}

func TestAnotherPhoneAnswersWithoutADescription(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 183, "a", "SDP v=0 a")
	earlySDP(t, p, "v=0 a")
	s.reply(inv, 200, "b")
	s.request(sipmsg.ACK)
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended("c1", call.NotAcceptable)
}

func TestOneOfTheEarlyDialogsEnds(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	if !lists(headerValues(inv, "Supported"), "199") {
		t.Errorf("INVITE %s", inv)
	}
	s.reply(inv, 183, "a", "SDP v=0 a")
	earlySDP(t, p, "v=0 a")
	s.reply(inv, 183, "b", "SDP v=0 b")
	earlySDP(t, p, "v=0 b")
	s.reply(inv, 199, "b")
	earlySDP(t, p, "v=0 a")
	s.reply(inv, 199, "a")
	if e := event[call.RemoteProgress](p, "c1"); e.Status != 199 || e.SDP != nil {
		t.Errorf("%+v", e)
	}
	s.reply(inv, 486, "a")
	p.ended("c1", call.Busy)
}

// ringing brings an early dialog up in which both may offer.
func settled(t *testing.T) (*phone, *peer, *sipmsg.Request, *far) {
	t.Helper()
	p, s, inv := dialled(t)
	s.reply(inv, 183, "far", append(reliable(1), "SDP v=0 early")...)
	s.reply(s.request(sipmsg.PRACK), 200, "")
	next(p, "offers", func(h call.Happened) bool { e, is := h.Event.(call.FarEnd); return is && e.Offers })
	return p, s, inv, phoneAt(inv, "far")
}

func TestUpdateBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	p, s, inv, f := settled(t)
	s.send(f, "UPDATE", "u1", "SDP v=0 theirs")
	if e := event[call.RemoteOffer](p, "c1"); string(e.SDP) != "v=0 theirs" {
		t.Errorf("offer %q", e.SDP)
	}
	s.send(f, "UPDATE", "u2", "SDP v=0 impatient")
	if res := s.response(500, sipmsg.UPDATE); headerValue(res, "Retry-After") == "" {
		t.Errorf("500 %s", res)
	}
	p.Do(call.AnswerOffer{ID: "c1", SDP: []byte("v=0 ok")})
	if res := s.response(200, sipmsg.UPDATE); string(res.Body()) != "v=0 ok" || firstContact(res) == nil {
		t.Errorf("200 %s", res)
	}

	p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 moved")})
	up := s.request(sipmsg.UPDATE)
	if string(up.Body()) != "v=0 moved" || tagOf(up.To().Params) != "far" || firstContact(up) == nil {
		t.Errorf("UPDATE %s", up)
	}
	s.send(f, "UPDATE", "u3", "SDP v=0 crossing")
	s.response(491, sipmsg.UPDATE)
	s.reply(inv, 200, "far", "SDP v=0 early") // the old answer again: it counts no more
	s.request(sipmsg.ACK)
	s.reply(up, 200, "", "SDP v=0 fine")
	h := next(p, "the end of the UPDATE or the answer", func(h call.Happened) bool {
		_, offer := h.Event.(call.OfferAnswered)
		_, answer := h.Event.(call.RemoteAnswered)
		return offer || answer
	})
	if e, ok := h.Event.(call.OfferAnswered); !ok || string(e.SDP) != "v=0 fine" {
		t.Errorf("first came %+v", h.Event)
	}
	if e := event[call.RemoteAnswered](p, "c1"); e.SDP != nil {
		t.Errorf("answer %q", e.SDP)
	}
}

func TestUpdateRefusedBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	p, s, inv, _ := settled(t)
	p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 moved")})
	s.reply(s.request(sipmsg.UPDATE), 491, "")
	if e := event[call.OfferRefused](p, "c1"); e.Reason.Status != 491 {
		t.Errorf("%+v", e)
	}
	s.reply(inv, 603, "far")
	p.ended("c1", call.Declined)
}

// TestNoOfferBeforeTheFirstIsAnswered: an early dialog without a reliable answer takes none.
func TestNoOfferBeforeTheFirstIsAnswered(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 183, "far", "SDP v=0 early", "Allow: UPDATE")
	earlySDP(t, p, "v=0 early")
	p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 moved")})
	event[call.OfferRefused](p, "c1")
	s.reply(inv, 603, "far")
	p.ended("c1", call.Declined)
}

// owned reads something of the owner's in its goroutine.
func owned[T any](p *phone, read func() T) T {
	out := make(chan T, 1)
	p.box.post(func() { out <- read() })
	return <-out
}

// TestManyAnswers: what is kept of answers that may come again is bounded, and forgotten when they no longer may.
func TestManyAnswers(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	for i := range 3 * mostForks {
		s.reply(inv, 200, fmt.Sprint("phone", i), "SDP v=0 answer")
	}
	event[call.RemoteAnswered](p, "c1")
	kept := func() int { return owned(p, func() int { return len(p.legs["c1"].acks) }) }
	for range 2 * mostForks { // as long as the owner hears of further answers
		if n := kept(); n > mostForks+1 {
			t.Fatalf("%d are kept", n)
		}
		time.Sleep(testT1 / 4)
	}
	for late := time.Now().Add(patience); kept() > 0; time.Sleep(testT1) {
		if time.Now().After(late) {
			t.Fatalf("%d are kept for good", kept())
		}
	}
}
