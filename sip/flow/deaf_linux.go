package flow

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// deaf ends a connection whose data nobody has acknowledged for ten seconds: tcp(7), TCP_USER_TIMEOUT, in milliseconds.
func deaf(_, _ string, c syscall.RawConn) error {
	var err error
	if e := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 10_000)
	}); e != nil {
		return e
	}
	return err
}
