package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"sidetone/internal/call"
	"sidetone/internal/phone"
	"sidetone/sync/calllog"
)

// notesView is what is typed about a call; the zero value is none.
type notesView struct {
	call              call.ID
	note, disposition string
	may               []string // dispositions to choose from
}

func notesOf(s phone.Snapshot) notesView {
	if s.Draft == nil {
		return notesView{}
	}
	return notesView{call: s.Draft.Call, note: s.Draft.Note, disposition: s.Draft.Disposition, may: s.Log.Dispositions}
}

// typingPause is how long after the last key a note is sent: what a crash can lose.
const typingPause = 500 * time.Millisecond

// noDisposition takes a chosen one back.
const noDisposition = "No disposition"

// notesPane is the field for a call's note and the choice of its disposition. It is touched by Fyne's goroutine alone.
type notesPane struct {
	do       func(phone.Command)
	later    func(time.Duration, func()) // runs a function on Fyne's goroutine, later
	view     notesView
	dirty    bool // typed and not sent
	keys     int  // counts changes, so that only the last one's pause sends
	filling  bool // the text is put in by us
	field    *noteEntry
	choice   *widget.Select
	coloured fyne.CanvasObject // the choice in its own colours
	frame    *outline
	half     bool // something stands beside the choice
	content  *fyne.Container
}

func newNotesPane(do func(phone.Command)) *notesPane {
	p := &notesPane{do: do, later: func(time.Duration, func()) {}}
	p.field = newNoteEntry(p.flush)
	p.field.OnChanged = p.typed
	p.choice = widget.NewSelect(nil, p.choose)
	p.choice.PlaceHolder = "Choose a disposition"
	p.coloured = container.NewThemeOverride(p.choice, softFocus{})
	p.frame = newOutline()
	p.content = &fyne.Container{Layout: p, Objects: []fyne.CanvasObject{p.frame, p.coloured, p.field}}
	return p
}

// typed notes that the text changed, and cuts what is too long.
func (p *notesPane) typed(text string) {
	if p.filling {
		return
	}
	if r := []rune(text); len(r) > calllog.MaxNote {
		p.fill(string(r[:calllog.MaxNote]))
	}
	p.dirty = true
	p.keys++
	mine := p.keys
	p.later(typingPause, func() {
		if mine == p.keys {
			p.flush()
		}
	})
}

// flush sends what is not sent yet.
func (p *notesPane) flush() {
	if p.dirty {
		p.dirty = false
		p.do(phone.Command{Do: phone.Note, Call: p.view.call, Text: p.field.Text, Origin: "window"})
	}
}

func (p *notesPane) choose(name string) {
	if name == noDisposition {
		name = ""
	}
	if !p.filling && name != p.view.disposition {
		p.do(phone.Command{Do: phone.Disposition, Call: p.view.call, Text: name, Origin: "window"})
	}
}

func (p *notesPane) fill(text string) {
	p.filling = true
	p.field.SetText(text)
	p.filling = false
}

// show draws a view; what is being typed is not overwritten by its own echo.
func (p *notesPane) show(v notesView) {
	if v.call != p.view.call {
		p.flush() // of the call before
		p.view = notesView{call: v.call}
		p.fill(v.note)
	}
	if !p.dirty && !p.field.focused && p.field.Text != v.note {
		p.fill(v.note)
	}
	p.view = v
	p.filling = true
	p.choice.Options = v.may
	if v.disposition != "" {
		p.choice.Options = append(append([]string{}, v.may...), noDisposition)
	}
	if p.choice.Selected != v.disposition {
		p.choice.Selected = v.disposition
		p.choice.Refresh()
	}
	p.filling = false
	setHidden(p.content, v.call == "")
	setHidden(p.coloured, len(v.may) == 0)
	setHidden(p.frame, len(v.may) == 0)
}

// Layout implements fyne.Layout: the choice on one line, the field in the rest.
func (p *notesPane) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	y := float32(0)
	if len(p.view.may) > 0 {
		wide := s.Width
		if p.half {
			wide = (s.Width - 6) / 2
		}
		place(p.frame, 0, 0, wide, 36)
		place(p.coloured, 1, 1, wide-2, 34)
		y = 42
	}
	place(p.field, 0, y, s.Width, max(36, s.Height-y))
}

// least is the height below which the field cannot be written in.
func (p *notesPane) least() float32 {
	if len(p.view.may) > 0 {
		return 42 + 36
	}
	return 36
}

// MinSize implements fyne.Layout.
func (p *notesPane) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(200, 36) }

// outline is the edge of a field that has none of its own.
type outline struct {
	piece
	edge *canvas.Rectangle
}

func newOutline() *outline {
	o := &outline{edge: surface(10)}
	o.parts = []fyne.CanvasObject{o.edge}
	o.least = func() fyne.Size { return fyne.NewSize(36, 36) }
	o.lay = func(s fyne.Size) { place(o.edge, 0, 0, s.Width, s.Height) }
	o.paint = func() {
		o.edge.FillColor, o.edge.StrokeColor, o.edge.StrokeWidth = theme.Color(roleCard), theme.Color(roleEdge), 1
	}
	o.init(o)
	return o
}

// noteEntry is a field of several lines that says when it is left.
type noteEntry struct {
	widget.Entry
	focused bool
	left    func()
}

func newNoteEntry(left func()) *noteEntry {
	e := &noteEntry{left: left}
	e.ExtendBaseWidget(e)
	e.MultiLine, e.Wrapping, e.Scroll = true, fyne.TextWrapWord, fyne.ScrollVerticalOnly
	e.PlaceHolder = "Notes for Kustomer"
	return e
}

// FocusGained implements fyne.Focusable.
func (e *noteEntry) FocusGained() {
	e.focused = true
	e.Entry.FocusGained()
}

// FocusLost implements fyne.Focusable.
func (e *noteEntry) FocusLost() {
	e.focused = false
	e.Entry.FocusLost()
	e.left()
}
