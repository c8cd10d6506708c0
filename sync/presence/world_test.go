package presence

import (
	"fmt"
	"slices"
	"time"
)

// The model world of the explorer: the engine, the bridge's hub, two tabs with a widget each, and a Kustomer that is one
// register. What may happen is an enumerated move, so that a trace is a list of moves.

// shelf is a status of the model Kustomer.
type shelf uint8

const (
	kAvailable shelf = iota
	kBusy
	kUnavailable // built in
	kLunch       // the organisation's own, of the unavailable kind
)

func (k shelf) said() Said {
	return [...]Said{
		{Status: Available, Label: "Available", Ref: "A", System: true}, {Status: Busy, Label: "Busy", Ref: "B", System: true},
		{Status: Unavailable, Label: "Unavailable", Ref: "U", System: true}, {Status: Unavailable, Label: "Lunch", Ref: "L"},
	}[k]
}

func (k shelf) kind() string { return k.said().Status.Kustomer() }

func shelfOf(kind string) shelf {
	return map[string]shelf{"available": kAvailable, "busy": kBusy, "unavailable": kUnavailable}[kind]
}

// write is one value of the register, with its number.
type write struct {
	val shelf
	seq int
}

// report is a message of a widget to the app.
type report struct {
	w     write
	how   How // empty: it is Applied
	rev   uint64
	after uint64
}

// order is what a widget was last told by the app.
type order struct {
	lead   bool
	rev    uint64 // the wish to carry out, 0: none
	kind   string
	called uint64
}

// reading is a read of the work session under way; how is empty when there is none.
type reading struct {
	how      How
	captured bool
	stale    bool // a change or a push has overtaken it
	after    uint64
	w        write
}

// tab is a page of Kustomer with a widget in it.
type tab struct {
	open, conn, lead bool
	known, done      uint64
	heard            []write  // Kustomer to page
	out              []report // widget to app
	in               []order  // app to widget
	sent             order    // the last one of in
	read             reading
	call             order // being carried out; rev 0: none
}

// rules of one exploration.
type setting struct {
	name   string
	env    []move
	burst  int    // most moves of the environment before everything has arrived
	deaf   string // kinds Kustomer ignores, each in brackets
	blind  bool   // the widgets may not read the work session
	lossy  bool   // words may be lost: a disagreement must be shown, and need not be absent
	idle   bool   // begins with no tab connected
	single bool   // one tab
	rules  Rules
	events int // most words under way from Kustomer to one tab
}

// world is a state of the model.
type world struct {
	set  *setting
	now  time.Time
	s    State
	tabs [2]tab
	lead int // the tab the hub listens to, -1: none
	told bool
	kus  write
	own  bool // the register's value is ours

	burst int // moves of the environment since the last quiet
	sofar int // and in all
	ghost
}

// ghost is what the properties need to know and no part of the system sees.
type ghost struct {
	agentSeq  int   // of the agent's last choice in Kustomer
	heardSeq  int   // the agent's newest choice that reached the engine
	eventSeq  int   // the same, by Kustomer's event and not by a read
	tokens    uint8 // how many pushes a report may still cause where words and programs vanish: one for each thing that happened
	accept    uint8 // kinds, as a set, that may be what remains
	answered  int   // the agent's choice that was last put back
	calls     []called
	wishes    []made
	blurred   bool   // an event was lost: what is the agent's choice cannot be known for certain
	takenUpTo uint64 // the newest Rev that reached Kustomer
}

type called struct {
	rev    uint64
	excuse bool // whoever called it vanished before it could say so
}

// made is what the engine knew when it made a wish.
type made struct {
	rev  uint64
	knew int
	ours bool // neither a cover nor what the agent wants
}

func bit(kind string) uint8 { return 1 << shelfOf(kind) }

// newWorld begins with two tabs open; unless it is idle, the first one speaks and has said Available.
func newWorld(set *setting) *world {
	now := time.Unix(1_000_000, 0)
	w := &world{set: set, now: now, lead: -1}
	w.s = Reduce(Start(now, Memory{}), set.rules, now)
	w.accept = bit("available")
	for i := range w.tabs {
		w.tabs[i].open = i == 0 || !set.single
	}
	if set.idle {
		return w
	}
	w.connect(0)
	if !set.single {
		w.connect(1)
	}
	w.calm()
	return w
}

