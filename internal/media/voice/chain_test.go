package voice

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestEcho is the bench that other cancellers were measured on: echo loss once the filter has converged, and how like the clean near
// end comes out while both talk.
func TestEcho(t *testing.T) {
	for seed, least := range map[uint64]float64{1: 44, 2: 42} {
		s := desk()
		s.seed = seed
		k := s.record()
		out := k.play(newChain(Config{Echo: true, Noise: true}))
		loss, like := k.loss(out, 8, 16), k.likeness(out, 17, 31)
		t.Logf("seed %d: echo loss %.1f dB in 0.5-2 s, %.1f in 2-8, %.1f in 8-16; near end alike %.3f, %.3f without treatment",
			seed, k.loss(out, 0.5, 2), k.loss(out, 2, 8), loss, like, k.likeness(k.mic, 17, 31))
		if loss < least {
			t.Errorf("seed %d: echo loss is %.1f dB, want %.0f", seed, loss, least)
		}
		if like < 0.96 {
			t.Errorf("seed %d: near end is alike to %.3f, want 0.96", seed, like)
		}
	}
}

// TestRooms has what happens on real desks.
func TestRooms(t *testing.T) {
	for _, c := range []struct {
		name     string
		set      func(*scene)
		from, to float64 // where the echo loss is looked at
		loss     float64 // dB, at least
		like     float64 // from 15 to 22 s, at least
		drift    float64 // ppm
	}{
		{"another room 130 ms farther", func(s *scene) { s.change, s.jump = 6, 0.13 }, 9, 14, 36, 0.93, 0},
		{"37 ms later, a stall", func(s *scene) { s.change, s.jump, s.same = 6, 0.037, true }, 9, 14, 36, 0.94, 0},
		{"450 ms of delay", func(s *scene) { s.delay = 0.45 }, 4, 14, 40, 0.94, 0},
		{"clocks -200 ppm apart", func(s *scene) { s.drift = -200e-6 }, 8, 14, 40, 0.94, -200},
		{"far end silent for 4 s", func(s *scene) { s.silent = [2]float64{5, 9} }, 9.2, 14, 40, 0.94, 0},
		{"microphone clips", func(s *scene) { s.gain = 4 }, 8, 14, 28, 0.93, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := desk()
			s.seconds, s.nearAt = 22, 14
			c.set(&s)
			k := s.record()
			ch := newChain(Config{Echo: true, Noise: true})
			out := k.play(ch)
			loss, like := k.loss(out, c.from, c.to), k.likeness(out, 15, 21.9)
			t.Logf("echo loss %.1f dB, near end alike %.3f, %+v", loss, like, ch.stats())
			if loss < c.loss {
				t.Errorf("echo loss is %.1f dB, want %.0f", loss, c.loss)
			}
			if like < c.like {
				t.Errorf("near end is alike to %.3f, want %.2f", like, c.like)
			}
			if d := ch.stats().Drift; math.Abs(d-c.drift) > 10 {
				t.Errorf("the clocks are found to be %.0f ppm apart, are %.0f", d, c.drift)
			}
		})
	}
}

// TestNoEcho talks into a headset: nothing of it may be taken away although the far end talks all the time.
func TestNoEcho(t *testing.T) {
	s := desk()
	s.seconds, s.noise, s.nearAt = 20, 30, 2
	k := s.record()
	for i := range k.mic {
		k.mic[i] -= k.echo[i]
	}
	out := k.play(newChain(Config{Echo: true, Noise: true}))
	if like := k.likeness(out, 3, 19); like < 0.97 {
		t.Errorf("near end is alike to %.3f, want 0.97", like)
	}
}

// TestFarEndSilent has the near end talk for long while the far end says nothing: the filter must keep still and the voice whole.
func TestFarEndSilent(t *testing.T) {
	s := desk()
	s.seconds, s.nearAt = 18, 8
	s.silent = [2]float64{8, 17}
	k := s.record()
	out := k.play(newChain(Config{Echo: true, Noise: true}))
	if like := k.likeness(out, 9, 17); like < 0.98 {
		t.Errorf("near end is alike to %.3f while the far end is silent, want 0.98", like)
	}
	if loss := k.loss(out, 9, 17); math.Abs(loss) > 1 {
		t.Errorf("near end is turned down by %.1f dB", loss)
	}
}

// TestNoise turns a fan down, and not who talks over it.
func TestNoise(t *testing.T) {
	s := desk()
	s.seconds, s.nearAt = 14, 4
	k := s.record()
	random := rand.New(rand.NewPCG(3, 3))
	fan := 0.0
	for i := range k.mic {
		fan = 0.9*fan + random.NormFloat64()
		k.mic[i] = k.near[i] + 0.001*fan
	}
	c := newChain(Config{Noise: true})
	out := k.play(c)
	if down := k.loss(out, 1, 4); down < 11 || down > 14 {
		t.Errorf("noise is turned down by %.1f dB, want 12", down)
	}
	if like := k.likeness(out, 5, 13); like < 0.98 {
		t.Errorf("near end is alike to %.3f, want 0.98", like)
	}
}

