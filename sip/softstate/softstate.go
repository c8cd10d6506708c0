// Package softstate decides when a subscription or a publication is sent, sent again, and given up (RFC 6665 §4.1, RFC 3903 §4).
//
// It is pure: Next takes a state, an event and a random number, and returns the next state and what is to be done. Who sends and
// waits (package sip) owns the state and answers each action with an event, later.
package softstate

import "time"

// Phase is how far it has come.
type Phase int

// The phases.
const (
	Off     Phase = iota // not begun, or ended
	Asking               // a request is under way
	Held                 // the server keeps it
	Resting              // it failed, and is tried again after a while
	Refused              // the server does not do that; it is not asked again
)

// State is one subscription or publication. The zero value has not begun.
type State struct {
	Phase   Phase
	Expires int // seconds to ask for

	fresh    bool // what is asked for now is not a refresh
	raised   bool // the server has named the time it wants
	changed  bool // there is something new to say since the request under way
	ending   bool // the end was wanted while a request was under way
	failures int  // in a row
	waiting  bool // the server has told nothing yet, and Unheard comes
	heard    bool // it has told something since this was begun
	doubted  bool // it told nothing for so long that Doubt was said
}

// Event is what happens to it.
type Event interface{ event() }

type (
	// Begin asks for it, or for a refresh where the way to the server is a new one.
	Begin struct{}
	// Change says that a publication has something new to say.
	Change struct{}
	// Due is the end of a Wait.
	Due struct{}
	// Answered is the final response.
	Answered struct {
		Status  int
		Granted int           // seconds the server keeps it, of a 2xx
		Least   int           // Min-Expires in seconds, of a 423
		After   time.Duration // Retry-After
	}
	// Failed is that no response came.
	Failed struct{}
	// Terminated is a NOTIFY that ends a subscription (RFC 6665 §4.1.3). For good, unless it may be asked for again after a time.
	Terminated struct {
		ForGood bool
		After   time.Duration
	}
	// Told is a NOTIFY of an active subscription. An empty one says that there is nothing to say, or that there never will be: some
	// servers take a subscription to what they cannot tell of.
	Told struct{ Empty bool }
	// Unheard is the end of a Listen.
	Unheard struct{}
	// End gives it up.
	End struct{}
)

func (Begin) event()      {}
func (Change) event()     {}
func (Due) event()        {}
func (Answered) event()   {}
func (Failed) event()     {}
func (Terminated) event() {}
func (Told) event()       {}
func (Unheard) event()    {}
func (End) event()        {}

// Action is what is to be done.
type Action interface{ action() }

type (
	// Send sends the request: the first of its kind, or one that refreshes what the server has.
	Send struct{ Fresh bool }
	// Wait brings Due after a time.
	Wait struct{ For time.Duration }
	// Listen brings Unheard after a time. It leaves a Wait alone, and takes the place of an earlier Listen.
	Listen struct{ For time.Duration }
	// Doubt asks elsewhere as well: the server keeps the subscription and tells nothing. It may yet.
	Doubt struct{}
	// Quit tells the server that it is over.
	Quit struct{}
)

func (Send) action()   {}
func (Wait) action()   {}
func (Listen) action() {}
func (Doubt) action()  {}
func (Quit) action()   {}

// The waits after failures, and the longest time a server may ask for.
const (
	firstWait   = 5 * time.Second
	mostWait    = 5 * time.Minute
	mostAsked   = time.Hour
	mostExpires = 1 << 20
	patience    = 10 * time.Second // with a server that has said nothing so far
)

// Next takes an event. pick is a random number in [0, 1).
func (s State) Next(e Event, pick func() float64) (State, Action) {
	next, act := s.next(e, pick)
	next.waiting = next.waiting && (next.Phase == Asking || next.Phase == Held)
	return next, act
}

