package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"sidetone/sync/presence"
)

// statusRoles are a status's shape, its colour and the soft fill behind it.
func statusRoles(s presence.Status) (shape string, front, soft fyne.ThemeColorName) {
	switch s {
	case presence.Available:
		return "available", roleCall, roleSoftCall
	case presence.Busy:
		return "busy", roleAccent, roleSoftAccent
	case presence.WrapUp:
		return "wrap-up", roleWrap, roleSoftWrap
	case presence.Unavailable:
		return "unavailable", roleAway, roleSoftAway
	}
	return "offline", roleOffline, roleSoftOff
}

// statusPlate shows the agent's status and why, and opens the menu of statuses.
type statusPlate struct {
	pressable
	status  presence.Status
	away    bool // available, but no call rings here
	title   *canvas.Text
	why     *caption
	whole   string
	back    *canvas.Rectangle
	shape   *canvas.Image
	chevron *canvas.Image
}

const statusHeight = 56

func newStatusPlate(open func()) *statusPlate {
	s := &statusPlate{
		title: label("", sizeSubheading, true), why: newCaption(""),
		back: surface(12), shape: icon(nil), chevron: icon(nil), status: presence.Offline,
	}
	s.onTap = open
	s.ring = newRing(12)
	s.parts = []fyne.CanvasObject{s.ring, s.back, s.shape, s.title, s.why, s.chevron}
	s.least = func() fyne.Size { return fyne.NewSize(240, statusHeight) }
	s.lay = func(size fyne.Size) {
		place(s.ring, -3, -3, size.Width+6, size.Height+6)
		place(s.back, 0, 0, size.Width, size.Height)
		place(s.shape, 14, (size.Height-18)/2, 18, 18)
		s.layoutWords(size.Width - 44 - 40)
		place(s.chevron, size.Width-32, (size.Height-20)/2, 20, 20)
	}
	s.paint = func() {
		shape, front, soft := statusRoles(s.status)
		if s.away {
			shape, front, soft = "unavailable", roleHoldText, roleSoftHold
		}
		s.back.FillColor = s.shade(theme.Color(soft))
		s.title.Color = theme.Color(roleText)
		s.why.show(s.whole, "", roleText2)
		s.shape.Resource = tintedShape(shape, front)
		s.chevron.Resource = tinted("chevron-down", roleText2)
		s.paintRing(roleAccent)
	}
	s.init(s)
	return s
}

// layoutWords puts the reason under the title, on two lines where one has no room for it.
func (s *statusPlate) layoutWords(room float32) {
	if fyne.MeasureText(s.whole, sizeCaption, fyne.TextStyle{}).Width > room {
		textAt(s.title, 44, 3, 20)
		place(s.why, 44, 22, room, twoLines)
		return
	}
	textAt(s.title, 44, 7, 24)
	place(s.why, 44, 31, room, 18)
}

// show draws the status; away is why no call rings here although the agent is available, forwards where calls go that do, and rings
// whether calls come.
func (s *statusPlate) show(v presence.View, away, forwards, rings string) {
	why := v.Why
	switch {
	case away != "":
		why = away
	case v.Status == presence.Available && forwards != "":
		why = forwards
	case v.Status == presence.Available, v.Status == presence.Offline:
		why = rings + " " + why
	}
	if v.Notice != "" {
		why = strings.TrimSpace(away + " " + v.Notice)
	}
	if s.status == v.Status && s.away == (away != "") && s.title.Text == v.Label && s.whole == why {
		return
	}
	s.status, s.away, s.title.Text, s.whole = v.Status, away != "", v.Label, why
	s.Refresh()
}

// statusMenu lists the statuses an agent may choose, now or for after the call, and leads to why it is the present one.
func statusMenu(v presence.View, choose func(presence.Status), why func()) *fyne.Menu {
	var items []*fyne.MenuItem
	if v.Follows != "" && v.Status == presence.Busy {
		head := fyne.NewMenuItem("After the call", nil)
		head.Disabled = true
		items = append(items, head)
	}
	for _, st := range presence.Statuses() {
		item := fyne.NewMenuItem(st.Label(), func() { choose(st) })
		shape, front, _ := statusRoles(st)
		item.Icon = tintedShape(shape, front)
		items = append(items, item)
	}
	items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem(whyTitle(v), why))
	return fyne.NewMenu("", items...)
}

// bannerView is a problem in one sentence with one way out.
type bannerView struct {
	text   string
	detail string
	fix    string // word of the way out, empty: none
	bad    bool   // red rather than amber
	good   bool   // green: something came out well
}

// banner is the reserved slot for a warning: it keeps its height, empty or not.
type banner struct {
	piece
	view         bannerView
	back         *canvas.Rectangle
	image        *canvas.Image
	text         *canvas.Text
	detail, more *canvas.Text // more is the detail's second line
	last         *canvas.Text // the fourth line of one long sentence
	fix          *bigButton
}

const bannerHeight = 56

