package voice

import "math"

// The suppressor's constants.
const (
	caution  = 3.3  // times the expected rest of the echo is taken off
	patience = 0.9  // of the share of the near end from block to block (decision-directed, Ephraim and Malah 1984)
	quieter  = 0.25 // what noise is turned down to, amplitude
	faint    = 1e-3 // power over the speech band that is no talk yet: some -60 dB of full scale
)

// suppressor takes off what the canceller leaves of the echo, and noise, frequency by frequency, and puts the room's own noise in the
// place of what it took, so that nobody hears the line go dead. Its output is 10 ms late.
type suppressor struct {
	fft       *transform
	window    [size]float32 // root of a Hann window
	left      [size]float32 // the latest two blocks
	echo      [size]float32
	frame     [size]float32
	tail      [hop]float32 // of the last frame, to be added to the next
	e, y      spectrum
	power     [bins]float32 // of e
	whole     [bins]float32 // of e and the echo together, as the microphone has them
	rest      rest
	noise     noise
	clean     [bins]float32 // power of what the last block let through
	gain      [bins]float32 // of this block
	random    uint32
	turnNoise float32 // gain of noise alone; 1 leaves it
}

func newSuppressor(fft *transform, turnNoise float32) *suppressor {
	s := &suppressor{fft: fft, random: 1, turnNoise: turnNoise, rest: newRest(), noise: newNoise()}
	for i := range s.window {
		s.window[i] = float32(math.Sin(math.Pi * (float64(i) + 0.5) / size))
	}
	return s
}

// process takes what the canceller left and the echo it found, and writes the sound of the block before.
func (s *suppressor) process(left, echo, out *[hop]float32) {
	s.analyse(&s.e, &s.left, left)
	s.analyse(&s.y, &s.echo, echo)
	for k := range bins {
		s.power[k] = s.e.re[k]*s.e.re[k] + s.e.im[k]*s.e.im[k]
		re, im := s.e.re[k]+s.y.re[k], s.e.im[k]+s.y.im[k]
		s.whole[k] = re*re + im*im
	}
	s.rest.follow(&s.e, &s.y, &s.power, &s.noise.power)
	s.noise.follow(&s.power, &s.rest.power)
	for k := range bins {
		s.treat(k)
	}
	s.fft.inverse(&s.frame, &s.e)
	for i := range hop {
		out[i] = s.tail[i] + s.frame[i]*s.window[i]
		s.tail[i] = s.frame[hop+i] * s.window[hop+i]
	}
}

// analyse appends a block to the latest and writes the spectrum of both.
func (s *suppressor) analyse(to *spectrum, latest *[size]float32, block *[hop]float32) {
	copy(latest[:hop], latest[hop:])
	copy(latest[hop:], block[:])
	for i, v := range latest {
		s.frame[i] = v * s.window[i]
	}
	s.fft.forward(to, &s.frame)
}

// treat turns one frequency down as far as it is no near end: a Wiener filter whose floor is the room's noise.
func (s *suppressor) treat(k int) {
	echo, noise := caution*s.rest.power[k], s.noise.power[k]
	unwanted := echo + tiny
	if s.turnNoise < 1 {
		unwanted += noise
	}
	ratio := patience*s.clean[k]/unwanted + (1-patience)*max(0, s.power[k]/unwanted-1)
	gain := ratio / (1 + ratio)
	s.clean[k] = gain * gain * s.power[k]
	floor := s.turnNoise * s.turnNoise * noise
	share := noise / (noise + echo + tiny)
	if gain*gain >= s.turnNoise*s.turnNoise*share {
		s.gain[k] = gain
		s.e.re[k] *= gain
		s.e.im[k] *= gain
		return
	}
	gain = s.turnNoise * root32(share)
	comfort := root32(floor * (1 - share))
	s.gain[k] = gain
	s.e.re[k] = gain*s.e.re[k] + comfort*s.chance()
	s.e.im[k] = gain*s.e.im[k] + comfort*s.chance()
}

// chance is an even random number whose square is 1/2 in the mean.
func (s *suppressor) chance() float32 {
	s.random = s.random*1664525 + 1013904223
	return float32(int32(s.random)) * (1.2247449 / (1 << 31))
}

// talking reports whether there is speech in the latest block: between 300 and 3400 Hz, well above the noise.
func (s *suppressor) talking() bool {
	var speech, noise float32
	for k := 6; k <= 68; k++ {
		speech += s.clean[k]
		noise += s.noise.power[k]
	}
	return speech > 6*noise && speech > faint
}

// above is the gain for what no canceller has treated: what is left in the upper half of this band of what the microphone had there.
func (s *suppressor) above() float32 {
	var before, after float32
	for k := bins / 2; k < bins; k++ {
		before += s.whole[k]
		after += s.gain[k] * s.gain[k] * s.power[k]
	}
	return min(1, root32(after/(before+tiny)))
}

func root32(v float32) float32 { return float32(math.Sqrt(float64(v))) }
