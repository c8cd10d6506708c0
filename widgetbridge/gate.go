package widgetbridge

import (
	"net"
	"sync/atomic"
)

// gate holds the port and lets nobody speak there until somebody is expected: a browser that was paired, or one that the agent
// lets ask now. Until then every connection is closed unread. The port stays ours, so that nobody else can sit on it.
type gate struct{ open atomic.Bool }

// gated is a listener behind the gate.
type gated struct {
	net.Listener
	gate *gate
}

// Accept implements net.Listener.
func (l gated) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || l.gate.open.Load() {
			return c, err
		}
		_ = c.Close() // nobody is expected, and who came hears nothing
	}
}
