package voice

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestSplitIsWhole takes 48 kHz apart and puts it together: nothing but time may be missing.
func TestSplitIsWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	s := newSplit()
	in := make([]float32, 20*wide)
	for i := range in {
		in[i] = float32(random.NormFloat64())
	}
	var out []float32
	var late, low [hop]float32
	var block [wide]float32
	for i := 0; i < len(in); i += wide {
		copy(block[:], in[i:])
		s.lower(&low, &block)
		s.join(&block, &low, &late, 1)
		late = low
		out = append(out, block[:]...)
	}
	for i := lag; i < len(out); i++ {
		if d := math.Abs(float64(out[i] - in[i-lag])); d > 1e-5 {
			t.Fatalf("sample %d is off by %g", i, d)
		}
	}
}

// TestSplitBand looks at what arrives at 16 kHz of a sine at 48.
func TestSplitBand(t *testing.T) {
	for _, c := range []struct{ hz, least, most float64 }{
		{100, -0.1, 0.1}, {3400, -0.1, 0.1}, {6500, -0.5, 0.1}, {9500, -200, -48}, {12000, -200, -60}, {20000, -200, -60},
	} {
		s := newSplit()
		var in [wide]float32
		var low [hop]float32
		var before, after float64
		for n := range 50 {
			for i := range in {
				in[i] = float32(math.Sin(2 * math.Pi * c.hz * float64(n*wide+i) / 48000))
			}
			s.lower(&low, &in)
			if n > 5 {
				for _, v := range low {
					after += float64(v) * float64(v) * thrice
				}
				for _, v := range in {
					before += float64(v) * float64(v)
				}
			}
		}
		if d := decibels(after+1e-30, before); d < c.least || d > c.most {
			t.Errorf("%g Hz arrives with %.1f dB, want %g to %g", c.hz, d, c.least, c.most)
		}
	}
}

func TestReferencePace(t *testing.T) {
	for _, fast := range []float64{0, 100e-6, -300e-6} {
		r := newReference()
		sine := func(n float64) float64 { return math.Sin(2 * math.Pi * 1500 / rate * n) }
		var in, out [hop]float32
		got := 0.0
		worst := 0.0
		for n := range 300 {
			for i := range in {
				in[i] = float32(sine(float64(n*hop + i)))
			}
			r.put(&in)
			if n == 0 {
				r.put(&in) // some spare, so that reading faster does not run dry
			}
			at := r.at
			r.take(&out, fast)
			if n < 5 {
				continue
			}
			for i, v := range out {
				want := sine(at + float64(i)*(1+fast) - hop)
				worst = max(worst, math.Abs(float64(v)-want))
				got++
			}
		}
		if worst > 3e-3 {
			t.Errorf("%g: read with an error of %g", fast, worst)
		}
	}
}

// TestReferenceSpare never lets blocks pile up that nobody took, nor reads what was not played.
func TestReferenceSpare(t *testing.T) {
	r := newReference()
	var in, out [hop]float32
	for i := range in {
		in[i] = 1
	}
	r.take(&out, 0)
	if out[10] != 0 {
		t.Fatal("something was heard before anything was played")
	}
	for range 40 {
		r.put(&in)
	}
	for range 40 * watched {
		r.put(&in)
		r.take(&out, 0)
	}
	if ready := float64(r.written) - r.at; ready > 2*hop {
		t.Errorf("%.0f samples are waiting", ready)
	}
	closer := 0
	for range 20 { // now the speaker takes two blocks every other time, after the microphone gave two
		closer += r.take(&out, 0)
		closer += r.take(&out, 0)
		r.put(&in)
		r.put(&in)
	}
	if closer > -1 || closer < -2 {
		t.Errorf("late blocks moved the reading by %d, want -1 or -2", closer)
	}
	for range 3 * rate / hop { // much more than it keeps
		r.put(&in)
	}
	r.take(&out, 0)
	if out[0] < 0.9 || out[hop-1] < 0.9 {
		t.Errorf("what it kept is broken: %v %v", out[0], out[hop-1])
	}
}

