package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"sidetone/internal/call"
)

// History is where the list of ended calls comes from.
type History interface {
	Recent(context.Context, call.Query) ([]call.Record, error)
}

// entry is one line of the history list: a day's heading or a call.
type entry struct {
	heading string
	record  call.Record
}

// entries puts a heading before the first call of each day; records come newest first.
func entries(records []call.Record, now time.Time) []entry {
	var out []entry
	last := ""
	for _, r := range records {
		day := dayName(r.Call.CreatedAt.Local(), now)
		if day != last {
			out = append(out, entry{heading: day})
			last = day
		}
		out = append(out, entry{record: r})
	}
	return out
}

func dayName(t, now time.Time) string {
	midnight := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	switch days := int(midnight(now).Sub(midnight(t)).Hours() / 24); {
	case days <= 0:
		return "Today"
	case days == 1:
		return "Yesterday"
	case days < 7:
		return t.Format("Monday")
	case t.Year() == now.Year():
		return t.Format("Monday 2 January")
	}
	return t.Format("2 January 2006")
}

// historyPane is the list of ended calls with its search field and filters.
type historyPane struct {
	source  History
	ask     func(work func() func()) // runs work elsewhere and its result on the UI's goroutine
	redial  func(number string)
	query   call.Query
	rows    []entry
	asked   int // counts requests, so that a slow answer cannot replace a newer one
	list    *widget.List
	search  *widget.Entry
	chips   []*chip
	empty   *widget.Label
	content fyne.CanvasObject
	now     func() time.Time
}

func newHistoryPane(source History, ask func(func() func()), redial func(string)) *historyPane {
	h := &historyPane{source: source, ask: ask, redial: redial}
	h.list = widget.NewList(func() int { return len(h.rows) }, func() fyne.CanvasObject { return newRow() }, h.fill)
	h.list.HideSeparators = true
	h.list.OnSelected = h.selected
	h.search = widget.NewEntry()
	h.search.PlaceHolder = "Search names and numbers"
	h.search.OnChanged = func(s string) { h.query.Search = s; h.reload() }
	h.empty = widget.NewLabelWithStyle("", fyne.TextAlignCenter, fyne.TextStyle{})
	h.empty.Wrapping = fyne.TextWrapWord
	h.chips = []*chip{
		newChip("All", func() { h.filter(0) }), newChip("Missed", func() { h.filter(1) }),
		newChip("In", func() { h.filter(2) }), newChip("Out", func() { h.filter(3) }),
	}
	h.chips[0].choose(true)
	h.content = &fyne.Container{Layout: paneLayout{}, Objects: []fyne.CanvasObject{
		newTitle("History"), h.search, container.New(flow{gap: 8}, h.chips[0], h.chips[1], h.chips[2], h.chips[3]),
		container.NewStack(container.NewCenter(container.NewGridWrap(fyne.NewSize(240, 60), h.empty)), h.list),
	}}
	return h
}

func (h *historyPane) filter(i int) {
	for n, c := range h.chips {
		c.choose(n == i)
	}
	h.query.Missed, h.query.Only = i == 1, ""
	switch i {
	case 2:
		h.query.Only = call.Incoming
	case 3:
		h.query.Only = call.Outgoing
	}
	h.reload()
}

// reload reads the journal elsewhere and shows what it found.
func (h *historyPane) reload() {
	h.asked++
	mine, q := h.asked, h.query
	q.Limit = 500
	h.ask(func() func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		records, err := h.source.Recent(ctx, q)
		return func() {
			if mine == h.asked {
				h.show(records, err)
			}
		}
	})
}

func (h *historyPane) show(records []call.Record, err error) {
	h.rows = entries(records, h.now())
	switch {
	case err != nil:
		h.empty.SetText(err.Error() + ".")
	case len(records) == 0 && (h.query.Search != "" || h.query.Missed || h.query.Only != ""):
		h.empty.SetText("No call matches.")
	case len(records) == 0:
		h.empty.SetText("Your calls will be listed here.")
	default:
		h.empty.SetText("")
	}
	h.list.UnselectAll()
	h.list.Refresh()
}

func (h *historyPane) fill(i widget.ListItemID, o fyne.CanvasObject) {
	if i < len(h.rows) {
		o.(*row).show(rowOf(h.rows[i], h.now()))
	}
}

func (h *historyPane) selected(i widget.ListItemID) {
	if i < len(h.rows) && h.rows[i].heading == "" {
		h.redial(h.rows[i].record.Call.Remote.Number)
	}
}

// rowView is what one row shows.
type rowView struct {
	heading             string
	icon                string
	iconRole            fyne.ThemeColorName
	first, second, time string
}

func rowOf(e entry, now time.Time) rowView {
	if e.heading != "" {
		return rowView{heading: e.heading}
	}
	c := e.record.Call
	v := rowView{icon: "outgoing", iconRole: roleText2, time: c.CreatedAt.Local().Format("15:04")}
	if c.Direction == call.Incoming {
		v.icon = "incoming"
	}
	if c.Missed() {
		v.icon, v.iconRole = "missed", roleError
	}
	v.first, v.second = who(c.Remote)
	switch {
	case !c.AnsweredAt.IsZero():
		v.second = join(v.second, inWords(c.Duration(now)))
	case c.Missed() && c.Reason.Cause != call.DoNotDisturb && c.Reason.Cause != call.Busy:
		v.second = join(v.second, "Rang "+inWords(c.EndedAt.Sub(c.CreatedAt)))
	default:
		v.second = join(v.second, c.Reason.Sentence(c.Direction))
	}
	return v
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + " · " + b
}

// row is one line of a list: icon, two lines of text, a time at the right; or a heading.
type row struct {
	piece
	view                 rowView
	image                *canvas.Image
	first, second, right *canvas.Text
}

func newRow() *row {
	r := &row{
		image: icon(nil), first: label("", sizeText, true), second: label("", sizeCaption, false),
		right: label("", sizeCaption, false),
	}
	r.parts = []fyne.CanvasObject{r.image, r.first, r.second, r.right}
	r.least = func() fyne.Size { return fyne.NewSize(200, 48) }
	r.lay, r.paint = r.layout, r.colours
	r.init(r)
	return r
}

func (r *row) show(v rowView) {
	if r.view != v {
		r.view = v
		r.Refresh()
	}
}

func (r *row) layout(s fyne.Size) {
	if r.view.heading != "" {
		r.first.Text = r.view.heading
		textAt(r.first, 8, s.Height-28, 20)
		return
	}
	place(r.image, 8, (s.Height-20)/2, 20, 20)
	textRight(r.right, s.Width-10, 0, s.Height)
	room := s.Width - 40 - 24 - r.right.MinSize().Width
	r.first.Text = fit(r.view.first, room, sizeText, true)
	r.second.Text = fit(r.view.second, room, sizeCaption, false)
	textAt(r.first, 40, s.Height/2-20, 20)
	textAt(r.second, 40, s.Height/2+1, 18)
}

func (r *row) colours() {
	heading := r.view.heading != ""
	setHidden(r.image, heading)
	setHidden(r.second, heading)
	setHidden(r.right, heading)
	r.first.Color, r.second.Color, r.right.Color = theme.Color(roleText), theme.Color(roleText2), theme.Color(roleText2)
	if heading {
		r.first.Color = theme.Color(roleText2)
		return
	}
	r.right.Text = r.view.time
	if r.view.icon != "" {
		r.image.Resource = tinted(r.view.icon, r.view.iconRole)
	}
}
