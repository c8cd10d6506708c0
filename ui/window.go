package ui

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"sidetone/assets"
	"sidetone/internal/call"
	"sidetone/internal/health"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
)

// Phone is what the window shows and drives.
type Phone interface {
	Do(context.Context, phone.Command) (call.ID, error)
	Watch(context.Context) <-chan phone.Snapshot
	WatchLevels(context.Context) <-chan phone.Levels
}

// Ports are the window's other sides.
type Ports struct {
	Phone   Phone
	History History
	Setup   Setup
	Pairing Pairing // nil: the bridge is off
}

// Window is the phone's window. Everything in it is touched by Fyne's goroutine alone; Follow brings the news there.
type Window struct {
	ports    Ports
	dispatch func(func()) // runs a function on Fyne's goroutine: the only way there
	now      func() time.Time

	win       fyne.Window
	pane      *phonePane
	history   *historyPane
	setup     *setupPane
	link      *kustomerPane
	lists     *fyne.Container
	frame     *fyne.Container
	rail      []*iconButton
	voicemail *iconButton
	back      *iconButton // from a list to the phone, where the window is narrow
	listed    bool        // a list stands in the place of the phone there
	front     int         // the list in front
	before    int         // the one before pairing began
	last      phone.Snapshot
	records   uint64
	drawn     bool
	turn      chan struct{} // closed when the last command was answered; nil: there was none
}

// Size is the window's first size.
func Size() fyne.Size { return fyne.NewSize(760, 560) }

// New builds the window without showing it. Dispatch is fyne.Do, or a stand-in that runs functions one at a time.
func New(a fyne.App, ports Ports, dispatch func(func())) *Window {
	return newWindow(a, ports, dispatch, time.Now)
}

func newWindow(a fyne.App, ports Ports, dispatch func(func()), now func() time.Time) *Window {
	w := &Window{ports: ports, dispatch: dispatch, now: now}
	a.SetIcon(fyne.NewStaticResource("icon.png", assets.AppIcon()))
	w.win = a.NewWindow("Sidetone")
	w.pane = newPhonePane(w.do, w.fix)
	w.pane.showStatusMenuUnder, w.pane.now = w.statusMenu, now
	w.pane.caller.menu = w.menu
	w.pane.menu.onTap = w.listsMenu
	w.pane.notes.later = func(d time.Duration, f func()) { time.AfterFunc(d, func() { w.dispatch(f) }) }
	w.history = newHistoryPane(ports.History, w.ask, w.redial)
	w.history.now = now
	w.setup = newSetupPane(ports.Setup, w.ask)
	w.link = newKustomerPane(ports.Pairing, w.ask)
	w.link.now = now
	w.link.paired = func() { w.show(w.before); w.list(false) } // back to what the agent looked at
	w.win.SetContent(w.build())
	w.win.SetPadded(false)
	w.win.Resize(Size())
	w.win.Canvas().SetOnTypedRune(w.pane.typed)
	w.win.Canvas().SetOnTypedKey(w.pane.typedKey)
	w.show(0)
	w.list(false)
	return w
}

// Window is Fyne's own window, for showing and closing.
func (w *Window) Window() fyne.Window { return w.win }

func (w *Window) build() fyne.CanvasObject {
	mark := canvas.NewImageFromResource(tintedMark(roleAccent))
	mark.FillMode = canvas.ImageFillContain
	rail := &fyne.Container{Layout: railLayout{}, Objects: []fyne.CanvasObject{mark}}
	for i, name := range []string{"history", "settings", "link"} {
		w.rail = append(w.rail, newIconButton(name, 40, func() { w.show(i) }))
		rail.Objects = append(rail.Objects, w.rail[i])
	}
	w.voicemail = newIconButton("voicemail", 40, w.hearMessages)
	w.voicemail.lit = true
	rail.Objects = append(rail.Objects, w.voicemail)
	w.lists = &fyne.Container{Layout: stack{}, Objects: []fyne.CanvasObject{w.history.content, w.setup.content, w.link.content}}
	w.back = newIconButton("close", 40, func() { w.list(false) })
	w.frame = &fyne.Container{Layout: windowLayout{w}, Objects: []fyne.CanvasObject{
		newBackdrop(roleGround), rail, w.lists, newBackdrop(roleLine), newBackdrop(roleCard), w.pane.content, w.back,
	}}
	return w.frame
}

// list puts the list in front into the place of the phone where both have no room, or takes it away.
func (w *Window) list(on bool) {
	w.listed = on && w.pane.narrow
	w.frame.Layout.Layout(w.frame.Objects, w.frame.Size())
	w.frame.Refresh()
}

