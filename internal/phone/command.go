package phone

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"sidetone/internal/call"
	"sidetone/sync/presence"
)

// Verb says what a Command asks for.
type Verb string

// The verbs. Those on a call act on Command.Call, or on the only call there is when it is empty.
const (
	Dial       Verb = "dial"      // Number, Account (optional), Origin, Key (optional)
	Answer     Verb = "answer"    // Call
	Decline    Verb = "decline"   // Call
	Hangup     Verb = "hangup"    // Call; if none is named, or Whole, with all that are joined to it
	Hold       Verb = "hold"      // Call
	Resume     Verb = "resume"    // Call
	Mute       Verb = "mute"      // Call
	Unmute     Verb = "unmute"    // Call
	Digits     Verb = "dtmf"      // Call, Digits
	SetStatus  Verb = "presence"  // Status; during a call it is what follows the call
	NextStatus Verb = "next"      // Status: what follows the call or the wrap-up
	MoreWrapUp Verb = "more"      // a minute more of wrap-up
	EndWrapUp  Verb = "done"      // ends the wrap-up
	Swap       Verb = "swap"      // the call that waits is talked to, and the other one held
	JoinAll    Verb = "join"      // all calls that were answered hear each other
	Split      Verb = "split"     // no longer: the one in front is talked to, the others are held
	Transfer   Verb = "transfer"  // Call goes to Number, or to the far end of With
	TakeBack   Verb = "take-back" // a transfer that is under way is given up, and Call is the agent's again
	Consult    Verb = "consult"   // Number is called on behalf of Call, which waits
	Complete   Verb = "complete"  // the call that waits goes to the one being talked to
	Divert     Verb = "divert"    // Call, which rings, goes to Number
	SetQuiet   Verb = "dnd"       // Mode on or off: calls are turned away
	SetForward Verb = "forward"   // Mode always, busy or no-answer: calls go to Number; no Number: no longer; no Mode either: none goes anywhere
	Reregister Verb = "register"  // Account; every account if empty
	Raise      Verb = "raise"     // brings the window to the front, where there is one
	Confirm    Verb = "confirm"   // Key of the proposal, or the only one: it is dialled
	Reject     Verb = "reject"    // Key of the proposal, or the only one: it is dropped
	Open       Verb = "open"      // Call: its customer is opened in Kustomer
	Choose     Verb = "choose"    // Call, Customer: the one of several that is meant
	Create     Verb = "create"    // Call: a customer with its number, in Kustomer

	Note        Verb = "note"        // Call, Text: what goes into Kustomer's log with it
	Disposition Verb = "disposition" // Call, Text: one of the organisation's, or "" for none
	Retry       Verb = "retry"       // Call, or every one: into Kustomer's log now
)

// Command is one wish of a front end, in its wire form.
type Command struct {
	Do      Verb    `json:"do"`
	Call    call.ID `json:"call,omitempty"`
	Whole   bool    `json:"whole,omitempty"` // of hangup
	Number  string  `json:"number,omitempty"`
	Account string  `json:"account,omitempty"`
	Digits  string  `json:"digits,omitempty"`
	With    call.ID `json:"with,omitempty"` // of transfer: another call
	Mode    string  `json:"mode,omitempty"` // of dnd and forward
	Status  string  `json:"status,omitempty"`
	Origin  string  `json:"origin,omitempty"` // who asks: "window", "ctl", "kustomer", "link"
	Key     string  `json:"key,omitempty"`    // names one click: the same key dials once, however often it arrives

	Customer string `json:"customer,omitempty"` // Kustomer's id of one
	Text     string `json:"text,omitempty"`
}

// Code is why a command was refused, for programs.
type Code string

// The codes of a Refusal.
const (
	CodeNotANumber Code = "not-a-number" // package number has finer codes, which are passed on
	CodeConfirm    Code = "confirm"      // the agent is asked first
	CodeInCall     Code = "in-call"      // another call is on
	CodeNoCall     Code = "no-call"      // there is none, or not that one
	CodeNoAccount  Code = "no-account"   // none is set up, or not that one
	CodeNotReady   Code = "not-ready"    // the line is not registered
	CodeNotNow     Code = "not-now"      // not in the call's present phase
	CodeDuplicate  Code = "duplicate"    // the same click came before
	CodeBadCommand Code = "bad-command"  // verb, digits or status unknown
	CodeStopped    Code = "stopped"      // the phone is closing
)

// Refusal is the answer to a command that was not accepted.
type Refusal struct {
	Code Code   `json:"code"`
	Text string `json:"text"` // one sentence: what is wrong and what to do
}

// Error returns the sentence.
func (r *Refusal) Error() string { return r.Text }

func refuse(c Code, format string, args ...any) *Refusal {
	return &Refusal{Code: c, Text: fmt.Sprintf(format, args...)}
}

type request struct {
	command Command
	reply   chan reply
}

type reply struct {
	id  call.ID
	err error
}

func (p *Phone) command(c Command, now time.Time) (call.ID, error) {
	id, err := p.carryOutCommand(c, now)
	if err == nil {
		p.goesOn(c.Do)
	}
	return id, err
}

// goesOn forgets transfers that failed once the agent goes on with something else: they were noticed.
func (p *Phone) goesOn(v Verb) {
	switch v {
	case Dial, Consult, Hold, Resume, Mute, Unmute, Digits, Swap, JoinAll, Split:
	default:
		return
	}
	for i := range p.state.calls {
		if p.state.calls[i].Transfer.State == call.TransferBack {
			p.state.calls[i].Transfer = call.Passing{}
		}
	}
}

