package audio

import "github.com/gen2brain/malgo"

// backends are the sound systems tried, in order. PipeWire answers as PulseAudio.
func backends() []malgo.Backend {
	return []malgo.Backend{malgo.BackendPulseaudio, malgo.BackendAlsa}
}
