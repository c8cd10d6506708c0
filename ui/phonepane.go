package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"sidetone/internal/health"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
)

// phonePane is the phone itself: status, number and keys, or the plate of a call with its controls.
type phonePane struct {
	do       func(phone.Command)
	fix      func(health.Code)
	view     view
	keypad   bool
	note     bannerView // a refusal, until the next tap
	noteAt   time.Time
	now      func() time.Time
	face     face
	changed  time.Time // when the buttons moved last
	crowded  bool      // there were several calls before or after that
	squeeze  squeeze
	squeezed time.Time // when that changed last

	status              *statusPlate
	number              *numberEntry
	field               fyne.CanvasObject
	slab                *dialSlab
	dial                *bigButton
	banner              *banner
	footer              *caption
	plate               *plate
	answer, decline     *bigButton
	mute, hold, keys    *callControl
	sent                *caption
	hangup              *bigButton
	other               *slip
	rows                [maxOthers]*callRow
	part                *bigButton // ends the part of the call in front in a conference
	swap, yes, no       *bigButton
	join                *callControl
	pass, add, complete *bigButton
	back                *bigButton // takes a call back that is being passed on
	cancel              *bigButton
	says                *caption
	choose              *chooser
	forward             *forwardPane
	divert              *bigButton  // sends the ringing call elsewhere
	menu                *iconButton // the way to the lists where the window is narrow
	narrow              bool
	wrap                *wrapPane
	caller              *callerPane
	notes               *notesPane
	content             *fyne.Container
	showStatusMenuUnder func(*statusPlate)
}

func newPhonePane(do func(phone.Command), fix func(health.Code)) *phonePane {
	p := &phonePane{do: do, fix: fix}
	p.status = newStatusPlate(func() { p.showStatusMenuUnder(p.status) })
	p.number = newNumberEntry(p.call)
	p.number.OnChanged = func(string) { p.dial.setDisabled(p.number.Text == "") }
	p.field = container.NewThemeOverride(p.number, bigText{})
	p.slab = newDialSlab(p.key)
	p.dial = newButton(buttonCall, "Call", "phone", p.call)
	p.dial.disabled = true
	p.banner = newBanner(func() { p.fix(p.view.fix) })
	p.footer = newCaption("phone")
	p.plate = newPlate()
	p.answer = newButton(buttonCall, "Answer", "phone", func() { p.take(phone.Answer, phone.Confirm) })
	p.decline = newButton(buttonDecline, "Decline", "hang-up", func() { p.take(phone.Decline, phone.Reject) })
	p.hangup = newButton(buttonEnd, hangUp, "hang-up", p.endCalls)
	p.mute = newControl("Mute", "mic", p.toggleMute)
	p.hold = newControl("Hold", "hold", p.toggleHold)
	p.hold.onBack, p.hold.onFront = roleHold, roleOnHold
	p.keys = newControl("Keypad", "keypad", func() { p.keypad = !p.keypad; p.draw() })
	p.sent = newCaption("")
	p.several()
	p.divert = newButton(buttonPlain, "Divert", "transfer", func() { p.open(chooseDivert) })
	p.divert.height = 36
	p.forward = newForwardPane(do, p.closeForward)
	p.menu = newIconButton("more", 40, func() {})
	p.wrap = newWrapPane(do, func() time.Time { return p.now() })
	p.caller, p.notes = newCallerPane(do), newNotesPane(do)
	p.wrap.before = p.notes.flush
	p.content = &fyne.Container{Layout: p}
	p.content.Objects = []fyne.CanvasObject{
		p.status, p.field, p.slab, p.dial, p.banner, p.footer, p.plate, p.answer, p.decline, p.mute, p.hold, p.keys,
		p.sent, p.hangup, p.wrap.content, p.caller.content, p.notes.content,
		p.menu, p.divert, p.other, p.swap, p.yes, p.no, p.part, p.join, p.pass, p.add, p.back, p.complete, p.cancel, p.says,
	}
	for _, r := range p.rows {
		p.content.Objects = append(p.content.Objects, r)
	}
	p.content.Objects = append(p.content.Objects, p.choose.content, p.forward.content)
	return p
}

func (p *phonePane) onCall(v phone.Verb) {
	p.do(phone.Command{Do: v, Call: p.view.call, Origin: "window"})
}

