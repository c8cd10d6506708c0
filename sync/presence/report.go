package presence

import (
	"slices"
	"time"
)

// Heard is what Kustomer reported of the agent, as it came.
type Heard struct {
	Known  bool      `json:"known"`
	Status Status    `json:"status,omitempty"` // in our words, by the admin's map or by type
	Label  string    `json:"label,omitempty"`
	Ref    string    `json:"ref,omitempty"`
	System bool      `json:"system,omitempty"`
	How    How       `json:"how,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// said takes in Kustomer's report. An echo of a push and what is known already change nothing; anything else is the agent's
// own choice, and the last word.
func said(s State, e Said, now time.Time) (State, Cause) {
	if e.How.read() {
		if e.After < s.Want.Called {
			return s, "" // the read began before a push it does not know of
		}
		s = applied(s, e.After, false, now)
		s.reads = true
	}
	s = s.hear(e.How, now)
	before := s.Kustomer
	s.Kustomer = Heard{Known: true, Status: e.Status, Label: e.Label, Ref: e.Ref, System: e.System, How: e.How, At: now}
	if s.believed == "" && s.echo(e) < 0 && s.doubtful(e) < 0 {
		return first(s, e, now), ChoseThere
	}
	if e.How.read() {
		return readOut(s, e, before, now)
	}
	if i := s.echo(e); i >= 0 {
		return echoed(s, i, e)
	}
	return news(s, e, before, now)
}

// hear notes that Kustomer has been heard: a read tells of all that came before it, an event only where no read follows. What
// may have been carried out longer ago than an echo takes explains only what a widget finds when it begins to speak.
func (s State) hear(how How, now time.Time) State {
	s.pushes = s.without(func(p push) bool { return how != Found && !p.recent(now) && !s.waits(p) })
	for i := range s.pushes {
		s.pushes[i].past = s.pushes[i].past || how.read() || !s.reads
	}
	return s
}

// read settles the pushes that were called: a read has told what became of them, and nothing is left of one that Kustomer has
// not taken but the wish for it. Of the others Kustomer's event may yet come, slower than the read, and is no news then. A widget
// that begins to speak cannot know of what the one before it has under way.
func (s State) read(how How, taken bool, now time.Time) State {
	if how == Found {
		return s
	}
	s.pushes = s.without(func(p push) bool {
		waits := p.rev == s.Want.Rev && s.Want.Verdict == Ignored
		silent := p.seen || p.before == p.kind || !p.recent(now) || !taken
		return p.called && silent && !waits
	})
	for i := range s.pushes {
		s.pushes[i].read = s.pushes[i].called && taken
	}
	return s
}

// echo is the index of the push that a report echoes, or -1: the oldest called one that fits. Those older than one whose
// echo has come are gone, because echoes keep their order.
func (s State) echo(e Said) int {
	return slices.IndexFunc(s.pushes, func(p push) bool { return p.called && p.fits(e) })
}

// fits reports whether a report may tell of the push.
func (p push) fits(e Said) bool {
	return p.kind == e.Status.Kustomer() && !e.other(p.ref) && (!p.seen || p.shown == e.Ref || e.System)
}

// other reports whether a status is one of the organisation's own that a push of this ref cannot have set.
func (e Said) other(ref string) bool { return e.Ref != "" && !e.System && e.Ref != ref }

// echoed takes in the echo of push i. A repeated echo says nothing new.
func echoed(s State, i int, e Said) (State, Cause) {
	p := s.pushes[i]
	s.pushes[i].seen, s.pushes[i].shown = true, e.Ref
	newest := s.last()
	s.pushes = s.pushes[i:] // Kustomer is past those before it
	if p.read {
		return s, ""
	}
	s.believed = s.pushes[newest-i].kind
	if p.seen || i < newest {
		return s, ""
	}
	if p.rev == s.Want.Rev {
		s = s.settle(Confirmed)
	}
	if s.reads {
		return s, "" // a read follows: more may be on its way
	}
	return overran(s, p)
}

// overran is what follows when Kustomer shows push p, the last one called, and it matters that it does: the agent's choice in
// Kustomer has crossed it and turns out to have come before, or the push comes so late that nobody wants it any more. A cover
// still covers; the agent's choice in Sidetone stands; anything else is put back.
func overran(s State, p push) (State, Cause) {
	switch {
	case s.open(), !p.crossed && kind(s) == p.kind:
		return s, ""
	case p.crossed && p.manual.made() && s.Chosen.By == InKustomer:
		s.Chosen = p.manual
		return s, Stands
	case s.Busy && s.Override && p.kind == string(Busy):
		s.Override = false
		return s, Lifted
	case s.Down.Ignored && !s.Busy && p.cover == byDown:
		s.Down.Ignored = false
		return s, Lifted
	}
	return s, PutBack
}

// readOut takes in a read of the work session that knows of every push called: it is where Kustomer is.
func readOut(s State, e Said, before Heard, now time.Time) (State, Cause) {
	i, k := s.last(), e.Status.Kustomer()
	if i < 0 || s.pushes[i].read {
		return news(s, e, before, now)
	}
	p := s.pushes[i]
	switch {
	case p.fits(e):
		s.believed = k
		if p.rev == s.Want.Rev {
			s = s.settle(Confirmed)
		}
		return overran(s.read(e.How, true, now), p)
	case !p.seen && e.Took < p.rev && s.ignoredBy(i, e, before):
		s.believed = k
		if p.rev == s.Want.Rev {
			s = s.settle(Ignored)
		} else if s.open() && s.Want.Status == k && len(s.pushes) == i+2 {
			s = s.settle(Confirmed) // after a restart: the push of before did not leave, and Kustomer is right as it is
		}
		return s.read(e.How, false, now), ""
	}
	return news(s.read(e.How, true, now), e, before, now)
}

// ignoredBy reports whether Kustomer shows what it showed before push i, or before an earlier one that it has not taken either.
func (s State) ignoredBy(i int, e Said, before Heard) bool {
	was := func(p push) bool { return p.called && p.before == e.Status.Kustomer() }
	return slices.ContainsFunc(s.pushes[:i+1], was) && !e.renames(before)
}

// renames reports whether a status of one kind has given way to one of the organisation's own: that is nobody's but the agent's.
func (e Said) renames(before Heard) bool { return e.other(before.Ref) && before.Ref != "" }

// news takes in a report that is no echo.
func news(s State, e Said, before Heard, now time.Time) (State, Cause) {
	k := e.Status.Kustomer()
	there := s.open() && k == s.Want.Status && s.alone()
	if k == s.believed && !e.renames(before) {
		if there {
			s = s.there(e)
		}
		return relabel(s, e), ""
	}
	if !e.How.read() { // echoes keep their order: those that have come cannot come again after this
		s.pushes = s.without(func(p push) bool { return p.seen && p.called })
	}
	if there && !e.other(s.Want.Ref) {
		s.believed = k
		return s.there(e), "" // by whatever hand: perhaps that of a widget that has gone
	}
	if i := s.doubtful(e); i >= 0 {
		s.pushes[i].called, s.pushes[i].seen, s.pushes[i].shown, s.believed = true, true, e.Ref, k
		return overran(s, s.pushes[i])
	}
	return adopt(s, e, now)
}

// there ends the open wish, as Kustomer is there already.
func (s State) there(e Said) State {
	if p := &s.pushes[len(s.pushes)-1]; p.rev == s.Want.Rev {
		p.seen, p.shown = true, e.Ref
	}
	return s.settle(Confirmed)
}

// alone reports whether no push but the open one may be on its way to Kustomer.
func (s State) alone() bool {
	return !slices.ContainsFunc(s.pushes, func(p push) bool { return p.rev != s.Want.Rev && !p.seen && !p.read })
}

// doubtful is the index of a push that is no longer wanted, that a widget may have carried out without saying so, and that
// explains the report; or -1.
func (s State) doubtful(e Said) int {
	return slices.IndexFunc(s.pushes, func(p push) bool {
		return !p.called && !p.seen && (p.rev != s.Want.Rev || !s.open()) && p.fits(e)
	})
}

// relabel takes over Kustomer's name for the status the agent has chosen there.
func relabel(s State, e Said) State {
	if !e.How.read() && s.cover() == byNothing && e.Status.Kustomer() == s.Chosen.Status.Kustomer() && s.Chosen.By == InKustomer {
		s.Chosen.Label, s.Chosen.Ref = e.Label, e.Ref
	}
	return s
}

// adopt makes the report the agent's own choice.
func adopt(s State, e Said, now time.Time) (State, Cause) {
	was, k := s.believed, e.Status.Kustomer()
	s.believed = k
	for i := range s.pushes {
		if p := &s.pushes[i]; !p.seen || !p.called {
			p.crossed, p.read, p.before = true, p.read && e.How.read(), k
		}
	}
	if s.Want.Rev > 0 {
		s = s.settle(Moot)
	}
	switch {
	case s.cover() == byWrapUp && k == kind(s) && !e.custom():
		return s, "" // a wrap-up makes busy: that is no choice
	case s.Busy && k == string(Busy):
		s.Override = false // a call makes busy: that is no choice to stay so
		return s, Lifted
	}
	s.Turned = time.Time{}
	cause := ChoseThere
	if e.System && e.Status == Unavailable && was == string(Available) && !s.Busy {
		s.Turned, cause = now, TurnedAway
	}
	s.Chosen = Choice{Status: e.Status, Label: e.Label, Ref: e.Ref, By: InKustomer, At: now}
	s.Next, s.Wrap, s.Override, s.Down.Ignored = Choice{}, Wrap{}, s.Busy, s.Down.on()
	return s, cause
}

func (e Said) custom() bool { return e.Ref != "" && !e.System }

// first takes in where the agent is found by the first widget, when nothing is known of Kustomer. It is where to return to
// after the call, unless the agent has chosen here.
func first(s State, e Said, now time.Time) State {
	s.believed = e.Status.Kustomer()
	if s.open() && s.believed == s.Want.Status {
		s = s.there(e)
	}
	if s.Chosen.By == AtStart && !(s.cover() != byNothing && s.believed == kind(s)) {
		s.Chosen = Choice{Status: e.Status, Label: e.Label, Ref: e.Ref, By: InKustomer, At: now}
		if s.open() && s.believed == kind(s) {
			s = s.settle(Moot)
		}
	}
	return s
}
