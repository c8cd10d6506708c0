package jitter

import "math"

// pacer makes sound a pitch period longer or shorter without a click (waveform similarity overlap-add).
type pacer struct {
	rate  int
	thin  int       // samples per one of work
	work  []float32 // the sound at about 8 kHz, where the pitch is looked for
	fresh []int16
}

func newPacer(rate int) *pacer {
	return &pacer{rate: rate, thin: max(1, rate/8000), work: make([]float32, 0, 400), fresh: make([]int16, rate*maxPitchMS/1000)}
}

// shortest and longest piece in samples that is taken out or put in.
func (p *pacer) shortest() int { return p.rate / 400 }
func (p *pacer) longest() int  { return p.rate * maxPitchMS / 1000 }

// like finds the lag of at most most samples at which what follows place at looks most like itself, how much it does, and the
// mean magnitude there. Room must be there for two lags.
func (p *pacer) like(pcm []int16, most int) (lag int, likeness, level float32) {
	p.work = p.work[:0]
	for i := 0; i+p.thin <= len(pcm) && len(p.work) < cap(p.work); i += p.thin {
		sum := 0
		for _, s := range pcm[i : i+p.thin] {
			sum += int(s)
		}
		v := float32(sum) / float32(p.thin)
		p.work = append(p.work, v)
		level += max(v, -v)
	}
	level /= float32(max(1, len(p.work)))
	low, high := p.shortest()/p.thin, min(most, p.longest())/p.thin
	likeness = -1
	for at := low; at <= high && 2*at <= len(p.work); at++ {
		a, b := p.work[:at], p.work[at:2*at]
		s := product(a, b) / float32(math.Sqrt(float64(product(a, a)*product(b, b))+1))
		if s > likeness {
			likeness, lag = s, at
		}
	}
	return p.refine(pcm, lag*p.thin), likeness, level
}

// refine finds the best lag around one found at the lower rate.
func (p *pacer) refine(pcm []int16, lag int) int {
	if p.thin == 1 || lag == 0 {
		return lag
	}
	best, at := float32(-1), lag
	for try := lag - p.thin + 1; try < lag+p.thin; try++ {
		if 2*try > len(pcm) {
			break
		}
		var cross, one, two float32
		for i := 0; i < try; i += 2 {
			a, b := float32(pcm[i]), float32(pcm[try+i])
			cross, one, two = cross+a*b, one+a*a, two+b*b
		}
		if s := cross / float32(math.Sqrt(float64(one*two)+1)); s > best {
			best, at = s, try
		}
	}
	return at
}

// shorten takes lag samples out at place from: what is there runs over into what comes lag samples later.
func (p *pacer) shorten(t *tape, from, lag int) {
	for i := range lag {
		t.pcm[from+i] = over(t.pcm[from+i], t.pcm[from+lag+i], i, lag)
	}
	t.cut(from+lag, lag)
}

// lengthen puts lag samples in at place from+lag: what comes there runs over into what was lag samples earlier.
func (p *pacer) lengthen(t *tape, from, lag int) {
	fresh := p.fresh[:lag]
	for i := range fresh {
		fresh[i] = over(t.pcm[from+lag+i], t.pcm[from+i], i, lag)
	}
	t.widen(from+lag, lag)
	copy(t.pcm[from+lag:], fresh)
}

// over is one sample of a passage from a to b, i of n.
func over(a, b int16, i, n int) int16 { return int16((int(a)*(n-i) + int(b)*i) / n) }
