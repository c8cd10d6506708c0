package ui

import (
	"fmt"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/phone"
)

// otherView is the second plate: a call beside the one in front, or a question about one.
type otherView struct {
	call     call.ID
	proposal string // key of the question
	plate    plateView
	yes, no  string // words of the two answers; empty: it can be swapped with the one in front
}

// there reports whether there is a second plate.
func (v otherView) there() bool { return v.plate.name != "" || v.plate.state != "" }

// otherOf chooses what stands on the second plate: what waits for the agent's word first, then the customer a consultation is
// about, then whoever waits longest.
func otherOf(s phone.Snapshot, front call.Call, now time.Time) otherView {
	if a := s.Asking; a != nil {
		p := asking(view{}, *a)
		if a.Origin == "transfer" {
			p.plate.state = "They want to pass you on"
		}
		p.plate.number = a.Why
		return otherView{proposal: a.Key, plate: p.plate, yes: "Call", no: "No"}
	}
	var best call.Call
	more := -1
	for _, c := range s.Calls {
		if c.ID == front.ID || c.Phase >= call.Ending {
			continue
		}
		more++
		if best.ID == "" || rank(c, front) < rank(best, front) {
			best = c
		}
	}
	if best.ID == "" {
		return otherView{}
	}
	v := otherView{call: best.ID, plate: plateOf(best, now)}
	v.plate.known(s, best, now)
	if best.Phase == call.Offered {
		v.yes, v.no = "Answer", "Decline"
	}
	if more > 0 {
		v.plate.state += fmt.Sprintf(" · %d more", more)
	}
	return v
}

// rank orders the calls beside the one in front: the lower, the rather it is shown.
func rank(c, front call.Call) int {
	switch {
	case c.Phase == call.Offered:
		return 0
	case c.ID == front.Consults:
		return 1
	case c.Held:
		return 2
	}
	return 3
}

// pairView is what can be done with the two calls on the plates.
type pairView struct {
	complete string // word of what connects the two; empty: they cannot be
	cancel   string // word in the place of Hang up, in a consultation
	says     string // what complete does, or why a transfer came to nothing
	failed   bool   // says is about a failure
	join     string // "Join all" or "Split"
}

// kind is that of the button that connects the two: in a consultation it is what the agent is about, else one of several ways.
func (v pairView) kind() buttonKind {
	if v.cancel != "" {
		return buttonPrimary
	}
	return buttonPlain
}

func pairOf(s phone.Snapshot, front call.Call, other otherView) pairView {
	var v pairView
	var beside call.Call
	for _, c := range s.Calls {
		if c.ID == other.call {
			beside = c
		}
	}
	if beside.Phase == call.Active && front.Phase == call.Active {
		v.join, v.complete = "Join all", "Connect them"
		if front.Joined && beside.Joined {
			v.join = "Split"
		}
	}
	if beside.ID != "" && beside.ID == front.Consults && beside.Phase == call.Active {
		v.complete, v.cancel, v.says = "Complete transfer", "Cancel, back to "+first(beside, "the call"), "Complete connects them and takes you out."
		if front.Phase != call.Active {
			v.says = "Complete lets them wait for the answer instead of you."
		}
	}
	for _, c := range []call.Call{beside, front} {
		if c.Transfer.State == call.TransferBack {
			v.says, v.failed = notPassed(c), true
		}
	}
	return v
}

// first is whom a call is with, as short as a button has room for.
func first(c call.Call, unknown string) string {
	name, number := who(c.Remote)
	if name == "" {
		name = number
	}
	if r := []rune(name); len(r) == 0 || len(r) > 22 {
		return unknown
	}
	return name
}

// notPassed says why a call was not passed on.
func notPassed(c call.Call) string {
	return "Not passed on to " + call.Plain(c.Transfer.To) + ". " + c.Transfer.Failure()
}

// passing puts a transfer under way on a plate.
func (v *plateView) passing(c call.Call) {
	to := call.Plain(c.Transfer.To)
	switch c.Transfer.State {
	case call.TransferHolding, call.TransferAsking, call.TransferTrying:
		v.state = "Passing on to " + to
	case call.TransferRinging:
		v.state = "It rings at " + to
	}
}
