package ui

import (
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"sidetone/internal/call"
	"sidetone/internal/phone"
)

// chooseWhat is what the number that is chosen is for.
type chooseWhat int

const (
	chooseNothing chooseWhat = iota
	chooseTransfer
	chooseCall   // a further call
	chooseDivert // where a ringing call goes
)

// chooser asks for a number during a call: whom it is passed on to, or who is called beside it.
type chooser struct {
	do      func(phone.Command)
	closed  func()
	what    chooseWhat
	call    call.ID
	title   *title
	close   *iconButton
	number  *numberEntry
	field   fyne.CanvasObject
	slab    *dialSlab
	hint    *caption
	rows    [5]*colleagueRow
	all     []phone.Colleague
	shown   []phone.Colleague
	tapped  string // the number of the one that was tapped: the others stay in the list
	first   *bigButton
	second  *bigButton
	content *fyne.Container
}

func newChooser(do func(phone.Command), closed func()) *chooser {
	c := &chooser{do: do, closed: closed, title: newTitle("Transfer"), hint: newCaption("hold")}
	c.close = newIconButton("close", 32, closed)
	c.number = newNumberEntry(func() { c.primary() })
	c.number.OnChanged = func(string) { c.allow() }
	c.number.PlaceHolder = "Name or number"
	c.field = container.NewThemeOverride(c.number, bigText{})
	c.number.escape = closed
	c.slab = newDialSlab(c.number.append)
	c.first = newButton(buttonPrimary, "Ask first", "phone", c.primary)
	c.first.height, c.first.size = 48, sizeSubheading
	c.first.text.TextSize = sizeSubheading
	c.second = newButton(buttonPlain, "Transfer now", "transfer", c.secondary)
	c.content = &fyne.Container{Layout: c, Objects: []fyne.CanvasObject{c.title, c.close, c.field, c.slab, c.hint, c.first, c.second}}
	for i := range c.rows {
		c.rows[i] = newColleagueRow(func() {
			c.tapped = c.shown[i].Number
			c.number.SetText(c.tapped)
			c.number.CursorColumn = len(c.tapped)
			c.number.Refresh()
		})
		c.content.Objects = append(c.content.Objects, c.rows[i])
	}
	c.content.Hide()
	return c
}

// open asks for a number; name is who waits meanwhile.
func (c *chooser) open(what chooseWhat, id call.ID, name string) {
	c.what, c.call, c.tapped = what, id, ""
	c.number.SetText("")
	heading, word, hint := "Transfer", "Ask first", name+" will wait on hold while you ask."
	if what == chooseCall {
		heading, word, hint = "Add a call", "Call", name+" will wait on hold meanwhile."
	}
	if what == chooseDivert {
		heading, word, hint = "Divert", "Divert", name+" will ring there instead of here."
	}
	c.title.text.Text = heading
	c.title.Refresh()
	c.first.name = "phone"
	c.hint.show(hint, "hold", roleHoldText)
	if what == chooseDivert {
		c.first.name = "transfer"
		c.hint.show(hint, "transfer", roleText2)
	}
	c.first.word = word
	c.first.Refresh()
	setHidden(c.second, what != chooseTransfer)
	c.allow()
	c.Layout(nil, c.content.Size())
	c.content.Show()
}

// know takes the colleagues there are. Those that fit what is typed stand in the place of the keys.
func (c *chooser) know(list []phone.Colleague) {
	c.all = list
	c.list()
}

func (c *chooser) list() {
	typed := c.number.Text
	if typed == c.tapped {
		typed = ""
	}
	c.shown = matching(c.all, typed, len(c.rows))
	setHidden(c.slab, len(c.all) > 0)
	for i, r := range c.rows {
		setHidden(r, i >= len(c.shown))
		if i < len(c.shown) {
			r.show(c.shown[i], c.shown[i].Number == c.chosen())
		}
	}
}

// chosen is the number that is meant: what was typed, or that of the first colleague whose name begins so.
func (c *chooser) chosen() string {
	text := c.number.Text
	if len(c.shown) > 0 && strings.ContainsFunc(text, unicode.IsLetter) {
		return c.shown[0].Number
	}
	return text
}

func (c *chooser) allow() {
	c.list()
	none := c.chosen() == ""
	c.first.setDisabled(none)
	c.second.setDisabled(none)
}

// primary is the filled button.
func (c *chooser) primary() {
	verb := phone.Consult
	switch c.what {
	case chooseCall:
		verb = phone.Dial
	case chooseDivert:
		verb = phone.Divert
	}
	c.send(verb)
}

// secondary passes the call on without a word.
func (c *chooser) secondary() { c.send(phone.Transfer) }

func (c *chooser) send(v phone.Verb) {
	to := c.chosen()
	if to == "" {
		return
	}
	cmd := phone.Command{Do: v, Call: c.call, Number: to, Origin: "window"}
	if v == phone.Dial {
		cmd.Call = ""
	}
	c.do(cmd)
	c.closed()
}

// Layout implements fyne.Layout.
func (c *chooser) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	place(c.title, 4, 4, s.Width-44, 32)
	place(c.close, s.Width-34, 4, 32, 32)
	place(c.field, 0, 46, s.Width, 48)
	bottom := s.Height - 40
	place(c.second, 0, bottom, s.Width, 40)
	if c.what == chooseTransfer {
		bottom -= 54
	} else {
		bottom = s.Height - 48
	}
	place(c.first, 0, bottom, s.Width, 48)
	place(c.hint, 4, bottom-6-twoLines, s.Width-8, twoLines)
	place(c.slab, 0, 106, s.Width, min(220, bottom-6-twoLines-106-8))
	for i, r := range c.rows {
		place(r, 0, 106+float32(i)*(colleagueHeight+4), s.Width, colleagueHeight)
	}
}

// MinSize implements fyne.Layout.
func (c *chooser) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(296, 400) }
