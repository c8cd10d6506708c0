package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// buttonKind is what a button means; meaning decides its colours.
type buttonKind int

const (
	buttonPlain   buttonKind = iota // card colour, an outline
	buttonPrimary                   // the one accent button of a view
	buttonCall                      // places or takes a call
	buttonEnd                       // hangs up: the only solid red
	buttonDecline                   // turns a ringing call away
	buttonQuiet                     // text only
)

// bigButton is a button of the design: icon and bold word in the middle.
type bigButton struct {
	pressable
	kind   buttonKind
	word   string
	name   string // icon; empty: none
	back   *canvas.Rectangle
	image  *canvas.Image
	text   *canvas.Text
	height float32
	size   float32
}

func newButton(kind buttonKind, word, iconName string, tap func()) *bigButton {
	b := &bigButton{kind: kind, word: word, name: iconName, height: 40, size: sizeText}
	if kind == buttonCall || kind == buttonEnd || kind == buttonDecline {
		b.height, b.size = 48, sizeSubheading
	}
	b.onTap = tap
	b.ring, b.back = newRing(12), surface(12)
	b.text = label(word, b.size, true)
	b.image = icon(nil)
	b.image.Hidden = iconName == ""
	b.parts = []fyne.CanvasObject{b.ring, b.back, b.image, b.text}
	b.lay, b.least, b.paint = b.layout, b.minimum, b.colours
	b.init(b)
	return b
}

func (b *bigButton) setWord(word string) {
	if b.word != word {
		b.word = word
		b.Refresh()
	}
}

// contentWidth is the width of icon and word.
func (b *bigButton) contentWidth() float32 {
	w := fyne.MeasureText(b.word, b.text.TextSize, b.text.TextStyle).Width
	if b.name != "" {
		w += b.iconSize() + 8
	}
	return w
}

func (b *bigButton) iconSize() float32 {
	if b.height >= 48 {
		return 22
	}
	return 18
}

func (b *bigButton) minimum() fyne.Size { return fyne.NewSize(b.contentWidth()+28, b.height) }

func (b *bigButton) layout(s fyne.Size) {
	place(b.ring, -3, -3, s.Width+6, s.Height+6)
	place(b.back, 0, 0, s.Width, s.Height)
	room := s.Width - 12
	b.image.Hidden = b.name == "" || b.contentWidth() > room // where there is no room for both, the word says more
	b.text.Text = fit(b.word, room, b.text.TextSize, true)
	x := (s.Width - b.text.MinSize().Width) / 2
	if !b.image.Hidden {
		i := b.iconSize()
		x = (s.Width - b.contentWidth()) / 2
		place(b.image, x, (s.Height-i)/2, i, i)
		x += i + 8
	}
	textAt(b.text, x, 0, s.Height)
}

// roles are the colours of a kind: surface and what stands on it.
func (k buttonKind) roles() (back, front fyne.ThemeColorName) {
	switch k {
	case buttonPrimary:
		return roleAccent, roleOnAccent
	case buttonCall:
		return roleCall, roleOnCall
	case buttonEnd:
		return roleEnd, roleOnEnd
	case buttonDecline:
		return roleSoftError, roleError
	case buttonQuiet:
		return roleClear, roleAccent
	}
	return roleCard, roleText
}

func (b *bigButton) colours() {
	back, front := b.kind.roles()
	if b.disabled {
		back, front = roleSunken, roleText3
	}
	b.back.StrokeColor, b.back.StrokeWidth = color.Transparent, 0
	switch b.kind {
	case buttonPlain:
		b.back.FillColor = b.fill(back)
		b.back.StrokeColor, b.back.StrokeWidth = theme.Color(roleLine), 1
	case buttonQuiet:
		b.back.FillColor = b.fill(back)
	default:
		b.back.FillColor = b.shade(theme.Color(back))
	}
	b.text.Color = theme.Color(front)
	if b.name != "" {
		b.image.Resource = tinted(b.name, front)
	}
	b.paintRing(roleAccent)
}

// callControl is one key of a running call: icon over word, with a state that is on.
type callControl struct {
	pressable
	word, name string
	on         bool
	onBack     fyne.ThemeColorName
	onFront    fyne.ThemeColorName
	back       *canvas.Rectangle
	image      *canvas.Image
	text       *canvas.Text
}

