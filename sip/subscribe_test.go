package sip

import (
	"fmt"
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/notice"
)

// subscribed takes a SUBSCRIBE of the phone's and returns it, and the dialog for the NOTIFYs.
func subscribed(t *testing.T, s *peer, event string) (*sipmsg.Request, *far) {
	t.Helper()
	for {
		sub := s.request(sipmsg.SUBSCRIBE)
		if headerValue(sub, "Event") != event {
			continue
		}
		s.reply(sub, 200, "srv", "Expires: 600", fmt.Sprintf("Contact: <sip:far@%s>", s.addr()))
		return sub, &far{callID: sub.CallID().Value(), from: sub.To().Value() + ";tag=srv", to: sub.From().Value(), uri: firstContact(sub).String()}
	}
}

// TestMailboxIsTold: what waits is told when the server says so, asked for or not, and asked for again once it ends that.
func TestMailboxIsTold(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	sub, f := subscribed(t, s, "message-summary")
	if sub.Recipient.User != "1001" || firstContact(sub) == nil || headerValue(sub, "Accept") == "" || seconds(headerValue(sub, "Expires")) <= 0 {
		t.Errorf("%s", sub)
	}
	summary := "BODY application/simple-message-summary Messages-Waiting: yes\r\nVoice-Message: 2/1\r\n"
	s.send(f, "NOTIFY", "n1", "Event: message-summary", "Subscription-State: active;expires=600", summary)
	s.response(200, sipmsg.NOTIFY)
	if m := next[call.Messages](p, "messages", nil); m != (call.Messages{Account: "work", Waiting: true, New: 2, Old: 1}) {
		t.Errorf("%+v", m)
	}
	s.send(f, "NOTIFY", "n2", "o: message-summary", "Subscription-State: active", "BODY application/simple-message-summary Messages-Waiting: no\r\n")
	s.response(200, sipmsg.NOTIFY)
	if m := next[call.Messages](p, "messages", nil); m.Waiting {
		t.Errorf("%+v", m)
	}
	unasked := &far{callID: "x", from: "<sip:server@example.com>;tag=1", to: "<sip:1001@example.com>", uri: f.uri}
	s.send(unasked, "NOTIFY", "n3", "Event: message-summary", "Subscription-State: active", summary)
	s.response(200, sipmsg.NOTIFY)
	if m := next[call.Messages](p, "messages", nil); m.New != 2 {
		t.Errorf("%+v", m)
	}
	s.send(f, "NOTIFY", "n4", "Event: message-summary", "Subscription-State: terminated;reason=rejected")
	s.response(200, sipmsg.NOTIFY)
	s.send(f, "NOTIFY", "n5", "Event: message-summary", "Subscription-State: active", summary)
	s.response(481, sipmsg.NOTIFY)
}

// TestNotifyBeforeTheSubscription: the NOTIFY may overtake the answer (RFC 6665 §4.1.2.4) and then makes the dialog.
func TestNotifyBeforeTheSubscription(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	sub := s.request(sipmsg.SUBSCRIBE)
	f := &far{callID: sub.CallID().Value(), from: sub.To().Value() + ";tag=srv", to: sub.From().Value(), uri: firstContact(sub).String()}
	s.send(f, "NOTIFY", "n1", "Event: message-summary", "Subscription-State: active", "BODY application/simple-message-summary Messages-Waiting: yes\r\n")
	next[call.Messages](p, "messages", nil)
	s.reply(sub, 202, "srv", "Expires: 600")
	s.send(f, "NOTIFY", "n2", "Event: message-summary", "Subscription-State: active", "BODY application/simple-message-summary Messages-Waiting: no\r\n")
	next[call.Messages](p, "messages", nil)
}

