// Package transact runs SIP transactions (RFC 3261 §17, RFC 6026) in the order in which messages came: sipgo's state machines, on ways
// of ours.
//
// The library's own layer hands every message to a goroutine of its own, so that a NOTIFY and the re-INVITE behind it may change
// places, and the one that comes late is refused as out of order. Here whoever reads a socket carries each message through its
// transaction to the core before reading the next.
package transact

import (
	"cmp"
	"errors"
	"hash/maphash"
	"log/slog"
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Way sends whole messages to one place. It is comparable: what went by a way is lost with it.
type Way interface {
	Send(b []byte) error // does not wait for the far end
	Reliable() bool      // nothing needs to be sent twice
}

// MaxDatagram is what UDP can carry at all over IPv4, in bytes. What does not fit a frame of the network goes in fragments, as RFC
// 3261 §18.1.1 asks every element to bear.
const MaxDatagram = 65507

// ErrTooLarge is a message that no datagram can carry.
var ErrTooLarge = errors.New("the message is too large for UDP")

// Core is told of requests (RFC 3261 §6, transaction user), by the goroutine that gave them to Receive and in that order. It must
// not block.
type Core struct {
	Invite    func(*sipmsg.Request, *sipmsg.ServerTx)           // without a tag in To; it has the one now that every response shall have
	Request   func(*sipmsg.Request, *sipmsg.ServerTx)           // any other
	Ack       func(*sipmsg.Request)                             // of a 2xx
	Cancelled func(tx *sipmsg.ServerTx, cancel *sipmsg.Request) // tx, an INVITE of theirs, is answered with 487
	Tag       func() string                                     // a new tag
	Known     func(callID string) bool                          // whether there is such a call; it is asked under a lock. nil: there is none
}

// Outcome is told what becomes of a request of ours, by other goroutines, one at a time. It must not block.
type Outcome struct {
	Response func(*sipmsg.Response) // each response once
	Again    func(*sipmsg.Response) // a 2xx to INVITE after the first one, retransmitted or forked
	Over     func(error)            // the transaction ended without a final response
}

// Table is the transactions under way.
type Table struct {
	core Core
	log  *slog.Logger

	mu      sync.Mutex
	clients map[string]*client
	servers map[string]*server
	crowds  map[string][]*server // by crowd, oldest first
	closed  bool

	seed maphash.Seed
}

// client is a request of ours.
type client struct {
	tx *sipmsg.ClientTx
	by *courier
	o  Outcome

	// Held while the state machine is set up or takes a response: it must not hear one before its timers stand.
	turn sync.Mutex

	// Under the table's lock.
	busy  bool  // a response is on its way through
	final bool  // the last word was said
	cause error // why it was ended from outside
	over  error // why it is over; nil: it is not
}

// server is a request of theirs.
type server struct {
	tx    *sipmsg.ServerTx
	by    *courier
	crowd string
}

// New makes an empty table.
func New(core Core) *Table {
	return &Table{
		core: core, log: slog.New(slog.DiscardHandler), clients: map[string]*client{}, servers: map[string]*server{}, crowds: map[string][]*server{},
		seed: maphash.MakeSeed(),
	}
}

// Receive carries a message to its transaction and to the core. Source must be set on a request. Each reader calls it for one
// message after the other.
func (t *Table) Receive(msg sipmsg.Message, by Way) {
	msg.SetTransport(network(by))
	switch m := msg.(type) {
	case *sipmsg.Request:
		t.request(m, by)
	case *sipmsg.Response:
		t.response(m)
	}
}

// network is what the state machines take a way for: they only want to know whether to send again.
func network(w Way) string {
	if w.Reliable() {
		return "TCP"
	}
	return "UDP"
}

// Request sends a request that has its Via. stop abandons it without a word on the wire; nothing is told then.
func (t *Table) Request(req *sipmsg.Request, by Way, o Outcome) (stop func(), err error) {
	key, err := sipmsg.ClientTxKeyMake(req)
	if err != nil {
		return nil, err
	}
	req.SetTransport(network(by))
	c := &client{by: &courier{way: by}, o: o}
	c.tx = sipmsg.NewClientTx(key, req, c.by, t.log)
	c.tx.OnRetransmission(o.Again)
	c.tx.OnTerminate(func(_ string, err error) { t.ended(key, c, err) })
	c.turn.Lock()
	defer c.turn.Unlock()
	t.mu.Lock()
	closed := t.closed
	t.clients[key] = c
	t.mu.Unlock()
	if err = errClosed; !closed {
		err = c.tx.Init()
	}
	if err != nil {
		t.abandon(c)
		return nil, err
	}
	return func() { t.abandon(c) }, nil
}

var errClosed = errors.New("the phone is closing")

// abandon ends a transaction that nobody wants to hear of.
func (t *Table) abandon(c *client) {
	t.mu.Lock()
	c.final = true
	t.mu.Unlock()
	c.tx.Terminate()
}

// ended forgets a transaction of ours.
func (t *Table) ended(key string, c *client, err error) {
	t.mu.Lock()
	delete(t.clients, key)
	c.over = cmp.Or(c.cause, err)
	t.mu.Unlock()
	t.conclude(c)
}

// conclude tells of an end without a final response. What is on its way through may be one.
func (t *Table) conclude(c *client) {
	t.mu.Lock()
	why := c.over
	tell := why != nil && !c.busy && !c.final
	c.final = c.final || tell
	t.mu.Unlock()
	if tell {
		c.o.Over(why)
	}
}

// response carries a response to its request. One without a transaction is nobody's (RFC 3261 §17.1.1.2): also a 2xx that comes
// after 64*T1.
func (t *Table) response(res *sipmsg.Response) {
	key, err := sipmsg.ClientTxKeyMake(res)
	if err != nil {
		return
	}
	t.mu.Lock()
	c := t.clients[key]
	t.mu.Unlock()
	if c == nil {
		return
	}
	c.turn.Lock()
	defer c.turn.Unlock()
	if !c.by.acknowledge(res) {
		t.pass(c, res)
	}
}

// pass takes a response through the state machine to the core.
func (t *Table) pass(c *client, res *sipmsg.Response) {
	t.occupy(c, true)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.tx.Receive(res) // waits until what it passes up is taken
	}()
	for open := true; open; {
		select {
		case r := <-c.tx.Responses():
			t.deliver(c, r)
		case <-done:
			open = false
		}
	}
	t.occupy(c, false)
	t.conclude(c)
}

