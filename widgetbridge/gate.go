package widgetbridge

import (
	"net"
	"sync"
	"sync/atomic"
)

// gate holds the port and lets nobody speak there until somebody is expected: a browser that was paired, or one that the agent
// lets ask now. Until then every connection is closed unread. The port stays ours, so that nobody else can sit on it.
type gate struct {
	open   atomic.Bool
	inside atomic.Int32 // connections that are open
}

// mostInside bounds the connections of both listeners: each takes a file, and a call must find some.
const mostInside = 128

// gated is a listener behind the gate.
type gated struct {
	net.Listener
	gate *gate
}

// Accept implements net.Listener.
func (l gated) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		inside := &guest{Conn: c, gate: l.gate}
		if l.gate.inside.Add(1) <= mostInside && l.gate.open.Load() {
			return inside, nil
		}
		_ = inside.Close() // nobody is expected, or too many came; who came hears nothing
	}
}

// guest is a connection that was let in.
type guest struct {
	net.Conn
	gate *gate
	once sync.Once
}

// Close implements net.Conn.
func (g *guest) Close() error {
	g.once.Do(func() { g.gate.inside.Add(-1) })
	return g.Conn.Close()
}
