package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// paneLayout is the list column: heading, field, filters, and the rest for the list.
type paneLayout struct{}

// Layout implements fyne.Layout.
func (paneLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	place(o[0], 16, 14, s.Width-32, 32)
	place(o[1], 12, 54, s.Width-24, 36)
	place(o[2], 12, 99, s.Width-24, 26)
	place(o[3], 6, 130, s.Width-12, s.Height-134)
}

// MinSize implements fyne.Layout.
func (paneLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(260, 300) }

// flow puts objects beside each other at their natural width.
type flow struct{ gap float32 }

// Layout implements fyne.Layout.
func (f flow) Layout(o []fyne.CanvasObject, s fyne.Size) {
	x := float32(0)
	for _, c := range o {
		w := c.MinSize().Width
		place(c, x, 0, w, s.Height)
		x += w + f.gap
	}
}

// MinSize implements fyne.Layout.
func (f flow) MinSize(o []fyne.CanvasObject) fyne.Size {
	var w, h float32
	for _, c := range o {
		m := c.MinSize()
		w += m.Width + f.gap
		h = max(h, m.Height)
	}
	return fyne.NewSize(max(0, w-f.gap), h)
}

// windowLayout is rail, list and phone; a narrow window has the phone alone, or a list.
type windowLayout struct{ w *Window }

const (
	railWidth   = 56
	listWidth   = 316
	narrowBelow = 640
)

// Layout implements fyne.Layout. Objects: rail ground, rail, list, line, card, phone, way back from a list.
func (l windowLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	x := float32(0)
	wide := s.Width >= narrowBelow
	listed := !wide && l.w.listed
	l.w.pane.narrow = !wide
	setHidden(l.w.pane.menu, wide || l.w.pane.covered())
	for i, c := range o {
		shown := wide && i < 6
		switch {
		case listed:
			shown = i == 2 || i == 6
		case !wide:
			shown = i == 4 || i == 5
		}
		setHidden(c, !shown)
	}
	if listed {
		place(o[2], 0, 0, s.Width, s.Height)
		place(o[6], s.Width-48, 10, 40, 40)
		return
	}
	if wide {
		place(o[0], 0, 0, railWidth, s.Height)
		place(o[1], 0, 0, railWidth, s.Height)
		place(o[2], railWidth, 0, listWidth, s.Height)
		x = railWidth + listWidth
		place(o[3], x, 0, 1, s.Height)
		x++
	}
	place(o[4], x, 0, s.Width-x, s.Height)
	edge := float32(12)
	if wide {
		edge = 16
	}
	place(o[5], x+edge, edge, s.Width-x-2*edge, s.Height-2*edge)
}

// MinSize implements fyne.Layout.
func (windowLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 560) }

// title is a heading of a pane.
type title struct {
	piece
	text *canvas.Text
}

func newTitle(s string) *title {
	t := &title{text: label(s, sizeHeading, true)}
	t.parts = []fyne.CanvasObject{t.text}
	t.least = func() fyne.Size { return t.text.MinSize() }
	t.lay = func(size fyne.Size) { textAt(t.text, 0, 0, size.Height) }
	t.paint = func() { t.text.Color = theme.Color(roleText) }
	t.init(t)
	return t
}

// backdrop is a plain surface in a role's colour.
type backdrop struct {
	piece
	back *canvas.Rectangle
}

func newBackdrop(role fyne.ThemeColorName) *backdrop {
	b := &backdrop{back: surface(0)}
	b.parts = []fyne.CanvasObject{b.back}
	b.least = func() fyne.Size { return fyne.NewSize(1, 1) }
	b.lay = func(s fyne.Size) { place(b.back, 0, 0, s.Width, s.Height) }
	b.paint = func() { b.back.FillColor = theme.Color(role) }
	b.init(b)
	return b
}

// caption is a small text in a role's colour, with an optional icon before it: one line, or two where it has the height of
// them. What does not fit is cut with "…".
type caption struct {
	piece
	whole, iconName string
	role            fyne.ThemeColorName
	text, more      *canvas.Text // more is the second line
	image           *canvas.Image
}

// twoLines is the height a caption needs for two lines.
const twoLines = 32

func newCaption(iconName string) *caption {
	c := &caption{iconName: iconName, role: roleText2, text: label("", sizeCaption, false), more: label("", sizeCaption, false), image: icon(nil)}
	c.parts = []fyne.CanvasObject{c.image, c.text, c.more}
	c.least = func() fyne.Size { return fyne.NewSize(40, 18) }
	c.lay = c.layout
	c.paint = func() {
		c.text.Color, c.more.Color = theme.Color(c.role), theme.Color(c.role)
		if c.image.Hidden = c.iconName == ""; !c.image.Hidden {
			c.image.Resource = tinted(c.iconName, c.role)
		}
	}
	c.init(c)
	return c
}

func (c *caption) layout(s fyne.Size) {
	x := float32(0)
	if c.iconName != "" {
		place(c.image, 0, (s.Height-18)/2, 18, 18)
		x = 26
	}
	c.text.Text, c.more.Text = fit(c.whole, s.Width-x, sizeCaption, false), ""
	if lines := broken(c.whole, s.Width-x, sizeCaption, false); len(lines) > 1 && s.Height >= twoLines {
		c.text.Text, c.more.Text = lines[0], fit(strings.Join(lines[1:], " "), s.Width-x, sizeCaption, false)
		textAt(c.text, x, s.Height/2-16, 16)
		textAt(c.more, x, s.Height/2, 16)
		return
	}
	textAt(c.text, x, 0, s.Height)
}

// high is the height that the text needs within a width.
func (c *caption) high(w float32) float32 {
	if c.iconName != "" {
		w -= 26
	}
	if len(broken(c.whole, w, sizeCaption, false)) > 1 {
		return twoLines
	}
	return 16
}

func (c *caption) show(text, iconName string, role fyne.ThemeColorName) {
	if c.whole != text || c.iconName != iconName || c.role != role {
		c.whole, c.iconName, c.role = text, iconName, role
		c.Refresh()
	}
}
