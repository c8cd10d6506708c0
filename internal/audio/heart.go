package audio

import (
	"sync/atomic"
	"time"
)

const (
	settling  = 3 * time.Second        // a device may take this long to begin
	firstGap  = time.Second            // while it is that young, gaps up to this long are not death
	silentGap = 230 * time.Millisecond // three periods and 200 ms without a beat is death
)

// heart is the watchdog of an open device: drivers say nothing when a device goes, they only fall silent.
type heart struct {
	base time.Time
	last atomic.Int64 // beat, nanoseconds after base
	dead atomic.Bool  // the sound system said so
	wake func()
}

// newHeart makes one that calls wake, which must not block, when there is something to do.
func newHeart(wake func()) heart { return heart{base: time.Now(), wake: wake} }

// beat says that the device has moved sound.
func (h *heart) beat() { h.last.Store(int64(time.Since(h.base))) }

// die says that the sound system has ended the device.
func (h *heart) die() {
	h.dead.Store(true)
	h.wake()
}

// Wakes implements Source and Sink.
func (h *heart) Wakes() bool { return true }

// alive is ErrDead for a device that has fallen silent.
func (h *heart) alive(now time.Time) error {
	if h.dead.Load() {
		return ErrDead
	}
	age, last := now.Sub(h.base), time.Duration(h.last.Load())
	limit := silentGap
	switch {
	case last == 0:
		limit = settling
	case age < settling:
		limit = firstGap
	}
	if age-last > limit {
		return ErrDead
	}
	return nil
}
