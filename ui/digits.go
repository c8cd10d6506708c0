package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// digitCount is how many digits a pairing takes.
const digitCount = 6

// digitField takes six digits in six boxes. Typing goes on by itself, Backspace goes back, paste works; Enter submits when all
// are there.
type digitField struct {
	pressable
	digits   string
	boxes    [digitCount]*canvas.Rectangle
	texts    [digitCount]*canvas.Text
	changed  func()
	onSubmit func()
}

func newDigitField(changed, submit func()) *digitField {
	d := &digitField{changed: changed, onSubmit: submit}
	for i := range digitCount {
		d.boxes[i], d.texts[i] = surface(8), label("", sizeHeading, false)
		d.boxes[i].StrokeWidth = 1
		d.texts[i].Alignment = fyne.TextAlignCenter
		d.parts = append(d.parts, d.boxes[i], d.texts[i])
	}
	d.onTap = func() { fyne.CurrentApp().Driver().CanvasForObject(d).Focus(d) }
	d.least = func() fyne.Size { return fyne.NewSize(digitCount*36+5*6+10, 46) }
	d.lay, d.paint = d.layout, d.colours
	d.init(d)
	return d
}

func (d *digitField) layout(s fyne.Size) {
	const gap, middle = 6, 10
	each := min(44, (s.Width-5*gap-middle)/digitCount)
	x := (s.Width - digitCount*each - 5*gap - middle) / 2
	for i := range digitCount {
		place(d.boxes[i], x, 0, each, s.Height)
		place(d.texts[i], x, 0, each, s.Height)
		x += each + gap
		if i == digitCount/2-1 {
			x += middle
		}
	}
}

func (d *digitField) colours() {
	for i := range digitCount {
		d.boxes[i].FillColor, d.boxes[i].StrokeColor, d.boxes[i].StrokeWidth = theme.Color(roleCard), theme.Color(roleEdge), 1
		d.texts[i].Color, d.texts[i].Text = theme.Color(roleText), ""
		if i < len(d.digits) {
			d.texts[i].Text = d.digits[i : i+1]
		}
		if d.focused && i == min(len(d.digits), digitCount-1) {
			d.boxes[i].StrokeColor, d.boxes[i].StrokeWidth = theme.Color(roleAccent), 2
		}
	}
}

func (d *digitField) set(s string) {
	d.digits = s
	d.Refresh()
	d.changed()
}

// TypedRune implements fyne.Focusable.
func (d *digitField) TypedRune(r rune) {
	if r >= '0' && r <= '9' && len(d.digits) < digitCount {
		d.set(d.digits + string(r))
	}
}

// TypedKey implements fyne.Focusable.
func (d *digitField) TypedKey(e *fyne.KeyEvent) {
	switch {
	case e.Name == fyne.KeyBackspace && d.digits != "":
		d.set(d.digits[:len(d.digits)-1])
	case e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter:
		d.onSubmit()
	}
}

// TypedShortcut implements fyne.Shortcutable: paste.
func (d *digitField) TypedShortcut(s fyne.Shortcut) {
	if paste, ok := s.(*fyne.ShortcutPaste); ok {
		for _, r := range paste.Clipboard.Content() {
			d.TypedRune(r)
		}
	}
}
