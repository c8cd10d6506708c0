package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"sidetone/internal/call"
	"sidetone/internal/phone"
)

// forwardsOf says where calls go that do not ring here to the end, in one sentence; empty: nowhere.
func forwardsOf(f phone.Forward) string {
	if f.Always != "" {
		return "Every call goes to " + f.Always + "."
	}
	var parts []string
	if f.NoAnswer != "" {
		parts = append(parts, "to "+f.NoAnswer+" when nobody answers")
	}
	if f.Busy != "" {
		parts = append(parts, "to "+f.Busy+" when you are busy")
	}
	if len(parts) == 0 {
		return ""
	}
	return "Calls go " + strings.Join(parts, ", ") + "."
}

// endForwarding are the commands that end what is on.
func endForwarding(f phone.Forward) []phone.Command {
	var list []phone.Command
	for _, m := range forwardModes(f) {
		if m.to != "" {
			list = append(list, phone.Command{Do: phone.SetForward, Mode: m.mode, Origin: "window"})
		}
	}
	return list
}

// forwardMode is one of the ways to forward, and where it leads now.
type forwardMode struct{ mode, word, to string }

func forwardModes(f phone.Forward) [3]forwardMode {
	return [3]forwardMode{{"always", "Always", f.Always}, {"busy", "When you are busy", f.Busy}, {"no-answer", "When nobody answers", f.NoAnswer}}
}

// forwardPane sets where calls go. It stands over the phone; what it shows is what the phone says, never what was asked for.
type forwardPane struct {
	do      func(phone.Command)
	title   *title
	close   *iconButton
	rows    [3]*forwardRow
	hint    *caption
	result  *banner
	content *fyne.Container
}

// forwardRow is one way: a field and what sets it, or where it leads and what ends it.
type forwardRow struct {
	mode   forwardMode
	word   *caption
	number *numberEntry
	to     *caption
	button *bigButton
}

func newForwardPane(do func(phone.Command), closed func()) *forwardPane {
	p := &forwardPane{do: do, title: newTitle("Forward calls"), hint: newCaption(""), result: newBanner(nil)}
	p.close = newIconButton("close", 32, closed)
	p.hint.show("Forwarding set here ends when Sidetone is closed.", "", roleText2)
	p.content = &fyne.Container{Layout: p, Objects: []fyne.CanvasObject{p.title, p.close, p.hint, p.result}}
	for i := range p.rows {
		r := &forwardRow{word: newCaption(""), to: newCaption("")}
		r.number = newNumberEntry(func() { p.set(r) })
		r.number.escape = closed
		r.button = newButton(buttonPlain, "Set", "", func() { p.set(r) })
		r.button.height = 36
		r.word.text.TextStyle.Bold = true
		p.rows[i] = r
		p.content.Objects = append(p.content.Objects, r.word, r.number, r.to, r.button)
	}
	p.show(phone.Forward{})
	p.content.Hide()
	return p
}

// set begins one way of forwarding, or ends it.
func (p *forwardPane) set(r *forwardRow) {
	p.result.show(bannerView{})
	to := ""
	if r.mode.to == "" {
		to = strings.TrimSpace(r.number.Text)
		if to == "" {
			p.result.show(bannerView{text: "Type the number that calls go to."})
			return
		}
	}
	p.do(phone.Command{Do: phone.SetForward, Mode: r.mode.mode, Number: to, Origin: "window"})
}

// show draws what is on now.
func (p *forwardPane) show(f phone.Forward) {
	for i, m := range forwardModes(f) {
		r := p.rows[i]
		if r.mode == m {
			continue
		}
		if m.to != "" {
			r.number.SetText("")
		}
		r.mode = m
		r.word.show(m.word, "", roleText)
		r.to.show("Calls go to "+call.Plain(m.to)+".", "transfer", roleHoldText)
		setHidden(r.number, m.to != "")
		setHidden(r.to, m.to == "")
		word := "Set"
		if m.to != "" {
			word = "End"
		}
		r.button.setWord(word)
	}
}

// refused says why something was not set.
func (p *forwardPane) refused(text string) { p.result.show(bannerView{text: text, bad: true}) }

// Layout implements fyne.Layout.
func (p *forwardPane) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	const wide = 76
	place(p.title, 4, 4, s.Width-44, 32)
	place(p.close, s.Width-34, 4, 32, 32)
	y := float32(52)
	for _, r := range p.rows {
		place(r.word, 2, y, s.Width-4, 18)
		place(r.number, 0, y+22, s.Width-wide-6, 36)
		place(r.to, 2, y+22, s.Width-wide-10, 36)
		place(r.button, s.Width-wide, y+22, wide, 36)
		y += 22 + 36 + 14
	}
	place(p.hint, 2, y, s.Width-4, 18)
	place(p.result, 0, s.Height-bannerHeight, s.Width, bannerHeight)
}

// MinSize implements fyne.Layout.
func (p *forwardPane) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(296, 400) }
