package media

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"sidetone/internal/media/udp"
)

// datagram is one packet on its way from a reader to the owner.
type datagram struct {
	to   *session
	rtcp bool // came on the RTCP port
	from netip.AddrPort
	at   time.Time
	n    int
	buf  [2048]byte
}

// pair are the two sockets of a call: RTP on an even port, RTCP on the next (RFC 3550 §11).
type pair struct {
	rtp, rtcp *udp.Socket
	port      int
	checks    *atomic.Pointer[duct] // where STUN on the RTP port goes; nil in it: nowhere
}

// openPair opens a pair on addr between low and high, or on any ports if both are 0. When addr is not an address of this
// computer, for instance one outside a NAT, the sockets take all addresses.
func openPair(addr netip.Addr, low, high int) (pair, error) {
	var last error
	try := func(port int) (pair, bool) {
		p, err := bindPair(addr, port)
		if err != nil {
			last = err
		}
		return p, err == nil
	}
	if low == 0 && high == 0 {
		for range 64 {
			if p, ok := try(0); ok {
				return p, nil
			}
		}
		return pair{}, fmt.Errorf("no free port for RTP: %w", last)
	}
	low += low % 2
	n := (high - low + 1) / 2
	if n <= 0 || low <= 0 || high > 65535 {
		return pair{}, fmt.Errorf("the RTP ports %d to %d are not a usable range", low, high)
	}
	for i, start := 0, rand.IntN(n); i < n; i++ {
		if p, ok := try(low + (start+i)%n*2); ok {
			return p, nil
		}
	}
	return pair{}, fmt.Errorf("all RTP ports from %d to %d are in use: %w", low, high, last)
}

func bindPair(addr netip.Addr, port int) (pair, error) {
	a, err := bind(addr, port)
	if err != nil {
		return pair{}, err
	}
	p := pair{rtp: a, port: int(a.Addr().Port()), checks: new(atomic.Pointer[duct])}
	if p.port%2 != 0 || p.port == 65535 {
		return pair{}, errors.Join(errors.New("the port is odd"), a.Close())
	}
	if p.rtcp, err = bind(addr, p.port+1); err != nil {
		return pair{}, errors.Join(err, a.Close())
	}
	return p, nil
}

func bind(addr netip.Addr, port int) (*udp.Socket, error) {
	c, err := udp.Listen(net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, uint16(port))))
	if err != nil && addr.IsValid() && !isOurs(addr) {
		return udp.Listen(&net.UDPAddr{Port: port})
	}
	return c, err
}

// isOurs reports whether an interface of this computer has the address.
func isOurs(addr netip.Addr) bool {
	if addr.IsLoopback() {
		return true
	}
	list, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Unmap() == addr {
			return true
		}
	}
	return false
}

func (p pair) close() error { return errors.Join(p.rtp.Close(), p.rtcp.Close()) }

// inbox carries datagrams from the readers to the owner without allocating in steady state.
type inbox struct {
	ch   chan *datagram
	free sync.Pool
	done chan struct{} // closed when nobody takes datagrams any more
}

func newInbox() *inbox {
	return &inbox{
		ch:   make(chan *datagram, 256),
		free: sync.Pool{New: func() any { return new(datagram) }},
		done: make(chan struct{}),
	}
}

// read delivers what arrives on a socket until it is closed. Other errors pass: some systems report here that the far end
// refuses what we send (ICMP), as often as we send it. Should errors come without end, they are waited out.
func (in *inbox) read(c *udp.Socket, to *session, isRTCP bool, checks *atomic.Pointer[duct]) {
	failures := 0
	for {
		d := in.free.Get().(*datagram)
		n, from, err := c.Read(d.buf[:])
		if err != nil {
			in.free.Put(d)
			if errors.Is(err, net.ErrClosed) || !in.pause(&failures) {
				return
			}
			continue
		}
		failures = 0
		d.to, d.rtcp, d.at, d.n, d.from = to, isRTCP, time.Now(), n, from
		if p := checks.Load(); isSTUN(d.buf[:n]) || p != nil && p.all {
			if p != nil && !isRTCP {
				p.put(d.buf[:n], d.from)
			}
			in.free.Put(d)
			continue
		}
		select {
		case in.ch <- d:
		case <-in.done:
			return
		}
	}
}

// pause waits a little after many failures in a row; it returns false when there is nobody left to read for.
func (in *inbox) pause(failures *int) bool {
	if *failures++; *failures <= 100 {
		return true
	}
	select {
	case <-in.done:
		return false
	case <-time.After(10 * time.Millisecond):
		return true
	}
}

// LocalAddrTo finds the address of this computer from which packets to host leave. Host is a name or an address, with or
// without a port; empty means the default route. Nothing is sent. Without any route the answer is 127.0.0.1.
func LocalAddrTo(host string) netip.Addr {
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if host == "" {
		host = "192.0.2.1" // RFC 5737: no such host, but a route
	}
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	c, err := net.Dial("udp", net.JoinHostPort(host, "9"))
	if err != nil {
		return loopback
	}
	defer c.Close() // nothing was sent
	if a, ok := c.LocalAddr().(*net.UDPAddr); ok {
		return a.AddrPort().Addr().Unmap().WithZone("")
	}
	return loopback
}
