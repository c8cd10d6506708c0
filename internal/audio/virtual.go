package audio

import (
	"math"
	"time"
)

// pace counts the samples that are due since it was first asked, in whole periods.
type pace struct {
	start time.Time
	given int64
}

// most is the backlog a device made here keeps when its owner was late: 200 ms. What is older is lost, as in a real one.
const most = Rate / 5

// lead is how early periods are due, so that an owner on a beat of its own that wavers a little finds one at each beat
// instead of none at one and two at the next.
const lead = 2 * time.Millisecond

// due returns how many samples are due and not yet given. The first period is due at once.
func (c *pace) due(now time.Time) int {
	if c.start.IsZero() {
		c.start = now.Add(-lead)
	}
	elapsed := int64(now.Sub(c.start)/(10*time.Millisecond)+1) * Period
	if elapsed-c.given > most {
		c.given = elapsed - most
	}
	return int(max(0, elapsed-c.given))
}

func (c *pace) gave(n int) { c.given += int64(n) }

// unhurried is what has no beat of its own.
type unhurried struct{}

// Wakes implements Source and Sink.
func (unhurried) Wakes() bool { return false }

// generator is a source that computes its samples.
type generator struct {
	unhurried
	clock pace
	step  float64 // radians per sample; 0 for silence
	phase float64
}

// NewSilence returns a source of digital silence on its own clock, which starts with the first Read.
func NewSilence() Source { return &generator{} }

// IsSilence reports whether a source is one of silence, or a file that is over: that nothing comes from it means nothing.
func IsSilence(s Source) bool {
	switch s := s.(type) {
	case *generator:
		return s.step == 0
	case *fileSource:
		return s.over
	}
	return false
}

// NewTone returns a sine of hz Hertz at a quarter of full scale on its own clock, which starts with the first Read.
func NewTone(hz float64) Source { return &generator{step: 2 * math.Pi * hz / Rate} }

// Read implements Source.
func (g *generator) Read(now time.Time, p []int16) (int, error) {
	n := min(len(p), g.clock.due(now))
	g.clock.gave(n)
	for i := range p[:n] {
		p[i] = int16(math.Round(8192 * math.Sin(g.phase)))
		if g.phase += g.step; g.phase > 2*math.Pi {
			g.phase -= 2 * math.Pi
		}
	}
	return n, nil
}

// Close implements Source.
func (g *generator) Close() error { return nil }

// null is a sink that drops sound in real time.
type null struct {
	unhurried
	clock pace
}

// NewNull returns a sink that takes sound in real time and drops it. Its clock starts with the first Space.
func NewNull() Sink { return &null{} }

// Space implements Sink.
func (n *null) Space(now time.Time) (int, error) { return n.clock.due(now), nil }

// Write implements Sink.
func (n *null) Write(p []int16) (int, error) {
	n.clock.gave(len(p))
	return len(p), nil
}

// Close implements Sink.
func (n *null) Close() error { return nil }
