package media

import (
	"math"

	"sidetone/internal/audio"
	"sidetone/internal/call"
)

// tone is a sound made here, one sample after the other.
type tone struct {
	kind call.Tone
	at   int // samples played
}

// mix adds the next len(sum) samples; it returns false when the tone has ended.
func (t *tone) mix(sum []int32) bool {
	for i := range sum {
		sum[i] += int32(t.sample(float64(t.at) / audio.Rate))
		t.at++
	}
	switch t.kind {
	case call.BusyTone:
		return t.at < 2*audio.Rate
	case call.AnswerBeep:
		return t.at < audio.Rate/2
	case call.LineLost, call.LineBack:
		return t.at < 3*audio.Rate/2
	}
	return true
}

// sample is the value at a time in seconds.
func (t *tone) sample(at float64) float64 {
	switch t.kind {
	case call.Ringtone:
		return marimba(math.Mod(at, 3))
	case call.Ringback: // ITU-T E.180: two seconds in six
		return cadence(math.Mod(at, 6), 2, at, [2]float64{440, 480})
	case call.Waiting: // ITU-T E.180: short, and rarely: somebody is being talked to
		return 0.5 * cadence(math.Mod(math.Mod(at, 8), 0.6), 0.2, at, [2]float64{440, 440}) * before(math.Mod(at, 8), 1.2)
	case call.BusyTone: // half a second in one
		return cadence(math.Mod(at, 1), 0.5, at, [2]float64{480, 620})
	case call.LineLost: // two struck bars, falling
		return struck(at-0.1, 880) + struck(at-0.4, 587.33)
	case call.LineBack: // the same, rising
		return struck(at-0.1, 587.33) + struck(at-0.4, 880)
	case call.AnswerBeep: // two, after a moment for the device to open
		return beep(at-0.1) + beep(at-0.3)
	}
	return 0
}

// before is 1 until a moment, then 0.
func before(at, end float64) float64 {
	if at < end {
		return 1
	}
	return 0
}

// onBell reports whether a tone is for the ring device.
func (t *tone) onBell() bool {
	return t.kind == call.Ringtone || t.kind == call.LineLost || t.kind == call.LineBack
}

// struck is one bar from its blow on, dying away within a second.
func struck(in, hz float64) float64 {
	if in < 0 || in >= 1 {
		return 0
	}
	return bar(in, hz)
}

// beep is 0.12 s of a soft tone.
func beep(in float64) float64 {
	const long, edge = 0.12, 0.02
	if in < 0 || in >= long {
		return 0
	}
	return 3000 * min(1, in/edge, (long-in)/edge) * math.Sin(2*math.Pi*784*in)
}

// cadence is a pair of tones that sounds for the first on seconds of its cycle, with soft edges.
func cadence(in, on, at float64, hz [2]float64) float64 {
	const edge = 0.008
	if in >= on {
		return 0
	}
	gain := min(1, in/edge, (on-in)/edge)
	return 2200 * gain * (math.Sin(2*math.Pi*hz[0]*at) + math.Sin(2*math.Pi*hz[1]*at))
}

// marimba is the ringtone: two notes, up a fifth, played twice, then a rest to three seconds.
func marimba(in float64) float64 {
	notes := [...]struct{ at, hz float64 }{{0, 587.33}, {0.16, 880}, {0.62, 587.33}, {0.78, 880}}
	var v float64
	for _, n := range notes {
		if d := in - n.at; d >= 0 && d < 1.2 {
			v += bar(d, n.hz)
		}
	}
	return v
}

// bar is one struck wooden bar: its fundamental and the overtone two octaves up, which dies sooner.
func bar(d, hz float64) float64 {
	attack := min(1, d/0.004)
	body := math.Exp(-6*d) * math.Sin(2*math.Pi*hz*d)
	knock := 0.22 * math.Exp(-22*d) * math.Sin(2*math.Pi*4*hz*d)
	return 6500 * attack * (body + knock)
}
