package voice

import "math"

// The constants of a chain.
const (
	emphasis = 0.9 // of the difference from sample to sample
	rumble   = 60  // Hz: what is below is no voice
	ahead    = 2   // partitions that the filter is given for what comes before the loudest echo
	nearEdge = 1   // the loudest echo stays where it is from this partition
	farEdge  = 6   // to this one
	works    = 4   // 6 dB less echo: the filter is the right one
)

// chain is the treatment at 16 kHz, in blocks of 10 ms.
type chain struct {
	echo       bool
	fft        *transform
	low        biquad
	reference  *reference
	canceller  *canceller
	suppressor *suppressor
	finder     *finder
	drift      *drift
	gain       *gain // nil: none

	farSharp, cubeSharp, micSharp sharpen
	flat                          flatten
	played, cubed, mic            [hop]float32
	estimate, left                [hop]float32
	recent                        [size]float32
	near                          spectrum
	micPower, leftPower           float32 // lately, while there was echo
}

func newChain(cfg Config) *chain {
	fft := newTransform()
	turn := float32(1)
	if cfg.Noise {
		turn = quieter
	}
	c := &chain{echo: cfg.Echo, low: highpass(rumble, rate), fft: fft, suppressor: newSuppressor(fft, turn)}
	if cfg.Echo {
		c.reference, c.canceller, c.finder, c.drift = newReference(), newCanceller(fft), newFinder(), &drift{}
		c.drift.forget(&c.canceller.weight)
	}
	if cfg.Gain {
		c.gain = newGain()
	}
	return c
}

// process treats a block of the microphone in place; it comes out one block late. It returns the gain for what is above 8 kHz.
func (c *chain) process(block *[hop]float32) float32 {
	for i, v := range block {
		c.mic[i] = c.low.next(v)
	}
	c.micSharp.block(&c.mic, &c.mic)
	c.left = c.mic
	if c.echo {
		c.cancel()
	}
	c.suppressor.process(&c.left, &c.estimate, block)
	c.flat.block(block)
	above := c.suppressor.above()
	if c.gain != nil {
		above *= c.gain.process(block, c.suppressor.talking())
	}
	return above
}

// cancel takes the echo off the block of the microphone.
func (c *chain) cancel() {
	if closer := c.reference.take(&c.played, c.drift.pace()); closer != 0 {
		c.canceller.slide(closer)
		c.drift.forget(&c.canceller.weight)
	}
	for i, v := range c.played {
		c.cubed[i] = v * v * v
	}
	c.farSharp.block(&c.played, &c.played)
	c.cubeSharp.block(&c.cubed, &c.cubed)
	c.canceller.process(&c.played, &c.cubed, &c.mic, &c.suppressor.rest.astray, &c.estimate, &c.left)
	c.judge()
	c.drift.next(&c.canceller.weight)
	c.align()
}

// judge measures how much the canceller takes off, and keeps the clocks in step while that is enough to tell.
func (c *chain) judge() {
	var mic, left float32
	for i := range hop {
		mic += c.mic[i] * c.mic[i]
		left += c.left[i] * c.left[i]
	}
	c.micPower += (mic - c.micPower) / 32
	c.leftPower += (left - c.leftPower) / 32
	late := 0.0
	if c.right() {
		late = c.suppressor.rest.late()
	}
	c.drift.lock(late)
}

// right reports whether the filter is the right one.
func (c *chain) right() bool { return works*c.leftPower < c.micPower }

// align moves the filter to where the echo is.
func (c *chain) align() {
	copy(c.recent[:hop], c.recent[hop:])
	copy(c.recent[hop:], c.mic[:])
	c.fft.forward(&c.near, &c.recent)
	delay, sure := c.finder.next(c.canceller.x.ago(0), &c.near)
	to := max(0, delay-ahead)
	at := delay - c.canceller.offset
	if !sure || to == c.canceller.offset || at >= nearEdge && at <= farEdge {
		return
	}
	c.canceller.move(to, c.right())
	c.drift.forget(&c.canceller.weight)
}

func (c *chain) stats() Stats {
	var s Stats
	if c.echo {
		s.Delay = float64(c.finder.best) / 100
		s.Drift = -1e6 * c.drift.fast
		s.Loss = 10 * math.Log10(float64((c.micPower+tiny)/(c.leftPower+tiny)))
	}
	if c.gain != nil {
		s.Gain = 20 * math.Log10(float64(c.gain.now))
	}
	return s
}
