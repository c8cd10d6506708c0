package phone

import (
	"errors"
	"strings"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/number"
)

// sentElsewhere decides about a place that a call of ours is sent to (3xx). Who answers is a stranger, and whom we call is paid for
// here: only what is the organisation's own is followed unasked. A call to an emergency number goes wherever it is sent.
func (p *Phone) sentElsewhere(n call.Elsewhere, now time.Time) {
	c, ok := p.find(n.ID)
	if !ok {
		return // it is ending, and signalling knows
	}
	follow := p.toRescue(c)
	if !follow {
		w, own, err := p.readPlace(n.Target, c)
		var no *number.Refusal
		switch {
		case own:
			follow = true
		case errors.As(err, &no):
			p.notSent(n.Target, no.Text, now)
		case c.For == "": // else the far end that asked for the call hears that it was sent elsewhere
			p.keepSent(c.ID, w)
		}
	}
	p.ports.Signaling.Do(call.Follow{ID: n.ID, On: follow})
}

// toRescue reports whether a call is one to an emergency number.
func (p *Phone) toRescue(c call.Call) bool {
	n, err := number.Read(c.Target(), number.Agent, p.state.dialling.rules.Rules)
	return err == nil && n.Kind == number.Emergency
}

// readPlace reads a place: whether it is the organisation's own, a name or an extension at its server; or what the agent is asked about
// it; or why it is not called.
func (p *Phone) readPlace(target string, c call.Call) (w Proposal, own bool, err error) {
	w = Proposal{Origin: c.Origin, Shown: call.Plain(target), Why: "Your call was sent on there.", target: target, account: c.Account, consults: c.Consults}
	user := userOf(target)
	outside := strings.HasPrefix(target, "sip:")
	if !isNumber(user) {
		return w, !outside && isName(user), nil
	}
	read, err := number.Read(user, number.Stranger, p.state.dialling.rules.Rules)
	if err != nil || outside {
		return w, false, err
	}
	w.target, w.Shown, w.e164 = read.Dial, read.Shown, read.E164
	if read.Why != "" {
		w.Why += " " + read.Why
	}
	return w, read.Kind == number.Extension, nil
}

// isNumber reports whether the user part of an address would be taken for something to dial.
func isNumber(user string) bool { return user != "" && strings.Trim(user, "+0123456789*#-.() ") == "" }

// isName reports whether the user part of an address is a name of somebody. One that begins as a number may be dialled as one, whatever
// stands behind it.
func isName(user string) bool {
	return user != "" && (user[0] >= 'a' && user[0] <= 'z' || user[0] >= 'A' && user[0] <= 'Z')
}

// notSent says why a place was not called.
func (p *Phone) notSent(target, text string, now time.Time) {
	p.state.dialling.refused = &Refused{Number: call.Plain(target), Text: "Your call was sent on there. " + text, At: now}
}

// keepSent keeps the best place that the agent is asked about if the call comes to nothing elsewhere.
func (p *Phone) keepSent(id call.ID, w Proposal) {
	if _, known := p.state.sent[id]; !known {
		p.state.sent[id] = w
	}
}

// askSent asks about the place that a call was sent to and that was not called. Who has hung up has said no.
func (p *Phone) askSent(c call.Call, now time.Time) {
	w, ok := p.state.sent[c.ID]
	delete(p.state.sent, c.ID)
	switch {
	case !ok, !c.AnsweredAt.IsZero(), ours(c.Reason.Cause):
	case p.state.dialling.asking != nil:
		p.notSent(w.Shown, "Sidetone already asks about another call: dial it yourself.", now)
	default:
		w.Key, w.Until = string(call.NewID()), now.Add(p.times.Ask)
		p.ask(w)
	}
}
