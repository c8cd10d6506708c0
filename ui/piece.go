package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"sidetone/assets"
)

// piece is a widget of fixed parts: lay places them, paint gives them the theme's colours. A type that embeds piece calls
// init with itself and then has the Fyne life cycle for free.
type piece struct {
	widget.BaseWidget
	parts []fyne.CanvasObject
	lay   func(size fyne.Size)
	least func() fyne.Size
	paint func()
}

func (p *piece) init(self fyne.Widget) { p.ExtendBaseWidget(self) }

// CreateRenderer implements fyne.Widget.
func (p *piece) CreateRenderer() fyne.WidgetRenderer {
	p.paint()
	return pieceRenderer{p}
}

type pieceRenderer struct{ p *piece }

func (r pieceRenderer) Layout(size fyne.Size)        { r.p.lay(size) }
func (r pieceRenderer) MinSize() fyne.Size           { return r.p.least() }
func (r pieceRenderer) Objects() []fyne.CanvasObject { return r.p.parts }
func (r pieceRenderer) Destroy()                     {}

func (r pieceRenderer) Refresh() {
	r.p.paint()
	r.p.lay(r.p.Size())
	for _, o := range r.p.parts {
		o.Refresh()
	}
}

// pressable is a piece that is tapped, hovered and reached by the keyboard. It draws the focus ring itself: two units of
// accent, two units outside, kept inside the widget's bounds by the margin the embedding type leaves.
type pressable struct {
	piece
	onTap                            func()
	hovered, pressed, focused, quiet bool
	disabled                         bool
	ring                             *canvas.Rectangle
}

func newRing(radius float32) *canvas.Rectangle {
	r := canvas.NewRectangle(color.Transparent)
	r.CornerRadius, r.StrokeWidth = radius+2, 2
	return r
}

// Tapped implements fyne.Tappable.
func (p *pressable) Tapped(*fyne.PointEvent) {
	if !p.disabled && p.onTap != nil {
		p.onTap()
	}
}

// MouseIn implements desktop.Hoverable.
func (p *pressable) MouseIn(*desktop.MouseEvent) { p.hovered = true; p.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (p *pressable) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (p *pressable) MouseOut() { p.hovered, p.pressed = false, false; p.Refresh() }

// MouseDown implements desktop.Mouseable.
func (p *pressable) MouseDown(*desktop.MouseEvent) { p.pressed = true; p.Refresh() }

// MouseUp implements desktop.Mouseable.
func (p *pressable) MouseUp(*desktop.MouseEvent) { p.pressed = false; p.Refresh() }

// FocusGained implements fyne.Focusable.
func (p *pressable) FocusGained() { p.focused = true; p.Refresh() }

// FocusLost implements fyne.Focusable.
func (p *pressable) FocusLost() { p.focused = false; p.Refresh() }

// TypedRune implements fyne.Focusable.
func (p *pressable) TypedRune(rune) {}

// TypedKey implements fyne.Focusable: space and Enter press.
func (p *pressable) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeySpace || e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter {
		p.Tapped(nil)
	}
}

// Disable makes the widget refuse taps; Enable takes it back.
func (p *pressable) setDisabled(on bool) {
	if p.disabled != on {
		p.disabled = on
		p.Refresh()
	}
}

// fill is the surface colour for the present state of a plain control.
func (p *pressable) fill(rest fyne.ThemeColorName) color.Color {
	switch {
	case p.disabled:
		return theme.Color(roleSunken)
	case p.pressed:
		return theme.Color(rolePressed)
	case p.hovered:
		return theme.Color(roleHover)
	}
	return theme.Color(rest)
}

// shade darkens or lightens a filled control a little under the pointer, so that it answers without changing its meaning.
func (p *pressable) shade(c color.Color) color.Color {
	if p.disabled || !p.hovered && !p.pressed {
		return c
	}
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	keep := uint32(92)
	if p.pressed {
		keep = 84
	}
	dim := func(v uint8) uint8 { return uint8(uint32(v) * keep / 100) }
	return color.NRGBA{R: dim(n.R), G: dim(n.G), B: dim(n.B), A: n.A}
}

func (p *pressable) paintRing(role fyne.ThemeColorName) {
	p.ring.StrokeColor = color.Transparent
	if p.focused && !p.quiet {
		p.ring.StrokeColor = theme.Color(role)
	}
}

func surface(radius float32) *canvas.Rectangle {
	r := canvas.NewRectangle(color.Transparent)
	r.CornerRadius = radius
	return r
}

func label(text string, size float32, bold bool) *canvas.Text {
	t := canvas.NewText(text, color.Transparent)
	t.TextSize, t.TextStyle = size, fyne.TextStyle{Bold: bold}
	return t
}

// icon is an image of one of our icons in the colour of a role; setIcon changes both.
func icon(res fyne.Resource) *canvas.Image {
	img := canvas.NewImageFromResource(res)
	img.FillMode = canvas.ImageFillContain
	return img
}

func tinted(name string, role fyne.ThemeColorName) fyne.Resource {
	return theme.NewColoredResource(fyne.NewStaticResource(name+".svg", assets.Icon(name)), role)
}

func tintedShape(name string, role fyne.ThemeColorName) fyne.Resource {
	return theme.NewColoredResource(fyne.NewStaticResource("shape-"+name+".svg", assets.Shape(name)), role)
}

func tintedMark(role fyne.ThemeColorName) fyne.Resource {
	return theme.NewColoredResource(fyne.NewStaticResource("mark.svg", assets.Mark()), role)
}

// place moves and sizes in one step.
func place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

// textAt places a text with its natural size, its left edge at x, centred on the line y..y+h.
func textAt(t *canvas.Text, x, y, h float32) {
	m := t.MinSize()
	place(t, x, y+(h-m.Height)/2, m.Width, m.Height)
}

// textRight is textAt with the right edge at x.
func textRight(t *canvas.Text, x, y, h float32) {
	m := t.MinSize()
	place(t, x-m.Width, y+(h-m.Height)/2, m.Width, m.Height)
}

// textMid is textAt centred between x and x+w.
func textMid(t *canvas.Text, x, y, w, h float32) {
	m := t.MinSize()
	place(t, x+(w-m.Width)/2, y+(h-m.Height)/2, m.Width, m.Height)
}

// fit shortens a text until it is no wider than width, ending in "…".
func fit(text string, width, size float32, bold bool) string {
	style := fyne.TextStyle{Bold: bold}
	if fyne.MeasureText(text, size, style).Width <= width {
		return text
	}
	r := []rune(text)
	for len(r) > 1 {
		r = r[:len(r)-1]
		if s := string(r) + "…"; fyne.MeasureText(s, size, style).Width <= width {
			return s
		}
	}
	return "…"
}
