package audio

import (
	"testing"
	"time"
)

func TestCushion(t *testing.T) {
	c, now := newCushion(2*Period, Period/2), time.Unix(1e9, 0)
	step := func(after time.Duration, gap bool, want int) {
		t.Helper()
		now = now.Add(after)
		if was := c.size; c.next(now, gap) != (c.size != was) {
			t.Error("a change is not told, or none is")
		}
		if c.size != want {
			t.Errorf("%d samples, want %d", c.size, want)
		}
	}
	const least, half = 2 * Period, Period / 2
	step(0, false, least)
	step(time.Hour, false, least)
	step(0, true, least+half)
	step(0, true, least+2*half)
	step(calm-1, false, least+2*half)
	step(1, false, least+half)
	step(calm, false, least)
	step(time.Second, true, least+half) // that was too little:
	step(2*calm-1, false, least+half)   // it waits twice as long
	step(1, false, least)
	step(0, true, least+half)
	step(4*calm-1, false, least+half)
	step(1, false, least)
	for range 100 {
		step(0, true, min(widest, c.size+half))
	}
	step(0, true, widest)
}