// calm lets everything that is under way arrive.
func (w *world) calm() {
	for range 1000 {
		moves := w.free()
		if len(moves) == 0 {
			return
		}
		if err := w.do(moves[0]); err != nil {
			panic(err)
		}
	}
	panic("the world does not come to rest")
}

func (w *world) clone() *world {
	c := *w
	for i := range c.tabs {
		t := &c.tabs[i]
		t.heard, t.out, t.in = slices.Clone(t.heard), slices.Clone(t.out), slices.Clone(t.in)
	}
	c.calls, c.wishes = slices.Clone(c.calls), slices.Clone(c.wishes)
	return &c
}

// event gives the engine an event and lets the hub tell its tabs. It checks what is promised of every step.
func (w *world) event(e Event) error {
	was := w.s
	w.s = Reduce(w.s, e, w.now)
	w.s.Decisions = nil
	rev := w.s.Want.Rev
	if rev > was.Want.Rev+1 || rev < was.Want.Rev {
		return fmt.Errorf("at most one push per decision: one event made %d wishes", rev-was.Want.Rev)
	}
	if rev == was.Want.Rev+1 {
		if _, is := e.(Said); is {
			if w.set.lossy && w.tokens > 0 {
				w.tokens--
			} else if w.agentSeq <= w.answered {
				return fmt.Errorf("never two pushes answering each other: a report made the wish %+v", w.s.Want)
			}
			w.answered = w.agentSeq
		}
		if w.s.Want.Status == w.kus.val.kind() && w.agentSeq > w.eventSeq { // the agent has done the same: nobody can tell
			w.accept, w.own = 7, true
		}
		cover := w.s.cover() != byNothing
		p := w.s.pushes[len(w.s.pushes)-1]
		w.wishes = append(w.wishes, made{rev, w.heardSeq, !cover && !p.manual.made() && w.accept&bit(p.kind) == 0})
		if len(w.wishes) > 4 {
			w.wishes = w.wishes[1:]
		}
	}
	w.tell()
	return nil
}

// elect is the hub's: the tab that speaks stays while it is connected.
func (w *world) elect() {
	if w.lead >= 0 && w.tabs[w.lead].conn {
		return
	}
	w.lead, w.told = -1, false
	for i := range w.tabs {
		if w.tabs[i].conn {
			w.lead = i
			return
		}
	}
}

func (w *world) tell() {
	w.elect()
	for i := range w.tabs {
		t := &w.tabs[i]
		o := order{lead: i == w.lead, called: w.s.Want.Called}
		if o.lead && w.told && w.s.open() {
			o.rev, o.kind = w.s.Want.Rev, w.s.Want.Status
		}
		if !t.conn || o == t.sent {
			continue
		}
		if o.rev <= t.done && o.lead == t.lead && len(t.in) == 0 && o.called <= t.done {
			t.sent = o // it changes nothing for the widget
			continue
		}
		t.sent = o
		if len(t.in) == 2 {
			t.in[1] = o // the hub has room for the newest only; one may be on the wire
			continue
		}
		t.in = append(t.in, o)
	}
}

func (w *world) connect(i int) {
	t := &w.tabs[i]
	t.conn, t.sent, t.lead = true, order{rev: ^uint64(0)}, false
	w.tell()
}

// cut ends a tab's connection: what is on the way is lost.
func (w *world) cut(i int) {
	t := &w.tabs[i]
	for _, r := range t.out {
		if r.how == "" {
			w.forgive(r.rev)
		}
	}
	t.conn, t.lead, t.out, t.in, t.read = false, false, nil, nil, reading{}
	w.tell()
}

func (w *world) closeTab(i int) {
	w.cut(i)
	t := &w.tabs[i]
	if t.call.rev > 0 {
		w.forgive(t.call.rev)
	}
	w.tabs[i] = tab{}
}

