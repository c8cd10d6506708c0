package media

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/pion/transport/v5/deadline"
)

// duct stands in for a socket towards a library: it reads what is put in, and what it writes goes out by a function. All methods may be
// called from any goroutine. It has none of its own.
type duct struct {
	local netip.AddrPort
	all   bool // not only the checks of ICE go this way
	ch    chan arrived
	until *deadline.Deadline

	mu   sync.Mutex
	out  func(b []byte, to netip.AddrPort) error
	gone bool
	done chan struct{}
}

type arrived struct {
	b    []byte
	from netip.AddrPort
}

// ductRoom is how many datagrams wait in a duct: what does not fit is lost, as on any path.
const ductRoom = 64

func newDuct(local netip.AddrPort, out func(b []byte, to netip.AddrPort) error) *duct {
	return &duct{local: local, ch: make(chan arrived, ductRoom), until: deadline.New(), out: out, done: make(chan struct{})}
}

// put takes a copy of a datagram, or drops it where too many wait.
func (p *duct) put(b []byte, from netip.AddrPort) {
	select {
	case p.ch <- arrived{bytes.Clone(b), from}:
	default: // sent again by who needs it
	}
}

// reroute has what is written from now on go out another way.
func (p *duct) reroute(out func(b []byte, to netip.AddrPort) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = out
}

func (p *duct) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case a := <-p.ch:
		return copy(b, a.b), net.UDPAddrFromAddrPort(a.from), nil
	case <-p.done:
		return 0, nil, net.ErrClosed
	case <-p.until.Done():
		return 0, nil, os.ErrDeadlineExceeded
	}
}

func (p *duct) WriteTo(b []byte, to net.Addr) (int, error) {
	p.mu.Lock()
	out, gone := p.out, p.gone
	p.mu.Unlock()
	if gone {
		return 0, net.ErrClosed
	}
	var at netip.AddrPort
	if u, ok := to.(*net.UDPAddr); ok {
		at = u.AddrPort()
		at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	}
	if err := out(b, at); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Close ends reading and writing.
func (p *duct) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.gone {
		p.gone = true
		close(p.done)
	}
	return nil
}

func (p *duct) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(p.local) }

func (p *duct) SetReadDeadline(t time.Time) error {
	p.until.Set(t)
	return nil
}

func (p *duct) SetDeadline(t time.Time) error { return p.SetReadDeadline(t) }

// SetWriteDeadline does nothing: a datagram is written at once.
func (p *duct) SetWriteDeadline(time.Time) error { return nil }
