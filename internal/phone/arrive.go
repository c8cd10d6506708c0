package phone

import (
	"slices"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/number"
)

// CallRules say what becomes of calls that nobody takes at once.
type CallRules struct {
	BusyOnBusy bool          // a call while another is on is turned away instead of waiting
	Forward    Forward       // until the agent says otherwise
	NoAnswer   time.Duration // after this a call goes where Forward.NoAnswer says; 0: 20 s
}

// Forward is where calls go that are not for this phone now: numbers, or empty for nowhere (RFC 5359 §2.3 ff.).
type Forward struct {
	Always   string `json:"always,omitempty"`
	Busy     string `json:"busy,omitempty"`
	NoAnswer string `json:"no_answer,omitempty"`
}

// Quiet is what the agent has said about incoming calls in this run: a phone that turns calls away forgets it at the next
// start, so that nobody is unreachable without knowing.
type Quiet struct {
	On      bool    `json:"on,omitempty"` // do not disturb
	Forward Forward `json:"forward,omitzero"`
}

// Turns reports whether no call rings because the agent said so.
func (q Quiet) Turns() bool { return q.On || q.Forward.Always != "" }

func (CallRules) report() {}

// arrived lets a new call ring, wait beside another, take another's place, or turns it away.
func (p *Phone) arrived(n call.Arrived, now time.Time) {
	old, replaces := p.find(n.Replaces)
	if !replaces || p.replacing(old.ID) {
		n.Replaces, replaces = "", false // that call is over, or another takes its place: this one rings as any other
	}
	n.Remote = p.inHouse(n.Remote)
	c, fx := call.Arrive(n, now)
	if replaces {
		var as call.Effects
		c, as = call.InPlaceOf(c, old)
		fx.Media = append(fx.Media, as.Media...)
	}
	away, turned := p.turnedAway(n)
	p.state.calls = append(p.state.calls, c)
	if turned {
		p.happened(call.Happened{ID: n.ID, Event: away}, now)
		return
	}
	p.carryOut(fx)
	p.recognize(c)
	switch {
	case replaces:
		p.happened(call.Happened{ID: n.ID, Event: call.Answer{}}, now)
	case n.AutoAnswer && n.AnswerAfter == 0:
		p.answerItself(n.ID, now)
	}
}

// replacing reports whether a call is about to take the place of another.
func (p *Phone) replacing(id call.ID) bool {
	return slices.ContainsFunc(p.state.calls, func(c call.Call) bool { return c.Replaces == id && c.Phase < call.Ending })
}

// answerItself takes a call whose time to answer itself has come, unless another is on by now: then it goes on ringing.
func (p *Phone) answerItself(id call.ID, now time.Time) {
	i := p.index(id)
	p.state.calls[i].AnswerAt = time.Time{}
	if p.alone(id) {
		p.happened(call.Happened{ID: id, Event: call.AnswerItself{}}, now)
	}
}

// alone reports whether no other call is on: no call puts another on hold by itself.
func (p *Phone) alone(id call.ID) bool {
	for _, c := range p.state.calls {
		if c.ID != id && c.Phase != call.Ending {
			return false
		}
	}
	return true
}

// turnedAway says what becomes of a call that shall not ring, and whether it is one.
func (p *Phone) turnedAway(n call.Arrived) (call.TurnAway, bool) {
	forward := p.forward()
	on := 0
	for _, c := range p.state.calls {
		if c.Phase != call.Ending {
			on++
		}
	}
	busy := on >= MaxCalls || on > 0 && p.state.rules.BusyOnBusy
	switch {
	case n.Replaces != "" && on < MaxCalls: // goes on with a call that is on
		return call.TurnAway{}, false
	case forward.Always != "":
		return elsewhere(forward.Always), true
	case p.state.quiet.On:
		return call.TurnAway{Status: 480, Reason: call.Reason{Cause: call.DoNotDisturb, Status: 480}}, true
	case busy && forward.Busy != "":
		return elsewhere(forward.Busy), true
	case busy:
		return call.TurnAway{Status: 486, Reason: call.Reason{Cause: call.Busy, Status: 486}}, true
	}
	return call.TurnAway{}, false
}

func elsewhere(target string) call.TurnAway {
	return call.TurnAway{Target: target, Reason: call.Reason{Cause: call.Forwarded, Status: 302}}
}

// forward is where calls go now: as the settings say, until the agent says otherwise.
func (p *Phone) forward() Forward { return p.state.quiet.Forward }

// useCallRules takes the settings, which the agent may change in this run.
func (p *Phone) useCallRules(r CallRules) {
	p.state.rules, p.state.quiet.Forward = r, r.Forward
}

// ringsHere is how long a call rings before it is given up or goes elsewhere.
func (p *Phone) ringsHere() time.Duration {
	if p.forward().NoAnswer == "" {
		return p.times.RingHere
	}
	if d := p.state.rules.NoAnswer; d > 0 {
		return min(d, p.times.RingHere)
	}
	return min(20*time.Second, p.times.RingHere)
}

// unanswered is what becomes of a call whose ringing is over.
func (p *Phone) unanswered(c call.Call) call.Event {
	if to := p.forward().NoAnswer; to != "" && c.Phase == call.Offered {
		return elsewhere(to)
	}
	return call.Timeout{}
}

// divert sends a ringing call elsewhere by hand.
func (p *Phone) divert(c Command, now time.Time) (call.ID, error) {
	i := p.pick(c)
	if i < 0 {
		return "", refuse(CodeNoCall, "There is no such call.")
	}
	n, err := p.elsewhere(c.Number)
	if err != nil {
		return "", err
	}
	id := p.state.calls[i].ID
	return id, refusedBy(p.apply(i, elsewhere(n.Dial), now))
}

// elsewhere reads where the agent wants calls to go.
func (p *Phone) elsewhere(text string) (number.Number, error) {
	n, err := p.typed(text)
	if err == nil && p.state.dialling.rules.Rules.Rescues(n) {
		return n, refuse(Code(number.CodeEmergency), "Calls are never sent to an emergency number.")
	}
	if err == nil && p.isOurs(n.Dial) {
		return n, refuse(CodeNotNow, "%s is this phone's own number: a call that is sent there comes back.", text)
	}
	return n, err
}

// isOurs reports whether a number is that of an account here.
func (p *Phone) isOurs(dial string) bool {
	return slices.ContainsFunc(p.state.lines, func(l AccountLine) bool {
		return l.Account.Answers(dial)
	})
}

// turn sets or ends what turns calls away.
func (p *Phone) turn(c Command) error {
	if !byHand(c.Origin) {
		return refuse(CodeNotNow, "Only the agent turns calls away.")
	}
	if c.Do == SetQuiet {
		if c.Mode != "on" && c.Mode != "off" {
			return refuse(CodeBadCommand, "Do not disturb is on or off.")
		}
		p.state.quiet.On = c.Mode == "on"
		return nil
	}
	to := ""
	if c.Number != "" {
		n, err := p.elsewhere(c.Number)
		if err != nil {
			return err
		}
		to = n.Dial
	}
	f := &p.state.quiet.Forward
	switch c.Mode {
	case "always":
		f.Always = to
	case "busy":
		f.Busy = to
	case "no-answer":
		f.NoAnswer = to
	case "":
		if to != "" {
			return refuse(CodeBadCommand, "Say when calls go there: always, when busy, or when there is no-answer.")
		}
		*f = Forward{}
	default:
		return refuse(CodeBadCommand, "Calls are forwarded always, when busy, or when there is no-answer.")
	}
	return nil
}
