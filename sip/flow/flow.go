// Package flow opens connections to SIP servers over TCP, TLS and WebSocket, keeps them alive, and notices when they die.
//
// A flow (RFC 5626 §3.3) carries whole messages both ways; what they say is not looked at. Dial opens one towards a target of
// package locate: the target's addresses race (RFC 8305), a certificate is always checked, and a web proxy is passed by CONNECT.
package flow

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"sidetone/sip/locate"
)

// MaxMessage bounds one message, in bytes.
const MaxMessage = 65000

// Way is how the connections of one account are opened.
type Way struct {
	Name  string   // what the server's certificate must be for: the domain or server as written in the settings (RFC 5922 §7.1)
	Path  string   // of a WebSocket's URL, "/" if empty
	Trust Trust    // of TLS and WebSocket
	Proxy *url.URL // web proxy, http only; nil: none
}

// The times of a flow.
const (
	attemptDelay = 250 * time.Millisecond // between the starts of two attempts (RFC 8305 §5)
	pingEvery    = 25 * time.Second       // of silence; NATs forget a TCP connection after minutes, the worst ones after 30 s
	pongWithin   = 10 * time.Second       // RFC 5626 §4.4.1
	writeWithin  = 5 * time.Second        // a peer that does not read so long is lost
)

// What ends a flow, besides the errors of the network.
var (
	ErrSilent    = errors.New("the server does not answer a sign of life")
	ErrCongested = errors.New("the server does not read what it is sent")
	ErrFraming   = errors.New("the server sends what is not SIP")
)

// pipe is what messages travel in: a byte stream or a WebSocket.
type pipe interface {
	next() ([]byte, error) // a whole message; empty for a sign of life
	send(b []byte) error
	ping() (answered bool, err error) // asks for a sign of life; one that does not wait for the answer gets it by next
	close()
}

// Conn is a flow. Next is for one goroutine; everything else may be called from any.
type Conn struct {
	Local, Remote netip.AddrPort // of the socket; with a web proxy Remote is the proxy's

	greeting *greeting // nil without TLS
	pipe     pipe
	strict   atomic.Bool // the far end is known to answer pings: silence is death
	heard    atomic.Bool // something has come since the last ping
	out      chan []byte
	check    chan struct{} // somebody wants to know now
	done     chan struct{}
	once     sync.Once
	cause    error // why it ended; written before done is closed
}

// Dial opens a flow to one target. It ends with ctx, or with a sentence of why it cannot be opened.
func Dial(ctx context.Context, t locate.Target, w Way) (*Conn, error) {
	raw, err := reach(ctx, t, w)
	if err != nil {
		return nil, err
	}
	var g *greeting
	if t.Transport != locate.TCP {
		g = &greeting{name: w.Name, trust: w.Trust}
	}
	p, err := open(ctx, raw, t, w, g)
	if err != nil {
		raw.Close()
		return nil, err
	}
	c := newConn(g, p)
	c.Local, c.Remote = addrOf(raw.LocalAddr()), addrOf(raw.RemoteAddr())
	c.strict.Store(t.Transport == locate.WSS) // RFC 6455 §5.5.2: every server answers
	return c, nil
}

func open(ctx context.Context, raw net.Conn, t locate.Target, w Way, g *greeting) (pipe, error) {
	if g == nil {
		return newStream(raw), nil
	}
	safe, err := g.secure(ctx, raw)
	if err != nil {
		return nil, err
	}
	if t.Transport == locate.TLS {
		return newStream(safe), nil
	}
	return upgrade(ctx, safe, t, w)
}

func newConn(g *greeting, p pipe) *Conn {
	c := &Conn{greeting: g, pipe: p, out: make(chan []byte, 256), check: make(chan struct{}, 1), done: make(chan struct{})}
	go c.write()
	return c
}

// Next returns the next message. Its error is final, and says why the flow ended.
func (c *Conn) Next() ([]byte, error) {
	for {
		b, err := c.pipe.next()
		if err != nil {
			c.end(c.greeting.late(err))
			return nil, c.cause
		}
		c.heard.Store(true)
		if len(b) > 0 {
			return b, nil
		}
		c.Answers()
	}
}

// Send queues a message and returns at once. It fails once the flow has ended.
func (c *Conn) Send(b []byte) error {
	select {
	case <-c.done:
		return net.ErrClosed
	default:
	}
	select {
	case c.out <- append([]byte(nil), b...):
		return nil
	default:
		c.end(ErrCongested)
		return net.ErrClosed
	}
}

// Close ends the flow.
func (c *Conn) Close() { c.end(net.ErrClosed) }

// Done is closed when the flow has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Answers tells the flow that the server answers signs of life, as one that supports outbound does (RFC 5626 §4.4). Until it
// is told, or has seen it, silence is no proof of death, and the system's own probes must do.
func (c *Conn) Answers() { c.strict.Store(true) }

// Check asks for a sign of life now.
func (c *Conn) Check() {
	select {
	case c.check <- struct{}{}:
	default:
	}
}

// Strict reports whether the server is known to answer signs of life: then silence ends the flow.
func (c *Conn) Strict() bool { return c.strict.Load() }

func (c *Conn) end(cause error) {
	c.once.Do(func() {
		c.cause = cause
		close(c.done)
		c.pipe.close()
	})
}

// write sends what is queued, and asks for a sign of life when nothing has come for a while.
func (c *Conn) write() {
	var waits bool // for the answer to a ping
	timer := time.NewTimer(spread(pingEvery))
	defer timer.Stop()
	for {
		var err error
		select {
		case <-c.done:
			return
		case b := <-c.out:
			err = c.pipe.send(b)
		case <-c.check:
			c.heard.Store(false)
			timer.Reset(0)
		case <-timer.C:
			var next time.Duration
			waits, next, err = c.look(waits)
			timer.Reset(next)
		}
		if err != nil {
			c.end(err)
			return
		}
	}
}

// look pings, or judges the silence after a ping. It says whether an answer is waited for, and when to look again.
func (c *Conn) look(waits bool) (bool, time.Duration, error) {
	switch heard := c.heard.Swap(false); {
	case waits && !heard && c.strict.Load():
		return false, 0, ErrSilent
	case waits || heard:
		return false, spread(pingEvery), nil
	}
	answered, err := c.pipe.ping()
	if answered {
		return false, spread(pingEvery), err
	}
	return true, pongWithin, err
}

// spread shortens a time by up to a fifth, so that a thousand phones do not ping together (RFC 5626 §4.4.1).
func spread(d time.Duration) time.Duration { return d - time.Duration(rand.Int64N(int64(d)/5)) }

func addrOf(a net.Addr) netip.AddrPort {
	p, _ := netip.ParseAddrPort(a.String())
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}
