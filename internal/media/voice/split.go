package voice

import "math"

// The constants of a split.
const (
	thrice    = 3           // 48 kHz is so many times 16
	splitTaps = 24 * thrice // of the filter between the two rates: 8 kHz is its edge, 6.5 kHz is whole, 9.5 kHz is 50 dB down
	perPhase  = splitTaps / thrice
	wide      = thrice * hop
	lag       = splitTaps - 1 + wide // samples at 48 kHz from in to out: the filters' way down and up, and a block
)

// split takes 48 kHz apart into the band below 8 kHz, at 16 kHz, where voices are and echo is cancelled, and the rest, which is
// the sound less that band. Put together unchanged they are the sound again, late by lag: nothing is lost to the filters.
type split struct {
	taps   [splitTaps]float32
	phases [thrice][perPhase]float32 // of the way up
	down   [splitTaps + wide]float32
	up     [perPhase + hop]float32
	past   [lag + wide]float32
	low    [hop]float32 // the low band a block ago
	gain   float32      // of the rest, a block ago
}

func newSplit() *split {
	s := &split{gain: 1}
	s.taps = lowpass()
	for i, h := range s.taps {
		s.phases[i%thrice][perPhase-1-i/thrice] = thrice * h
	}
	return s
}

// lowpass is a third of the band through a Blackman window.
func lowpass() (taps [splitTaps]float32) {
	var sum float64
	for i := range taps {
		x := float64(i) - (splitTaps-1)/2.
		r := 2 * x / (splitTaps + 1)
		h := math.Sin(math.Pi*x/thrice) / (math.Pi * x) * (0.42 + 0.5*math.Cos(math.Pi*r) + 0.08*math.Cos(2*math.Pi*r))
		taps[i] = float32(h)
		sum += h
	}
	for i := range taps {
		taps[i] /= float32(sum)
	}
	return taps
}

// lower writes a block of 48 kHz at 16 kHz.
func (s *split) lower(out *[hop]float32, in *[wide]float32) {
	copy(s.down[splitTaps:], in[:])
	for i := range out {
		out[i] = dot(s.taps[:], s.down[thrice*(i+1):thrice*(i+1)+splitTaps])
	}
	copy(s.down[:splitTaps], s.down[wide:])
}

// join makes 48 kHz of the low band before and after its treatment, which makes it a block late, and of the sound; the rest gets a gain.
func (s *split) join(block *[wide]float32, before, after *[hop]float32, gain float32) {
	copy(s.past[lag:], block[:])
	g, step := s.gain, (gain-s.gain)/hop
	for i := range after {
		g += step
		s.up[perPhase+i] = after[i] - g*s.low[i]
	}
	g, step = s.gain, step/thrice
	for i := range after {
		window := s.up[i+1 : i+1+perPhase]
		for p := range s.phases {
			g += step
			block[thrice*i+p] = dot(s.phases[p][:], window) + g*s.past[thrice*i+p]
		}
	}
	s.low, s.gain = *before, gain
	copy(s.up[:perPhase], s.up[hop:])
	copy(s.past[:lag], s.past[wide:])
}

// dot is the sum of products; the length is a multiple of four.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(a) >= 4 && len(b) >= 4 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	return s0 + s1 + s2 + s3
}
