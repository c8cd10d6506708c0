package ui

import (
	"cmp"
	"time"

	"fyne.io/fyne/v2"

	"sidetone/internal/call"
	"sidetone/internal/phone"
)

// talking reports whether a call is in front that was made or answered.
func (v view) talking() bool { return v.scene == sceneCall || v.scene == sceneTwo }

// several makes what concerns more than one call.
func (p *phonePane) several() {
	p.other = newSlip()
	p.swap = newButton(buttonPlain, "Swap", "swap", p.guarded(func() { p.talkTo(0) }))
	p.yes = newButton(buttonCall, "Answer", "phone", p.guarded(func() { p.accept(0) }))
	p.no = newButton(buttonDecline, "Decline", "hang-up", p.guarded(func() { p.refuse(0) }))
	for i := range p.rows {
		p.rows[i] = newCallRow(p.guarded(func() { p.talkTo(i) }), p.guarded(func() { p.accept(i) }), p.guarded(func() { p.refuse(i) }))
	}
	p.part = newSmall(buttonDecline, hangUp, p.guarded(func() { p.onCall(phone.Hangup) }))
	for _, b := range []*bigButton{p.yes, p.no} {
		b.height, b.size = 40, sizeText
		b.text.TextSize = sizeText
	}
	p.join = newControl("Join all", "join", p.guarded(func() {
		verb := phone.JoinAll
		if p.view.pair.join == "Split" {
			verb = phone.Split
		}
		p.do(phone.Command{Do: verb, Origin: "window"})
	}))
	p.pass = newButton(buttonPlain, "Transfer", "transfer", func() { p.open(chooseTransfer) })
	p.add = newButton(buttonPlain, "Add", "add-call", func() { p.open(chooseCall) })
	p.back = newButton(buttonPlain, "Take back", "resume", p.guarded(func() {
		p.do(phone.Command{Do: phone.TakeBack, Call: p.view.back, Origin: "window"})
	}))
	p.complete = newButton(buttonPrimary, "Complete transfer", "transfer", p.guarded(func() {
		p.do(phone.Command{Do: phone.Transfer, Call: p.view.pair.with, With: p.view.call, Origin: "window"})
	}))
	p.complete.height, p.complete.size = 48, sizeSubheading
	p.complete.text.TextSize = sizeSubheading
	p.cancel = newButton(buttonPlain, "Cancel", "", p.guarded(func() { p.onCall(phone.Hangup) }))
	p.says = newCaption("")
	p.choose = newChooser(p.do, p.closeChooser)
}

// settle is how long what has just come under the pointer does nothing: a double click must not do two things.
const settle = 500 * time.Millisecond

// guarded keeps a tap from what was not there a moment ago.
func (p *phonePane) guarded(tap func()) func() {
	return func() {
		if now := p.now(); now.Sub(p.changed) >= settle && now.Sub(p.squeezed) >= settle {
			tap()
		}
	}
}

// face is what decides where the buttons of a call stand.
type face struct {
	scene        scene
	call         call.ID
	others       [maxOthers]call.ID
	keypad, join bool
	complete     string
	back         call.ID
	hangup       string
}

func (p *phonePane) faceOf(v view) face {
	f := face{scene: v.scene, call: v.call, keypad: p.keypad, join: v.pair.join != "", complete: v.pair.complete, back: v.back, hangup: v.pair.hangup}
	for i, o := range v.others {
		f.others[i] = o.call
	}
	return f
}

// endCalls hangs up what the button says. Where there are or were several calls, a second click just after the first must not
// end the next one, which has come to the front.
func (p *phonePane) endCalls() {
	if p.crowded && p.now().Sub(p.changed) < settle {
		return
	}
	if len(p.view.pair.ends) == 0 {
		p.onCall(phone.Hangup)
	}
	for _, id := range p.view.pair.ends {
		p.do(phone.Command{Do: phone.Hangup, Call: id, Origin: "window"})
	}
}

// open asks whom a call is passed on to, or who is called beside it.
func (p *phonePane) open(what chooseWhat) {
	p.keypad = false
	p.forward.content.Hide()
	p.choose.open(what, p.view.call, p.view.who)
	p.draw()
	if c := fyne.CurrentApp().Driver().CanvasForObject(p.content); c != nil {
		c.Focus(p.choose.number)
	}
}

func (p *phonePane) closeChooser() {
	p.choose.content.Hide()
	p.draw()
}

// talkTo brings a call beside the one in front to the front.
func (p *phonePane) talkTo(i int) {
	p.do(phone.Command{Do: phone.Swap, Call: p.view.others[i].call, Origin: "window"})
}

// accept answers a call beside the one in front, or says yes to what is asked.
func (p *phonePane) accept(i int) { p.decide(p.view.others[i], phone.Answer, phone.Confirm) }

// refuse turns a call away, says no, or ends a part of a conference.
func (p *phonePane) refuse(i int) {
	o := p.view.others[i]
	if o.joined {
		p.do(phone.Command{Do: phone.Hangup, Call: o.call, Origin: "window"})
		return
	}
	p.decide(o, phone.Decline, phone.Reject)
}

func (p *phonePane) decide(o otherView, ringing, asked phone.Verb) {
	if o.proposal != "" {
		p.do(phone.Command{Do: asked, Key: o.proposal, Origin: "window"})
		return
	}
	p.do(phone.Command{Do: ringing, Call: o.call, Origin: "window"})
}

