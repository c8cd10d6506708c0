package sip

import (
	"fmt"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// either runs a test in a call of ours and in one of theirs: who waits how long after glare depends on whose Call-ID it is.
func either(t *testing.T, test func(t *testing.T, p *phone, s *peer, f *far, id call.ID)) {
	t.Run("ours", func(t *testing.T) {
		t.Parallel()
		p, s, f := talking(t)
		test(t, p, s, f, "c1")
	})
	t.Run("theirs", func(t *testing.T) {
		t.Parallel()
		p, s, f, id := answered(t)
		s.send(f, "OPTIONS", "sync") // once this is answered the ACK is known
		s.response(200, sipmsg.OPTIONS)
		test(t, p, s, f, id)
	})
}

// TestOursCrossesTheirs: whichever request carries their offer, it is refused while ours is open (RFC 3261 §14.2, RFC 3311 §5.2),
// and ours is sent again after the time its side has to wait.
func TestOursCrossesTheirs(t *testing.T) {
	either(t, func(t *testing.T, p *phone, s *peer, f *far, id call.ID) {
		p.Do(call.Reoffer{ID: id, SDP: []byte("v=0 ours")})
		ours := s.request(sipmsg.INVITE)
		for i, method := range []sipmsg.RequestMethod{sipmsg.UPDATE, sipmsg.INVITE} {
			s.send(f, string(method), fmt.Sprint("cross", i), "SDP v=0 theirs")
			s.response(491, method)
		}
		s.send(f, "UPDATE", "sign") // no offer: nothing to cross
		s.response(200, sipmsg.UPDATE)
		s.reply(ours, 491, "")
		began := time.Now()
		again := s.request(sipmsg.INVITE)
		waited := time.Since(began)
		if least := 21 * testT1 / 5; id == "c1" && waited < least {
			t.Errorf("who made the Call-ID waits 2.1 s of 500 ms T1s: %v here, not %v", least, waited)
		}
		if string(again.Body()) != "v=0 ours" {
			t.Errorf("%s", again)
		}
		s.reply(again, 200, "", "SDP v=0 fine")
		event[call.OfferAnswered](p, id)
	})
}

// TestTheirsIsOpen: a second offer of theirs must wait (500 and when). One of ours, whose maker has not heard of theirs yet and will
// refuse it, waits too, and is not lost: it may be the one that takes a call from hold.
func TestTheirsIsOpen(t *testing.T) {
	either(t, func(t *testing.T, p *phone, s *peer, f *far, id call.ID) {
		for i, first := range []sipmsg.RequestMethod{sipmsg.UPDATE, sipmsg.INVITE} {
			s.send(f, string(first), fmt.Sprint("first", i), "SDP v=0 theirs")
			event[call.RemoteOffer](p, id)
			for k, second := range []sipmsg.RequestMethod{sipmsg.UPDATE, sipmsg.INVITE} {
				s.send(f, string(second), fmt.Sprint("second", i, k), "SDP v=0 more")
				if res := s.response(500, second); headerValue(res, "Retry-After") == "" {
					t.Errorf("%s", res)
				}
			}
			p.Do(call.Reoffer{ID: id, SDP: []byte("v=0 ours")})
			p.Do(call.RefuseOffer{ID: id, Status: 491})
			s.response(491, first)
			ours := s.request(sipmsg.INVITE)
			if string(ours.Body()) != "v=0 ours" {
				t.Errorf("%s", ours)
			}
			s.reply(ours, 200, "", "SDP v=0 fine")
			event[call.OfferAnswered](p, id)
		}
	})
}

// TestFarEndSaysWhen: a 500 with Retry-After is no refusal, the first time.
func TestFarEndSaysWhen(t *testing.T) {
	either(t, func(t *testing.T, p *phone, s *peer, f *far, id call.ID) {
		p.Do(call.Reoffer{ID: id, SDP: []byte("v=0 ours")})
		s.reply(s.request(sipmsg.INVITE), 500, "", "Retry-After: 0")
		s.reply(s.request(sipmsg.INVITE), 500, "", "Retry-After: 0")
		if e := event[call.OfferRefused](p, id); e.Reason.Status != 500 {
			t.Errorf("%+v", e)
		}
	})
}

// TestOfferBeforeTheAck waits for it: the answer of the call is not in force at the far end yet.
func TestOfferBeforeTheAck(t *testing.T) {
	t.Parallel()
	p, s, f, in := rung(t, "SDP v=0 offer")
	p.Do(call.Accept{ID: in.ID, SDP: []byte("v=0 answer")})
	p.Do(call.Reoffer{ID: in.ID, SDP: []byte("v=0 moved")})
	f.to = s.response(200, sipmsg.INVITE).To().Value()
	s.response(200, sipmsg.INVITE)
	for _, m := range s.held {
		if req, ok := m.(*sipmsg.Request); ok && req.Method == sipmsg.INVITE {
			t.Fatalf("before the ACK came %s", req)
		}
	}
	s.send(f, "ACK", "ack1")
	if re := s.request(sipmsg.INVITE); string(re.Body()) != "v=0 moved" {
		t.Errorf("%s", re)
	}
}

// TestDelayedOfferOfTheirs: we offer in the 2xx; until the ACK brings their answer nothing else can be agreed.
func TestDelayedOfferOfTheirs(t *testing.T) {
	either(t, func(t *testing.T, p *phone, s *peer, f *far, id call.ID) {
		s.send(f, "INVITE", "r1")
		if e := event[call.RemoteOffer](p, id); e.SDP != nil {
			t.Errorf("offer %q", e.SDP)
		}
		p.Do(call.AnswerOffer{ID: id, SDP: []byte("v=0 our offer")})
		s.response(200, sipmsg.INVITE)
		p.Do(call.Reoffer{ID: id, SDP: []byte("v=0 too early")})
		event[call.OfferRefused](p, id)
		s.send(f, "ACK", "r1a", "SDP v=0 their answer")
		if e := event[call.OfferAnswered](p, id); string(e.SDP) != "v=0 their answer" {
			t.Errorf("answer %q", e.SDP)
		}
		p.Do(call.Reoffer{ID: id, SDP: []byte("v=0 now")})
		if re := s.request(sipmsg.INVITE); string(re.Body()) != "v=0 now" {
			t.Errorf("%s", re)
		}
	})
}

// TestRingingForACallerWhoWantsOurOffer: it would have to be in a reliable response; that caller waits for the 200.
func TestRingingForACallerWhoWantsOurOffer(t *testing.T) {
	t.Parallel()
	p, s, f, in := rung(t, "Require: 100rel")
	p.Do(call.SendRinging{ID: in.ID})
	p.Do(call.Accept{ID: in.ID, SDP: []byte("v=0 our offer")})
	f.to = s.response(200, sipmsg.INVITE).To().Value()
	for _, m := range s.held {
		if res, ok := m.(*sipmsg.Response); ok && res.StatusCode == 180 {
			t.Errorf("%s", res)
		}
	}
	s.send(f, "ACK", "ack1", "SDP v=0 their answer")
	if e := event[call.RemoteAnswered](p, in.ID); string(e.SDP) != "v=0 their answer" {
		t.Errorf("answer %q", e.SDP)
	}
}

// withdrawn begins an offer of theirs and cancels it.
func (s *peer) withdrawn(p *phone, f *far, id call.ID) {
	s.send(f, "INVITE", "w1", "SDP v=0 theirs", "Contact: <sip:elsewhere@127.0.0.1:9>")
	event[call.RemoteOffer](p, id)
	s.send(f, "CANCEL", "w1")
	s.response(200, sipmsg.CANCEL)
	s.response(487, sipmsg.INVITE)
	s.send(f, "ACK", "w1")
}

// TestCancelledReinvite: the core is told that an offer was withdrawn whose CANCEL came before the answer, and the address in its
// Contact counts no more than the rest of it.
func TestCancelledReinvite(t *testing.T) {
	either(t, func(t *testing.T, p *phone, s *peer, f *far, id call.ID) {
		s.withdrawn(p, f, id)
		p.Do(call.Reoffer{ID: id, SDP: []byte("v=0 ours")})
		p.Do(call.AnswerOffer{ID: id, SDP: []byte("v=0 void")})
		event[call.OfferWithdrawn](p, id)
		if ours := s.request(sipmsg.INVITE); string(ours.Body()) != "v=0 ours" || ours.Recipient.User != "far" {
			t.Errorf("%s", ours)
		}
	})
}

// TestOfferBehindACancelledOne waits until the core has heard that the first is void, and is answered then.
func TestOfferBehindACancelledOne(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]call.SignalEffect{"answered": call.AnswerOffer{ID: "c1"}, "refused": call.RefuseOffer{ID: "c1", Status: 488}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s, f := talkingAt(t, 10*testT1)
			s.withdrawn(p, f, "c1")
			s.send(f, "INVITE", "w2", "SDP v=0 second")
			s.send(f, "OPTIONS", "sync")
			s.response(200, sipmsg.OPTIONS)
			p.Do(e)
			if e := event[call.RemoteOffer](p, "c1"); string(e.SDP) != "v=0 second" {
				t.Errorf("%s", e.SDP)
			}
			p.Do(call.AnswerOffer{ID: "c1", SDP: []byte("v=0 answer")})
			if ok := s.response(200, sipmsg.INVITE); string(ok.Body()) != "v=0 answer" {
				t.Errorf("%s", ok)
			}
			event[call.AnswerSent](p, "c1")
		})
	}
}
