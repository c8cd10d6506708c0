// Package presence decides one agent status out of the agent's choice, the phone's business and Kustomer's status.
//
// It is pure: Reduce takes a state, an event and the time and returns the next state. internal/phone owns the one State and
// runs Reduce in its goroutine; the bridge carries State.Want to Kustomer and brings back what Kustomer says.
//
// The design in a few lines:
//
//   - The agent's choice is kept. A call, the wrap-up after it and a phone that cannot be reached cover it, in this order;
//     when the last cover goes, the choice is what remains. Effective is the one status that follows.
//   - A push is caused by a decision (a choice, a cover that comes or goes, a restart), never by a report. At most one push
//     for each decision: a push that Kustomer ignores is shown as ignored and not repeated until the agent decides again.
//   - A report is an echo of a push, no news, or the agent's own choice in Kustomer, which wins. Reports never answer
//     pushes, so two pushes never answer each other.
//   - One exception, bounded by the agent's own hand: a choice in Kustomer that our push overran on the way is put back, once.
//
// What a widget owes (package widgetbridge sees to it that one speaks at a time):
//
//   - It passes on Kustomer's events in their order and says Applied when it calls Kustomer, before it passes on anything heard
//     after the call. It carries out one wish at a time.
//   - One that may read the work session does so when it begins to speak (Found), a while after every push (ReadBack) and now
//     and then (Polled). A read that an event or a push overtakes is made again. It carries the newest Rev the widget knew to
//     be called when it began; one older than a push is thrown away. It says also which push the page has seen Kustomer take,
//     perhaps while it could not reach the phone: what Kustomer shows after that is the agent's choice, not a push ignored.
//   - So a read is newer than every event told before it. An event told after it should be newer too. One that is slower than
//     a read is recognised where it is our own; where it is the agent's, Kustomer and Sidetone may disagree, which is shown.
package presence

import (
	"fmt"
	"slices"
	"time"
)

// Status is what the agent is, in our own words.
type Status string

// The statuses, in the order a menu shows them.
const (
	Available   Status = "available"   // calls can reach the agent
	Busy        Status = "busy"        // on a call
	WrapUp      Status = "wrap-up"     // finishing work after a call
	Unavailable Status = "unavailable" // signed in, wants no calls
	Offline     Status = "offline"     // not working
)

// Statuses returns every status in menu order.
func Statuses() []Status { return []Status{Available, Busy, WrapUp, Unavailable, Offline} }

// Parse reads the wire form of a status.
func Parse(s string) (Status, error) {
	if st := Status(s); slices.Contains(Statuses(), st) {
		return st, nil
	}
	return "", fmt.Errorf("%q is not a status: use available, busy, wrap-up, unavailable or offline", s)
}

// Label is the status in an agent's words.
func (s Status) Label() string {
	switch s {
	case Available:
		return "Available"
	case Busy:
		return "Busy"
	case WrapUp:
		return "Wrap-up"
	case Unavailable:
		return "Unavailable"
	case Offline:
		return "Offline"
	}
	return string(s)
}

// Kustomer is the value of fallbackStatusType that stands for the status: Kustomer routes by four types and counts wrap-up
// as busy.
func (s Status) Kustomer() string {
	if s == WrapUp {
		return string(Busy)
	}
	return string(s)
}

// Source says who made a choice.
type Source string

// The sources of a choice.
const (
	AtStart    Source = "start"    // nobody chose yet
	InApp      Source = "app"      // in Sidetone's window, or with sidetonectl
	InKustomer Source = "kustomer" // in Kustomer's own status menu
)

