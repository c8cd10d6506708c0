package ui

import (
	"context"
	"errors"
	"image/color"
	"math"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"sidetone/internal/call"
	"sidetone/internal/health"
	"sidetone/internal/phone"
)

// TestPictures compares every scene, light and dark, with the pictures in testdata. A wanted change is taken over by moving
// the new picture from testdata/failed to testdata.
func TestPictures(t *testing.T) {
	for _, look := range []string{"light", "dark"} {
		w, _ := newTestWindow(t, look)
		for name, s := range scenes() {
			picture(t, w, s)
			test.AssertImageMatches(t, look+"-"+name+".png", w.win.Canvas().Capture())
		}
		w.show(1)
		picture(t, w, calmSnapshot())
		test.AssertImageMatches(t, look+"-setup.png", w.win.Canvas().Capture())
	}
}

// asked waits until the phone was asked n times in all and returns what for.
func asked(t *testing.T, d *desk, n int) []phone.Command {
	t.Helper()
	askedFirst(t, d, n)
	if len(d.asked)+len(d.commands) != n {
		t.Fatalf("asked %v and %d more, want %d commands", d.asked, len(d.commands), n)
	}
	return d.asked
}

// askedFirst is asked where one tap asks for more than one thing.
func askedFirst(t *testing.T, d *desk, n int) []phone.Command {
	t.Helper()
	limit := time.After(20 * time.Second)
	for len(d.asked) < n {
		select {
		case c := <-d.commands: // commands leave Fyne's goroutine
			d.asked = append(d.asked, c)
		case <-limit:
			t.Fatalf("asked %v, want %d commands", d.asked, n)
		}
	}
	return d.asked
}

func TestTapsBecomeCommands(t *testing.T) {
	w, d := newTestWindow(t, "light")
	w.render(calmSnapshot(), nil)
	for _, k := range []int{1, 4, 10} { // 2, 5, 0
		test.Tap(w.pane.slab.keys[k])
	}
	if w.pane.number.Text != "250" || w.pane.dial.disabled {
		t.Fatalf("%q, call disabled %v", w.pane.number.Text, w.pane.dial.disabled)
	}
	test.Tap(w.pane.dial)
	if c := asked(t, d, 1)[0]; c.Do != phone.Dial || c.Number != "250" || c.Origin != "window" {
		t.Errorf("%+v", c)
	}
	w.render(busySnapshot(talking()), nil)
	if w.pane.number.Text != "" {
		t.Error("the number stays in the field while the call is on")
	}
	test.Tap(w.pane.mute)
	asked(t, d, 2)
	test.Tap(w.pane.hold)
	asked(t, d, 3)
	test.Tap(w.pane.keys)
	if w.pane.slab.Hidden {
		t.Fatal("the keypad does not open")
	}
	w.pane.changed = time.Time{} // a while ago
	test.Tap(w.pane.slab.keys[11])
	asked(t, d, 4)
	test.Tap(w.pane.hangup)
	got := asked(t, d, 5)
	for i, want := range []phone.Verb{phone.Dial, phone.Mute, phone.Hold, phone.Digits, phone.Hangup} {
		if got[i].Do != want || i > 0 && got[i].Call != "c1" {
			t.Errorf("%d: %+v, want %s", i, got[i], want)
		}
	}
	if got[3].Digits != "#" {
		t.Errorf("%+v", got[3])
	}
}

func TestIncomingCallIsAnsweredOrDeclined(t *testing.T) {
	w, d := newTestWindow(t, "dark")
	w.render(scenes()["incoming"], nil)
	test.Tap(w.pane.answer)
	asked(t, d, 1)
	test.Tap(w.pane.decline)
	got := asked(t, d, 2)
	if got[0].Do != phone.Answer || got[1].Do != phone.Decline || got[0].Call != "c2" {
		t.Errorf("%+v", got)
	}
}

