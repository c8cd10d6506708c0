package presence

import "time"

// Memory is what must outlive the program so that what it set in Kustomer is put back. It is small (mostText bounds its
// texts), plain and comparable: its owner writes it down whenever State.Memory returns another one, before the wish goes
// out, and hands it to Start. The zero value means that nothing is remembered.
type Memory struct {
	Rev      uint64 `json:"rev,omitempty"`      // of the last wish
	Kustomer string `json:"kustomer,omitempty"` // where Kustomer was for all we knew, value of fallbackStatusType
	Pending  string `json:"pending,omitempty"`  // where a push of ours may have moved it since
	Chosen   Choice `json:"chosen,omitzero"`    // what to return to
	Next     Choice `json:"next,omitzero"`
	Wrap     Wrap   `json:"wrap,omitzero"`
	Down     Down   `json:"down,omitzero"`
}

// mostText bounds a text that is remembered, in bytes.
const mostText = 256

// Memory is what to remember of a state.
func (s State) Memory() Memory {
	m := Memory{Rev: s.Want.Rev, Kustomer: s.believed, Chosen: s.Chosen.short(), Next: s.Next.short(), Wrap: s.Wrap, Down: s.Down}
	m.Down.Why = cut(m.Down.Why)
	if n := len(s.pushes); n > 0 && !s.pushes[n-1].settled() && s.Want.Verdict != Ignored && s.Want.Verdict != Moot {
		m.Pending = s.pushes[n-1].kind
		if s.pushes[n-1].called {
			m.Kustomer = s.pushes[n-1].before
		}
	}
	return m
}

func (p push) settled() bool { return p.seen || p.read }

func (c Choice) short() Choice {
	c.Label, c.Ref = cut(c.Label), cut(c.Ref)
	return c
}

func cut(s string) string { return s[:min(len(s), mostText)] }

// Start is the state of a phone that begins with a memory. Without one it is available, because a phone that is on can be
// called. Memory.Rev alone may be given: the number below the first wish, so that a widget which outlived the program takes
// the wishes of the new one for new.
func Start(now time.Time, m Memory) State {
	s := State{Chosen: Choice{Status: Available, By: AtStart, At: now}, Want: Want{Rev: m.Rev, Done: true}}
	if !m.Chosen.made() {
		return s
	}
	s.Chosen, s.Next, s.Wrap, s.Down = m.Chosen, m.Next, m.Wrap, m.Down
	s.believed = m.Kustomer
	if s.Wrap.on() && !now.Before(s.Wrap.Until) {
		s.Wrap = Wrap{}
	}
	if !s.Wrap.on() {
		s = follow(s)
	}
	was := s
	if m.Pending != "" {
		// The push may still be on its way: its echo must not pass for the agent's choice.
		s.pushes = []push{{rev: m.Rev, kind: m.Pending, at: now, called: true, before: m.Kustomer}}
	}
	if m.Pending != "" && m.Pending != kind(s) || m.Kustomer != kind(s) && (m.Kustomer != "" || m.Pending != "") {
		s = newWish(s, "", "", now)
	}
	return record(was, s, Restarted, now)
}
