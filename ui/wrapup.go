package ui

import (
	"cmp"
	"image/color"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"sidetone/internal/call"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
)

// wrapView is everything the wrap-up shows; two equal views draw the same.
type wrapView struct {
	state  string  // what became of the call, for a while, else what this is
	left   string  // of its time
	part   float32 // the same as a part of the whole, 0 to 1
	name   string  // of the other side; empty: the call is not known any more
	talked string
	then   presence.Status
	footer string
	more   bool // it can be extended
}

func wrapUpOf(s phone.Snapshot, now time.Time) wrapView {
	p := s.Presence
	left := max(0, p.Until.Sub(now).Round(time.Second))
	v := wrapView{left: short(left), then: p.Return, more: p.Until.Before(p.Longest), name: "Wrap-up", state: "Wrap-up"}
	if whole := p.Until.Sub(p.Since); whole > 0 {
		v.part = float32(left) / float32(whole)
	}
	if l, ok := wrapped(s); ok {
		name, number := s.Who(l)
		v.name = cmp.Or(name, number, unknownCaller)
		if notable(l) && fresh(s, l.EndedAt, now) {
			v.state = l.Reason.Sentence(l.Direction)
		}
		v.talked = "Not talked"
		if d := l.Duration(l.EndedAt); !l.AnsweredAt.IsZero() {
			v.talked = "Talked " + inWords(d)
		}
	}
	v.footer = "When the time is up you become " + p.Follows + "."
	return v
}

// wrapped is the call whose work is being finished: the customer's that Kustomer shall have; else the last that ended before the
// wrap-up began, also one whose end the far side has not confirmed yet. A call missed meanwhile is another one.
func wrapped(s phone.Snapshot) (best call.Call, ok bool) {
	if s.Wrapped != nil {
		return *s.Wrapped, true
	}
	ended := slices.DeleteFunc(slices.Clone(s.Calls), func(c call.Call) bool { return c.Phase != call.Ending })
	if s.Last != nil {
		ended = append(ended, *s.Last)
	}
	for _, c := range ended {
		if !c.EndedAt.After(s.Presence.Since) && (!ok || c.EndedAt.After(best.EndedAt)) {
			best, ok = c, true
		}
	}
	return best, ok
}

// wrapPane is what stands under the status while the agent finishes a call's work.
type wrapPane struct {
	do      func(phone.Command)
	before  func() // the end: what is typed goes along
	now     func() time.Time
	since   time.Time // it is shown
	view    wrapView
	plate   *wrapPlate
	more    *bigButton
	thenIs  *caption
	then    []*statusChoice
	footer  *caption
	done    *bigButton
	content *fyne.Container
}

func newWrapPane(do func(phone.Command), now func() time.Time) *wrapPane {
	w := &wrapPane{do: do, now: now, before: func() {}, plate: newWrapPlate(), thenIs: newCaption(""), footer: newCaption("")}
	w.more = newButton(buttonPlain, "One more minute", "timer", func() { w.ask(phone.MoreWrapUp, "") })
	w.done = newButton(buttonPrimary, "Done", "check", w.end)
	w.done.height, w.done.size = 48, sizeSubheading
	w.done.text.TextSize = sizeSubheading
	w.content = &fyne.Container{Layout: w, Objects: []fyne.CanvasObject{w.plate, w.more, w.thenIs, w.footer, w.done}}
	for _, st := range []presence.Status{presence.Available, presence.Unavailable, presence.Offline} {
		c := newStatusChoice(st, func() { w.ask(phone.NextStatus, string(st)) })
		w.then = append(w.then, c)
		w.content.Objects = append(w.content.Objects, c)
	}
	w.thenIs.show("Then", "", roleText2)
	return w
}

func (w *wrapPane) ask(v phone.Verb, status string) {
	w.do(phone.Command{Do: v, Status: status, Origin: "window"})
}

// guard is how long Done does nothing: it stands where Hang up was, and a double click must not end the wrap-up as well.
const guard = 700 * time.Millisecond

func (w *wrapPane) end() {
	w.before()
	if w.now().Sub(w.since) >= guard {
		w.ask(phone.EndWrapUp, "")
	}
}

func (w *wrapPane) show(v wrapView) {
	if w.view == v {
		return
	}
	if w.view == (wrapView{}) {
		w.since = w.now()
	}
	w.view = v
	w.plate.show(v)
	w.more.setDisabled(!v.more)
	for _, c := range w.then {
		c.choose(c.status == v.then)
	}
	w.footer.show(v.footer, "", roleText2)
}

const wrapPlateHeight = 120

// room is what the wrap-up leaves for what is noted of the call: between the plate's button and "Then".
func (*wrapPane) room(height float32) (y, h float32) {
	const below = 48 + 10 + 18 + 12 + 36 + 22 + 10
	return wrapPlateHeight + 10 + 40 + 12, height - below - (wrapPlateHeight + 10 + 40 + 12)
}

// Layout implements fyne.Layout.
func (w *wrapPane) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	place(w.plate, 0, 0, s.Width, wrapPlateHeight)
	place(w.more, 0, wrapPlateHeight+10, s.Width, 40)
	place(w.done, 0, s.Height-48, s.Width, 48)
	place(w.footer, 2, s.Height-48-10-18, s.Width-4, 18)
	y := s.Height - 48 - 10 - 18 - 12 - 36
	place(w.thenIs, 2, y-22, s.Width-4, 18)
	for i, c := range w.then {
		each := (s.Width - 12) / 3
		place(c, float32(i)*(each+6), y, each, 36)
	}
}

