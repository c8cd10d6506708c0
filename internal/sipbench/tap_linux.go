package sipbench

import (
	"encoding/binary"
	"net"
	"net/netip"
	"syscall"
	"time"
	"unsafe"
)

// tap reads every UDP datagram that leaves over the loopback, with the kernel's time. It needs a network namespace that this process
// owns.
type tap struct{ fd int }

func openTap() (*tap, error) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return nil, err
	}
	const every = 0x0300 // ETH_P_ALL in network byte order
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM, every)
	if err != nil {
		return nil, err
	}
	timeout := syscall.NsecToTimeval(int64(200 * time.Millisecond))
	for _, err := range []error{
		syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: every, Ifindex: lo.Index}),
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1),
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<20),
		syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &timeout),
	} {
		if err != nil {
			syscall.Close(fd)
			return nil, err
		}
	}
	return &tap{fd}, nil
}

// run hands every datagram to see until stop is closed.
func (t *tap) run(stop <-chan struct{}, see func(datagram)) error {
	defer syscall.Close(t.fd)
	b, oob := make([]byte, 70_000), make([]byte, 200)
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		n, on, _, from, err := syscall.Recvmsg(t.fd, b, oob, 0)
		if err == syscall.EAGAIN || err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		const outgoing = 4 // PACKET_OUTGOING: each comes in as well
		if l, ok := from.(*syscall.SockaddrLinklayer); !ok || l.Pkttype != outgoing {
			continue
		}
		if d, ok := parse(b[:n]); ok {
			d.at = stamped(oob[:on])
			see(d)
		}
	}
}

// stamped is the kernel's time of a datagram.
func stamped(oob []byte) time.Time {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return time.Now()
	}
	for _, m := range messages {
		if m.Header.Level == syscall.SOL_SOCKET && m.Header.Type == syscall.SO_TIMESTAMPNS && len(m.Data) >= int(unsafe.Sizeof(syscall.Timespec{})) {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
		}
	}
	return time.Now()
}

// parse reads an IPv4 packet with UDP in it.
func parse(b []byte) (datagram, bool) {
	if len(b) < 28 || b[0]>>4 != 4 || b[9] != syscall.IPPROTO_UDP {
		return datagram{}, false
	}
	head := 4 * int(b[0]&15)
	if len(b) < head+8 {
		return datagram{}, false
	}
	port := func(at int) uint16 { return binary.BigEndian.Uint16(b[head+at:]) }
	from, _ := netip.AddrFromSlice(b[12:16])
	to, _ := netip.AddrFromSlice(b[16:20])
	return datagram{from: netip.AddrPortFrom(from, port(0)), to: netip.AddrPortFrom(to, port(2)), text: string(b[head+8:])}, true
}
