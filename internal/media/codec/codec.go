// Package codec turns sound into payloads and back: G.711 and G.722, and the interface for others.
package codec

import (
	"fmt"
	"strings"
)

// Codec is one audio codec of one stream in both directions. Samples are 16-bit linear at SampleRate, mono. A Codec is used
// by one goroutine; it allocates nothing when dst has room.
type Codec interface {
	// Name is the encoding name of the RTP profile (RFC 3551 §6), upper case.
	Name() string
	// ClockRate is the RTP clock, in Hz.
	ClockRate() int
	// SampleRate is that of the sound, in Hz, a multiple of ClockRate.
	SampleRate() int
	// Encode appends the payload for pcm to dst.
	Encode(dst []byte, pcm []int16) []byte
	// Decode appends the samples of payload to dst.
	Decode(dst []int16, payload []byte) []int16
	// Units is how long payload lasts in units of the RTP clock, without decoding it.
	Units(payload []byte) int
}

// New returns the codec with the given encoding name in any case: "PCMU", "PCMA" or "G722". Another name is an error.
func New(name string) (Codec, error) {
	switch strings.ToUpper(name) {
	case "PCMU":
		return newG711("PCMU", encodeMu, decodeMu), nil
	case "PCMA":
		return newG711("PCMA", encodeA, decodeA), nil
	case "G722":
		return newG722(), nil
	}
	return nil, fmt.Errorf("%q is not a codec this phone speaks", name)
}