func TestFinder(t *testing.T) {
	for _, delay := range []int{0, 7, 23, 48} {
		far := newTalker(4, 130, 1).say(6, -20)
		fft := newTransform()
		f := newFinder()
		x, y := &history{fft: fft}, &history{fft: fft}
		var block [hop]float32
		found, sure := -1, false
		for i := 0; i+hop <= len(far); i += hop {
			for j := range block {
				block[j] = float32(far[i+j])
			}
			x.add(&block)
			for j := range block {
				block[j] = 0
				if k := i + j - delay*hop; k >= 0 {
					block[j] = float32(far[k])
				}
			}
			y.add(&block)
			if d, ok := f.next(x.ago(0), y.ago(0)); ok {
				if sure = true; found >= 0 && d != found {
					t.Errorf("a delay of %d blocks is found as %d after %d", delay, d, found)
				}
				found = d
			}
		}
		if !sure || found != delay {
			t.Errorf("a delay of %d blocks is found as %d, sure %v", delay, found, sure)
		}
	}
}

func TestMoved(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	fft := newTransform()
	for _, by := range []float64{0, 0.3, -0.8, 1.5} {
		var was, now [partitions]spectrum
		for p := range 6 {
			var a [size]float32
			for i := range hop {
				a[i] = float32(random.NormFloat64())
			}
			fft.forward(&was[p], &a)
			for k := range bins {
				s, c := math.Sincos(-2 * math.Pi * float64(k) * by / size)
				now[p].re[k] = was[p].re[k]*float32(c) - was[p].im[k]*float32(s)
				now[p].im[k] = was[p].re[k]*float32(s) + was[p].im[k]*float32(c)
			}
		}
		if later, alike := moved(&was, &now); math.Abs(later-by) > 0.01 || alike < 0.99 {
			t.Errorf("moved by %g, found %g, alike %g", by, later, alike)
		}
	}
}

// TestGain speaks too softly and too loudly.
func TestGain(t *testing.T) {
	for _, c := range []struct{ level, least, most float64 }{{-40, -29, -24}, {-26, -28, -24}, {-14, -28, -21}, {-60, -44, -41}} {
		g := newGain()
		voice := newTalker(5, 120, 1).say(20, c.level)
		var late, peak float64
		var block [hop]float32
		for i := 0; i+hop <= len(voice); i += hop {
			for j := range block {
				block[j] = float32(voice[i+j])
			}
			g.process(&block, true)
			for _, v := range block {
				if i > 12*rate {
					late += float64(v) * float64(v) / (8 * rate)
				}
				peak = max(peak, math.Abs(float64(v)))
			}
		}
		if d := decibels(late, 1); d < c.least || d > c.most {
			t.Errorf("speech at %g dB comes out at %.1f dB, want %g to %g", c.level, d, c.least, c.most)
		}
		if peak > headroom+1e-3 {
			t.Errorf("speech at %g dB peaks at %g", c.level, peak)
		}
	}
}

func TestGainLeavesSilence(t *testing.T) {
	g := newGain()
	var block [hop]float32
	for range 1000 {
		g.process(&block, false)
	}
	if g.now != 1 {
		t.Errorf("gain is %g after silence", g.now)
	}
}

func TestLimiter(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	l := NewLimiter(48, 0.5)
	x, whole := make([]float32, 48*700), make([]float32, 48*700)
	for i := range x {
		x[i] = 0.3 * float32(math.Sin(float64(i)*0.05))
		if i/4800 == 2 {
			x[i] *= 4 * random.Float32()
		}
	}
	copy(whole, x)
	least := l.Process(x)
	for i, v := range x {
		if v > 0.5 || v < -0.5 {
			t.Fatalf("sample %d is %g", i, v)
		}
		if i > 48 && i < 2*4800-48 && v != whole[i-48] {
			t.Fatalf("sample %d was below the ceiling and is changed", i)
		}
	}
	if least > 0.5 || least < 0.4 {
		t.Errorf("least gain is %g, want 0.42", least)
	}
	if end := x[len(x)-1]; math.Abs(float64(end-whole[len(whole)-49])) > 0.02 {
		t.Errorf("the gain has not come back: %g", end)
	}
}
