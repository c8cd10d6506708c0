package widgetbridge

import (
	"testing"
	"time"

	"github.com/coder/websocket"

	"sidetone/internal/call"
	"sidetone/internal/phone"
	"sidetone/sync/calllog"
)

func task(seq uint64, id call.ID, try int) phone.Snapshot {
	at := time.Date(2026, 3, 4, 10, 42, 0, 0, time.UTC)
	return phone.Snapshot{Seq: seq, Task: &calllog.Task{
		Call: id, Try: try, External: "sidetone-" + string(id), Number: "+12025550142", Create: true, Status: "done", In: true, Subject: "Incoming call",
		Preview: "Incoming call from (202) 555-0142, 3:27 · Solved — Order 1042.",
		Entry: calllog.Entry{
			CreatedAt: at, AnsweredAt: at.Add(5 * time.Second), EndedAt: at.Add(212 * time.Second), Outcome: calllog.Answered, Note: "Order 1042.",
			Disposition: "Solved", Reason: call.Reason{Cause: call.Completed}, Line: "1001",
		},
	}}
}

// given waits for a state with a call to log.
func (p *page) given() map[string]any {
	p.t.Helper()
	for {
		if l, ok := p.next("state")["log"].(map[string]any); ok {
			return l
		}
	}
}

// TestOneTabLogs: the one that speaks gets the call, its word alone counts, and a try is answered once.
func TestOneTabLogs(t *testing.T) {
	d := newDesk()
	_, speaker, other := two(t, d)
	d.snaps <- task(1, "c1", 1)
	if m := other.next("state"); m["log"] != nil {
		t.Fatalf("both tabs write it: %v", m)
	}
	l := speaker.given()
	meta := l["meta"].(map[string]any)
	if l["call"] != "c1" || l["try"] != 1.0 || l["external_id"] != "sidetone-c1" || l["direction"] != "in" || meta["durationSeconds"] != 207.0 || meta["notes"] != "Order 1042." {
		t.Fatalf("%v", l)
	}
	other.send(`{"type":"logged","call":"c1","try":1,"message":"wrong-tab"}`)
	other.send(`{"type":"command","id":"k","do":"mute"}`)
	other.next("result") // what it said before has arrived
	speaker.send(`{"type":"logged","call":"c1","try":2,"message":"wrong-try"}`)
	speaker.send(`{"type":"logged","call":"c2","try":1,"message":"wrong-call"}`)
	speaker.send(`{"type":"logged","call":"c1","try":1,"message":"m-1","conversation":"v-1","customer":"cust-1"}`)
	speaker.send(`{"type":"logged","call":"c1","try":1,"message":"again"}`)
	if r := await(t, d, func(phone.Logged) bool { return true }); r.Call != "c1" || r.Message != "m-1" || r.Conversation != "v-1" || r.Customer != "cust-1" {
		t.Errorf("%+v", r)
	}
	d.snaps <- task(2, "c3", 1)
	speaker.given()
	speaker.send(`{"type":"log-failed","call":"c3","try":1,"at":"message","status":403}`)
	if r := await(t, d, func(phone.LogFailed) bool { return true }); r.Call != "c3" || r.Stage != calllog.AtMessage || r.Status != 403 {
		t.Errorf("%+v", r)
	}
	for len(d.reports) > 0 {
		if r, ok := (<-d.reports).(phone.Logged); ok {
			t.Errorf("one try was answered twice: %+v", r)
		}
	}
}

// TestTabWithALogGoes: the phone hears of it; the tab that speaks now gets the next try, not the same one.
func TestTabWithALogGoes(t *testing.T) {
	d := newDesk()
	_, speaker, other := two(t, d)
	d.snaps <- task(1, "c1", 1)
	speaker.given()
	_ = speaker.ws.Close(websocket.StatusNormalClosure, "")
	if r := await(t, d, func(phone.LogFailed) bool { return true }); r.Call != "c1" || r.Try != 1 || r.Status != 0 {
		t.Errorf("%+v", r)
	}
	d.snaps <- task(2, "c1", 1) // the phone has not made another try of it yet
	for seq := 0.0; seq < 2; {
		m := other.next("state")
		if seq = m["seq"].(float64); m["log"] != nil {
			t.Fatal("the same try was given to a second tab")
		}
	}
	d.snaps <- task(3, "c1", 2)
	if l := other.given(); l["try"] != 2.0 {
		t.Errorf("%v", l)
	}
}