// take is the two buttons under a plate that waits: they answer a ringing call, or decide about one that is asked for.
func (p *phonePane) take(ringing, asked phone.Verb) {
	if p.view.scene == sceneAsk {
		p.do(phone.Command{Do: asked, Key: p.view.proposal, Origin: "window"})
		return
	}
	p.onCall(ringing)
}

func (p *phonePane) call() {
	if p.number.Text != "" && p.view.scene == sceneIdle {
		p.do(phone.Command{Do: phone.Dial, Number: p.number.Text, Origin: "window"})
	}
}

func (p *phonePane) toggleMute() {
	if p.view.muted {
		p.onCall(phone.Unmute)
		return
	}
	p.onCall(phone.Mute)
}

func (p *phonePane) toggleHold() {
	if p.view.held {
		p.onCall(phone.Resume)
		return
	}
	p.onCall(phone.Hold)
}

// key is a key of the slab: a digit to dial, or one to send during a call.
func (p *phonePane) key(k string) {
	if p.view.talking() {
		if p.now().Sub(p.changed) < settle {
			return
		}
		p.do(phone.Command{Do: phone.Digits, Call: p.view.call, Digits: k, Origin: "window"})
		return
	}
	p.number.append(k)
}

// status is the status menu's answer.
func (p *phonePane) setStatus(s presence.Status) {
	p.do(phone.Command{Do: phone.SetStatus, Status: string(s), Origin: "window"})
}

// show draws a view. It runs on the UI's goroutine only.
func (p *phonePane) show(v view, status presence.View) {
	if p.view.call != v.call {
		p.plate.voice.flat()
	}
	if p.view.scene != v.scene || p.view.call != v.call {
		p.note = bannerView{}
		p.keypad = false
		p.choose.content.Hide()
		p.forward.content.Hide()
		if v.scene == sceneCall && p.view.scene == sceneIdle {
			p.number.SetText("")
		}
	}
	p.view = v
	p.status.show(status, v.away, forwardsOf(v.forward), v.rings)
	p.forward.show(v.forward)
	p.draw()
}

// refused shows why something asked for was not done, in the warning slot or in the form that stands over it.
func (p *phonePane) refused(text string) {
	if !p.forward.content.Hidden {
		p.forward.refused(text)
		return
	}
	p.note, p.noteAt = bannerView{text: text}, p.now()
	p.draw()
}

func (p *phonePane) draw() {
	v := p.view
	if f := p.faceOf(v); f != p.face {
		p.crowded = p.face.scene == sceneTwo || f.scene == sceneTwo
		p.face, p.changed = f, p.now()
	}
	idle, talking := v.scene == sceneIdle, v.talking()
	ringing := v.scene == sceneIncoming || v.scene == sceneAsk
	keys := talking && p.keypad
	setHidden(p.field, !idle)
	setHidden(p.slab, !idle && !keys)
	setHidden(p.dial, !idle)
	setHidden(p.footer, !idle)
	setHidden(p.plate, idle || v.scene == sceneWrapUp)
	setHidden(p.answer, !ringing)
	setHidden(p.decline, !ringing)
	setHidden(p.divert, v.scene != sceneIncoming)
	setHidden(p.hangup, !talking || v.pair.cancel != "")
	setHidden(p.mute, !talking)
	setHidden(p.hold, !talking)
	setHidden(p.keys, !talking)
	setHidden(p.sent, !keys)
	setHidden(p.wrap.content, v.scene != sceneWrapUp)
	p.answer.setWord("Answer")
	p.decline.setWord("Decline")
	if v.scene == sceneAsk {
		p.answer.setWord("Call")
		p.decline.setWord("No")
	}
	p.plate.show(v.plate)
	p.wrap.show(v.wrap)
	p.choose.know(v.colleagues)
	if keys || v.scene == sceneTwo {
		v.caller, v.notes.call = callerView{}, ""
	}
	setHidden(p.caller.content, p.caller.show(v.caller) == 0)
	p.notes.show(v.notes)
	p.controls(v)
	p.drawSeveral(v, keys)
	p.banner.show(p.slot(v))
	setHidden(p.banner, v.scene == sceneWrapUp || p.covered())
	p.drawFooter(v)
	p.content.Layout.Layout(p.content.Objects, p.content.Size())
	p.letGo()
}

