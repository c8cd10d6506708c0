//go:build !windows

package widgetbridge

import "syscall"

// exclusive does nothing here: a listening socket cannot be shared unless both sides ask for it.
func exclusive(_, _ string, _ syscall.RawConn) error { return nil }
