package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"sidetone/internal/health"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
)

// forwarding is a calm phone whose calls go elsewhere now and then.
func forwarding() phone.Snapshot {
	s := calmSnapshot()
	s.Quiet.Forward = phone.Forward{NoAnswer: "118", Busy: "121"}
	return s
}

// TestForwardingIsSetInTheWindow: each way is set and ended for itself, what is on is said, and one click ends it.
func TestForwardingIsSetInTheWindow(t *testing.T) {
	w, d := newTestWindow(t, "light")
	w.render(calmSnapshot(), nil)
	w.pane.openForward()
	p := w.pane.forward
	test.Tap(p.rows[0].button)
	if p.result.view.text == "" {
		t.Error("nowhere is taken for a number")
	}
	test.Type(p.rows[2].number, "118")
	p.rows[2].number.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if c := asked(t, d, 1)[0]; c != (phone.Command{Do: phone.SetForward, Mode: "no-answer", Number: "118", Origin: "window"}) {
		t.Errorf("%+v", c)
	}
	w.pane.refused("That is not a number.")
	if p.result.view.text != "That is not a number." {
		t.Errorf("%+v", p.result.view)
	}
	s := forwarding()
	w.render(s, nil)
	if !p.rows[2].number.Hidden || p.rows[2].number.Text != "" || p.rows[2].to.whole != "Calls go to 118." || p.content.Hidden {
		t.Errorf("%+v", p.rows[2].to.whole)
	}
	test.Tap(p.rows[1].button)
	if c := asked(t, d, 2)[1]; c != (phone.Command{Do: phone.SetForward, Mode: "busy", Origin: "window"}) {
		t.Errorf("%+v", c)
	}
	test.Tap(p.close)
	const said = "Calls go to 118 when nobody answers, to 121 when you are busy."
	if w.pane.banner.Hidden || w.pane.banner.view.text != said || w.pane.status.whole != said {
		t.Errorf("%+v, %q", w.pane.banner.view, w.pane.status.whole)
	}
	test.Tap(w.pane.banner.fix)
	for i, mode := range []string{"busy", "no-answer"} {
		if c := asked(t, d, 4)[2+i]; c.Do != phone.SetForward || c.Mode != mode || c.Number != "" {
			t.Errorf("%+v", c)
		}
	}
	w.pane.openForward()
	w.render(scenes()["incoming"], nil)
	if !p.content.Hidden || w.pane.answer.Hidden {
		t.Error("a call rings behind the form")
	}
}

