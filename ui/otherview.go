package ui

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/phone"
)

// maxOthers is how much there can be beside the call in front: three calls and a question.
const maxOthers = 4

// otherView is a call beside the one in front, or a question about one.
type otherView struct {
	call     call.ID
	proposal string // key of the question
	plate    plateView
	yes, no  string // words of the two answers; empty: there is nothing to answer
	take     bool   // it can be talked to instead
	joined   bool   // it is in the conference with the one in front
}

// othersOf is everything beside the call in front: what waits for the agent's word first, then the customer a consultation is
// about, then those on hold.
func othersOf(s phone.Snapshot, front call.Call, now time.Time) []otherView {
	var list []otherView
	if a := s.Asking; a != nil {
		list = append(list, question(*a))
	}
	for _, c := range beside(s, front) {
		v := otherView{call: c.ID, plate: plateOf(c, now), joined: c.Joined && front.Joined}
		v.plate.known(s, c, now)
		v.plate.passing(c)
		v.take = c.Phase == call.Active && !v.joined && len(answered(s)) > 1
		switch {
		case c.Phase == call.Offered:
			v.yes, v.no = "Answer", "Decline"
		case v.joined:
			v.no = hangUp
		}
		list = append(list, v)
	}
	return list[:min(len(list), maxOthers)]
}

// hangUp ends one call; it stands where it says whose.
const hangUp = "Hang up"

// question is the plate of a call that is asked about during another one.
func question(a phone.Proposal) otherView {
	p := asking(view{}, a)
	if a.Origin == "transfer" {
		p.plate.state = "They want to pass you on"
	}
	p.plate.number = a.Why
	return otherView{proposal: a.Key, plate: p.plate, yes: "Call", no: "No"}
}

// beside are the calls beside the one in front, in the order they are shown in.
func beside(s phone.Snapshot, front call.Call) []call.Call {
	list := slices.DeleteFunc(slices.Clone(s.Calls), func(c call.Call) bool { return c.ID == front.ID || c.Phase >= call.Ending })
	slices.SortStableFunc(list, func(a, b call.Call) int { return cmp.Compare(rank(a, front), rank(b, front)) })
	return list
}

// rank orders the calls beside the one in front: the lower, the higher it stands.
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

// answered are the calls that sound can flow in.
func answered(s phone.Snapshot) []call.Call {
	return slices.DeleteFunc(slices.Clone(s.Calls), func(c call.Call) bool { return c.Phase != call.Active })
}

// inConference are the calls that hear each other.
func inConference(s phone.Snapshot) []call.ID {
	var ids []call.ID
	for _, c := range answered(s) {
		if c.Joined {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// pairView is what can be done with several calls.
type pairView struct {
	complete string  // word of what connects two; empty: they cannot be
	with     call.ID // the call that is connected with the one in front
	cancel   string  // word in the place of Hang up, in a consultation
	says     string  // what complete does, or why it is asked
	join     string  // "Join all" or "Split"
	hangup   string  // word of Hang up: whose call ends
	ends     []call.ID
}

// kind is that of the button that connects the two: in a consultation it is what the agent is about, else one of several ways.
func (v pairView) kind() buttonKind {
	if v.cancel != "" {
		return buttonPrimary
	}
	return buttonPlain
}

func pairOf(s phone.Snapshot, front call.Call) pairView {
	v := pairView{hangup: "Hang up " + first(s, front, "this call"), ends: []call.ID{front.ID}}
	if ids := inConference(s); front.Joined && len(ids) > 1 {
		// Its microphone and loudspeaker are what keeps them together: without us nobody hears anybody.
		v.hangup, v.ends = "Hang up both", slices.DeleteFunc(ids, func(id call.ID) bool { return id == front.ID })
		v.ends = append(v.ends, front.ID) // the one in front last: no other comes to the front for a moment
		if len(v.ends) > 2 {
			v.hangup = fmt.Sprintf("Hang up all %d", len(v.ends))
		}
	}
	v.connect(s, front)
	if s.Asking != nil && len(beside(s, front)) > 0 { // a row has no room for it
		v.says = s.Asking.Why
	}
	return v
}

// connect fills in how calls are brought together.
func (v *pairView) connect(s phone.Snapshot, front call.Call) {
	others := slices.DeleteFunc(beside(s, front), func(c call.Call) bool { return c.Phase != call.Active })
	if len(others) == 0 {
		return
	}
	other := others[0]
	v.with = other.ID
	if front.Phase == call.Active {
		v.join = "Join all"
		if len(inConference(s)) == len(others)+1 {
			v.join = "Split"
		}
	}
	switch {
	case other.ID == front.Consults:
		v.complete, v.cancel, v.says = "Complete transfer", "Cancel, back to "+first(s, other, "the call"), "Complete connects them and takes you out."
		if front.Phase != call.Active {
			v.says = "Complete lets them wait for the answer instead of you."
		}
	case front.Phase != call.Active:
	case len(others) > 1 && front.Joined && other.Joined: // two of a larger conference would leave the others behind
	case len(others) > 1:
		v.complete = "Connect with " + first(s, other, "the first call")
	case front.Joined && other.Joined:
		v.complete = "Leave them talking"
	default:
		v.complete = "Connect them"
	}
}

// first is whom a call is with, as short as a button has room for.
func first(s phone.Snapshot, c call.Call, unknown string) string {
	name, number := s.Who(c)
	for _, text := range []string{name, number} {
		if n := len([]rune(text)); n > 0 && n <= 22 {
			return text
		}
	}
	return unknown
}

// failureFor is how long it is told that a call was not passed on.
const failureFor = 12 * time.Second

// passedOr says that a transfer of the call has just failed, or arrived although it was taken back; empty: neither.
func passedOr(c call.Call, now time.Time) (text, detail string) {
	to := call.Plain(c.Transfer.To)
	switch {
	case now.Sub(c.Transfer.At) >= failureFor:
	case c.Transfer.State == call.TransferBack:
		return "Not passed on to " + to + ".", c.Transfer.Failure()
	case c.Transfer.State == call.TransferLate:
		return to + " answered all the same.", "The other side may be there now."
	}
	return "", ""
}

// passed is the call that is being passed on, empty if there is none.
func passed(s phone.Snapshot) call.ID {
	for _, c := range s.Calls {
		if c.Phase == call.Active && c.Transfer.UnderWay() {
			return c.ID
		}
	}
	return ""
}

// begun counts the calls that take up room.
func begun(s phone.Snapshot) (n int) {
	for _, c := range s.Calls {
		if c.Phase < call.Ending {
			n++
		}
	}
	return n
}

// consulting reports whether a call was made on behalf of one that waits: what passes that one on is Complete.
func consulting(s phone.Snapshot, front call.Call) bool {
	return front.Consults != "" && slices.ContainsFunc(beside(s, front), func(c call.Call) bool { return c.ID == front.Consults })
}

// others are the colleagues a call can go to: who is on it already is none.
func others(list []phone.Colleague, on call.Call) []phone.Colleague {
	return slices.DeleteFunc(slices.Clone(list), func(c phone.Colleague) bool { return c.Number == on.Remote.Number })
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