func (s State) next(e Event, pick func() float64) (State, Action) {
	switch e := e.(type) {
	case Begin:
		return s.begin()
	case Change:
		return s.change()
	case Due:
		if s.Phase == Held || s.Phase == Resting {
			return s.send(s.Phase == Resting)
		}
	case Answered:
		if s.Phase == Asking {
			return s.answered(e, pick)
		}
	case Failed:
		if s.Phase == Asking {
			return s.rest(0, pick)
		}
	case Terminated:
		return s.terminated(e, pick)
	case Told:
		return s.told(e)
	case Unheard:
		return s.unheard()
	case End:
		return s.end()
	}
	return s, nil
}

// told waits for more after a first NOTIFY that says nothing.
func (s State) told(e Told) (State, Action) {
	switch {
	case !e.Empty:
		s.heard, s.waiting = true, false
	case !s.heard && !s.doubted && !s.waiting && (s.Phase == Asking || s.Phase == Held):
		s.waiting = true
		return s, Listen{patience}
	}
	return s, nil
}

// unheard doubts a server that takes a subscription and tells nothing. It is kept all the same: some have nothing to tell of somebody
// before their first call.
func (s State) unheard() (State, Action) {
	if !s.waiting {
		return s, nil
	}
	s.waiting, s.doubted = false, true
	return s, Doubt{}
}

func (s State) send(fresh bool) (State, Action) {
	s.Phase, s.fresh, s.changed = Asking, fresh, false
	return s, Send{Fresh: fresh}
}

func (s State) begin() (State, Action) {
	switch s.Phase {
	case Off, Resting:
		s.ending = false
		return s.send(true)
	case Held:
		return s.send(false)
	}
	return s, nil
}

func (s State) change() (State, Action) {
	switch s.Phase {
	case Held:
		return s.send(false)
	case Asking:
		s.changed = true
	}
	return s, nil
}

func (s State) answered(e Answered, pick func() float64) (State, Action) {
	switch {
	case s.ending:
		s.Phase, s.ending = Off, false
		if e.Status < 300 {
			return s, Quit{}
		}
		return s, nil
	case e.Status < 300:
		s.Phase, s.raised, s.failures = Held, false, 0
		if s.changed {
			return s.send(false)
		}
		granted := max(e.Granted, 10) // a server that keeps nothing for longer is not asked all the time
		return s, Wait{time.Duration(float64(granted) * (0.8 - 0.1*pick()) * float64(time.Second))}
	case e.Status == 423 && e.Least > s.Expires && e.Least <= mostExpires && !s.raised:
		s.Expires, s.raised = e.Least, true
		return s.send(s.fresh)
	case (e.Status == 404 || e.Status == 412 || e.Status == 481) && !s.fresh: // the server knows nothing of it any more
		return s.send(true)
	case e.Status == 408, e.Status == 480, e.Status == 429, e.Status >= 500 && e.Status < 600 && e.Status != 501:
		return s.rest(e.After, pick)
	}
	s.Phase = Refused
	return s, nil
}

// rest plans the next try: 5 s doubling up to 5 min, each between half and one and a half of it; or what the server asked for.
func (s State) rest(least time.Duration, pick func() float64) (State, Action) {
	if s.ending {
		s.Phase, s.ending = Off, false
		return s, nil
	}
	base := min(firstWait<<min(s.failures, 10), mostWait)
	s.Phase, s.failures = Resting, s.failures+1
	wait := base/2 + time.Duration(pick()*float64(base))
	return s, Wait{max(wait, min(least, mostAsked))}
}

func (s State) terminated(e Terminated, pick func() float64) (State, Action) {
	switch {
	case s.Phase != Held && s.Phase != Asking:
		return s, nil
	case e.ForGood:
		s.Phase, s.ending = Refused, false
		return s, nil
	}
	return s.rest(e.After, pick)
}

func (s State) end() (State, Action) {
	switch s.Phase {
	case Asking:
		s.ending = true
		return s, nil
	case Held:
		s.Phase = Off
		return s, Quit{}
	}
	s.Phase = Off
	return s, nil
}
