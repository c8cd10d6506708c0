package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"sidetone/internal/phone"
)

// colleagueRow is one somebody calls can be passed on to: what they do now, the name, and the number.
type colleagueRow struct {
	pressable
	who                 phone.Colleague
	chosen              bool
	back                *canvas.Rectangle
	shape               *canvas.Image
	name, number, state *canvas.Text
}

const colleagueHeight = 46

func newColleagueRow(tap func()) *colleagueRow {
	c := &colleagueRow{back: surface(10), shape: icon(nil), name: label("", sizeText, true), number: label("", sizeCaption, false), state: label("", sizeCaption, false)}
	c.onTap, c.ring = tap, newRing(10)
	c.parts = []fyne.CanvasObject{c.ring, c.back, c.shape, c.name, c.number, c.state}
	c.least = func() fyne.Size { return fyne.NewSize(200, colleagueHeight) }
	c.lay = func(s fyne.Size) {
		place(c.ring, -3, -3, s.Width+6, s.Height+6)
		place(c.back, 0, 0, s.Width, s.Height)
		place(c.shape, 12, (s.Height-16)/2, 16, 16)
		first, second := colleagueLines(c.who)
		right := c.state.MinSize().Width
		c.name.Text = fit(first, s.Width-40-right-20, sizeText, true)
		c.number.Text = second
		textAt(c.name, 40, 4, 20)
		textAt(c.number, 40, 24, 18)
		textRight(c.state, s.Width-12, 0, s.Height)
	}
	c.paint = func() {
		word, shape, role := colleagueState(c.who.State)
		c.back.FillColor = c.fill(roleClear)
		if c.chosen {
			c.back.FillColor = theme.Color(roleSoftAccent)
		}
		c.name.Color, c.number.Color, c.state.Color = theme.Color(roleText), theme.Color(roleText2), theme.Color(role)
		c.state.Text, c.shape.Resource = word, tintedShape(shape, role)
		c.paintRing(roleAccent)
	}
	c.init(c)
	return c
}

func colleagueLines(c phone.Colleague) (first, second string) {
	if c.Name == "" {
		return c.Number, ""
	}
	return c.Name, "Ext. " + c.Number
}

// colleagueState is a state's word, shape and colour.
func colleagueState(state string) (word, shape string, role fyne.ThemeColorName) {
	switch state {
	case "free":
		return "Free", "available", roleCall
	case "ringing":
		return "Ringing", "ringing", roleRinging
	case "on-call":
		return "On a call", "busy", roleAccent
	case "busy":
		return "Busy", "busy", roleAccent
	case "away":
		return "Away", "unavailable", roleAway
	}
	return "Not known", "unknown", roleOffline
}

func (c *colleagueRow) show(who phone.Colleague, chosen bool) {
	if c.who != who || c.chosen != chosen {
		c.who, c.chosen = who, chosen
		c.Refresh()
	}
}

// matching are the colleagues a typed text may mean, those who are free first, at most n.
func matching(list []phone.Colleague, typed string, n int) []phone.Colleague {
	var free, others []phone.Colleague
	typed = strings.ToLower(strings.TrimSpace(typed))
	for _, c := range list {
		switch {
		case !strings.Contains(strings.ToLower(c.Name), typed) && !strings.HasPrefix(c.Number, typed):
		case c.State == "free":
			free = append(free, c)
		default:
			others = append(others, c)
		}
	}
	all := append(free, others...)
	return all[:min(n, len(all))]
}