// listsMenu is the rail of a narrow window.
func (w *Window) listsMenu() {
	words := []string{"History", "Your line", "Kustomer"}
	if !w.voicemail.Hidden {
		words = append(words, "Listen to messages")
	}
	w.menu(w.pane.menu, words, func(i int) {
		if i == len(w.rail) {
			w.hearMessages()
			return
		}
		w.show(i)
	})
}

// kustomerList is the place of Kustomer's pane among the lists.
const kustomerList = 2

// show brings one of the lists to the front.
func (w *Window) show(i int) {
	w.front = i
	for n, b := range w.rail {
		b.choose(n == i)
	}
	for n, o := range w.lists.Objects {
		setHidden(o, n != i)
	}
	w.list(true)
}

// Follow renders snapshots, levels and the passing of seconds until ctx ends. It runs in its own goroutine and keeps at
// most one render waiting for Fyne.
func (w *Window) Follow(ctx context.Context) {
	snaps, levels := w.ports.Phone.Watch(ctx), w.ports.Phone.WatchLevels(ctx)
	second := time.NewTicker(time.Second)
	defer second.Stop()
	idle := make(chan struct{}, 1) // holds the token while no render waits
	idle <- struct{}{}
	var snap phone.Snapshot
	var heard []phone.Levels
	dirty := false
	for {
		var free <-chan struct{}
		if dirty {
			free = idle
		}
		select {
		case <-ctx.Done():
			return
		case s, open := <-snaps:
			if !open {
				return
			}
			snap, dirty = s, true
		case l, open := <-levels:
			if open {
				heard, dirty = append(heard, l), true
				heard = heard[max(0, len(heard)-voiceBars):] // older ones have left the line already
			}
		case <-second.C:
			dirty = dirty || ticking(snap)
		case <-free:
			s, l := snap, heard
			heard, dirty = nil, false
			w.dispatch(func() { w.render(s, l); idle <- struct{}{} })
		}
	}
}

// ticking reports whether the picture changes with time alone.
func ticking(s phone.Snapshot) bool {
	return len(s.Calls) > 0 || !s.Presence.Until.IsZero() || s.Bridge.Pairing.Origin != "" || s.Refused != nil && time.Since(s.Refused.At) < failedFor+2*time.Second ||
		s.Last != nil && time.Since(s.Last.EndedAt) < failedFor+2*time.Second
}

// render draws a snapshot. It runs on Fyne's goroutine.
func (w *Window) render(s phone.Snapshot, heard []phone.Levels) {
	if s.Raised > w.last.Raised {
		w.win.Show()
		w.win.RequestFocus() // somebody started the program again, to see it
	}
	was := w.pane.view.scene
	w.last = s
	w.pane.show(viewOf(s, w.now()), s.Presence)
	if w.listed && w.pane.view.scene != was && w.pane.view.scene != sceneWrapUp {
		w.list(false) // a call is worth more than what is beside it
	}
	canvas.Refresh(w.pane.content) // what was never drawn cannot ask to be
	w.setup.show(s)
	canvas.Refresh(w.rail[0])
	setHidden(w.voicemail, !slices.ContainsFunc(s.Mailboxes, func(m phone.Mailbox) bool { return m.Waiting }))
	if w.link.show(s.Bridge) {
		w.before = w.front
		w.show(kustomerList)
		w.win.Canvas().Focus(w.link.digits)
	}
	if s.Records != w.records || !w.drawn {
		w.records, w.drawn = s.Records, true
		w.history.reload()
	}
	for _, l := range heard {
		if l.ID == w.pane.view.call && w.pane.view.plate.voice && !w.pane.view.plate.still {
			w.pane.plate.voice.push(l.In, l.Out)
		}
	}
}

// ask runs work away from Fyne's goroutine and its result on it.
func (w *Window) ask(work func() func()) {
	go func() {
		if show := work(); show != nil {
			w.dispatch(show)
		}
	}()
}

// do sends a command after those before it; a refusal is shown in the warning slot.
func (w *Window) do(c phone.Command) {
	before, sent := w.turn, make(chan struct{})
	w.turn = sent
	w.ask(func() func() {
		if before != nil {
			<-before // a note goes before the end of its wrap-up
		}
		defer close(sent)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if _, err := w.ports.Phone.Do(ctx, c); err != nil {
			return func() { w.pane.refused(err.Error()) }
		}
		return nil
	})
}

