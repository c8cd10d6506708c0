package sip

import (
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

func TestRoll(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		was    roll
		status int
		ours   bool
		after  roll
		lost   bool
	}{
		{"it is there", roll{true, 2}, 200, true, roll{true, 0}, false},
		{"it is missing", roll{true, 0}, 200, false, roll{true, 1}, true},
		{"again", roll{true, 1}, 200, false, roll{true, 2}, true},
		{"a server that never shows it", roll{true, 2}, 200, false, roll{true, 3}, false},
		{"busy", roll{true, 1}, 503, false, roll{true, 1}, false},
		{"no word about that", roll{true, 0}, 403, false, roll{true, 3}, false},
	} {
		if after, lost := c.was.next(c.status, c.ours); after != c.after || lost != c.lost {
			t.Errorf("%s: %v %v", c.name, after, lost)
		}
	}
}

// TestForgotten: a server that has lost its bindings and answers as if nothing had happened.
func TestForgotten(t *testing.T) {
	t.Parallel()
	s := newPeer(t)
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	first := s.request(sipmsg.REGISTER)
	ours := "Contact: " + first.Contact().Value() + ";expires=300"
	s.reply(first, 200, "x", ours, "Contact: <sip:1001@192.0.2.1>;expires=7")
	p.line(call.LineReady)
	question := func() *sipmsg.Request {
		t.Helper()
		req := s.request(sipmsg.REGISTER)
		if req.Contact() != nil || req.GetHeader("Expires") != nil || req.CallID().Value() != first.CallID().Value() {
			t.Fatalf("no question:\n%s", req)
		}
		return req
	}
	s.reply(question(), 200, "x", "Contact: <sip:1001@192.0.2.1>;expires=7", ours)
	s.reply(s.request(sipmsg.OPTIONS), 200, "x")
	s.reply(s.request(sipmsg.OPTIONS), 200, "x")
	s.reply(question(), 200, "x")
	again := s.request(sipmsg.REGISTER)
	if again.Contact() == nil || headerValue(again, "Expires") == "0" {
		t.Fatalf("%s", again)
	}
	s.reply(again, 200, "x", ours)
	s.reply(question(), 200, "x") // it was started again at once: it is believed the first time too
	again = s.request(sipmsg.REGISTER)
	if again.Contact() == nil {
		t.Fatalf("%s", again)
	}
	s.reply(again, 200, "x", ours)
	s.reply(question(), 403, "x")
	s.reply(s.request(sipmsg.OPTIONS), 200, "x") // who will not say is not asked again
	for range rollEvery {
		s.reply(s.request(sipmsg.OPTIONS), 200, "x")
	}
}

// TestRollCallUnanswered: silence is no answer about bindings; whether the server is there shows when it is asked for any answer.
func TestRollCallUnanswered(t *testing.T) {
	t.Parallel()
	s := newPeer(t)
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	first := s.request(sipmsg.REGISTER)
	s.reply(first, 200, "x", "Contact: "+first.Contact().Value()+";expires=300")
	p.line(call.LineReady)
	s.request(sipmsg.REGISTER) // and silence
	s.reply(s.request(sipmsg.OPTIONS), 200, "x")
	s.reply(s.request(sipmsg.OPTIONS), 200, "x")
	quietLine(p)
}

// quietLine asserts that nothing was told of a line.
func quietLine(p *phone) {
	p.t.Helper()
	for {
		select {
		case n := <-p.news:
			if r, ok := n.(call.Registered); ok {
				p.t.Errorf("%+v", r)
			}
		default:
			return
		}
	}
}
