package jitter

import "math"

// The shape of concealment: as loud as it was for 20 ms, then softer, gone after 80 ms.
const (
	fullMS = 20
	goneMS = 80
)

// extension goes on with a voice: its last pitch period, as the residual of linear prediction, is repeated and shaped by the
// vocal tract found in the last 30 ms. What has no pitch goes on as noise of its colour.
type extension struct {
	rate   int
	order  int
	a      [maxOrder + 1]float32 // the prediction filter, a[0] is 1
	period []float32             // residual of one pitch period
	noise  float32               // level of the noise in it
	voiced float32               // share of the period, 0 to 1
	phase  int
	memory [maxOrder]float32 // latest samples made, newest first
	random uint32
	work   []float32
}

const maxOrder = 18

func newExtension(rate int) *extension {
	order := 12
	if rate > 8000 {
		order = maxOrder
	}
	return &extension{
		rate: rate, order: order, random: 1,
		period: make([]float32, 0, rate*maxPitchMS/1000), work: make([]float32, rate*30/1000),
	}
}

// begin takes the sound to go on with, at least 10 ms of it.
func (x *extension) begin(past []float32) {
	lag, likeness := pitch(past, x.rate)
	x.predict(past[max(0, len(past)-len(x.work)):])
	x.voiced = min(1, max(0, (likeness-0.3)/0.4))
	lag = min(lag, len(past)-x.order)
	x.period = x.period[:lag]
	var energy float32
	for i := range x.period {
		x.period[i] = x.residual(past, len(past)-lag+i)
		energy += x.period[i] * x.period[i]
	}
	// A uniform variable has a third of the energy of its range. Noise is kept softer than what it stands for.
	rest := 1 - x.voiced*x.voiced
	x.noise = 0.4 * float32(math.Sqrt(float64(3*rest*energy)/float64(lag)))
	x.phase = 0
	for i := range x.order {
		x.memory[i] = past[len(past)-1-i]
	}
}

func (x *extension) residual(past []float32, at int) float32 {
	sum := past[at]
	for j := 1; j <= x.order && j <= at; j++ {
		sum += x.a[j] * past[at-j]
	}
	return sum
}

// next writes how the sound goes on into out.
func (x *extension) next(out []float32) {
	for i := range out {
		x.random = x.random*1664525 + 1013904223
		v := x.voiced*x.period[x.phase] + x.noise*float32(int32(x.random))/(1<<31)
		for j := range x.order {
			v -= x.a[j+1] * x.memory[j]
		}
		v = min(max(v, -1<<16), 1<<16)
		copy(x.memory[1:x.order], x.memory[:x.order-1])
		x.memory[0], out[i] = v, v
		if x.phase++; x.phase == len(x.period) {
			x.phase = 0
		}
	}
}

// predict finds the prediction filter (autocorrelation method, Levinson and Durbin). The window leans on the newest sound.
func (x *extension) predict(past []float32) {
	n := len(past)
	top := float64(n) * 0.85
	for i, s := range past {
		at := float64(i) + 0.5
		w := 0.5 - 0.5*math.Cos(math.Pi*at/top)
		if at > top {
			w = math.Cos(math.Pi / 2 * (at - top) / (float64(n) - top))
		}
		x.work[i] = s * float32(w)
	}
	var r [maxOrder + 1]float64
	for k := range x.order + 1 {
		f := 2 * math.Pi * 20 * float64(k) / 8000 // smooths the spectrum by 20 Hz at 8 kHz
		r[k] = float64(product(x.work[k:n], x.work[:n-k])) * math.Exp(-0.5*f*f)
	}
	r[0] = r[0]*1.0001 + 1
	x.solve(r[:x.order+1])
}

func (x *extension) solve(r []float64) {
	var a [maxOrder + 1]float64
	a[0] = 1
	left := r[0]
	for i := 1; i < len(r); i++ {
		acc := 0.0
		for j := range i {
			acc += a[j] * r[i-j]
		}
		k := -acc / left
		before := a
		for j := 1; j <= i; j++ {
			a[j] = before[j] + k*before[i-j]
		}
		left *= 1 - k*k
	}
	damp := 1.0
	for i := range r {
		x.a[i] = float32(a[i] * damp)
		damp *= 0.997
	}
}

const maxPitchMS = 15

// pitch is the lag from 2.5 to 15 ms at which the newest sound looks most like itself, and how much, -1 to 1. Of lags that
// are nearly as good the shortest is taken: a multiple of the pitch is no pitch.
func pitch(past []float32, rate int) (lag int, likeness float32) {
	low, high := rate/400, rate*maxPitchMS/1000
	high = min(high, len(past)-rate/200)
	var scores [16000*maxPitchMS/1000 + 2]float32
	best := float32(-1)
	lag = high
	for at := low; at <= high; at++ {
		window := min(rate/50, len(past)-at)
		tail := past[len(past)-window:]
		earlier := past[len(past)-window-at : len(past)-at]
		cross, own := product(tail, earlier), product(tail, tail)*product(earlier, earlier)
		scores[at] = cross / float32(math.Sqrt(float64(own)+1))
		if scores[at] > best {
			best, lag = scores[at], at
		}
	}
	for at := low + 1; at < lag; at++ {
		peak := scores[at] >= scores[at-1] && scores[at] >= scores[at+1]
		times := (lag + at/2) / at
		if off := lag - times*at; peak && scores[at] > 0.9*best && off <= times+1 && off >= -times-1 {
			return at, best
		}
	}
	return lag, best
}

// product is the sum of products of two slices of one length.
func product(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(a) >= 4 && len(b) >= 4 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	for i := range min(len(a), len(b)) {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}
