// Package presence decides one agent status out of the agent's choice, the phone's business and Kustomer's status.
//
// It is pure: Reduce takes a state, an event and the time and returns the next state. internal/phone owns the one State and
// runs Reduce in its goroutine; the bridge carries State.Want to Kustomer and brings back what Kustomer says.
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

// Choice is a status somebody chose, and when.
type Choice struct {
	Status Status    `json:"status"`
	Label  string    `json:"label,omitempty"` // Kustomer's own name for it, such as "Lunch"
	By     Source    `json:"by"`
	At     time.Time `json:"at"`
}

// Want is what Kustomer should be told. Rev grows with each wish; Rev 0 means there is none. Latest wins: an older wish is
// never sent once a newer one exists.
type Want struct {
	Rev    uint64 `json:"rev"`
	Status string `json:"status,omitempty"` // value of fallbackStatusType
	Done   bool   `json:"done,omitempty"`   // the widget has carried it out, or Kustomer has moved on
}

// State is everything the decision rests on. The zero value is not useful: use Start.
type State struct {
	Chosen    Choice    // what the agent is when no call is on
	Busy      bool      // a call is on
	BusySince time.Time // when it began
	Override  bool      // the agent chose something else during the call; that wins
	Want      Want
	Kustomer  Heard // what Kustomer said last

	believed string // where Kustomer is for all we know, value of fallbackStatusType: it need not say so
	echoes   []echo
}

