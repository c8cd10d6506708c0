package phone

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/number"
)

// passOn carries out what the agent asks about handing a call to somebody else.
func (p *Phone) passOn(c Command, now time.Time) (call.ID, error) {
	if !byHand(c.Origin) {
		return "", refuse(CodeNotNow, "Only the agent passes calls on.")
	}
	switch c.Do {
	case Complete:
		return p.complete(now)
	case TakeBack:
		return p.takeBack(c, now)
	}
	i := p.pick(c)
	if i < 0 {
		return "", refuse(CodeNoCall, "There is no such call.")
	}
	customer := p.state.calls[i]
	if customer.Phase != call.Active {
		return "", refuse(CodeNotNow, "Only a call that was answered can be passed on.")
	}
	if c.Do == Transfer && c.With != "" {
		return p.connect(customer, c.With, now)
	}
	read := p.typed
	if c.Do == Transfer {
		read = p.elsewhere // as when it is sent elsewhere before it is answered
	}
	n, err := read(c.Number)
	if err != nil {
		return "", err
	}
	if c.Do == Transfer {
		return customer.ID, p.transfer(customer, call.Transfer{Target: n.Dial, To: n.Shown}, now)
	}
	if err := p.room(c.Origin); err != nil {
		return "", err
	}
	account, err := p.account(c.Account)
	if err != nil {
		return "", err
	}
	return p.place(Proposal{Origin: c.Origin, target: n.Dial, e164: n.E164, account: account, consults: customer.ID}, now)
}

// takeBack gives up a transfer: of the named call, or of the one that is being passed on.
func (p *Phone) takeBack(c Command, now time.Time) (call.ID, error) {
	i := p.index(c.Call)
	if c.Call == "" {
		i = slices.IndexFunc(p.state.calls, func(x call.Call) bool { return x.Transfer.UnderWay() })
	}
	switch {
	case i < 0 && c.Call != "":
		return "", p.missing(c)
	case i < 0:
		return "", refuse(CodeNotNow, "No call is being passed on.")
	}
	id := p.state.calls[i].ID
	if err := refusedBy(p.apply(i, call.TakeBack{}, now)); err != nil {
		return "", err
	}
	if c, ok := p.find(id); ok && !c.Holding() {
		p.state.front = id
	}
	return id, nil
}

// typed reads a number the agent has written.
func (p *Phone) typed(text string) (number.Number, error) {
	n, err := number.Read(text, number.Agent, p.state.dialling.rules.Rules)
	var no *number.Refusal
	if errors.As(err, &no) {
		return n, refuse(Code(no.Code), "%s", no.Text)
	}
	return n, err
}

// complete passes the call that waits on to the one in front. Where nobody has answered there yet, the customer is sent to
// wait for the answer.
func (p *Phone) complete(now time.Time) (call.ID, error) {
	front, ok := p.find(p.state.front)
	if !ok {
		return "", refuse(CodeNoCall, "There is no call now.")
	}
	customer, ok := p.find(front.Consults)
	if !ok {
		customer, ok = p.onlyOther(front)
	}
	if !ok {
		return "", refuse(CodeNotNow, "There are not two calls to connect: name them with transfer.")
	}
	return p.connect(customer, front.ID, now)
}

// onlyOther is the one call beside another that was answered.
func (p *Phone) onlyOther(than call.Call) (other call.Call, ok bool) {
	for _, c := range p.state.calls {
		if c.ID == than.ID || c.Phase != call.Active {
			continue
		}
		if ok {
			return call.Call{}, false
		}
		other, ok = c, true
	}
	return other, ok
}

