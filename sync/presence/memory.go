package presence

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Memory is what must outlive the program so that what it set in Kustomer is put back. It is small (mostText bounds its
// texts), plain and comparable: its owner writes it down whenever State.Memory returns another one, before the wish goes
// out, and hands it to Start. The zero value means that nothing is remembered.
type Memory struct {
	Rev      uint64 `json:"rev,omitempty"`      // of the last wish
	Kustomer string `json:"kustomer,omitempty"` // where Kustomer was for all we knew, value of fallbackStatusType
	Ref      string `json:"ref,omitempty"`      // Kustomer's id of the status it showed last
	Pending  string `json:"pending,omitempty"`  // where pushes of ours may have moved it since: kind@rev, oldest first
	Chosen   Choice `json:"chosen,omitzero"`    // what to return to
	Next     Choice `json:"next,omitzero"`
	Wrap     Wrap   `json:"wrap,omitzero"`
	Down     Down   `json:"down,omitzero"`
}

// mostText bounds a text that is remembered, in bytes.
const mostText = 256

// Memory is what to remember of a state.
func (s State) Memory() Memory {
	m := Memory{Rev: s.Want.Rev, Kustomer: s.believed, Ref: cut(s.Kustomer.Ref), Chosen: s.Chosen.short(), Next: s.Next.short(), Wrap: s.Wrap, Down: s.Down}
	m.Down.Why = cut(m.Down.Why)
	doubts := s.doubts()
	if i := slices.IndexFunc(doubts, func(p push) bool { return p.called }); i >= 0 {
		m.Kustomer = doubts[i].before
	}
	for _, p := range doubts {
		m.Pending = strings.TrimSpace(fmt.Sprintf("%s %s@%d", m.Pending, p.kind, p.rev))
	}
	return m
}

// doubts are the pushes of which nobody can say whether Kustomer shows them.
func (s State) doubts() []push {
	var out []push
	for _, p := range s.pushes {
		known := p.rev == s.Want.Rev && (s.Want.Verdict == Ignored || s.Want.Verdict == Refused)
		if !p.seen && !p.read && !known {
			out = append(out, p)
		}
	}
	return out
}

// longestRemembered bounds a wrap-up that is believed, whatever the rules of the run before were.
const longestRemembered = 2 * time.Hour

// sane is a memory without what cannot be: a wrap-up of a clock that went wrong, a status nobody knows.
func (m Memory) sane(now time.Time) Memory {
	if m.Wrap.Since.After(now) || m.Wrap.Until.Sub(m.Wrap.Since) > longestRemembered {
		m.Wrap = Wrap{}
	}
	for _, c := range []*Choice{&m.Chosen, &m.Next} {
		if _, err := Parse(string(c.Status)); err != nil {
			*c = Choice{}
		}
	}
	m.Rev = min(m.Rev, MostRev)
	return m
}

// MostRev is the greatest number of a wish that is believed from a memory: not far beyond it a page cannot count.
const MostRev = 1 << 52

func (c Choice) short() Choice {
	c.Label, c.Ref = cut(c.Label), cut(c.Ref)
	return c
}

func cut(s string) string { return s[:min(len(s), mostText)] }

// Start is the state of a phone that begins with a memory. Without one it is available, because a phone that is on can be
// called. Memory.Rev alone may be given: the number below the first wish, so that a widget which outlived the program takes
// the wishes of the new one for new.
func Start(now time.Time, m Memory) State {
	m = m.sane(now)
	s := State{Chosen: Choice{Status: Available, By: AtStart, At: now}, Want: Want{Rev: m.Rev, Done: true}}
	if !m.Chosen.made() {
		return s
	}
	s.Chosen, s.Next, s.Wrap, s.Down = m.Chosen, m.Next, m.Wrap, m.Down
	s.believed, s.Kustomer.Ref = m.Kustomer, m.Ref
	if s.Wrap.on() && !now.Before(s.Wrap.Until) {
		s.Wrap = Wrap{}
	}
	if !s.Wrap.on() {
		s = follow(s)
	}
	was := s
	s.pushes = m.pushes(now)
	moved := slices.ContainsFunc(s.pushes, func(p push) bool { return p.kind != kind(s) })
	if moved || m.Kustomer != kind(s) && (m.Kustomer != "" || m.Pending != "") {
		s = newWish(s, "", "", now)
	}
	return record(was, s, Restarted, now)
}

// pushes are those that may still be on their way: their echoes must not pass for the agent's choice.
func (m Memory) pushes(now time.Time) []push {
	var out []push
	for _, f := range strings.Fields(m.Pending) {
		k, n, _ := strings.Cut(f, "@")
		rev, err := strconv.ParseUint(n, 10, 64)
		if err != nil || rev > m.Rev {
			rev = m.Rev
		}
		out = append(out, push{rev: rev, kind: k, at: now})
	}
	return out
}
