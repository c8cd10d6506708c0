package widgetbridge

import (
	"context"
	"errors"
	"time"

	"sidetone/internal/phone"
	"sidetone/widgetbridge/pairing"
	"sidetone/widgetbridge/wire"
)

// What the connections and the agent's own window tell the hub about who may come in.
type (
	proved struct {
		c     *conn
		hello *wire.Hello
		nonce string // the app's, of this connection
		ok    chan<- bool
	}
	wantsPairing struct {
		c    *conn
		m    *wire.Pair
		turn chan<- bool // whether it is this page's turn
	}
	revealed struct {
		c     *conn
		nonce string
	}
	armed struct{ on bool }
	typed struct {
		digits  string
		verdict chan<- error
	}
	revoked struct {
		id      string
		verdict chan<- error
	}
)

// door is the part of the hub that decides who comes in. The hub's goroutine owns it.
type door struct {
	keep    Keeping
	own     pairing.Key
	desk    pairing.Desk
	failed  *bucket      // proofs that were none
	verdict chan<- error // of the window that typed the digits now being checked; nil: nobody waits
}

func newDoor(keep Keeping, now time.Time) (*door, error) {
	own, err := keep.Identity.Key()
	if err != nil {
		return nil, err
	}
	d := &door{keep: keep, own: own, failed: newBucket(1.0/6, 10)}
	if len(keep.Book.Entries()) == 0 {
		d.desk.Arm(now) // the first start: the agent is here to set things up
	}
	return d, nil
}

func (d *door) settle(err error) {
	if d.verdict != nil {
		d.verdict <- err
		d.verdict = nil
	}
}

// prove decides on a Hello. Too many that prove nothing end in a pause for everybody: nobody tries keys here.
func (h *hub) prove(e proved, now time.Time) bool {
	d, m := h.door, e.hello
	about := pairing.Hello{Origin: m.Origin, Port: h.port, AppNonce: e.nonce, PageNonce: m.Nonce}
	key, known := d.keep.Book.Find(m.Origin, m.Key)
	if !known || !about.ByPage(key, m.Sig) {
		h.cfg.Log.Warn("a page could not prove itself", "origin", e.c.header)
		if d.failed.take(now) {
			e.c.push(wire.Refused{Code: "unpaired", Text: "This browser is not connected to Sidetone yet."})
		} else {
			e.c.stop()
		}
		return false
	}
	if !h.room() {
		e.c.push(wire.Refused{Code: "full", Text: "Too many Kustomer tabs are open: close one."})
		e.c.end()
		return false
	}
	sig, err := about.SignApp(d.keep.Identity)
	if err != nil {
		h.cfg.Log.Error("the app cannot prove itself", "error", err)
		e.c.stop()
		return false
	}
	if err := d.keep.Book.Touch(m.Origin, m.Key, now); err != nil {
		h.cfg.Log.Warn("a connection was not noted", "error", err)
	}
	e.c.push(wire.Welcome{V: wire.Version, App: "Sidetone", Version: h.cfg.Version, Sig: sig})
	return true
}

// begin reports whether an attempt has begun: only who takes part in one may stay longer than a stranger.
func (h *hub) begin(e wantsPairing, now time.Time) bool {
	key, err := pairing.ParseKey(e.m.Key)
	if err != nil || !pairing.IsNonce(e.m.Commit) {
		e.c.stop()
		return false
	}
	nonce, err := h.door.desk.Begin(pairing.Ticket(e.c.id), e.m.Origin, e.m.Org, key, h.door.own, e.m.Commit, now)
	if err != nil {
		h.refusePairing(e.c, err)
		return false
	}
	h.door.settle(refusal(pairing.ErrBroken)) // digits typed for an attempt that this one replaces are in vain
	h.cfg.Log.Info("a page wants to be connected", "origin", e.m.Origin)
	e.c.push(wire.PairChallenge{Key: string(h.door.own), Nonce: nonce, Seconds: int(pairing.TypeWithin.Seconds()), Left: h.door.desk.Left()})
	h.report()
	return true
}

// refusePairing tells the page why, in a word it knows and a sentence for the agent.
func (h *hub) refusePairing(c *conn, err error) {
	code := "closed"
	switch {
	case errors.Is(err, pairing.ErrNotArmed):
		code = "not-armed"
	case errors.Is(err, pairing.ErrBusy):
		code = "busy"
	case errors.Is(err, pairing.ErrExpired):
		code = "expired"
	case errors.Is(err, pairing.ErrWrong):
		code = "wrong-digits"
	case errors.Is(err, errCancelled):
		code = "cancelled"
	}
	c.push(wire.Refused{Code: code, Text: upper(err.Error()) + "."})
	if code == "closed" {
		c.end()
	}
}

