package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// frag is the headers and body of a NOTIFY about a REFER.
func frag(status int, state string) []string {
	body := fmt.Sprintf("SIP/2.0 %d Scripted\r\n", status)
	return []string{"Event: refer", "Subscription-State: " + state, "BODY message/sipfrag;version=2.0 " + body}
}

func TestBlindTransferIsFollowed(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	p.Do(call.Refer{ID: "c1", Target: "200"})
	refer := s.request(sipmsg.REFER)
	if headerValue(refer, "Refer-To") != fmt.Sprintf("<sip:200@%s>", s.addr()) || firstContact(refer) == nil || headerValue(refer, "Referred-By") == "" {
		t.Errorf("%s", refer)
	}
	s.reply(refer, 202, "", fmt.Sprintf("Contact: <sip:far@%s>", s.addr()))
	if e := event[call.TransferProgress](p, "c1"); e.Status != 100 {
		t.Errorf("%+v", e)
	}
	s.send(f, "NOTIFY", "n1", frag(180, "active;expires=60")...)
	s.response(200, sipmsg.NOTIFY)
	if e := event[call.TransferProgress](p, "c1"); e.Status != 180 {
		t.Errorf("%+v", e)
	}
	s.send(f, "NOTIFY", "n2", frag(200, "terminated;reason=noresource")...)
	s.response(200, sipmsg.NOTIFY)
	event[call.TransferDone](p, "c1")
	s.send(f, "NOTIFY", "n3", frag(486, "terminated;reason=noresource")...)
	s.response(200, sipmsg.NOTIFY)
	p.Do(call.End{ID: "c1"})
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended("c1", call.Completed)
	quiet[call.TransferFailed](p, "c1")
}

// TestTransferTakenBack: nothing is told of a transfer that was taken back, but that it arrived all the same, and a further one is
// not mistaken for it, with an id in the far end's words or, in those about the first, without.
func TestTransferTakenBack(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]func(*sipmsg.Request) string{
		"with ids":    func(r *sipmsg.Request) string { return fmt.Sprintf(";id=%d", r.CSeq().SeqNo) },
		"without one": func(*sipmsg.Request) string { return "" },
	} {
		p, s, f := talking(t)
		p.Do(call.Refer{ID: "c1", Target: "200"})
		first := s.request(sipmsg.REFER)
		p.Do(call.Forsake{ID: "c1"})
		s.reply(first, 202, "")
		s.send(f, "NOTIFY", "n1", about(id(first), 180)...)
		s.response(200, sipmsg.NOTIFY)
		p.Do(call.Refer{ID: "c1", Target: "300"})
		second := s.request(sipmsg.REFER)
		s.send(f, "NOTIFY", "n2", about(id(first), 200)...)
		if e := event[call.TransferDone](p, "c1"); !e.TakenBack {
			t.Errorf("%s: %+v", name, e)
		}
		s.reply(second, 202, "")
		event[call.TransferProgress](p, "c1")
		s.send(f, "NOTIFY", "n3", about(fmt.Sprintf(";id=%d", second.CSeq().SeqNo), 486)...)
		if e := event[call.TransferFailed](p, "c1"); e.Reason.Cause != call.Busy {
			t.Errorf("%s: %+v", name, e.Reason)
		}
	}
}

// TestWhichTransferIsMeant: after a take-back and a further transfer each NOTIFY belongs to the right one, also where the far end never
// writes an id, or a server between writes its own.
func TestWhichTransferIsMeant(t *testing.T) {
	t.Parallel()
	for name, ids := range map[string][2]string{"never an id": {"", ""}, "ids of a server's": {";id=7001", ";id=7002"}, "no id at first": {"", "own"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s, f := talking(t)
			for i, target := range []string{"200", "300"} {
				p.Do(call.Refer{ID: "c1", Target: target})
				refer := s.request(sipmsg.REFER)
				s.reply(refer, 202, "")
				event[call.TransferProgress](p, "c1")
				if ids[i] == "own" {
					ids[i] = fmt.Sprintf(";id=%d", refer.CSeq().SeqNo)
				}
				s.send(f, "NOTIFY", fmt.Sprint("n", i), about(ids[i], 180)...)
				if e := event[call.TransferProgress](p, "c1"); e.Status != 180 {
					t.Errorf("%+v", e)
				}
				if i == 0 {
					p.Do(call.Forsake{ID: "c1"})
				}
			}
			s.send(f, "NOTIFY", "done", about(ids[1], 200)...)
			if e := event[call.TransferDone](p, "c1"); e.TakenBack {
				t.Error("the second is taken for the first")
			}
			s.send(f, "NOTIFY", "late", about(ids[0], 200)...)
			if e := event[call.TransferDone](p, "c1"); !e.TakenBack {
				t.Error("the first is taken for the second")
			}
		})
	}
}

