package presence

import "time"

// Outcome is how a call ended, as far as the wrap-up depends on it.
type Outcome string

// The outcomes.
const (
	AnsweredIn  Outcome = "answered-in"  // an incoming call that was talked on
	AnsweredOut Outcome = "answered-out" // an outgoing call that was talked on
	Missed      Outcome = "missed"       // an incoming call that nobody took
	Declined    Outcome = "declined"     // an incoming call the agent turned away
	NotReached  Outcome = "failed"       // an outgoing call that came to nothing
)

// Rules say how long the wrap-up after a call lasts, by its outcome; 0 means none. The zero value has no wrap-up at all.
// It is an event as well: the rules that hold from now on, for wrap-ups that begin from now on.
type Rules struct {
	AnsweredIn  time.Duration `json:"answered_in,omitempty"`
	AnsweredOut time.Duration `json:"answered_out,omitempty"`
	Missed      time.Duration `json:"missed,omitempty"`
	Declined    time.Duration `json:"declined,omitempty"`
	Failed      time.Duration `json:"failed,omitempty"`
	Max         time.Duration `json:"max,omitempty"` // of one wrap-up with all its extensions; 0: ten minutes
}

const (
	longestWrapUp = 10 * time.Minute
	oneExtension  = time.Minute
)

func (r Rules) max() time.Duration {
	if r.Max > 0 {
		return r.Max
	}
	return longestWrapUp
}

// after is how long the wrap-up after a call of this outcome lasts.
func (r Rules) after(o Outcome) time.Duration {
	d := time.Duration(0)
	switch o {
	case AnsweredIn:
		d = r.AnsweredIn
	case AnsweredOut:
		d = r.AnsweredOut
	case Missed:
		d = r.Missed
	case Declined:
		d = r.Declined
	case NotReached:
		d = r.Failed
	}
	return min(max(0, d), r.max())
}

// Wrap is a wrap-up; the zero value means that there is none.
type Wrap struct {
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

func (w Wrap) on() bool { return !w.Until.IsZero() }

// Down is a phone that calls cannot reach; the zero value means that they can.
type Down struct {
	Since   time.Time `json:"since,omitzero"`
	Why     string    `json:"why,omitempty"`     // one sentence
	Ignored bool      `json:"ignored,omitempty"` // the agent has chosen since; that wins
}

func (d Down) on() bool { return !d.Since.IsZero() }

// cover is what stands before the agent's choice.
type cover int

const (
	byNothing cover = iota
	byCall
	byWrapUp
	byDown
)

// cover is the one that counts. A phone that cannot be reached covers Available alone: in every other status no call is
// expected, and an agent who is offline must not be signed in by it.
func (s State) cover() cover {
	switch {
	case s.Busy && !s.Override:
		return byCall
	case s.Busy:
		return byNothing
	case s.Wrap.on():
		return byWrapUp
	case s.Down.on() && !s.Down.Ignored && s.Chosen.Status == Available:
		return byDown
	}
	return byNothing
}

func calls(s State, e Calls, now time.Time) (State, Cause) {
	switch {
	case e.On && s.Busy:
		return s, ""
	case e.On:
		// A call ends the wrap-up before it; what is left of it is not owed: the wrap-up after this call serves for both.
		s.Busy, s.BusySince, s.Override, s.Wrap = true, now, false, Wrap{}
		return s, CallStarted
	case !s.Busy:
		return missed(s, s.Rules.after(e.Outcome), now)
	}
	overridden := s.Override
	s.Busy, s.Override = false, false
	if d := s.Rules.after(e.Outcome); d > 0 && !overridden {
		s.Wrap = Wrap{Since: now, Until: now.Add(d)}
		return s, WrapUpStarted
	}
	return follow(s), CallEnded
}

// missed is a call that has ended without occupying the agent. A wrap-up that is on is lengthened where the rules say so.
func missed(s State, d time.Duration, now time.Time) (State, Cause) {
	until := now.Add(d)
	switch {
	case d <= 0:
		return s, ""
	case s.Wrap.on():
		s.Wrap.Until = later(s.Wrap.Until, earlier(until, s.Wrap.Since.Add(s.Rules.max())))
		return s, ""
	case s.Chosen.Status != Available:
		return s, "" // nobody was waiting for this call
	}
	s.Wrap = Wrap{Since: now, Until: until}
	return s, WrapUpStarted
}

// follow lets what the agent picked for afterwards take effect.
func follow(s State) State {
	if s.Next.made() {
		s.Chosen, s.Next = s.Next, Choice{}
	}
	return s
}

func chose(s State, c Choice) (State, Cause) {
	s.Turned = time.Time{}
	if s.cover() == byCall {
		s.Next = c
		return s, ""
	}
	s.Chosen, s.Next, s.Wrap = c, Choice{}, Wrap{}
	s.Down.Ignored = s.Down.on()
	return s, ChoseHere
}

func queued(s State, c Choice) (State, Cause) {
	if s.cover() == byWrapUp {
		s.Turned, s.Next = time.Time{}, c
		return s, ""
	}
	return chose(s, c)
}

func extend(s State, by time.Duration) State {
	if by <= 0 {
		by = oneExtension
	}
	if s.Wrap.on() {
		s.Wrap.Until = later(s.Wrap.Until, earlier(s.Wrap.Until.Add(by), s.Wrap.Since.Add(s.Rules.max())))
	}
	return s
}

// wrapped ends the wrap-up, if one is on.
func wrapped(s State, why Cause) (State, Cause) {
	if !s.Wrap.on() {
		return s, ""
	}
	s.Wrap = Wrap{}
	return follow(s), why
}

func tick(s State, now time.Time) (State, Cause) {
	if s.Wrap.on() && !now.Before(s.Wrap.Until) {
		return wrapped(s, WrapUpEnded)
	}
	return s, ""
}

// Deadline is when Tick is due; false means never. It is the end of the wrap-up.
func Deadline(s State) (time.Time, bool) { return s.Wrap.Until, s.Wrap.on() }

func reachable(s State, e Reachable, now time.Time) (State, Cause) {
	switch {
	case e.OK && s.Down.on():
		s.Down = Down{}
		return s, CallsReach
	case e.OK:
		return s, ""
	case s.Down.on():
		s.Down.Why = e.Why
		return s, ""
	}
	s.Down = Down{Since: now, Why: e.Why}
	return s, CallsDoNotReach
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
