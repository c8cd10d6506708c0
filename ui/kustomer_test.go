package ui

import (
	"context"
	"errors"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"sidetone/internal/phone"
)

// doorman remembers what it was asked about pages.
type doorman struct {
	asked chan string
	err   error
}

func (d doorman) Arm(context.Context) error                   { d.asked <- "arm"; return d.err }
func (d doorman) Cancel(context.Context) error                { d.asked <- "cancel"; return d.err }
func (d doorman) Type(_ context.Context, digits string) error { d.asked <- digits; return d.err }
func (d doorman) Revoke(_ context.Context, id string) error   { d.asked <- "revoke " + id; return d.err }

func kustomerWindow(t *testing.T, look string, err error) (*Window, doorman, chan func()) {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(NewLook(look))
	d, door := &desk{records: pastCalls()}, doorman{make(chan string, 10), err}
	dispatch, queue := newQueue()
	w := newWindow(a, Ports{Phone: d, History: d, Setup: d, Pairing: door}, dispatch, morning)
	w.win.Resize(Size())
	return w, door, queue
}

func linked() phone.Bridge {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.Local)
	return phone.Bridge{Port: 17931, Pages: []phone.Page{
		{ID: "k1", Origin: "https://widget.example.com", Org: "acme", Created: at, Used: at.Add(48 * time.Hour)},
		{ID: "k2", Origin: "https://widget.example.com", Org: "acme-test", Created: at.Add(-40 * 24 * time.Hour), Used: at},
	}}
}

func wanting() phone.Bridge {
	b := linked()
	b.Pairing = phone.Pairing{Armed: true, Origin: "https://widget.example.com", Org: "acme", Until: morning().Add(46 * time.Second), Left: 3}
	return b
}

func showing(b phone.Bridge) phone.Snapshot {
	s := calmSnapshot()
	s.Bridge = b
	return s
}

func TestPicturesOfKustomersPane(t *testing.T) {
	for _, look := range []string{"light", "dark"} {
		w, _, _ := kustomerWindow(t, look, nil)
		w.show(kustomerList)
		picture(t, w, showing(linked()))
		test.AssertImageMatches(t, look+"-kustomer.png", w.win.Canvas().Capture())
		picture(t, w, showing(wanting()))
		w.link.digits.set("4071")
		test.AssertImageMatches(t, look+"-pairing.png", w.win.Canvas().Capture())
	}
}

func TestTypedDigitsPair(t *testing.T) {
	w, door, queue := kustomerWindow(t, "light", nil)
	w.render(showing(phone.Bridge{}), nil)
	test.Tap(w.link.pair)
	if got := <-door.asked; got != "arm" {
		t.Fatal(got)
	}
	w.render(showing(wanting()), nil)
	if w.link.content.Hidden || w.win.Canvas().Focused() != fyne.Focusable(w.link.digits) {
		t.Fatal("the digits do not have the keyboard")
	}
	test.Type(w.win.Canvas().Focused(), "40x7183 9")
	w.link.digits.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	if w.link.digits.digits != "40718" || !w.link.pair.disabled {
		t.Fatalf("%q", w.link.digits.digits)
	}
	w.link.digits.TypedRune('3')
	w.link.digits.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if got := <-door.asked; got != "407183" {
		t.Fatal(got)
	}
	for w.link.result.text == "" || w.front != 0 {
		(<-queue)() // among others the history's; at last the list of before is back
	}
	if w.link.result.bad {
		t.Errorf("%+v", w.link.result)
	}
	again := wanting()
	again.Pairing.Until = morning().Add(time.Minute)
	w.render(showing(again), nil)
	if w.link.digits.digits != "" {
		t.Error("new digits do not empty the boxes")
	}
	test.Tap(w.link.cancel)
	if got := <-door.asked; got != "cancel" {
		t.Fatal(got)
	}
}

func TestWrongDigitsAreSaid(t *testing.T) {
	said := "Those were not the digits. Type the new ones the widget shows. Two tries left."
	w, door, queue := kustomerWindow(t, "light", errors.New(said))
	w.render(showing(wanting()), nil)
	clip := fyne.CurrentApp().Clipboard()
	clip.SetContent("407 183")
	w.link.digits.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
	test.Tap(w.link.pair)
	if got := <-door.asked; got != "407183" {
		t.Fatal(got)
	}
	for w.link.result.text == "" {
		(<-queue)()
	}
	shown := func(when, want string) {
		t.Helper()
		if w.link.result.text != want {
			t.Errorf("%s: %+v", when, w.link.result)
		}
	}
	shown("at once", said)
	between, again := linked(), wanting()
	between.Pairing.Armed = true
	again.Pairing.Left = 2
	w.render(showing(between), nil)
	w.render(showing(again), nil)
	shown("with the new digits", said)
	w.render(showing(between), nil)
	w.render(showing(wanting()), nil)
	shown("with those of a new attempt", "")
}

func TestBridgeOff(t *testing.T) {
	w, _ := newTestWindow(t, "light")
	w.render(showing(phone.Bridge{}), nil)
	if !w.link.pair.disabled {
		t.Error("what is switched off can be connected")
	}
}
