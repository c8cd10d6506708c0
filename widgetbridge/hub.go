package widgetbridge

import (
	"context"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/customer"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
	"sidetone/widgetbridge/wire"
)

// How many connections there may be: an agent's tabs, some caught in a reload. Those that have not proved themselves are few,
// so that a stranger cannot take the room.
const (
	maxConns  = 12
	maxProved = 8
	maxFresh  = maxConns - maxProved
)

// What the connections tell the hub.
type (
	joined struct {
		c  *conn
		ok chan<- bool
	}
	left   struct{ c *conn }
	waited struct{ c *conn }
	asked  struct { // a button of the widget
		c  *conn
		do phone.Verb
		ok chan<- bool // whether the page may ask for it now
	}
	clicked struct {
		c      *conn
		number string
		key    string        // names the click
		age    time.Duration // since the click
		first  chan<- string // the key under which it was reported first, "" if it came too fast
	}
	said struct {
		c *conn
		m wire.FromPage
	}
)

// widget is what the hub knows of one connection.
type widget struct {
	c       *conn
	greeted bool   // it has proved itself
	key     string // ID of its key
	told    bool   // has said where the agent is in Kustomer since it began to speak, or cannot
	org     string
	since   time.Time
	used    uint64                     // order of the last sign of life; the greatest is the tab the agent works in
	half    map[string]customer.Answer // by call: what it said of customers, if more was to follow
	given   uint64                     // the newest wish it was given to carry out
	failed  uint64                     // the newest wish it could not carry out
}

// hub owns the connections, the limits and the newest snapshot.
//
// Every tab hears of every change in Kustomer, each in its own time. One widget speaks: its words alone go to the phone, in
// their order, and it alone carries out wishes. It speaks until it leaves or fails at a wish; the next one is first asked
// where the agent is. So no change is told twice, and none is told by a tab that lags behind.
type hub struct {
	cfg     Config
	port    int
	events  <-chan any
	widgets map[*conn]*widget
	speaker *widget
	after   func(time.Duration, *conn, any) // brings an event later
	pop     popping
	log     logging
	ids     uint64
	order   uint64
	snap    *phone.Snapshot
	dials   *bucket
	opens   *bucket           // customers opened by a page's word
	gone    map[string]uint64 // by the key of pages that have left: the newest wish one of them was given
	clicks  clicks
	door    *door
	gate    gate
}

func newHub(cfg Config, port int, events <-chan any, door *door) *hub {
	return &hub{
		cfg: cfg, port: port, events: events, widgets: map[*conn]*widget{}, dials: cfg.pace, door: door,
		opens: newBucket(1.0/3, 3), gone: map[string]uint64{},
		after: func(time.Duration, *conn, any) {},
	}
}

func (h *hub) run(ctx context.Context) {
	h.after = func(d time.Duration, c *conn, e any) { time.AfterFunc(d, func() { c.post(ctx, e) }) }
	h.report()
	snaps := h.cfg.Phone.Watch(ctx)
	for {
		var due <-chan time.Time
		if at := h.door.desk.Deadline(); time.Until(at) > 0 || h.door.desk.Overdue(time.Now()) {
			due = time.After(time.Until(at))
		}
		select {
		case now := <-due:
			h.expire(now)
		case <-ctx.Done():
			return
		case s, open := <-snaps:
			if !open {
				snaps = nil // the phone has stopped; connections end with ctx
				continue
			}
			h.snap = &s
			h.tell()
		case e := <-h.events:
			h.handle(e, time.Now())
		}
	}
}

func (h *hub) handle(e any, now time.Time) {
	switch e := e.(type) {
	case joined:
		e.ok <- h.join(e.c, now)
	case proved:
		e.ok <- h.letIn(e, now)
	case left:
		h.leave(e.c)
	case waited:
		if w := h.widgets[e.c]; w != nil && w == h.speaker && !w.told {
			w.told = true
			h.tell()
		}
	case tooLate:
		h.popped(h.pop.by, e.n, false)
	case asked:
		h.touch(h.widgets[e.c])
		opens := e.do == phone.Open || e.do == phone.Create // what is created is opened
		e.ok <- !opens || h.opens.take(now)
	case clicked:
		h.touch(h.widgets[e.c])
		e.first <- h.first(e, now)
	case said:
		h.said(e)
	default:
		h.pairing(e, now)
	}
}

