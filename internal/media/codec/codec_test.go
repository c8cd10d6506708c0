package codec

import (
	"math"
	"testing"
)

func get(t testing.TB, name string) Codec {
	t.Helper()
	c, err := New(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The decoder output values of ITU-T G.711 tables 1a and 2a for positive segments: the first value of each segment on
// the scale of the recommendation (13 and 14 bits).
func TestDecoderValuesOfTheRecommendation(t *testing.T) {
	mu, a := get(t, "pcmu"), get(t, "PCMA")
	for segment, want := range [...]int16{0, 33, 99, 231, 495, 1023, 2079, 4191} {
		code := ^(byte(segment) << 4)
		if got := mu.Decode(nil, []byte{code})[0]; got != want<<2 {
			t.Errorf("mu-law segment %d: %d, want %d", segment, got, want<<2)
		}
	}
	if got := mu.Decode(nil, []byte{0x80, 0x00, 0xff, 0x7f}); got[0] != 8031<<2 || got[1] != -8031<<2 || got[2] != 0 || got[3] != 0 {
		t.Errorf("mu-law ends %v", got)
	}
	for segment, want := range [...]int16{1, 33, 66, 132, 264, 528, 1056, 2112} {
		code := (0x80 | byte(segment)<<4) ^ 0x55
		if got := a.Decode(nil, []byte{code})[0]; got != want<<3 {
			t.Errorf("A-law segment %d: %d, want %d", segment, got, want<<3)
		}
	}
	if got := a.Decode(nil, []byte{0xaa, 0x2a}); got[0] != 4032<<3 || got[1] != -4032<<3 {
		t.Errorf("A-law ends %v", got)
	}
}

// decisions builds the decision values of the recommendation, positive half, on its own scale: value n is where code n
// begins. Segments begin at the given values and have 16 equal steps each.
func decisions(first []int, segments []int) []int {
	out := first
	for i := 0; i+1 < len(segments); i++ {
		step := (segments[i+1] - segments[i]) / 16
		for k := range 16 {
			out = append(out, segments[i]+k*step)
		}
	}
	return out
}

// All 65536 samples against the decision values of ITU-T G.711 tables 1a and 2a; a negative sample takes the code of its
// one's complement, as the reference implementation of the recommendation's software library does.
func TestEverySampleAgainstTheDecisionValues(t *testing.T) {
	mu := []int{0}
	for n := 1; n < 31; n += 2 {
		mu = append(mu, n)
	}
	var a []int
	for n := 0; n < 64; n += 2 {
		a = append(a, n)
	}
	for _, c := range []struct {
		codec  Codec
		values []int
		shift  int
		code   func(n int, negative bool) byte
	}{
		{get(t, "PCMU"), decisions(mu, []int{31, 95, 223, 479, 991, 2015, 4063, 8159}), 2, func(n int, negative bool) byte {
			if negative {
				return ^(byte(n) | 0x80)
			}
			return ^byte(n)
		}},
		{get(t, "PCMA"), decisions(a, []int{64, 128, 256, 512, 1024, 2048, 4096}), 3, func(n int, negative bool) byte {
			if negative {
				return byte(n) ^ 0x55
			}
			return (byte(n) | 0x80) ^ 0x55
		}},
	} {
		if len(c.values) != 128 {
			t.Fatalf("%d decision values", len(c.values))
		}
		for s := math.MinInt16; s <= math.MaxInt16; s++ {
			magnitude := s
			if s < 0 {
				magnitude = ^s
			}
			n := 127
			for c.values[n] > magnitude>>c.shift {
				n--
			}
			if got, want := c.codec.Encode(nil, []int16{int16(s)})[0], c.code(n, s < 0); got != want {
				t.Fatalf("%s: sample %d has code %#x, want %#x", c.codec.Name(), s, got, want)
			}
		}
	}
}

func TestCodingTwiceChangesNothing(t *testing.T) {
	for _, name := range []string{"PCMU", "PCMA"} {
		c := get(t, name)
		for b := range 256 {
			pcm := c.Decode(nil, []byte{byte(b)})
			again := c.Encode(nil, pcm)[0]
			if again != byte(b) && !(name == "PCMU" && b == 0x7f && again == 0xff) { // both are zero
				t.Errorf("%s: code %#x comes back as %#x", name, b, again)
			}
		}
		for s := math.MinInt16; s < math.MaxInt16; s++ {
			p, q := []int16{int16(s)}, []int16{int16(s + 1)}
			if c.Decode(nil, c.Encode(nil, p))[0] > c.Decode(nil, c.Encode(nil, q))[0] {
				t.Fatalf("%s is not monotonic at %d", name, s)
			}
		}
	}
}

func TestUnknownCodec(t *testing.T) {
	if _, err := New("G729"); err == nil {
		t.Error("G729 was accepted")
	}
}

func TestNoAllocation(t *testing.T) {
	c := get(t, "PCMU")
	pcm, out, back := make([]int16, 160), make([]byte, 0, 160), make([]int16, 0, 160)
	if n := testing.AllocsPerRun(100, func() { back = c.Decode(back[:0], c.Encode(out[:0], pcm)) }); n != 0 {
		t.Errorf("%v allocations per frame", n)
	}
}

func BenchmarkEncodeDecode20ms(b *testing.B) {
	for _, name := range []string{"PCMU", "PCMA"} {
		b.Run(name, func(b *testing.B) {
			c := get(b, name)
			pcm, out, back := make([]int16, 160), make([]byte, 0, 160), make([]int16, 0, 160)
			for i := range pcm {
				pcm[i] = int16(12000 * math.Sin(float64(i)/5))
			}
			b.ReportAllocs()
			for b.Loop() {
				back = c.Decode(back[:0], c.Encode(out[:0], pcm))
			}
		})
	}
}
