//go:build !windows

package audio

import (
	"bytes"

	"github.com/gen2brain/malgo"
)

// identity is the text in a device's ID: the name of a PulseAudio or ALSA device, the UID of Core Audio.
func identity(id malgo.DeviceID) string {
	text, _, _ := bytes.Cut(id[:], []byte{0})
	return string(text)
}

// defaultForCalls is not known where the system has one default for everything.
func defaultForCalls(bool) (id string, known bool) { return "", false }