// pairing handles what bears on who may come in.
func (h *hub) pairing(e any, now time.Time) {
	switch e := e.(type) {
	case wantsPairing:
		e.turn <- h.begin(e, now)
	case revealed:
		h.reveal(e, now)
	case armed:
		h.arm(e.on, now)
	case typed:
		h.typed(e, now)
	case revoked:
		h.revoke(e)
	}
}

func (h *hub) letIn(e proved, now time.Time) bool {
	w := h.widgets[e.c]
	if w == nil || !h.prove(e, now) {
		return false
	}
	w.greeted, w.org, w.key = true, e.hello.Org, e.hello.Key
	h.touch(w)
	h.report()
	h.tell()
	return true
}

// leave forgets a connection. What was given to it may yet be answered by the same page on its next one.
func (h *hub) leave(c *conn) {
	w := h.widgets[c]
	h.popped(w, h.pop.n, false)
	h.logLost(w)
	h.complete(w)
	if w != nil && w.given > h.gone[w.key] {
		h.gone[w.key] = w.given
	}
	delete(h.widgets, c)
	h.parted(c)
	h.report()
	h.tell() // a wish it took with it goes to the next
}

// room reports whether one more widget may come in.
func (h *hub) room() bool {
	n := 0
	for _, w := range h.widgets {
		if w.greeted {
			n++
		}
	}
	return n < maxProved
}

func (h *hub) touch(w *widget) {
	if w != nil {
		h.order++
		w.used = h.order
	}
}

func (h *hub) join(c *conn, now time.Time) bool {
	fresh := 0
	for _, w := range h.widgets {
		if !w.greeted {
			fresh++
		}
	}
	if len(h.widgets) >= maxConns || fresh >= maxFresh {
		h.cfg.Log.Warn("too many pages are connected", "origin", c.header)
		return false
	}
	h.ids++
	c.id = h.ids
	h.widgets[c] = &widget{c: c, since: now, half: map[string]customer.Answer{}}
	return true
}

// first finds out whether a click is known already. A new one costs a token.
func (h *hub) first(e clicked, now time.Time) string {
	key := h.clicks.first(click{e.key, digits(e.number), e.c.id, now.Add(-e.age)}, now)
	if key == e.key && !h.dials.take(now) {
		return ""
	}
	return key
}

func (h *hub) said(e said) {
	w := h.widgets[e.c]
	switch m := e.m.(type) {
	case *wire.KustomerStatus:
		h.heard(w, m)
	case *wire.StatusApplied:
		if h.was(w, m.Rev) {
			h.cfg.Phone.Report(phone.StatusApplied{Rev: m.Rev, Blind: m.Blind})
		}
	case *wire.StatusFailed:
		h.statusFailed(w, m)
	case *wire.Customer:
		h.looked(w, m)
	case *wire.Popped:
		h.popped(w, m.N, m.OK)
	case *wire.Logged:
		h.logged(w, m)
	case *wire.LogFailed:
		h.logFailed(w, m)
	}
}

// was reports whether a widget, or one of the same browser that has gone, was given a wish: nobody else knows what became of it.
// Who does not speak any more is still right about it.
func (h *hub) was(w *widget, rev uint64) bool {
	return w != nil && rev <= max(w.given, h.gone[w.key])
}

func (h *hub) statusFailed(w *widget, m *wire.StatusFailed) {
	if !h.was(w, m.Rev) {
		return
	}
	h.cfg.Log.Warn("Kustomer did not take a status", "origin", w.c.origin)
	w.failed = max(w.failed, m.Rev)
	h.cfg.Phone.Report(phone.StatusFailed{Rev: m.Rev, Why: m.Why, Code: m.Code})
	h.tell() // another tab may succeed
}

