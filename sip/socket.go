package sip

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"sidetone/sip/flow"
)

// datagrams is the UDP socket we own and lend to the transport layer. A read error, such as an ICMP refusal on Windows or
// an interface that went away, never reaches it: the layer would silently forget the socket.
type datagrams struct {
	sieve sieve
	trace func(Wire)
	gate  *gate
	addr  *net.UDPAddr // fixed: it is also the key under which the layer knows the socket
	known func()       // called when the layer reads for the first time: it has registered the socket by then

	mapped func(from netip.AddrPort, id stunID, at netip.AddrPort) // told of a server's answer to a ping

	listen listener

	mu     sync.Mutex
	conn   net.PacketConn
	closed bool
}

// listener opens a socket; tests have nets of their own.
type listener func(network string, at *net.UDPAddr) (net.PacketConn, error)

func listenNet(network string, at *net.UDPAddr) (net.PacketConn, error) {
	conn, err := net.ListenUDP(network, at)
	if err != nil {
		return nil, err // not a nil *net.UDPConn
	}
	return conn, nil
}

// listenUDP binds the local SIP port. Port 0 takes any free one.
func listenUDP(listen listener, ip netip.Addr, port int, s sieve) (*datagrams, error) {
	if !ip.IsValid() {
		ip = netip.IPv4Unspecified()
	}
	conn, err := listen(family(ip), net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(port))))
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("another program already uses the local SIP port %d", port)
		}
		return nil, fmt.Errorf("the local SIP port %d cannot be opened: %w", port, err)
	}
	addr := conn.LocalAddr().(*net.UDPAddr)
	return &datagrams{sieve: s, listen: listen, conn: conn, addr: &net.UDPAddr{IP: addr.IP, Port: addr.Port}, known: func() {}}, nil
}

// family is the network of one family only: the socket of the other is another.
func family(ip netip.Addr) string {
	if ip.Is4() {
		return "udp4"
	}
	return "udp6"
}

func (d *datagrams) current() (net.PacketConn, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.conn, d.closed
}

// ReadFrom returns the next sound message. It fails only once the socket was closed on purpose.
func (d *datagrams) ReadFrom(b []byte) (int, net.Addr, error) {
	d.known()
	failures := 0
	for {
		conn, closed := d.current()
		if closed {
			return 0, nil, net.ErrClosed
		}
		n, from, err := conn.ReadFrom(b)
		if err != nil {
			failures++
			d.revive(conn, failures)
			continue
		}
		failures = 0
		a, ok := from.(*net.UDPAddr)
		if ok && isSTUN(b[:n]) {
			d.stun(b[:n], unmap(a.AddrPort()))
			continue
		}
		if !ok || !d.gate.admits(b[:n], a.AddrPort().Addr().Unmap()) {
			continue
		}
		d.tell(false, from, b[:n])
		v := d.sieve.read(b[:n], unmap(a.AddrPort()))
		if v.Refusal != nil {
			d.WriteTo(v.Refusal, net.UDPAddrFromAddrPort(v.To)) // a refusal that is lost comes again with the request
		}
		if v.Message != nil && len(v.Message) <= len(b) {
			return copy(b, v.Message), from, nil
		}
	}
}

// revive waits a little after a read error and opens the socket anew when errors keep coming.
func (d *datagrams) revive(broken net.PacketConn, failures int) {
	if failures < 3 {
		return
	}
	time.Sleep(min(time.Duration(failures)*20*time.Millisecond, time.Second))
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.conn != broken {
		return
	}
	broken.Close()
	if fresh, err := d.listen(family(d.addr.AddrPort().Addr().Unmap()), d.addr); err == nil {
		d.conn = fresh
	}
}

// WriteTo sends one message.
func (d *datagrams) WriteTo(b []byte, to net.Addr) (int, error) {
	d.tell(true, to, b)
	conn, _ := d.current()
	return conn.WriteTo(b, to)
}

// ping sends a STUN request. One that is lost is sent again.
func (d *datagrams) ping(id stunID, to netip.AddrPort) {
	conn, _ := d.current()
	conn.WriteTo(stunRequest(id), net.UDPAddrFromAddrPort(to))
}

// stun passes on what a server of ours answers to a ping.
func (d *datagrams) stun(b []byte, from netip.AddrPort) {
	if id, at, ok := stunSeen(b); ok && d.gate.serves(from.Addr()) {
		d.mapped(from, id, at)
	}
}

// tell traces a message.
func (d *datagrams) tell(sent bool, far net.Addr, b []byte) {
	if d.trace == nil || len(bytes.TrimSpace(b)) == 0 {
		return
	}
	remote, _ := netip.ParseAddrPort(far.String())
	remote = unmap(remote)
	ip, err := localIPFor(remote)
	if err != nil {
		ip = unmap(d.addr.AddrPort()).Addr()
	}
	d.trace(Wire{At: time.Now(), Sent: sent, Transport: "udp", Local: netip.AddrPortFrom(ip, uint16(d.addr.Port)), Remote: remote, Text: b})
}

