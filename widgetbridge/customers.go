package widgetbridge

import (
	"time"

	"sidetone/internal/call"
	"sidetone/internal/customer"
	"sidetone/internal/phone"
	"sidetone/widgetbridge/wire"
)

// popWithin is how long a tab may take to open a customer.
const popWithin = 3 * time.Second

// popping is the wish that was given to a tab, or to none.
type popping struct {
	n  uint64
	by *widget // nil: it is answered
}

// tooLate says that a tab's time to open a customer is over.
type tooLate struct{ n uint64 }

// looked passes on who has a number, from the widget that speaks and for a call the phone asks about.
func (h *hub) looked(w *widget, m *wire.Customer) {
	if w == nil || w != h.speaker || h.snap == nil {
		return
	}
	l, ok := h.snap.Customer(callID(m.Call))
	if !ok || l.N != m.N {
		return
	}
	a := customer.Answer{Call: m.Call, N: m.N, State: customer.State(m.State), Status: m.Status, More: m.More}
	if customer.IsHost(m.Host, h.cfg.Hosts) {
		a.Host = m.Host
	}
	for _, x := range m.Matches {
		match := customer.Match{ID: x.ID, Name: x.Name, Company: x.Company}
		if x.Last != "" {
			match.Last = customer.Conversation{ID: x.Last, Name: x.LastName, Open: x.LastOpen, At: x.LastAt}
		}
		a.Matches = append(a.Matches, match)
	}
	delete(w.half, a.Call)
	if a.More {
		w.half[a.Call] = a
	}
	h.cfg.Phone.Report(phone.CustomerFound(a))
}

// complete says that what a widget has told is all there is: it has gone, or speaks no more, and what hangs on the rest, such as
// opening the customer, must not wait for it.
func (h *hub) complete(w *widget) {
	if w == nil {
		return
	}
	for id, a := range w.half {
		delete(w.half, id)
		a.More = false
		h.cfg.Phone.Report(phone.CustomerFound(a))
	}
}

// givePop gives a new wish to the tab that was used last: exactly one opens it.
func (h *hub) givePop() {
	if h.snap == nil || h.snap.Pop.N == h.pop.n {
		return
	}
	h.pop = popping{n: h.snap.Pop.N}
	if h.pop.n == 0 {
		return
	}
	for _, w := range h.widgets {
		if w.greeted && (h.pop.by == nil || w.used > h.pop.by.used) {
			h.pop.by = w
		}
	}
	if h.pop.by == nil {
		h.cfg.Phone.Report(phone.Popped{N: h.pop.n})
		return
	}
	h.after(popWithin, h.pop.by.c, tooLate{h.pop.n})
}

// popOf is what a widget must open.
func (h *hub) popOf(w *widget) *wire.Pop {
	if h.pop.by != w || h.snap.Pop.N != h.pop.n {
		return nil
	}
	p := h.snap.Pop
	return &wire.Pop{N: p.N, Customer: p.Customer, Conversation: p.Conversation}
}

// popped takes the word of the tab that was asked, and of no other.
func (h *hub) popped(w *widget, n uint64, ok bool) {
	if w == nil || w != h.pop.by || n != h.pop.n {
		return
	}
	h.pop.by = nil
	h.cfg.Phone.Report(phone.Popped{N: n, OK: ok})
}

func lookup(s phone.Snapshot, id call.ID) *wire.Lookup {
	l, ok := s.Customer(id)
	if !ok {
		return nil
	}
	out := &wire.Lookup{N: l.N, Number: l.Number, State: string(l.State), Chosen: l.Chosen, Status: l.Status}
	for _, m := range l.Matches {
		out.Matches = append(out.Matches, wire.Match{
			ID: m.ID, Name: m.Name, Company: m.Company, Last: m.Last.ID, LastName: m.Last.Name, LastOpen: m.Last.Open, LastAt: m.Last.At,
		})
	}
	return out
}
