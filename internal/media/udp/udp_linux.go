package udp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"
	"unsafe"
)

// raw is how packets are read and sent here.
type raw struct {
	plain
	conn syscall.RawConn // nil: plainly
	v6   bool            // the socket's family, which its addresses must have
	in   transfer        // the reader's
	mu   sync.Mutex
	out  transfer // of who has mu
}

// transfer is one packet in one direction. Its function is stored, so that a packet allocates nothing.
type transfer struct {
	do    func(fd uintptr) bool
	b     []byte
	n     int
	errno syscall.Errno
	addr  syscall.RawSockaddrInet6 // or the smaller RawSockaddrInet4 in its place
	size  uint32
}

func (r *raw) use(c *net.UDPConn) {
	conn, err := c.SyscallConn()
	if err != nil {
		return
	}
	r.conn = conn
	r.v6 = c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Is6()
	r.in.do, r.out.do = r.in.receive, r.out.send
}

// receive is one recvfrom(2); false waits for a packet.
func (t *transfer) receive(fd uintptr) bool {
	t.size = uint32(unsafe.Sizeof(t.addr))
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&t.b[0])), uintptr(len(t.b)), syscall.MSG_DONTWAIT,
		uintptr(unsafe.Pointer(&t.addr)), uintptr(unsafe.Pointer(&t.size)))
	t.n, t.errno = int(n), errno
	return errno != syscall.EAGAIN && errno != syscall.EINTR
}

// send is one sendto(2); false waits for room.
func (t *transfer) send(fd uintptr) bool {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&t.b[0])), uintptr(len(t.b)), syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL,
		uintptr(unsafe.Pointer(&t.addr)), uintptr(t.size))
	t.errno = errno
	return errno != syscall.EAGAIN && errno != syscall.EINTR
}

func (r *raw) read(c *net.UDPConn, b []byte) (int, netip.AddrPort, error) {
	if r.conn == nil || len(b) == 0 {
		return r.plain.read(c, b)
	}
	r.in.b = b
	if err := r.conn.Read(r.in.do); err != nil {
		return 0, netip.AddrPort{}, err
	}
	if r.in.errno != 0 {
		return 0, netip.AddrPort{}, os.NewSyscallError("recvfrom", r.in.errno)
	}
	return r.in.n, r.in.from(), nil
}

func (r *raw) send(c *net.UDPConn, b []byte, to netip.AddrPort) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn == nil || len(b) == 0 || to.Addr().Zone() != "" || !r.out.to(to, r.v6) {
		return r.plain.send(c, b, to)
	}
	r.out.b = b
	if err := r.conn.Write(r.out.do); err != nil {
		return err
	}
	if r.out.errno != 0 {
		return os.NewSyscallError("sendto", r.out.errno)
	}
	return nil
}

// from is the address a packet came from.
func (t *transfer) from() netip.AddrPort {
	switch t.addr.Family {
	case syscall.AF_INET:
		v4 := (*syscall.RawSockaddrInet4)(unsafe.Pointer(&t.addr))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), swapped(v4.Port))
	case syscall.AF_INET6:
		a := netip.AddrFrom16(t.addr.Addr)
		if t.addr.Scope_id != 0 {
			a = a.WithZone(strconv.Itoa(int(t.addr.Scope_id)))
		}
		return netip.AddrPortFrom(a, swapped(t.addr.Port))
	}
	return netip.AddrPort{}
}

// to sets the address a packet goes to; it reports false for one that a socket of this family cannot reach.
func (t *transfer) to(a netip.AddrPort, v6 bool) bool {
	if v6 {
		t.addr = syscall.RawSockaddrInet6{Family: syscall.AF_INET6, Port: swapped(a.Port()), Addr: a.Addr().As16()}
		t.size = uint32(unsafe.Sizeof(t.addr))
		return true
	}
	if !a.Addr().Unmap().Is4() {
		return false
	}
	v4 := (*syscall.RawSockaddrInet4)(unsafe.Pointer(&t.addr))
	*v4 = syscall.RawSockaddrInet4{Family: syscall.AF_INET, Port: swapped(a.Port()), Addr: a.Addr().Unmap().As4()}
	t.size = uint32(unsafe.Sizeof(*v4))
	return true
}

// swapped is a port between this computer's order of octets and the network's.
func swapped(port uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], port)
	return binary.NativeEndian.Uint16(b[:])
}
