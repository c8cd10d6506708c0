package ui

import (
	"maps"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"sidetone/internal/call"
	"sidetone/internal/health"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
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
	crowd := func(front call.Call, others ...call.Call) phone.Snapshot {
		s := two(front, others[0])
		s.Calls = append(others, front)
		return s
	}
	consult := colleague()
	consult.Consults = "c1"
	ringing := consult
	ringing.Phase, ringing.AnsweredAt = call.Ringing, time.Time{}
	joined, with := talking(), colleague()
	joined.Joined, with.Joined = true, true
	third := waits
	third.ID, third.Remote = "c4", call.Party{Number: "+12025550155"}
	third.HeldAt = morning().Add(-12*time.Second - 300*time.Millisecond)
	alsoJoined := third
	alsoJoined.Held, alsoJoined.Joined = false, true
	passed := waits
	passed.Transfer = call.Passing{State: call.TransferRinging, To: "Agent B. Sample"}
	passing := busySnapshot(passed)
	passing.Front = "c1"
	back := waits
	back.Transfer = call.Passing{State: call.TransferBack, To: "Agent B. Sample", Why: call.FromStatus(405, "Method Not Allowed"), At: morning().Add(-time.Second)}
	took := waits
	took.Held, took.Transfer = false, call.Passing{State: call.TransferLate, To: "Agent B. Sample", At: morning().Add(-time.Second)}
	late := busySnapshot(took)
	late.Front = "c1"
	rings := call.Call{ID: "c3", Direction: call.Incoming, Phase: call.Offered, Remote: call.Party{Name: "Customer B. Sample", Number: "+12025550107"}, CreatedAt: morning().Add(-8*time.Second - 300*time.Millisecond)}
	asked := two(talking(), talking())
	asked.Calls = asked.Calls[:1]
	asked.Asking = &phone.Proposal{Key: "k", Shown: "118", Why: "The other side asks to be passed on.", Origin: "transfer", Until: morning().Add(time.Minute)}
	down := two(colleague(), waits)
	down.Warnings = []health.Warning{health.New(health.LineDown, "The server at sip.example.com does not answer.", "Try now")}
	return map[string]phone.Snapshot{
		"swap-down": down, "consult": two(consult, waits), "consult-rings": two(ringing, waits), "swap": two(colleague(), waits), "conference": two(with, joined),
		"three": crowd(colleague(), waits, rings), "four": crowd(consult, waits, third, rings), "conference-three": crowd(with, joined, alsoJoined),
		"swap-back": two(colleague(), back), "waiting": two(talking(), rings), "passing": passing, "passing-two": two(colleague(), passed), "late": late, "passed-back": two(consult, back), "asked": asked,
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

// TestNobodyIsPassedOnToThemselves: who is on the call is no colleague it can go to.
func TestNobodyIsPassedOnToThemselves(t *testing.T) {
	s := house()
	s.Calls = []call.Call{colleague()} // with 118
	if v := viewOf(s, morning()); len(v.colleagues) != len(s.Colleagues)-1 || slices.ContainsFunc(v.colleagues, func(c phone.Colleague) bool { return c.Number == "118" }) {
		t.Errorf("%+v", v.colleagues)
	}
}

// TestCallInFrontCanBePassedOn: with others beside it too, but not while Complete does that; a further call while there is room.
func TestCallInFrontCanBePassedOn(t *testing.T) {
	w, d := newTestWindow(t, "light")
	for name, want := range map[string][2]bool{
		"swap": {true, true}, "three": {true, true}, "conference-three": {true, true}, "waiting": {true, true}, "consult": {false, true}, "four": {false, false},
		"consult-rings": {false, false}, "passing": {false, false},
	} {
		w.render(pairs()[name], nil)
		if pass, add := !w.pane.pass.Hidden, !w.pane.add.Hidden; pass != want[0] || add != want[1] {
			t.Errorf("%s: transfer %v, add %v", name, pass, add)
		}
	}
	w.render(pairs()["swap"], nil)
	test.Tap(w.pane.pass)
	test.Type(w.pane.choose.number, "119")
	test.Tap(w.pane.choose.second)
	if got := asked(t, d, 1)[0]; got.Do != phone.Transfer || got.Call != "c2" || got.Number != "119" {
		t.Errorf("%+v", got)
	}
}

// TestDigitsAfterTheKeypad: a click beside the field takes the keyboard from it, and digits typed then are dialled nonetheless.
func TestDigitsAfterTheKeypad(t *testing.T) {
	w, d := newTestWindow(t, "light")
	w.render(calmSnapshot(), nil)
	c := w.win.Canvas()
	test.Tap(w.pane.slab.keys[1])
	c.Unfocus()
	c.OnTypedRune()('5')
	if c.Focused() != w.pane.number || w.pane.number.Text != "25" {
		t.Errorf("%q, %T has the focus", w.pane.number.Text, c.Focused())
	}
	c.Focus(w.pane.slab.keys[0]) // with Tab
	w.pane.slab.keys[0].TypedRune('0')
	w.pane.slab.keys[0].TypedRune('x')
	c.Unfocus()
	c.OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if got := asked(t, d, 1)[0]; got.Do != phone.Dial || got.Number != "250" {
		t.Errorf("%+v", got)
	}
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

// TestPicturesOfNarrowWindow: no text is cut that has room elsewhere, and several calls leave room for their keypad.
func TestPicturesOfNarrowWindow(t *testing.T) {
	w, _ := newTestWindow(t, "light")
	w.win.Resize(fyne.NewSize(320, 560))
	narrow := scenes()
	maps.Copy(narrow, pairs())
	for _, name := range []string{"call", "down", "incoming", "ringing", "wrap-up-unknown", "consult-rings", "swap-back", "three", "conference-three", "passing", "waiting", "passing-two", "four", "wrap-up-long", "long-warning", "quiet", "incoming-several", "swap-down"} {
		picture(t, w, narrow[name])
		test.AssertImageMatches(t, "narrow-"+name+".png", w.win.Canvas().Capture())
	}
	for _, name := range []string{"swap", "four"} {
		w.pane.keypad = false
		picture(t, w, narrow[name])
		test.Tap(w.pane.keys)
		test.AssertImageMatches(t, "narrow-keys-"+name+".png", w.win.Canvas().Capture())
	}
	picture(t, w, house())
	test.Tap(w.pane.pass)
	test.AssertImageMatches(t, "narrow-transfer.png", w.win.Canvas().Capture())
}

// TestTwoCallsBecomeCommands: each button does its one thing, to the call it stands at.
func TestTwoCallsBecomeCommands(t *testing.T) {
	w, d := newTestWindow(t, "light")
	n := 0
	render := func(s phone.Snapshot) {
		w.render(s, nil)
		w.pane.changed, w.pane.squeezed = time.Time{}, time.Time{} // a while ago
	}
	expect := func(want phone.Command) {
		t.Helper()
		n++
		want.Origin = "window"
		if got := askedFirst(t, d, n)[n-1]; got != want {
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
	test.Tap(w.pane.part)
	expect(phone.Command{Do: phone.Hangup, Call: "c2"})
	test.Tap(w.pane.rows[0].no)
	expect(phone.Command{Do: phone.Hangup, Call: "c1"})
	test.Tap(w.pane.hangup)
	for _, id := range []call.ID{"c1", "c2"} {
		expect(phone.Command{Do: phone.Hangup, Call: id})
	}
	render(all["four"])
	test.Tap(w.pane.rows[0].yes)
	expect(phone.Command{Do: phone.Answer, Call: "c3"})
	test.Tap(w.pane.rows[0].no)
	expect(phone.Command{Do: phone.Decline, Call: "c3"})
	test.Tap(w.pane.rows[0])
	test.Tap(w.pane.rows[2])
	expect(phone.Command{Do: phone.Swap, Call: "c4"})
	render(all["waiting"])
	test.Tap(w.pane.yes)
	expect(phone.Command{Do: phone.Answer, Call: "c3"})
	test.Tap(w.pane.no)
	expect(phone.Command{Do: phone.Decline, Call: "c3"})
	render(all["passing"])
	test.Tap(w.pane.back)
	expect(phone.Command{Do: phone.TakeBack, Call: "c1"})
	render(all["passing-two"])
	test.Tap(w.pane.back)
	expect(phone.Command{Do: phone.TakeBack, Call: "c1"})
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
	w.pane.changed, w.pane.squeezed = time.Time{}, time.Time{}
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
	if w.pane.banner.Hidden || w.pane.banner.back.Hidden || w.pane.status.why.whole != "Every call goes to 300." {
		t.Errorf("the window says %q, the banner is hidden: %v", w.pane.status.why.whole, w.pane.banner.Hidden)
	}
}

// TestTroubleIsSaidBesideTwoCalls: a server that is gone is said at once, however many calls are on.
func TestTroubleIsSaidBesideTwoCalls(t *testing.T) {
	w, _ := newTestWindow(t, "light")
	w.render(pairs()["swap-down"], nil)
	if p := w.pane; p.banner.Hidden || p.banner.view.text != "The server at sip.example.com does not answer." || !p.banner.view.bad {
		t.Errorf("%+v", p.banner.view)
	}
	one := busySnapshot(talking())
	one.Warnings = pairs()["swap-down"].Warnings
	w.render(one, nil)
	if p := w.pane; p.banner.Hidden || p.banner.view.fix == "" {
		t.Errorf("%+v", p.banner.view)
	}
}

// TestHangUpSaysWhat: whose call ends stands on the button.
func TestHangUpSaysWhat(t *testing.T) {
	all := pairs()
	all["stranger"] = all["swap"]
	s := all["stranger"]
	s.Calls = []call.Call{s.Calls[0], {ID: "c2", Phase: call.Active, Direction: call.Incoming}}
	all["stranger"] = s
	for name, want := range map[string]string{
		"swap": "Hang up Agent B. Sample", "conference": "Hang up both", "conference-three": "Hang up all 3", "waiting": "Hang up Customer A. Example",
		"stranger": "Hang up this call",
	} {
		if got := viewOf(all[name], morning()).pair.hangup; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	known := lookedUp(all["stranger"], "c2", example())
	if got := viewOf(known, morning()).pair.hangup; got != "Hang up Customer A. Example" {
		t.Errorf("known in Kustomer: %q", got)
	}
	w, _ := newTestWindow(t, "light")
	w.render(all["swap"], []phone.Levels{{ID: "c2", In: 1, Out: 1}})
	if v := w.pane.plate.voice; v.in[voiceBars-1] != 1 {
		t.Error("nothing is heard")
	}
	w.render(busySnapshot(talking()), nil)
	if v := w.pane.plate.voice; v.in[voiceBars-1] != 0 {
		t.Error("one call's voice is drawn in another's plate")
	}
	if w.pane.hangup.word != "Hang up" {
		t.Errorf("one call alone: %q", w.pane.hangup.word)
	}
}

// TestSecondClickSparesTheNextCall: after Hang up the call that waited is in front, under the same button.
func TestSecondClickSparesTheNextCall(t *testing.T) {
	w, d := newTestWindow(t, "light")
	w.render(pairs()["swap"], nil)
	w.pane.changed, w.pane.squeezed = time.Time{}, time.Time{}
	test.Tap(w.pane.hangup)
	w.render(busySnapshot(talking()), nil)
	test.Tap(w.pane.hangup)
	if got := asked(t, d, 1)[0]; got.Call != "c2" {
		t.Errorf("%+v", got)
	}
	w.pane.changed, w.pane.squeezed = time.Time{}, time.Time{}
	test.Tap(w.pane.hangup)
	asked(t, d, 2)
}

// TestFailedTransferIsToldForAWhile: on one call's plate and beside two.
func TestFailedTransferIsToldForAWhile(t *testing.T) {
	one := pairs()["swap-back"]
	one.Calls = one.Calls[1:]
	one.Front = "c1"
	for name, s := range map[string]phone.Snapshot{"one": one, "two": pairs()["swap-back"]} {
		s.Calls[0].Transfer = call.Passing{State: call.TransferBack, To: "118", Why: call.FromStatus(486, ""), At: morning()}
		s.Calls[len(s.Calls)-1].Transfer = s.Calls[0].Transfer
		told := func(after time.Duration) bool {
			v := viewOf(s, morning().Add(after))
			return v.banner.text != ""
		}
		if !told(0) || !told(failureFor-time.Second) || told(failureFor) {
			t.Errorf("%s: told %v, %v, %v", name, told(0), told(failureFor-time.Second), told(failureFor))
		}
	}
}

// TestKeysAreForTheCall: a field that is hidden hears none of them: after a number was dialled with Enter, and over the keypad.
func TestKeysAreForTheCall(t *testing.T) {
	w, d := newTestWindow(t, "light")
	w.render(calmSnapshot(), nil)
	c := w.win.Canvas()
	c.Focus(w.pane.number)
	w.render(noted(busySnapshot(talking())), nil)
	if c.Focused() != nil {
		t.Errorf("%T has the focus", c.Focused())
	}
	w.pane.changed, w.pane.squeezed = time.Time{}, time.Time{}
	c.OnTypedRune()('1')
	if got := asked(t, d, 1)[0]; got.Do != phone.Digits || got.Digits != "1" {
		t.Errorf("%+v", got)
	}
	c.Focus(w.pane.notes.field)
	w.render(noted(busySnapshot(talking())), nil)
	if c.Focused() != w.pane.notes.field {
		t.Error("the note loses the focus while it is there")
	}
	test.Tap(w.pane.keys)
	w.pane.draw()
	if c.Focused() == w.pane.notes.field {
		t.Error("keys of the keypad go into the note")
	}
}

// TestKeysWithoutFocus: they go into the field that asks for a number, and Esc closes it.
func TestKeysWithoutFocus(t *testing.T) {
	w, d := newTestWindow(t, "light")
	w.render(busySnapshot(talking()), nil)
	c := w.win.Canvas()
	test.Tap(w.pane.pass)
	if c.Focused() != w.pane.choose.number {
		t.Error("the field does not have the focus")
	}
	c.Unfocus()
	for _, r := range "11b8" {
		c.OnTypedRune()(r)
	}
	for _, k := range []fyne.KeyName{fyne.KeyLeft, fyne.KeyBackspace} {
		c.OnTypedKey()(&fyne.KeyEvent{Name: k})
	}
	if got := w.pane.choose.number.Text; got != "118" {
		t.Errorf("%q", got)
	}
	c.OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if !w.pane.choose.content.Hidden || w.pane.plate.Hidden {
		t.Error("Esc does not close it")
	}
	test.Tap(w.pane.pass)
	w.pane.choose.number.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if !w.pane.choose.content.Hidden {
		t.Error("Esc in the field does not close it")
	}
	w.pane.changed, w.pane.squeezed = time.Time{}, time.Time{}
	c.Unfocus()
	c.OnTypedRune()('5')
	if got := asked(t, d, 1)[0]; got.Do != phone.Digits || got.Digits != "5" {
		t.Errorf("%+v", got)
	}
}

// TestHoldUnderWayIsNotLive: what the far end has not agreed to yet is told from a live call, and from one on hold.
func TestHoldUnderWayIsNotLive(t *testing.T) {
	c := talking()
	c.Pending = call.LocalHold
	if v := plateOf(c, morning()); v.state != "Being held …" || v.kind != plateHold || !v.still {
		t.Errorf("%+v", v)
	}
	c.Held, c.Pending = true, call.LocalResume
	if v := plateOf(c, morning()); v.state != "Being taken back …" {
		t.Errorf("%+v", v)
	}
}

// TestStuckCallIsExplained: a call that does not come about says so after a while, and the server that is gone before that.
func TestStuckCallIsExplained(t *testing.T) {
	c := colleague()
	c.Phase, c.AnsweredAt, c.CreatedAt = call.Dialing, time.Time{}, morning()
	s := busySnapshot(c)
	if v := viewOf(s, morning().Add(stuckFor-time.Second)); v.banner.text != "" {
		t.Errorf("%+v", v.banner)
	}
	if v := viewOf(s, morning().Add(stuckFor)); v.banner.text != "It does not ring there yet." {
		t.Errorf("%+v", v.banner)
	}
	s.Warnings = []health.Warning{health.New(health.LineDown, "The server at sip.example.com does not answer.", "Try now")}
	if v := viewOf(s, morning().Add(stuckFor)); v.fix != health.LineDown {
		t.Errorf("%+v", v.banner)
	}
}

// TestStatusSaysWhetherCallsCome: offline or not, calls ring while the line is ready.
func TestStatusSaysWhetherCallsCome(t *testing.T) {
	s := calmSnapshot()
	s.Presence.Status = presence.Offline
	if v := viewOf(s, morning()); v.rings != "Calls still ring here." {
		t.Error(v.rings)
	}
	s.Warnings = []health.Warning{health.New(health.TurnsAway, "Do not disturb is on: every call is turned away.", "Take calls")}
	if v := viewOf(s, morning()); v.rings != "No calls ring here." {
		t.Error(v.rings)
	}
	s.Warnings, s.Accounts[0].Line.State = nil, call.LineRegistering
	if v := viewOf(s, morning()); v.rings != "No calls ring here." {
		t.Error(v.rings)
	}
}

// TestNumberIsCutLast: where there is no room for both, the company goes.
func TestNumberIsCutLast(t *testing.T) {
	w, _ := newTestWindow(t, "light")
	w.win.Resize(fyne.NewSize(320, 560))
	s := lookedUp(busySnapshot(talking()), "c1", example())
	w.render(s, nil)
	if got := w.pane.plate.number.Text; got != "(202) 555-0142" {
		t.Errorf("%q", got)
	}
}
