package ui

import (
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
	chooseCall // a further call
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
	first   *bigButton
	second  *bigButton
	content *fyne.Container
}

func newChooser(do func(phone.Command), closed func()) *chooser {
	c := &chooser{do: do, closed: closed, title: newTitle("Transfer"), hint: newCaption("hold")}
	c.close = newIconButton("close", 32, closed)
	c.number = newNumberEntry(func() { c.primary() })
	c.number.OnChanged = func(string) { c.allow() }
	c.field = container.NewThemeOverride(c.number, bigText{})
	c.slab = newDialSlab(func(k string) {
		c.number.SetText(c.number.Text + k)
		c.number.CursorColumn = len([]rune(c.number.Text))
		c.number.Refresh()
	})
	c.first = newButton(buttonPrimary, "Ask first", "phone", c.primary)
	c.first.height, c.first.size = 48, sizeSubheading
	c.first.text.TextSize = sizeSubheading
	c.second = newButton(buttonPlain, "Transfer now", "transfer", c.secondary)
	c.content = &fyne.Container{Layout: c, Objects: []fyne.CanvasObject{c.title, c.close, c.field, c.slab, c.hint, c.first, c.second}}
	c.content.Hide()
	return c
}

// open asks for a number; name is who waits meanwhile.
func (c *chooser) open(what chooseWhat, id call.ID, name string) {
	c.what, c.call = what, id
	c.number.SetText("")
	heading, word, hint := "Transfer", "Ask first", name+" waits on hold while you ask."
	if what == chooseCall {
		heading, word, hint = "Add a call", "Call", name+" waits on hold meanwhile."
	}
	c.title.text.Text = heading
	c.title.Refresh()
	c.first.setWord(word)
	c.hint.show(hint, "hold", roleHoldText)
	setHidden(c.second, what != chooseTransfer)
	c.allow()
	c.Layout(nil, c.content.Size())
	c.content.Show()
}

func (c *chooser) allow() {
	none := c.number.Text == ""
	c.first.setDisabled(none)
	c.second.setDisabled(none)
}

// primary is the filled button.
func (c *chooser) primary() {
	verb := phone.Consult
	if c.what == chooseCall {
		verb = phone.Dial
	}
	c.send(verb)
}

// secondary passes the call on without a word.
func (c *chooser) secondary() { c.send(phone.Transfer) }

func (c *chooser) send(v phone.Verb) {
	if c.number.Text == "" {
		return
	}
	cmd := phone.Command{Do: v, Call: c.call, Number: c.number.Text, Origin: "window"}
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
	place(c.hint, 4, bottom-32, s.Width-8, 24)
	place(c.slab, 0, 106, s.Width, min(220, bottom-32-106-8))
}

// MinSize implements fyne.Layout.
func (c *chooser) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(296, 400) }
