package widgetbridge

import "syscall"

// soExclusiveAddrUse is SO_EXCLUSIVEADDRUSE of winsock2.h, defined there as the complement of SO_REUSEADDR.
const soExclusiveAddrUse = ^syscall.SO_REUSEADDR

// exclusive keeps other programs from listening on our port: Windows lets them by default.
func exclusive(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, soExclusiveAddrUse, 1)
	})
	if err != nil {
		return err
	}
	return failed
}