// connect passes a call on to the far end of another one.
func (p *Phone) connect(customer call.Call, with call.ID, now time.Time) (call.ID, error) {
	other, ok := p.find(with)
	_, to := other.Remote.Shown()
	if name, _ := other.Remote.Shown(); name != "" {
		to = name
	}
	switch {
	case !ok || other.ID == customer.ID:
		return "", refuse(CodeNoCall, "There is no such call to pass it on to.")
	case other.Phase == call.Active:
		return customer.ID, p.transfer(customer, call.Transfer{Other: other.ID, To: to}, now)
	case other.Direction == call.Incoming:
		return "", refuse(CodeNotNow, "Nobody has answered there yet.")
	}
	err := p.transfer(customer, call.Transfer{Target: other.Target(), To: to}, now)
	if err == nil {
		p.happened(call.Happened{ID: other.ID, Event: call.Hangup{}}, now)
	}
	return customer.ID, err
}

func (p *Phone) transfer(c call.Call, e call.Transfer, now time.Time) error {
	return refusedBy(p.apply(p.index(c.ID), e, now))
}

// explained gives the end of a call whose far end was passed on, or took another's place, its right reason.
func (p *Phone) explained(n call.Happened) call.Event {
	e, ok := n.Event.(call.RemoteEnded)
	if !ok || e.Reason.Cause != call.RemoteHangup {
		return n.Event
	}
	for _, c := range p.state.calls {
		if c.Transfer.With == n.ID && (c.Transfer.UnderWay() || c.Transfer.State == call.TransferLate) {
			e.Reason.Cause = call.Transferred
		}
		if c.For == n.ID && c.Phase == call.Active {
			e.Reason.Cause = call.Replaced
		}
	}
	return e
}

// follow does what one call's change means for the others.
func (p *Phone) follow(was, is call.Call, now time.Time) {
	over := was.Phase < call.Ending && is.Phase >= call.Ending
	if over {
		p.forgetAsked(is.ID)
		p.askSent(is, now)
	}
	switch {
	case was.Pending == call.RemoteChange && is.Pending != call.RemoteChange && was.RemoteHeld && !is.RemoteHeld:
		p.takenBack(is, now)
	case over && is.Reason.Cause == call.Transferred:
		p.leave(is.Transfer.With, call.Transferred, now)
	case was.Phase < call.Active && is.Phase == call.Active && is.Replaces != "":
		p.takePlace(is, now)
	case over && is.AnsweredAt.IsZero() && is.For != "":
		p.ports.Signaling.Do(call.Stay{ID: is.For}) // a call that never began told nobody
		p.backTo(is, now)
	case over && is.Consults != "" && ours(is.Reason.Cause):
		p.backTo(is, now)
	}
}

// takenBack is a far end that has ended its hold: the hold of one that asked to be passed on was for that, and it wants us back now.
// The call it asked for is given up, unless somebody has answered there: then that one goes on.
func (p *Phone) takenBack(by call.Call, now time.Time) {
	if a := p.state.dialling.asking; a != nil && p.state.asked[a.Key].ID == by.ID {
		w := *a
		p.state.dialling.asking = nil
		p.stay(w)
	}
	for _, c := range slices.Clone(p.state.calls) {
		if c.For == by.ID && c.Phase < call.Answering {
			p.leave(c.ID, call.TakenBack, now)
		}
	}
}

// ours reports whether the agent ended a call.
func ours(c call.Cause) bool { return c == call.Completed || c == call.Cancelled }

func (p *Phone) leave(id call.ID, why call.Cause, now time.Time) {
	if c, ok := p.find(id); ok {
		p.happened(call.Happened{ID: c.ID, Event: call.Leave{Reason: call.Reason{Cause: why}}}, now)
	}
}

// takePlace puts a call where the one was that it replaces.
func (p *Phone) takePlace(c call.Call, now time.Time) {
	old, ok := p.find(c.Replaces)
	if !ok {
		return
	}
	if p.state.front == old.ID || p.state.front == "" {
		p.state.front = c.ID
	}
	if old.Joined {
		p.happened(call.Happened{ID: c.ID, Event: call.Join{On: true}}, now)
	}
	if i := p.index(c.ID); i >= 0 {
		p.state.calls[i].Consults = old.Consults
	}
	p.leave(old.ID, call.Replaced, now)
}