func newBanner(onFix func()) *banner {
	b := &banner{back: surface(12), image: icon(nil), text: label("", sizeText, true), detail: label("", sizeCaption, false), more: label("", sizeCaption, false), last: label("", sizeCaption, false)}
	b.fix = newButton(buttonQuiet, "", "", onFix)
	b.parts = []fyne.CanvasObject{b.back, b.image, b.text, b.detail, b.more, b.last, b.fix}
	b.least = func() fyne.Size { return fyne.NewSize(240, bannerHeight) }
	b.lay, b.paint = b.layout, b.colours
	b.init(b)
	return b
}

func (b *banner) show(v bannerView) {
	if b.view != v {
		b.view = v
		b.fix.setWord(v.fix)
		b.Refresh()
	}
}

// high is the height that keeps the whole text readable within a width: the slot's, or a line more.
func (b *banner) high(w float32) float32 {
	if b.view.fix != "" {
		w -= b.fix.MinSize().Width - 8
	}
	whole := strings.TrimSpace(b.view.text + " " + b.view.detail)
	if len(broken(whole, w-46-12, sizeCaption, false)) > 3 {
		return bannerHeight + 16
	}
	return bannerHeight
}

func (b *banner) layout(s fyne.Size) {
	place(b.back, 0, 0, s.Width, s.Height)
	place(b.image, 14, (s.Height-20)/2, 20, 20)
	whole := s.Width - 46 - 12
	room := whole // beside the way out
	wide := b.fix.MinSize().Width
	if b.view.fix != "" {
		room -= wide - 8
	}
	first, second := b.view.text, b.view.detail
	if second == "" && fyne.MeasureText(first, sizeText, fyne.TextStyle{Bold: true}).Width > room {
		first, second = split(first, room)
	}
	one := fyne.MeasureText(first, sizeText, fyne.TextStyle{Bold: true}).Width > room
	b.last.Text = ""
	for i, t := range []*canvas.Text{b.text, b.detail, b.more} {
		t.TextSize, t.TextStyle.Bold, t.Color = sizeCaption, i == 0, theme.Color(roleText2)
	}
	b.text.TextSize, b.text.Color = sizeText, theme.Color(roleText)
	if one {
		place(b.fix, s.Width-wide-2, (s.Height-40)/2, wide, 40)
		b.layoutOne(strings.TrimSpace(first+" "+second), room, s.Height)
		return
	}
	b.text.Text = fit(first, room, sizeText, true)
	place(b.fix, s.Width-wide-2, (s.Height-40)/2, wide, 40)
	lines := broken(second, room, sizeCaption, false)
	if len(lines) > 2 { // the way out stands beside the first line, and the detail has the whole width
		place(b.fix, s.Width-wide-2, 0, wide, 28)
		room = whole
		lines = broken(second, room, sizeCaption, false)
	}
	b.detail.Text, b.more.Text = "", ""
	switch len(lines) {
	case 0:
		textAt(b.text, 46, 0, s.Height)
	case 1:
		b.detail.Text = lines[0]
		textAt(b.text, 46, s.Height/2-20, 20)
		textAt(b.detail, 46, s.Height/2+1, 18)
	default:
		b.detail.Text, b.more.Text = lines[0], fit(strings.Join(lines[1:], " "), room, sizeCaption, false)
		textAt(b.text, 46, 3, 19)
		textAt(b.detail, 46, 22, 15)
		textAt(b.more, 46, 37, 15)
	}
}

// layoutOne puts one long sentence on as many lines as it needs, in one weight: bold on two, smaller on more.
func (b *banner) layoutOne(sentence string, room, height float32) {
	size, high := sizeText, float32(20)
	lines := broken(sentence, room, sizeText, true)
	if len(lines) > 2 {
		size, high = sizeCaption, 16
		lines = broken(sentence, room, sizeCaption, false)
	}
	if most := min(4, max(1, int(height/16))); len(lines) > most {
		lines = append(lines[:most-1:most-1], fit(strings.Join(lines[most-1:], " "), room, sizeCaption, false))
	}
	for i, t := range []*canvas.Text{b.text, b.detail, b.more, b.last} {
		t.Text, t.TextSize, t.Color = "", size, theme.Color(roleText)
		t.TextStyle.Bold = size == sizeText
		if i < len(lines) {
			t.Text = lines[i]
		}
		textAt(t, 46, (height-high*float32(len(lines)))/2+float32(i)*high, high)
	}
}

// split breaks a text that is too wide after its first sentence, if that fits. A sentence is never cut: half of it in another weight
// reads as two.
func split(text string, room float32) (first, second string) {
	for i, r := range text {
		if r == ' ' && i > 0 && text[i-1] == '.' && fyne.MeasureText(text[:i], sizeText, fyne.TextStyle{Bold: true}).Width <= room {
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

func (b *banner) colours() {
	hidden := b.view.text == ""
	for _, o := range b.parts {
		setHidden(o, hidden)
	}
	setHidden(b.fix, hidden || b.view.fix == "")
	soft, front, name := roleSoftHold, roleHoldText, "warning"
	switch {
	case b.view.bad:
		soft, front, name = roleSoftError, roleError, "failed"
	case b.view.good:
		soft, front, name = roleSoftCall, roleCall, "check"
	}
	b.back.FillColor = theme.Color(soft)
	b.image.Resource = tinted(name, front)
}

func setHidden(o fyne.CanvasObject, hidden bool) {
	if hidden {
		o.Hide()
		return
	}
	o.Show()
}
