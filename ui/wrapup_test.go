package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"sidetone/internal/call"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
)

func TestWrapUpIsLengthenedAndEnded(t *testing.T) {
	w, d := newTestWindow(t, "light")
	w.render(wrapUpSnapshot(), nil)
	if !w.pane.wrap.content.Visible() || w.pane.dial.Visible() || w.pane.wrap.plate.left.Text != "0:37" {
		t.Fatalf("%+v", w.pane.wrap.view)
	}
	test.Tap(w.pane.wrap.more)
	test.Tap(w.pane.wrap.then[1])
	asked(t, d, 2)
	test.Tap(w.pane.wrap.done) // the second half of a double click on Hang up
	w.pane.now = func() time.Time { return morning().Add(guard) }
	test.Tap(w.pane.wrap.done)
	seen := map[phone.Verb]string{}
	for _, c := range asked(t, d, 3) {
		seen[c.Do] = c.Status
	}
	if _, more := seen[phone.MoreWrapUp]; !more || seen[phone.NextStatus] != "unavailable" {
		t.Errorf("%v", seen)
	}
	if _, done := seen[phone.EndWrapUp]; !done {
		t.Errorf("%v", seen)
	}
	w.render(calmSnapshot(), nil)
	if w.pane.wrap.content.Visible() || !w.pane.dial.Visible() {
		t.Error("the wrap-up stays")
	}
}

func TestWrapUpAtItsLongest(t *testing.T) {
	s := wrapUpSnapshot()
	s.Presence.Longest = s.Presence.Until
	if v := wrapUpOf(s, morning().Add(time.Hour)); v.more || v.left != "0:00" || v.part != 0 {
		t.Errorf("%+v", v)
	}
}

func TestCallComesBeforeTheWrapUp(t *testing.T) {
	s := wrapUpSnapshot()
	s.Calls = busySnapshot(talking()).Calls
	if v := viewOf(s, morning()); v.scene != sceneCall {
		t.Errorf("scene %d", v.scene)
	}
}

// TestWhyIsAnswered opens the answer under the status of a phone that a call, a choice in Kustomer and a lost line have moved.
func TestWhyIsAnswered(t *testing.T) {
	for _, look := range []string{"light", "dark"} {
		w, _ := newTestWindow(t, look)
		s := calmSnapshot()
		s.Presence = presence.Show(eventful())
		picture(t, w, s)
		w.why(w.pane.status)
		test.AssertImageMatches(t, look+"-why.png", w.win.Canvas().Capture())
	}
}

func eventful() presence.State {
	at := morning().Add(-2 * time.Hour)
	st := presence.Start(at, presence.Memory{})
	for _, e := range []presence.Event{
		presence.Rules{AnsweredIn: time.Minute}, presence.Calls{On: true}, presence.Calls{Outcome: presence.AnsweredIn}, presence.Done{},
		presence.Said{Status: presence.Unavailable, Label: "Lunch", How: presence.Changed}, presence.Chose{Status: presence.Available},
		presence.Reachable{Why: "The server at sip.example.com does not answer."},
	} {
		at = at.Add(13 * time.Minute)
		st = presence.Reduce(st, e, at)
	}
	return st
}

func TestMenuSaysWhatFollowsACall(t *testing.T) {
	v := busySnapshot(talking()).Presence
	var chosen presence.Status
	why := false
	m := statusMenu(v, func(s presence.Status) { chosen = s }, func() { why = true })
	if m.Items[0].Label != "After the call" || !m.Items[0].Disabled {
		t.Errorf("%q", m.Items[0].Label)
	}
	m.Items[1].Action()
	last := m.Items[len(m.Items)-1]
	last.Action()
	if chosen != presence.Available || !why || last.Label != "Why am I Busy?" {
		t.Errorf("%q %v %q", chosen, why, last.Label)
	}
	if free := statusMenu(calmSnapshot().Presence, nil, nil); free.Items[0].Label != "Available" {
		t.Errorf("%q", free.Items[0].Label)
	}
}

func TestTextIsBrokenBetweenWords(t *testing.T) {
	test.NewTempApp(t)
	text := "The call ended at 10:42: wrap-up until 10:43."
	got := broken(text, 120, sizeCaption, false)
	if len(got) < 2 || strings.Join(got, " ") != text {
		t.Errorf("%q", got)
	}
	for _, line := range append(got, broken(strings.Repeat("x", 100), 120, sizeCaption, false)...) {
		if fyne.MeasureText(line, sizeCaption, fyne.TextStyle{}).Width > 120 {
			t.Errorf("%q is too wide", line)
		}
	}
}

// TestWrapUpKnowsItsCall: from the click on Hang up on, and whatever else ends meanwhile.
func TestWrapUpKnowsItsCall(t *testing.T) {
	s := wrapUpSnapshot()
	ending := *s.Last
	ending.Phase = call.Ending
	before := call.Call{ID: "c0", Phase: call.Ended, Remote: call.Party{Name: "Customer B. Sample"}, EndedAt: ending.EndedAt.Add(-time.Hour)}
	missed := call.Call{ID: "c9", Phase: call.Ended, Remote: call.Party{Name: "Customer C. Sample"}, EndedAt: ending.EndedAt.Add(time.Second)}
	for name, c := range map[string]struct {
		last *call.Call
		on   []call.Call
		want string
	}{
		"ended": {s.Last, nil, "Customer A. Example"}, "ending, the first": {nil, []call.Call{ending}, "Customer A. Example"},
		"ending": {&before, []call.Call{ending}, "Customer A. Example"}, "missed meanwhile": {&missed, nil, "Wrap-up"},
	} {
		s.Last, s.Calls = c.last, c.on
		if got := viewOf(s, morning()).wrap.name; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestWrapUpShowsTheCustomersCall: where another call ended after it, the plate and the notes are of the same call.
func TestWrapUpShowsTheCustomersCall(t *testing.T) {
	s := wrapUpSnapshot()
	customers := *s.Last
	later := colleague()
	later.Phase, later.EndedAt = call.Ended, s.Presence.Since
	s.Wrapped, s.Last = &customers, &later
	if v := wrapUpOf(s, morning()); v.name != "Customer A. Example" {
		t.Errorf("%+v", v)
	}
}
