package beat

import (
	"sync"
	"testing"
	"time"
)

// clocks are all there are.
func clocks() map[string]func() clock {
	return map[string]func() clock{"the system's": newClock, "a ticker": func() clock { return newTicker() }}
}

// TestBeats: it is due as often as it should be, give and take what a busy machine costs, and not at all while it is off.
func TestBeats(t *testing.T) {
	for name, c := range clocks() {
		b := &Beat{clock: c()}
		began, due := time.Now(), 0
		b.Run(10 * time.Millisecond)
		b.Run(10 * time.Millisecond)
		for due < 20 {
			if b.Wait() {
				due++
			}
		}
		if took := time.Since(began); took < 190*time.Millisecond {
			t.Errorf("%s: 20 beats in %v", name, took)
		}
		b.Run(0)
		knocker := time.AfterFunc(60*time.Millisecond, b.Knock)
		for n := 0; b.Wait(); n++ { // one may have been under way
			if n > 1 {
				t.Fatalf("%s: it beats while it is off", name)
			}
		}
		knocker.Stop()
		if err := b.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b.Knock() // nobody waits any more
	}
}

// TestNoKnockIsLost: whatever is left before a knock is found after the Wait that it ends.
func TestNoKnockIsLost(t *testing.T) {
	for name, c := range clocks() {
		b := &Beat{clock: c()}
		b.Run(time.Millisecond)
		var mu sync.Mutex
		left, taken := 0, 0
		const each, people = 2000, 4
		for range people {
			go func() {
				for range each {
					mu.Lock()
					left++
					mu.Unlock()
					b.Knock()
				}
			}()
		}
		b.Run(0) // only knocks wake it from now on
		late := time.Now().Add(20 * time.Second)
		for taken < each*people {
			b.Wait()
			mu.Lock()
			taken += left
			left = 0
			mu.Unlock()
			if time.Now().After(late) {
				t.Fatalf("%s: %d of %d", name, taken, each*people)
			}
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWaitAllocatesNothing(t *testing.T) {
	b := New()
	defer b.Close()
	b.Run(time.Millisecond)
	if n := testing.AllocsPerRun(100, func() { b.Wait() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