// about is frag with parameters of the event.
func about(params string, status int) []string {
	lines := frag(status, "active;expires=60")
	lines[0] += params
	return lines
}

// TestTransferWithoutAnEnd: a far end that has always something to say, and never the end, does not keep the call.
func TestTransferWithoutAnEnd(t *testing.T) {
	t.Parallel()
	p, s, f := talkingAt(t, testT1/5)
	p.Do(call.Refer{ID: "c1", Target: "200"})
	s.reply(s.request(sipmsg.REFER), 202, "")
	told := make(chan struct{})
	go func() {
		defer close(told)
		if e := event[call.TransferFailed](p, "c1"); e.Reason.Cause != call.Failed {
			t.Errorf("%+v", e.Reason)
		}
	}()
	for n := 0; ; n++ {
		select {
		case <-told:
			return
		default:
			s.send(f, "NOTIFY", fmt.Sprint("n", n), frag(180, "active;expires=60")...)
			s.answer(sipmsg.NOTIFY)
			s.readUntil(time.Now().Add(20*testT1), true)
		}
	}
}

func TestTransferComesToNothing(t *testing.T) {
	t.Parallel()
	for name, story := range map[string]struct {
		answer int
		notify []string
		cause  call.Cause
	}{
		"refused":           {603, nil, call.Declined},
		"busy there":        {202, frag(486, "terminated;reason=noresource"), call.Busy},
		"ended with no end": {202, frag(100, "terminated;reason=giveup"), call.Failed},
	} {
		p, s, f := talking(t)
		p.Do(call.Refer{ID: "c1", Target: "200"})
		s.reply(s.request(sipmsg.REFER), story.answer, "")
		if story.notify != nil {
			s.send(f, "NOTIFY", "n1", story.notify...)
		}
		if e := event[call.TransferFailed](p, "c1"); e.Reason.Cause != story.cause {
			t.Errorf("%s: %+v", name, e.Reason)
		}
		p.Do(call.Refer{ID: "c1", Target: "300"}) // it may be tried again
		s.request(sipmsg.REFER)
	}
}

// TestLateWordOfATransfer: what is said once more of a transfer that is over says nothing about the next one.
func TestLateWordOfATransfer(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	about := func(refer *sipmsg.Request, status int) []string {
		lines := frag(status, "terminated;reason=noresource")
		for i := range lines {
			if strings.HasPrefix(lines[i], "Event:") {
				lines[i] = fmt.Sprintf("Event: refer;id=%d", refer.CSeq().SeqNo)
			}
		}
		return lines
	}
	p.Do(call.Refer{ID: "c1", Target: "200"})
	first := s.request(sipmsg.REFER)
	s.reply(first, 202, "")
	s.send(f, "NOTIFY", "n1", about(first, 486)...)
	event[call.TransferFailed](p, "c1")
	p.Do(call.Refer{ID: "c1", Target: "300"})
	second := s.request(sipmsg.REFER)
	s.reply(second, 202, "")
	for i, status := range []int{486, 200} {
		s.send(f, "NOTIFY", fmt.Sprint("late", i), about(first, status)...)
		s.response(200, sipmsg.NOTIFY)
	}
	s.send(f, "NOTIFY", "n2", about(second, 404)...)
	if e := event[call.TransferFailed](p, "c1"); e.Reason.Status != 404 {
		t.Errorf("%+v", e)
	}
	quiet[call.TransferDone](p, "c1")
}

// TestNotifyBeforeTheAnswer: the two cross on the way.
func TestNotifyBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	p.Do(call.Refer{ID: "c1", Target: "200"})
	refer := s.request(sipmsg.REFER)
	s.send(f, "NOTIFY", "n1", frag(200, "terminated;reason=noresource")...)
	event[call.TransferDone](p, "c1")
	s.reply(refer, 202, "")
	s.send(f, "OPTIONS", "o1")
	s.response(200, sipmsg.OPTIONS)
	quiet[call.TransferProgress](p, "c1")
}

// TestLateAnswerToATransfer: the answer to a transfer that has failed says nothing about the next one.
func TestLateAnswerToATransfer(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	p.Do(call.Refer{ID: "c1", Target: "200"})
	first := s.request(sipmsg.REFER)
	s.send(f, "NOTIFY", "n1", frag(486, "terminated;reason=noresource")...)
	event[call.TransferFailed](p, "c1")
	p.Do(call.Refer{ID: "c1", Target: "300"})
	second := s.request(sipmsg.REFER)
	s.reply(first, 603, "")
	s.send(f, "OPTIONS", "o1")
	s.response(200, sipmsg.OPTIONS)
	quiet[call.TransferFailed](p, "c1")
	s.reply(second, 202, "")
	event[call.TransferProgress](p, "c1")
}