var errCancelled = errors.New("the agent cancelled in Sidetone")

func (h *hub) typed(e typed, now time.Time) {
	t, commit, err := h.door.desk.Type(e.digits, now)
	if err != nil {
		e.verdict <- refusal(err)
		h.report()
		return
	}
	h.door.settle(refusal(errCancelled)) // nobody can wait here, but nobody shall wait for ever
	h.door.verdict = e.verdict
	if w := h.ticket(t); w != nil {
		w.c.push(wire.PairCommit{Commit: commit})
	}
	h.report()
}

func (h *hub) ticket(t pairing.Ticket) *widget {
	for c, w := range h.widgets {
		if pairing.Ticket(c.id) == t {
			return w
		}
	}
	return nil
}

func (h *hub) reveal(e revealed, now time.Time) {
	defer h.report()
	p, err := h.door.desk.Reveal(pairing.Ticket(e.c.id), e.nonce, now)
	if err != nil {
		h.cfg.Log.Warn("a page was not connected", "origin", e.c.header, "reason", err)
		h.refusePairing(e.c, err)
		h.door.settle(refusal(err))
		return
	}
	if err := h.door.keep.Book.Add(p, now); err != nil {
		h.cfg.Log.Warn("a connected page is not kept", "error", err)
	}
	h.cfg.Log.Info("a page was connected", "origin", p.Origin, "key", p.Key.ID())
	e.c.push(wire.Paired{Nonce: p.Nonce})
	h.door.settle(nil)
}

// arm lets one page pair, or calls it off.
func (h *hub) arm(on bool, now time.Time) {
	h.turnAway(errCancelled)
	if on {
		h.door.desk.Arm(now)
	} else {
		h.door.desk.Disarm()
	}
	h.report()
}

// turnAway ends the attempt under way, if there is one.
func (h *hub) turnAway(err error) {
	if w := h.ticket(h.door.desk.Page()); w != nil {
		h.refusePairing(w.c, err)
		h.door.desk.Gone(pairing.Ticket(w.c.id))
	}
	h.door.settle(refusal(err))
}

// parted says that a connection has ended.
func (h *hub) parted(c *conn) {
	if h.door.desk.Page() == pairing.Ticket(c.id) {
		h.door.desk.Gone(pairing.Ticket(c.id))
		h.door.settle(refusal(pairing.ErrNoPage))
	}
}

// expire runs when the desk's deadline has come.
func (h *hub) expire(now time.Time) {
	if h.door.desk.Overdue(now) {
		h.turnAway(pairing.ErrExpired)
	}
	h.report()
}

func (h *hub) revoke(e revoked) {
	ok, err := h.door.keep.Book.Remove(e.id)
	if err == nil && !ok {
		err = errors.New("that page is not connected any more")
	}
	for c, w := range h.widgets {
		if w.greeted && w.key == e.id {
			c.stop()
		}
	}
	e.verdict <- refusal(err)
	h.report()
}

// refusal makes what a front end shows of an error.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	return &phone.Refusal{Code: "pairing", Text: upper(err.Error()) + "."}
}

// Arm lets one page pair for two minutes; the agent pressed Connect.
func (b *Bridge) Arm(ctx context.Context) error { return b.tell(ctx, armed{true}) }

// Cancel ends pairing.
func (b *Bridge) Cancel(ctx context.Context) error { return b.tell(ctx, armed{false}) }

// Type takes the digits the agent read in Kustomer and waits for the page's answer. The error is a *phone.Refusal.
func (b *Bridge) Type(ctx context.Context, digits string) error {
	verdict := make(chan error, 1)
	return b.ask(ctx, typed{digits, verdict}, verdict)
}

// Revoke forgets a connected page by the ID of its key and ends its connections. The error is a *phone.Refusal.
func (b *Bridge) Revoke(ctx context.Context, id string) error {
	verdict := make(chan error, 1)
	return b.ask(ctx, revoked{id, verdict}, verdict)
}

func (b *Bridge) tell(ctx context.Context, e any) error {
	select {
	case b.events <- e:
		return nil
	case <-ctx.Done():
		return notRunning()
	}
}

// notRunning is what a front end shows of a bridge that does not answer.
func notRunning() error {
	return &phone.Refusal{Code: phone.CodeStopped, Text: "The bridge to Kustomer does not answer: try again, and if that does not help, start Sidetone anew."}
}

func (b *Bridge) ask(ctx context.Context, e any, verdict <-chan error) error {
	if err := b.tell(ctx, e); err != nil {
		return err
	}
	select {
	case err := <-verdict:
		return err
	case <-ctx.Done():
		return notRunning()
	}
}
