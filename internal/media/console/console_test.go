package console

import (
	"math"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/media/voice"
)

func TestTreatment(t *testing.T) {
	all := voice.Config{Echo: true, Noise: true, Gain: true}
	for _, c := range []struct {
		processing, speaker string
		want                voice.Config
	}{
		{"", "MacBook Pro Speakers", all},
		{"auto", "Built-in Audio Analog Stereo", all},
		{"auto", "LG Monitor (HDMI)", all},
		{"auto", "Speakers (Realtek(R) Audio)", all},
		{"auto", "Headset Earphone (Example 40)", voice.Config{}},
		{"auto", "Headphones (Realtek(R) Audio)", voice.Config{}},
		{"auto", "Speakers (Example USB Headset)", voice.Config{}},
		{"auto", "Example Evolve 40", voice.Config{}},
		{"auto", "", voice.Config{}},
		{"off", "MacBook Pro Speakers", voice.Config{}},
		{"noise gain", "Headset", voice.Config{Noise: true, Gain: true}},
		{"echo", "Headset", voice.Config{Echo: true}},
	} {
		if got := treatment(c.processing, c.speaker); got != c.want {
			t.Errorf("%q at %q: %+v, want %+v", c.processing, c.speaker, got, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	for processing, ok := range map[string]bool{
		"": true, "auto": true, "off": true, "echo": true, "gain echo  noise": true, "loud": false, "auto echo": false, "echonoise": false,
	} {
		if err := Check(processing); (err == nil) != ok {
			t.Errorf("%q: %v", processing, err)
		}
	}
}

// TestSuitKeepsTheRoom: what a treatment has learned is not forgotten by asking for it again.
func TestSuitKeepsTheRoom(t *testing.T) {
	c := New()
	c.Suit("auto", "Speakers")
	was := c.voice
	c.Suit("auto", "Other Speakers")
	if was == nil || c.voice != was {
		t.Error("the same treatment began anew")
	}
	if c.Suit("auto", "Headset"); c.voice != nil {
		t.Error("a headset is treated")
	}
}

func TestDeadMicrophone(t *testing.T) {
	c := New()
	now := time.Unix(1e9, 0)
	block := make([]int16, voice.Block)
	block[3] = 1
	c.PickUp(now, block, false)
	if c.Dead(now.Add(time.Second)) {
		t.Error("dead a second after it gave something")
	}
	for i := range 150 {
		c.PickUp(now.Add(time.Duration(i)*10*time.Millisecond), make([]int16, voice.Block), false)
	}
	if !c.Dead(now.Add(1500 * time.Millisecond)) {
		t.Error("alive after a second and a half of zeros")
	}
}

// TestExposure plays at full blast for five minutes, which is a day at 80 dB(A), and begins another day.
func TestExposure(t *testing.T) {
	c := New()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.Local)
	block := make([]int16, voice.Block)
	var told []int
	at := 0
	for n := range 30000 {
		for i := range block {
			block[i] = int16(32767 * math.Sin(2*math.Pi*1000*float64(at)/48000))
			at++
		}
		c.dose.Add(block)
		if n%100 == 0 {
			c.Play(block, false) // a stand-in is heard by nobody
			if e, news := c.Exposure(now.Add(time.Duration(n) * 10 * time.Millisecond)); news {
				told = append(told, e.Level)
			}
		}
	}
	if len(told) != 1 || told[0] != voice.LowerAction {
		t.Errorf("told %v", told)
	}
	if e, news := c.Exposure(now.AddDate(0, 0, 1)); !news || e != (call.Exposure{}) {
		t.Errorf("the next day begins with %+v, news %v", e, news)
	}
}
