package audio

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// wire is a connection whose system calls, which never block, are made without telling the runtime that this thread may be away for
// long: that wakes its monitor, some hundred times a second where sound goes this way. One goroutine may read while another one writes.
type wire struct {
	conn    syscall.RawConn
	in, out piece
}

// piece is one read or write under way. Its function is stored, so that it allocates nothing.
type piece struct {
	do    func(fd uintptr) bool
	b     []byte
	n     int
	errno syscall.Errno
}

// newWire returns one on a connection, or that itself where it is of a kind that has no descriptor. Closing stays the connection's.
func newWire(c net.Conn) io.ReadWriter {
	held, ok := c.(syscall.Conn)
	if !ok {
		return c
	}
	raw, err := held.SyscallConn()
	if err != nil {
		return c
	}
	s := &wire{conn: raw}
	s.in.do = func(fd uintptr) bool { return s.in.call(syscall.SYS_READ, fd) }
	s.out.do = func(fd uintptr) bool { return s.out.call(syscall.SYS_WRITE, fd) }
	return s
}

// call is one read(2) or write(2); false waits until it can be made.
func (p *piece) call(trap, fd uintptr) bool {
	n, _, errno := syscall.RawSyscall(trap, fd, uintptr(unsafe.Pointer(&p.b[0])), uintptr(len(p.b)))
	p.n, p.errno = int(n), errno
	return errno != syscall.EAGAIN && errno != syscall.EINTR
}

// Read implements io.Reader.
func (s *wire) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	s.in.b = b
	switch err := s.conn.Read(s.in.do); {
	case err != nil:
		return 0, err
	case s.in.errno != 0:
		return 0, os.NewSyscallError("read", s.in.errno)
	case s.in.n == 0:
		return 0, io.EOF
	}
	return s.in.n, nil
}

// Write implements io.Writer.
func (s *wire) Write(b []byte) (int, error) {
	done := 0
	for done < len(b) {
		s.out.b = b[done:]
		if err := s.conn.Write(s.out.do); err != nil {
			return done, err
		}
		if s.out.errno != 0 {
			return done, os.NewSyscallError("write", s.out.errno)
		}
		done += s.out.n
	}
	return done, nil
}
