package voice

import (
	"math"
	"math/rand/v2"
)

// scene is a desk: a loudspeaker, a room, a microphone, noise, and who talks when. Everything is at 16 kHz.
type scene struct {
	seed    uint64
	seconds float64
	nearAt  float64    // when the near end begins to talk; 0: never
	silent  [2]float64 // from when to when the far end says nothing
	delay   float64    // s, from playing to the first sound in the microphone
	drive   float64    // of the loudspeaker's tanh
	noise   float64    // dB below the echo
	drift   float64    // by which the microphone's clock is faster
	change  float64    // when the room becomes another one; 0: never
	same    bool       // the room
	jump    float64    // s, by which the delay grows then
	echo    float64    // dB, level of the echo below full scale
	gain    float64    // of microphone, before it clips
}

// desk is the scene of most tests: 35 ms of delay, 120 ms of room, a loudspeaker that saturates, noise 38.5 dB below the echo, the near
// end from the 16th second on, 4 dB below the echo.
func desk() scene {
	return scene{seed: 1, seconds: 32, nearAt: 16, delay: 0.035, drive: 0.75, noise: 38.5, echo: 26}
}

// take is what a scene sounds like.
type take struct{ far, near, echo, mic []float64 }

func (s scene) record() take {
	random := rand.New(rand.NewPCG(s.seed, 1))
	n := int(s.seconds * rate)
	far := newTalker(s.seed, 110, 1).say(s.seconds, -20)
	clear(far[int(s.silent[0]*rate):int(s.silent[1]*rate)])
	spoken := make([]float64, n)
	for i, v := range far {
		spoken[i] = v
		if s.drive > 0 {
			spoken[i] = math.Tanh(s.drive*v) / s.drive
		}
	}
	if s.drift != 0 {
		spoken = stretched(spoken, 1/(1+s.drift))
	}
	echo := make([]float64, n)
	end := n
	if s.change > 0 {
		end = int(s.change * rate)
		r := rand.New(rand.NewPCG(s.seed, 2))
		if s.same {
			r = rand.New(rand.NewPCG(s.seed, 1))
		}
		convolve(echo[end:], spoken, roomResponse(r, s.delay+s.jump), end)
	}
	convolve(echo[:end], spoken, roomResponse(rand.New(rand.NewPCG(s.seed, 1)), s.delay), 0)
	by := math.Pow(10, -s.echo/20) / math.Sqrt(meanPower(echo))
	scale(echo, by)
	t := take{far: far, echo: echo, near: make([]float64, n), mic: make([]float64, n)}
	if s.nearAt > 0 {
		from := int(s.nearAt * rate)
		near := newTalker(s.seed+100, 190, 0.87).say(s.seconds-s.nearAt, -s.echo-4)
		copy(t.near[from:], near)
	}
	hiss := math.Pow(10, -(s.echo+s.noise)/20)
	for i := range t.mic {
		t.mic[i] = echo[i] + t.near[i] + hiss*random.NormFloat64()
		if s.gain > 0 {
			t.mic[i] = max(-1, min(1, s.gain*t.mic[i]))
		}
	}
	return t
}

// roomResponse decays by 60 dB within 120 ms.
func roomResponse(random *rand.Rand, delay float64) []float64 {
	skip, n := int(delay*rate), int(0.12*rate)
	h := make([]float64, skip+n)
	for i := range n {
		h[skip+i] = random.NormFloat64() * math.Exp(-6.9*float64(i)/float64(n))
	}
	return h
}

// convolve writes the samples of x*h from the given one on, a whole block, in blocks.
func convolve(out, x, h []float64, from int) {
	fft := newTransform()
	parts := make([]spectrum, (len(h)+hop-1)/hop)
	for p := range parts {
		var frame [size]float32
		for i := 0; i < hop && p*hop+i < len(h); i++ {
			frame[i] = float32(h[p*hop+i])
		}
		fft.forward(&parts[p], &frame)
	}
	past := &history{fft: fft}
	for i := 0; i+hop <= from+len(out); i += hop {
		var block [hop]float32
		for j := range block {
			block[j] = float32(x[i+j])
		}
		past.add(&block)
		if i < from {
			continue
		}
		var y spectrum
		for p := range parts {
			a, b := past.ago(p), &parts[p]
			for k := range bins {
				y.re[k] += a.re[k]*b.re[k] - a.im[k]*b.im[k]
				y.im[k] += a.re[k]*b.im[k] + a.im[k]*b.re[k]
			}
		}
		var frame [size]float32
		fft.inverse(&frame, &y)
		for j := range hop {
			out[i-from+j] = float64(frame[hop+j])
		}
	}
}

// stretched reads x with another step.
func stretched(x []float64, step float64) []float64 {
	const reach = 24
	out := make([]float64, len(x))
	for i := range out {
		at := float64(i) * step
		whole := int(at)
		for j := max(0, whole-reach+1); j <= min(len(x)-1, whole+reach); j++ {
			d := at - float64(j)
			h := 1.0
			if math.Abs(d) > 1e-9 {
				h = math.Sin(math.Pi*d) / (math.Pi * d)
			}
			out[i] += x[j] * h * (0.5 + 0.5*math.Cos(math.Pi*d/(reach+1)))
		}
	}
	return out
}

// play sends a take through a chain, block by block, and returns what comes out in time with what went in.
func (t take) play(c *chain) []float64 {
	out := make([]float64, 0, len(t.mic)+hop)
	var played, block [hop]float32
	for i := 0; i+hop <= len(t.mic)+hop; i += hop {
		for j := range hop {
			played[j], block[j] = 0, 0
			if i+j < len(t.mic) {
				played[j], block[j] = sample(t.far[i+j]), sample(t.mic[i+j])
			}
		}
		if c.echo {
			c.reference.put(&played)
		}
		c.process(&block)
		for _, v := range block {
			out = append(out, float64(v))
		}
	}
	return out[hop:]
}

// sample is v as 16 bits have it.
func sample(v float64) float32 {
	return float32(math.Round(32767*max(-1, min(1, v))) / 32768)
}

// loss is the echo loss between two times, in dB.
func (t take) loss(out []float64, from, to float64) float64 {
	i, j := int(from*rate), int(to*rate)
	return decibels(meanPower(t.mic[i:j]), meanPower(out[i:j]))
}

// likeness is the correlation of what comes out with the clean near end.
func (t take) likeness(out []float64, from, to float64) float64 {
	i, j := int(from*rate), int(to*rate)
	var xy, xx, yy float64
	for k := i; k < j; k++ {
		xy += out[k] * t.near[k]
		xx += out[k] * out[k]
		yy += t.near[k] * t.near[k]
	}
	return xy / math.Sqrt(xx*yy)
}
