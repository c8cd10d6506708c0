package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// callRow is the plate of a call that is not in front, as low as several of them need: a tap takes the call, or buttons in it
// answer it or end its part in a conference.
type callRow struct {
	pressable
	view              otherView
	back              *canvas.Rectangle
	shape, swap       *canvas.Image
	name, more, timer *canvas.Text
	yes, no           *bigButton
}

// rowHeight is the height of a row among n.
func rowHeight(n int) float32 {
	if n > 2 {
		return 40
	}
	return 48
}

const rowGap = 4

// newCallRow makes a row: take is a tap on it, yes and no are its two answers.
func newCallRow(take, yes, no func()) *callRow {
	r := &callRow{
		back: surface(12), shape: icon(nil), swap: icon(nil), name: label("", sizeText, true), more: label("", sizeCaption, false),
		timer: label("", sizeText, true), yes: newSmall(buttonCall, "", yes), no: newSmall(buttonDecline, "", no),
	}
	r.onTap, r.ring = take, newRing(12)
	r.parts = []fyne.CanvasObject{r.ring, r.back, r.shape, r.swap, r.name, r.more, r.timer, r.yes, r.no}
	r.least = func() fyne.Size { return fyne.NewSize(260, rowHeight(maxOthers)) }
	r.lay, r.paint = r.layout, r.colours
	r.init(r)
	return r
}

// newSmall is a button that stands on a plate.
func newSmall(kind buttonKind, word string, tap func()) *bigButton {
	b := newButton(kind, word, "", tap)
	b.height, b.size = 32, sizeCaption
	b.text.TextSize = sizeCaption
	return b
}

func (r *callRow) show(v otherView) {
	if r.view != v {
		r.view, r.disabled = v, !v.take
		r.yes.setWord(v.yes)
		r.no.setWord(v.no)
		r.Refresh()
	}
}

func (r *callRow) layout(s fyne.Size) {
	place(r.ring, -3, -3, s.Width+6, s.Height+6)
	place(r.back, 0, 0, s.Width, s.Height)
	place(r.shape, 12, (s.Height-16)/2, 16, 16)
	right := s.Width - 12
	if r.view.no != "" {
		right = s.Width - 6
	}
	for _, b := range []*bigButton{r.no, r.yes} {
		if b.word != "" {
			w := b.contentWidth() + 20
			place(b, right-w, (s.Height-32)/2, w, 32)
			right -= w + 6
		}
	}
	if r.view.take {
		place(r.swap, right-18, (s.Height-18)/2, 18, 18)
		right -= 26
	}
	if r.timer.Text != "" {
		textRight(r.timer, right, 0, s.Height)
		right -= r.timer.MinSize().Width + 8
	}
	const left = 38
	r.name.Text = fit(r.view.plate.name, right-left, sizeText, true)
	r.more.Text = fit(r.second(right-left), right-left, sizeCaption, false)
	textAt(r.name, left, s.Height/2-19, 20)
	textAt(r.more, left, s.Height/2, 18)
}

// second is the second line: the state, and what else has room whole: the time where it has no place of its own, the number.
func (r *callRow) second(room float32) string {
	text, v := r.view.plate.state, r.view.plate
	for _, more := range []string{v.timer, v.number} {
		longer := join(text, more)
		if more != "" && more != r.timer.Text && fyne.MeasureText(longer, sizeCaption, fyne.TextStyle{}).Width <= room {
			text = longer
		}
	}
	return text
}

func (r *callRow) colours() {
	back, front, second := r.view.plate.kind.roles()
	r.back.FillColor = r.shade(theme.Color(back))
	r.name.Color, r.timer.Color, r.more.Color = theme.Color(front), theme.Color(front), theme.Color(second)
	r.timer.Text = r.view.plate.timer
	if r.view.no != "" {
		r.timer.Text = "" // the answers need the room
	}
	r.shape.Resource = r.view.plate.mark(front)
	r.swap.Hidden = !r.view.take
	if r.view.take {
		r.swap.Resource = tinted("swap", front)
	}
	r.yes.Hidden, r.no.Hidden = r.view.yes == "", r.view.no == ""
	r.paintRing(roleAccent)
}
