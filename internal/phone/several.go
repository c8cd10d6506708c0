package phone

import (
	"slices"
	"time"

	"sidetone/internal/call"
)

// MaxCalls is how many calls there may be at once: more than that nobody keeps in mind.
const MaxCalls = 4

// room says why there can be no further call, or nil. A stranger's click puts nobody on hold.
func (p *Phone) room(origin string) error {
	on := slices.DeleteFunc(slices.Clone(p.state.calls), func(c call.Call) bool { return c.Phase == call.Ending })
	switch {
	case len(on) == 0:
		return nil
	case !byHand(origin):
		return refuse(CodeInCall, "There is a call already: hang up before dialling another number.")
	case len(on) >= MaxCalls:
		return refuse(CodeInCall, "There are %d calls already: hang up one before dialling another number.", len(on))
	}
	for _, c := range on {
		if c.Phase == call.Dialing || c.Phase == call.Ringing {
			return refuse(CodeInCall, "A number is being called already: wait for the answer, or hang up.")
		}
	}
	return nil
}

// roomFor is room for a call that was asked about: one on behalf of a far end that wants to be passed on stands beside its own.
func (p *Phone) roomFor(w Proposal) error {
	if _, passed := p.state.asked[w.Key]; !passed {
		return p.room(w.Origin)
	}
	return p.room("window")
}

// find returns the call with an ID, if it is not ending.
func (p *Phone) find(id call.ID) (call.Call, bool) {
	if i := p.index(id); i >= 0 && p.state.calls[i].Phase < call.Ending {
		return p.state.calls[i], true
	}
	return call.Call{}, false
}

// subject is the call the agent works on: the one in front, or the customer's on whose behalf it was made; else the newest.
func (p *Phone) subject() (call.Call, bool) {
	if c, ok := p.find(p.state.front); ok {
		if customer, ok := p.find(c.Consults); ok {
			return customer, true
		}
		return c, true
	}
	for _, c := range slices.Backward(p.state.calls) {
		if c.Phase < call.Ending {
			return c, true
		}
	}
	return call.Call{}, false
}

// arrange keeps what several calls owe each other: the agent talks to one of them, or to those that are joined, and the others
// are held; what rings is heard as loudly as fits.
func (p *Phone) arrange(now time.Time) {
	front, ok := p.find(p.state.front)
	if !ok {
		front, ok = p.foremost()
		p.state.front = front.ID
	}
	joined := 0
	for _, c := range p.state.calls {
		if c.Joined && c.Phase == call.Active {
			joined++
		}
	}
	for _, c := range slices.Clone(p.state.calls) {
		switch {
		case c.Joined && (joined < 2 || c.Phase != call.Active):
			p.happened(call.Happened{ID: c.ID, Event: call.Join{}}, now)
		case ok && c.ID != front.ID && c.Phase == call.Active && !(c.Joined && front.Joined):
			p.happened(call.Happened{ID: c.ID, Event: call.Hold{}}, now)
		case ok && c.Replaces == "": // early media, or an answer under way
			p.happened(call.Happened{ID: c.ID, Event: call.Aside{On: c.ID != front.ID}}, now)
		}
	}
	p.ring()
}

// foremost is the call that is talked to when nobody has chosen one: one that is not held, if there is one.
func (p *Phone) foremost() (call.Call, bool) {
	for _, c := range p.state.calls {
		if c.Phase != call.Offered && c.Phase < call.Ending && !c.Held {
			return c, true
		}
	}
	return call.Call{}, false
}

// ring gives each call that rings its tone: a soft one while another call is on.
func (p *Phone) ring() {
	on := slices.ContainsFunc(p.state.calls, func(c call.Call) bool { return c.Phase != call.Offered && c.Phase != call.Ending })
	for _, c := range p.state.calls {
		tone := call.Ringtone
		if on {
			tone = call.Waiting
		}
		if c.Phase != call.Offered || c.Replaces != "" {
			delete(p.state.ringing, c.ID)
		} else if p.state.ringing[c.ID] != tone {
			p.state.ringing[c.ID] = tone
			p.ports.Media.Do(call.PlayTone{ID: c.ID, Tone: tone})
		}
	}
	for id := range p.state.ringing {
		if p.index(id) < 0 {
			delete(p.state.ringing, id)
		}
	}
}

// several carries out what concerns more calls than one.
func (p *Phone) several(c Command, now time.Time) (call.ID, error) {
	answered := slices.DeleteFunc(slices.Clone(p.state.calls), func(c call.Call) bool { return c.Phase != call.Active })
	if len(answered) < 2 {
		return "", refuse(CodeNotNow, "There is no second call that was answered.")
	}
	switch c.Do {
	case Swap:
		return p.swap(c, answered, now)
	case Split:
		for _, a := range answered {
			p.happened(call.Happened{ID: a.ID, Event: call.Join{}}, now)
		}
		return p.state.front, nil
	}
	for _, a := range answered {
		if a.Transfer.UnderWay() {
			return "", refuse(CodeNotNow, "One of the calls is being passed on: wait for how that goes.")
		}
	}
	front, _ := p.find(p.state.front)
	for _, a := range answered {
		p.happened(call.Happened{ID: a.ID, Event: call.Join{On: true}}, now)
		p.happened(call.Happened{ID: a.ID, Event: call.Mute{On: front.Muted}}, now)
		p.happened(call.Happened{ID: a.ID, Event: call.Resume{}}, now)
	}
	return p.state.front, nil
}

// amongJoined does to every call of a conference what was done to one: who mutes the microphone there is heard by nobody.
func (p *Phone) amongJoined(e call.Event, now time.Time) {
	for _, c := range slices.Clone(p.state.calls) {
		if c.Joined {
			p.happened(call.Happened{ID: c.ID, Event: e}, now)
		}
	}
}

// swap brings another call to the front: the named one, or the one that has waited longest.
func (p *Phone) swap(c Command, answered []call.Call, now time.Time) (call.ID, error) {
	next := call.Call{}
	for _, a := range answered {
		wanted := c.Call == a.ID || c.Call == "" && a.ID != p.state.front
		if wanted && (next.ID == "" || a.HeldAt.Before(next.HeldAt)) {
			next = a
		}
	}
	if next.ID == "" {
		return "", refuse(CodeNoCall, "There is no such call.")
	}
	if err := refusedBy(p.apply(p.index(next.ID), call.Resume{}, now)); err != nil {
		return "", err
	}
	p.state.front = next.ID
	return next.ID, nil
}
