// Package register decides what a SIP registration does next (RFC 3261 §10, RFC 3263 §4.3, RFC 5626 §4.5).
//
// It is pure: Next takes a state, an event and the time, and returns the next state and what is to be done. Who sends, dials
// and waits (package sip) owns the state and answers each action with an event, later. An action ends what the one before
// it has started: there is one way being looked for, one REGISTER under way and one timer at a time.
package register

import (
	"cmp"
	"time"

	"sidetone/internal/call"
)

// State is a registration. The zero value has not begun.
type State struct {
	Line    call.Line // what people see
	Expires int       // seconds asked for in REGISTER
	Named   bool      // the registrar is told the phone's instance, unless a proxy cannot bear it (RFC 5626 §6)
	Bound   bool      // the server may hold a binding of ours

	usable   bool   // the way found last still takes our requests
	anew     bool   // the next one is looked for from the best target on
	accepted bool   // a server has registered this account before
	raised   bool   // the server over the way found last has named the time it wants
	why      string // what was wrong with the best target, while others are tried
	failures int    // rounds over all targets that failed in a row, or came to nothing soon
}

// Event is what happens to a registration.
type Event interface{ event() }

type (
	// Begin asks for a registration now: at the start, when the timer is up, or because somebody wants it.
	Begin struct{}
	// Found is a way to the server, as asked for by Seek.
	Found struct{}
	// Failed is that there is none, or that it took no REGISTER. More tells that other targets have not been tried.
	Failed struct {
		Why  string // one sentence
		More bool
	}
	// Answered is the final response to REGISTER.
	Answered struct {
		Answer
		More bool
	}
	// Lost is a connection that is over. Silent is a server that no longer answers.
	Lost   struct{ Why string }
	Silent struct{ Why string }
	// Moved is a change of the network or a sleep. Same tells that the way still begins at our address.
	Moved struct{ Same, Slept bool }
	// Refuse is that the registration cannot be had, whatever the server thinks: a setting or a password is wrong.
	Refuse struct{ Why string }
)

// Answer is what matters of a final response to REGISTER.
type Answer struct {
	Status  int
	Granted int           // seconds the binding is kept, of a 2xx
	Least   int           // Min-Expires, in seconds, of a 423
	After   time.Duration // Retry-After
	Text    string        // a sentence that says what the status means
}

func (Begin) event()    {}
func (Found) event()    {}
func (Failed) event()   {}
func (Answered) event() {}
func (Lost) event()     {}
func (Silent) event()   {}
func (Moved) event()    {}
func (Refuse) event()   {}

// Action is what is to be done.
type Action interface{ action() }

type (
	// Seek looks for a way to the next target that was not tried; to the best one, where Anew is set. Avoid puts the server
	// that was in use last. Drop ends the connection there is.
	Seek struct{ Anew, Avoid, Drop bool }
	// Send sends REGISTER over the way there is.
	Send struct{}
	// Wait brings Begin after a time.
	Wait struct{ For time.Duration }
	// Probe asks the server for a sign of life.
	Probe struct{}
)

func (Seek) action()  {}
func (Send) action()  {}
func (Wait) action()  {}
func (Probe) action() {}

// The waits between rounds.
const (
	firstWait   = 2 * time.Second
	mostWait    = 30 * time.Second
	mostAsked   = time.Hour       // that a server may ask for by Retry-After
	settled     = 5 * time.Second // a connection that lived so long may be opened anew at once
	refusedWait = time.Minute     // after a refusal of an account that was good before, half to one and a half of it
	restartTime = 2 * time.Second // over which phones come back that lost their connections together
	mostExpires = 1 << 20
)

// Next takes an event. pick is a random number in [0, 1): phones that were thrown off together must not come back together.
func (s State) Next(e Event, now time.Time, pick func() float64) (State, Action) {
	s = s.kept(now)
	switch e := e.(type) {
	case Begin:
		return s.begin(now)
	case Found:
		s.usable, s.anew, s.raised, s.Bound = true, false, false, true
		return s, Send{}
	case Failed:
		return s.failed(e.Why, e.More, 0, now, pick)
	case Answered:
		return s.answered(e, now, pick)
	case Lost:
		return s.lost(e.Why, now, pick)
	case Silent:
		if s.Line.State != call.LineReady {
			return s, nil
		}
		s.usable, s.why = false, e.Why
		return s.show(call.LineRegistering, e.Why, time.Time{}, now), Seek{Anew: true, Avoid: true}
	case Moved:
		return s.moved(e, now)
	case Refuse:
		return s.refused(e.Why, now), nil
	}
	return s, nil
}