// TestForkedSubscription: whoever answers or tells something first is listened to, and nobody else, whatever number their requests have.
func TestForkedSubscription(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"answer", "NOTIFY"} {
		p, s := registered(t)
		sub := s.request(sipmsg.SUBSCRIBE)
		at := func(tag string) *far {
			return &far{callID: sub.CallID().Value(), from: sub.To().Value() + tag, to: sub.From().Value(), uri: firstContact(sub).String()}
		}
		told := func(f *far, branch string, status, n int) {
			t.Helper()
			s.send(f, "NOTIFY", branch, "Event: message-summary", "Subscription-State: active", fmt.Sprintf("BODY application/simple-message-summary Messages-Waiting: yes\r\nVoice-Message: %d/0\r\n", n))
			if res := s.answer(sipmsg.NOTIFY); res.StatusCode != status {
				t.Errorf("%s first: %s to the NOTIFY %s", first, res, branch)
			}
		}
		one, other, none := at(";tag=one"), at(";tag=other"), at("")
		told(none, "n0", 481, 9)
		if first == "answer" {
			s.reply(sub, 200, "one", "Expires: 600", fmt.Sprintf("Contact: <sip:far@%s>", s.addr()))
		}
		told(one, "n1", 200, 1)
		if first == "NOTIFY" {
			s.reply(sub, 200, "other", "Expires: 600", fmt.Sprintf("Contact: <sip:far@%s>", s.addr()))
		}
		other.seq, none.seq = 100, 200
		told(other, "n2", 481, 7)
		told(none, "n3", 481, 8)
		s.send(other, "NOTIFY", "n4", "Event: message-summary", "Subscription-State: terminated;reason=rejected")
		s.response(481, sipmsg.NOTIFY)
		told(one, "n5", 200, 2)
		for _, want := range []int{1, 2} {
			if m := next[call.Messages](p, "messages", nil); m.New != want {
				t.Errorf("%s first: %+v, want %d", first, m, want)
			}
		}
	}
}

// TestNoMailboxIsNoTrouble: a server that does not know of mailboxes is not asked again.
func TestNoMailboxIsNoTrouble(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	s.reply(s.request(sipmsg.SUBSCRIBE), 489, "srv")
	p.Do(call.Reregister{Account: "work"})
	s.reply(s.request(sipmsg.REGISTER), 200, "reg", "Expires: 300")
	p.Do(call.Reregister{Account: "work"})
	s.request(sipmsg.REGISTER)
	for _, m := range s.held {
		if req, ok := m.(*sipmsg.Request); ok && req.Method == sipmsg.SUBSCRIBE {
			t.Errorf("it is asked again: %s", req)
		}
	}
}

func TestColleaguesAreWatched(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	p.Do(call.WatchNumbers{Account: "work", Numbers: []string{"118"}})
	sub, f := subscribed(t, s, "dialog")
	if sub.Recipient.User != "118" || !strings.Contains(headerValue(sub, "Accept"), "dialog-info") {
		t.Errorf("%s", sub)
	}
	info := func(n int, state string) string {
		return fmt.Sprintf(`BODY application/dialog-info+xml <dialog-info version="%d" state="full" entity="sip:118@example.com"><dialog id="a"><state>%s</state></dialog></dialog-info>`, n, state)
	}
	for i, c := range [][2]string{{"early", "ringing"}, {"confirmed", "on-call"}, {"terminated", "free"}} {
		s.send(f, "NOTIFY", fmt.Sprint("n", i), "Event: dialog", "Subscription-State: active", info(i, c[0]))
		if w := next[call.Watched](p, "state", nil); w != (call.Watched{Number: "118", State: c[1]}) {
			t.Errorf("%+v, want %s", w, c[1])
		}
	}
	s.send(f, "NOTIFY", "nx", "Event: dialog", "Subscription-State: active", "BODY application/dialog-info+xml <dialog-info")
	s.response(200, sipmsg.NOTIFY)
	s.send(f, "NOTIFY", "ny", "Event: dialog", "Subscription-State: terminated;reason=noresource")
	if w := next[call.Watched](p, "state", nil); w.State != "" {
		t.Errorf("%+v", w)
	}
	p.Do(call.WatchNumbers{Account: "work", Numbers: []string{"119"}})
	_, f = subscribed(t, s, "dialog")
	p.Do(call.WatchNumbers{Account: "work"})
	if end := s.request(sipmsg.SUBSCRIBE); headerValue(end, "Expires") != "0" || end.CallID().Value() != f.callID || tagOf(end.To().Params) != "srv" {
		t.Errorf("%s", end)
	}
}