func (w *world) forgive(rev uint64) {
	for i := range w.calls {
		if w.calls[i].rev == rev {
			w.calls[i].excuse = true
		}
	}
}

// set writes the register and tells every page.
func (w *world) setKustomer(v shelf, own bool) {
	if w.kus.val == v {
		return
	}
	w.kus, w.own = write{v, w.kus.seq + 1}, own
	for i := range w.tabs {
		if w.tabs[i].open {
			w.tabs[i].heard = append(w.tabs[i].heard, w.kus)
		}
	}
}

// agent is a choice in Kustomer's menu, or Kustomer's own doing.
func (w *world) agent(v shelf) {
	w.setKustomer(v, false)
	w.agentSeq = w.kus.seq
	w.accept = bit(v.kind())
	for _, p := range w.s.pushes {
		if p.rev > w.takenUpTo && p.kind == v.kind() { // as if it were our push: nobody can tell
			w.accept, w.own = 7, true
			return
		}
		if p.manual.made() && p.rev > w.takenUpTo { // both are the agent's, and nobody can tell which is the later
			w.accept |= bit(p.kind)
		}
	}
}

// choose is a choice in Sidetone.
func (w *world) choose(st Status) error {
	w.accept = bit(st.Kustomer())
	if w.agentSeq > w.eventSeq {
		w.accept |= bit(w.kus.val.kind()) | bit(w.s.Chosen.Status.Kustomer()) | bit("unavailable") | bit("available")
	}
	return w.event(Chose{Status: st})
}

// take is the app taking in a tab's next word.
func (w *world) take(i int) error {
	t := &w.tabs[i]
	r := t.out[0]
	t.out = t.out[1:]
	if r.how == "" {
		return w.event(Applied{Rev: r.rev, Blind: w.set.blind})
	}
	if i != w.lead || !w.told && r.how != Found {
		return nil
	}
	w.told = true
	if r.w.seq == w.agentSeq {
		w.heardSeq = r.w.seq
		if r.how == Changed {
			w.eventSeq = r.w.seq
		}
	}
	e := r.w.val.said()
	e.How, e.After = r.how, r.after
	return w.event(e)
}

// obey is a widget taking in what the app says.
func (w *world) obey(i int) error {
	t := &w.tabs[i]
	o := t.in[0]
	t.in = t.in[1:]
	t.known = max(t.known, o.called)
	if o.lead && !t.lead && !w.set.blind {
		t.read = reading{how: Found, after: max(t.known, t.done)}
	}
	t.lead = o.lead
	if o.rev <= t.done {
		return nil
	}
	t.done, t.call = o.rev, o
	t.read.stale = true
	t.out = append(t.out, report{rev: o.rev})
	for _, c := range w.calls {
		if c.rev == o.rev && !c.excuse {
			return fmt.Errorf("at most one push per decision: wish %d is carried out twice", o.rev)
		}
	}
	w.calls = append(w.calls, called{rev: o.rev})
	if len(w.calls) > 4 {
		w.calls = w.calls[1:]
	}
	return nil
}

// carryOut is Kustomer taking, or ignoring, the call of a tab.
func (w *world) carryOut(i int) error {
	t := &w.tabs[i]
	o := t.call
	t.call = order{}
	w.takenUpTo = max(w.takenUpTo, o.rev)
	if t.conn && !w.set.blind && t.read.how != Found {
		t.read = reading{how: ReadBack, after: max(t.known, t.done)}
	}
	if w.ignores(o.kind) {
		return nil
	}
	for _, m := range w.wishes {
		if m.rev == o.rev && m.ours && !w.blurred && !w.own && w.kus.seq > 0 && m.knew >= w.kus.seq && w.kus.val.kind() != o.kind && w.agentSeq == w.kus.seq {
			return fmt.Errorf("what we set, we put back, and only that: wish %d overruns a choice Sidetone knew of", o.rev)
		}
	}
	w.setKustomer(shelfOf(o.kind), true)
	return nil
}

func (w *world) ignores(kind string) bool {
	return w.set.deaf != "" && slices.Contains([]string{w.set.deaf}, kind) || w.set.deaf == "all"
}