func TestProposalIsDecided(t *testing.T) {
	w, d := newTestWindow(t, "light")
	w.render(scenes()["ask"], nil)
	test.Tap(w.pane.answer)
	asked(t, d, 1)
	test.Tap(w.pane.decline)
	got := asked(t, d, 2)
	if yes, no := got[0], got[1]; yes.Do != phone.Confirm || no.Do != phone.Reject || yes.Key != "k" || no.Key != "k" || yes.Origin != "window" {
		t.Errorf("%+v %+v", yes, no)
	}
}

func TestKeysOfTheNumberField(t *testing.T) {
	w, d := newTestWindow(t, "light")
	w.render(calmSnapshot(), nil)
	test.Type(w.pane.number, "(202) 555-0142")
	w.pane.number.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if c := asked(t, d, 1)[0]; c.Number != "(202) 555-0142" {
		t.Errorf("%+v", c)
	}
	w.pane.number.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.pane.number.Text != "" {
		t.Error("Esc does not clear")
	}
}

// refusing is a phone that says no.
type refusing struct{ desk }

func (*refusing) Do(context.Context, phone.Command) (call.ID, error) {
	return "", &phone.Refusal{Code: phone.CodeNotANumber, Text: "\"abc\" is not a number."}
}

func TestRefusalIsShown(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(NewLook("light"))
	r := &refusing{}
	dispatch, queue := newQueue()
	w := New(a, Ports{Phone: r, History: r, Setup: r}, dispatch)
	w.render(calmSnapshot(), nil)
	(<-queue)() // the history
	w.do(phone.Command{Do: phone.Dial, Number: "abc"})
	(<-queue)()
	if got := w.pane.banner.view.text; !strings.Contains(got, "not a number") {
		t.Errorf("%q", got)
	}
}

func TestSetupSavesAndForgetsThePassword(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(NewLook("light"))
	d := newDesk()
	dispatch, queue := newQueue()
	w := New(a, Ports{Phone: d, History: d, Setup: d}, dispatch)
	w.setup.account.SetText("nonsense")
	test.Tap(w.setup.save)
	if w.setup.result.view.text == "" {
		t.Error("nonsense was taken for an account")
	}
	w.setup.account.SetText("142@sip.example.com")
	w.setup.password.SetText("secret")
	test.Tap(w.setup.save)
	(<-queue)()
	if len(d.saved) != 1 || d.saved[0].Address != "sip:142@sip.example.com" || d.saved[0].ID != "main" {
		t.Errorf("%+v", d.saved)
	}
	if w.setup.password.Text != "" {
		t.Error("the password stays in the window")
	}
}

func TestBannerOffersAWayOut(t *testing.T) {
	w, d := newTestWindow(t, "light")
	w.render(scenes()["down"], nil)
	test.Tap(w.pane.banner.fix)
	if c := asked(t, d, 1)[0]; c.Do != phone.Reregister {
		t.Errorf("%+v", c)
	}
	s := calmSnapshot()
	s.Accounts = nil
	s.Warnings = []health.Warning{health.New(health.NoAccount, "No phone line is set up yet.", "Set up")}
	w.render(s, nil)
	test.Tap(w.pane.banner.fix)
	if w.lists.Objects[1].Visible() == false {
		t.Error("Set up does not open the form")
	}
}

func TestFailedCallIsExplained(t *testing.T) {
	s := calmSnapshot()
	now := time.Now()
	s.Last = &call.Call{Direction: call.Outgoing, Phase: call.Ended, EndedAt: now, Reason: call.Reason{Cause: call.NotFound}, Remote: call.Party{Number: "1"}}
	if v := viewOf(s, now); v.banner.text != "The number does not exist." {
		t.Errorf("%+v", v.banner)
	}
	if v := viewOf(s, now.Add(12*time.Second)); v.banner.text != "" {
		t.Errorf("it stays for ever: %+v", v.banner)
	}
	s.Warnings = []health.Warning{health.New(health.TurnsAway, "Every call goes to 300.", "Take calls")}
	if v := viewOf(s, now); v.banner.text != "The number does not exist." {
		t.Errorf("a warning that stands hides it: %+v", v.banner)
	}
	s.Warnings[0] = health.New(health.LineDown, "The server does not answer.", "Try again")
	if v := viewOf(s, now); v.fix != health.LineDown {
		t.Errorf("%+v", v.banner)
	}
}

