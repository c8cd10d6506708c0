// Package sessiontimer decides how a call is kept alive and when its far end counts as gone (RFC 4028).
//
// It is pure: Ask and Answer agree on terms, Next says what to do about them and Due when to ask again. A call whose far end
// does not speak of session timers has no terms and is never ended here; nor is one whose far end refuses to be asked: what
// answers is alive. RFC 4028 §10 hangs up when one refresh gets no answer; a server may be started again meanwhile, so it is
// tried until the session would have expired.
package sessiontimer

import (
	"strconv"
	"strings"
	"time"
)

const (
	// Usual is how long a session lasts without a refresh when we are the first to say (RFC 4028 §4).
	Usual = 30 * time.Minute
	// Least is the shortest session we agree to when they are the first to say (RFC 4028 §5).
	Least = 90 * time.Second

	shortest = 2 * time.Second // whatever a server says, it is not asked more often than twice in this time
	longest  = 24 * time.Hour
	pause    = 2 * time.Second // before a refresh that something else was in the way of
	attempts = 3               // requests that are answered with ever longer times
)

// Side is a side of one transaction, not of the call.
type Side string

// The two sides, as the refresher parameter writes them.
const (
	UAC Side = "uac"
	UAS Side = "uas"
)

// Terms are what a Session-Expires header says. The zero value is no session timer.
type Terms struct {
	Interval  time.Duration
	Refresher Side // empty: the other side shall choose
}

// String is the header's value.
func (t Terms) String() string {
	s := Seconds(t.Interval)
	if t.Refresher != "" {
		s += ";refresher=" + string(t.Refresher)
	}
	return s
}

// Seconds writes a time as delta-seconds.
func Seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

// Parse reads a Session-Expires header; ok is false for what is none.
func Parse(s string) (t Terms, ok bool) {
	delta, params, _ := strings.Cut(s, ";")
	t.Interval, ok = Delta(delta)
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "refresher") {
			continue
		}
		switch side := Side(strings.ToLower(strings.TrimSpace(value))); side {
		case UAC, UAS:
			t.Refresher = side
		}
	}
	return t, ok
}

// Delta reads delta-seconds, at most a day of them. Parameters behind it do not matter.
func Delta(s string) (time.Duration, bool) {
	s, _, _ = strings.Cut(s, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	if err != nil {
		return 0, false
	}
	return min(time.Duration(n)*time.Second, longest), true
}

// Offer is what a request says about session timers.
type Offer struct {
	Terms               // zero: it has no Session-Expires
	Least time.Duration // its Min-SE, 0 if it has none
	Knows bool          // it lists timer in Supported
}

// Verdict is what a 2xx, or a refusal, says to an Offer.
type Verdict struct {
	TooSmall bool // 422 with our Min-SE
	Terms         // of the 2xx; zero: none
	Require  bool // the 2xx requires timer
}

// Answer is our word as the side that is asked (RFC 4028 §9). Usual and least are ours.
func Answer(o Offer, usual, least time.Duration) Verdict {
	switch {
	case o.Interval == 0 && !o.Knows:
		return Verdict{}
	case o.Interval == 0:
		return Verdict{Terms: Terms{max(usual, o.Least), UAS}, Require: true}
	case o.Interval < least && o.Knows:
		return Verdict{TooSmall: true}
	}
	t := o.Terms
	switch {
	case !o.Knows: // a proxy wants it: nobody but us can refresh
		t.Refresher = UAS
	case t.Refresher == "":
		t.Refresher = UAC
	}
	return Verdict{Terms: t, Require: o.Knows}
}

// State is the timer of one call. The zero value has no terms.
type State struct {
	every time.Duration // how long the session lasts; 0: for ever
	ours  bool          // we refresh
	due   time.Time     // when Next wants a Tick
	ends  time.Time     // when the session expires
	least time.Duration // what a server has asked for with 422
	tries int           // 422 in a row
}

// Event is what happens to the timer.
type Event interface{ event() }

type (
	// Agreed is a 2xx with these terms; zero ends the timer. We says which side of its transaction we are.
	Agreed struct {
		Terms
		We Side
	}
	// Tick is that Due has come.
	Tick struct{}
	// Postponed is that a refresh could not be sent, crossed another request, or got no answer.
	Postponed struct{}
	// Refused is that the far end did not want to be asked.
	Refused struct{}
	// TooSmall is a 422 to a request of ours, with its Min-SE.
	TooSmall struct{ Least time.Duration }
)

func (Agreed) event()    {}
func (Tick) event()      {}
func (Postponed) event() {}
func (Refused) event()   {}
func (TooSmall) event()  {}

// Action is what is to be done.
type Action int

// The actions.
const (
	Nothing Action = iota
	Refresh        // the session, or send again what met a 422
	End            // the call: the far end is gone
)

// Next is the state after an event, and what is to be done.
func (s State) Next(e Event, now time.Time) (State, Action) {
	switch e := e.(type) {
	case Agreed:
		return s.agreed(e, now), Nothing
	case TooSmall:
		if s.tries++; s.tries >= attempts || e.Least <= 0 {
			return s, Nothing
		}
		s.least = max(s.least, e.Least)
		return s, Refresh
	case Postponed:
		return s.postponed(now)
	case Refused:
		s.ends = now.Add(s.every)
	case Tick:
		return s.tick(now)
	}
	return s, Nothing
}

func (s State) agreed(e Agreed, now time.Time) State {
	s.tries = 0
	if e.Interval <= 0 {
		return State{least: s.least}
	}
	s.every = max(e.Interval, shortest)
	s.ours, s.ends = e.Refresher == e.We || e.Refresher == "", now.Add(s.every)
	if s.ours {
		s.due = now.Add(s.every / 2)
	} else {
		s.due = now.Add(s.every - min(32*time.Second, s.every/3))
	}
	return s
}

func (s State) postponed(now time.Time) (State, Action) {
	switch {
	case s.every == 0 || !s.ours:
		return s, Nothing
	case now.Add(pause).After(s.ends):
		return State{}, End
	}
	s.due = now.Add(pause)
	return s, Nothing
}

func (s State) tick(now time.Time) (State, Action) {
	switch {
	case s.every == 0 || now.Before(s.due):
		return s, Nothing
	case !s.ours:
		return State{}, End
	}
	s.due = now.Add(s.every / 2)
	return s, Refresh
}

// Due is when the state wants a Tick; ok is false if it wants none.
func (s State) Due() (at time.Time, ok bool) { return s.due, s.every > 0 }

// Ask is what our next request says: the terms, and the Min-SE beside them. Usual and least are ours.
func (s State) Ask(usual, least time.Duration) (Terms, time.Duration) {
	least = max(least, s.least)
	t := Terms{Interval: max(usual, least)}
	if s.every > 0 {
		t = Terms{Interval: max(s.every, least), Refresher: UAS}
		if s.ours {
			t.Refresher = UAC
		}
	}
	return t, least
}
