package transact

import (
	"net"
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

// courier is a way as one transaction's state machine sees it: a connection that is never closed from there.
type courier struct {
	way Way

	mu    sync.Mutex
	ack   []byte // of a refusal, as it was sent
	final int    // the status of the final response that was sent
	last  []byte // and the response
}

// WriteMsg sends a message, and keeps in mind what it was. A response that cannot be sent now is as one that was lost on the way: it
// goes when the request comes again. Only one that can never be sent is an error.
func (c *courier) WriteMsg(msg sipmsg.Message) error {
	b := []byte(msg.String())
	if !c.way.Reliable() && len(b) > MaxDatagram {
		return ErrTooLarge
	}
	res, ok := msg.(*sipmsg.Response)
	if ok && !res.IsCancel() {
		b = c.said(res.StatusCode, b)
	}
	if req, ok := msg.(*sipmsg.Request); ok && req.IsAck() {
		c.mu.Lock()
		c.ack = b
		c.mu.Unlock()
	}
	if err := c.way.Send(b); err != nil && (!ok || c.way.Reliable()) {
		return err
	}
	return nil
}

// said keeps a final response, the last word: the state machine would say a later one in its place when the request comes again. Only
// a 2xx may follow, on a 2xx (RFC 6026 §7.1).
func (c *courier) said(status int, b []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.final != 0 && (c.final >= 300 || status >= 300 || status < 200) {
		return c.last
	}
	if status >= 200 {
		c.final, c.last = status, b
	}
	return b
}

// acknowledge says an ACK again whose refusal has come again. The state machine would first wait four seconds, and all that comes by
// the same socket with it.
func (c *courier) acknowledge(res *sipmsg.Response) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ack == nil || res.StatusCode < 300 {
		return false
	}
	c.way.Send(c.ack) // one that is lost comes again with the refusal
	return true
}

// refused reports whether an INVITE was answered with a refusal.
func (c *courier) refused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.final >= 300
}

// answered reports whether a final response was sent.
func (c *courier) answered() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.final != 0
}

// LocalAddr, Ref, TryClose and Close complete the library's Connection; ways are their owner's to open and to close.
func (c *courier) LocalAddr() net.Addr    { return &net.UDPAddr{} }
func (c *courier) Ref(int) int            { return 1 }
func (c *courier) TryClose() (int, error) { return 1, nil }
func (c *courier) Close() error           { return nil }
