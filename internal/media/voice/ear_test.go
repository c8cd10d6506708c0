package voice

import (
	"math"
	"testing"
)

// played48 plays sound of a rate of 48 kHz through a shield.
func played48(s *Shield, sound func(i int) float64, seconds float64) []float64 {
	var out []float64
	block := make([]int16, Block)
	for n := range int(seconds * 100) {
		for i := range block {
			block[i] = toSample(float32(sound(n*Block + i)))
		}
		s.Process(block)
		for _, v := range block {
			out = append(out, float64(v)/32768)
		}
	}
	return out
}

func loudestOf(x []float64) float64 {
	most := 0.0
	for _, v := range x {
		most = max(most, math.Abs(v))
	}
	return most
}

// speech48 is a talker at 48 kHz, roughly.
func speech48(level float64) func(i int) float64 {
	voice := newTalker(6, 120, 1).say(20, level)
	return func(i int) float64 {
		a, b := voice[i/thrice], voice[min(i/thrice+1, len(voice)-1)]
		return a + (b-a)*float64(i%thrice)/thrice
	}
}

// TestShieldLeavesSpeech plays speech at several levels: no sample may differ by more than 2 %.
func TestShieldLeavesSpeech(t *testing.T) {
	for _, level := range []float64{-40, -26} {
		voice := speech48(level)
		out := played48(NewShield(), voice, 20)
		for i := 48; i < len(out); i++ {
			if want := float64(toSample(float32(voice(i-48)))) / 32768; math.Abs(out[i]-want) > 1.01/32768+0.02*math.Abs(want) && math.Abs(want) < shieldMost-0.01 {
				t.Fatalf("level %g: sample %d is %g, was %g", level, i, out[i], want)
			}
		}
	}
}

// TestShieldBang has the loudest noise there is after quiet speech.
func TestShieldBang(t *testing.T) {
	s := NewShield()
	voice := speech48(-40)
	played48(s, voice, 15)
	out := played48(s, func(i int) float64 { return float64(i%7)/3 - 1 }, 0.2)
	if p := loudestOf(out); p > 0.25 {
		t.Errorf("a bang after speech at -40 dB peaks at %g", p)
	}
	if p := loudestOf(out); p < 0.05 {
		t.Errorf("a bang is gone altogether: %g", p)
	}
}

// TestShieldTone has a fax, a busy tone and a key.
func TestShieldTone(t *testing.T) {
	tone := func(hz, level float64) func(int) float64 {
		return func(i int) float64 { return level * math.Sin(2*math.Pi*hz*float64(i)/48000) }
	}
	s := NewShield()
	played48(s, speech48(-30), 15)
	out := played48(s, tone(2100, 0.9), 1)
	if p := loudestOf(out[Block*8:]); p > 0.12 {
		t.Errorf("a fax after speech at -30 dB still peaks at %g after 80 ms", p)
	}
	s = NewShield()
	out = played48(s, tone(425, 0.1), 1)
	if p := loudestOf(out); math.Abs(p-0.1) > 0.001 {
		t.Errorf("a busy tone at the level of speech peaks at %g, was 0.1", p)
	}
	s = NewShield()
	out = played48(s, tone(1004, 0.25), 1)
	if p := loudestOf(out); math.Abs(p-0.25) > 0.001 {
		t.Errorf("a tone to try the line with peaks at %g, was 0.25", p)
	}
	s = NewShield()
	low, high := tone(697, 0.2), tone(1209, 0.2)
	out = played48(s, func(i int) float64 { return low(i) + high(i) }, 1)
	if p := loudestOf(out); p < 0.39 {
		t.Errorf("a key's two tones peak at %g, were 0.4", p)
	}
}

// TestWeight holds the filter against the table of IEC 61672-1.
func TestWeight(t *testing.T) {
	for hz, want := range map[float64]float64{
		31.5: -39.4, 63: -26.2, 125: -16.1, 250: -8.6, 500: -3.2, 1000: 0, 2000: 1.2, 4000: 1.0, 8000: -1.1,
	} {
		g := 0.0
		for _, f := range aWeighting(48000) {
			g += 20 * math.Log10(f.at(2*math.Pi*hz/48000))
		}
		if math.Abs(g-want) > 0.7 {
			t.Errorf("%g Hz weighs %.1f dB, want %.1f", hz, g, want)
		}
	}
}

func TestDose(t *testing.T) {
	d := NewDose()
	if d.Level() != 0 {
		t.Errorf("nothing heard is %.1f dB", d.Level())
	}
	block := make([]int16, Block)
	phase := 0
	for range 6000 { // a minute
		for i := range block {
			block[i] = toSample(0.1 * float32(math.Sin(2*math.Pi*1000*float64(phase)/48000)))
			phase++
		}
		d.Add(block)
	}
	// -20 dB of full scale for a minute of eight hours.
	want := FullScale - 20 - 10*math.Log10(480)
	if got := d.Level(); math.Abs(got-want) > 0.1 {
		t.Errorf("a minute at 80 dB is a day of %.2f dB, want %.2f", got, want)
	}
	d.Renew()
	if d.Level() != 0 {
		t.Errorf("a new day begins with %.1f dB", d.Level())
	}
}

func TestMonitorTalkingMuted(t *testing.T) {
	m := NewMonitor()
	voice := speech48(-26)
	block := make([]int16, Block)
	say := func(from, blocks int, muted bool) (first int) {
		first = -1
		for n := range blocks {
			for i := range block {
				block[i] = int16(3 * (i%3 - 1))
				if from >= 0 {
					block[i] += int16(32767 * voice((from+n)*Block+i))
				}
			}
			m.Next(block, muted)
			if m.TalkingMuted() && first < 0 {
				first = n
			}
		}
		return first
	}
	if at := say(0, 500, false); at >= 0 {
		t.Error("talking is told although nobody is muted")
	}
	if at := say(-1, 500, true); at >= 0 {
		t.Error("silence counts as talk")
	}
	if at := say(500, 300, true); at < 30 || at > 200 {
		t.Errorf("talk is told after %d blocks, want some 60", at)
	}
	if say(-1, 400, true); m.TalkingMuted() {
		t.Error("it is told four seconds after the last word")
	}
	say(500, 300, true)
	if say(800, 1, false); m.TalkingMuted() {
		t.Error("it is told after the agent is on the air again")
	}
	click := 0
	for range 500 { // keys of a keyboard: 20 ms, three times a second
		click++
		for i := range block {
			block[i] = int16(3 * (i%3 - 1))
			if click%33 < 2 {
				block[i] = int16(4000 * (i%2*2 - 1))
			}
		}
		m.Next(block, true)
	}
	if m.TalkingMuted() {
		t.Error("a keyboard counts as talk")
	}
}
