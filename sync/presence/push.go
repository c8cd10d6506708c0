package presence

import (
	"slices"
	"time"
)

// Want is what Kustomer should be told. Rev grows with each wish and never falls, over restarts too; Rev 0 means there is
// none. Latest wins: an older wish is never sent once a newer one exists.
type Want struct {
	Rev     uint64  `json:"rev"`
	Status  string  `json:"status,omitempty"` // value of fallbackStatusType
	Ref     string  `json:"ref,omitempty"`    // Kustomer's id of the very status, for a bridge that can set it
	Done    bool    `json:"done,omitempty"`   // nobody shall carry it out any more
	Verdict Verdict `json:"verdict,omitempty"`
	Why     string  `json:"why,omitempty"`    // of Refused: one sentence
	Code    string  `json:"code,omitempty"`   // of Refused: the widget's word for Why, for programs
	Called  uint64  `json:"called,omitempty"` // the newest Rev known to have been called, for Said.After
}

// Verdict is what became of a wish.
type Verdict string

// The verdicts. While it is empty the wish waits for a widget.
const (
	Sent      Verdict = "sent"      // Kustomer was called; the work session will tell
	Uncertain Verdict = "uncertain" // Kustomer was called, and the widget may not read whether it helped
	Confirmed Verdict = "confirmed" // Kustomer shows it
	Ignored   Verdict = "ignored"   // Kustomer was called and shows another status
	Refused   Verdict = "refused"   // Kustomer, or the widget, said no
	Moot      Verdict = "moot"      // it matters no more: the agent has chosen since, or Kustomer is right as it is
)

// push is a wish of ours that may have been called: Kustomer will report it back as if it were news. It is forgotten when a
// read has told what became of it, or see alive.
type push struct {
	rev     uint64
	kind    string // value of fallbackStatusType
	ref     string
	manual  Choice    // the agent's own choice in Sidetone, if that is what it carries
	cover   cover     // what it carries otherwise
	at      time.Time // when it last was to be carried out, then when it was called
	called  bool
	seen    bool   // its echo has come; or Kustomer was there before it was called
	read    bool   // a read has told what became of it
	past    bool   // Kustomer has been heard since: see hear
	shown   string // the ref of that report
	crossed bool   // the agent chose in Kustomer before its echo came
	before  string // where Kustomer was believed to be when it was called
}

// echoWindow is how long after it was called a report that equals our own push is taken for its echo. A slow Kustomer
// takes a second or two.
const echoWindow = 10 * time.Second

// mostPushes bounds what is remembered of them.
const mostPushes = 8

// wish records what Kustomer should be told now, unless it is believed to be there already and nothing is on its way, or
// is on its way there.
func wish(s State, why Cause, now time.Time) State {
	k, ref := kind(s), ""
	if s.cover() == byNothing {
		ref = s.Chosen.Ref
	}
	there := s.believed == k && (ref == "" || s.Kustomer.Ref == "" || ref == s.Kustomer.Ref)
	switch {
	case s.open() && s.Want.Status == k && s.Want.Ref == ref:
		return s
	case !s.open() && there:
		if s.Want.Verdict == Ignored || s.Want.Verdict == Refused {
			s = s.settle(Moot)
			s.pushes = s.without(func(p push) bool { return p.rev == s.Want.Rev })
		}
		return s
	}
	return newWish(s, ref, why, now)
}

func newWish(s State, ref string, why Cause, now time.Time) State {
	s.Want = Want{Rev: s.Want.Rev + 1, Status: kind(s), Ref: ref, Called: s.Want.Called}
	p := push{rev: s.Want.Rev, kind: s.Want.Status, ref: ref, cover: s.cover(), at: now}
	if why == ChoseHere {
		p.manual = s.Chosen
	}
	s.pushes = append(s.pushes, p)
	return s
}

// open reports whether a wish waits for the widget.
func (s State) open() bool { return s.Want.Rev > 0 && !s.Want.Done }

// alive is a copy of the pushes whose echo may still come: the recent ones, those since which Kustomer has not been heard, and
// the last one as long as it waits.
func (s State) alive(now time.Time) []push {
	var out []push
	for _, p := range s.pushes {
		if p.rev == s.Want.Rev && s.open() {
			p.at, p.past = now, false // until now a widget may have been told to carry it out
		}
		if p.recent(now) || !p.past && !p.among(out) || s.waits(p) {
			out = append(out, p)
		}
	}
	return out[max(0, len(out)-mostPushes):]
}

func (p push) recent(now time.Time) bool { return now.Sub(p.at) < echoWindow }

// among reports whether there is a push like it already.
func (p push) among(list []push) bool {
	return slices.ContainsFunc(list, func(o push) bool { return o.kind == p.kind && o.ref == p.ref && o.called == p.called })
}

// waits reports whether it matters, however late, that Kustomer shows the last push: nobody has called it yet or read it back,
// or Kustomer has not taken it and should show it still.
func (s State) waits(p push) bool {
	return p.rev == s.Want.Rev && (s.open() || s.Want.Verdict == Sent || s.Want.Verdict == Ignored && s.Want.Status == kind(s))
}

// applied takes in that Kustomer was called for a wish. From here on Kustomer is believed to be there.
func applied(s State, rev uint64, blind bool, now time.Time) State {
	i := slices.IndexFunc(s.pushes, func(p push) bool { return p.rev == rev })
	if i < 0 {
		return s
	}
	if s.pushes[i].called {
		s.Want.Called = max(s.Want.Called, rev)
		return s
	}
	p := &s.pushes[i]
	p.called, p.seen, p.past, p.at, p.before = true, false, false, now, s.believed
	if rev > s.Want.Called {
		s.Want.Called, s.believed = rev, p.kind
	}
	if rev == s.Want.Rev {
		s.Want.Done, s.Want.Verdict = true, Sent
		if blind {
			s.Want.Verdict = Uncertain
		}
	}
	return s
}

// failed takes in that a wish was not carried out. While it is open another widget may still do it.
func failed(s State, e Failed) State {
	if e.Rev != s.Want.Rev || s.Want.Verdict == Confirmed || s.Want.Verdict == Moot {
		return s
	}
	s.Want.Why, s.Want.Code = e.Why, e.Code
	if !s.Want.Done {
		return s
	}
	s.Want.Verdict = Refused
	if i := s.last(); i >= 0 && s.pushes[i].rev == e.Rev {
		s.believed = s.pushes[i].before
	}
	return s
}

// last is the index of the newest push that was called, as long as its echo may still come; or -1.
func (s State) last() int {
	for i := len(s.pushes) - 1; i >= 0; i-- {
		if s.pushes[i].called {
			return i
		}
	}
	return -1
}

// settle ends the doubt about the wish with a verdict.
func (s State) settle(v Verdict) State {
	s.Want.Done, s.Want.Verdict, s.Want.Why, s.Want.Code = true, v, "", ""
	return s
}

// without is the pushes but those.
func (s State) without(those func(push) bool) []push {
	return slices.DeleteFunc(slices.Clone(s.pushes), those)
}
