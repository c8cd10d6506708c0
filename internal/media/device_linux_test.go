package media

import (
	"slices"
	"testing"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/soundserver"
)

// soundServer starts a private PulseAudio server with a headset whose speaker is heard by its microphone.
func soundServer(t *testing.T) {
	t.Helper()
	soundserver.Start(t)
	eventually(t, "the sound server lists the headset", func() bool {
		list, err := audio.Devices()
		return err == nil && slices.ContainsFunc(list, func(d audio.Device) bool { return d.Name == soundserver.Microphone })
	})
}

// A call on real devices goes on when they are unplugged, and takes them back when they return.
func TestHeadsetIsUnpluggedDuringACall(t *testing.T) {
	soundServer(t)
	a := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "null"})
	b := start(t, Config{}, audio.Choice{Input: soundserver.Microphone, Output: soundserver.Speaker})
	connect(a, b, "c1")
	heard := func(l call.Levels) bool { return l.In > 0.15 }
	await(a, "its own tone out of the headset", heard)
	soundserver.Unplug(t)
	await(b, "the loss", func(p call.AudioProblem) bool { return p.Text != "" })
	await(a, "silence", func(l call.Levels) bool { return l.In == 0 })
	soundserver.Plug(t)
	await(b, "the return", func(p call.AudioProblem) bool { return p.Text == "" })
	await(a, "the tone again", heard)
}
