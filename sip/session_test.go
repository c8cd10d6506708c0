package sip

import (
	"fmt"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

func TestReofferIsAnswered(t *testing.T) {
	t.Parallel()
	p, s, _ := talking(t)
	p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 hold")})
	re := s.request(sipmsg.INVITE)
	if string(re.Body()) != "v=0 hold" || tagOf(re.To().Params) != "far" || firstContact(re) == nil {
		t.Errorf("re-INVITE %s", re)
	}
	s.reply(re, 100, "")
	s.reply(re, 200, "", "SDP v=0 held")
	ack := s.request(sipmsg.ACK)
	if ack.CSeq().SeqNo != re.CSeq().SeqNo {
		t.Errorf("ACK %s", ack)
	}
	if e := event[call.OfferAnswered](p, "c1"); string(e.SDP) != "v=0 held" {
		t.Errorf("answer %q", e.SDP)
	}
	s.reply(re, 200, "", "SDP v=0 held")
	s.request(sipmsg.ACK)
}

func TestReofferIsRefused(t *testing.T) {
	t.Parallel()
	p, s, _ := talking(t)
	p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 hold")})
	s.reply(s.request(sipmsg.INVITE), 488, "")
	if e := event[call.OfferRefused](p, "c1"); e.Reason.Cause != call.NotAcceptable {
		t.Errorf("refused %+v", e)
	}
}

func TestReofferIsChallenged(t *testing.T) {
	t.Parallel()
	p, s, _ := talking(t)
	p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 hold")})
	s.reply(s.request(sipmsg.INVITE), 407, "", `Proxy-Authenticate: Digest realm="a", nonce="n", qop="auth"`)
	re := s.request(sipmsg.INVITE)
	if headerValue(re, "Proxy-Authorization") == "" || string(re.Body()) != "v=0 hold" {
		t.Errorf("second re-INVITE %s", re)
	}
	s.reply(re, 200, "", "SDP v=0 held")
	event[call.OfferAnswered](p, "c1")
}

// TestGlareIsTriedAgain: the agent's wish is kept as long as the far end is in the way of it, within bounds, and its end is said.
func TestGlareIsTriedAgain(t *testing.T) {
	either(t, func(t *testing.T, p *phone, s *peer, f *far, id call.ID) {
		p.Do(call.Reoffer{ID: id, SDP: []byte("v=0 resume")})
		for range mostTries {
			s.reply(s.request(sipmsg.INVITE), 491, "")
		}
		s.reply(s.request(sipmsg.INVITE), 200, "", "SDP v=0 back")
		event[call.OfferAnswered](p, id)
		p.Do(call.Reoffer{ID: id, SDP: []byte("v=0 hold")})
		for range mostTries + 1 {
			s.reply(s.request(sipmsg.INVITE), 491, "")
		}
		if e := event[call.OfferRefused](p, id); e.Reason.Status != 491 {
			t.Errorf("refused %+v", e)
		}
	})
}

func TestReofferToALostCall(t *testing.T) {
	t.Parallel()
	for _, status := range []int{481, 408} {
		p, s, _ := talking(t)
		p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 hold")})
		s.reply(s.request(sipmsg.INVITE), status, "")
		s.reply(s.request(sipmsg.BYE), 481, "")
		p.ended("c1", call.Lost)
	}
}

func TestReofferNobodyAnswers(t *testing.T) {
	t.Parallel()
	p, s, _ := talking(t)
	p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 hold")})
	s.request(sipmsg.INVITE)
	s.reply(s.request(sipmsg.OPTIONS), 200, "x") // the server is there
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended("c1", call.Lost)
}

// TestReofferWithoutAnEnd: a far end that says 100 to a re-INVITE and no more is not waited for. What it says to CANCEL counts, and a
// yes that crosses it.
func TestReofferWithoutAnEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end    func(s *peer, re, cancel *sipmsg.Request)
		agreed bool
		status int
	}{
		"cancelled": {func(s *peer, re, cancel *sipmsg.Request) { s.reply(cancel, 200, ""); s.reply(re, 487, "") }, false, 487},
		"crossed": {func(s *peer, re, cancel *sipmsg.Request) {
			s.reply(re, 200, "", "SDP v=0 held")
			s.reply(cancel, 481, "")
		}, true, 0},
		"silence": {func(*peer, *sipmsg.Request, *sipmsg.Request) {}, false, 408},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s, _ := talkingAt(t, testT1/5)
			p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 hold")})
			re := s.request(sipmsg.INVITE)
			s.reply(re, 100, "")
			s.reply(re, 183, "")
			cancel := s.request(sipmsg.CANCEL)
			if cancel.Via().Value() != re.Via().Value() || cancel.CSeq().SeqNo != re.CSeq().SeqNo || cancel.To().Value() != re.To().Value() || cancel.Recipient.String() != re.Recipient.String() {
				t.Errorf("%s\n%s", re, cancel)
			}
			c.end(s, re, cancel)
			if c.agreed {
				s.request(sipmsg.ACK)
				event[call.OfferAnswered](p, "c1")
			} else if e := event[call.OfferRefused](p, "c1"); e.Reason.Status != c.status {
				t.Errorf("%+v", e.Reason)
			}
			p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 again")}) // the call is there
			s.reply(s.request(sipmsg.INVITE), 200, "", "SDP v=0 fine")
			event[call.OfferAnswered](p, "c1")
		})
	}
}

