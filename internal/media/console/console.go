// Package console treats the sound between the devices and the calls: the agent's voice where that is wished, what is played always.
package console

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/media/voice"
)

// Console is the treatment of one microphone and one speaker. Make it with New; one goroutine has it.
type Console struct {
	setting string // that the treatment follows from, and the speaker
	speaker string
	treated voice.Config
	voice   *voice.Processor // nil: the microphone's sound stays as it is
	shield  *voice.Shield
	monitor *voice.Monitor
	dose    *voice.Dose
	day     time.Time // whose sound the dose is
	told    call.Exposure
	heardAt time.Time // when the microphone last gave anything but zeros
}

// New returns a Console that leaves the microphone alone.
func New() *Console {
	return &Console{shield: voice.NewShield(), monitor: voice.NewMonitor(), dose: voice.NewDose()}
}

// Suit makes the treatment that the settings ask for with a loudspeaker of that name. What is known of the room is kept as long as
// the treatment stays the same: an echo that changes is followed.
func (c *Console) Suit(processing, speaker string) {
	if processing == c.setting && speaker == c.speaker {
		return
	}
	c.setting, c.speaker = processing, speaker
	want := treatment(processing, speaker)
	if want == c.treated {
		return
	}
	c.treated, c.voice = want, nil
	if want != (voice.Config{}) {
		c.voice = voice.New(want)
	}
}

// TalkingMuted reports whether the agent talks while muted.
func (c *Console) TalkingMuted() bool { return c.monitor.TalkingMuted() }

// PickUp treats a block of the microphone. Muted says that no call is to get it although one would.
func (c *Console) PickUp(now time.Time, block []int16, muted bool) {
	if slices.ContainsFunc(block, func(v int16) bool { return v != 0 }) {
		c.heardAt = now
	}
	if c.voice != nil {
		c.voice.Process(block)
	}
	c.monitor.Next(block, muted)
}

// Dead reports whether the microphone gives nothing, whatever its treatment makes of that.
func (c *Console) Dead(now time.Time) bool { return now.Sub(c.heardAt) > time.Second }

// Play treats a block for the ear and remembers it. Real says that somebody hears it.
func (c *Console) Play(block []int16, real bool) {
	c.shield.Process(block)
	if !real {
		return
	}
	c.dose.Add(block)
	if c.voice != nil {
		c.voice.Played(block)
	}
}

// Exposure tells when the ear has had as much as the next exposure value of the day allows, and when a new day begins.
func (c *Console) Exposure(now time.Time) (e call.Exposure, news bool) {
	if y, m, day := now.Date(); c.day.IsZero() || !sameDay(c.day, y, m, day) {
		c.day = now
		c.dose.Renew()
	}
	level := c.dose.Level()
	for _, value := range []int{voice.LowerAction, voice.UpperAction, voice.Limit} {
		if level >= float64(value) {
			e.Level = value
		}
	}
	news = e != c.told
	c.told = e
	return e, news
}

func sameDay(t time.Time, year int, month time.Month, day int) bool {
	y, m, d := t.Date()
	return y == year && m == month && d == day
}

// treatment reads the setting: "auto" or nothing treats the voice of who sits before a loudspeaker, "off" nobody's, and words name
// what is done with any device.
func treatment(processing, speaker string) voice.Config {
	switch processing {
	case "off":
		return voice.Config{}
	case "", "auto":
		all := loudspeaker(speaker)
		return voice.Config{Echo: all, Noise: all, Gain: all}
	}
	words := strings.Fields(processing)
	return voice.Config{
		Echo: slices.Contains(words, "echo"), Noise: slices.Contains(words, "noise"), Gain: slices.Contains(words, "gain"),
	}
}

// Check says in one sentence what is wrong with the setting.
func Check(processing string) error {
	if processing == "" || processing == "auto" || processing == "off" {
		return nil
	}
	for _, w := range strings.Fields(processing) {
		if w != "echo" && w != "noise" && w != "gain" {
			return fmt.Errorf("the voice processing %q is not off, auto, or any of echo, noise and gain", processing)
		}
	}
	return nil
}

// loudspeaker reports whether a device's name is that of a loudspeaker, whose sound the microphone hears. Systems call what is in the ear
// by its kind, and Windows calls some headsets speakers, with their maker's word behind it.
func loudspeaker(name string) bool {
	name = strings.ToLower(name)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
	}
	return has("speaker", "hdmi", "displayport", "monitor", "built-in audio") && !has("headset", "headphone", "earphone", "earbud", "hands-free")
}
