package ui

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"sidetone/internal/call"
	"sidetone/internal/phone"
)

// Pairing is how a page of Kustomer is connected and forgotten. The errors are sentences.
type Pairing interface {
	Arm(ctx context.Context) error                 // a page may ask, for two minutes
	Cancel(ctx context.Context) error              // it may not any more
	Type(ctx context.Context, digits string) error // the digits Kustomer shows; done when the page is connected
	Revoke(ctx context.Context, id string) error   // forgets a connected page
}

// kustomerPane connects Kustomer's widget and lists the pages that are connected.
type kustomerPane struct {
	pairing Pairing // nil: the bridge is off
	ask     func(work func() func())
	now     func() time.Time
	state   phone.Bridge
	tries   int // that were left when a page last began to wait

	lead    *caption
	from    *caption
	digits  *digitField
	left    *caption
	pair    *bigButton // Connect to Kustomer, or Pair
	cancel  *bigButton
	note    *banner
	heading *caption
	pages   *fyne.Container
	scroll  *container.Scroll
	shown   string // the pages as drawn
	result  bannerView
	paired  func() // the digits were right
	content *fyne.Container
}

func newKustomerPane(pairing Pairing, ask func(func() func())) *kustomerPane {
	k := &kustomerPane{pairing: pairing, ask: ask, now: time.Now, paired: nothing}
	k.lead, k.from, k.left, k.heading = newCaption(""), newCaption(""), newCaption(""), newCaption("")
	k.from.text.TextStyle.Bold, k.heading.text.TextStyle.Bold = true, true
	k.heading.show("Connected browsers", "", roleText2)
	k.digits = newDigitField(func() { k.draw() }, func() { k.press() })
	k.pair = newButton(buttonPrimary, "Connect to Kustomer", "link", k.press)
	k.cancel = newButton(buttonQuiet, "Cancel", "", func() { k.run(k.pairing.Cancel, "", nothing) })
	k.note = newBanner(nil)
	k.pages = container.NewVBox()
	k.scroll = container.NewVScroll(k.pages)
	k.content = &fyne.Container{Layout: k}
	k.content.Objects = []fyne.CanvasObject{
		newTitle("Kustomer"), k.lead, k.from, k.digits, k.left, k.pair, k.cancel, k.note, k.heading, k.scroll,
	}
	return k
}

// waiting reports whether a page waits for its digits.
func (k *kustomerPane) waiting() bool { return k.state.Pairing.Origin != "" }

// show draws the bridge's state and reports whether a page has begun to wait.
func (k *kustomerPane) show(b phone.Bridge) (begun bool) {
	begun = b.Pairing.Origin != "" && !k.waiting()
	wrong := begun && b.Pairing.Left < k.tries // a page that comes again after wrong digits: what was said of them stays
	again := b.Pairing.Until != k.state.Pairing.Until
	k.state = b
	if begun || again {
		k.digits.set("")
	}
	if begun {
		k.tries = b.Pairing.Left
	}
	if begun && !wrong {
		k.result = bannerView{}
	}
	k.draw()
	return begun
}

func (k *kustomerPane) draw() {
	p := k.state.Pairing
	waiting := k.waiting()
	lead := "Connect the widget once in each browser."
	switch {
	case k.pairing == nil:
		lead = "The connection to Kustomer is switched off in the settings."
	case k.state.Problem != "":
		lead = k.state.Problem
	case waiting:
		lead = "Type the six digits that Kustomer shows."
	case p.Armed:
		lead = "Now press Connect in Kustomer’s panel."
	}
	k.lead.show(lead, "", roleText2)
	k.from.show(pageName(p.Org, p.Origin), "", roleText)
	tries := fmt.Sprintf("%d tries", p.Left)
	if p.Left == 1 {
		tries = "the last try"
	}
	k.left.show(short(max(0, p.Until.Sub(k.now())))+" left · "+tries, "timer", roleText2)
	for _, o := range []fyne.CanvasObject{k.from, k.digits, k.left} {
		setHidden(o, !waiting)
	}
	k.pair.setWord("Connect to Kustomer")
	if waiting {
		k.pair.setWord("Pair")
	}
	k.pair.setDisabled(k.pairing == nil || k.state.Problem != "" || waiting && len(k.digits.digits) < digitCount || p.Armed && !waiting)
	setHidden(k.cancel, !waiting && !p.Armed)
	k.note.show(k.result)
	k.list()
	k.content.Layout.Layout(k.content.Objects, k.content.Size())
}

