package opus

import (
	"math"
	"testing"
)

func speech(n int) []int16 {
	out := make([]int16, n)
	for i := range out {
		t := float64(i) / Rate
		out[i] = int16(6000 * math.Sin(2*math.Pi*150*t) * (1 + math.Sin(2*math.Pi*3*t)))
	}
	return out
}

func codec(t testing.TB) *Codec {
	t.Helper()
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// likeness is the best normalised correlation of two signals over delays up to 20 ms.
func likeness(a, b []int16) float64 {
	best := 0.0
	for d := range 960 {
		var ab, aa, bb float64
		for i := 0; i+d < len(b) && i < len(a); i++ {
			x, y := float64(a[i]), float64(b[i+d])
			ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
		}
		best = max(best, ab/math.Sqrt(aa*bb+1))
	}
	return best
}

func TestThereAndBack(t *testing.T) {
	for _, ms := range []int{10, 20, 40, 60} {
		c := codec(t)
		frame := ms * Rate / 1000
		in := speech(frame * (1200 / ms))
		var out []int16
		for at := 0; at < len(in); at += frame {
			p := c.Encode(nil, in[at:at+frame])
			if c.Units(p) != frame {
				t.Fatalf("%d ms: a packet of %d units", ms, c.Units(p))
			}
			before := len(out)
			if out = c.Decode(out, p); len(out)-before != frame {
				t.Fatalf("%d ms: %d samples", ms, len(out)-before)
			}
		}
		if l := likeness(in[Rate/2:Rate], out[Rate/2:]); l < 0.95 {
			t.Errorf("%d ms: likeness %.3f", ms, l)
		}
	}
}

// One packet in ten is lost: what the next one carries of it is nearer to what was said than what is made up.
func TestRedundancyIsWorthMoreThanConcealment(t *testing.T) {
	sound := func(fec bool) float64 {
		c := codec(t)
		c.ExpectLoss(20)
		in := speech(3 * Rate)
		for i := Rate; i < len(in); i++ { // a new pitch now and then, that cannot be guessed
			x := float64(i) / Rate
			in[i] = int16(8000 * math.Sin(2*math.Pi*(120+60*math.Floor(x*10)/3)*x))
		}
		var out []int16
		var before []byte
		for n, at := 0, 0; at+960 <= len(in); n, at = n+1, at+960 {
			p := c.Encode(nil, in[at:at+960])
			switch {
			case n%10 == 5:
				before = p
				continue
			case n%10 == 6 && fec:
				out, _ = c.Recover(out, p, 960)
			case n%10 == 6:
				out = c.Conceal(out, 960)
			}
			out = c.Decode(out, p)
		}
		_ = before
		return likeness(in[Rate:2*Rate], out[Rate:])
	}
	if with, without := sound(true), sound(false); with < without {
		t.Errorf("with redundancy %.4f, without %.4f", with, without)
	}
}

func FuzzDecode(f *testing.F) {
	c := codec(f)
	f.Add(c.Encode(nil, speech(960)))
	f.Add([]byte{3})
	f.Fuzz(func(t *testing.T, payload []byte) {
		if got := len(c.Decode(nil, payload)); got != 0 && got != units(payload) {
			t.Errorf("%d samples of a packet of %d units", got, units(payload))
		}
		c.Recover(nil, payload, 960)
		c.Conceal(nil, 480)
	})
}

func BenchmarkEncode(b *testing.B) {
	c, in, out := codec(b), speech(960), make([]byte, 0, 1500)
	b.ReportAllocs()
	for b.Loop() {
		out = c.Encode(out[:0], in)
	}
}

func BenchmarkDecode(b *testing.B) {
	c := codec(b)
	p, out := c.Encode(nil, speech(960)), make([]int16, 0, 960)
	b.ReportAllocs()
	for b.Loop() {
		out = c.Decode(out[:0], p)
	}
}