// TestForwardingIsSaid: whatever else is wrong, the status says it while calls can come.
func TestForwardingIsSaid(t *testing.T) {
	for want, f := range map[string]phone.Forward{
		"": {}, "Every call goes to 118.": {Always: "118", Busy: "121"}, "Calls go to 121 when you are busy.": {Busy: "121"},
	} {
		if got := forwardsOf(f); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	w, _ := newTestWindow(t, "light")
	s := forwarding()
	s.Warnings = []health.Warning{health.New(health.NotSaved, "The disk is full.", "")}
	w.render(s, nil)
	if w.pane.banner.view.text != "The disk is full." || w.pane.status.whole != forwardsOf(s.Quiet.Forward) {
		t.Errorf("%+v, %q", w.pane.banner.view, w.pane.status.whole)
	}
	s.Presence = presence.Show(presence.Reduce(presence.Start(morning(), presence.Memory{}), presence.Chose{Status: presence.Unavailable}, morning()))
	w.render(s, nil)
	if w.pane.status.whole == forwardsOf(s.Quiet.Forward) {
		t.Error("why nobody calls is hidden")
	}
}

// TestRingingCallIsDiverted: beside Decline there is a way for it to ring elsewhere.
func TestRingingCallIsDiverted(t *testing.T) {
	w, d := newTestWindow(t, "light")
	s := scenes()["incoming"]
	s.Colleagues = house().Colleagues
	w.render(s, nil)
	test.Tap(w.pane.divert)
	w.render(s, nil) // a second later
	if w.pane.choose.content.Hidden || !w.pane.choose.second.Hidden || len(w.pane.choose.shown) == 0 {
		t.Fatal("nobody asks where to")
	}
	test.Tap(w.pane.choose.rows[0])
	test.Tap(w.pane.choose.first)
	if c := asked(t, d, 1)[0]; c != (phone.Command{Do: phone.Divert, Call: "c2", Number: "118", Origin: "window"}) {
		t.Errorf("%+v", c)
	}
	test.Tap(w.pane.divert)
	w.render(busySnapshot(talking()), nil)
	if !w.pane.choose.content.Hidden {
		t.Error("it asks on although another call is on")
	}
}

// TestListsOfANarrowWindow: they stand in the place of the phone, which comes back by itself when a call does.
func TestListsOfANarrowWindow(t *testing.T) {
	w, _ := newTestWindow(t, "light")
	w.render(house(), nil)
	w.show(1)
	if w.pane.menu.Visible() || w.listed {
		t.Error("a wide window has its rail")
	}
	w.win.Resize(fyne.NewSize(320, 560))
	w.render(calmSnapshot(), nil)
	if !w.pane.menu.Visible() || w.lists.Visible() {
		t.Error("no way to the lists")
	}
	for i, o := range w.lists.Objects {
		w.show(i)
		if !w.lists.Visible() || !o.Visible() || w.pane.content.Visible() {
			t.Errorf("list %d is not shown", i)
		}
		test.Tap(w.back)
		if w.lists.Visible() || !w.pane.content.Visible() {
			t.Error("no way back")
		}
	}
	w.show(0)
	w.redial("118")
	if w.lists.Visible() || w.pane.number.Text != "118" {
		t.Error("the number stands behind the history")
	}
	w.show(0)
	w.render(calmSnapshot(), nil)
	if !w.lists.Visible() {
		t.Error("the history is gone a second later")
	}
	w.render(scenes()["incoming"], nil)
	if w.lists.Visible() || !w.pane.content.Visible() {
		t.Error("a call rings behind the history")
	}
	test.Tap(w.pane.menu)
	if w.win.Canvas().Overlays().Top() == nil {
		t.Error("the menu does not open")
	}
}

func TestPicturesOfForwarding(t *testing.T) {
	for _, look := range []string{"light", "dark"} {
		w, _ := newTestWindow(t, look)
		picture(t, w, forwarding())
		test.AssertImageMatches(t, look+"-forwarding.png", w.win.Canvas().Capture())
		s := forwarding()
		s.Quiet.Forward.NoAnswer = ""
		picture(t, w, s)
		w.pane.openForward()
		w.pane.refused("142 is this phone's own number: a call that is sent there comes back.")
		test.AssertImageMatches(t, look+"-forward.png", w.win.Canvas().Capture())
	}
	w, _ := newTestWindow(t, "dark")
	w.win.Resize(fyne.NewSize(320, 560))
	picture(t, w, forwarding())
	test.AssertImageMatches(t, "narrow-forwarding.png", w.win.Canvas().Capture())
	w.pane.openForward()
	test.AssertImageMatches(t, "narrow-forward.png", w.win.Canvas().Capture())
	w.pane.closeForward()
	picture(t, w, house())
	test.Tap(w.pane.menu)
	test.AssertImageMatches(t, "narrow-menu.png", w.win.Canvas().Capture())
	w.win.Canvas().Overlays().Top().Hide()
	for i, name := range []string{"history", "setup", "kustomer"} {
		w.show(i)
		test.AssertImageMatches(t, "narrow-"+name+".png", w.win.Canvas().Capture())
	}
	w.list(false)
	s := scenes()["incoming"]
	s.Colleagues = house().Colleagues
	picture(t, w, s)
	w.pane.changed = time.Time{}
	test.Tap(w.pane.divert)
	test.AssertImageMatches(t, "narrow-divert.png", w.win.Canvas().Capture())
}
