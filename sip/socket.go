package sip

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// datagrams is the UDP socket we own and lend to the transport layer. A read error, such as an ICMP refusal on Windows or
// an interface that went away, never reaches it: the layer would silently forget the socket.
type datagrams struct {
	parser *sipmsg.Parser
	addr   *net.UDPAddr // fixed: it is also the key under which the layer knows the socket
	known  func()       // called when the layer reads for the first time: it has registered the socket by then

	mu     sync.Mutex
	conn   *net.UDPConn
	closed bool
}

// listenUDP binds the local SIP port. Port 0 takes any free one.
func listenUDP(ip netip.Addr, port int, parser *sipmsg.Parser) (*datagrams, error) {
	if !ip.IsValid() {
		ip = netip.IPv4Unspecified()
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(port))))
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("another program already uses the local SIP port %d", port)
		}
		return nil, fmt.Errorf("the local SIP port %d cannot be opened: %w", port, err)
	}
	addr := conn.LocalAddr().(*net.UDPAddr)
	return &datagrams{parser: parser, conn: conn, addr: &net.UDPAddr{IP: addr.IP, Port: addr.Port}, known: func() {}}, nil
}

func (d *datagrams) current() (*net.UDPConn, bool) {
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
		if msg := sound(d.parser, b[:n]); msg != nil && len(msg) <= len(b) {
			return copy(b, msg), from, nil
		}
	}
}

// revive waits a little after a read error and opens the socket anew when errors keep coming.
func (d *datagrams) revive(broken *net.UDPConn, failures int) {
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
	if fresh, err := net.ListenUDP("udp", d.addr); err == nil {
		d.conn = fresh
	}
}

// WriteTo sends one message.
func (d *datagrams) WriteTo(b []byte, to net.Addr) (int, error) {
	conn, _ := d.current()
	return conn.WriteTo(b, to)
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

// stream is a TCP connection we dialled. Reading hands out whole sound messages, so that one bad message costs itself and
// not every call on the connection; writing never blocks: a goroutine of its own sends, and a peer that does not read for
// writePatience loses the connection.
type stream struct {
	net.Conn
	parser *sipmsg.Parser
	reader *bufio.Reader
	rest   []byte
	out    chan []byte
	done   chan struct{}
	once   sync.Once
	lost   func()
}

const writePatience = 5 * time.Second

// newStream wraps conn. lost is called once, from another goroutine, when the connection is over.
func newStream(conn net.Conn, parser *sipmsg.Parser, lost func()) *stream {
	s := &stream{
		Conn: conn, parser: parser, reader: bufio.NewReaderSize(conn, 8192),
		out: make(chan []byte, 256), done: make(chan struct{}), lost: lost,
	}
	go s.send()
	return s
}

func (s *stream) send() {
	for {
		select {
		case <-s.done:
			return
		case b := <-s.out:
			s.Conn.SetWriteDeadline(time.Now().Add(writePatience))
			if _, err := s.Conn.Write(b); err != nil {
				s.Close()
				return
			}
		}
	}
}

// Write queues one message.
func (s *stream) Write(b []byte) (int, error) {
	select {
	case <-s.done:
		return 0, net.ErrClosed
	case s.out <- append([]byte(nil), b...):
		return len(b), nil
	default:
		s.Close()
		return 0, fmt.Errorf("the server does not read: %w", net.ErrClosed)
	}
}

// Read hands out the next sound message, in pieces if b is small.
func (s *stream) Read(b []byte) (int, error) {
	for len(s.rest) == 0 {
		frame, err := nextFrame(s.reader)
		if err != nil {
			s.Close()
			return 0, net.ErrClosed
		}
		s.rest = sound(s.parser, frame)
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// Close ends the connection and tells the owner once.
func (s *stream) Close() error {
	s.once.Do(func() {
		close(s.done)
		s.Conn.Close()
		go s.lost()
	})
	return nil
}

// handover is the listener the transport layer believes in: Accept hands out the connections we dialled. The layer has
// registered one connection when it comes back for the next, which is how give knows when it may be used.
type handover struct {
	next chan handed
	last handed // owned by the goroutine that calls Accept
	done chan struct{}
	once sync.Once
}

type handed struct {
	conn  *stream
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
func (h *handover) give(s *stream) bool {
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