// TestAttendedTransferNamesTheOtherCall: Replaces has the tags as the other far end sees them.
func TestAttendedTransferNamesTheOtherCall(t *testing.T) {
	t.Parallel()
	p, s, _ := talking(t)
	p.Do(call.Invite{ID: "c2", Account: "work", Target: "200", SDP: []byte("v=0\r\n")})
	inv := s.request(sipmsg.INVITE)
	s.reply(inv, 200, "second", "SDP v=0 answer")
	s.request(sipmsg.ACK)
	event[call.RemoteAnswered](p, "c2")
	p.Do(call.Refer{ID: "c1", Other: "c2"})
	to, err := parseReferTo(headerValue(s.request(sipmsg.REFER), "Refer-To"))
	if err != nil || to.replaces == nil {
		t.Fatal(to, err)
	}
	want := replaces{callID: inv.CallID().Value(), to: "second", from: tagOf(inv.From().Params)}
	if *to.replaces != want || to.uri.User != "far" {
		t.Errorf("%+v, want %+v", to, want)
	}
	p.Do(call.Refer{ID: "c2", Other: "gone"})
	event[call.TransferFailed](p, "c2")
}

// TestTheyPassUsOn: the far end hears how the call it asked for goes, with what it wanted in it.
func TestTheyPassUsOn(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	s.send(f, "REFER", "r1", fmt.Sprintf("Refer-To: <sip:200@%s?Replaces=x%%40y%%3Bto-tag%%3D1%%3Bfrom-tag%%3D2>", s.addr()), `Referred-By: "Boss" <sip:300@example.com>`)
	s.response(202, sipmsg.REFER)
	first := s.request(sipmsg.NOTIFY)
	if body := string(first.Body()); !strings.HasPrefix(body, "SIP/2.0 100") || !strings.HasPrefix(headerValue(first, "Event"), "refer;id=") || !strings.HasPrefix(headerValue(first, "Subscription-State"), "active") {
		t.Errorf("%s", first)
	}
	s.reply(first, 200, "")
	asked := next[call.Asked](p, "question", nil)
	if asked.ID != "c1" || asked.Target != "200" || !asked.Joins || asked.By.Number != "300" || asked.By.Name != "Boss" {
		t.Errorf("%+v", asked)
	}
	s.send(f, "REFER", "r2", "Refer-To: <sip:201@example.com>")
	s.response(491, sipmsg.REFER)
	p.Do(call.Invite{ID: "c2", Account: "work", Target: "200", SDP: []byte("v=0\r\n"), For: "c1"})
	inv := s.request(sipmsg.INVITE)
	if headerValue(inv, "Replaces") != "x@y;to-tag=1;from-tag=2" || inv.Recipient.Headers != nil || headerValue(inv, "Referred-By") == "" || headerValue(inv, "Require") != "replaces" {
		t.Errorf("%s", inv)
	}
	for _, status := range []int{180, 200} {
		s.reply(inv, status, "new", "SDP v=0 answer")
		if status == 180 {
			s.reply(inv, status, "new", "SDP v=0 answer")
		}
		n := s.request(sipmsg.NOTIFY)
		if !strings.HasPrefix(string(n.Body()), fmt.Sprint("SIP/2.0 ", status)) || strings.HasPrefix(headerValue(n, "Subscription-State"), "terminated") != (status == 200) {
			t.Errorf("%s", n)
		}
		if status == 200 { // it came too late: it is told once more
			s.reply(n, 500, "")
			again := s.request(sipmsg.NOTIFY)
			if string(again.Body()) != string(n.Body()) || again.CSeq().SeqNo <= n.CSeq().SeqNo {
				t.Errorf("%s", again)
			}
			n = again
		}
		s.reply(n, 200, "")
	}
	s.request(sipmsg.ACK)
	p.Do(call.End{ID: "c2"})
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended("c2", call.Completed)
	s.send(f, "REFER", "r3", "Refer-To: <sip:201@example.com>") // the end of that call is no word about this one
	s.response(202, sipmsg.REFER)
	s.reply(s.request(sipmsg.NOTIFY), 200, "")
	p.Do(call.Stay{ID: "c1"})
	if n := s.request(sipmsg.NOTIFY); !strings.HasPrefix(string(n.Body()), "SIP/2.0 603") {
		t.Errorf("%s", n)
	}
}