// Heard is what Kustomer reported of the agent, as it came.
type Heard struct {
	Known  bool      `json:"known"`
	Status Status    `json:"status,omitempty"` // in our words, by the admin's map or by type
	Label  string    `json:"label,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// echo is a wish of ours that Kustomer will report back as if it were news.
type echo struct {
	rev    uint64
	status string
	at     time.Time // when it was wished, then when it was carried out
}

// echoWindow is how long after it was carried out a report that equals our own wish is taken for its echo. A slow Kustomer
// takes a second or two.
const echoWindow = 10 * time.Second

// Start is the state of a phone nobody has told anything: available, because a phone that is on can be called.
func Start(now time.Time) State {
	return State{Chosen: Choice{Status: Available, By: AtStart, At: now}}
}

// Event is something that bears on the status.
type Event interface{ event() }

type (
	// Calls says whether a call occupies the agent. A call that only rings does not.
	Calls struct{ On bool }
	// Chose is the agent's choice in Sidetone.
	Chose struct{ Status Status }
	// Said is Kustomer's report of the agent's status: routing-status-change, or the state found at connection.
	Said struct {
		Status Status
		Label  string
	}
	// Applied says that the widget has carried out the wish Rev.
	Applied struct{ Rev uint64 }
)

func (Calls) event()   {}
func (Chose) event()   {}
func (Said) event()    {}
func (Applied) event() {}

// Reduce returns the state after an event.
func Reduce(s State, e Event, now time.Time) State {
	switch e := e.(type) {
	case Calls:
		return calls(s, e.On, now)
	case Chose:
		s.Chosen = Choice{Status: e.Status, By: InApp, At: now}
		s.Override = s.Busy
		return want(s, e.Status, now)
	case Said:
		return said(s, e, now)
	case Applied:
		return applied(s, e.Rev, now)
	}
	return s
}

func applied(s State, rev uint64, now time.Time) State {
	if rev == s.Want.Rev && !s.Want.Done {
		s.Want.Done, s.believed = true, s.Want.Status
	}
	s.echoes = slices.Clone(s.echoes)
	for i := range s.echoes {
		if s.echoes[i].rev == rev {
			s.echoes[i].at = now
		}
	}
	return s
}

func calls(s State, on bool, now time.Time) State {
	if on == s.Busy {
		return s
	}
	s.Busy = on
	if on {
		s.BusySince, s.Override = now, false
		return want(s, Busy, now)
	}
	restore := !s.Override
	s.Override = false
	if restore {
		return want(s, s.Chosen.Status, now)
	}
	return s
}

// want records a wish, unless Kustomer is believed to be there already and nothing is on its way.
func want(s State, status Status, now time.Time) State {
	t := status.Kustomer()
	if !s.open() && s.believed == t {
		return s
	}
	s.echoes = s.alive(now)
	s.Want = Want{Rev: s.Want.Rev + 1, Status: t}
	s.echoes = append(s.echoes, echo{rev: s.Want.Rev, status: t, at: now})
	return s
}

// open reports whether a wish waits for the widget.
func (s State) open() bool { return s.Want.Rev > 0 && !s.Want.Done }

// alive is the echoes that may still come: of the open wish, however long it waits for a widget, and of the recent ones.
func (s State) alive(now time.Time) []echo {
	var out []echo
	for _, e := range s.echoes {
		if s.open() && e.rev == s.Want.Rev || now.Sub(e.at) < echoWindow {
			out = append(out, e)
		}
	}
	return out
}

// said takes in Kustomer's report: an echo of our own wish changes nothing, nor does what a widget says again when it is
// back; anything else is the agent's own choice, and the last word.
func said(s State, e Said, now time.Time) State {
	before := s.Kustomer
	s.Kustomer = Heard{Known: true, Status: e.Status, Label: e.Label, At: now}
	switch {
	case s.open() && !before.Known:
		return first(s, e, now)
	case s.open() && before.Status == e.Status && before.Label == e.Label:
		return s
	}
	s.echoes = s.alive(now)
	for i, w := range s.echoes {
		if w.status == e.Status.Kustomer() {
			s.echoes = slices.Clone(s.echoes[i+1:])
			return s
		}
	}
	s.believed = e.Status.Kustomer()
	switch {
	case s.believed == Effective(s).Kustomer():
		if !s.Busy || s.Override {
			s.Chosen.Label = e.Label
		}
		return s
	case s.Busy && s.believed == string(Busy):
		s.Override = false // a call makes busy: that is no choice to stay so
	default:
		s.Chosen = Choice{Status: e.Status, Label: e.Label, By: InKustomer, At: now}
		s.Override = s.Busy
	}
	s.Want.Done, s.echoes = true, nil
	return s
}

// first takes in where the agent is found by the first widget while a wish waits for it. It is where to return to after
// the call, unless the agent has chosen here.
func first(s State, e Said, now time.Time) State {
	s.believed = e.Status.Kustomer()
	if s.Chosen.By == AtStart && !(s.Busy && s.believed == string(Busy)) {
		s.Chosen = Choice{Status: e.Status, Label: e.Label, By: InKustomer, At: now}
		s.Want.Done = !s.Busy
	}
	return s
}

// Effective is the one status the agent has.
func Effective(s State) Status {
	if s.Busy && !s.Override {
		return Busy
	}
	return s.Chosen.Status
}

// View is the status as people see it.
type View struct {
	Status Status    `json:"status"`
	Label  string    `json:"label"`            // what to show; Kustomer's own name where there is one
	Why    string    `json:"why"`              // one sentence
	Since  time.Time `json:"since"`            // when this status began
	Return Status    `json:"return,omitempty"` // what follows by itself when the call ends
	Heard  Heard     `json:"kustomer"`
}

// Show makes the view of a state; times are written in the location of their values.
func Show(s State) View {
	v := View{Status: Effective(s), Heard: s.Kustomer}
	v.Label = v.Status.Label()
	if s.Busy && !s.Override {
		v.Since, v.Return = s.BusySince, s.Chosen.Status
		v.Why = fmt.Sprintf("On a call since %s, will return to %s.", clock(v.Since), s.Chosen.name())
		return v
	}
	v.Label, v.Since = s.Chosen.name(), s.Chosen.At
	switch s.Chosen.By {
	case InKustomer:
		v.Why = fmt.Sprintf("Set in Kustomer at %s.", clock(v.Since))
	case InApp:
		v.Why = fmt.Sprintf("You chose this at %s.", clock(v.Since))
	default:
		v.Why = fmt.Sprintf("Since start at %s.", clock(v.Since))
	}
	return v
}

func (c Choice) name() string {
	if c.Label != "" {
		return c.Label
	}
	return c.Status.Label()
}

func clock(t time.Time) string { return t.Format("15:04") }