// drawSeveral shows what concerns more than one call, and hides what a chooser covers.
func (p *phonePane) drawSeveral(v view, keys bool) {
	two := v.scene == sceneTwo
	p.drawOthers(v, two && keys)
	two = two && !keys
	pair := v.pair
	setHidden(p.part, !two || len(pair.ends) < 2)
	setHidden(p.join, !two || pair.join == "")
	setHidden(p.complete, !two || pair.complete == "" || v.back != "")
	setHidden(p.cancel, v.scene != sceneTwo || pair.cancel == "")
	setHidden(p.says, !two || pair.says == "")
	setHidden(p.pass, !v.talking() || keys || !v.mayPass)
	setHidden(p.add, !v.talking() || keys || !v.mayAdd)
	setHidden(p.back, !v.talking() || keys || v.back == "")
	p.hangup.setWord(cmp.Or(pair.hangup, hangUp))
	if pair.join == "Split" {
		p.join.show(pair.join, "split", true)
	} else {
		p.join.show(pair.join, "join", false)
	}
	p.complete.setWord(pair.complete)
	if kind := pair.kind(); p.complete.kind != kind {
		p.complete.kind = kind
		p.complete.Refresh()
	}
	p.cancel.setWord(pair.cancel)
	p.says.show(pair.says, "", roleText2)
	if !v.live && v.scene != sceneIncoming {
		p.choose.content.Hide()
	}
	setHidden(p.status, false)
	setHidden(p.menu, !p.narrow)
	if !p.covered() {
		return
	}
	over := p.choose.content
	if over.Hidden {
		over = p.forward.content
	}
	for _, o := range p.content.Objects {
		setHidden(o, o != over)
	}
}

// covered reports whether something stands over the phone.
func (p *phonePane) covered() bool { return !p.choose.content.Hidden || !p.forward.content.Hidden }

// openForward asks where calls shall go.
func (p *phonePane) openForward() {
	p.choose.content.Hide()
	p.forward.result.show(bannerView{})
	p.forward.content.Show()
	p.draw()
}

func (p *phonePane) closeForward() {
	p.forward.content.Hide()
	p.draw()
}

// drawOthers shows what is beside the call in front: one alone on a plate with its buttons below, several as rows. Over the
// keypad they are rows in any case.
func (p *phonePane) drawOthers(v view, keys bool) {
	two := v.scene == sceneTwo
	alone := two && !keys && len(v.others) == 1 && !v.others[0].joined
	setHidden(p.other, !alone)
	setHidden(p.swap, !alone || !v.others[0].take)
	setHidden(p.yes, !alone || v.others[0].yes == "")
	setHidden(p.no, p.yes.Hidden)
	if alone {
		p.other.show(v.others[0].plate)
		p.yes.setWord(v.others[0].yes)
		p.no.setWord(v.others[0].no)
	}
	for i, r := range p.rows {
		shown := two && !alone && i < len(v.others)
		setHidden(r, !shown)
		if shown {
			r.show(v.others[i])
		}
	}
}

// layoutOthers puts what is beside the call in front from y on, and returns where it ends.
func (p *phonePane) layoutOthers(w, y float32) float32 {
	if len(p.view.others) == 0 {
		return y
	}
	if p.other.Hidden {
		high := rowHeight(len(p.view.others))
		for _, r := range p.rows {
			if !r.Hidden {
				place(r, 0, y, w, high)
				y += high + rowGap
			}
		}
		return y - rowGap + 8
	}
	place(p.other, 0, y, w, slipHeight)
	y += slipHeight + 6
	sideBySide(w, y, 36, p.pass, p.swap, p.add)
	p.layoutAnswer(p.yes, p.no, y-1, w, 40)
	if !p.swap.Hidden || !p.yes.Hidden {
		y += 36 + 6
	}
	if !p.yes.Hidden {
		y += 4
	}
	return y
}

// sideBySide puts those of buttons that are shown into a row, and reports whether there is one.
func sideBySide(w, y, h float32, row ...*bigButton) bool {
	var shown []*bigButton
	for _, b := range row {
		if !b.Hidden {
			shown = append(shown, b)
		}
	}
	for i, b := range shown {
		each := (w+6)/float32(len(shown)) - 6
		place(b, float32(i)*(each+6), y, each, h)
	}
	return len(shown) > 0
}

// layoutAnswer puts two answers beside each other: yes twice as wide, unless no has more to say.
func (p *phonePane) layoutAnswer(yes, no *bigButton, y, w, h float32) {
	second := max((w-8)/3, no.contentWidth()+24)
	place(yes, 0, y, w-8-second, h)
	place(no, w-second, y, second, h)
}

// typed is a key pressed while no field has the focus: a key of the telephone during a call, or a letter for whom to call.
func (p *phonePane) typed(r rune) {
	switch {
	case !p.choose.content.Hidden:
		p.choose.number.append(string(r))
	case p.view.talking() && p.view.live && isKey(r):
		p.key(string(r))
	case p.view.scene == sceneIdle && !p.covered():
		p.focusNumber()
		p.number.TypedRune(r)
	}
}

// typedKey is a key without a letter while no field has the focus.
func (p *phonePane) typedKey(k *fyne.KeyEvent) {
	switch {
	case !p.choose.content.Hidden:
		p.choose.number.TypedKey(k)
	case p.covered():
		if k.Name == fyne.KeyEscape {
			p.closeForward()
		}
	case p.view.scene == sceneIdle:
		p.number.TypedKey(k)
	}
}

// focusNumber gives the keyboard to the number field, behind what is in it.
func (p *phonePane) focusNumber() {
	p.number.append("")
	if c := fyne.CurrentApp().Driver().CanvasForObject(p.content); c != nil {
		c.Focus(p.number)
	}
}
