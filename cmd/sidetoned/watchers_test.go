//go:build linux

package main

import (
	"slices"
	"strings"
	"testing"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

// traces are the messages a phone has kept.
func traces(t *testing.T, d *peers.Phone) (texts []string) {
	t.Helper()
	c := d.Client()
	defer c.Close()
	for r, err := c.Ask(control.Request{Command: phone.Command{Do: control.Trace}}); ; r, err = c.Next() {
		if err != nil {
			t.Fatal(err)
		}
		if r.Message == nil {
			return texts
		}
		texts = append(texts, r.Message.Text)
	}
}

// answers counts the 200 a phone has got for requests of a method.
func answers(t *testing.T, d *peers.Phone, method string) (n int) {
	t.Helper()
	for _, text := range traces(t, d) {
		if strings.HasPrefix(text, "SIP/2.0 200") && strings.Contains(text, " "+method+"\r\n") {
			n++
		}
	}
	return n
}

// TestWhoIsFreeAtKamailio: a colleague's calls are told as the server sees them, what waits in the mailbox too, and the server hears
// of us.
func TestWhoIsFreeAtKamailio(t *testing.T) {
	k := peers.StartKamailio(t, peers.Watchers(t))
	watcher := colleague(t, k, "1001", "publish = true\n[[colleague]]\nname = \"Agent B. Sample\"\nnumber = \"1003\"\n")
	k.Asked("the publication", func() bool { return answers(t, watcher, "PUBLISH") > 0 })
	customer, watched := colleague(t, k, "1002", ""), colleague(t, k, "1003", "")
	is := func(state string) {
		t.Helper()
		watcher.Until(state, func(s phone.Snapshot) bool { return len(s.Colleagues) == 1 && s.Colleagues[0].State == state })
	}
	// kamailio has nothing to tell of somebody before their first call: the phone asks for presence beside it, and goes on listening.
	k.Asked("the question for presence", func() bool {
		return slices.ContainsFunc(traces(t, watcher), func(m string) bool {
			return strings.HasPrefix(m, "SUBSCRIBE sip:1003") && strings.Contains(m, "Event: presence\r\n")
		})
	})
	customer.Do(phone.Command{Do: phone.Dial, Number: "1003"})
	watched.Call("rings", func(c call.Call) bool { return c.Phase == call.Offered })
	is("ringing")
	watched.Do(phone.Command{Do: phone.Answer})
	is("on-call")
	customer.Do(phone.Command{Do: phone.Hangup})
	is("free")
	k.Messages("1001", "Messages-Waiting: yes\r\nMessage-Account: sip:1001@example.com\r\nVoice-Message: 2/1\r\n")
	watcher.Until("a message", func(s phone.Snapshot) bool {
		return len(s.Mailboxes) == 1 && s.Mailboxes[0] == phone.Mailbox{Account: "main", Waiting: true, New: 2, Old: 1}
	})
	k.Messages("1001", "Messages-Waiting: no\r\nVoice-Message: 0/3\r\n")
	watcher.Until("none", func(s phone.Snapshot) bool { return len(s.Mailboxes) == 1 && !s.Mailboxes[0].Waiting })
	for _, d := range []*peers.Phone{watcher, customer, watched} {
		d.Stop()
	}
}
