package presence

import (
	"slices"
	"time"
)

// The model world of the explorer: the engine, the bridge's hub, two tabs with a widget each, and a Kustomer that is one
// register. What may happen is an enumerated move, so that a trace is a list of moves. A world is a value: its lists are
// never changed in place, so that a copy of the struct is a copy of the world.

// shelf is a status of the model Kustomer.
type shelf uint8

const (
	kAvailable shelf = iota
	kBusy
	kUnavailable // built in
	kLunch       // the organisation's own, of the unavailable kind
)

func (k shelf) said() Said {
	switch k {
	case kBusy:
		return Said{Status: Busy, Label: "Busy", Ref: "B", System: true}
	case kUnavailable:
		return Said{Status: Unavailable, Label: "Unavailable", Ref: "U", System: true}
	case kLunch:
		return Said{Status: Unavailable, Label: "Lunch", Ref: "L"}
	}
	return Said{Status: Available, Label: "Available", Ref: "A", System: true}
}

func (k shelf) kind() string { return k.said().Status.Kustomer() }

func shelfOf(kind string) shelf {
	switch Status(kind) {
	case Busy:
		return kBusy
	case Unavailable:
		return kUnavailable
	}
	return kAvailable
}

// write is one value of the register.
type write struct {
	val   shelf
	agent bool // by the agent's hand
	last  bool // and it is the newest of those
}

// report is a message of a widget to the app.
type report struct {
	w     write
	how   How // "": it is Applied; refusal: it is Failed
	rev   uint64
	after uint64
}

const refusal How = "no"

// order is what a widget is told by the app.
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
	read             reading
	call             order // being carried out; rev 0: none
	slow             bool  // and has hung since before the computer slept
}

// setting is the rules of one exploration.
type setting struct {
	name   string
	env    []move
	burst  int  // most moves of the environment before everything has arrived
	longer int  // and how many more in make explore
	big    bool // too big to be walked whole in every run of the tests
	deaf   string
	frank  bool // Kustomer says so when it does not take a push
	blind  bool // the widgets may not read the work session
	late   bool // events may come after a read that knows of them
	lossy  bool // words may be lost: a disagreement must be shown, and need not be absent
	idle   bool // begins with no tab connected
	single bool // one tab
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

	burst int // moves of the environment since the last quiet
	sofar int // and in all
	ghost
}

// newWorld begins with two tabs open; unless it is idle, the first one speaks and has said Available.
func newWorld(set *setting) *world {
	now := time.Unix(1_000_000, 0)
	w := &world{set: set, now: now, lead: -1, kus: write{agent: true, last: true}}
	w.s = Reduce(Start(now, Memory{}), set.rules, now)
	w.ghost = ghost{accept: bit("available"), heard: true, event: true}
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
	if err := w.calm(); err != nil {
		panic(err)
	}
	return w
}

// calm lets everything that is under way arrive. It reports whether the world came to rest.
func (w *world) calm() error {
	for range 1000 {
		moves := w.free(nil)
		if len(moves) == 0 {
			return nil
		}
		if err := w.do(moves[0]); err != nil {
			return err
		}
	}
	return errRestless
}

// add appends to a list that others may share.
func add[T any](list []T, v ...T) []T { return append(slices.Clip(list), v...) }

// happens gives the engine an event and lets the hub tell its tabs.
func (w *world) happens(e Event) error {
	was := w.s
	w.s, _ = decide(w.s, e, w.now)
	err := w.weigh(was, e)
	w.tell()
	return err
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

// tell sends every connected tab what it does not know yet.
func (w *world) tell() {
	w.elect()
	for i := range w.tabs {
		t := &w.tabs[i]
		o := order{lead: i == w.lead, called: w.s.Want.Called}
		if o.lead && w.told && w.s.open() {
			o.rev, o.kind = w.s.Want.Rev, w.s.Want.Status
		}
		switch {
		case !t.conn || t.expects(o):
		case len(t.in) == 2:
			t.in = []order{t.in[0], o} // the hub has room for the newest only; one may be on the wire
		default:
			t.in = add(t.in, o)
		}
	}
}

// expects reports whether an order changes nothing for the widget once it has taken in those before it.
func (t *tab) expects(o order) bool {
	lead, done, known := t.lead, t.done, max(t.known, t.done)
	for _, p := range t.in {
		lead, done, known = p.lead, max(done, p.rev), max(known, p.rev, p.called)
	}
	return o.lead == lead && o.rev <= done && o.called <= known && (len(t.in) < 2 || o.rev == t.in[1].rev)
}

func (w *world) connect(i int) {
	w.tabs[i].conn, w.tabs[i].lead = true, false
	w.tell()
}

// cut ends a tab's connection: what is on the way is lost.
func (w *world) cut(i int) {
	t := &w.tabs[i]
	for _, r := range t.out {
		if r.how == "" {
			w.forgive(r.rev)
		}
		w.blurred = w.blurred || r.how == Changed
	}
	w.blurred = w.blurred || t.lead && len(t.heard) > 0
	t.conn, t.lead, t.out, t.in, t.read = false, false, nil, nil, reading{}
	w.tell()
}

func (w *world) closeTab(i int) {
	w.cut(i)
	if t := &w.tabs[i]; t.call.rev > 0 {
		w.forgive(t.call.rev)
	}
	w.tabs[i] = tab{}
}

// setKustomer writes the register and tells every page.
func (w *world) setKustomer(v write) {
	if w.kus.val == v.val {
		return
	}
	w.kus = v
	for i := range w.tabs {
		if w.tabs[i].open {
			w.tabs[i].heard = add(w.tabs[i].heard, v)
		}
	}
}

// take is the app taking in a tab's next word.
func (w *world) take(i int) error {
	t := &w.tabs[i]
	r := t.out[0]
	t.out = t.out[1:]
	switch {
	case r.how == "":
		return w.happens(Applied{Rev: r.rev, Blind: w.set.blind})
	case r.how == refusal:
		return w.happens(Failed{Rev: r.rev, Why: "It has no such right."})
	case i != w.lead || !w.told && r.how == Changed:
		return nil
	}
	w.told = true
	if r.w.last {
		w.heard, w.hidden = true, false
		w.event = w.event || r.how == Changed
	}
	e := r.w.val.said()
	e.How, e.After = r.how, r.after
	return w.happens(e)
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
	t.out = add(t.out, report{rev: o.rev})
	return w.calling(o.rev)
}

// carryOut is Kustomer taking, or ignoring, the call of a tab.
func (w *world) carryOut(i int) error {
	t := &w.tabs[i]
	o, slow := t.call, t.slow
	t.call, t.slow = order{}, false
	if t.conn && !w.set.blind && t.read.how != Found {
		t.read = reading{how: ReadBack, after: max(t.known, t.done)}
	}
	if w.set.deaf == o.kind || w.set.deaf == "all" {
		if w.set.frank && t.conn {
			t.out = add(t.out, report{rev: o.rev, how: refusal})
		}
		return w.reached(o, false, slow)
	}
	if err := w.reached(o, true, slow); err != nil {
		return err
	}
	w.setKustomer(write{val: shelfOf(o.kind)})
	return nil
}
