package quality

import (
	"math"
	"math/rand/v2"
	"testing"
)

// feed gives a stream to f: '.' comes, 'x' is lost, 'l' comes too late.
func feed(f *Fates, seq uint16, stream string) uint16 {
	for _, what := range stream {
		if what != 'x' {
			f.Packet(seq, what == 'l')
		}
		seq++
	}
	return seq
}

func repeat(s string, n int) (out string) {
	for range n {
		out += s
	}
	return out
}

func TestFates(t *testing.T) {
	for name, c := range map[string]struct {
		stream string
		want   Counts
	}{
		"nothing missing": {repeat(".", 100), Counts{Played: 100, Gaps: Run{1, 100, 0}}},
		"one by itself":   {repeat(".", 50) + "x" + repeat(".", 50), Counts{Played: 100, Lost: 1, Runs: 1, Gaps: Run{1, 101, 1}}},
		"one too late":    {repeat(".", 50) + "l" + repeat(".", 50), Counts{Played: 100, Discarded: 1, Runs: 1, Gaps: Run{1, 101, 1}}},
		"a burst":         {repeat(".", 50) + "xx..x" + repeat(".", 50), Counts{Played: 102, Lost: 3, Runs: 2, Bursts: Run{1, 5, 3}, Gaps: Run{2, 100, 0}}},
		"15 played between": {repeat(".", 20) + "x" + repeat(".", 15) + "x" + repeat(".", 20),
			Counts{Played: 55, Lost: 2, Runs: 2, Bursts: Run{1, 17, 2}, Gaps: Run{2, 40, 0}}},
		"16 played between": {repeat(".", 20) + "x" + repeat(".", 16) + "x" + repeat(".", 20),
			Counts{Played: 56, Lost: 2, Runs: 2, Gaps: Run{1, 58, 2}}},
		"a burst of both kinds at the end": {repeat(".", 30) + "xl" + ".", Counts{Played: 31, Lost: 1, Discarded: 1, Runs: 1, Bursts: Run{1, 2, 2}, Gaps: Run{2, 31, 0}}},
	} {
		for _, first := range []uint16{1, 65500} { // numbers wrap
			var f Fates
			feed(&f, first, c.stream)
			if got := f.Finished(); got != c.want {
				t.Errorf("%s from %d: %+v, want %+v", name, first, got, c.want)
			}
		}
	}
}

// TestFateIsOpen: a packet that comes out of turn is not lost, one that comes twice counts once, and what is far behind changes nothing.
func TestFateIsOpen(t *testing.T) {
	var f Fates
	next := feed(&f, 100, "..x...")
	f.Packet(102, false)
	f.Packet(102, false)
	feed(&f, next, repeat(".", 100))
	f.Packet(30, false)
	if got := f.Finished(); got.Lost != 0 || got.Played != 106 {
		t.Errorf("%+v", got)
	}
	if c := f.Counts(); c.Played != 106-window {
		t.Errorf("sealed %+v", c)
	}
	if came, of := f.Open(); came != window || of != window {
		t.Errorf("open %d of %d", came, of)
	}
}

// TestAnotherBeginning: where the sender begins anew, nothing between is lost.
func TestAnotherBeginning(t *testing.T) {
	var f Fates
	feed(&f, 100, repeat(".", 10))
	feed(&f, 30000, repeat(".", 10))
	feed(&f, 5, repeat(".", 10))
	if got := f.Finished(); got.Played != 30 || got.Lost != 0 {
		t.Errorf("%+v", got)
	}
}

// TestChance: what chance takes has a burst ratio near 1, and what takes three at a time one near 3 (less what touches by chance).
func TestChance(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for run, want := range map[int]float64{1: 1, 3: 2.8} {
		var f Fates
		seq := uint16(0)
		for seq < 60000 {
			if rnd.Float64() < 0.05/float64(run) {
				seq += uint16(run)
				continue
			}
			f.Packet(seq, false)
			seq++
		}
		c := f.Finished()
		if got := c.BurstRatio(); math.Abs(got-want) > 0.15*want || math.Abs(c.Missing()-0.05) > 0.006 {
			t.Errorf("runs of %d: burst ratio %.2f, missing %.3f", run, got, c.Missing())
		}
	}
}

func TestFatesAllocateNothing(t *testing.T) {
	var f Fates
	seq := uint16(0)
	if n := testing.AllocsPerRun(1000, func() { f.Packet(seq, seq%7 == 0); seq += 1 + seq%3 }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzFates(f *testing.F) {
	f.Add([]byte{0, 1, 0, 2, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		var f Fates
		for ; len(b) >= 2; b = b[2:] {
			f.Packet(uint16(b[0])<<8|uint16(b[1]), b[1]&1 == 1)
		}
		c := f.Finished()
		bad, all := c.Lost+c.Discarded, c.Lost+c.Discarded+c.Played
		if int(all) != c.Bursts.Packets+c.Gaps.Packets || int(bad) != c.Bursts.Bad+c.Gaps.Bad {
			t.Errorf("bursts and gaps are not the whole: %+v", c)
		}
		if m := c.Missing(); m < 0 || m > 1 || c.BurstRatio() < 1 {
			t.Errorf("%+v", c)
		}
	})
}