// backTo takes the call back that waited for one that has ended: the agent gave a consultation up, or the far end could not be
// passed on to where it asked.
func (p *Phone) backTo(ended call.Call, now time.Time) {
	id := ended.Consults
	if ended.For != "" {
		id = ended.For
	}
	c, ok := p.find(id)
	if front, on := p.find(p.state.front); !ok || on && front.ID != ended.ID || c.Transfer.UnderWay() {
		return
	}
	p.state.front = c.ID
	p.happened(call.Happened{ID: c.ID, Event: call.Resume{}}, now)
}

// askedFor is a far end that wants to be passed on by us: it names whom we shall call. A number is a stranger's text.
func (p *Phone) askedFor(n call.Asked, now time.Time) {
	c, ok := p.find(n.ID)
	if !ok || c.Phase != call.Active || len(p.state.calls) >= MaxCalls {
		p.ports.Signaling.Do(call.Stay{ID: n.ID})
		return
	}
	w := Proposal{Key: string(call.NewID()), Origin: "transfer", Until: now.Add(p.times.Ask), target: n.Target, Shown: call.Plain(n.Target), account: c.Account}
	p.state.asked[w.Key] = n
	if n.Joins {
		p.joins(c, w, now)
		return
	}
	read, err := number.Read(n.Target, number.Stranger, p.state.dialling.rules.Rules)
	if err != nil { // a name, an address, or what a stranger may not dial
		p.stay(w)
		return
	}
	w.target, w.Shown, w.e164, w.Why = read.Dial, read.Shown, read.E164, read.Why
	p.ask(w)
}

// ask puts a far end's wish to the agent, one at a time.
func (p *Phone) ask(w Proposal) {
	d := &p.state.dialling
	if d.asking != nil {
		p.stay(w)
		return
	}
	w.Why = cmp.Or(w.Why, "The other side of the call asks to be passed on.")
	d.asking = &w
}

// joins goes on at the call that a far end says waits for us, unasked where the agent talks to that far end now. It is only their
// word that a call waits there: a number of the public network is asked about, and what no stranger may dial is not called.
func (p *Phone) joins(c call.Call, w Proposal, now time.Time) {
	unasked := p.state.front == c.ID && !c.Holding()
	user := userOf(w.target)
	if isNumber(user) {
		read, err := number.Read(user, number.Stranger, p.state.dialling.rules.Rules)
		if err != nil {
			p.stay(w)
			return
		}
		unasked = unasked && read.Kind == number.Extension
	} else if user != "" {
		unasked = unasked && isName(user)
	}
	if !unasked {
		p.ask(w)
		return
	}
	if _, err := p.place(w, now); err != nil {
		p.stay(w)
	}
}

// userOf is whom a server would take the target of a call for: the number, or the user part of a URI.
func userOf(target string) string {
	if rest, ok := strings.CutPrefix(target, "sip:"); ok {
		target, _, ok = strings.Cut(rest, "@")
		if !ok {
			return ""
		}
	}
	target, _, _ = strings.Cut(target, ";")
	if plain, err := url.PathUnescape(target); err == nil {
		return plain
	}
	return target
}

// forgetAsked drops what the far end of a call wanted that is over.
func (p *Phone) forgetAsked(id call.ID) {
	for key, n := range p.state.asked {
		if n.ID == id {
			delete(p.state.asked, key)
			if a := p.state.dialling.asking; a != nil && a.Key == key {
				p.state.dialling.asking = nil
			}
		}
	}
}

// stay says no to a far end that asked to be passed on, if the proposal was one of that kind.
func (p *Phone) stay(w Proposal) {
	if n, ok := p.state.asked[w.Key]; ok {
		delete(p.state.asked, w.Key)
		p.ports.Signaling.Do(call.Stay{ID: n.ID})
	}
}
