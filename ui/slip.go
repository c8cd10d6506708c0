package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// slip is the plate of a call that is not in front: the same surface, flatter.
type slip struct {
	piece
	view                       plateView
	back                       *canvas.Rectangle
	shape                      *canvas.Image
	state, name, number, timer *canvas.Text
}

const slipHeight = 76

func newSlip() *slip {
	p := &slip{
		back: surface(16), shape: icon(nil), state: label("", sizeText, true), name: label("", sizeSubheading, true),
		number: label("", sizeText, false), timer: label("", sizeSubheading, false),
	}
	p.parts = []fyne.CanvasObject{p.back, p.shape, p.state, p.name, p.number, p.timer}
	p.least = func() fyne.Size { return fyne.NewSize(260, slipHeight) }
	p.lay, p.paint = p.layout, p.colours
	p.init(p)
	return p
}

func (p *slip) show(v plateView) {
	if p.view != v {
		p.view = v
		p.Refresh()
	}
}

func (p *slip) layout(s fyne.Size) {
	const pad = 14
	place(p.back, 0, 0, s.Width, s.Height)
	place(p.shape, pad, 9, 16, 16)
	inner := s.Width - 2*pad
	p.state.Text = fit(p.view.state, inner-24, sizeText, true)
	textAt(p.state, pad+24, 7, 20)
	p.name.Text = fit(p.view.name, inner, sizeSubheading, true)
	textAt(p.name, pad, 27, 24)
	textRight(p.timer, s.Width-pad, 48, 22)
	p.number.Text = fitNumber(p.view.number, inner-p.timer.MinSize().Width-8)
	textAt(p.number, pad, 49, 20)
}

func (p *slip) colours() {
	back, front, second := p.view.kind.roles()
	p.back.FillColor = theme.Color(back)
	p.state.Color, p.name.Color, p.timer.Color, p.number.Color = theme.Color(front), theme.Color(front), theme.Color(front), theme.Color(second)
	p.timer.Text = p.view.timer
	p.shape.Resource = p.view.mark(front)
}