// FuzzChain sends what no device gives: nothing may stop being a number, and afterwards a voice is a voice.
func FuzzChain(f *testing.F) {
	f.Add(uint64(1), uint8(0))
	f.Add(uint64(2), uint8(255))
	f.Add(uint64(3), uint8(0x5a))
	f.Fuzz(func(t *testing.T, seed uint64, kinds uint8) {
		random := rand.New(rand.NewPCG(seed, 5))
		p := New(Config{Echo: kinds&1 == 0, Noise: kinds&2 == 0, Gain: kinds&4 == 0})
		played, block := make([]int16, Block), make([]int16, Block)
		for n := range 300 {
			wild(random, played, n)
			wild(random, block, n+1)
			for range random.IntN(3) {
				p.Played(played)
			}
			p.Process(block)
			if s := p.Stats(); math.IsNaN(s.Delay + s.Drift + s.Loss + s.Gain) {
				t.Fatalf("block %d: %+v", n, s)
			}
			if c := p.chain; c.canceller != nil && c.canceller.weight[0].re[3] != c.canceller.weight[0].re[3] {
				t.Fatalf("block %d: the filter is no number", n)
			}
		}
		voice := newTalker(1, 120, 1).say(3, -20)
		var in, out float64
		for i := 0; i+hop <= len(voice); i += hop {
			for j := range block {
				block[j] = int16(20000 * voice[i+j/thrice])
			}
			clear(played)
			p.Played(played)
			before := power(block)
			p.Process(block)
			if i > 2*rate {
				in, out = in+before, out+power(block)
			}
		}
		if d := decibels(out, in); math.IsNaN(d) || d < -20 || d > 25 {
			t.Errorf("a voice afterwards is changed by %.1f dB", d)
		}
	})
}

func power(p []int16) float64 {
	var sum float64
	for _, v := range p {
		sum += float64(v) * float64(v)
	}
	return sum
}

// wild is a block of one kind or another.
func wild(random *rand.Rand, p []int16, n int) {
	switch random.IntN(6) {
	case 0:
		clear(p)
	case 1:
		for i := range p {
			p[i] = 32767
		}
	case 2:
		for i := range p {
			p[i] = int16(-32768 + 65535*(i&1))
		}
	case 3:
		for i := range p {
			p[i] = int16(random.Uint32())
		}
	case 4:
		for i := range p {
			p[i] = int16(30000 * math.Sin(float64(i+n*len(p))*0.3))
		}
	default:
		clear(p)
		p[random.IntN(len(p))] = -32768
	}
}

// TestAllocatesNothing keeps the pace of the sound out of the garbage collector's hands.
func TestAllocatesNothing(t *testing.T) {
	p := New(Config{Echo: true, Noise: true, Gain: true})
	shield, dose, monitor := NewShield(), NewDose(), NewMonitor()
	random := rand.New(rand.NewPCG(1, 1))
	block := make([]int16, Block)
	if n := testing.AllocsPerRun(300, func() {
		for i := range block {
			block[i] = int16(random.Uint32()) >> 3
		}
		shield.Process(block)
		dose.Add(block)
		p.Played(block)
		p.Process(block)
		monitor.Next(block, false)
	}); n != 0 {
		t.Errorf("a block allocates %v times", n)
	}
}

// material is speech for benchmarks, so that nothing is idle.
func material() take {
	s := desk()
	s.seconds, s.nearAt = 8, 4
	return s.record()
}

func BenchmarkChain(b *testing.B) {
	k := material()
	c := newChain(Config{Echo: true, Noise: true, Gain: true})
	var played, block [hop]float32
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		i := n * hop % (len(k.mic) - hop)
		for j := range hop {
			played[j], block[j] = float32(k.far[i+j]), float32(k.mic[i+j])
		}
		c.reference.put(&played)
		c.process(&block)
	}
}

func BenchmarkCanceller(b *testing.B) {
	k := material()
	c := newCanceller(newTransform())
	var played, cubed, mic, echo, left [hop]float32
	var astray [bins]float32
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		i := n * hop % (len(k.mic) - hop)
		for j := range hop {
			played[j], mic[j] = float32(k.far[i+j]), float32(k.mic[i+j])
		}
		c.process(&played, &cubed, &mic, &astray, &echo, &left)
	}
}

func BenchmarkSuppressor(b *testing.B) {
	k := material()
	s := newSuppressor(newTransform(), quieter)
	var left, echo, out [hop]float32
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		i := n * hop % (len(k.mic) - hop)
		for j := range hop {
			left[j], echo[j] = float32(k.mic[i+j]), float32(k.echo[i+j])
		}
		s.process(&left, &echo, &out)
	}
}

func BenchmarkProcessor(b *testing.B) {
	k := material()
	p := New(Config{Echo: true, Noise: true, Gain: true})
	played, block := make([]int16, Block), make([]int16, Block)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		i := n * hop % (len(k.mic) - hop)
		for j := range block {
			played[j], block[j] = int16(32767*k.far[i+j/thrice]), int16(32767*k.mic[i+j/thrice])
		}
		p.Played(played)
		p.Process(block)
	}
}

func BenchmarkShieldAndDose(b *testing.B) {
	k := material()
	s, d := NewShield(), NewDose()
	block := make([]int16, Block)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		i := n * hop % (len(k.mic) - hop)
		for j := range block {
			block[j] = int16(32767 * k.far[i+j/thrice])
		}
		s.Process(block)
		d.Add(block)
	}
}
