package presence

import (
	"bytes"
	"slices"
)

// key is what of a world bears on what may happen next, as bytes: worlds of one key behave alike. Left out or levelled is
// what nothing asks for:
//
//   - Times. The clock moves by a rest or a sleep, both longer than echoWindow, and by a second for the end of a wrap-up, of
//     which a burst has fewer than echoWindow has seconds. So a push is either within its window or past it, a wrap-up is on
//     or not, and the rest of a time is only shown.
//   - Revs are compared, never counted with, but for the next one, which is greater than all: their order is enough.
//   - A read that began before the newest call is thrown away, whatever it began after; Want.Called falls with a restart
//     only, which cuts every read.
//   - What a widget was told and has done already, and the claims' memory of calls that cannot come again.
//   - Which tab is which: both run the same rules, and the hub elects among two only when one has left.
//
// TestKeyIsSound tries it: worlds of one key that differ must come to worlds of one key by every move.
func (w *world) key() []byte {
	e := encoder{b: make([]byte, 0, 192), revs: w.revs()}
	e.state(&w.s)
	for _, p := range w.s.pushes {
		e.push(p)
		e.flags(w.now.Sub(p.at) < echoWindow, p.past, p.rev > w.taken, p.rev == w.silent)
	}
	e.put(255, uint8(w.kus.val), w.accept, uint8(w.burst), w.tokens)
	e.flags(w.told, w.own, w.blurred, w.mine, w.heard, w.event, w.kus.last)
	e.flags(w.pending(w.twin), w.kus.agent, w.hidden)
	for _, c := range w.calls {
		if w.callable(c.rev) {
			e.rev(c.rev)
			e.flags(c.excuse)
		}
	}
	e.put(254)
	for _, r := range w.wishes {
		if w.s.open() && w.s.Want.Rev == r || w.underway(r) {
			e.rev(r)
		}
	}
	e.put(253)
	one, two := w.tabKey(0, e.revs), w.tabKey(1, e.revs)
	if bytes.Compare(one, two) > 0 {
		one, two = two, one
	}
	return append(append(append(e.b, one...), 252), two...)
}

func (w *world) tabKey(i int, revs []uint64) []byte {
	e := encoder{b: make([]byte, 0, 48), revs: revs}
	e.tab(&w.tabs[i], i == w.lead, w.s.Want.Called)
	return e.b
}

// callable reports whether a widget may yet be told to carry out a wish.
func (w *world) callable(rev uint64) bool {
	if w.s.open() && w.s.Want.Rev == rev {
		return true
	}
	for i := range w.tabs {
		if slices.ContainsFunc(w.tabs[i].in, func(o order) bool { return o.rev == rev && rev > w.tabs[i].done }) {
			return true
		}
	}
	return false
}

func (w *world) underway(rev uint64) bool {
	return w.callable(rev) || w.tabs[0].call.rev == rev || w.tabs[1].call.rev == rev
}

// revs are the numbers of wishes that matter, in order.
func (w *world) revs() []uint64 {
	out := make([]uint64, 0, 24)
	add := func(revs ...uint64) { out = append(out, revs...) }
	add(0, w.s.Want.Rev, w.s.Want.Called)
	for _, p := range w.s.pushes {
		add(p.rev)
	}
	for i := range w.tabs {
		t := &w.tabs[i]
		add(t.done, max(t.known, t.done), t.call.rev, t.read.after)
		for _, r := range t.out {
			add(r.rev, r.after)
		}
		for _, o := range t.in {
			add(o.rev, o.called)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// encoder writes a key.
type encoder struct {
	b    []byte
	revs []uint64
}

func (e *encoder) put(v ...uint8) { e.b = append(e.b, v...) }

func (e *encoder) flags(v ...bool) {
	n := uint8(0)
	for i, on := range v {
		if on {
			n |= 1 << i
		}
	}
	e.put(n)
}

func (e *encoder) rev(rev uint64) { e.put(uint8(slices.Index(e.revs, rev))) }

// words writes the first letters: no two words of one meaning share theirs.
func (e *encoder) words(v ...string) {
	for _, s := range v {
		if s == "" {
			e.put(0)
		} else {
			e.put(s[0])
		}
	}
}

func (e *encoder) choice(c Choice) { e.words(string(c.Status), string(c.By), c.Ref) }

func (e *encoder) state(s *State) {
	e.choice(s.Chosen)
	e.choice(s.Next)
	e.flags(s.Busy, s.Override, s.Wrap.on(), s.Down.on(), s.Down.Ignored, s.Want.Done, s.Kustomer.Known, s.Turned.IsZero())
	e.words(s.Want.Status, s.Want.Ref, string(s.Want.Verdict), string(s.Kustomer.Status), s.Kustomer.Ref, s.believed)
	e.rev(s.Want.Called)
	e.flags(s.Want.Rev == 0, s.Want.Why != "", s.reads)
}

func (e *encoder) push(p push) {
	e.rev(p.rev)
	e.words(p.kind, p.ref, p.before, p.shown)
	e.choice(p.manual)
	e.put(uint8(p.cover))
	e.flags(p.called, p.seen, p.read, p.crossed)
}

func (e *encoder) tab(t *tab, lead bool, called uint64) {
	after := func(rev uint64) {
		if rev < called {
			rev = 0
		}
		e.rev(rev)
	}
	e.flags(t.open, t.conn, t.lead, lead, t.slow, t.read.captured, t.read.stale, t.read.w.last, t.read.w.agent)
	e.rev(t.done)
	after(max(t.known, t.done))
	e.words(string(t.read.how))
	after(t.read.after)
	e.put(uint8(t.read.w.val))
	e.rev(t.call.rev)
	e.words(t.call.kind)
	e.put(251)
	for _, h := range t.heard {
		e.put(uint8(h.val))
		e.flags(h.last, h.agent)
	}
	e.put(250)
	for _, r := range t.out {
		e.put(uint8(r.w.val))
		e.words(string(r.how))
		e.flags(r.w.last, r.w.agent)
		e.rev(r.rev)
		after(r.after)
	}
	e.put(249)
	done := t.done
	for _, o := range t.in {
		e.flags(o.lead, o.rev > done)
		if o.rev > done {
			done = o.rev
			e.rev(o.rev)
			e.words(o.kind)
		}
		e.rev(o.called)
	}
}
