package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"sidetone/internal/call"
	"sidetone/internal/health"
	"sidetone/internal/phone"
)

// colleague is a call of ours to somebody of the house, talking for 52 seconds.
func colleague() call.Call {
	now := morning()
	return call.Call{
		ID: "c2", Account: "main", Direction: call.Outgoing, Phase: call.Active, Remote: call.Party{Name: "Agent B. Sample", Number: "118"},
		CreatedAt: now.Add(-time.Minute), AnsweredAt: now.Add(-52*time.Second - 500*time.Millisecond), Codec: "PCMU",
	}
}

// pairs are the snapshots of two calls, the one in front last.
func pairs() map[string]phone.Snapshot {
	waits := talking()
	waits.Held, waits.HeldAt = true, morning().Add(-66*time.Second-300*time.Millisecond)
	two := func(front, other call.Call) phone.Snapshot {
		s := busySnapshot(front)
		s.Calls = []call.Call{other, front}
		s.Front = front.ID
		return s
	}
	consult := colleague()
	consult.Consults = "c1"
	ringing := consult
	ringing.Phase, ringing.AnsweredAt = call.Ringing, time.Time{}
	joined, with := talking(), colleague()
	joined.Joined, with.Joined = true, true
	passed := waits
	passed.Transfer = call.Passing{State: call.TransferRinging, To: "Agent B. Sample"}
	passing := busySnapshot(passed)
	passing.Front = "c1"
	back := waits
	back.Transfer = call.Passing{State: call.TransferBack, To: "Agent B. Sample", Why: call.FromStatus(486, "Busy Here")}
	rings := call.Call{ID: "c3", Direction: call.Incoming, Phase: call.Offered, Remote: call.Party{Name: "Customer B. Sample", Number: "+12025550107"}, CreatedAt: morning().Add(-8*time.Second - 300*time.Millisecond)}
	asked := two(talking(), talking())
	asked.Calls = asked.Calls[:1]
	asked.Asking = &phone.Proposal{Key: "k", Shown: "118", Why: "The other side asks to be passed on.", Origin: "transfer", Until: morning().Add(time.Minute)}
	return map[string]phone.Snapshot{
		"consult": two(consult, waits), "consult-rings": two(ringing, waits), "swap": two(colleague(), waits), "conference": two(with, joined),
		"swap-back": two(colleague(), back), "waiting": two(talking(), rings), "passing": passing, "passed-back": two(consult, back), "asked": asked,
	}
}

// house is a call, while the server tells who of the house is free and that messages wait.
func house() phone.Snapshot {
	s := busySnapshot(talking())
	s.Colleagues = []phone.Colleague{
		{Name: "Agent D. Example", Number: "125", State: "on-call"}, {Name: "Agent B. Sample", Number: "118", State: "free"},
		{Name: "Agent C. Placeholder", Number: "121", State: "free"}, {Name: "Agent E. Sample", Number: "130", State: "away"}, {Name: "Front desk", Number: "100"},
	}
	s.Accounts[0].Voicemail = "*97"
	s.Mailboxes = []phone.Mailbox{{Account: "main", Waiting: true, New: 2}}
	return s
}

// TestColleagueIsChosen: by a tap or by the name, and what is dialled is the number.
func TestColleagueIsChosen(t *testing.T) {
	w, d := newTestWindow(t, "light")
	s := house()
	w.render(s, nil)
	test.Tap(w.pane.pass)
	if w.pane.choose.shown[0].State != "free" || !w.pane.choose.slab.Hidden {
		t.Errorf("%+v", w.pane.choose.shown)
	}
	test.Type(w.pane.choose.number, "agent c")
	test.Tap(w.pane.choose.second)
	if c := asked(t, d, 1)[0]; c.Number != "121" || c.Do != phone.Transfer {
		t.Errorf("%+v", c)
	}
	test.Tap(w.pane.pass)
	test.Type(w.pane.choose.number, "nobody")
	if !w.pane.choose.first.disabled && w.pane.choose.chosen() != "nobody" {
		t.Error("somebody is chosen whom nobody named")
	}
	s.Calls, s.Front = nil, ""
	w.render(s, nil)
	test.Tap(w.voicemail)
	if w.pane.number.Text != "*97" {
		t.Errorf("%q", w.pane.number.Text)
	}
}

func TestPicturesOfTwoCalls(t *testing.T) {
	for _, look := range []string{"light", "dark"} {
		w, _ := newTestWindow(t, look)
		for name, s := range pairs() {
			picture(t, w, s)
			test.AssertImageMatches(t, look+"-"+name+".png", w.win.Canvas().Capture())
		}
		picture(t, w, busySnapshot(talking()))
		test.Tap(w.pane.pass)
		test.Type(w.pane.choose.number, "118")
		test.AssertImageMatches(t, look+"-transfer.png", w.win.Canvas().Capture())
		s := house()
		picture(t, w, s)
		w.pane.choose.number.SetText("")
		test.Tap(w.pane.choose.rows[1])
		test.AssertImageMatches(t, look+"-colleagues.png", w.win.Canvas().Capture())
	}
}

