package kustomersim

import (
	"context"
	"strings"
	"testing"
	"time"

	"sidetone/internal/call"
	core "sidetone/internal/phone"
	"sidetone/sync/calllog"
	"sidetone/sync/presence"
	"sidetone/widgetbridge"
	"sidetone/widgetbridge/pairing"
)

// desk is the app without its window: the real bridge and the real phone. Behind the phone calls are made and ended, and
// nothing is heard.
type desk struct {
	phone  *core.Phone
	bridge *widgetbridge.Bridge
}

// far is SIP, sound and disk.
type far struct{ phone *core.Phone }

type (
	signals struct{ far }
	sounds  struct{ far }
	journal struct{ far }
)

func (f far) tell(id call.ID, events ...call.Event) {
	go func() {
		for _, e := range events {
			f.phone.Sink(call.Happened{ID: id, Event: e})
		}
	}()
}

func (s signals) Do(e call.SignalEffect) {
	switch e := e.(type) {
	case call.Invite:
		s.tell(e.ID, call.RemoteProgress{Status: 180}, call.RemoteAnswered{SDP: []byte("answer")})
	case call.End:
		s.tell(e.ID, call.RemoteEnded{Reason: call.Reason{Cause: call.RemoteHangup}})
	}
}

func (s sounds) Do(e call.MediaEffect) {
	switch e := e.(type) {
	case call.MakeOffer:
		s.tell(e.ID, call.LocalSDP{SDP: []byte("offer")})
	case call.MakeAnswer:
		s.tell(e.ID, call.LocalSDP{SDP: []byte("answer")}, call.MediaUp{Codec: "PCMU"})
	case call.Connect:
		s.tell(e.ID, call.MediaUp{Codec: "PCMU"})
	}
}

func (j journal) Append(c call.Call, _ *calllog.Entry) {
	go j.phone.Sink(call.Recorded{ID: c.ID, Number: 1})
}

func (journal) Begin(calllog.Begun) {}

func (journal) Keep(calllog.Entry) {}

