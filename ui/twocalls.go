package ui

import (
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
	p.swap = newButton(buttonPlain, "Swap", "swap", p.guarded(func() {
		p.do(phone.Command{Do: phone.Swap, Call: p.view.other.call, Origin: "window"})
	}))
	p.yes = newButton(buttonCall, "Answer", "phone", p.guarded(func() { p.decide(phone.Answer, phone.Confirm) }))
	p.no = newButton(buttonDecline, "Decline", "hang-up", p.guarded(func() { p.decide(phone.Decline, phone.Reject) }))
	for _, b := range []*bigButton{p.yes, p.no} {
		b.height, b.size = 40, sizeText
		b.text.TextSize = sizeText
	}
	p.join = newControl("Join all", "add-call", p.guarded(func() {
		verb := phone.JoinAll
		if p.view.pair.join == "Split" {
			verb = phone.Split
		}
		p.do(phone.Command{Do: verb, Origin: "window"})
	}))
	p.pass = newButton(buttonPlain, "Transfer", "transfer", func() { p.open(chooseTransfer) })
	p.add = newButton(buttonPlain, "Add", "add-call", func() { p.open(chooseCall) })
	p.complete = newButton(buttonPrimary, "Complete transfer", "transfer", p.guarded(func() {
		p.do(phone.Command{Do: phone.Transfer, Call: p.view.other.call, With: p.view.call, Origin: "window"})
	}))
	p.complete.height, p.complete.size = 48, sizeSubheading
	p.complete.text.TextSize = sizeSubheading
	p.cancel = newButton(buttonPlain, "Cancel", "", p.guarded(func() { p.onCall(phone.Hangup) }))
	p.says = newCaption("")
	p.choose = newChooser(p.do, func() { p.choose.content.Hide(); p.draw() })
}

// settle is how long what has just come under the pointer does nothing: a double click must not do two things.
const settle = 500 * time.Millisecond

// guarded keeps a tap from what was not there a moment ago.
func (p *phonePane) guarded(tap func()) func() {
	return func() {
		if p.now().Sub(p.changed) >= settle {
			tap()
		}
	}
}

// face is what decides where the buttons of a call stand.
type face struct {
	scene        scene
	call, other  call.ID
	keypad, join bool
	complete     string
}

func (p *phonePane) faceOf(v view) face {
	return face{v.scene, v.call, v.other.call, p.keypad, v.pair.join != "", v.pair.complete}
}

// open asks whom a call is passed on to, or who is called beside it.
func (p *phonePane) open(what chooseWhat) {
	p.keypad = false
	p.choose.open(what, p.view.call, p.view.who)
	p.draw()
}

// decide answers what the second plate asks.
func (p *phonePane) decide(ringing, asked phone.Verb) {
	o := p.view.other
	if o.proposal != "" {
		p.do(phone.Command{Do: asked, Key: o.proposal, Origin: "window"})
		return
	}
	p.do(phone.Command{Do: ringing, Call: o.call, Origin: "window"})
}

// drawSeveral shows what concerns more than one call, and hides what a chooser covers.
func (p *phonePane) drawSeveral(v view, keys bool) {
	two := v.scene == sceneTwo && !keys
	answer, pair := v.other.yes != "", v.pair
	setHidden(p.other, !two)
	setHidden(p.swap, !two || answer || pair.join == "" || pair.join == "Split")
	setHidden(p.yes, !two || !answer)
	setHidden(p.no, !two || !answer)
	setHidden(p.join, !two || pair.join == "")
	setHidden(p.complete, !two || pair.complete == "")
	setHidden(p.cancel, v.scene != sceneTwo || pair.cancel == "")
	setHidden(p.says, !two || pair.says == "")
	setHidden(p.pass, v.scene != sceneCall || keys || !v.live || !v.mayPass)
	setHidden(p.add, p.pass.Hidden)
	p.other.show(v.other.plate)
	p.yes.setWord(v.other.yes)
	p.no.setWord(v.other.no)
	p.join.show(pair.join, "add-call", pair.join == "Split")
	p.complete.setWord(pair.complete)
	if kind := pair.kind(); p.complete.kind != kind {
		p.complete.kind = kind
		p.complete.Refresh()
	}
	p.cancel.setWord(pair.cancel)
	role, name := roleText2, ""
	if pair.failed {
		role, name = roleError, "warning"
	}
	p.says.show(pair.says, name, role)
	if !v.live {
		p.choose.content.Hide()
	}
	if p.choose.content.Hidden {
		setHidden(p.status, false)
		return
	}
	for _, o := range p.content.Objects {
		setHidden(o, o != p.choose.content)
	}
}

// layoutTwo puts the other call's plate above, what swaps or answers it between, and what connects the two below.
func (p *phonePane) layoutTwo(s fyne.Size, y float32) {
	w := s.Width
	if p.keypad {
		place(p.cancel, 0, s.Height-48, w, 48)
		p.layoutCall(s, y+plateHeight+12)
		return
	}
	place(p.other, 0, y, w, slipHeight)
	y += slipHeight + 8
	place(p.swap, (w-120)/2, y, 120, 36)
	third := (w - 8) / 3
	place(p.yes, 0, y-2, 2*third, 40)
	place(p.no, 2*third+8, y-2, third, 40)
	if !p.swap.Hidden || !p.yes.Hidden {
		y += 36 + 8
	}
	place(p.plate, 0, y, w, plateHeight)
	y += plateHeight + 10
	controls := []*callControl{p.mute, p.hold, p.keys}
	if !p.join.Hidden {
		controls = append(controls, p.join)
	}
	each := (w+6)/float32(len(controls)) - 6
	for i, c := range controls {
		place(c, float32(i)*(each+6), y, each, 54)
	}
	y += 54
	end := s.Height - 48
	if !p.cancel.Hidden {
		end = s.Height - 40
		place(p.cancel, 0, end, w, 40)
	}
	high := float32(48)
	if p.complete.kind == buttonPlain {
		high = 40 // what was tried in vain has room above it
	}
	place(p.complete, 0, end-6-high, w, high)
	if !p.complete.Hidden {
		end -= 6 + high
	}
	if place(p.says, 2, end-22, w-4, 18); end-22 < y+2 {
		p.says.Hide()
	}
	p.banner.Hide()
}
