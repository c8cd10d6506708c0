package codec

import (
	"math"
	"testing"
)

// coloured is noise of a level in dBov through y = x + c·y', c from -1 to 1.
func coloured(level, c float64, n int) []int16 {
	out := make([]int16, n)
	random, y := uint32(7), 0.0
	peak := math.MaxInt16 * math.Pow(10, level/20) * math.Sqrt(3*(1-c*c))
	for i := range out {
		random = random*1664525 + 1013904223
		y = peak*float64(int32(random))/(1<<31) + c*y
		out[i] = int16(y)
	}
	return out
}

// shape is the level in dBov and how much neighbours are alike, from -1 to 1.
func shape(pcm []int16) (level, alike float64) {
	var r0, r1 float64
	for i := 1; i < len(pcm); i++ {
		r0 += float64(pcm[i]) * float64(pcm[i])
		r1 += float64(pcm[i]) * float64(pcm[i-1])
	}
	return 10 * math.Log10(r0/float64(len(pcm))/(math.MaxInt16*math.MaxInt16)), r1 / r0
}

// TestNoiseThereAndBack: noise that was described sounds as the noise it was described from: as loud, and of its colour.
func TestNoiseThereAndBack(t *testing.T) {
	for _, level := range []float64{-20, -45, -62} {
		for _, c := range []float64{0, 0.9, -0.6} {
			in := coloured(level, c, 8000)
			var n Noise
			if !n.Set(DescribeNoise(nil, in)) {
				t.Fatal("refused")
			}
			out := make([]int16, 8000)
			n.Add(out)
			wantLevel, wantAlike := shape(in)
			gotLevel, gotAlike := shape(out)
			if math.Abs(gotLevel-wantLevel) > 1 || math.Abs(gotAlike-wantAlike) > 0.1 {
				t.Errorf("%v dB, %v: %.1f dB and %.2f became %.1f and %.2f", level, c, wantLevel, wantAlike, gotLevel, gotAlike)
			}
		}
	}
}

// TestNoisePayload: the octets of RFC 3389 §3: level 0 to 127, coefficients round 127.
func TestNoisePayload(t *testing.T) {
	white := DescribeNoise(nil, coloured(-30, 0, 8000))
	if len(white) != 1+NoiseOrder || white[0] < 29 || white[0] > 31 {
		t.Errorf("white: %v", white)
	}
	for _, k := range white[1:] {
		if k < 120 || k > 134 {
			t.Errorf("white has a colour: %v", white)
		}
	}
	if dull := DescribeNoise(nil, coloured(-30, 0.9, 8000)); dull[1] > 127-100 { // k = -0.9
		t.Errorf("dull: %v", dull)
	}
	if nothing := DescribeNoise(nil, make([]int16, 160)); nothing[0] != 127 || nothing[1] != 127 {
		t.Errorf("silence: %v", nothing)
	}
	var n Noise
	if n.Set(nil) {
		t.Error("an empty payload is one")
	}
	n.Set([]byte{40})
	out := make([]int16, 8000)
	n.Add(out)
	if level, alike := shape(out); math.Abs(level+40) > 0.5 || math.Abs(alike) > 0.05 {
		t.Errorf("a level alone: %.1f dB, %.2f", level, alike)
	}
}

// FuzzNoise: whatever a stranger calls noise stays as loud as it says, more or less, and ends in no overflow.
func FuzzNoise(f *testing.F) {
	f.Add([]byte{60, 1, 254, 127})
	f.Fuzz(func(t *testing.T, payload []byte) {
		var n Noise
		if !n.Set(payload) {
			return
		}
		out := make([]int16, 800)
		n.Add(out)
		for _, v := range n.b {
			if v != v || v > 1e7 || v < -1e7 {
				t.Fatalf("%v", n.b)
			}
		}
	})
}
