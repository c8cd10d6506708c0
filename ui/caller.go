package ui

import (
	"cmp"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"sidetone/internal/call"
	"sidetone/internal/customer"
	"sidetone/internal/phone"
)

// callerView is what can be done about the other side of a call in Kustomer.
type callerView struct {
	call    call.ID
	text    string // what is known; empty where the plate says it
	word    string // of the button; empty: there is none
	verb    phone.Verb
	choices []customer.Match
	listed  bool // the choices are a list, else a menu under the button
	now     time.Time
}

// callerOf makes the view of a call. While it rings, the plate says what is known; in the wrap-up a known customer needs
// nothing any more.
func callerOf(s phone.Snapshot, id call.ID, sc scene, now time.Time) callerView {
	l, ok := s.Customer(id)
	if !ok {
		return callerView{}
	}
	v := callerView{call: id, text: known(l, now), now: now}
	switch _, one := l.Match(); {
	case one && sc == sceneWrapUp:
		return callerView{}
	case one:
		v.word, v.verb = "Open", phone.Open
	case l.State == customer.Found:
		v.choices, v.listed, v.word = l.Matches, sc == sceneIncoming, "Choose"
	case l.State == customer.Unknown, l.State == customer.Failed:
		v.word, v.verb = "Create customer", phone.Create
	}
	switch {
	case sc == sceneIncoming && v.listed:
		v.text, v.word = "", ""
	case sc == sceneIncoming && v.verb == phone.Open:
		v.text, v.word = "", "Open in Kustomer"
	case sc == sceneIncoming:
		v.text = ""
	case sc == sceneWrapUp && v.verb == "" && len(v.choices) > 0 && len(s.Log.Dispositions) > 0:
		v.text, v.word = "", "Choose customer"
	case sc == sceneWrapUp && v.verb == phone.Create && len(s.Log.Dispositions) > 0:
		v.text = "" // the disposition stands beside it
	}
	return v
}

// known is what Kustomer knows of a caller, on one line.
func known(l customer.Lookup, now time.Time) string {
	switch l.State {
	case customer.Searching:
		return "Looking in Kustomer…"
	case customer.Creating:
		return "Creating the customer…"
	case customer.Unknown:
		return "Not known in Kustomer yet."
	case customer.Failed:
		return l.Why
	}
	if m, ok := l.Match(); ok {
		return talk(m.Last, now)
	}
	return fmt.Sprintf("%d customers have this number.", len(l.Matches))
}

// known puts the customer's name, the company and, while there is no voice to draw, what else is known on a plate.
func (v *plateView) known(s phone.Snapshot, c call.Call, now time.Time) {
	l, ok := s.Customer(c.ID)
	if !ok {
		return
	}
	if m, ok := l.Match(); ok {
		name, number := s.Who(c)
		v.name, v.number = name, join(m.Company, number)
		if name == "" {
			v.name, v.number = number, m.Company
		}
	}
	if len(l.Matches) > 1 && v.number == unknownCaller {
		v.number = "" // one of several is not unknown
	}
	if !v.voice {
		v.strip = known(l, now)
	}
}

// talk is the last conversation on one line.
func talk(c customer.Conversation, now time.Time) string {
	if c.ID == "" {
		return "No conversation yet."
	}
	text := ago(c.At, now) + ": “" + c.Name + "”"
	if c.Open { // first: the end is what is cut
		text = "Open · " + text
	}
	return text
}

// ago is how long ago something was, as people say it.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return "Last"
	}
	d := now.Sub(t)
	for _, u := range []struct {
		name string
		long time.Duration
	}{{"year", 365 * 24 * time.Hour}, {"month", 30 * 24 * time.Hour}, {"week", 7 * 24 * time.Hour}, {"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		switch n := int(d / u.long); {
		case n == 1:
			return "1 " + u.name + " ago"
		case n > 1:
			return fmt.Sprintf("%d %ss ago", n, u.name)
		}
	}
	return "Just now"
}

// callerPane is the row under a call's controls, or a short list to choose from.
type callerPane struct {
	do      func(phone.Command)
	view    callerView
	text    *caption
	button  *bigButton
	choices [customer.MaxMatches]*choiceRow
	content *fyne.Container
	menu    func(under fyne.CanvasObject, entries []string, chosen func(int))
}

const (
	callerHeight = 36
	choiceHeight = 44
	choiceGap    = 6 // as between controls
)

