// Package beat wakes one goroutine at even intervals, and whenever somebody knocks.
//
// A goroutine that waits for a time.Ticker wakes more than itself: the runtime's monitor wakes for every timer too, and delivering the
// tick wakes another thread, which looks for work and finds none. A hundred times a second that is most of what a call costs. On Linux
// the beat is therefore a timer of the system's (timerfd), which the runtime's poller waits for as it does for a socket.
package beat

import "time"

// Beat is one goroutine's. Knock may be called from any goroutine, also after Close; the rest is the owner's.
type Beat struct {
	clock clock
	every time.Duration // 0: it is off
}

// clock is how a system keeps the beat.
type clock interface {
	set(every time.Duration) // 0: no beat
	wait() (due bool)        // until it is due, or somebody has knocked since the last time
	knock()
	close() error
}

// New returns a beat that is off. It never fails: where the system has no timer of its own, it is a time.Ticker.
func New() *Beat { return &Beat{clock: newClock()} }

// Run sets how often it is due from now on; 0 switches it off.
func (b *Beat) Run(every time.Duration) {
	if every != b.every {
		b.every = every
		b.clock.set(every)
	}
}

// Wait blocks until the beat is due, which it tells, or until somebody has knocked. One knock may wake it once more than needed, many
// may wake it once; none is lost.
func (b *Beat) Wait() (due bool) { return b.clock.wait() }

// Knock wakes the owner.
func (b *Beat) Knock() { b.clock.knock() }

// Close gives the timer back. Wait must not be called after it.
func (b *Beat) Close() error { return b.clock.close() }

// ticker is the clock of every system.
type ticker struct {
	ticks  *time.Ticker
	knocks chan struct{}
}

func newTicker() *ticker {
	t := &ticker{ticks: time.NewTicker(time.Hour), knocks: make(chan struct{}, 1)}
	t.ticks.Stop()
	return t
}

func (t *ticker) set(every time.Duration) {
	if every > 0 {
		t.ticks.Reset(every)
	} else {
		t.ticks.Stop()
	}
}

func (t *ticker) wait() bool {
	select {
	case <-t.ticks.C:
		return true
	case <-t.knocks:
		return false
	}
}

func (t *ticker) knock() {
	select {
	case t.knocks <- struct{}{}:
	default: // it has been told already
	}
}

func (t *ticker) close() error {
	t.ticks.Stop()
	return nil
}
