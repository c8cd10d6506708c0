package voice

import "math"

// biquad is a filter of second order, in the transposed direct form.
type biquad struct{ b0, b1, b2, a1, a2, z1, z2 float32 }

func (f *biquad) next(x float32) float32 {
	y := f.b0*x + f.z1
	f.z1 = f.b1*x - f.a1*y + f.z2
	f.z2 = f.b2*x - f.a2*y
	return y
}

// highpass is Butterworth's, 3 dB down at so many Hertz.
func highpass(hz, rate float64) biquad {
	w := math.Tan(math.Pi * hz / rate)
	n := 1 / (1 + math.Sqrt2*w + w*w)
	return biquad{
		b0: float32(n), b1: float32(-2 * n), b2: float32(n),
		a1: float32(2 * (w*w - 1) * n), a2: float32((1 - math.Sqrt2*w + w*w) * n),
	}
}

// sharpen is x(n) - emphasis*x(n-1), so that low tones do not hide the high ones; flatten undoes it.
type sharpen struct{ last float32 }

func (s *sharpen) block(out, in *[hop]float32) {
	last := s.last
	for i, v := range in {
		out[i] = v - emphasis*last
		last = v
	}
	s.last = last
}

type flatten struct{ last float32 }

func (f *flatten) block(b *[hop]float32) {
	last := f.last
	for i, v := range b {
		last = v + emphasis*last
		b[i] = last
	}
	f.last = last
}
