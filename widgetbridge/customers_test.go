package widgetbridge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"sidetone/internal/call"
	"sidetone/internal/customer"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
)

// asks is a snapshot with one ringing call whose number is looked up.
func asks(seq, n uint64) phone.Snapshot {
	return phone.Snapshot{
		Seq: seq, Calls: []call.Call{{ID: "c1", Phase: call.Offered, Direction: call.Incoming, Remote: call.Party{Number: "+12025550142"}}},
		Customers: []customer.Lookup{{Call: "c1", N: n, Number: "+12025550142", State: customer.Searching}},
	}
}

const oneMatch = `"state":"found","matches":[{"id":"cust-1","name":"Customer A. Example","last":"conv-1","last_name":"Order","last_open":true,"last_at":"2026-03-04T10:42:00Z"}]`

func two(t *testing.T, d *desk) (h *house, speaker, other *page) {
	h = running(t, d)
	speaker = h.greet(t)
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == 1 })
	other = h.greet(t)
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == 2 })
	return h, speaker, other
}

// TestOnlyTheSpeakerSaysWhoCalls: for a call that is asked about, to the present question, and from no other tab.
func TestOnlyTheSpeakerSaysWhoCalls(t *testing.T) {
	d := newDesk()
	_, speaker, other := two(t, d)
	d.snaps <- asks(1, 4)
	for _, p := range []*page{speaker, other} {
		c := p.next("state")["calls"].([]any)[0].(map[string]any)["customer"].(map[string]any)
		if c["number"] != "+12025550142" || c["state"] != "searching" || c["n"] != 4.0 {
			t.Fatalf("%v", c)
		}
	}
	other.send(`{"type":"customer","call":"c1","n":4,` + strings.Replace(oneMatch, "Customer A", "Wrong tab", 1) + `}`)
	other.send(`{"type":"command","id":"k","do":"mute"}`)
	other.next("result") // what it said before has arrived
	speaker.send(`{"type":"customer","call":"c9","n":4,` + strings.Replace(oneMatch, "Customer A", "No such call", 1) + `}`)
	speaker.send(`{"type":"customer","call":"c1","n":3,` + strings.Replace(oneMatch, "Customer A", "An old question", 1) + `}`)
	speaker.send(`{"type":"customer","call":"c1","n":4,"host":"https://acme.kustomerapp.com",` + strings.Replace(oneMatch, "Customer A", `\u202eCustomer A`, 1) + `}`)
	await(t, d, func(f phone.CustomerFound) bool {
		m := f.Matches[0]
		if m.Name != "Customer A. Example" || m.Last.Name != "Order" || !m.Last.Open || m.Last.At.IsZero() || f.Host != "https://acme.kustomerapp.com" {
			t.Errorf("%+v", f)
		}
		return true
	})
	speaker.send(`{"type":"customer","call":"c1","n":4,"host":"https://evil.example.com",` + oneMatch + `}`)
	if f := await(t, d, func(phone.CustomerFound) bool { return true }); f.Host != "" {
		t.Errorf("a stranger's host: %q", f.Host)
	}
}

// TestTabThatLeavesBetweenTwoAnswers: what it has said is all there will be, and nobody waits for the rest.
func TestTabThatLeavesBetweenTwoAnswers(t *testing.T) {
	d := newDesk()
	_, speaker, _ := two(t, d)
	d.snaps <- asks(1, 4)
	speaker.send(`{"type":"customer","call":"c1","n":4,"more":true,` + oneMatch + `}`)
	if f := await(t, d, func(phone.CustomerFound) bool { return true }); !f.More {
		t.Fatalf("%+v", f)
	}
	_ = speaker.ws.Close(websocket.StatusNormalClosure, "")
	if f := await(t, d, func(phone.CustomerFound) bool { return true }); f.More || f.N != 4 || f.Matches[0].ID != "cust-1" {
		t.Errorf("%+v", f)
	}
}

