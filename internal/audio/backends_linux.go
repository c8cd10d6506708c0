package audio

import (
	"os"

	"github.com/gen2brain/malgo"
)

// backends are the sound systems tried, in order. PipeWire answers as PulseAudio. ALSA is left out on a computer without
// sound cards, where its library can only fill the terminal with complaints.
func backends() []malgo.Backend {
	out := []malgo.Backend{malgo.BackendPulseaudio}
	if _, err := os.Stat("/dev/snd"); err == nil {
		out = append(out, malgo.BackendAlsa)
	}
	return out
}