// TestPresenceIsPublished: once, anew when it changes, and refreshed by what the server called it.
func TestPresenceIsPublished(t *testing.T) {
	t.Parallel()
	s := newPeer(t)
	p := newPhone(t, nil)
	conf := s.account()
	conf.Publish = true
	p.Do(call.Publish{State: "free", Note: "Available"})
	p.Do(call.UseAccounts{Accounts: []call.Account{conf}})
	s.reply(s.request(sipmsg.REGISTER), 200, "reg", "Expires: 300")
	first := s.request(sipmsg.PUBLISH)
	if headerValue(first, "SIP-If-Match") != "" || headerValue(first, "Event") != "presence" || !strings.Contains(string(first.Body()), "<basic>open</basic>") {
		t.Errorf("%s", first)
	}
	s.reply(first, 200, "srv", "SIP-ETag: one", "Expires: 600")
	p.Do(call.Publish{State: "free", Note: "Available"}) // nothing new
	p.Do(call.Publish{State: "on-call", Note: "Busy"})
	second := s.request(sipmsg.PUBLISH)
	if headerValue(second, "SIP-If-Match") != "one" || !strings.Contains(string(second.Body()), "on-the-phone") {
		t.Errorf("%s", second)
	}
	s.reply(second, 412, "srv") // it has forgotten
	third := s.request(sipmsg.PUBLISH)
	if headerValue(third, "SIP-If-Match") != "" || !strings.Contains(string(third.Body()), "on-the-phone") {
		t.Errorf("%s", third)
	}
	s.reply(third, 200, "srv", "SIP-ETag: two", "Expires: 600")
	p.Do(call.UseAccounts{})
	if end := s.request(sipmsg.PUBLISH); headerValue(end, "Expires") != "0" || headerValue(end, "SIP-If-Match") != "two" || len(end.Body()) > 0 {
		t.Errorf("%s", end)
	}
}

// TestColleaguesByPresence: a server that tells nothing of calls may tell of presence.
func TestColleaguesByPresence(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	p.Do(call.WatchNumbers{Account: "work", Numbers: []string{"118"}})
	for {
		sub := s.request(sipmsg.SUBSCRIBE)
		if headerValue(sub, "Event") == "dialog" {
			s.reply(sub, 489, "srv")
			break
		}
	}
	_, f := subscribed(t, s, "presence")
	s.send(f, "NOTIFY", "n1", "Event: presence", "Subscription-State: active", "BODY application/pidf+xml "+string(notice.WritePresence("sip:118@example.com", "x", notice.OnCall, "")))
	if w := next[call.Watched](p, "state", nil); w != (call.Watched{Number: "118", State: "on-call"}) {
		t.Errorf("%+v", w)
	}
}

// TestColleaguesOfAServerThatSaysNothing: it takes a subscription to calls, and sends nothing but empty NOTIFYs. Presence is tried beside
// it; and when calls are told of after all, they count and presence is given up.
func TestColleaguesOfAServerThatSaysNothing(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	p.Do(call.WatchNumbers{Account: "work", Numbers: []string{"118"}})
	_, calls := subscribed(t, s, "dialog")
	for i, state := range []string{"pending", "active", "active;expires=600"} {
		s.send(calls, "NOTIFY", fmt.Sprint("n", i), "Event: dialog", "Subscription-State: "+state)
		s.response(200, sipmsg.NOTIFY)
	}
	_, f := subscribed(t, s, "presence")
	s.send(f, "NOTIFY", "p1", "Event: presence", "Subscription-State: active", "BODY application/pidf+xml "+string(notice.WritePresence("sip:118@example.com", "x", notice.Free, "")))
	if w := next(p, "state", func(w call.Watched) bool { return w.State != "" }); w != (call.Watched{Number: "118", State: "free"}) {
		t.Errorf("%+v", w)
	}
	s.send(calls, "NOTIFY", "n9", "Event: dialog", "Subscription-State: active", `BODY application/dialog-info+xml <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" entity="sip:118@example.com"><dialog id="a"><state>confirmed</state></dialog></dialog-info>`)
	if w := next(p, "state", func(w call.Watched) bool { return w.State != "free" }); w != (call.Watched{Number: "118", State: "on-call"}) {
		t.Errorf("%+v", w)
	}
	for {
		if end := s.request(sipmsg.SUBSCRIBE); headerValue(end, "Event") == "presence" {
			if headerValue(end, "Expires") != "0" || end.CallID().Value() != f.callID {
				t.Errorf("%s", end)
			}
			return
		}
	}
}