func newControl(word, iconName string, tap func()) *callControl {
	c := &callControl{word: word, name: iconName, onBack: roleAccent, onFront: roleOnAccent}
	c.onTap = tap
	c.ring, c.back = newRing(12), surface(12)
	c.image, c.text = icon(nil), label(word, sizeText, false)
	c.parts = []fyne.CanvasObject{c.ring, c.back, c.image, c.text}
	c.lay, c.paint = c.layout, c.colours
	c.least = func() fyne.Size { return fyne.NewSize(72, 54) }
	c.init(c)
	return c
}

// show sets word, icon and state together, and draws only when one of them changed.
func (c *callControl) show(word, iconName string, on bool) {
	if c.word == word && c.name == iconName && c.on == on {
		return
	}
	c.word, c.name, c.on = word, iconName, on
	c.Refresh()
}

func (c *callControl) layout(s fyne.Size) {
	place(c.ring, -3, -3, s.Width+6, s.Height+6)
	place(c.back, 0, 0, s.Width, s.Height)
	place(c.image, (s.Width-20)/2, 8, 20, 20)
	textMid(c.text, 0, 29, s.Width, 20)
}

func (c *callControl) colours() {
	back, front := roleCard, roleText
	switch {
	case c.disabled:
		back, front = roleSunken, roleText3
	case c.on:
		back, front = c.onBack, c.onFront
	}
	c.back.FillColor = c.fill(back)
	c.back.StrokeColor, c.back.StrokeWidth = theme.Color(roleLine), 1
	if c.on && !c.disabled {
		c.back.FillColor = c.shade(theme.Color(back))
		c.back.StrokeWidth = 0
	}
	c.text.Text, c.text.TextStyle.Bold = c.word, c.on
	c.text.Color = theme.Color(front)
	c.image.Resource = tinted(c.name, front)
	c.paintRing(roleAccent)
}

// iconButton is an icon without a word, for the rail and inside fields. Its tip says what it does.
type iconButton struct {
	pressable
	name   string
	chosen bool
	lit    bool // it asks for attention
	side   float32
	back   *canvas.Rectangle
	image  *canvas.Image
}

func newIconButton(iconName string, side float32, tap func()) *iconButton {
	b := &iconButton{name: iconName, side: side}
	b.onTap = tap
	b.ring, b.back, b.image = newRing(10), surface(10), icon(nil)
	b.parts = []fyne.CanvasObject{b.ring, b.back, b.image}
	b.least = func() fyne.Size { return fyne.NewSize(b.side, b.side) }
	b.lay = func(s fyne.Size) {
		place(b.ring, -3, -3, s.Width+6, s.Height+6)
		place(b.back, 0, 0, s.Width, s.Height)
		place(b.image, (s.Width-20)/2, (s.Height-20)/2, 20, 20)
	}
	b.paint = func() {
		front := roleText2
		if b.lit {
			front = roleAccent
		}
		b.back.FillColor = b.fill(roleClear)
		if b.chosen {
			b.back.FillColor, front = theme.Color(roleSoftAccent), roleAccent
		}
		b.image.Resource = tinted(b.name, front)
		b.paintRing(roleAccent)
	}
	b.init(b)
	return b
}

func (b *iconButton) choose(on bool) {
	if b.chosen != on {
		b.chosen = on
		b.Refresh()
	}
}

// chip is a small choice in a row of choices.
type chip struct {
	pressable
	chosen bool
	back   *canvas.Rectangle
	text   *canvas.Text
}

func newChip(word string, tap func()) *chip {
	c := &chip{}
	c.onTap = tap
	c.ring, c.back, c.text = newRing(13), surface(13), label(word, sizeCaption, false)
	c.parts = []fyne.CanvasObject{c.ring, c.back, c.text}
	c.least = func() fyne.Size { return fyne.NewSize(c.text.MinSize().Width+22, 26) }
	c.lay = func(s fyne.Size) {
		place(c.ring, -3, -3, s.Width+6, s.Height+6)
		place(c.back, 0, 0, s.Width, s.Height)
		textMid(c.text, 0, 0, s.Width, s.Height)
	}
	c.paint = func() {
		c.back.FillColor, c.text.Color = c.fill(roleClear), theme.Color(roleText2)
		c.back.StrokeColor, c.back.StrokeWidth = theme.Color(roleEdge), 1
		c.text.TextStyle.Bold = c.chosen
		if c.chosen {
			c.back.FillColor, c.text.Color = theme.Color(roleSoftAccent), theme.Color(roleAccent)
			c.back.StrokeWidth = 0
		}
		c.paintRing(roleAccent)
	}
	c.init(c)
	return c
}

func (c *chip) choose(on bool) {
	if c.chosen != on {
		c.chosen = on
		c.Refresh()
	}
}
