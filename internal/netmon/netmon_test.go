package netmon

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestWatch(t *testing.T) {
	net, sleeps := Change{Network: true}, func(d time.Duration) Change { return Change{Slept: d} }
	for _, c := range []struct {
		about string
		seen  []string // at the start, then at each tick
		naps  map[int]time.Duration
		want  []Change
	}{
		{"nothing", []string{"a", "a", "a"}, nil, nil},
		{"another network", []string{"a", "b", "b", "b"}, nil, []Change{net}},
		{"a VPN that flaps", []string{"a", "b", "c", "b", "d", "d"}, nil, []Change{net}},
		{"there and back", []string{"a", "", "a", "a"}, nil, nil},
		{"gone, then there", []string{"a", "", "", "a", "a"}, nil, []Change{net, net}},
		{"a nap", []string{"a", "a", "a"}, map[int]time.Duration{1: time.Minute}, []Change{sleeps(time.Minute + every)}},
		{"a pause that is none", []string{"a", "a", "a"}, map[int]time.Duration{1: 4 * time.Second}, nil},
		{"asleep in one network, awake in another", []string{"a", "b", "b"}, map[int]time.Duration{1: time.Hour}, []Change{sleeps(time.Hour + every), net}},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			ticks, i := make(chan time.Time), 0
			var got []Change
			done := make(chan struct{})
			go func() {
				defer close(done)
				watch(ctx, ticks, func() string { i++; return c.seen[i-1] }, func(ch Change) { got = append(got, ch) })
			}()
			for n := 1; n < len(c.seen); n++ {
				time.Sleep(every + c.naps[n])
				ticks <- time.Now()
				synctest.Wait()
			}
			stop()
			<-done
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", c.about, got, c.want)
			}
		})
	}
}

// TestLook: what is seen does not change by itself.
func TestLook(t *testing.T) {
	if a, b := look(), look(); a != b || a == "" {
		t.Errorf("%q, then %q", a, b)
	}
}

func BenchmarkLook(b *testing.B) {
	for b.Loop() {
		look()
	}
}
