package quality

import (
	"math"
	"testing"
)

// TestRating: the values ITU-T G.107 prints or implies. R = 93.2 by default (§7.7) is a MOS of 4.41 (Annex B, table B.1: 90 is 4.34, 80
// 4.03, 70 3.60, 60 3.10, 50 2.58). Idd is 0 up to 100 ms.
func TestRating(t *testing.T) {
	for r, want := range map[float64]float64{93.2: 4.41, 90: 4.34, 80: 4.03, 70: 3.60, 60: 3.10, 50: 2.58, 0: 1, -5: 1, 100: 4.5, 3: 1} {
		if got := MOS(r); math.Abs(got-want) > 0.01 {
			t.Errorf("MOS(%v) = %.3f, want %.2f", r, got, want)
		}
	}
	g711 := Impairment("PCMU")
	for _, c := range []struct{ missing, burst, delay, want float64 }{
		{0, 1, 0, 93.2},
		{0, 1, 100, 93.2},
		{0.01, 1, 20, 93.2 - 95*1/26.1},
		{0.05, 1, 20, 93.2 - 95*5/30.1},
		{0.05, 2, 20, 93.2 - 95*5/27.6}, // bursts are worse
		{0, 1, 200, 93.2 - 3.0},         // X = 1: 25·(2^(1/6) − 3·(1 + 3^−6)^(1/6) + 2) = 3.04
		{1, 1, 2000, 0},
	} {
		if got := R(g711, c.missing, c.burst, c.delay); math.Abs(got-c.want) > 0.1 {
			t.Errorf("%+v: %.2f", c, got)
		}
	}
	if R(Impairment("OPUS"), 0.05, 1, 20) <= R(g711, 0.05, 1, 20) {
		t.Error("Opus bears no more than G.711")
	}
}
