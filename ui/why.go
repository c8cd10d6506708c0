package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"sidetone/sync/presence"
)

// whyTitle is the question the agent asks.
func whyTitle(v presence.View) string {
	if v.Label != v.Status.Label() { // the organisation's own word: "Lunch"
		return "Why “" + v.Label + "”?"
	}
	return "Why am I " + v.Label + "?"
}

// whyPanel answers it: the reason, what Kustomer says if it differs, and the last decisions, newest first.
func whyPanel(v presence.View, width float32) fyne.CanvasObject {
	rows := container.NewVBox(newPassage("", roleText, whyTitle(v), sizeSubheading, width), newPassage("", roleText, v.Why, sizeText, width))
	if v.Notice != "" {
		rows.Add(newPassage("warning", roleHoldText, v.Notice, sizeText, width))
	}
	if len(v.Decisions) > 0 {
		rows.Add(widget.NewSeparator())
	}
	for _, d := range v.Decisions {
		p := newPassage("", roleText2, d.Sentence, sizeCaption, width-24)
		p.status = d.To
		rows.Add(p)
	}
	return container.New(layout.NewCustomPaddedLayout(8, 8, 0, 0), rows)
}

// passage is a text over as many lines as it needs, with an icon or a status's shape before it if it has one.
type passage struct {
	piece
	iconName string
	status   presence.Status // empty: it has none
	role     fyne.ThemeColorName
	image    *canvas.Image
	lines    []*canvas.Text
	line     float32 // the height of one
}

func newPassage(iconName string, role fyne.ThemeColorName, text string, size, width float32) *passage {
	const edge = 14
	p := &passage{iconName: iconName, role: role, image: icon(nil), line: size + 6}
	room := width - 2*edge
	if iconName != "" {
		room -= 24
	}
	p.parts = []fyne.CanvasObject{p.image}
	for _, line := range broken(text, room, size, size > sizeText) {
		t := label(line, size, size > sizeText)
		p.lines, p.parts = append(p.lines, t), append(p.parts, t)
	}
	p.least = func() fyne.Size { return fyne.NewSize(120, float32(len(p.lines))*p.line+6) }
	p.lay = func(fyne.Size) {
		x := float32(edge)
		if p.iconName != "" || p.status != "" {
			place(p.image, edge, 3+(p.line-16)/2, 16, 16)
			x += 24
		}
		for i, t := range p.lines {
			textAt(t, x, 3+float32(i)*p.line, p.line)
		}
	}
	p.paint = p.colours
	p.init(p)
	return p
}

func (p *passage) colours() {
	switch {
	case p.status != "":
		shape, front, _ := statusRoles(p.status)
		p.image.Resource = tintedShape(shape, front)
	case p.iconName != "":
		p.image.Resource = tinted(p.iconName, p.role)
	}
	p.image.Hidden = p.image.Resource == nil
	for _, t := range p.lines {
		t.Color = theme.Color(p.role)
	}
}

// broken cuts a text between words into lines no wider than width.
func broken(text string, width, size float32, bold bool) []string {
	var lines []string
	for text != "" {
		n := len(text)
		for n > 0 && fyne.MeasureText(text[:n], size, fyne.TextStyle{Bold: bold}).Width > width {
			n = lastSpace(text[:n])
		}
		if n == 0 { // one word alone is wider
			return append(lines, fit(text, width, size, bold))
		}
		lines, text = append(lines, text[:n]), trimLeft(text[n:])
	}
	return lines
}

func lastSpace(s string) int {
	for i := len(s) - 1; i > 0; i-- {
		if s[i] == ' ' {
			return i
		}
	}
	return 0
}

func trimLeft(s string) string {
	for s != "" && s[0] == ' ' {
		s = s[1:]
	}
	return s
}
