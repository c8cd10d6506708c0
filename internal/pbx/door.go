package pbx

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// door is the server's UDP and TCP port. It can be shut and opened again, elsewhere too, while what reads from it waits.
type door struct {
	log  func(Entry)
	fate func(text string, heard bool) fate

	mu     sync.Mutex
	udp    *net.UDPConn
	tcp    *net.TCPListener
	first  *net.UDPAddr  // where it was opened first: the name of its socket
	opened chan struct{} // closed while it is open
	isOpen bool
	over   bool
	conns  map[*net.TCPConn]bool
}

var errTooManyPorts = errors.New("no port is free for both UDP and TCP")

func newDoor(log func(Entry), fate func(string, bool) fate) *door {
	return &door{log: log, fate: fate, opened: make(chan struct{}), conns: map[*net.TCPConn]bool{}}
}

// openAnywhere opens one port of an address for both.
func (d *door) openAnywhere(ip netip.Addr) (netip.AddrPort, error) {
	for range 20 {
		udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("the lab's SIP port cannot be opened: %w", err)
		}
		at := netip.AddrPortFrom(ip, udp.LocalAddr().(*net.UDPAddr).AddrPort().Port())
		udp.Close()
		if err := d.open(at); err == nil {
			return at, nil
		} else if !errors.Is(err, syscall.EADDRINUSE) {
			return netip.AddrPort{}, err
		}
	}
	return netip.AddrPort{}, errTooManyPorts
}

// open opens a certain port.
func (d *door) open(at netip.AddrPort) error {
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return fmt.Errorf("the lab's SIP port cannot be opened: %w", err)
	}
	tcp, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
	if err != nil {
		udp.Close()
		return fmt.Errorf("the lab's SIP port cannot be opened for TCP: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over {
		udp.Close()
		tcp.Close()
		return net.ErrClosed
	}
	d.udp, d.tcp, d.isOpen = udp, tcp, true
	if d.first == nil {
		d.first = net.UDPAddrFromAddrPort(at)
	}
	close(d.opened)
	return nil
}

// shut closes the port and resets its connections.
func (d *door) shut() {
	d.mu.Lock()
	if d.isOpen {
		d.isOpen, d.opened = false, make(chan struct{})
		d.udp.Close()
		d.tcp.Close()
	}
	d.mu.Unlock()
	d.reset()
}

// end shuts it for good.
func (d *door) end() {
	d.shut()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.over {
		d.over = true
		close(d.opened)
	}
}

// reset resets every connection.
func (d *door) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.conns {
		c.SetLinger(0)
		c.Close()
	}
	d.conns = map[*net.TCPConn]bool{}
}

// sockets waits until the door is open.
func (d *door) sockets() (*net.UDPConn, *net.TCPListener, error) {
	for {
		d.mu.Lock()
		opened, udp, tcp, isOpen, over := d.opened, d.udp, d.tcp, d.isOpen, d.over
		d.mu.Unlock()
		switch {
		case over:
			return nil, nil, net.ErrClosed
		case isOpen:
			return udp, tcp, nil
		}
		<-opened
	}
}

// say sends a message as its fate is.
func (d *door) say(network, peer, text string, write func([]byte) error) error {
	f := d.fate(text, false)
	send := func() error {
		var failed error
		for _, text := range f.copies {
			d.log(Entry{At: time.Now(), Network: network, Peer: peer, Message: text})
			failed = errors.Join(failed, write([]byte(text)))
		}
		return failed
	}
	if f.after > 0 {
		time.AfterFunc(f.after, func() { send() }) // whoever went away meanwhile misses it
		return nil
	}
	return send()
}

// hear reports whether a message is heard at all.
func (d *door) hear(network, peer, text string) bool {
	if len(d.fate(text, true).copies) == 0 {
		return false
	}
	d.log(Entry{At: time.Now(), Inbound: true, Network: network, Peer: peer, Message: text})
	return true
}

// packets is the door for UDP.
type packets struct{ *door }

func (p packets) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		udp, _, err := p.sockets()
		if err != nil {
			return 0, nil, err
		}
		n, from, err := udp.ReadFrom(b)
		if err == nil && p.hear("UDP", from.String(), string(b[:n])) {
			return n, from, nil
		}
	}
}

func (p packets) WriteTo(b []byte, to net.Addr) (int, error) {
	p.mu.Lock()
	udp, isOpen := p.udp, p.isOpen
	p.mu.Unlock()
	if !isOpen {
		return len(b), nil
	}
	return len(b), p.say("UDP", to.String(), string(b), func(b []byte) error {
		_, err := udp.WriteTo(b, to)
		return err
	})
}

func (p packets) Close() error                     { p.end(); return nil }
func (p packets) LocalAddr() net.Addr              { return p.first }
func (p packets) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (p packets) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (p packets) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }

// connections is the door for TCP.
type connections struct{ *door }

func (c connections) Accept() (net.Conn, error) {
	for {
		_, tcp, err := c.sockets()
		if err != nil {
			return nil, err
		}
		conn, err := tcp.AcceptTCP()
		if err != nil {
			continue
		}
		c.mu.Lock()
		c.conns[conn] = true
		c.mu.Unlock()
		return &stream{conn, c.door}, nil
	}
}

func (c connections) Close() error   { c.end(); return nil }
func (c connections) Addr() net.Addr { return (*net.TCPAddr)(c.first) }

// stream is one TCP connection.
type stream struct {
	*net.TCPConn
	door *door
}

func (s *stream) Read(b []byte) (int, error) {
	for {
		n, err := s.TCPConn.Read(b)
		if n == 0 || err != nil || s.door.hear("TCP", s.RemoteAddr().String(), string(b[:n])) {
			return n, err
		}
	}
}

func (s *stream) Write(b []byte) (int, error) {
	return len(b), s.door.say("TCP", s.RemoteAddr().String(), string(b), func(b []byte) error {
		_, err := s.TCPConn.Write(b)
		return err
	})
}

func (s *stream) Close() error {
	s.door.mu.Lock()
	delete(s.door.conns, s.TCPConn)
	s.door.mu.Unlock()
	return s.TCPConn.Close()
}