// Choice is a status somebody chose, and when. The zero value means that there is none.
type Choice struct {
	Status Status    `json:"status,omitempty"`
	Label  string    `json:"label,omitempty"` // the organisation's own name for it, such as "Lunch"
	Ref    string    `json:"ref,omitempty"`   // Kustomer's id of that status, for a bridge that can set it; opaque
	By     Source    `json:"by,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

func (c Choice) made() bool { return c.Status != "" }

func (c Choice) name() string {
	if c.Label != "" {
		return c.Label
	}
	return c.Status.Label()
}

// State is everything the decision rests on. The zero value is not useful: use Start. A State is a value; Reduce never
// changes the one it is given.
type State struct {
	Chosen    Choice    // what the agent is when nothing covers it
	Next      Choice    // what the agent picked to follow the call or the wrap-up
	Busy      bool      // a call is on
	BusySince time.Time // when it began
	Override  bool      // the agent chose something else in Kustomer during the call; that wins
	Wrap      Wrap
	Down      Down
	Rules     Rules
	Want      Want
	Kustomer  Heard      // what Kustomer said last
	Turned    time.Time  // when Kustomer made the agent unavailable by itself, as it seems; zero: it did not
	Decisions []Decision // the last ones, oldest first

	reads    bool   // the work session has been read: what the agent's choice and a push have come to is left to the next read
	believed string // where Kustomer is for all we know, value of fallbackStatusType; empty: nothing is known
	pushes   []push // those whose echo may still come, oldest first
}

// Event is something that bears on the status.
type Event interface{ event() }

type (
	// Calls says whether a call occupies the agent. A call that only rings does not. When the last call has ended, Outcome
	// says how; a call that never occupied the agent, such as a missed one, is told with On false and its Outcome.
	Calls struct {
		On      bool
		Outcome Outcome
	}
	// Chose is the agent's choice in Sidetone. During a call it is what follows the call, which keeps the agent busy; at any
	// other time it takes effect at once and ends a wrap-up.
	Chose struct {
		Status Status
		Label  string
		Ref    string
	}
	// Queued is the agent's choice of what follows the call or the wrap-up. Without either it is Chose.
	Queued struct {
		Status Status
		Label  string
		Ref    string
	}
	// Extend lengthens the wrap-up by a time, up to Rules.Max in all. By zero means a minute.
	Extend struct{ By time.Duration }
	// Done ends the wrap-up.
	Done struct{}
	// Tick says that time has passed; see Deadline.
	Tick struct{}
	// Reachable says whether calls can reach this phone, and in one plain sentence why not. Whoever reports it waits until a
	// short trouble would have passed.
	Reachable struct {
		OK  bool
		Why string
	}
	// Said is Kustomer's report of the agent's status.
	Said struct {
		Status Status
		Label  string
		Ref    string // Kustomer's id of the status; empty: not known
		System bool   // it is one of Kustomer's built-in statuses, not one of the organisation's
		How    How
		After  uint64 // of a read: the newest Rev the widget knew to be called when the read began
		Took   uint64 // of a read: the newest Rev that the widget has seen Kustomer take, perhaps without being able to say so
	}
	// Applied says that a widget has called Kustomer for the wish Rev. Blind: it cannot read the work session back.
	Applied struct {
		Rev   uint64
		Blind bool
	}
	// Failed says that a widget could not call Kustomer for the wish Rev, or that Kustomer refused it. Why is a sentence, Code
	// the widget's word for it.
	Failed struct {
		Rev  uint64
		Why  string
		Code string
	}
)

func (Calls) event()     {}
func (Chose) event()     {}
func (Queued) event()    {}
func (Extend) event()    {}
func (Done) event()      {}
func (Tick) event()      {}
func (Reachable) event() {}
func (Rules) event()     {}
func (Said) event()      {}
func (Applied) event()   {}
func (Failed) event()    {}

// How says how a widget learnt the agent's status.
type How string

// The ways to learn it. All but Changed are reads of the work session, which carry After.
const (
	Changed  How = "changed"   // Kustomer's event routing-status-change; also the meaning of an empty How
	Found    How = "found"     // read at connection, or when the widget became the one that speaks
	ReadBack How = "read-back" // read after a push
	Polled   How = "polled"    // read again after a while
)

func (h How) read() bool { return h == Found || h == ReadBack || h == Polled }

// Reduce returns the state after an event. It makes at most one new wish.
func Reduce(s State, e Event, now time.Time) State {
	next, cause := decide(s, e, now)
	return record(s, next, cause, now)
}

// decide is Reduce without the record: the next state, and what kind of decision it was.
func decide(was State, e Event, now time.Time) (State, Cause) {
	was.pushes = was.alive(now)
	s, cause := apply(was, e, now)
	switch {
	case cause == ChoseHere, cause == PutBack, cause.ours() && kind(was) != kind(s):
		s = wish(s, cause, now)
	}
	return s, cause
}

// apply takes the event in.
func apply(s State, e Event, now time.Time) (State, Cause) {
	switch e := e.(type) {
	case Calls:
		return calls(s, e, now)
	case Chose:
		return chose(s, Choice{Status: e.Status, Label: e.Label, Ref: e.Ref, By: InApp, At: now})
	case Queued:
		return queued(s, Choice{Status: e.Status, Label: e.Label, Ref: e.Ref, By: InApp, At: now})
	case Extend:
		return extend(s, e.By), ""
	case Done:
		return wrapped(s, WrapUpDone)
	case Tick:
		return tick(s, now)
	case Reachable:
		return reachable(s, e, now)
	case Rules:
		s.Rules = e
	case Said:
		return said(s, e, now)
	case Applied:
		return applied(s, e.Rev, e.Blind, now), ""
	case Failed:
		return failed(s, e), ""
	}
	return s, ""
}

// Effective is the one status the agent has.
func Effective(s State) Status {
	switch s.cover() {
	case byCall:
		return Busy
	case byWrapUp:
		return WrapUp
	case byDown:
		return Unavailable
	}
	return s.Chosen.Status
}

// kind is what Kustomer should show.
func kind(s State) string { return Effective(s).Kustomer() }
