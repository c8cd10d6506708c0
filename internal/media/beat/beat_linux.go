package beat

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// timer is a timerfd(2).
type timer struct {
	file  *os.File
	conn  syscall.RawConn
	fd    uintptr
	read  func(fd uintptr) bool // is stored, so that waiting allocates nothing
	count uint64                // of beats since the last read
	due   bool
}

func newClock() clock {
	const monotonic = 1 // CLOCK_MONOTONIC
	fd, _, errno := syscall.Syscall(syscall.SYS_TIMERFD_CREATE, monotonic, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		return newTicker()
	}
	t := &timer{file: os.NewFile(fd, "timer"), fd: fd}
	conn, err := t.file.SyscallConn()
	if err == nil {
		err = t.file.SetReadDeadline(time.Time{}) // whether the poller takes it
	}
	if err != nil {
		t.file.Close() // nothing was read from it
		return newTicker()
	}
	t.conn, t.read = conn, t.take
	return t
}

// set arms it; the first beat comes after one interval.
func (t *timer) set(every time.Duration) {
	ts := syscall.NsecToTimespec(int64(every))
	spec := [2]syscall.Timespec{ts, ts} // interval, first
	// It fails for a descriptor that is closed or for nonsense only: neither can be here.
	_, _, _ = syscall.Syscall6(syscall.SYS_TIMERFD_SETTIME, t.fd, 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
}

// wait resets what a knock left before it looks: whoever knocks later is heard by the next wait.
func (t *timer) wait() bool {
	t.due = false
	err := t.conn.Read(t.read)
	if err != nil {
		_ = t.file.SetReadDeadline(time.Time{}) // a knock is a deadline in the past
	}
	return err == nil && t.due
}

// take reads how many beats there were; false waits for one. The call never blocks, so the runtime need not hear of it.
func (t *timer) take(fd uintptr) bool {
	_, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&t.count)), unsafe.Sizeof(t.count))
	if errno == syscall.EAGAIN || errno == syscall.EINTR {
		return false
	}
	t.due = errno == 0
	return true
}

func (t *timer) knock() { _ = t.file.SetReadDeadline(time.Unix(1, 0)) } // closed: nobody waits

func (t *timer) close() error { return t.file.Close() }
