package voice

import (
	"math"
	"math/rand/v2"
)

// talker is somebody who talks without saying anything: syllables of hisses and vowels with pauses, at 16 kHz.
type talker struct {
	random  *rand.Rand
	pitch   float64 // Hz, in the mean
	tract   float64 // length of the vocal tract, 1 for a tall person
	phase   float64
	breath  float64
	formant [5]resonator
	hiss    [2]resonator
}

// resonator is a formant.
type resonator struct{ a, b, c, y1, y2 float64 }

func (r *resonator) tune(hz, width float64) {
	r.c = -math.Exp(-2 * math.Pi * width / rate)
	r.b = 2 * math.Exp(-math.Pi*width/rate) * math.Cos(2*math.Pi*hz/rate)
	r.a = 1 - r.b - r.c
}

func (r *resonator) next(x float64) float64 {
	y := r.a*x + r.b*r.y1 + r.c*r.y2
	r.y2, r.y1 = r.y1, y
	return y
}

func newTalker(seed uint64, pitch, tract float64) *talker {
	return &talker{random: rand.New(rand.NewPCG(seed, 7)), pitch: pitch, tract: tract}
}

// say returns so many seconds of talk of a level, in dB below full scale (RMS, pauses included).
func (t *talker) say(seconds float64, level float64) []float64 {
	n := int(seconds * rate)
	var out []float64
	for len(out) < n {
		rise := 0.9 + 0.2*t.random.Float64()
		for syllables := 5 + t.random.IntN(8); syllables > 0; syllables-- {
			out = t.syllable(out, rise)
			rise *= 0.98
		}
		out = append(out, make([]float64, int((0.15+0.35*t.random.Float64())*rate))...)
	}
	out = out[:n]
	scaleTo(out, -20)
	for i, v := range out {
		out[i] = 0.9 * math.Tanh(v/0.9) // no throat is louder than nine times its mean
	}
	out = banded(out)
	scaleTo(out, level)
	return out
}

// banded takes off what is above 7 kHz, as what brings sound from 48 to 16 kHz does.
func banded(x []float64) []float64 {
	const reach = 32
	var h [2*reach + 1]float64
	for i := range h {
		d := float64(i - reach)
		h[i] = 0.875
		if d != 0 {
			h[i] = math.Sin(math.Pi*0.875*d) / (math.Pi * d)
		}
		h[i] *= 0.5 + 0.5*math.Cos(math.Pi*d/(reach+1))
	}
	out := make([]float64, len(x))
	for i := range out {
		for j := max(0, i-reach); j <= min(len(x)-1, i+reach); j++ {
			out[i] += x[j] * h[j-i+reach]
		}
	}
	return out
}

// syllable appends a consonant and a vowel.
func (t *talker) syllable(out []float64, rise float64) []float64 {
	if t.random.Float64() < 0.6 {
		length := int((0.04 + 0.08*t.random.Float64()) * rate)
		t.hiss[0].tune(2500+3500*t.random.Float64(), 1500)
		t.hiss[1].tune(5500+1500*t.random.Float64(), 2500)
		loud := 0.3 + 0.7*t.random.Float64()
		for i := range length {
			x := t.random.NormFloat64() * math.Sin(math.Pi*float64(i)/float64(length))
			out = append(out, 0.12*loud*(t.hiss[0].next(x)+t.hiss[1].next(x)))
		}
	}
	vowels := [][3]float64{{730, 1090, 2440}, {270, 2290, 3010}, {530, 1840, 2480}, {570, 840, 2410}, {300, 870, 2240}, {660, 1720, 2410}, {490, 1350, 1690}}
	from, to := vowels[t.random.IntN(len(vowels))], vowels[t.random.IntN(len(vowels))]
	length := int((0.08 + 0.17*t.random.Float64()) * rate)
	loud := 0.4 + 0.6*t.random.Float64()
	for i := range length {
		at := float64(i) / float64(length)
		if i%16 == 0 {
			for f := range 3 {
				t.formant[f].tune((from[f]+(to[f]-from[f])*at)/t.tract, []float64{60, 90, 130}[f])
			}
			t.formant[3].tune(3500/t.tract, 250)
			t.formant[4].tune(4600/t.tract, 400)
		}
		env := math.Min(1, math.Min(float64(i), float64(length-i))/(0.02*rate))
		out = append(out, loud*env*t.vowel(rise*(1+0.1*math.Sin(2.5*at))))
	}
	return out
}

// vowel is the next sample: pulses of the glottis and a little breath through the formants.
func (t *talker) vowel(rise float64) float64 {
	t.phase += t.pitch * rise * (1 + 0.01*t.random.NormFloat64()) / rate
	if t.phase >= 1 {
		t.phase--
	}
	flow := 0.0
	switch p := t.phase; {
	case p < 0.4:
		flow = 0.5 * (1 - math.Cos(math.Pi*p/0.4))
	case p < 0.56:
		flow = math.Cos(math.Pi / 2 * (p - 0.4) / 0.16)
	}
	x := flow - t.breath
	t.breath = flow
	x += 0.02 * t.random.NormFloat64()
	y := 0.0
	sign := 1.0
	for f := range t.formant {
		y += sign * []float64{1, 0.7, 0.5, 0.3, 0.2}[f] * t.formant[f].next(x)
		sign = -sign
	}
	return y
}

// scaleTo brings x to a level in dB.
func scaleTo(x []float64, level float64) {
	scale(x, math.Pow(10, level/20)/math.Sqrt(meanPower(x)))
}

func scale(x []float64, by float64) {
	for i := range x {
		x[i] *= by
	}
}

func meanPower(x []float64) float64 {
	sum := 1e-30
	for _, v := range x {
		sum += v * v
	}
	return sum / float64(len(x))
}

// decibels is the ratio of two powers in dB.
func decibels(a, b float64) float64 { return 10 * math.Log10(a/b) }