// run starts both and returns the bridge's port.
func (d *desk) run(t *testing.T, origin string) int {
	t.Helper()
	own, err := pairing.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	key, err := own.Key()
	if err != nil {
		t.Fatal(err)
	}
	book, err := pairing.OpenBook("", key)
	if err != nil {
		t.Fatal(err)
	}
	d.phone = core.New(core.Times{}, nil)
	d.bridge = widgetbridge.New(widgetbridge.Config{
		Ports: []int{0}, Origins: []string{origin}, Phone: d.phone, Version: "0.1.0",
		Keep: func(context.Context) (widgetbridge.Keeping, error) {
			return widgetbridge.Keeping{Identity: own, Book: book}, nil
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	f := far{d.phone}
	go func() {
		done <- d.phone.Run(ctx, core.Ports{Signaling: signals{f}, Media: sounds{f}, Journal: journal{f}})
	}()
	go func() { done <- d.bridge.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
	d.phone.Report(core.UseAccounts{Accounts: []call.Account{{ID: "main", Address: "sip:1001@pbx.example.com"}}})
	d.phone.Sink(call.Registered{Account: "main", Line: call.Line{State: call.LineReady}})
	port, err := d.bridge.Port(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// shows waits until the phone's status is as wanted.
func (s *stage) shows(what string, want func(presence.View) bool) presence.View {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 20*time.Second)
	defer cancel()
	var last presence.View
	for snap := range s.desk.phone.Watch(ctx) {
		if last = snap.Presence; want(last) {
			return last
		}
	}
	s.t.Fatalf("the phone never shows %s: %+v", what, last)
	return last
}

// becomes waits until the agent has a status that Kustomer is known to show.
func (s *stage) becomes(label string) {
	s.t.Helper()
	s.shows(label, func(v presence.View) bool {
		return v.Label == label && v.Heard.Known && v.Heard.Status.Kustomer() == v.Status.Kustomer() && v.Notice == ""
	})
}

// asks has the phone do something, as its own window would.
func (s *stage) asks(c core.Command) {
	s.t.Helper()
	c.Origin = "window"
	if _, err := s.desk.phone.Do(s.ctx, c); err != nil {
		s.t.Fatal(err)
	}
}

// faulty turns the knobs and loads the host page anew.
func (s *stage) faulty(f func(*Faults)) {
	s.t.Helper()
	faults := Faults{Number: "string", Status: "resource", Echo: true, EchoMS: 50}
	f(&faults)
	s.sim.SetFaults(faults)
	s.must(s.Navigate(s.ctx, s.host))
	s.greeted()
}

// said counts what the widget has asked of Kustomer.
func (s *stage) said(part string) int {
	n := 0
	for _, e := range s.sim.Recorder().Entries() {
		if e.Dir == FromFrame && strings.Contains(e.Type+" "+e.Detail, part) {
			n++
		}
	}
	return n
}

// pushes checks how often Kustomer has been asked for another status.
func (s *stage) pushes(want int) {
	s.t.Helper()
	if n := s.sim.Pushes(); n != want {
		s.t.Errorf("%d pushes, want %d", n, want)
	}
}

const sessions = "work-sessions"

// TestStatusStaysOneAcrossKustomerAndPhone: what the agent is in Kustomer is found, a call makes busy, Kustomer is read back, and
// what was before comes back.
func TestStatusStaysOneAcrossKustomerAndPhone(t *testing.T) {
	s := open(t, choice{desk: &desk{}, faults: func(f *Faults) { f.Echo = false }})
	s.becomes("Offline") // none of the agent's sessions is active
	s.choose("lunch")
	s.becomes("Lunch")
	s.choose("available")
	s.becomes("Available")
	s.asks(core.Command{Do: core.Dial, Number: "+12025550142"})
	s.must(s.sim.WaitStatus(s.ctx, "Busy"))
	v := s.shows("that Kustomer has taken it", func(v presence.View) bool { return v.Verdict == presence.Confirmed })
	if v.Heard.How != presence.ReadBack || v.Heard.Ref != "status-busy" || !v.Heard.System {
		t.Errorf("%+v", v.Heard)
	}
	s.asks(core.Command{Do: core.Hangup})
	s.must(s.sim.WaitStatus(s.ctx, "Available"))
	s.becomes("Available")
	s.pushes(2)
}

func TestKustomerIgnoresAPush(t *testing.T) {
	s := open(t, choice{desk: &desk{}})
	s.choose("available")
	s.becomes("Available")
	f := s.sim.Faults()
	f.Push = "ignore"
	s.sim.SetFaults(f)
	s.click(widget, "#status")
	s.click(widget, `[data-choose="unavailable"]`)
	s.says(widget, "#notice", "Kustomer did not take Unavailable; it still shows Available. Set it there.")
	time.Sleep(500 * time.Millisecond) // long enough for another push, if it were answered with one
	s.pushes(1)
	f.Push = ""
	s.sim.SetFaults(f)
	s.choose("lunch") // as the notice says
	s.becomes("Lunch")
	s.must(s.WaitEval(s.ctx, widget, `document.querySelector("#notice").hidden`))
}

func TestKustomerTakesAPushLate(t *testing.T) {
	s := open(t, choice{desk: &desk{}, faults: func(f *Faults) { f.Push, f.PushMS, f.Echo = "late", 2500, false }})
	s.choose("available")
	s.becomes("Available")
	seen := make(chan string, 1)
	ctx, cancel := context.WithCancel(s.ctx)
	go func() {
		notice := ""
		for snap := range s.desk.phone.Watch(ctx) {
			notice += snap.Presence.Notice
		}
		seen <- notice
	}()
	s.click(widget, "#status")
	s.click(widget, `[data-choose="unavailable"]`)
	s.shows("that Kustomer has taken it", func(v presence.View) bool { return v.Verdict == presence.Confirmed })
	cancel()
	if notice := <-seen; notice != "" {
		t.Errorf("meanwhile the agent read %q", notice)
	}
}

func TestKustomerRefusesAPush(t *testing.T) {
	s := open(t, choice{desk: &desk{}, faults: func(f *Faults) { f.Push = "refuse" }})
	s.choose("available")
	s.becomes("Available")
	s.click(widget, "#status")
	s.click(widget, `[data-choose="unavailable"]`)
	s.says(widget, "#notice", "Kustomer did not take Unavailable. Your role may not set it.")
	s.shows("the refusal", func(v presence.View) bool { return v.Verdict == presence.Refused })
}

// TestMissedOffer: Kustomer makes the agent unavailable, and the agent learns of it at once, even where the widget was put away.
func TestMissedOffer(t *testing.T) {
	s := open(t, choice{desk: &desk{}})
	s.choose("available")
	s.becomes("Available")
	s.click("", "#widget-toggle")
	s.sim.MissOffer(false)
	s.says(widget, "#notice", "Kustomer made you Unavailable at ")
	if _, err := s.sim.Recorder().Wait(s.ctx, func(e Entry) bool { return e.Type == "OPEN" && e.Dir == FromFrame }); err != nil {
		t.Fatal(err)
	}
	s.click(widget, "#status")
	s.click(widget, `[data-choose="available"]`)
	s.must(s.sim.WaitStatus(s.ctx, "Available"))
	s.must(s.WaitEval(s.ctx, widget, `document.querySelector("#notice").hidden`))
}

// TestKustomerMayNotBeRead: without the right to read the work session a push is uncertain; without the statuses their kind
// remains. Each is said once.
func TestKustomerMayNotBeRead(t *testing.T) {
	s := open(t, choice{desk: &desk{}, faults: func(f *Faults) { f.API, f.Only, f.Status = "403", "/v1/routing/statuses", "type" }})
	s.says(widget, "#note", "Kustomer does not show its statuses")
	s.choose("available")
	s.becomes("Available")
	s.choose("lunch")
	s.shows("the kind of Lunch, and that it was the agent's choice", func(v presence.View) bool {
		return v.Status == presence.Unavailable && v.Heard.Ref == "" && v.Notice == ""
	})

	s.faulty(func(f *Faults) { f.API, f.Only, f.Echo = "403", sessions, false })
	s.says(widget, "#note", "Your role may not read your status in Kustomer.")
	before := s.said(sessions)
	s.choose("available")
	s.becomes("Available")
	s.click(widget, "#status")
	s.click(widget, `[data-choose="unavailable"]`)
	s.says(widget, "#notice", "Kustomer was told Unavailable; whether it took it is not confirmed.")
	if n := s.said(sessions) - before; n > 2 {
		t.Errorf("it was asked %d times for what it may not read", n)
	}
}

// TestKustomerInTrouble: whatever Kustomer answers, numbers are dialled at once, a sentence says what is wrong, and nothing is
// asked in a loop.
func TestKustomerInTrouble(t *testing.T) {
	s := open(t, choice{desk: &desk{}})
	for _, c := range []struct{ api, slot, says string }{
		{"401", "#line", "You are signed out of Kustomer."}, {"429", "#line", "Kustomer asks to wait."}, {"500", "#line", "Kustomer’s answer cannot be read."},
		{"malformed", "#line", "Kustomer’s answer cannot be read."}, {"404", "#note", "Kustomer does not tell this widget your status."},
	} {
		before := s.said(sessions)
		s.faulty(func(f *Faults) { f.API, f.Only = c.api, sessions })
		s.says(widget, c.slot, c.says)
		if n := s.said(sessions) - before; n > 2 {
			t.Errorf("%s: asked %d times", c.api, n)
		}
	}
	s.faulty(func(f *Faults) { f.API = "no-answer" })
	s.click("", `[data-number="+12025550142"]`)
	s.says(widget, "#plate", "Live")
	s.faulty(func(f *Faults) { f.LatencyMS = 1500 })
	s.says(widget, "#plate", "Live")
	s.shows("what Kustomer said in the end", func(v presence.View) bool { return v.Heard.How == presence.Found })
}

// TestTwoTabs: each change is told once, by one of them, and each wish carried out once; when the tab that spoke closes, the
// other one reads and speaks.
func TestTwoTabs(t *testing.T) {
	s := open(t, choice{desk: &desk{}})
	other := *s
	other.browse(choice{})
	other.pair()
	other.choose("available")
	s.becomes("Available")
	other.asks(core.Command{Do: core.Dial, Number: "+12025550142"})
	s.must(s.sim.WaitStatus(s.ctx, "Busy"))
	for _, tab := range []*stage{s, &other} {
		tab.says(widget, "#plate", "Live")
		tab.says(widget, "#status", "Busy")
	}
	v := s.shows("one echo", func(v presence.View) bool { return v.Verdict == presence.Confirmed })
	if n := len(v.Decisions); n != 3 { // found offline, chosen in Kustomer, a call
		t.Errorf("%d decisions: %+v", n, v.Decisions)
	}
	s.must(s.Browser.Close())
	other.asks(core.Command{Do: core.Hangup})
	s.must(s.sim.WaitStatus(s.ctx, "Available"))
	s.pushes(2)
}

// TestWrapUpInTheWidget: it counts down, is lengthened and ended, and the agent chooses what follows; the reason of it all opens
// and closes by keyboard.
func TestWrapUpInTheWidget(t *testing.T) {
	s := open(t, choice{desk: &desk{}})
	s.desk.phone.Report(core.StatusRules{AnsweredOut: time.Minute})
	s.choose("available")
	s.becomes("Available")
	s.asks(core.Command{Do: core.Dial, Number: "+12025550142"})
	s.says(widget, "#plate", "Live")
	s.click(widget, "#status")
	s.says(widget, "#status-when", "After the call")
	s.click(widget, `[data-choose="offline"]`)
	s.says(widget, "#status", "then Offline.")
	s.click(widget, "#hangup")
	s.says(widget, "#wrap", "Then Offline.")
	s.says(widget, "#wrap .left", "0:5")
	s.must(s.sim.WaitStatus(s.ctx, "Busy"))
	s.click(widget, "#more")
	s.says(widget, "#wrap .left", "1:5")
	s.click(widget, "#status")
	s.says(widget, "#status-when", "After the wrap-up")
	s.click(widget, `[data-choose="unavailable"]`)
	s.says(widget, "#wrap", "Then Unavailable.")

	s.says(widget, "#why", "Why “Wrap-up”?")
	s.must(s.Eval(s.ctx, widget, `document.querySelector("#why").focus()`, nil))
	s.must(s.Keys(s.ctx, "\r"))
	s.says(widget, "#recent", "The call ended: wrap-up until ")
	s.says(widget, "#recent", "A call began: Busy.")
	s.must(s.Keys(s.ctx, "\x1b"))
	s.must(s.WaitEval(s.ctx, widget, `!document.querySelector("#recent").open && document.activeElement.id === "why"`))

	s.must(s.WaitEval(s.ctx, widget, `new Promise((done) => setTimeout(() => done(true), 700))`)) // a double click on Hang up does not end it
	s.click(widget, "#done")
	s.must(s.sim.WaitStatus(s.ctx, "Unavailable"))
	s.becomes("Unavailable")
	s.must(s.WaitEval(s.ctx, widget, `document.querySelector("#wrap").hidden`))
}
