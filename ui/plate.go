package ui

import (
	"image/color"
	"math"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// plateKind is what the phone is doing, as the plate's colour.
type plateKind int

const (
	plateLive plateKind = iota
	plateRing
	plateHold
)

func (k plateKind) roles() (back, front, second fyne.ThemeColorName) {
	switch k {
	case plateRing:
		return rolePlateRing, roleOnPlate, roleOnPlate2
	case plateHold:
		return rolePlateHold, roleOnHold, roleOnHold
	}
	return rolePlateCall, roleOnPlate, roleOnPlate2
}

// plateView is what a plate shows; two equal views draw the same.
type plateView struct {
	kind   plateKind
	shape  string // status shape, or "hold"
	state  string // "Live", "On hold 0:42"
	aside  string // beside it: whom the caller dialled, or whom the call was sent to
	name   string // number first when the name is unknown
	number string
	timer  string
	voice  bool   // draw the voice line
	still  bool   // the voice line is flat: held
	strip  string // what else is known, in the place of the voice line
}

// mark is the shape of a plate in a colour; nil: it has none.
func (v plateView) mark(role fyne.ThemeColorName) fyne.Resource {
	switch v.shape {
	case "":
		return nil
	case "hold":
		return tinted("hold", role)
	}
	return tintedShape(v.shape, role)
}

// plate is the surface that says what the phone is doing; it keeps its height whatever it shows. As low as a slip it has no voice
// line, and no strip.
type plate struct {
	piece
	view                       plateView
	back                       *canvas.Rectangle
	shape                      *canvas.Image
	state, name, number, timer *canvas.Text
	aside                      *canvas.Text
	voice                      *voiceLine
	strip                      *canvas.Rectangle
	more                       *canvas.Text
}

const plateHeight = 148

func newPlate() *plate {
	p := &plate{
		back: surface(16), shape: icon(nil), state: label("", sizeText, true), name: label("", sizeHeading, true),
		number: label("", sizeText, false), timer: label("", sizeDisplay, false), voice: newVoiceLine(),
		strip: surface(8), more: label("", sizeText, false), aside: label("", sizeText, false),
	}
	p.parts = []fyne.CanvasObject{p.back, p.shape, p.state, p.aside, p.name, p.number, p.timer, p.voice, p.strip, p.more}
	p.least = func() fyne.Size { return fyne.NewSize(260, plateHeight) }
	p.lay, p.paint = p.layout, p.colours
	p.init(p)
	return p
}

func (p *plate) show(v plateView) {
	if p.view != v {
		p.view = v
		p.Refresh()
	}
}

func (p *plate) layout(s fyne.Size) {
	const pad = 14
	place(p.back, 0, 0, s.Width, s.Height)
	place(p.shape, pad, pad, 18, 18)
	textAt(p.state, pad+26, pad-1, 20)
	inner := s.Width - 2*pad
	beside := inner - 26 - p.state.MinSize().Width - 12
	p.aside.TextSize = sizeText
	if fyne.MeasureText(p.view.aside, sizeText, fyne.TextStyle{}).Width > beside {
		p.aside.TextSize = sizeCaption // before a number is cut
	}
	p.aside.Text = fit(p.view.aside, beside, p.aside.TextSize, false)
	textRight(p.aside, s.Width-pad, pad-1, 20)
	low := s.Height < plateHeight
	if p.name.TextSize, p.timer.TextSize = sizeHeading, sizeDisplay; low {
		p.name.TextSize, p.timer.TextSize = sizeSubheading, sizeHeading
	}
	p.name.Text = fit(p.view.name, inner, p.name.TextSize, true)
	textAt(p.name, pad, 36, 30)
	textRight(p.timer, s.Width-pad, 64, 38)
	p.number.Text = fitNumber(p.view.number, inner-p.timer.MinSize().Width-8)
	textAt(p.number, pad, 72, 22)
	setHidden(p.voice, low || !p.view.voice)
	setHidden(p.strip, low || p.view.strip == "")
	setHidden(p.more, p.strip.Hidden)
	if low {
		p.layoutLow(inner, pad)
		return
	}
	place(p.voice, pad, 106, inner, 30)
	place(p.strip, pad, 102, inner, 34)
	p.more.Text = fit(p.view.strip, inner-20, sizeText, false)
	textAt(p.more, pad+10, 102, 34)
}

// fitNumber leaves the company out before it cuts the number behind it.
func fitNumber(text string, width float32) string {
	if i := strings.LastIndex(text, " · "); i >= 0 && fyne.MeasureText(text, sizeText, fyne.TextStyle{}).Width > width {
		text = text[i+len(" · "):]
	}
	return fit(text, width, sizeText, false)
}

func (p *plate) layoutLow(inner, pad float32) {
	place(p.shape, pad, 9, 16, 16)
	textAt(p.state, pad+24, 7, 20)
	textRight(p.aside, pad+inner, 7, 20)
	textAt(p.name, pad, 27, 24)
	textRight(p.timer, pad+inner, 45, 26)
	textAt(p.number, pad, 49, 20)
}

func (p *plate) colours() {
	back, front, second := p.view.kind.roles()
	p.back.FillColor = theme.Color(back)
	p.state.Color, p.name.Color, p.timer.Color = theme.Color(front), theme.Color(front), theme.Color(front)
	p.number.Color, p.aside.Color = theme.Color(second), theme.Color(second)
	p.state.Text, p.timer.Text = p.view.state, p.view.timer
	p.shape.Resource = p.view.mark(front)
	p.strip.FillColor, p.more.Color = color.NRGBA{A: 0x2E}, theme.Color(front)
	p.voice.front, p.voice.second = front, second
	if p.view.still {
		p.voice.flat()
	}
}

// voiceBars is how many moments the voice line shows, a tenth of a second each.
const voiceBars = 44

// voiceLine is the signature: the far end's voice above the line, ours below it.
type voiceLine struct {
	piece
	front, second fyne.ThemeColorName
	above, below  [voiceBars]*canvas.Rectangle
	in, out       [voiceBars]float32
}

func newVoiceLine() *voiceLine {
	v := &voiceLine{front: roleOnPlate, second: roleOnPlate2}
	for i := range voiceBars {
		v.above[i], v.below[i] = surface(1.5), surface(1.5)
		v.parts = append(v.parts, v.above[i], v.below[i])
	}
	v.least = func() fyne.Size { return fyne.NewSize(voiceBars*4, 30) }
	v.lay, v.paint = v.layout, v.colours
	v.init(v)
	return v
}

// push adds a moment at the right end; levels are peaks, 0–1.
func (v *voiceLine) push(in, out float32) {
	copy(v.in[:], v.in[1:])
	copy(v.out[:], v.out[1:])
	v.in[voiceBars-1], v.out[voiceBars-1] = in, out
	v.layout(v.Size())
	canvas.Refresh(v)
}

func (v *voiceLine) flat() { v.in, v.out = [voiceBars]float32{}, [voiceBars]float32{} }

func (v *voiceLine) layout(s fyne.Size) {
	step := s.Width / voiceBars
	w := min(step-1.5, 4)
	const least, line = 2, 16 // the line lies a little below the middle: they talk more than we do
	for i := range voiceBars {
		x := float32(i)*step + (step-w)/2
		up := least + loud(v.in[i])*(line-2-least)
		down := least + loud(v.out[i])*(s.Height-line-2-least)
		place(v.above[i], x, line-1-up, w, up)
		place(v.below[i], x, line+1, w, down)
	}
}

// loud bends a peak so that quiet speech shows: the square root makes -20 dB a third of the height.
func loud(peak float32) float32 { return float32(math.Sqrt(float64(min(max(peak, 0), 1)))) }

func (v *voiceLine) colours() {
	for i := range voiceBars {
		v.above[i].FillColor = theme.Color(v.front)
		v.below[i].FillColor = theme.Color(v.second)
	}
}