// drawFooter says how the line is. The padlock stands where signalling is encrypted, and nowhere else.
func (p *phonePane) drawFooter(v view) {
	role, name := roleText2, "phone"
	switch {
	case !v.ready:
		role, name = roleError, "network"
	case v.secure:
		name = "lock"
	}
	p.footer.show(v.footer, name, role)
}

// letGo takes the focus from a field that is hidden now: keys pressed in a call are for the call.
func (p *phonePane) letGo() {
	c := fyne.CurrentApp().Driver().CanvasForObject(p.content)
	if c == nil {
		return
	}
	for _, f := range []struct {
		field fyne.Focusable
		in    fyne.CanvasObject
	}{{p.number, p.field}, {p.choose.number, p.choose.content}, {p.forward.rows[0].number, p.forward.content}, {p.forward.rows[1].number, p.forward.content}, {p.forward.rows[2].number, p.forward.content}, {p.notes.field, p.notes.content}} {
		if !f.in.Visible() && c.Focused() == f.field {
			c.Unfocus()
		}
	}
}

func (p *phonePane) controls(v view) {
	p.mute.show("Mute", "mic", false)
	if v.muted {
		p.mute.show("Unmute", "mic-off", true)
	}
	p.hold.show("Hold", "hold", false)
	if v.held {
		p.hold.show("Resume", "resume", true)
	}
	p.hold.setDisabled(!v.live || v.settling)
	p.keys.show("Keypad", "keypad", p.keypad)
	p.keys.setDisabled(!v.live)
	text := "Keys you press are sent to the other side."
	if v.sent != "" {
		text = "Sent: " + v.sent
	}
	p.sent.show(text, "", roleText2)
}

// slot is what the warning slot shows: a fresh refusal goes before a standing warning.
func (p *phonePane) slot(v view) bannerView {
	const fresh = 8 * time.Second
	if p.note.text != "" && p.now().Sub(p.noteAt) < fresh {
		return p.note
	}
	return v.banner
}

// Layout implements fyne.Layout; heights are those of the design.
func (p *phonePane) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	w := s.Width
	beside := float32(0)
	if p.narrow {
		beside = 44
		place(p.menu, w-40, (statusHeight-40)/2, 40, 40)
	}
	place(p.status, 0, 0, w-beside, statusHeight)
	top := float32(statusHeight + 12)
	place(p.footer, 0, s.Height-20, w, 20)
	place(p.plate, 0, top, w, plateHeight)
	place(p.hangup, 0, s.Height-48, w, 48)
	place(p.choose.content, 0, 0, w, s.Height)
	place(p.forward.content, 0, 0, w, s.Height)
	below := top + plateHeight + 12
	switch p.view.scene {
	case sceneIdle:
		place(p.field, 0, top, w, 48)
		slab := min(196, s.Height-top-48-12-12-48-12-bannerHeight-10-20)
		place(p.slab, 0, top+60, w, slab)
		place(p.dial, 0, top+60+slab+12, w, 48)
		place(p.banner, 0, top+60+slab+12+48+12, w, bannerHeight)
	case sceneIncoming, sceneAsk:
		p.layoutAnswer(p.answer, p.decline, below, w, 48)
		place(p.divert, 0, below+48+8, w, 36)
		place(p.caller.content, 0, below+48+8+36+12, w, p.caller.height())
		slot := s.Height - bannerHeight
		if p.view.scene == sceneAsk {
			slot = below + 48 + 12 // why it is asked stands where the answer is given
		}
		place(p.banner, 0, slot, w, bannerHeight)
	case sceneCall, sceneTwo:
		p.layoutTalk(s)
	case sceneWrapUp:
		place(p.wrap.content, 0, top, w, s.Height-top)
		y, h := p.wrap.room(s.Height - top)
		p.layoutNotes(w, top+y, h)
	}
}

// layoutNotes puts who it is and what is noted of the call into a room.
func (p *phonePane) layoutNotes(w, y, h float32) {
	v := p.view.caller
	p.notes.half = v.word != "" && v.text == "" && len(p.view.notes.may) > 0
	if caller := p.caller.height(); p.notes.half {
		place(p.caller.content, (w+6)/2, y, (w-6)/2, caller)
	} else if caller > 0 {
		place(p.caller.content, 0, y, w, caller)
		y, h = y+caller+6, h-caller-6
	}
	place(p.notes.content, 0, y, w, h)
	p.notes.Layout(nil, p.notes.content.Size())
}

// MinSize implements fyne.Layout.
func (p *phonePane) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(296, 500) }
