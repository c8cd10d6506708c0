package presence

import (
	"fmt"
	"time"
)

// Cause is why a decision was taken, one value a program can test.
type Cause string

// The causes of a decision.
const (
	CallStarted     Cause = "call-started"
	CallEnded       Cause = "call-ended"
	WrapUpStarted   Cause = "wrap-up-started"
	WrapUpEnded     Cause = "wrap-up-ended" // its time was over
	WrapUpDone      Cause = "wrap-up-done"  // the agent ended it
	ChoseHere       Cause = "chosen-here"
	ChoseThere      Cause = "chosen-in-kustomer"
	TurnedAway      Cause = "turned-by-kustomer" // Kustomer made the agent unavailable, as it seems
	CallsDoNotReach Cause = "unreachable"
	CallsReach      Cause = "reachable"
	Lifted          Cause = "cover-again"   // Kustomer shows what the cover makes, over a choice made in Kustomer
	PutBack         Cause = "put-back"      // our push overran a choice made in Kustomer
	Stands          Cause = "choice-stands" // a choice made here came after one made in Kustomer
	Restarted       Cause = "restarted"
)

// ours reports whether Kustomer is to be told of the decision. What Kustomer told us it knows.
func (c Cause) ours() bool {
	switch c {
	case "", ChoseThere, TurnedAway, Lifted, Stands:
		return false
	}
	return true
}

// Decision is one change of the status, or one push, and why.
type Decision struct {
	At       time.Time `json:"at"`
	From     Status    `json:"from"`
	To       Status    `json:"to"`
	Cause    Cause     `json:"cause"`
	Rev      uint64    `json:"rev,omitempty"`  // the wish it made; 0: none
	Name     string    `json:"name,omitempty"` // of To, as it is shown
	Until    time.Time `json:"until,omitzero"` // of a wrap-up that begins
	Sentence string    `json:"sentence"`
}

// mostDecisions is how many are kept.
const mostDecisions = 20

// record appends the decision if it changed the effective status or made a wish.
func record(was, s State, cause Cause, now time.Time) State {
	from, to := Effective(was), Effective(s)
	d := Decision{At: now, From: from, To: to, Cause: cause, Name: shown(s), Until: s.Wrap.Until, Sentence: sentence(s, cause, now)}
	if s.Want.Rev != was.Want.Rev {
		d.Rev = s.Want.Rev
	}
	if cause == "" || from == to && d.Rev == 0 && !renamed(was, s) {
		return s
	}
	kept := s.Decisions[max(0, len(s.Decisions)-mostDecisions+1):]
	s.Decisions = append(append(make([]Decision, 0, len(kept)+1), kept...), d)
	return s
}

func renamed(was, s State) bool {
	return s.cover() == byNothing && was.Chosen.name() != s.Chosen.name()
}

// sentence says a decision in plain words. The state is the one after it.
func sentence(s State, cause Cause, now time.Time) string {
	at, name := clock(now), shown(s)
	switch cause {
	case CallStarted:
		return fmt.Sprintf("A call began at %s: %s.", at, name)
	case CallEnded:
		return fmt.Sprintf("The call ended at %s: %s.", at, name)
	case WrapUpStarted:
		return fmt.Sprintf("The call ended at %s: wrap-up until %s.", at, s.Wrap.Until.Format("15:04:05"))
	case WrapUpEnded:
		return fmt.Sprintf("The wrap-up was over at %s: %s.", at, name)
	case WrapUpDone:
		return fmt.Sprintf("You ended the wrap-up at %s: %s.", at, name)
	case ChoseHere, Stands:
		return fmt.Sprintf("You chose %s at %s.", name, at)
	case ChoseThere:
		return fmt.Sprintf("%s was set in Kustomer at %s.", name, at)
	case TurnedAway:
		return fmt.Sprintf("Kustomer showed %s at %s, which was not set here.", name, at)
	case CallsDoNotReach:
		return fmt.Sprintf("Calls cannot reach this phone since %s: %s. %s", at, name, s.Down.Why)
	case CallsReach:
		return fmt.Sprintf("Calls can reach this phone again since %s: %s.", at, name)
	case Lifted:
		return fmt.Sprintf("Kustomer shows %s since %s.", name, at)
	case PutBack:
		return fmt.Sprintf("Sidetone's change overran your choice in Kustomer; it was put back at %s: %s.", at, name)
	case Restarted:
		return fmt.Sprintf("Sidetone was started again at %s: %s.", at, name)
	}
	return ""
}

// shown is the name of the effective status.
func shown(s State) string {
	if s.cover() == byNothing {
		return s.Chosen.name()
	}
	return Effective(s).Label()
}

func clock(t time.Time) string { return t.Format("15:04") }