func TestRemoteOffer(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	s.send(f, "INVITE", "r1", "SDP v=0 remote hold")
	if e := event[call.RemoteOffer](p, "c1"); string(e.SDP) != "v=0 remote hold" {
		t.Errorf("offer %q", e.SDP)
	}
	p.Do(call.AnswerOffer{ID: "c1", SDP: []byte("v=0 ok")})
	if ok := s.response(200, sipmsg.INVITE); string(ok.Body()) != "v=0 ok" || firstContact(ok) == nil {
		t.Errorf("200 %s", ok)
	}
	s.send(f, "ACK", "r1a")
	for _, status := range []int{488, 491} {
		s.send(f, "INVITE", "r2"+phrase(status)[:3], "SDP v=0 odd")
		event[call.RemoteOffer](p, "c1")
		p.Do(call.RefuseOffer{ID: "c1", Status: status})
		s.response(status, sipmsg.INVITE)
	}
}

func TestRemoteOfferWithoutSDP(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	s.send(f, "INVITE", "r1")
	if e := event[call.RemoteOffer](p, "c1"); e.SDP != nil {
		t.Errorf("offer %q", e.SDP)
	}
	p.Do(call.AnswerOffer{ID: "c1", SDP: []byte("v=0 our offer")})
	s.response(200, sipmsg.INVITE)
	s.send(f, "ACK", "r1a", "SDP v=0 their answer")
	if e := event[call.OfferAnswered](p, "c1"); string(e.SDP) != "v=0 their answer" {
		t.Errorf("answer %q", e.SDP)
	}
}

func TestOffersCrossing(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 ours")})
	ours := s.request(sipmsg.INVITE)
	s.send(f, "INVITE", "r1", "SDP v=0 theirs")
	s.response(491, sipmsg.INVITE)
	s.reply(ours, 491, "")
	s.request(sipmsg.ACK)
	for i := 0; ; i++ { // until the phone has read the 491 to its own
		s.send(f, "INVITE", fmt.Sprint("r2-", i), "SDP v=0 theirs again")
		if s.answer(sipmsg.INVITE).StatusCode == 100 {
			break
		}
	}
	event[call.RemoteOffer](p, "c1")
	s.send(f, "INVITE", "r3", "SDP v=0 impatient")
	if res := s.response(500, sipmsg.INVITE); headerValue(res, "Retry-After") == "" {
		t.Errorf("500 %s", res)
	}
}

