package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// dialSlab is the keypad: one rounded card with hairlines and twelve keys.
type dialSlab struct {
	piece
	back  *canvas.Rectangle
	rows  [3]*canvas.Rectangle // hairlines between rows
	cols  [2]*canvas.Rectangle
	keys  [12]*dialKey
	lines float32
}

func newDialSlab(press func(key string)) *dialSlab {
	d := &dialSlab{back: surface(14), lines: 1}
	d.parts = []fyne.CanvasObject{d.back}
	faces := [12][2]string{
		{"1", ""}, {"2", "abc"}, {"3", "def"}, {"4", "ghi"}, {"5", "jkl"}, {"6", "mno"},
		{"7", "pqrs"}, {"8", "tuv"}, {"9", "wxyz"}, {"*", ""}, {"0", "+"}, {"#", ""},
	}
	for i, f := range faces {
		d.keys[i] = newDialKey(f[0], f[1], i, press)
		d.parts = append(d.parts, d.keys[i])
	}
	for i := range d.rows {
		d.rows[i] = surface(0)
		d.parts = append(d.parts, d.rows[i])
	}
	for i := range d.cols {
		d.cols[i] = surface(0)
		d.parts = append(d.parts, d.cols[i])
	}
	d.lay, d.paint = d.layout, d.colours
	d.least = func() fyne.Size { return fyne.NewSize(240, 4*46) }
	d.init(d)
	return d
}

func (d *dialSlab) layout(s fyne.Size) {
	place(d.back, 0, 0, s.Width, s.Height)
	w, h := (s.Width-2)/3, (s.Height-2)/4
	for i, k := range d.keys {
		place(k, 1+float32(i%3)*w, 1+float32(i/3)*h, w, h)
	}
	for i, r := range d.rows {
		place(r, 1, 1+float32(i+1)*h-d.lines/2, s.Width-2, d.lines)
	}
	for i, c := range d.cols {
		place(c, 1+float32(i+1)*w-d.lines/2, 1, d.lines, s.Height-2)
	}
}

func (d *dialSlab) colours() {
	d.back.FillColor = theme.Color(roleCard)
	d.back.StrokeColor, d.back.StrokeWidth = theme.Color(roleLine), 1
	for _, r := range d.rows {
		r.FillColor = theme.Color(roleLine)
	}
	for _, c := range d.cols {
		c.FillColor = theme.Color(roleLine)
	}
}

// dialKey is one key of the slab; the four at the corners follow the slab's rounding.
type dialKey struct {
	pressable
	press          func(string)
	back           *canvas.Rectangle
	digit, letters *canvas.Text
}

func newDialKey(digit, letters string, at int, press func(string)) *dialKey {
	k := &dialKey{press: press, back: surface(0), digit: label(digit, sizeSubheading, false), letters: label(letters, sizeCaption, false)}
	const round = 13
	switch at {
	case 0:
		k.back.TopLeftCornerRadius = round
	case 2:
		k.back.TopRightCornerRadius = round
	case 9:
		k.back.BottomLeftCornerRadius = round
	case 11:
		k.back.BottomRightCornerRadius = round
	}
	k.onTap = func() { press(digit) }
	k.ring = newRing(8)
	k.parts = []fyne.CanvasObject{k.back, k.ring, k.digit, k.letters}
	k.least = func() fyne.Size { return fyne.NewSize(64, 46) }
	k.lay = func(s fyne.Size) {
		place(k.back, 0, 0, s.Width, s.Height)
		place(k.ring, 3, 3, s.Width-6, s.Height-6)
		if letters == "" {
			textMid(k.digit, 0, 0, s.Width, s.Height)
			return
		}
		textMid(k.digit, 0, s.Height/2-21, s.Width, 24)
		textMid(k.letters, 0, s.Height/2+1, s.Width, 16)
	}
	k.paint = func() {
		k.back.FillColor = k.fill(roleClear)
		k.digit.Color, k.letters.Color = theme.Color(roleText), theme.Color(roleText3)
		k.paintRing(roleAccent)
	}
	k.init(k)
	return k
}

// TypedRune implements fyne.Focusable: a key that was reached with Tab takes digits for all of them.
func (k *dialKey) TypedRune(r rune) {
	if isKey(r) {
		k.press(string(r))
	}
}
