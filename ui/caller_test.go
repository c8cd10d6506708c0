package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"sidetone/internal/customer"
	"sidetone/internal/health"
	"sidetone/internal/phone"
	"sidetone/sync/calllog"
)

func TestCallerIsOpenedCreatedOrChosen(t *testing.T) {
	w, d := newTestWindow(t, "light")
	ring := scenes()["incoming-known"]
	w.render(ring, nil)
	test.Tap(w.pane.caller.button)
	asked(t, d, 1)
	w.render(scenes()["incoming-unknown"], nil)
	test.Tap(w.pane.caller.button)
	asked(t, d, 2)
	w.render(scenes()["incoming-several"], nil)
	test.Tap(w.pane.caller.choices[1])
	asked(t, d, 3)
	w.render(lookedUp(busySnapshot(talking()), "c1", sample("c-2", "B"), sample("c-3", "C")), nil) // on a call, a menu
	w.pane.caller.menu = func(_ fyne.CanvasObject, entries []string, chosen func(int)) {
		if len(entries) != 2 || !strings.HasPrefix(entries[0], "B · ") {
			t.Errorf("%q", entries)
		}
		chosen(0)
	}
	test.Tap(w.pane.caller.button)
	got := asked(t, d, 4)
	for i, want := range []phone.Command{{Do: phone.Open, Call: "c2"}, {Do: phone.Create, Call: "c2"}, {Do: phone.Choose, Call: "c2", Customer: "c-3"}, {Do: phone.Choose, Call: "c1", Customer: "c-2"}} {
		want.Origin = "window"
		if got[i] != want {
			t.Errorf("%d: %+v, want %+v", i, got[i], want)
		}
	}
	w.render(calmSnapshot(), nil)
	if w.pane.caller.content.Visible() || w.pane.notes.content.Visible() {
		t.Error("something of a call is left")
	}
}

// TestNotesLeaveAsTheyAreTyped: after a pause, when the field is left, when the call changes, and before Done.
func TestNotesLeaveAsTheyAreTyped(t *testing.T) {
	w, d := newTestWindow(t, "light")
	var waiting []func()
	w.pane.notes.later = func(after time.Duration, f func()) {
		if after > time.Second {
			t.Errorf("a note waits %s", after)
		}
		waiting = append(waiting, f)
	}
	s := scenes()["wrap-up-notes"]
	s.Draft = &calllog.Draft{Call: "c1"}
	w.render(s, nil)
	field := w.pane.notes.field
	field.FocusGained()
	test.Type(field, "Order 1042.")
	for _, f := range waiting {
		f()
	}
	if c := asked(t, d, 1)[0]; c.Do != phone.Note || c.Call != "c1" || c.Text != "Order 1042." {
		t.Fatalf("%+v", c)
	}
	test.Type(field, " Sent.")
	s.Draft = &calllog.Draft{Call: "c1", Note: "Order 1042."} // the echo of what was sent first
	w.render(s, nil)
	if field.Text != "Order 1042. Sent." {
		t.Fatalf("its own echo took the text: %q", field.Text)
	}
	w.pane.now = func() time.Time { return morning().Add(time.Hour) }
	test.Tap(w.pane.wrap.done)
	if got := asked(t, d, 3); got[1].Text != "Order 1042. Sent." || got[2].Do != phone.EndWrapUp {
		t.Errorf("%+v", got)
	}
	test.Type(field, "!")
	next := noted(lookedUp(busySnapshot(talking()), "c1", example()))
	next.Draft = &calllog.Draft{Call: "c9", Note: "Another"}
	w.render(next, nil)
	if c := asked(t, d, 4)[3]; c.Call != "c1" || c.Text != "Order 1042. Sent.!" || field.Text != "Another" {
		t.Errorf("%+v, then %q", c, field.Text)
	}
	field.SetText(strings.Repeat("ü", calllog.MaxNote+5))
	if n := len([]rune(field.Text)); n != calllog.MaxNote {
		t.Errorf("%d characters", n)
	}
}

func TestDispositionIsChosenAndTakenBack(t *testing.T) {
	w, d := newTestWindow(t, "light")
	s := scenes()["wrap-up-notes"]
	s.Draft = &calllog.Draft{Call: "c1"}
	w.render(s, nil)
	w.pane.notes.choice.SetSelected("Refund sent")
	if c := asked(t, d, 1)[0]; c.Do != phone.Disposition || c.Call != "c1" || c.Text != "Refund sent" {
		t.Fatalf("%+v", c)
	}
	s.Draft = &calllog.Draft{Call: "c1", Disposition: "Refund sent"}
	w.render(s, nil)
	w.pane.notes.choice.SetSelected(noDisposition)
	if c := asked(t, d, 2)[1]; c.Text != "" {
		t.Errorf("%+v", c)
	}
}

func TestRefusedLogIsTriedAgain(t *testing.T) {
	w, d := newTestWindow(t, "light")
	w.fix(health.LogRefused)
	if c := asked(t, d, 1)[0]; c.Do != phone.Retry {
		t.Errorf("%+v", c)
	}
}

func TestAgo(t *testing.T) {
	now := morning()
	for d, want := range map[time.Duration]string{
		0: "Just now", -time.Minute: "Just now", time.Minute: "1 minute ago", 2 * time.Hour: "2 hours ago", 49 * time.Hour: "2 days ago", 400 * 24 * time.Hour: "1 year ago",
		15 * 24 * time.Hour: "2 weeks ago", 70 * 24 * time.Hour: "2 months ago",
	} {
		if got := ago(now.Add(-d), now); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
	if got := talk(customer.Conversation{ID: "v", Name: "Order"}, now); got != "Last: “Order”" {
		t.Error(got)
	}
}