// TestTabThatSpeaksNoMoreBetweenTwoAnswers: the same, where another one takes its place.
func TestTabThatSpeaksNoMoreBetweenTwoAnswers(t *testing.T) {
	d := newDesk()
	_, speaker, _ := two(t, d)
	s := asks(1, 4)
	s.Want = presence.Want{Rev: 7, Status: "busy"}
	d.snaps <- s
	speaker.send(`{"type":"customer","call":"c1","n":4,"more":true,` + oneMatch + `}`)
	speaker.send(`{"type":"kustomer-status","status":"available","how":"found"}`)
	for speaker.next("state")["want"] == nil {
		s.Seq++
		d.snaps <- s
	}
	speaker.send(`{"type":"status-failed","rev":7}`)
	speaker.send(`{"type":"customer","call":"c1","n":4,` + oneMatch + `}`) // too late, and needed no more
	speaker.heard()
	more := []bool{}
	for len(d.reports) > 0 {
		if f, ok := (<-d.reports).(phone.CustomerFound); ok {
			more = append(more, f.More)
		}
	}
	if len(more) != 2 || !more[0] || more[1] {
		t.Errorf("%v", more)
	}
}

func pops(seq, n uint64) phone.Snapshot {
	s := asks(seq, 1)
	s.Pop = customer.Pop{N: n, Call: "c1", Customer: "cust-1", Conversation: "conv-1"}
	return s
}

// TestOneTabPops: the one that was used last opens the customer, and its word alone counts.
func TestOneTabPops(t *testing.T) {
	d := newDesk()
	_, first, second := two(t, d)
	first.send(`{"type":"command","id":"k","do":"mute"}`) // the agent works here
	first.next("result")
	d.snaps <- pops(1, 7)
	if p, ok := first.next("state")["pop"].(map[string]any); !ok || p["n"] != 7.0 || p["customer"] != "cust-1" || p["conversation"] != "conv-1" {
		t.Fatalf("%v", p)
	}
	if m := second.next("state"); m["pop"] != nil {
		t.Fatalf("both tabs open it: %v", m)
	}
	second.send(`{"type":"popped","n":7,"ok":true}`)
	second.send(`{"type":"command","id":"k2","do":"mute"}`)
	second.next("result") // what it said before has arrived
	first.send(`{"type":"popped","n":6,"ok":true}`)
	first.send(`{"type":"popped","n":7,"ok":false}`)
	if p := await(t, d, func(phone.Popped) bool { return true }); p.N != 7 || p.OK {
		t.Errorf("%+v", p)
	}
	d.snaps <- pops(2, 7) // the phone has not heard yet
	if m := first.next("state"); m["pop"] != nil {
		t.Errorf("asked again: %v", m)
	}
}

func TestPopWithoutATabThatCan(t *testing.T) {
	d := newDesk()
	h := running(t, d)
	d.snaps <- pops(1, 7)
	if p := await(t, d, func(phone.Popped) bool { return true }); p.N != 7 || p.OK {
		t.Errorf("nobody is connected: %+v", p)
	}
	gone := h.greet(t)
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == 1 })
	d.snaps <- pops(2, 8)
	for gone.next("state")["pop"] == nil {
	}
	_ = gone.ws.Close(websocket.StatusNormalClosure, "")
	if p := await(t, d, func(phone.Popped) bool { return true }); p.N != 8 || p.OK {
		t.Errorf("the tab was closed: %+v", p)
	}
	h.greet(t)
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == 1 })
	d.snaps <- pops(3, 9)
	if p := await(t, d, func(phone.Popped) bool { return true }); p.N != 9 || p.OK { // after popWithin
		t.Errorf("the tab says nothing: %+v", p)
	}
}

// TestCustomersOverTheWire: five customers with long names fit into a message, and none that is longer is read.
func TestCustomersOverTheWire(t *testing.T) {
	d := newDesk()
	p := running(t, d).greet(t)
	d.snaps <- asks(1, 4)
	p.next("state")
	var all []string
	for i := range 5 {
		all = append(all, fmt.Sprintf(`{"id":"c%d","name":"%s","company":"%s","last":"v","last_name":"%s"}`, i, strings.Repeat("ü", 60), strings.Repeat("ü", 40), strings.Repeat("ü", 60)))
	}
	p.send(`{"type":"customer","call":"c1","n":4,"state":"found","matches":[` + strings.Join(all, ",") + `]}`)
	if f := await(t, d, func(phone.CustomerFound) bool { return true }); len(f.Matches) != 5 {
		t.Errorf("%d", len(f.Matches))
	}
	p.send(`{"type":"customer","call":"c1","n":4,"state":"found","matches":[` + strings.Join(all, ",") + `,` + all[0] + `]}`)
	p.closed()
}