// TestNoticeEndsWithTheNextCall: what is said of a finished call is not said of the next, and what went well is no warning.
func TestNoticeEndsWithTheNextCall(t *testing.T) {
	s, now := calmSnapshot(), morning()
	ending := *passedOn(now)
	ending.Phase = call.Ending // the far side has not confirmed it yet
	s.Calls = []call.Call{ending}
	if v := viewOf(s, now); v.banner.text != "You passed the call on." || !v.banner.good {
		t.Errorf("%+v", v.banner)
	}
	s.Calls, s.Last = nil, &ending
	s.Refused = &phone.Refused{Number: "300", Text: "No.", At: now}
	if v := viewOf(s, now); v.banner.text != "300 was not called." {
		t.Errorf("%+v", v.banner)
	}
	for _, phase := range []call.Phase{call.Offered, call.Dialing, call.Active} {
		s.Calls = []call.Call{{ID: "next", Phase: phase, CreatedAt: now.Add(time.Second)}}
		if v := viewOf(s, now.Add(time.Second)); v.banner.text != "" {
			t.Errorf("%v: %+v", phase, v.banner)
		}
	}
	s.Refused, s.Calls[0].CreatedAt = nil, now.Add(-time.Minute) // a call that goes on beside it
	if v := viewOf(s, now.Add(time.Second)); v.banner.text != "You passed the call on." {
		t.Errorf("%+v", v.banner)
	}
}

// TestHistorySaysWhyACallWasMissed: what never rang did not ring for 0 seconds.
func TestHistorySaysWhyACallWasMissed(t *testing.T) {
	for cause, want := range map[call.Cause]string{
		call.Cancelled: "Rang 22 seconds", call.NoAnswer: "Rang 22 seconds", call.DoNotDisturb: "Turned away: do not disturb was on.",
		call.Busy: "You were on another call.",
	} {
		c := call.Call{Direction: call.Incoming, Phase: call.Ended, Remote: call.Party{Number: "100"}, CreatedAt: morning(), EndedAt: morning().Add(22 * time.Second), Reason: call.Reason{Cause: cause}}
		if v := rowOf(entry{record: call.Record{Call: c}}, morning()); v.second != want || v.icon != "missed" {
			t.Errorf("%s: %+v", cause, v)
		}
	}
}

func TestHistoryTroubleIsShown(t *testing.T) {
	w, _ := newTestWindow(t, "light")
	w.history.show(nil, errors.New("The history cannot be read"))
	if !strings.Contains(w.history.empty.Text, "cannot be read") {
		t.Errorf("%q", w.history.empty.Text)
	}
}

func TestStrangersTextIsHarmless(t *testing.T) {
	first, _ := who(call.Party{Name: "\u202eevil\x1b[2J\n$(calc)" + strings.Repeat("x", 200)})
	if strings.ContainsAny(first, "\u202e\x1b\n") || len([]rune(first)) > 80 {
		t.Errorf("%q", first)
	}
}

func TestWords(t *testing.T) {
	if got := stopwatch(3*time.Minute + 27*time.Second); got != "03:27" {
		t.Error(got)
	}
	if got := stopwatch(time.Hour + 3*time.Minute + 27*time.Second); got != "1:03:27" {
		t.Error(got)
	}
	now := time.Date(2026, 3, 4, 0, 5, 0, 0, time.UTC)
	for days, want := range map[int]string{0: "Today", 1: "Yesterday", 3: "Sunday", 30: "Monday 2 February", 400: "28 January 2025"} {
		if got := dayName(now.AddDate(0, 0, -days), now); got != want {
			t.Errorf("%d days ago: %q, want %q", days, got, want)
		}
	}
}

