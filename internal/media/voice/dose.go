package voice

import (
	"math"
	"time"
)

// Exposure values of Directive 2003/10/EC, article 3: the daily noise exposure level in dB(A), as a mean over eight hours, from
// which an employer has to act, has to act at once, and that nobody may be exposed to.
const (
	LowerAction = 80
	UpperAction = 85
	Limit       = 87
)

// FullScale is the sound pressure level at the ear that a sine at full scale is taken for, in dB(A). Nothing tells a program how loud a
// headset is set: this one stands for headsets that make no more than 100 dB(A) of programme noise at -10 dB of full scale
// (IEC 62368-1, 10.6.6) and are turned down by 10 dB; speech at its nominal -26 dB then arrives at some 75 dB(A), as
// people set it.
const FullScale = 100

// workday is what a daily exposure is a mean over (ISO 1999).
const workday = 8 * time.Hour

// Dose adds up what the ear gets, A-weighted (IEC 61672-1), for one day after the other. How it is assessed for telephones is in
// ITU-T P.360; as it knows no headset, it is an estimate and no measurement.
type Dose struct {
	weight [3]biquad64
	energy float64 // of the day, in full-scale sines for a second
}

// NewDose returns a Dose of nothing.
func NewDose() *Dose { return &Dose{weight: aWeighting(3 * rate)} }

// Add takes a block that was played.
func (d *Dose) Add(block []int16) {
	const fullSine = 0.5
	var power float64
	for _, v := range block {
		x := float64(v) / 32768
		for i := range d.weight {
			x = d.weight[i].next(x)
		}
		power += x * x
	}
	d.energy += power / fullSine / (3 * rate)
}

// Level is the daily noise exposure level so far, in dB(A): what has been heard as a mean over eight hours. Nothing heard is 0.
func (d *Dose) Level() float64 {
	return max(0, FullScale+10*math.Log10(d.energy/workday.Seconds()+1e-20))
}

// Renew begins another day.
func (d *Dose) Renew() { d.energy = 0 }

// biquad64 is a biquad for poles so near to the unit circle that 32 bits are too few.
type biquad64 struct{ b0, b1, b2, a1, a2, z1, z2 float64 }

func (f *biquad64) next(x float64) float64 {
	y := f.b0*x + f.z1
	f.z1 = f.b1*x - f.a1*y + f.z2
	f.z2 = f.b2*x - f.a2*y
	return y
}

// aWeighting is the filter of IEC 61672-1, appendix E, by the bilinear transform, with 0 dB at 1 kHz. Up to 8 kHz it is
// within 0.7 dB.
func aWeighting(rate float64) [3]biquad64 {
	const f1, f2, f3, f4 = 20.598997, 107.65265, 737.86223, 12194.217
	pole := func(hz float64) float64 {
		w := math.Pi * hz / rate
		return (1 - w) / (1 + w)
	}
	section := func(zero, p, q float64) biquad64 {
		return biquad64{b0: 1, b1: -2 * zero, b2: 1, a1: -p - q, a2: p * q}
	}
	f := [3]biquad64{
		section(1, pole(f1), pole(f1)), section(1, pole(f2), pole(f3)), section(-1, pole(f4), pole(f4)),
	}
	g := 1.0
	for _, s := range f {
		g *= s.at(2 * math.Pi * 1000 / rate)
	}
	f[0].b0, f[0].b1, f[0].b2 = f[0].b0/g, f[0].b1/g, f[0].b2/g
	return f
}

// at is the gain at a frequency in radians per sample.
func (f *biquad64) at(w float64) float64 {
	s1, c1 := math.Sincos(w)
	s2, c2 := math.Sincos(2 * w)
	over := math.Hypot(f.b0+f.b1*c1+f.b2*c2, f.b1*s1+f.b2*s2)
	return over / math.Hypot(1+f.a1*c1+f.a2*c2, f.a1*s1+f.a2*s2)
}
