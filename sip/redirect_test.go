package sip

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// moved is a 302 with these Contacts.
func moved(t *testing.T, contacts ...string) *sipmsg.Response {
	t.Helper()
	text := "SIP/2.0 302 Moved\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"
	for _, c := range contacts {
		text += "Contact: " + c + "\r\n"
	}
	m, err := sipmsg.ParseMessage([]byte(text + "Content-Length: 0\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return m.(*sipmsg.Response)
}

func TestPlacesOfA302(t *testing.T) {
	plain := &account{conf: call.Account{ID: "work", Address: "sip:1001@example.com"}, host: "example.com"}
	secure := &account{conf: call.Account{ID: "work", Address: "sip:1001@example.com", Transport: "tls"}, host: "example.com"}
	for name, c := range map[string]struct {
		account  *account
		contacts []string
		want     []string
	}{
		"one":          {plain, []string{"<sip:2@example.com>"}, []string{"sip:2@example.com"}},
		"by q":         {plain, []string{"<sip:2@example.com>;q=0.1", "<sip:3@example.com>;q=0.9", "<sip:4@example.com>"}, []string{"sip:4@example.com", "sip:3@example.com", "sip:2@example.com"}},
		"not again":    {plain, []string{"<sip:first@example.com>", "<sip:2@example.com>", "<sip:2@example.com>"}, []string{"sip:2@example.com"}},
		"a number":     {plain, []string{"<tel:+1-202-555-0142;phone-context=x>"}, []string{"sip:+12025550142@example.com"}},
		"codes":        {plain, []string{"<sip:*72100@example.com>", "<sip:%2A72100@example.com>", "<sip:%2321%23@example.com>", "<tel:*72100>"}, nil},
		"other things": {plain, []string{"<mailto:a@example.com>", "<sips:2@example.com>", "<http://example.com/>"}, nil},
		"encrypted":    {secure, []string{"<sips:2@example.com>"}, []string{"sips:2@example.com"}},
		"headers":      {plain, []string{"<sip:2@example.com;method=BYE;x=1?Route=%3Csip:evil%3E>"}, []string{"sip:2@example.com;x=1"}},
		"too many": {plain, []string{"<sip:2@example.com>", "<sip:3@example.com>", "<sip:4@example.com>", "<sip:5@example.com>", "<sip:6@example.com>", "<sip:7@example.com>"},
			[]string{"sip:2@example.com", "sip:3@example.com", "sip:4@example.com", "sip:5@example.com", "sip:6@example.com"}},
	} {
		e := elsewhere{tried: []string{"sip:first@example.com"}}
		e.add(moved(t, c.contacts...), c.account)
		var got []string
		for p, ok := e.next(); ok; p, ok = e.next() {
			got = append(got, p.uri.String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// sentTo says yes to where the call is sent next.
func (p *phone) sentTo(target string) {
	p.t.Helper()
	if e := next[call.Elsewhere](p, "question where to", nil); e.ID != "c1" || e.Target != target {
		p.t.Errorf("%+v, want %s", e, target)
	}
	p.Do(call.Follow{ID: "c1", On: true})
}

func TestCallIsSentElsewhere(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 302, "far", `Contact: "Second" <sip:2@example.com>;q=0.5, <sip:3@example.com>;q=0.7`)
	s.request(sipmsg.ACK)
	p.sentTo("sip:3@example.com")
	second := s.request(sipmsg.INVITE)
	if second.Recipient.String() != "sip:3@example.com" || second.CallID().Value() != inv.CallID().Value() ||
		second.From().Value() != inv.From().Value() || second.To().Value() != inv.To().Value() ||
		second.CSeq().SeqNo != inv.CSeq().SeqNo+1 || string(second.Body()) != string(inv.Body()) {
		t.Errorf("INVITE elsewhere %s", second)
	}
	if e := event[call.Redirected](p, "c1"); e.To.Number != "3" {
		t.Errorf("%+v", e)
	}
	s.reply(second, 480, "other")
	s.request(sipmsg.ACK)
	p.sentTo("sip:2@example.com")
	third := s.request(sipmsg.INVITE)
	if e := event[call.Redirected](p, "c1"); e.To.Number != "2" || e.To.Name != "Second" || third.Recipient.User != "2" {
		t.Errorf("%+v %s", e, third)
	}
	s.reply(third, 183, "third", append(reliable(4), "SDP v=0 early")...)
	if prack := s.request(sipmsg.PRACK); headerValue(prack, "RAck") != fmt.Sprintf("4 %d INVITE", third.CSeq().SeqNo) {
		t.Errorf("PRACK %s", prack)
	}
	s.reply(third, 200, "third", "SDP v=0 early")
	s.request(sipmsg.ACK)
	event[call.RemoteAnswered](p, "c1")
}

// TestSentElsewhereFromWhereItRang: what the first place took says nothing about the second.
func TestSentElsewhereFromWhereItRang(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 183, "first", "Allow: INVITE, INFO", "SDP v=0 first")
	if e := event[call.FarEnd](p, "c1"); !e.Info {
		t.Errorf("%+v", e)
	}
	s.reply(inv, 302, "first", fmt.Sprintf("Contact: <sip:2@%s>", s.addr()))
	p.sentTo("2") // the server's own
	second := s.request(sipmsg.INVITE)
	event[call.Redirected](p, "c1")
	s.reply(second, 200, "second", "Allow: INVITE, INFO", "SDP v=0 first")
	if e := event[call.FarEnd](p, "c1"); !e.Info {
		t.Errorf("%+v", e)
	}
	if e := event[call.RemoteAnswered](p, "c1"); string(e.SDP) != "v=0 first" {
		t.Errorf("the words are those of the first place, the phone is another: %q", e.SDP)
	}
}

func TestSentElsewhereInACircle(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	for i := range mostTargets {
		s.reply(inv, 302, "far", fmt.Sprintf("Contact: <sip:%d@example.com>", i), "Contact: <"+inv.Recipient.String()+">")
		p.sentTo(fmt.Sprintf("sip:%d@example.com", i))
		inv = s.request(sipmsg.INVITE)
	}
	s.reply(inv, 302, "far", "Contact: <sip:sixth@example.com>")
	if r := p.ended("c1", call.Failed); !strings.Contains(r.Detail, "elsewhere") {
		t.Errorf("%+v", r)
	}
}

func TestRefusedEverywhere(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 302, "far", "Contact: <sip:2@example.com>, <sip:3@example.com>")
	p.sentTo("sip:2@example.com")
	s.reply(s.request(sipmsg.INVITE), 603, "far")
	p.ended("c1", call.Declined)
}

func TestSentNowhere(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 302, "far", "Contact: <mailto:a@example.com>")
	p.ended("c1", call.Failed)
}

func TestHangUpWhileSentElsewhere(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 302, "far", "Contact: <sip:2@example.com>, <sip:3@example.com>")
	p.sentTo("sip:2@example.com")
	second := s.request(sipmsg.INVITE)
	s.reply(second, 180, "far")
	event[call.RemoteProgress](p, "c1")
	p.Do(call.End{ID: "c1"})
	cancel := s.request(sipmsg.CANCEL)
	if cancel.CSeq().SeqNo != second.CSeq().SeqNo || cancel.Recipient.User != "2" {
		t.Errorf("CANCEL %s", cancel)
	}
	s.reply(cancel, 200, "")
	s.reply(second, 487, "far")
	p.ended("c1", call.Cancelled)
}

// TestNotFollowed: nothing leaves for a place before a yes; after a no the next one is asked about, and the last no is the end.
func TestNotFollowed(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 302, "far", "Contact: <tel:+1-900-555-0142>;q=0.9, <sip:3@example.com>;q=0.8, <sip:4@example.com>;q=0.7")
	s.request(sipmsg.ACK)
	if e := next[call.Elsewhere](p, "question where to", nil); e.Target != "+19005550142" {
		t.Errorf("%+v", e)
	}
	p.Do(call.Follow{ID: "c1"})
	p.sentTo("sip:3@example.com")
	second := s.request(sipmsg.INVITE)
	if second.Recipient.User != "3" {
		t.Errorf("%s", second)
	}
	s.reply(second, 480, "far")
	if e := next[call.Elsewhere](p, "question where to", nil); e.Target != "sip:4@example.com" {
		t.Errorf("%+v", e)
	}
	p.Do(call.Follow{ID: "c1"})
	p.Do(call.Follow{ID: "c1", On: true}) // too late
	p.ended("c1", call.NoAnswer)
}

