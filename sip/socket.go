package sip

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/sip/transact"
)

// datagrams is a UDP socket of ours. Reading it bears what is no end of it: an ICMP refusal on Windows, an interface that went away.
type datagrams struct {
	sieve  sieve
	scribe *scribe
	gate   *gate
	addr   *net.UDPAddr // fixed

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
	return &datagrams{sieve: s, listen: listen, conn: conn, addr: &net.UDPAddr{IP: addr.IP, Port: addr.Port}}, nil
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

// serve hands every sound message to receive, one after the other, until the socket is closed on purpose.
func (d *datagrams) serve(receive func(sipmsg.Message, transact.Way)) {
	buf := make([]byte, transact.MaxDatagram+1)
	failures := 0
	for {
		conn, closed := d.current()
		if closed {
			return
		}
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			failures++
			d.revive(conn, failures)
			continue
		}
		failures = 0
		if a, ok := from.(*net.UDPAddr); ok {
			d.heard(buf[:n], unmap(a.AddrPort()), receive)
		}
	}
}

// heard is one datagram.
func (d *datagrams) heard(b []byte, from netip.AddrPort, receive func(sipmsg.Message, transact.Way)) {
	if isSTUN(b) {
		d.stun(b, from)
		return
	}
	if !d.gate.admits(b, from.Addr()) {
		return
	}
	d.scribe.message(false, "udp", unmap(d.addr.AddrPort()), from, b)
	msg, v := d.sieve.read(b, from)
	if v.Refusal != nil {
		d.send(v.Refusal, v.To) // a refusal that is lost comes again with the request
	}
	if msg != nil {
		msg.SetSource(from.String())
		receive(msg, datagram{d, answerTo(msg, from)})
	}
}

// answerTo is where a response to a datagram goes (RFC 3261 §18.2.2, RFC 3581 §4).
func answerTo(msg sipmsg.Message, from netip.AddrPort) netip.AddrPort {
	via := msg.Via()
	switch {
	case via.Params.Has("rport"):
		return from
	case via.Port > 0 && via.Port <= 65535:
		return netip.AddrPortFrom(from.Addr(), uint16(via.Port))
	}
	return netip.AddrPortFrom(from.Addr(), 5060)
}

// datagram is the way to an address over a socket.
type datagram struct {
	by *datagrams
	to netip.AddrPort
}

// Send sends one message.
func (d datagram) Send(b []byte) error { return d.by.send(b, d.to) }

// Reliable reports that datagrams get lost.
func (d datagram) Reliable() bool { return false }

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

func (d *datagrams) send(b []byte, to netip.AddrPort) error {
	d.scribe.message(true, "udp", unmap(d.addr.AddrPort()), to, b)
	conn, _ := d.current()
	_, err := conn.WriteTo(b, net.UDPAddrFromAddrPort(to))
	return err
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

// close ends the socket for good.
func (d *datagrams) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.conn.Close()
}
