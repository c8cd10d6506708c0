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
	final int    // the status of the last final response that was sent
}

// WriteMsg sends a message, and keeps in mind what it was.
func (c *courier) WriteMsg(msg sipmsg.Message) error {
	b := []byte(msg.String())
	if !c.way.Reliable() && len(b) > MaxDatagram {
		return ErrTooLarge
	}
	c.mu.Lock()
	switch m := msg.(type) {
	case *sipmsg.Request:
		if m.IsAck() {
			c.ack = b
		}
	case *sipmsg.Response:
		if m.StatusCode >= 200 && !m.IsCancel() {
			c.final = m.StatusCode
		}
	}
	c.mu.Unlock()
	return c.way.Send(b)
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

// LocalAddr, Ref, TryClose and Close complete the library's Connection; ways are their owner's to open and to close.
func (c *courier) LocalAddr() net.Addr    { return &net.UDPAddr{} }
func (c *courier) Ref(int) int            { return 1 }
func (c *courier) TryClose() (int, error) { return 1, nil }
func (c *courier) Close() error           { return nil }