// heard passes on what the widget that speaks says of the agent's status. What it heard before it was asked where the agent
// is, is older than its answer.
func (h *hub) heard(w *widget, m *wire.KustomerStatus) {
	how := presence.How(m.How)
	if w == nil || w != h.speaker || !w.told && how == presence.Changed {
		return
	}
	w.told = true // the snapshot this leads to carries a wish only if it still holds
	h.cfg.Phone.Report(phone.KustomerStatus{
		Status: presence.Status(m.Status), Label: m.Label, Ref: m.Ref, System: m.System, How: how, After: m.After, Took: m.Took,
	})
}

// expect opens the gate while somebody may come in: there are paired pages, or one may ask.
func (h *hub) expect(now time.Time) {
	h.gate.open.Store(len(h.door.keep.Book.Entries()) > 0 || h.door.desk.Armed(now) || h.door.desk.Page() != 0)
}

// report tells the phone who is connected.
func (h *hub) report() {
	h.expect(time.Now())
	b := phone.Bridge{Port: h.port, Pairing: h.pairingState(time.Now())}
	for _, w := range h.widgets {
		if w.greeted {
			b.Widgets = append(b.Widgets, phone.Widget{Origin: w.c.origin, Org: w.org, Since: w.since})
		}
	}
	for _, e := range h.door.keep.Book.Entries() {
		b.Pages = append(b.Pages, phone.Page{ID: e.Key.ID(), Origin: e.Origin, Org: e.Org, Created: e.Created, Used: e.Used})
	}
	h.cfg.Phone.Report(b)
}

func (h *hub) pairingState(now time.Time) phone.Pairing {
	p := phone.Pairing{Armed: h.door.desk.Armed(now)}
	if origin, org, until, ok := h.door.desk.Waiting(now); ok {
		p.Origin, p.Org, p.Until, p.Left = origin, org, until, h.door.desk.Left()
	}
	return p
}

// tell gives every widget the newest state, and the wish to the one that shall carry it out.
func (h *hub) tell() {
	h.elect()
	if h.snap == nil {
		return
	}
	h.givePop()
	h.giveLog()
	state := stateOf(*h.snap)
	chosen := h.chosen()
	for _, w := range h.widgets {
		if !w.greeted {
			continue
		}
		mine := state
		mine.Speaks, mine.Pop, mine.Log = w == h.speaker, h.popOf(w), h.logOf(w)
		if w == chosen {
			w.given = h.snap.Want.Rev
			mine.Want = &wire.Want{Rev: h.snap.Want.Rev, Status: h.snap.Want.Status, Ref: h.snap.Want.Ref}
		}
		b, err := wire.Format(mine)
		if err != nil {
			continue
		}
		select {
		case <-w.c.state:
		default:
		}
		w.c.state <- b // room for one, and only the hub sends
	}
}

// elect keeps the widget that speaks, or lets the one used last speak from now on. One that failed at the present wish speaks
// only when there is no other.
func (h *hub) elect() {
	fit := func(w *widget) bool { return !h.open() || w.failed < h.snap.Want.Rev }
	if w := h.speaker; w != nil && h.widgets[w.c] == w && fit(w) {
		return
	}
	var best *widget
	for _, w := range h.widgets {
		if w.greeted && fit(w) && (best == nil || w.used > best.used) {
			best = w
		}
	}
	switch {
	case best != nil:
		h.complete(h.speaker)
		h.speaker, best.told = best, false
		h.after(h.cfg.word, best.c, waited{best.c})
	case h.speaker != nil && h.widgets[h.speaker.c] != h.speaker:
		h.speaker = nil
	}
}

// open reports whether there is a wish to carry out.
func (h *hub) open() bool {
	return h.snap != nil && h.snap.Want.Rev > 0 && !h.snap.Want.Done && !h.snap.Held
}

// chosen is the widget that shall carry out the present wish: the one that speaks, if it has not failed at it. Until it has
// said where the agent is it waits: the wish may be older than the agent's choice.
func (h *hub) chosen() *widget {
	if w := h.speaker; h.open() && w != nil && w.told && w.failed < h.snap.Want.Rev {
		return w
	}
	return nil
}

func callID(s string) call.ID { return call.ID(s) }