func TestLostAckOfReinviteEndsTheCall(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	s.send(f, "INVITE", "r1", "SDP v=0")
	event[call.RemoteOffer](p, "c1")
	p.Do(call.AnswerOffer{ID: "c1", SDP: []byte("v=0 ok")})
	s.response(200, sipmsg.INVITE)
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended("c1", call.Lost)
}

func TestUpdateIsAnOfferWithoutAck(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	s.send(f, "UPDATE", "u1")
	s.response(200, sipmsg.UPDATE)
	s.send(f, "UPDATE", "u2", "SDP v=0 offer")
	event[call.RemoteOffer](p, "c1")
	p.Do(call.AnswerOffer{ID: "c1", SDP: []byte("v=0 ok")})
	if ok := s.response(200, sipmsg.UPDATE); string(ok.Body()) != "v=0 ok" {
		t.Errorf("200 %s", ok)
	}
	s.send(f, "UPDATE", "u3", "SDP v=0 odd")
	event[call.RemoteOffer](p, "c1")
	p.Do(call.RefuseOffer{ID: "c1", Status: 488})
	s.response(488, sipmsg.UPDATE)
}

func TestOtherRequestsInTheDialog(t *testing.T) {
	t.Parallel()
	_, s, f := talking(t)
	s.send(f, "OPTIONS", "o1")
	s.response(200, sipmsg.OPTIONS)
	s.send(f, "INFO", "i1", "Content-Type: application/dtmf-relay")
	s.response(200, sipmsg.INFO)
	s.send(f, "INFO", "i2", "Content-Type: application/media_control+xml")
	s.response(415, sipmsg.INFO)
	s.send(f, "MESSAGE", "x1")
	s.response(405, sipmsg.MESSAGE)
	f.seq -= 2
	s.send(f, "INFO", "i3")
	s.response(500, sipmsg.INFO)
}

// TestRequestsInARow: a far end that does not wait for an answer before it says the next thing is heard in order; out of order would
// be refused with 500 (RFC 3261 §12.2.2).
func TestRequestsInARow(t *testing.T) {
	t.Parallel()
	_, s, f := talking(t)
	const n = 50
	for i := range n {
		s.send(f, "INFO", fmt.Sprint("row", i), "Content-Type: application/dtmf-relay")
	}
	for range n {
		s.response(200, sipmsg.INFO)
	}
}

func TestIncomingCallBothSidesReoffer(t *testing.T) {
	t.Parallel()
	p, s, f, id := answered(t)
	s.send(f, "INVITE", "r1", "SDP v=0 offer")
	event[call.RemoteOffer](p, id)
	p.Do(call.AnswerOffer{ID: id, SDP: []byte("v=0 ok")})
	s.response(200, sipmsg.INVITE)
	s.send(f, "ACK", "r1a")
	s.send(f, "OPTIONS", "o1") // once this is answered the ACK is known
	s.response(200, sipmsg.OPTIONS)
	p.Do(call.Reoffer{ID: id, SDP: []byte("v=0 hold")})
	re := s.request(sipmsg.INVITE)
	if re.From().Value() != f.to || re.To().Value() != f.from {
		t.Errorf("re-INVITE %s", re)
	}
	s.reply(re, 200, "", "SDP v=0 held")
	event[call.OfferAnswered](p, id)
	p.Do(call.End{ID: id})
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended(id, call.Completed)
}

// TestByeBehindAFlood: a far end that has asked more than is kept in mind hangs up all the same.
func TestByeBehindAFlood(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	for i := range 300 {
		s.send(f, "OPTIONS", fmt.Sprint("o", i))
		if res := s.answer(sipmsg.OPTIONS); res.StatusCode != 200 {
			t.Fatalf("%d: %s", i, res.StartLine())
		}
	}
	s.send(f, "BYE", "bye")
	s.response(200, sipmsg.BYE)
	p.ended("c1", call.RemoteHangup)
}