func (p *Phone) carryOutCommand(c Command, now time.Time) (call.ID, error) {
	switch c.Do {
	case Dial:
		return p.dial(c, now)
	case Confirm, Reject:
		return p.answered(c, now)
	case Raise:
		p.state.raised++
		return "", nil
	case SetStatus, NextStatus, MoreWrapUp, EndWrapUp:
		return "", p.status(c, now)
	case Open, Choose, Create:
		return p.onCustomer(c)
	case Note, Disposition, Retry:
		return p.onLog(c)
	case Reregister:
		return "", p.reregister(c.Account)
	case Swap, JoinAll, Split:
		return p.several(c, now)
	case Transfer, TakeBack, Consult, Complete:
		return p.passOn(c, now)
	case Divert:
		return p.divert(c, now)
	case SetQuiet, SetForward:
		return "", p.turn(c)
	}
	e, err := callEvent(c)
	if err != nil {
		return "", err
	}
	return p.onCall(c, e, now)
}

// status carries out what the agent asks of the own status.
func (p *Phone) status(c Command, now time.Time) error {
	if c.Do == MoreWrapUp || c.Do == EndWrapUp {
		if p.state.presence.Wrap.Until.IsZero() {
			return refuse(CodeNotNow, "There is no wrap-up now.")
		}
		var e presence.Event = presence.Extend{}
		if c.Do == EndWrapUp {
			e = presence.Done{}
		}
		p.decide(e, now)
		return nil
	}
	st, err := presence.Parse(c.Status)
	if err != nil {
		return refuse(CodeBadCommand, "%s.", err)
	}
	var e presence.Event = presence.Chose{Status: st}
	if c.Do == NextStatus {
		e = presence.Queued{Status: st}
	}
	p.decide(e, now)
	return nil
}

func callEvent(c Command) (call.Event, error) {
	switch c.Do {
	case Answer:
		return call.Answer{}, nil
	case Decline, Hangup:
		return call.Hangup{}, nil
	case Hold:
		return call.Hold{}, nil
	case Resume:
		return call.Resume{}, nil
	case Mute, Unmute:
		return call.Mute{On: c.Do == Mute}, nil
	case Digits:
		return call.SendDigits{Digits: c.Digits}, nil
	}
	return nil, refuse(CodeBadCommand, "%q is not something the phone can do.", c.Do)
}

func (p *Phone) onCall(c Command, e call.Event, now time.Time) (call.ID, error) {
	i := p.pick(c)
	if i < 0 {
		return "", p.missing(c)
	}
	id, joined := p.state.calls[i].ID, p.state.calls[i].Joined
	if c.Do == Decline && p.state.calls[i].Phase != call.Offered {
		return "", refuse(CodeNotNow, "Only a ringing call can be declined.")
	}
	if err := refusedBy(p.apply(i, e, now)); err != nil {
		return "", err
	}
	switch {
	case c.Do == Answer || c.Do == Resume:
		p.state.front = id
	case (c.Do == Mute || c.Do == Unmute) && joined:
		p.amongJoined(e, now)
	case c.Do == Hangup && joined && (c.Whole || c.Call == ""):
		p.amongJoined(e, now)
	}
	return id, nil
}

// missing says that a command's call is not there.
func (p *Phone) missing(c Command) *Refusal {
	if c.Call == "" {
		return refuse(CodeNoCall, "There is no call now.")
	}
	return refuse(CodeNoCall, "There is no such call.")
}

// refusedBy makes the answer to a command of what the state machine of a call says.
func refusedBy(err error) error {
	switch {
	case errors.Is(err, call.ErrNotNow):
		return refuse(CodeNotNow, "%s.", sentence(err))
	case err != nil:
		return refuse(CodeBadCommand, "%s.", sentence(err))
	}
	return nil
}

// pick finds the call a command means. With no name it is the one that rings, for answering and declining, and else the one
// in front, or the only one there is.
func (p *Phone) pick(c Command) int {
	if c.Call != "" {
		return p.index(c.Call)
	}
	ringing := slices.IndexFunc(p.state.calls, func(x call.Call) bool { return x.Phase == call.Offered })
	if ringing >= 0 && (c.Do == Answer || c.Do == Decline || c.Do == Divert) {
		return ringing
	}
	if i := p.index(p.state.front); i >= 0 && p.state.calls[i].Phase != call.Ending {
		return i
	}
	return slices.IndexFunc(p.state.calls, func(x call.Call) bool { return x.Phase != call.Ending })
}

func (p *Phone) reregister(id string) error {
	found := false
	for _, l := range p.state.lines {
		if id == "" || l.ID == id {
			found = true
			p.ports.Signaling.Do(call.Reregister{Account: l.ID})
		}
	}
	if !found {
		return refuse(CodeNoAccount, "There is no account %q.", id)
	}
	return nil
}

// sentence strips the sentinel an error wraps and begins it with a capital letter.
func sentence(err error) string {
	s := err.Error()
	for _, tail := range []string{": " + call.ErrNotNow.Error()} {
		if n := len(s) - len(tail); n > 0 && s[n:] == tail {
			s = s[:n]
		}
	}
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	return s
}
