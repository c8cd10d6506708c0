package voice

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

func TestTransform(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	fft := newTransform()
	var x, back [size]float32
	for i := range x {
		x[i] = float32(random.NormFloat64())
	}
	var s spectrum
	fft.forward(&s, &x)
	for k := range bins {
		var want complex128
		for n, v := range x {
			want += complex(float64(v), 0) * cmplx.Rect(1, -2*math.Pi*float64(k*n)/size)
		}
		if got := complex(float64(s.re[k]), float64(s.im[k])); cmplx.Abs(got-want) > 1e-4*math.Sqrt(size) {
			t.Fatalf("bin %d is %v, want %v", k, got, want)
		}
	}
	fft.inverse(&back, &s)
	for i := range x {
		if math.Abs(float64(back[i]-x[i])) > 1e-5 {
			t.Fatalf("sample %d comes back as %v, was %v", i, back[i], x[i])
		}
	}
}

func BenchmarkTransform(b *testing.B) {
	fft := newTransform()
	var x [size]float32
	var s spectrum
	for i := range x {
		x[i] = float32(i%7) - 3
	}
	b.ReportAllocs()
	for b.Loop() {
		fft.forward(&s, &x)
		fft.inverse(&x, &s)
	}
}
