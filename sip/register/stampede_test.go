package register

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sidetone/internal/call"
)

// due is an event of one phone.
type due struct {
	at    time.Time
	phone int
	turn  int
	e     Event
}

type agenda []due

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)        { *a = append(*a, x.(due)) }
func (a *agenda) Pop() any          { x := (*a)[len(*a)-1]; *a = (*a)[:len(*a)-1]; return x }

// crowd is phones whose one server was down for a while and closed all their connections.
type crowd struct {
	up       time.Time     // when the server is back
	each     time.Duration // the server's work for one REGISTER; they queue
	patience time.Duration // a phone waits so long for the answer
	random   *rand.Rand

	phones  []State
	turns   []int
	list    agenda
	free    time.Time // when the server has done what is queued
	arrived []time.Time
	ready   []time.Time
}

func (c *crowd) take(d due) {
	if d.turn != c.turns[d.phone] {
		return
	}
	s, a := c.phones[d.phone].Next(d.e, d.at, c.random.Float64)
	was := c.phones[d.phone].Line.State
	c.phones[d.phone] = s
	if s.Line.State == call.LineReady && was != call.LineReady {
		c.ready = append(c.ready, d.at)
		return // the refresh is not what is looked at
	}
	c.turns[d.phone]++
	next := func(after time.Duration, e Event) {
		heap.Push(&c.list, due{d.at.Add(after), d.phone, c.turns[d.phone], e})
	}
	switch a := a.(type) {
	case Seek:
		if d.at.Before(c.up) {
			next(time.Millisecond, Failed{"refused", false})
		} else {
			next(3*time.Millisecond, Found{})
		}
	case Send:
		c.arrived = append(c.arrived, d.at)
		c.free = later(c.free, d.at).Add(c.each)
		if wait := c.free.Sub(d.at); wait < c.patience {
			next(wait, Answered{Answer: Answer{Status: 200, Granted: 300}})
		} else {
			next(c.patience, Failed{"silent", false})
		}
	case Wait:
		next(a.For, Begin{})
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// run plays until every phone is back, or for an hour.
func (c *crowd) run() {
	for len(c.list) > 0 && c.list[0].at.Before(c.up.Add(time.Hour)) {
		c.take(heap.Pop(&c.list).(due))
	}
}

// peak is the most arrivals within one second.
func (c *crowd) peak() (most int) {
	for i, j := 0, 0; j < len(c.arrived); j++ {
		for c.arrived[j].Sub(c.arrived[i]) >= time.Second {
			i++
		}
		most = max(most, j-i+1)
	}
	return most
}

// TestStampede restarts a server that a thousand phones are registered with. It takes 200 REGISTERs a second. Whatever it was down for, it is never asked for more than three times what it can do, and all phones
// are back within fifty seconds.
func TestStampede(t *testing.T) {
	var table strings.Builder
	for _, down := range []time.Duration{0, 2 * time.Second, 10 * time.Second, time.Minute, 10 * time.Minute, 2 * time.Hour} {
		c := &crowd{up: noon.Add(down), each: 5 * time.Millisecond, patience: 10 * time.Second, random: rand.New(rand.NewPCG(1, 2)), phones: make([]State, 1000), turns: make([]int, 1000)}
		for i := range c.phones {
			c.phones[i] = State{Expires: 300, usable: true}.show(call.LineReady, "", time.Time{}, noon.Add(-time.Hour))
			heap.Push(&c.list, due{noon, i, 0, Lost{"closed"}})
		}
		c.run()
		if len(c.ready) != len(c.phones) {
			t.Fatalf("down for %s: %d of %d are back", down, len(c.ready), len(c.phones))
		}
		half, last := c.ready[len(c.ready)/2].Sub(c.up), c.ready[len(c.ready)-1].Sub(c.up)
		fmt.Fprintf(&table, "%10s %8d %10s %10s %8d\n", down, c.peak(), half.Round(10*time.Millisecond), last.Round(10*time.Millisecond), len(c.arrived))
		if c.peak() > 600 || last > 50*time.Second {
			t.Errorf("down for %s: at most %d REGISTERs in a second, the last phone back after %s", down, c.peak(), last)
		}
	}
	t.Logf("a thousand phones, a server that takes 200 REGISTERs a second\n%10s %8s %10s %10s %8s\n%s", "down for", "peak/s", "half back", "all back", "REGISTERs", table.String())
}
