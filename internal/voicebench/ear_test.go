package voicebench

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// talk is something like speech: harmonics of a gliding pitch, in words.
func talk(seconds int) []int16 {
	out := make([]int16, seconds*rate)
	phase := 0.0
	for i := range out {
		t := float64(i) / rate
		phase += 2 * math.Pi * (120 + 40*math.Sin(2*math.Pi*0.7*t)) / rate
		loud := max(0, math.Sin(2*math.Pi*1.3*t))
		for h := 1.0; h < 12; h++ {
			out[i] += int16(2500 * loud / h * math.Sin(h*phase+h*math.Sin(3*t)))
		}
	}
	return out
}

func TestCompare(t *testing.T) {
	ref := talk(6)
	late := func(ms int, change func([]int16)) []int16 {
		heard := append(make([]int16, rate/2+ms*rate/1000), ref...)
		heard = append(heard, make([]int16, rate)...)
		rnd := rand.New(rand.NewPCG(1, 1))
		for i := range heard {
			heard[i] += int16(rnd.IntN(21) - 10)
		}
		change(heard)
		return heard
	}
	for name, c := range map[string]struct {
		heard       []int16
		delay       time.Duration
		least, most time.Duration
	}{
		"as it was": {late(40, func([]int16) {}), 40 * time.Millisecond, 0, 0},
		"softer":    {late(200, func(h []int16) { scale(h, 0.3) }), 200 * time.Millisecond, 0, 0},
		"holes of 20 ms in a tenth of it": {late(60, func(h []int16) {
			for at := 0; at+160 < len(h); at += 1600 {
				clear(h[at : at+160])
			}
		}), 60 * time.Millisecond, 4 * time.Second, 12 * time.Second},
	} {
		got, ok := compare(ref, c.heard, 500*time.Millisecond, 500*time.Millisecond)
		if !ok || got.Delay != c.delay || got.Damaged < c.least || got.Damaged > c.most {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
	if _, ok := compare(ref, make([]int16, len(ref)), 0, time.Second); ok {
		t.Error("silence is speech")
	}
}

func scale(pcm []int16, by float64) {
	for i := range pcm {
		pcm[i] = int16(by * float64(pcm[i]))
	}
}

// TestThereAndBack: resampling keeps speech where it is.
func TestThereAndBack(t *testing.T) {
	ref := talk(3)
	if got, ok := compare(ref, lower(raise(ref)), 0, 100*time.Millisecond); !ok || got.Delay != 0 || got.Damaged != 0 {
		t.Errorf("%+v, %v", got, ok)
	}
}

// TestTrace: a trace loses and delays what it should, the same each time, and nothing overtakes.
func TestTrace(t *testing.T) {
	for _, c := range Conditions() {
		a, b := c.trace(3, 5000), c.trace(3, 5000)
		lost := 0
		for i := range a {
			if a[i] != b[i] {
				t.Fatalf("%s: packet %d differs", c.Name, i)
			}
			if a[i].lost {
				lost++
			}
			late := a[i].at - time.Duration(i)*frame
			if late < 0 || late > c.Jitter || i < spared && (late > 0 || a[i].lost) || i > 0 && a[i].at < a[i-1].at {
				t.Fatalf("%s: packet %d: %+v", c.Name, i, a[i])
			}
		}
		if share := float64(lost) / 5000; math.Abs(share-c.Loss) > 0.012 {
			t.Errorf("%s: %.3f lost", c.Name, share)
		}
	}
}
