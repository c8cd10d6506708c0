// Package udp has sockets for sound: fifty packets a second each way, each of which should cost as little as it can.
//
// A system call through the net package tells the runtime that this thread may be away for long, which wakes its monitor; on Linux the
// calls of these sockets, which never block, are made without that. What is read and sent is the same.
package udp

import (
	"net"
	"net/netip"
)

// Socket is a UDP socket. One goroutine may read; any may send.
type Socket struct {
	conn *net.UDPConn
	raw  raw
}

// Listen opens a socket on an address; port 0 is any. It fails as net.ListenUDP does.
func Listen(at *net.UDPAddr) (*Socket, error) {
	c, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, err
	}
	s := &Socket{conn: c}
	s.raw.use(c)
	return s, nil
}

// Addr is where the socket receives.
func (s *Socket) Addr() netip.AddrPort { return s.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// Read waits for a packet and copies what fits of it into b. An IPv4 sender has an IPv4 address. The error wraps net.ErrClosed once the
// socket is closed; any other may pass.
func (s *Socket) Read(b []byte) (int, netip.AddrPort, error) {
	n, from, err := s.raw.read(s.conn, b)
	return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err
}

// Send sends a packet. The error may be about an earlier one.
func (s *Socket) Send(b []byte, to netip.AddrPort) error { return s.raw.send(s.conn, b, to) }

// Close ends a Read under way.
func (s *Socket) Close() error { return s.conn.Close() }

// plain reads and sends as the net package does.
type plain struct{}

func (plain) read(c *net.UDPConn, b []byte) (int, netip.AddrPort, error) {
	return c.ReadFromUDPAddrPort(b)
}

func (plain) send(c *net.UDPConn, b []byte, to netip.AddrPort) error {
	_, err := c.WriteToUDPAddrPort(b, to)
	return err
}