// fix is the way out a banner offers.
func (w *Window) fix(c health.Code) {
	switch c {
	case health.LineDown:
		w.do(phone.Command{Do: phone.Reregister})
	case health.TurnsAway:
		w.takeCalls()
	case fixForwarding:
		w.endForwarding()
	case health.LogRefused:
		w.do(phone.Command{Do: phone.Retry})
	case health.LineRefused, health.NoAccount:
		w.show(1)
	}
}

// hearMessages puts what is dialled to hear the messages into the field, ready to call.
func (w *Window) hearMessages() {
	for _, m := range w.last.Mailboxes {
		for _, a := range w.last.Accounts {
			if a.ID == m.Account && m.Waiting && a.Voicemail != "" {
				w.redial(a.Voicemail)
				return
			}
		}
	}
	w.pane.refused("Messages wait for you. Dial your mailbox to hear them.")
}

// redial puts a number from the history into the field, ready to call.
func (w *Window) redial(number string) {
	w.list(false)
	w.pane.number.SetText(number)
	w.win.Canvas().Focus(w.pane.number)
}

func (w *Window) statusMenu(under *statusPlate) {
	c := w.win.Canvas()
	menu := statusMenu(w.last.Presence, func(s presence.Status) { w.pane.setStatus(s) }, func() { w.why(under) })
	menu.Items = append(menu.Items, w.quietItem(), fyne.NewMenuItem("Forward calls…", w.pane.openForward))
	if forwardsOf(w.last.Quiet.Forward) != "" {
		menu.Items = append(menu.Items, fyne.NewMenuItem("End forwarding", w.endForwarding))
	}
	m := widget.NewPopUpMenu(menu, c)
	m.ShowAtPosition(w.below(under))
	m.Resize(fyne.NewSize(under.Size().Width, m.MinSize().Height))
}

// quietItem turns calls away, or takes them again.
func (w *Window) quietItem() *fyne.MenuItem {
	if w.last.Quiet.Turns() {
		return fyne.NewMenuItem("Take calls again", w.takeCalls)
	}
	return fyne.NewMenuItem("Do not disturb", func() { w.do(phone.Command{Do: phone.SetQuiet, Mode: "on", Origin: "window"}) })
}

func (w *Window) takeCalls() {
	w.do(phone.Command{Do: phone.SetQuiet, Mode: "off", Origin: "window"})
	w.do(phone.Command{Do: phone.SetForward, Mode: "always", Origin: "window"})
}

func (w *Window) endForwarding() {
	for _, c := range endForwarding(w.last.Quiet.Forward) {
		w.do(c)
	}
}

// why answers under the status why it is what it is. A tap beside it closes it.
func (w *Window) why(under *statusPlate) {
	size, at := under.Size(), w.below(under)
	scroll := container.NewVScroll(whyPanel(w.last.Presence, size.Width))
	pop := widget.NewPopUp(scroll, w.win.Canvas())
	room := w.win.Canvas().Size().Height - at.Y - 16
	pop.ShowAtPosition(at)
	pop.Resize(fyne.NewSize(size.Width, min(room, scroll.Content.MinSize().Height)))
}

func (w *Window) below(under *statusPlate) fyne.Position {
	return fyne.CurrentApp().Driver().AbsolutePositionForObject(under).AddXY(0, statusHeight+4)
}

// menu shows entries under an object.
func (w *Window) menu(under fyne.CanvasObject, entries []string, chosen func(int)) {
	var items []*fyne.MenuItem
	for i, e := range entries {
		items = append(items, fyne.NewMenuItem(fit(e, 340, sizeText, false), func() { chosen(i) }))
	}
	m := widget.NewPopUpMenu(fyne.NewMenu("", items...), w.win.Canvas())
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(under)
	m.ShowAtPosition(at.AddXY(0, under.Size().Height+4))
}

// railLayout puts the mark on top, the lists below it and the settings at the bottom.
type railLayout struct{}

// Layout implements fyne.Layout.
func (railLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	place(o[0], 14, 16, 28, 28)
	place(o[1], 8, 64, 40, 40)
	place(o[2], 8, s.Height-52, 40, 40)
	place(o[3], 8, s.Height-100, 40, 40)
	place(o[4], 8, 112, 40, 40)
}

// MinSize implements fyne.Layout.
func (railLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(railWidth, 200) }

// stack gives every object the whole room.
type stack struct{}

// Layout implements fyne.Layout.
func (stack) Layout(o []fyne.CanvasObject, s fyne.Size) {
	for _, c := range o {
		place(c, 0, 0, s.Width, s.Height)
	}
}

// MinSize implements fyne.Layout.
func (stack) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(listWidth, 300) }
