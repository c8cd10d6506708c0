package pbx

import (
	_ "embed"
	"encoding/binary"
	"math"
	"strings"
)

// speechWAV is espeak-ng's voice en-us at 185 words a minute saying "Hello, this is the talking number of the Sidetone
// lab. If you can hear this sentence, sound is reaching you.", brought down from 22.05 kHz to 8 kHz mono with a windowed
// sinc low-pass of 3.6 kHz and a peak of 16000.
//
//go:embed speech.wav
var speechWAV string

// Speech is what the talking number says: 8 kHz mono, five and a half seconds. The slice is the caller's own.
func Speech() []int16 {
	data := []byte(speechWAV[44:])
	out := make([]int16, len(data)/2)
	for i := range out {
		out[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return out
}

// frame is 20 ms at 8 kHz.
const frame = 160

// tone fills a frame with the sum of sines, n being the index of its first sample.
func tone(n int, freqs ...float64) []int16 {
	out := make([]int16, frame)
	for i := range out {
		var v float64
		for _, f := range freqs {
			v += math.Sin(2 * math.Pi * f * float64(n+i) / 8000)
		}
		out[i] = int16(9000 * v / float64(len(freqs)))
	}
	return out
}

// keys are the DTMF signals in the order of their RFC 4733 event codes.
const keys = "0123456789*#ABCD"

// dtmf gives the two frequencies of a key (ITU-T Q.23), in Hz.
func dtmf(key rune) (low, high float64) {
	at := strings.IndexRune("123A456B789C*0#D", key)
	if at < 0 {
		return 0, 0
	}
	return [...]float64{697, 770, 852, 941}[at/4], [...]float64{1209, 1336, 1477, 1633}[at%4]
}

// encodeULaw and decodeULaw are G.711 µ-law (ITU-T G.711 table 2).
func encodeULaw(s int16) byte {
	v, sign := int(s), byte(0)
	if v < 0 {
		v, sign = -v, 0x80
	}
	v = min(v, 32635) + 132
	exp := 7
	for mask := 0x4000; exp > 0 && v&mask == 0; mask >>= 1 {
		exp--
	}
	return ^(sign | byte(exp<<4) | byte(v>>(exp+3)&0x0f))
}

func decodeULaw(b byte) int16 {
	b = ^b
	v := (int(b&0x0f)<<3+132)<<(b>>4&7) - 132
	if b&0x80 != 0 {
		v = -v
	}
	return int16(v)
}