// Close ends the socket for good.
func (d *datagrams) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	return d.conn.Close()
}

// LocalAddr is where the socket was bound.
func (d *datagrams) LocalAddr() net.Addr { return d.addr }

// SetDeadline, SetReadDeadline and SetWriteDeadline complete net.PacketConn; the layer does not use them.
func (d *datagrams) SetDeadline(t time.Time) error { c, _ := d.current(); return c.SetDeadline(t) }
func (d *datagrams) SetReadDeadline(t time.Time) error {
	c, _ := d.current()
	return c.SetReadDeadline(t)
}
func (d *datagrams) SetWriteDeadline(t time.Time) error {
	c, _ := d.current()
	return c.SetWriteDeadline(t)
}

// lent is a flow as the transport layer sees it: a TCP connection, whatever it is below, with addresses that are names. Each has
// names of its own, because the layer finds connections by them, and several flows may lead to one server or web proxy.
// Reading hands out sound messages only, so that a bad one costs itself and not every call on the connection.
type lent struct {
	conn  *flow.Conn
	trace func(sent bool, b []byte)
	sieve sieve
	rest  []byte
	near  net.TCPAddr // names, not addresses
	far   netip.AddrPort
	once  sync.Once
	lost  func(error)
}

// names is a pair of addresses that nobody has (RFC 1112 §4): the layer's name for our end of the nth connection, and for the
// other.
func names(n uint32) (near, far netip.AddrPort) {
	at := func(first byte) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{first, byte(n >> 16), byte(n >> 8), byte(n)}), 5060)
	}
	return at(250), at(251)
}

// lend wraps a flow. lost is called once, from another goroutine, when the flow is over.
func lend(conn *flow.Conn, n uint32, s sieve, trace func(bool, []byte), lost func(error)) *lent {
	near, far := names(n)
	return &lent{conn: conn, trace: trace, sieve: s, near: *net.TCPAddrFromAddrPort(near), far: far, lost: lost}
}

// Write queues one message.
func (l *lent) Write(b []byte) (int, error) {
	l.trace(true, b)
	if err := l.conn.Send(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Read hands out the next sound message, in pieces if b is small.
func (l *lent) Read(b []byte) (int, error) {
	for len(l.rest) == 0 {
		m, err := l.conn.Next()
		if err != nil {
			l.over(err)
			return 0, net.ErrClosed
		}
		l.trace(false, m)
		v := l.sieve.read(m, l.conn.Remote)
		if l.rest = v.Message; v.Refusal != nil {
			l.Write(v.Refusal) // if it fails the next read says why
		}
	}
	n := copy(b, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

func (l *lent) over(err error) {
	l.once.Do(func() {
		l.conn.Close()
		go l.lost(err)
	})
}

// Close ends the connection and tells the owner once.
func (l *lent) Close() error {
	l.over(net.ErrClosed)
	return nil
}

// LocalAddr and RemoteAddr are the names.
func (l *lent) LocalAddr() net.Addr  { return &l.near }
func (l *lent) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(l.far) }

// SetDeadline, SetReadDeadline and SetWriteDeadline complete net.Conn; the layer does not use them.
func (l *lent) SetDeadline(time.Time) error      { return nil }
func (l *lent) SetReadDeadline(time.Time) error  { return nil }
func (l *lent) SetWriteDeadline(time.Time) error { return nil }

// handover is the listener the transport layer believes in: Accept hands out the connections we dialled. The layer has
// registered one connection when it comes back for the next, which is how give knows when it may be used.
type handover struct {
	next chan handed
	last handed // owned by the goroutine that calls Accept
	done chan struct{}
	once sync.Once
}

type handed struct {
	conn  *lent
	known chan struct{}
}

func newHandover() *handover {
	return &handover{next: make(chan handed), done: make(chan struct{})}
}

// Accept waits for a connection of ours.
func (h *handover) Accept() (net.Conn, error) {
	if h.last.known != nil {
		close(h.last.known)
		h.last = handed{}
	}
	select {
	case h.last = <-h.next:
		return h.last.conn, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

// give returns once the layer knows s, or false after Close.
func (h *handover) give(s *lent) bool {
	it := handed{conn: s, known: make(chan struct{})}
	select {
	case h.next <- it:
	case <-h.done:
		return false
	}
	select {
	case <-it.known:
		return true
	case <-h.done:
		return false
	}
}

// Close makes Accept return.
func (h *handover) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

// Addr is a formality.
func (h *handover) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero, Port: 1} }