func newCallerPane(do func(phone.Command)) *callerPane {
	p := &callerPane{do: do, text: newCaption("contacts")}
	p.button = newButton(buttonPlain, "", "link", p.act)
	p.button.height = callerHeight
	p.content = &fyne.Container{Layout: p, Objects: []fyne.CanvasObject{p.text, p.button}}
	for i := range p.choices {
		p.choices[i] = newChoiceRow(func() { p.choose(i) })
		p.content.Objects = append(p.content.Objects, p.choices[i])
	}
	return p
}

func (p *callerPane) act() {
	if len(p.view.choices) > 0 {
		var names []string
		for _, m := range p.view.choices {
			first, second := choiceLines(m, p.view.now)
			names = append(names, first+" · "+second)
		}
		p.menu(p.button, names, p.choose)
		return
	}
	p.do(phone.Command{Do: p.view.verb, Call: p.view.call, Origin: "window"})
}

func (p *callerPane) choose(i int) {
	if i < len(p.view.choices) {
		p.do(phone.Command{Do: phone.Choose, Call: p.view.call, Customer: p.view.choices[i].ID, Origin: "window"})
	}
}

// show draws a view and says how high it is; 0: there is nothing to show.
func (p *callerPane) show(v callerView) float32 {
	p.view = v
	setHidden(p.text, v.text == "")
	setHidden(p.button, v.word == "")
	p.text.show(v.text, "contacts", roleText2)
	p.button.setWord(v.word)
	for i, c := range p.choices {
		shown := v.listed && i < len(v.choices)
		setHidden(c, !shown)
		if shown {
			c.show(v.choices[i], v.now)
		}
	}
	p.Layout(nil, p.content.Size())
	return p.height()
}

func (p *callerPane) height() float32 {
	switch v := p.view; {
	case v.listed:
		return float32(len(v.choices))*(choiceHeight+choiceGap) - choiceGap
	case v.text == "" && v.word == "":
		return 0
	}
	return callerHeight
}

// Layout implements fyne.Layout.
func (p *callerPane) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	wide := float32(0)
	if p.view.word != "" {
		wide = min(s.Width, p.button.contentWidth()+24)
	}
	if p.view.text == "" {
		wide = s.Width
	}
	place(p.button, s.Width-wide, 0, wide, callerHeight)
	place(p.text, 2, 0, max(0, s.Width-wide-10), callerHeight)
	for i, c := range p.choices {
		place(c, 0, float32(i)*(choiceHeight+choiceGap), s.Width, choiceHeight)
	}
}

// MinSize implements fyne.Layout.
func (p *callerPane) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(200, 0) }

// choiceRow is one of several customers: the name, and what tells them apart.
type choiceRow struct {
	pressable
	first, second string
	back          *canvas.Rectangle
	name, more    *canvas.Text
}

func newChoiceRow(tap func()) *choiceRow {
	c := &choiceRow{back: surface(10), name: label("", sizeText, true), more: label("", sizeCaption, false)}
	c.onTap, c.ring = tap, newRing(10)
	c.parts = []fyne.CanvasObject{c.ring, c.back, c.name, c.more}
	c.least = func() fyne.Size { return fyne.NewSize(160, choiceHeight) }
	c.lay = func(s fyne.Size) {
		place(c.ring, -3, -3, s.Width+6, s.Height+6)
		place(c.back, 0, 0, s.Width, s.Height)
		c.name.Text = fit(c.first, s.Width-24, sizeText, true)
		c.more.Text = fit(c.second, s.Width-24, sizeCaption, false)
		textAt(c.name, 12, 3, 20)
		textAt(c.more, 12, 23, 18)
	}
	c.paint = func() {
		c.back.FillColor, c.name.Color, c.more.Color = c.fill(roleCard), theme.Color(roleText), theme.Color(roleText2)
		c.back.StrokeColor, c.back.StrokeWidth = theme.Color(roleEdge), 1
		c.paintRing(roleAccent)
	}
	c.init(c)
	return c
}

// choiceLines are a customer's name and what tells one from another.
func choiceLines(m customer.Match, now time.Time) (first, second string) {
	second = talk(m.Last, now)
	if m.Company != "" {
		second = join(m.Company, second)
	}
	return cmp.Or(m.Name, m.ID), second
}

func (c *choiceRow) show(m customer.Match, now time.Time) {
	first, second := choiceLines(m, now)
	if c.first != first || c.second != second {
		c.first, c.second = first, second
		c.Refresh()
	}
}