// TestTwoCallsBecomeCommands: each button does its one thing, to the call it stands at.
func TestTwoCallsBecomeCommands(t *testing.T) {
	w, d := newTestWindow(t, "light")
	n := 0
	render := func(s phone.Snapshot) {
		w.render(s, nil)
		w.pane.changed = time.Time{} // a while ago
	}
	expect := func(want phone.Command) {
		t.Helper()
		n++
		want.Origin = "window"
		if got := asked(t, d, n)[n-1]; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	all := pairs()
	render(all["swap"])
	test.Tap(w.pane.swap)
	expect(phone.Command{Do: phone.Swap, Call: "c1"})
	test.Tap(w.pane.join)
	expect(phone.Command{Do: phone.JoinAll})
	test.Tap(w.pane.complete)
	expect(phone.Command{Do: phone.Transfer, Call: "c1", With: "c2"})
	test.Tap(w.pane.hangup)
	expect(phone.Command{Do: phone.Hangup, Call: "c2"})
	render(all["conference"])
	test.Tap(w.pane.join)
	expect(phone.Command{Do: phone.Split})
	render(all["waiting"])
	test.Tap(w.pane.yes)
	expect(phone.Command{Do: phone.Answer, Call: "c3"})
	test.Tap(w.pane.no)
	expect(phone.Command{Do: phone.Decline, Call: "c3"})
	render(all["asked"])
	test.Tap(w.pane.yes)
	expect(phone.Command{Do: phone.Confirm, Key: "k"})
	render(all["consult"])
	test.Tap(w.pane.cancel)
	expect(phone.Command{Do: phone.Hangup, Call: "c2"})
	if !w.pane.hangup.Hidden {
		t.Error("Hang up stands where Cancel is")
	}
	render(busySnapshot(talking()))
	test.Tap(w.pane.pass)
	test.Type(w.pane.choose.number, "118")
	test.Tap(w.pane.choose.second)
	expect(phone.Command{Do: phone.Transfer, Call: "c1", Number: "118"})
	if !w.pane.choose.content.Hidden || w.pane.hangup.Hidden {
		t.Error("the chooser stays")
	}
	test.Tap(w.pane.pass)
	test.Type(w.pane.choose.number, "119")
	test.Tap(w.pane.choose.first)
	expect(phone.Command{Do: phone.Consult, Call: "c1", Number: "119"})
	test.Tap(w.pane.add)
	test.Type(w.pane.choose.number, "120")
	test.Tap(w.pane.choose.first)
	expect(phone.Command{Do: phone.Dial, Number: "120"})
	test.Tap(w.pane.pass)
	render(calmSnapshot())
	if !w.pane.choose.content.Hidden || w.pane.dial.Hidden {
		t.Error("the chooser outlives its call")
	}
}

// TestDoubleClickDoesOneThing: what has just come under the pointer is deaf for a moment.
func TestDoubleClickDoesOneThing(t *testing.T) {
	w, d := newTestWindow(t, "light")
	w.render(pairs()["waiting"], nil)
	w.pane.changed = time.Time{}
	test.Tap(w.pane.yes)
	w.render(pairs()["swap"], nil)
	test.Tap(w.pane.swap)
	test.Tap(w.pane.complete)
	test.Tap(w.pane.keys)
	test.Tap(w.pane.slab.keys[7])
	if got := asked(t, d, 1)[0]; got.Do != phone.Answer {
		t.Errorf("%+v", got)
	}
}

// TestCalmWindowShowsTrouble: the slot is there again after a keypad or a chooser has stood over it.
func TestCalmWindowShowsTrouble(t *testing.T) {
	w, _ := newTestWindow(t, "light")
	w.render(busySnapshot(talking()), nil)
	test.Tap(w.pane.keys)
	test.Tap(w.pane.keys)
	test.Tap(w.pane.pass)
	test.Tap(w.pane.choose.close)
	s := calmSnapshot()
	s.Warnings = []health.Warning{health.New(health.TurnsAway, "Every call goes to 300.", "Take calls")}
	w.render(s, nil)
	if w.pane.banner.Hidden || w.pane.banner.back.Hidden || w.pane.status.why.Text != "Every call goes to 300." {
		t.Errorf("the window says %q, the banner is hidden: %v", w.pane.status.why.Text, w.pane.banner.Hidden)
	}
}