// TestPadlockIsNoPromise: it stands only where the settings ask for encrypted signalling.
func TestPadlockIsNoPromise(t *testing.T) {
	for transport, want := range map[string]bool{"": false, "udp": false, "tcp": false, "tls": true, "wss": true} {
		s := calmSnapshot()
		s.Accounts[0].Transport = transport
		w, _ := newTestWindow(t, "light")
		w.render(s, nil)
		if got := w.pane.footer.iconName == "lock"; got != want {
			t.Errorf("%q: padlock %v", transport, got)
		}
		s.Accounts[0].Line.State = call.LineUnreachable
		if viewOf(s, morning()).secure {
			t.Errorf("%q: a line that is down is secure", transport)
		}
	}
}

// TestContrast checks the promise of the design over the theme: text pairs reach 4.5:1, outlines of fields 3:1.
func TestContrast(t *testing.T) {
	l := NewLook("")
	pairs := []struct {
		front, back fyne.ThemeColorName
		least       float64
	}{
		{roleText, rolePanel, 4.5}, {roleText, roleCard, 4.5}, {roleText2, rolePanel, 4.5}, {roleText2, roleCard, 4.5}, {roleText3, roleCard, 4.5},
		{roleOnAccent, roleAccent, 4.5}, {roleOnCall, roleCall, 4.5}, {roleOnEnd, roleEnd, 4.5}, {roleOnHold, roleHold, 4.5},
		{roleOnPlate, rolePlateCall, 4.5}, {roleOnPlate2, rolePlateCall, 4.5}, {roleOnPlate, rolePlateRing, 4.5}, {roleOnPlate2, rolePlateRing, 4.5},
		{roleOnHold, rolePlateHold, 4.5}, {roleError, roleSoftError, 4.5}, {roleHoldText, roleSoftHold, 4.5}, {roleText2, roleSoftCall, 4.5},
		{roleText2, roleSoftAccent, 4.5}, {roleText2, roleSoftWrap, 4.5}, {roleText2, roleSoftAway, 4.5}, {roleText2, roleSoftOff, 4.5},
		{roleAccent, roleSoftAccent, 4.5}, {roleEdge, roleCard, 3}, {roleText2, roleGround, 4.5}, {roleError, roleCard, 4.5},
	}
	for _, v := range []fyne.ThemeVariant{theme.VariantLight, theme.VariantDark} {
		for _, p := range pairs {
			if got := contrast(l.Color(p.front, v), l.Color(p.back, v)); got < p.least {
				t.Errorf("variant %d: %s on %s reaches %.2f, want %.1f", v, p.front, p.back, got, p.least)
			}
		}
	}
}

func contrast(a, b color.Color) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is the relative luminance of WCAG 2.
func luminance(c color.Color) float64 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	part := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*part(n.R) + 0.7152*part(n.G) + 0.0722*part(n.B)
}

// live is a phone whose snapshots and levels the test sends.
type live struct {
	desk
	snaps  chan phone.Snapshot
	levels chan phone.Levels
}

func (l *live) Watch(context.Context) <-chan phone.Snapshot     { return l.snaps }
func (l *live) WatchLevels(context.Context) <-chan phone.Levels { return l.levels }

// TestFollowKeepsOneRenderWaiting blocks the UI's goroutine and sends many snapshots: only the newest is drawn after it.
func TestFollowKeepsOneRenderWaiting(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(NewLook("light"))
	l := &live{snaps: make(chan phone.Snapshot), levels: make(chan phone.Levels)}
	dispatch, queue := newQueue()
	w := New(a, Ports{Phone: l, History: l, Setup: l}, dispatch)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.Follow(ctx) }()
	for n := uint64(1); n <= 50; n++ {
		l.snaps <- phone.Snapshot{Seq: n}
	}
	l.levels <- phone.Levels{}
	(<-queue)() // the first snapshot that found Fyne free
	for w.last.Seq < 50 {
		(<-queue)()
	}
	cancel()
	<-done
	if left := len(queue); left > 3 { // the history's own answer may still wait
		t.Errorf("%d renders wait for Fyne", left)
	}
}
