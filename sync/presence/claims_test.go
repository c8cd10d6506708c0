package presence

import (
	"errors"
	"fmt"
	"slices"
)

// ghost is what the five claims need to know and no part of the system sees.
type ghost struct {
	accept  uint8 // kinds, as a set, that may be what remains
	mine    bool  // the register's value is the agent's newest choice in Kustomer, or was at the last rest
	own     bool  // it is ours, for all anybody can tell
	heard   bool  // the agent's newest choice in Kustomer has reached the engine
	event   bool  // and by Kustomer's event, not by a read
	tokens  uint8 // pushes that a report may still cause: one for each choice in Kustomer, and for all that happens in a lossy world
	hidden  bool  // Kustomer has had a value of which no word will come
	blurred bool  // an event was lost, or a read has overtaken it: what is the agent's choice cannot be known for certain

	calls  []called
	wishes []uint64 // pushes that carry neither a cover nor what the agent wants, made with the agent's newest choice in mind
	taken  uint64   // the newest Rev that reached Kustomer
	silent uint64   // the newest that reached it and changed nothing
	twin   uint64   // the push under way of which the agent has done the very same in Kustomer
}

type called struct {
	rev    uint64
	excuse bool // whoever called it vanished before it could say so
}

const anyKind = 7

func bit(kind string) uint8 { return 1 << shelfOf(kind) }

var errRestless = errors.New("converges after the last event: it never comes to rest")

// weigh checks what is promised of every event.
func (w *world) weigh(was State, e Event) error {
	rev := w.s.Want.Rev
	switch {
	case rev > was.Want.Rev+1 || rev < was.Want.Rev:
		return fmt.Errorf("at most one push per decision: one event made %d wishes", rev-was.Want.Rev)
	case rev == was.Want.Rev:
		return nil
	}
	if _, is := e.(Said); is {
		if w.tokens == 0 {
			return fmt.Errorf("never two pushes answering each other: a report made the wish %+v", w.s.Want)
		}
		w.tokens--
	}
	w.wished()
	p := w.s.pushes[len(w.s.pushes)-1]
	if w.s.cover() == byNothing && !p.manual.made() && w.accept&bit(p.kind) == 0 && w.heard {
		w.wishes = add(w.wishes, rev)
	}
	return nil
}

// wished looks at a new wish: it may be what the agent has just done in Kustomer.
func (w *world) wished() {
	if w.untold(w.s.Want.Status) {
		w.accept, w.own, w.twin = anyKind, true, w.s.Want.Rev
	}
}

// untold reports whether word of a choice of the agent is on its way that is the very same as a push: nobody can tell which
// of the two a report tells of.
func (w *world) untold(kind string) bool {
	same := func(v write) bool { return v.agent && v.val.kind() == kind }
	for i := range w.tabs {
		t := &w.tabs[i]
		if slices.ContainsFunc(t.heard, same) || slices.ContainsFunc(t.out, func(r report) bool { return same(r.w) }) {
			return true
		}
	}
	return !w.heard && same(w.kus)
}

// agent is a choice in Kustomer's menu, or Kustomer's own doing.
func (w *world) agent(v shelf) {
	w.forget()
	masked := w.masked(v.kind())
	w.setKustomer(write{v, true, true})
	w.mine, w.own, w.heard, w.event = true, false, false, false
	w.accept = bit(v.kind())
	if masked {
		w.accept, w.own = anyKind, true
		return
	}
	if c := follow(w.s).Chosen; w.s.believed == "" && c.By == InApp { // both are the agent's, and nobody can tell which is the later
		w.accept |= bit(c.Status.Kustomer())
	}
	for _, p := range w.s.pushes {
		if p.manual.made() && w.pending(p.rev) { // the same
			w.accept |= bit(p.kind)
		}
	}
}

// masked reports whether what the agent chooses cannot be told from our own doing, or from nothing at all:
//   - it is the very same as a push that is under way, or has changed nothing, or that Kustomer has not taken so far, or was
//     chosen while such a twin is under way;
//   - it is the very same as a push that is no longer wanted, and a widget that has gone may have carried out;
//   - what it takes the place of was never heard of, and it takes Kustomer to where it may have been without that.
func (w *world) masked(kind string) bool {
	w.hidden = w.hidden || !w.tells(w.kus)
	masked := w.pending(w.twin) || w.hidden && w.s.believed == kind
	for _, p := range w.s.pushes {
		last := p.rev == w.s.Want.Rev
		if p.kind == kind && (w.pending(p.rev) || p.rev == w.silent || last && w.s.Want.Verdict == Ignored) {
			masked, w.twin = true, p.rev
		}
		masked = masked || p.kind == kind && p.read // its event may be late
		replaced := p.kind == kind && !p.called && !p.seen && (!last || !w.s.open())
		masked = masked || replaced || w.hidden && (p.kind == kind || p.before == kind)
	}
	return masked
}

// pending reports whether a push may yet reach Kustomer.
func (w *world) pending(rev uint64) bool { return rev > w.taken || rev > 0 && w.underway(rev) }