// TestPassedOnInVain: the far end hears why, and may take the call back.
func TestPassedOnInVain(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	s.send(f, "REFER", "r1", "Refer-To: <sip:200@example.com>")
	s.response(202, sipmsg.REFER)
	s.reply(s.request(sipmsg.NOTIFY), 200, "")
	p.Do(call.Invite{ID: "c2", Account: "work", Target: "200", SDP: []byte("v=0\r\n"), For: "c1"})
	s.reply(s.request(sipmsg.INVITE), 486, "x")
	if n := s.request(sipmsg.NOTIFY); !strings.HasPrefix(string(n.Body()), "SIP/2.0 486") {
		t.Errorf("%s", n)
	}
	p.ended("c2", call.Busy)
	p.Do(call.Invite{ID: "c3", Account: "work", Target: "200", SDP: []byte("v=0\r\n"), For: "c1"})
	p.ended("c3", call.NotFound)
}

func TestBadRefers(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	for i, extra := range [][]string{
		{}, {"Refer-To: <http://example.com>"}, {"Refer-To: <sip:200@example.com>", "Refer-To: <sip:201@example.com>"},
		{"Refer-To: <sip:200@example.com;method=BYE>"}, {"Refer-To: <sip:200@example.com?Replaces=x>"},
	} {
		s.send(f, "REFER", fmt.Sprint("r", i), extra...)
		s.response(400, sipmsg.REFER)
	}
	s.send(f, "REFER", "q", "Refer-To: <sip:200@example.com>", "Refer-Sub: false")
	if res := s.response(202, sipmsg.REFER); headerValue(res, "Refer-Sub") != "false" {
		t.Errorf("%s", res)
	}
	next[call.Asked](p, "question", nil)
	p.Do(call.Stay{ID: "c1"})
	s.send(f, "OPTIONS", "o1")
	s.response(200, sipmsg.OPTIONS)
	for _, m := range s.held {
		if req, ok := m.(*sipmsg.Request); ok && req.Method == sipmsg.NOTIFY {
			t.Errorf("they wanted no word: %s", req)
		}
	}
}

// TestInviteThatReplaces: it names one of our calls by what only its two ends know.
func TestInviteThatReplaces(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	us, them := f.callID, "far"
	ours := f.to[strings.Index(f.to, "tag=")+4:]
	for i, c := range []struct {
		value  string
		status int
	}{
		{us + ";to-tag=" + ours + ";from-tag=" + them, 0},
		{us + ";to-tag=" + ours + ";from-tag=other", 481},
		{us + ";to-tag=other;from-tag=" + them, 481},
		{"other;to-tag=" + ours + ";from-tag=" + them, 481},
		{us + ";to-tag=" + ours + ";from-tag=" + them + ";early-only", 486},
		{us, 400},
	} {
		in := &far{callID: fmt.Sprint("in", i), from: "<sip:200@example.com>;tag=new", to: "<sip:1001@example.com>", uri: f.uri}
		s.send(in, "INVITE", fmt.Sprint("i", i), "Replaces: "+c.value, "Require: replaces", "SDP v=0 offer")
		if c.status != 0 {
			s.response(c.status, sipmsg.INVITE)
			continue
		}
		if n := next[call.Arrived](p, "call", nil); n.Replaces != "c1" {
			t.Errorf("it replaces %q", n.Replaces)
		}
		s.response(100, sipmsg.INVITE)
	}
}

func TestForwardedCall(t *testing.T) {
	t.Parallel()
	p, s, _, n := rung(t, "SDP v=0 offer")
	p.Do(call.Forward{ID: n.ID, Target: "300"})
	res := s.response(302, sipmsg.INVITE)
	if c := firstContact(res); c == nil || c.User != "300" {
		t.Errorf("%s", res)
	}
	p.ended(n.ID, call.Forwarded)
	p.Do(call.Forward{ID: "gone", Target: "300"})
	p.ended("gone", call.Cancelled)
}

// TestForwardCrossesCancel: a call that is sent elsewhere when its caller has given up already was given up.
func TestForwardCrossesCancel(t *testing.T) {
	t.Parallel()
	p, s, f, in := rung(t, "SDP v=0 offer")
	busy := make(chan struct{})
	p.box.post(func() { <-busy })
	p.Do(call.Forward{ID: in.ID, Target: "300"})
	s.send(f, "CANCEL", "in1")
	s.response(487, sipmsg.INVITE)
	close(busy)
	p.ended(in.ID, call.Cancelled)
}