// pageName is a page as people know it.
func pageName(org, origin string) string {
	if org == "" {
		return call.Plain(origin)
	}
	return call.Plain(org) + " · " + call.Plain(origin)
}

// list draws the connected pages; it is left alone while nothing in it changes.
func (k *kustomerPane) list() {
	text := fmt.Sprint(k.state.Pages, k.state.Widgets)
	setHidden(k.heading, len(k.state.Pages) == 0)
	if text == k.shown {
		return
	}
	k.shown = text
	k.pages.RemoveAll()
	for _, p := range k.state.Pages {
		k.pages.Add(k.row(p))
	}
}

func (k *kustomerPane) row(p phone.Page) fyne.CanvasObject {
	name, since := newCaption(""), newCaption("")
	name.text.TextStyle.Bold = true
	host := strings.TrimPrefix(call.Plain(p.Origin), "https://")
	title := call.Plain(p.Org)
	if title == "" {
		title = host
	}
	name.show(title, "", roleText)
	since.show(host+" · used "+p.Used.Local().Format("2 Jan"), "", roleText2)
	forget := newButton(buttonQuiet, "Forget", "", func() {
		k.run(func(ctx context.Context) error { return k.pairing.Revoke(ctx, p.ID) }, "That browser is forgotten.", nothing)
	})
	return &fyne.Container{Layout: pageRow{}, Objects: []fyne.CanvasObject{name, since, forget}}
}

// pageRow is two close lines and what can be done, 48 units high.
type pageRow struct{}

// Layout implements fyne.Layout.
func (pageRow) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := o[2].MinSize().Width
	place(o[0], 0, 6, s.Width-w, 18)
	place(o[1], 0, 24, s.Width-w, 18)
	place(o[2], s.Width-w, 4, w, 40)
}

// MinSize implements fyne.Layout.
func (pageRow) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(200, 48) }

// press is the one button: it lets a page ask, or pairs the one that does.
func (k *kustomerPane) press() {
	switch {
	case k.pair.disabled:
	case k.waiting():
		digits := k.digits.digits
		k.run(func(ctx context.Context) error { return k.pairing.Type(ctx, digits) }, "Kustomer is connected.", k.paired)
	default:
		k.run(k.pairing.Arm, "", nothing)
	}
}

func nothing() {}

// run does one thing away from Fyne's goroutine and shows how it went; then follows if it went well.
func (k *kustomerPane) run(do func(context.Context) error, done string, then func()) {
	k.ask(func() func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err := do(ctx)
		return func() {
			k.result = bannerView{text: done, good: done != ""}
			if err != nil {
				k.result, then = bannerView{text: err.Error(), bad: true}, nothing
			}
			k.draw()
			then()
		}
	})
}

// Layout implements fyne.Layout.
func (k *kustomerPane) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := s.Width - 32
	place(o[0], 16, 14, w, 32)
	place(k.lead, 16, 48, w, 18)
	y := float32(80)
	if k.waiting() {
		place(k.from, 16, y, w, 18)
		place(k.digits, 16, y+26, w, 46)
		place(k.left, 16, y+82, w, 18)
		y += 116
	}
	place(k.pair, 16, y, w, 40)
	y += 46
	if !k.cancel.Hidden {
		place(k.cancel, 16, y, w, 40)
		y += 46
	}
	if k.result.text != "" {
		place(k.note, 16, y+4, w, bannerHeight)
		y += bannerHeight + 8
	}
	place(k.heading, 16, y+14, w, 18)
	place(k.scroll, 16, y+38, s.Width-28, max(0, s.Height-y-46))
}

// MinSize implements fyne.Layout.
func (k *kustomerPane) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(260, 440) }