func (t *Table) occupy(c *client, busy bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.busy = busy
}

func (t *Table) deliver(c *client, r *sipmsg.Response) {
	t.mu.Lock()
	silent := c.final
	c.final = c.final || r.StatusCode >= 200
	t.mu.Unlock()
	if !silent {
		c.o.Response(r)
	}
}

// Lost ends what went or came by a way that is no more.
func (t *Table) Lost(by Way, why error) {
	t.mu.Lock()
	over := t.under(func(w Way) bool { return w == by })
	for _, c := range t.clients {
		if c.by.way == by {
			c.cause = why
		}
	}
	t.mu.Unlock()
	over()
}

// Close ends everything, and nothing begins any more.
func (t *Table) Close() {
	t.mu.Lock()
	t.closed = true
	over := t.under(func(Way) bool { return true })
	t.mu.Unlock()
	over()
}

// under collects the transactions of some ways, for an end that must not come under the lock.
func (t *Table) under(these func(Way) bool) (over func()) {
	var ends []func()
	for _, c := range t.clients {
		if these(c.by.way) {
			ends = append(ends, c.tx.Terminate)
		}
	}
	for _, s := range t.servers {
		if these(s.by.way) {
			ends = append(ends, s.tx.Terminate)
		}
	}
	return func() {
		for _, end := range ends {
			end()
		}
	}
}
