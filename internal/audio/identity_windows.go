package audio

import (
	"encoding/binary"
	"unicode/utf16"

	"github.com/gen2brain/malgo"

	"sidetone/internal/audio/endpoint"
)

// identity is the ID of a WASAPI endpoint, which stays when it is plugged in again.
func identity(id malgo.DeviceID) string {
	var text []uint16
	for i := 0; i+1 < len(id); i += 2 {
		c := binary.LittleEndian.Uint16(id[i:])
		if c == 0 {
			break
		}
		text = append(text, c)
	}
	return string(utf16.Decode(text))
}

// defaultForCalls is the default endpoint in the role of communications: the library knows that of consoles only.
func defaultForCalls(input bool) (id string, known bool) { return endpoint.Communications(input) }