// MinSize implements fyne.Layout.
func (w *wrapPane) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(296, 420) }

// wrapPlate is the plate of the wrap-up: a ring that runs down, the time left in it, and whose call it was.
type wrapPlate struct {
	piece
	view                      wrapView
	back                      *canvas.Rectangle
	track, ring               *canvas.Arc
	left, state, name, talked *canvas.Text
	more, again               *canvas.Text // the second lines of name and state
}

func newWrapPlate() *wrapPlate {
	p := &wrapPlate{
		back: surface(16), track: &canvas.Arc{CutoutRatio: 0.84}, ring: &canvas.Arc{CutoutRatio: 0.84},
		left: label("", sizeHeading, true), state: label("Wrap-up", sizeText, false), name: label("", sizeSubheading, true),
		talked: label("", sizeText, false), more: label("", sizeSubheading, true), again: label("", sizeText, false),
	}
	p.parts = []fyne.CanvasObject{p.back, p.track, p.ring, p.left, p.state, p.again, p.name, p.more, p.talked}
	p.least = func() fyne.Size { return fyne.NewSize(260, wrapPlateHeight) }
	p.lay, p.paint = p.layout, p.colours
	p.init(p)
	return p
}

func (p *wrapPlate) show(v wrapView) {
	p.view = v
	p.Refresh()
}

func (p *wrapPlate) layout(s fyne.Size) {
	const side, pad = 88, 16
	place(p.back, 0, 0, s.Width, s.Height)
	for _, a := range []*canvas.Arc{p.track, p.ring} {
		place(a, pad, pad, side, side)
	}
	textMid(p.left, pad, pad, side, side)
	x := float32(pad + side + 16)
	room := s.Width - x - 12
	size := sizeText
	if len(broken(p.view.state, room, size, false)) > 2 {
		size = sizeCaption
	}
	twice(p.state, p.again, p.view.state, room, size)
	twice(p.name, p.more, p.view.name, room, sizeSubheading)
	p.talked.Text = fit(p.view.talked, room, sizeText, false)
	high := float32(18)
	if p.again.Text == "" || p.more.Text == "" {
		high = 20
	}
	lines := []*canvas.Text{}
	for _, t := range []*canvas.Text{p.state, p.again, p.name, p.more, p.talked} {
		if t.Text != "" {
			lines = append(lines, t)
		}
	}
	y := (s.Height - float32(len(lines))*(high+4)) / 2
	for _, t := range lines {
		textAt(t, x, y, high+4)
		y += high + 4
	}
}

// twice puts a text on one line or two.
func twice(first, second *canvas.Text, text string, room, size float32) {
	first.TextSize, second.TextSize = size, size
	lines := broken(text, room, size, first.TextStyle.Bold)
	first.Text, second.Text = fit(text, room, size, first.TextStyle.Bold), ""
	if len(lines) > 1 {
		first.Text, second.Text = lines[0], fit(strings.Join(lines[1:], " "), room, size, first.TextStyle.Bold)
	}
}

func (p *wrapPlate) colours() {
	p.back.FillColor = theme.Color(rolePlateWrap)
	on := theme.Color(roleOnPlate)
	p.ring.FillColor, p.ring.StartAngle, p.ring.EndAngle = on, 0, 360*p.view.part
	p.track.FillColor, p.track.StartAngle, p.track.EndAngle = faint(on), 0, 360
	p.left.Color, p.name.Color, p.more.Color = on, on, on
	p.state.Color, p.again.Color, p.talked.Color = theme.Color(roleOnPlate2), theme.Color(roleOnPlate2), theme.Color(roleOnPlate2)
	p.left.Text = p.view.left
}

// faint is a colour at a quarter of its strength.
func faint(c color.Color) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	n.A /= 4
	return n
}

// statusChoice is one of a few statuses side by side.
type statusChoice struct {
	pressable
	status presence.Status
	chosen bool
	back   *canvas.Rectangle
	shape  *canvas.Image
	text   *canvas.Text
}

func newStatusChoice(st presence.Status, tap func()) *statusChoice {
	c := &statusChoice{status: st, back: surface(10), shape: icon(nil), text: label(st.Label(), sizeCaption, true)}
	c.onTap = tap
	c.ring = newRing(10)
	c.parts = []fyne.CanvasObject{c.ring, c.back, c.shape, c.text}
	c.least = func() fyne.Size { return fyne.NewSize(c.text.MinSize().Width+36, 36) }
	c.lay = func(s fyne.Size) {
		place(c.ring, -3, -3, s.Width+6, s.Height+6)
		place(c.back, 0, 0, s.Width, s.Height)
		x := (s.Width - c.text.MinSize().Width - 20) / 2
		place(c.shape, x, (s.Height-14)/2, 14, 14)
		textAt(c.text, x+20, 0, s.Height)
	}
	c.paint = c.colours
	c.init(c)
	return c
}

func (c *statusChoice) choose(on bool) {
	if c.chosen != on {
		c.chosen = on
		c.Refresh()
	}
}

func (c *statusChoice) colours() {
	shape, front, _ := statusRoles(c.status)
	c.shape.Resource = tintedShape(shape, front)
	c.back.FillColor, c.text.Color = c.fill(roleCard), theme.Color(roleText)
	c.back.StrokeColor, c.back.StrokeWidth = theme.Color(roleLine), 1
	if c.chosen {
		c.back.FillColor, c.text.Color, c.back.StrokeWidth = theme.Color(roleSoftAccent), theme.Color(roleAccent), 0
	}
	c.paintRing(roleAccent)
}
