package ui

import "fyne.io/fyne/v2"

// squeeze is how much of a call's view gives way, so that everything that must be read or hit has its room: the warning above all.
type squeeze int

const (
	atEase    squeeze = iota
	lowPlate          // the plate without the voice line
	noStatus          // nor the status above it
	leastRoom         // nor what can wait: passing on and adding, and over the keypad the calls that ask nothing
)

// leastSlab is the height of a keypad whose keys can still be hit.
const leastSlab = 4*32 + 2

// layoutTalk puts what is fixed to the bottom first, what is fixed to the top with as little squeezing as is possible, and the
// keypad or the notes between them. It is one rule for one call and for several.
func (p *phonePane) layoutTalk(s fyne.Size) {
	if p.covered() {
		return
	}
	p.unsqueezed()
	end := p.layoutBottom(s)
	q, y := atEase, float32(0)
	for ; ; q++ {
		if y = p.layoutTop(s.Width, q); q == leastRoom || end-y >= p.leastMiddle() {
			break
		}
	}
	if q != p.squeeze {
		p.squeeze, p.squeezed = q, p.now()
	}
	switch {
	case !p.slab.Hidden:
		slab := min(188, end-8-y-22)
		place(p.slab, 0, y, s.Width, slab)
		place(p.sent, 2, y+slab+2, s.Width-4, 18)
	case !p.notes.content.Hidden || !p.caller.content.Hidden:
		p.layoutNotes(s.Width, y, end-8-y)
	}
}

// unsqueezed shows what a squeeze may have hidden.
func (p *phonePane) unsqueezed() {
	v, keys := p.view, !p.slab.Hidden
	setHidden(p.status, false)
	setHidden(p.menu, !p.narrow)
	setHidden(p.pass, keys || !v.mayPass)
	setHidden(p.add, keys || !v.mayAdd)
	for i, r := range p.rows {
		setHidden(r, v.scene != sceneTwo || !p.other.Hidden || i >= len(v.others))
	}
}

// layoutBottom puts what ends or connects calls at the bottom and what is said above it, and returns where that begins.
func (p *phonePane) layoutBottom(s fyne.Size) float32 {
	w, end := s.Width, s.Height-48
	if !p.cancel.Hidden {
		end = s.Height - 40
		place(p.cancel, 0, end, w, 40)
	}
	beside := p.view.scene == sceneTwo
	high := float32(48)
	if p.complete.kind == buttonPlain {
		high = 40 // what was tried in vain has room above it
	}
	if !p.complete.Hidden || beside && !p.back.Hidden {
		end -= 6 + high
		place(p.complete, 0, end, w, high)
		place(p.back, 0, end, w, high)
	}
	if !p.banner.Hidden && p.banner.view.text != "" {
		high := p.banner.high(w)
		end -= 8 + high
		place(p.banner, 0, end, w, high)
	}
	if !p.says.Hidden {
		high := p.says.high(w - 4)
		end -= 4 + high
		place(p.says, 2, end, w-4, high)
	}
	return end
}

// layoutTop puts the status, the calls and what is done with the one in front, and returns where that ends.
func (p *phonePane) layoutTop(w float32, q squeeze) float32 {
	y := float32(statusHeight + 12)
	if q >= noStatus {
		p.status.Hide()
		p.menu.Hide()
		y = 0
	}
	keys, two := !p.slab.Hidden, p.view.scene == sceneTwo
	if q == leastRoom {
		p.pass.Hide()
		p.add.Hide()
		for i, o := range p.view.others {
			setHidden(p.rows[i], p.rows[i].Hidden || keys && o.yes == "")
		}
	}
	y = p.layoutOthers(w, y)
	high := float32(plateHeight)
	if q >= lowPlate || keys && two {
		high = slipHeight
	}
	place(p.plate, 0, y, w, high)
	wide := p.part.contentWidth() + 20
	place(p.part, w-wide-6, y+6, wide, 32)
	y += high + 8
	if !two {
		y += 4 // as below the plate of a call that rings
	}
	controls := []*callControl{p.mute, p.hold, p.keys}
	if !p.join.Hidden {
		controls = append(controls, p.join)
	}
	p.layoutControls(controls, w, y)
	y += 54
	row := []*bigButton{p.pass, p.add}
	if !two {
		row = append(row, p.back)
	}
	if p.swap.Hidden && sideBySide(w, y+6, 32, row...) {
		y += 6 + 32
	}
	return y + 8
}

// leastMiddle is the height of what stands between top and bottom; where that is nothing, the two may come as close as controls.
func (p *phonePane) leastMiddle() (high float32) {
	if !p.slab.Hidden {
		return leastSlab + 22 + 8
	}
	if !p.caller.content.Hidden {
		high = p.caller.height() + 6
	}
	if !p.notes.content.Hidden {
		high += p.notes.least()
	}
	switch {
	case high > 0:
		return high + 8
	case !p.says.Hidden: // a text may stand close
		return -8
	}
	return -2
}

func (p *phonePane) layoutControls(controls []*callControl, w, y float32) {
	each := (w+6)/float32(len(controls)) - 6
	for i, c := range controls {
		place(c, float32(i)*(each+6), y, each, 54)
	}
}
