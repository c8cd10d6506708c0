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
	}
	s.pushes = s.alive(now)
	before := s.Kustomer
	s.Kustomer = Heard{Known: true, Status: e.Status, Label: e.Label, Ref: e.Ref, System: e.System, How: e.How, At: now}
	switch {
	case s.believed == "" && s.echo(e) < 0:
		return first(s, e, now), ChoseThere
	case e.How.read():
		return readOut(s, e, before, now)
	}
	if i := s.echo(e); i >= 0 {
		return echoed(s, i)
	}
	return news(s, e, before, now)
}

// echo is the index of the push that a report echoes, or -1: the oldest called one that fits. Those older than one whose
// echo has come are gone, because echoes keep their order.
func (s State) echo(e Said) int {
	return slices.IndexFunc(s.pushes, func(p push) bool { return p.called && p.fits(e) })
}

// fits reports whether a report may tell of the push.
func (p push) fits(e Said) bool {
	return p.kind == e.Status.Kustomer() && !e.other(p.ref) && (p.rev > 0 || p.ref == e.Ref)
}

// other reports whether a status is one of the organisation's own that a push of this ref cannot have set.
func (e Said) other(ref string) bool { return e.Ref != "" && !e.System && e.Ref != ref }

// echoed takes in the echo of push i. A repeated echo says nothing new.
func echoed(s State, i int) (State, Cause) {
	p := s.pushes[i]
	s.pushes[i].seen = true // of a copy: see alive
	later := slices.ContainsFunc(s.pushes[i+1:], func(o push) bool { return o.called })
	s.pushes = s.behind(i)
	if p.seen || later {
		return s, ""
	}
	s.believed = p.kind
	if p.rev == s.Want.Rev {
		s = s.settle(Confirmed)
	}
	return overran(s, p)
}

// behind is the pushes without those older than i that were called: Kustomer is past them.
func (s State) behind(i int) []push {
	var out []push
	for j, p := range s.pushes {
		if j >= i || !p.called {
			out = append(out, p)
		}
	}
	return out
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
	if i < 0 {
		return news(s.remember(e, now), e, before, now)
	}
	p := s.pushes[i]
	switch {
	case p.fits(e) && p.rev == 0, p.ignored && !p.seen && !p.fits(e):
		return news(s, e, before, now)
	case p.fits(e):
		s.pushes[i].read, s.believed = true, k
		if p.rev == s.Want.Rev {
			s = s.settle(Confirmed)
		}
		return overran(s, p)
	case !p.seen && !p.read && s.ignoredBy(i, k):
		s.believed, s.pushes[i].ignored = k, true
		switch {
		case p.rev == s.Want.Rev:
			s = s.settle(Ignored)
		case s.open() && k == s.Want.Status && len(s.pushes) == i+2:
			s = s.settle(Confirmed) // after a restart: the push of before did not leave, and Kustomer is right as it is
		}
		return s, ""
	}
	for j := range s.pushes[:i+1] {
		s.pushes[j].seen = s.pushes[j].seen || s.pushes[j].called // Kustomer is past them, whatever events are still to come
	}
	return news(s.remember(e, now), e, before, now)
}

// remember keeps what was read among the pushes, because the event that tells of it may come later.
func (s State) remember(e Said, now time.Time) State {
	i := slices.IndexFunc(s.pushes, func(p push) bool { return !p.called })
	if i < 0 {
		i = len(s.pushes)
	}
	if i > 0 && s.pushes[i-1].rev == 0 && s.pushes[i-1].fits(e) {
		return s
	}
	s.pushes = slices.Insert(slices.Clone(s.pushes), i, push{kind: e.Status.Kustomer(), ref: e.Ref, at: now, called: true, seen: true})
	return s
}

// ignoredBy reports whether Kustomer shows what it showed before push i, or what an earlier push made it show.
func (s State) ignoredBy(i int, k string) bool {
	return k == s.pushes[i].before || slices.ContainsFunc(s.pushes[:i], func(p push) bool { return p.called && p.kind == k })
}

// news takes in a report that is no echo.
func news(s State, e Said, before Heard, now time.Time) (State, Cause) {
	k := e.Status.Kustomer()
	renamed := e.other(before.Ref) && before.Ref != "" && e.other(s.Want.Ref)
	if !e.How.read() { // echoes keep their order: those that have come cannot come again after this
		s.pushes = slices.DeleteFunc(s.pushes, func(p push) bool { return p.seen && p.called })
	}
	switch {
	case k == s.believed && !renamed:
		if s.open() && k == s.Want.Status && s.alone() {
			s = s.settle(Confirmed)
		}
		return relabel(s, e), ""
	case s.open() && k == s.Want.Status && (s.cover() != byDown || e.How == Found) && !e.other(s.Want.Ref) && s.alone():
		s.believed = k
		s.pushes[len(s.pushes)-1].seen = true
		return s.settle(Confirmed), "" // it is so already, by whatever hand: perhaps that of a widget that has gone
	}
	if i := s.doubtful(e); i >= 0 {
		s.pushes[i].called, s.pushes[i].seen, s.believed = true, true, k
		return overran(s, s.pushes[i])
	}
	return adopt(s, e, now)
}

// alone reports whether no push but the open one may be on its way to Kustomer.
func (s State) alone() bool {
	return !slices.ContainsFunc(s.pushes, func(p push) bool { return p.rev != s.Want.Rev && !p.seen && !p.read })
}

// doubtful is the index of a push that a newer one has replaced, that a widget may have carried out without saying so, and
// that explains the report; or -1.
func (s State) doubtful(e Said) int {
	return slices.IndexFunc(s.pushes, func(p push) bool { return !p.called && !p.seen && p.rev != s.Want.Rev && p.fits(e) })
}

// relabel takes over Kustomer's name for the status the agent has, unless that name is merely what came of our push.
func relabel(s State, e Said) State {
	if !e.How.read() && s.cover() == byNothing && e.Status.Kustomer() == s.Chosen.Status.Kustomer() && s.Chosen.By == InKustomer && s.last() < 0 {
		s.Chosen.Label, s.Chosen.Ref = e.Label, e.Ref
	}
	return s
}

// adopt makes the report the agent's own choice.
func adopt(s State, e Said, now time.Time) (State, Cause) {
	was, k := s.believed, e.Status.Kustomer()
	s.believed = k
	for i := range s.pushes {
		s.pushes[i].crossed = !s.pushes[i].seen || !s.pushes[i].called
	}
	if s.Want.Rev > 0 {
		s = s.settle(Moot)
	}
	switch {
	case k == kind(s) && (s.cover() == byCall || s.cover() == byWrapUp) && !e.custom():
		return s, "" // a cover makes the same: that is no choice
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
		s = s.settle(Confirmed)
	}
	if s.Chosen.By == AtStart && !(s.cover() != byNothing && s.believed == kind(s)) {
		s.Chosen = Choice{Status: e.Status, Label: e.Label, Ref: e.Ref, By: InKustomer, At: now}
		if s.open() && s.believed == kind(s) {
			s = s.settle(Moot)
		}
	}
	return s
}