// tells reports whether the app knows of a write, or word of it is on its way.
func (w *world) tells(v write) bool {
	if !w.told {
		return false // what it hears is old to it
	}
	if w.s.Kustomer.Ref == v.val.said().Ref {
		return true
	}
	same := func(o write) bool { return o.val == v.val }
	for i := range w.tabs {
		t := &w.tabs[i]
		if t.conn && t.lead && slices.ContainsFunc(t.heard, same) || slices.ContainsFunc(t.out, func(r report) bool { return same(r.w) }) {
			return true
		}
	}
	return false
}

// forget makes the agent's newest choice an older one, wherever word of it is.
func (w *world) forget() {
	w.wishes = nil
	for i := range w.tabs {
		t := &w.tabs[i]
		t.heard, t.out = slices.Clone(t.heard), slices.Clone(t.out)
		for j := range t.heard {
			t.heard[j].last = false
		}
		for j := range t.out {
			t.out[j].w.last = false
		}
		t.read.w.last = false
	}
}

// choose is a choice in Sidetone.
func (w *world) choose(st Status) error {
	w.accept = bit(st.Kustomer())
	if !w.event {
		w.accept |= bit(w.kus.val.kind()) | bit(w.s.Chosen.Status.Kustomer()) | bit("unavailable") | bit("available")
	}
	return w.happens(Chose{Status: st})
}

// calling is a widget calling Kustomer.
func (w *world) calling(rev uint64) error {
	if slices.Contains(w.calls, called{rev: rev}) {
		return fmt.Errorf("at most one push per decision: wish %d is carried out twice", rev)
	}
	w.calls = add(w.calls, called{rev: rev})
	return nil
}

// forgive excuses that a wish is called again: whoever called it has vanished with the word of it.
func (w *world) forgive(rev uint64) {
	w.calls = slices.Clone(w.calls)
	for i := range w.calls {
		w.calls[i].excuse = w.calls[i].excuse || w.calls[i].rev == rev
	}
}

// reached is a call that has reached Kustomer.
func (w *world) reached(o order, takes, slow bool) error {
	if takes && (o.rev < w.taken || slow) { // nobody can tell a push that comes after a newer, or after a sleep, from the agent's hand
		w.accept, w.own = anyKind, true
	}
	w.taken = max(w.taken, o.rev)
	if !takes || w.kus.val == shelfOf(o.kind) {
		w.silent = o.rev
	}
	if takes && w.kus.val.kind() != o.kind && slices.Contains(w.wishes, o.rev) && !w.blurred && !w.own && w.mine {
		return fmt.Errorf("what we set, we put back, and only that: wish %d overruns a choice Sidetone knew of", o.rev)
	}
	if takes && w.kus.val != shelfOf(o.kind) {
		w.own, w.mine = true, false
	}
	return nil
}

// rest checks what must be true when nothing is under way, after one more look at the work session.
func (w *world) rest() error {
	if w.canPoll() {
		if err := w.do(poll); err != nil {
			return err
		}
	}
	if err := w.calm(); err != nil {
		return err
	}
	if w.lead < 0 || !w.told {
		return nil // nobody can tell Kustomer, or be told
	}
	return w.agreed()
}

func (w *world) agreed() error {
	there := w.kus.val.kind()
	switch {
	case w.s.believed == "" && w.set.blind:
		return nil // nobody has ever said where Kustomer is
	case w.s.open():
		return fmt.Errorf("converges after the last event: the wish %+v is still open", w.s.Want)
	case w.s.believed != there:
		return fmt.Errorf("converges after the last event: Kustomer is believed %s and is %s", w.s.believed, there)
	case kind(w.s) != there && notice(w.s) == "":
		return fmt.Errorf("converges after the last event: Sidetone says %s, Kustomer %s, and nobody is told", kind(w.s), there)
	case kind(w.s) != there && !w.set.lossy && !w.set.blind && w.set.deaf == "":
		return fmt.Errorf("converges after the last event: Sidetone says %s, Kustomer %s", kind(w.s), there)
	}
	if w.s.cover() != byNothing || w.s.Busy || w.set.deaf != "" || kind(w.s) != there {
		return nil
	}
	if !w.heard || w.blurred {
		return nil // overrun before anybody could tell of it
	}
	if w.accept&bit(there) == 0 {
		return fmt.Errorf("an agent's manual choice always wins over ours; what we set, we put back: Kustomer shows %s, set %03b", there, w.accept)
	}
	return nil
}

// settled begins anew after a rest: what has been heard is history.
func (w *world) settled() {
	w.calls, w.wishes = nil, nil
	if w.tokens = 0; w.s.believed != w.kus.val.kind() {
		w.tokens = 1 // it is still to be heard of
	}
	if !w.heard {
		return
	}
	if w.blurred {
		w.blurred, w.accept = false, w.accept|bit(follow(w.s).Chosen.Status.Kustomer())
	}
	w.mine, w.event, w.kus.last, w.hidden = true, true, true, false
}