func TestHangUpWhileAskedWhereTo(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 302, "far", "Contact: <sip:2@example.com>")
	next[call.Elsewhere](p, "question where to", nil)
	p.Do(call.End{ID: "c1"})
	p.ended("c1", call.Cancelled)
	p.Do(call.Follow{ID: "c1", On: true})
}

// TestA302NamesThousands: of a place after place after place a few are asked about, and the call ends.
func TestA302NamesThousands(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	var all []string
	for i := range 1000 {
		all = append(all, fmt.Sprintf("<sip:place%d@example.com>;q=0.%d", i, i%10))
	}
	s.reply(inv, 302, "far", "Contact: "+strings.Join(all, ", "))
	asked := 0
	for late := time.Now().Add(patience); ; {
		var n call.News
		select {
		case n = <-p.news:
		case <-time.After(time.Until(late)):
			t.Fatal("the call never ended")
		}
		if e, ok := n.(call.Elsewhere); ok {
			asked++
			p.Do(call.Follow{ID: e.ID, On: asked%2 == 1})
			if asked%2 == 1 {
				s.request(sipmsg.ACK)
				again := s.request(sipmsg.INVITE)
				s.reply(again, 302, "far", fmt.Sprintf("Contact: <sip:more%d@example.com>", asked))
			}
		}
		if h, ok := n.(call.Happened); ok {
			if _, over := h.Event.(call.RemoteEnded); over {
				break
			}
		}
	}
	if asked > mostTargets+1 {
		t.Errorf("%d places were asked about", asked)
	}
}
