package media

import "math"

// tapsPerPhase gives filters of 240 taps between 8 and 48 kHz: flat to 3.4 kHz, 80 dB down from 4.6 kHz, 2.5 ms of delay.
// Between 16 and 48 kHz they have 120 taps, and twice the band and half the delay.
const tapsPerPhase = 40

// lowpass designs a windowed-sinc filter (Kaiser, about 80 dB) of factor*tapsPerPhase taps that passes the lower
// 1/factor of the band.
func lowpass(factor int) []float32 {
	const beta = 7.857
	n := factor * tapsPerPhase
	taps := make([]float32, n)
	var sum float64
	h := make([]float64, n)
	for i := range h {
		x := float64(i) - float64(n-1)/2
		arg := math.Pi * x / float64(factor)
		r := 2 * x / float64(n-1)
		h[i] = math.Sin(arg) / arg * bessel(beta*math.Sqrt(1-r*r))
		sum += h[i]
	}
	for i := range h {
		taps[i] = float32(h[i] / sum)
	}
	return taps
}

// bessel is the modified Bessel function of order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-12; k++ {
		term *= x * x / (4 * k * k)
		sum += term
	}
	return sum
}

// decimator lowers the sample rate by a whole factor; by 1 it changes nothing.
type decimator struct {
	factor int
	taps   []float32
	past   []float32 // the latest len(taps) samples, then room for a block
}

func newDecimator(factor, block int) *decimator {
	taps := lowpass(factor)
	return &decimator{factor: factor, taps: taps, past: make([]float32, len(taps)+block)}
}

// process appends to dst one sample for every factor samples of in, whose length is the block given to newDecimator.
func (d *decimator) process(dst, in []int16) []int16 {
	if d.factor == 1 {
		return append(dst, in...)
	}
	n := len(d.taps)
	for i, s := range in {
		d.past[n+i] = float32(s)
	}
	for i := d.factor; i <= len(in); i += d.factor {
		dst = append(dst, round(dot(d.taps, d.past[i:i+n]))) // the taps are symmetric
	}
	copy(d.past, d.past[len(in):])
	return dst
}

// interpolator raises the sample rate by a whole factor; by 1 it changes nothing.
type interpolator struct {
	factor int
	phases [][]float32 // per phase the taps, oldest sample first
	past   []float32
}

func newInterpolator(factor, block int) *interpolator {
	taps := lowpass(factor)
	u := &interpolator{factor: factor, past: make([]float32, tapsPerPhase+block)}
	for p := range factor {
		phase := make([]float32, tapsPerPhase)
		for k := range phase {
			phase[tapsPerPhase-1-k] = taps[k*factor+p] * float32(factor)
		}
		u.phases = append(u.phases, phase)
	}
	return u
}

// process writes len(in)*factor samples to out; len(in) is the block given to newInterpolator.
func (u *interpolator) process(out, in []int16) {
	if u.factor == 1 {
		copy(out, in)
		return
	}
	for i, s := range in {
		u.past[tapsPerPhase+i] = float32(s)
	}
	for i := range in {
		window := u.past[i+1 : i+1+tapsPerPhase]
		for p, phase := range u.phases {
			out[i*u.factor+p] = round(dot(phase, window))
		}
	}
	copy(u.past, u.past[len(in):])
}

// dot is the sum of products of two slices of one length, a multiple of four. Four sums side by side keep the processor's
// adders busy.
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

// round makes a sample of a number, saturating.
func round(v float32) int16 {
	switch {
	case v >= math.MaxInt16:
		return math.MaxInt16
	case v <= math.MinInt16:
		return math.MinInt16
	case v < 0:
		return int16(v - 0.5)
	}
	return int16(v + 0.5)
}

// peak is the largest absolute sample, 0 to 1.
func peak(p []int16) float32 {
	most := 0
	for _, s := range p {
		most = max(most, int(s), -int(s))
	}
	return min(1, float32(most)/math.MaxInt16)
}
