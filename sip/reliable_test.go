package sip

import (
	"fmt"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

func TestOrder(t *testing.T) {
	var o order
	for i, c := range []struct {
		rseq  uint32
		takes bool
	}{{7, true}, {7, false}, {9, false}, {6, false}, {8, true}, {8, false}, {9, true}, {1, false}} {
		if got := o.takes(c.rseq); got != c.takes {
			t.Errorf("response %d with RSeq %d: %v", i, c.rseq, got)
		}
	}
}

func FuzzRack(f *testing.F) {
	f.Add("1 2 INVITE")
	f.Add("0 0 X")
	f.Fuzz(func(t *testing.T, s string) {
		r, ok := readRack(s)
		if again, yes := readRack(r.String()); ok && (!yes || again != r) {
			t.Errorf("%q: %v, and again %v", s, r, again)
		}
	})
}

// offers makes the script's provisional response reliable.
func reliable(rseq int) []string {
	return []string{"Require: 100rel", fmt.Sprintf("RSeq: %d", rseq), "Allow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE"}
}

func TestReliableResponsesAreConfirmed(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	if !lists(headerValues(inv, "Supported"), rel) || !lists(headerValues(inv, "Allow"), "PRACK") {
		t.Errorf("INVITE %s", inv)
	}
	s.reply(inv, 183, "far", append(reliable(50), "SDP v=0 answer", fmt.Sprintf("Contact: <sip:gw@%s>", s.addr()))...)
	prack := s.request(sipmsg.PRACK)
	if headerValue(prack, "RAck") != fmt.Sprintf("50 %d INVITE", inv.CSeq().SeqNo) || prack.CSeq().SeqNo != inv.CSeq().SeqNo+1 ||
		tagOf(prack.To().Params) != "far" || prack.Recipient.User != "gw" {
		t.Errorf("PRACK %s", prack)
	}
	s.reply(prack, 200, "")
	if e := event[call.RemoteProgress](p, "c1"); string(e.SDP) != "v=0 answer" {
		t.Errorf("early media %+v", e)
	}
	if e := event[call.FarEnd](p, "c1"); !e.Offers {
		t.Errorf("far end %+v", e)
	}
	s.reply(inv, 183, "far", append(reliable(50), "SDP v=0 answer")...) // again: confirmed already
	s.reply(inv, 180, "far", reliable(53)...)                           // overtook two
	s.reply(inv, 180, "far", reliable(51)...)
	second := s.request(sipmsg.PRACK)
	if headerValue(second, "RAck") != fmt.Sprintf("51 %d INVITE", inv.CSeq().SeqNo) || second.CSeq().SeqNo != inv.CSeq().SeqNo+2 {
		t.Errorf("second PRACK %s", second)
	}
	s.reply(second, 200, "")
	s.reply(inv, 200, "far")
	if ack := s.request(sipmsg.ACK); ack.CSeq().SeqNo != inv.CSeq().SeqNo {
		t.Errorf("ACK %s", ack)
	}
	if e := event[call.RemoteAnswered](p, "c1"); e.SDP != nil {
		t.Errorf("a description comes again: %q", e.SDP)
	}
	p.Do(call.End{ID: "c1"})
	bye := s.request(sipmsg.BYE)
	if bye.CSeq().SeqNo != second.CSeq().SeqNo+1 {
		t.Errorf("BYE %s", bye)
	}
	s.reply(bye, 200, "")
	p.ended("c1", call.Completed)
}

func TestPrackIsChallenged(t *testing.T) {
	t.Parallel()
	_, s, inv := dialled(t)
	s.reply(inv, 180, "far", reliable(1)...)
	prack := s.request(sipmsg.PRACK)
	s.reply(prack, 407, "", `Proxy-Authenticate: Digest realm="a", nonce="n1", qop="auth"`)
	again := s.request(sipmsg.PRACK)
	if headerValue(again, "RAck") != headerValue(prack, "RAck") || headerValue(again, "Proxy-Authorization") == "" || again.CSeq().SeqNo != prack.CSeq().SeqNo+1 {
		t.Errorf("second PRACK %s", again)
	}
}

// ringsReliably is an incoming call that rings for a caller who requires 100rel.
func ringsReliably(t *testing.T) (*phone, *peer, *far, call.ID, *sipmsg.Response) {
	t.Helper()
	p, s, f, in := rung(t, "Require: 100rel", "SDP v=0 offer")
	p.Do(call.SendRinging{ID: in.ID})
	res := s.response(180, sipmsg.INVITE)
	f.to = res.To().Value()
	return p, s, f, in.ID, res
}

func TestOurRingingIsRepeatedUntilConfirmed(t *testing.T) {
	t.Parallel()
	p, s, f, id, first := ringsReliably(t)
	second := s.response(180, sipmsg.INVITE)
	rseq := headerValue(first, "RSeq")
	if rseq == "" || rseq != headerValue(second, "RSeq") || headerValue(first, "Require") != rel {
		t.Errorf("180 %s\nand again %s", first, second)
	}
	invite := f.seq
	s.send(f, "PRACK", "p1", fmt.Sprintf("RAck: %s %d BYE", rseq, invite))
	s.response(481, sipmsg.PRACK)
	s.send(f, "PRACK", "p2", fmt.Sprintf("RAck: %s %d INVITE", rseq, invite))
	s.response(200, sipmsg.PRACK)
	s.send(f, "PRACK", "p3", fmt.Sprintf("RAck: %s %d INVITE", rseq, invite))
	s.response(481, sipmsg.PRACK)
	s.held = nil
	for m := s.read(8 * testT1); m != nil; m = s.read(8 * testT1) {
		t.Errorf("after the PRACK came %s", m)
	}
	p.Do(call.Accept{ID: id, SDP: []byte("v=0 answer")})
	s.response(200, sipmsg.INVITE)
	f.seq = invite
	s.send(f, "ACK", "ack1")
	p.Do(call.End{ID: id})
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended(id, call.Completed)
}

func TestRingingNobodyConfirms(t *testing.T) {
	t.Parallel()
	p, s, _, id, _ := ringsReliably(t)
	began := time.Now()
	s.response(504, sipmsg.INVITE)
	if took := time.Since(began); took < 32*testT1 {
		t.Errorf("given up after %v", took)
	}
	p.ended(id, call.Lost)
}

// TestAnswerEndsTheRinging: the 2xx may come first where the 180 had no description.
func TestAnswerEndsTheRinging(t *testing.T) {
	t.Parallel()
	p, s, f, id, first := ringsReliably(t)
	invite := f.seq
	p.Do(call.Accept{ID: id, SDP: []byte("v=0 answer")})
	s.response(200, sipmsg.INVITE)
	s.send(f, "PRACK", "p1", fmt.Sprintf("RAck: %s %d INVITE", headerValue(first, "RSeq"), invite))
	s.response(200, sipmsg.PRACK)
	f.seq = invite
	s.send(f, "ACK", "ack1")
	f.seq++
	s.send(f, "BYE", "b1")
	s.response(200, sipmsg.BYE)
	p.ended(id, call.RemoteHangup)
}

func TestSupportAloneGetsAPlainRinging(t *testing.T) {
	t.Parallel()
	p, s, f, in := rung(t, "Supported: 100rel", "SDP v=0 offer")
	p.Do(call.SendRinging{ID: in.ID})
	res := s.response(180, sipmsg.INVITE)
	if headerValue(res, "Require") != "" || headerValue(res, "RSeq") != "" {
		t.Errorf("180 %s", res)
	}
	f.to = res.To().Value()
	s.send(f, "PRACK", "p1", "RAck: 1 1 INVITE")
	s.response(481, sipmsg.PRACK)
}