func (s State) begin(now time.Time) (State, Action) {
	if s.Line.State != call.LineReady {
		s = s.show(call.LineRegistering, "", time.Time{}, now)
	}
	if s.usable {
		return s, Send{}
	}
	return s, Seek{Anew: s.anew}
}

// failed goes on with the next target. Where none is left it plans the next round.
func (s State) failed(why string, more bool, least time.Duration, now time.Time, pick func() float64) (State, Action) {
	s.usable, s.why = false, cmp.Or(s.why, why)
	if more {
		return s.show(call.LineRegistering, "", time.Time{}, now), Seek{}
	}
	wait := s.pause(least, pick)
	s.failures, s.anew = s.failures+1, true
	s = s.show(call.LineUnreachable, s.why, now.Add(wait), now)
	s.why = ""
	return s, Wait{wait}
}

// pause is 2 s doubling up to 30 s, each between half and one and a half of it at random; or what the server asked for and up to
// as much again as the pause would have been.
func (s State) pause(least time.Duration, pick func() float64) time.Duration {
	base := min(firstWait<<min(s.failures, 10), mostWait)
	if least > 0 {
		return min(least, mostAsked) + time.Duration(pick()*float64(base))
	}
	return base/2 + time.Duration(pick()*float64(base))
}

func (s State) answered(e Answered, now time.Time, pick func() float64) (State, Action) {
	switch status := e.Status; {
	case status < 300 && e.Granted <= 0:
		return s.failed(e.Text, e.More, 0, now, pick)
	case status < 300:
		s.raised, s.why, s.accepted = false, "", true
		s = s.show(call.LineReady, "", time.Time{}, now)
		share := 0.8 - 0.1*pick() // of the time, so that phones started together do not stay together
		return s, Wait{time.Duration(float64(e.Granted) * share * float64(time.Second))}
	case status == 423 && e.Least > s.Expires && e.Least <= mostExpires && !s.raised:
		s.Expires, s.raised = e.Least, true
		return s, Send{}
	case status == 439 && s.Named:
		s.Named = false
		return s, Send{}
	case status == 408, status == 480, status >= 500 && status < 600:
		return s.failed(e.Text, e.More, e.After, now, pick)
	}
	s.Bound = false
	if s.accepted && e.Status != 401 && e.Status != 407 { // it has thought otherwise before, and may again
		wait := refusedWait/2 + time.Duration(pick()*float64(refusedWait))
		s.why = ""
		return s.show(call.LineRefused, e.Text, now.Add(wait), now), Wait{wait}
	}
	return s.refused(e.Text, now), nil
}

// kept forgets the failures of a registration that has lasted: one that a server takes back at once is a failure too.
func (s State) kept(now time.Time) State {
	if s.Line.State == call.LineReady && now.Sub(s.Line.Since) > settled {
		s.failures = 0
	}
	return s
}

func (s State) refused(why string, now time.Time) State {
	s.why = ""
	return s.show(call.LineRefused, why, time.Time{}, now)
}

// lost opens a connection anew. A server that keeps closing is given the same pauses as one that does not answer; one that refused
// the account is left alone.
func (s State) lost(why string, now time.Time, pick func() float64) (State, Action) {
	s.usable, s.anew = false, true
	switch {
	case s.Line.State == call.LineRefused, s.Line.State == call.LineUnreachable, s.Line.State == call.LineOff, s.Line.State == "":
		return s, nil
	case s.Line.State == call.LineReady && now.Sub(s.Line.Since) > settled:
		s.why = why
		return s.show(call.LineRegistering, why, time.Time{}, now), Wait{time.Duration(pick() * float64(restartTime))}
	}
	return s.failed(why, false, 0, now, pick)
}

// moved makes sure that the server reaches this phone: NATs and servers have forgotten connections over a sleep, and nobody
// says so.
func (s State) moved(e Moved, now time.Time) (State, Action) {
	switch s.Line.State {
	case call.LineReady:
		if e.Same && !e.Slept {
			return s, Probe{}
		}
	case call.LineRegistering, call.LineUnreachable:
	default:
		return s, nil
	}
	s.failures, s.usable, s.why = 0, false, ""
	return s.show(call.LineRegistering, "", time.Time{}, now), Seek{Anew: true, Drop: true}
}

func (s State) show(state call.LineState, detail string, retry, now time.Time) State {
	since := s.Line.Since
	if state != s.Line.State {
		since = now
	}
	s.Line = call.Line{State: state, Detail: detail, Retry: retry, Since: since}
	return s
}
