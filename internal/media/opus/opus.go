// Package opus speaks Opus (RFC 6716, RFC 7587) with the reference implementation, which is linked in: no package of the system
// is needed.
package opus

/*
#include <stdint.h>

typedef struct OpusEncoder OpusEncoder;
typedef struct OpusDecoder OpusDecoder;

int opus_encoder_get_size(int channels);
int opus_encoder_init(OpusEncoder *st, int32_t rate, int channels, int application);
int32_t opus_encode(OpusEncoder *st, const int16_t *pcm, int frames, unsigned char *data, int32_t most);
int opus_encoder_ctl(OpusEncoder *st, int request, ...);
int opus_decoder_get_size(int channels);
int opus_decoder_init(OpusDecoder *st, int32_t rate, int channels);
int opus_decode(OpusDecoder *st, const unsigned char *data, int32_t len, int16_t *pcm, int frames, int fec);

// Go cannot call functions with a variable number of arguments.
static int sidetone_opus_set(OpusEncoder *st, int request, int32_t value) { return opus_encoder_ctl(st, request, value); }
*/
import "C"

import (
	"errors"
	"unsafe"

	_ "github.com/pion/mediadevices/pkg/codec/opus" // its libopus is linked, nothing else of it is used
)

// Rate is the sample rate and the RTP clock, in Hz (RFC 7587 §4.1).
const Rate = 48000

// longest is the longest packet: 120 ms.
const longest = Rate * 120 / 1000

// The requests of opus_encoder_ctl that are made.
const (
	setBitrate    = 4002
	setBandwidth  = 4004 // at most
	setVBR        = 4006
	setComplexity = 4010
	setFEC        = 4012
	setLoss       = 4014
	setDTX        = 4016
)

const voip = 2048 // OPUS_APPLICATION_VOIP

// Codec is Opus for one stream in both directions, mono. It is used by one goroutine. Its state is Go memory: it needs no
// closing.
type Codec struct {
	encoder, decoder []uint64 // as the library's alignment asks
	packet           [1275]byte
	pcm              [longest]int16
}

// New returns an encoder of 32 kbit/s with redundancy against loss, and a decoder.
func New() (*Codec, error) {
	c := &Codec{
		encoder: make([]uint64, (C.opus_encoder_get_size(1)+7)/8),
		decoder: make([]uint64, (C.opus_decoder_get_size(1)+7)/8),
	}
	if C.opus_encoder_init(c.enc(), Rate, 1, voip) != 0 || C.opus_decoder_init(c.dec(), Rate, 1) != 0 {
		return nil, errors.New("the Opus codec does not start")
	}
	c.set(setComplexity, 5)
	c.set(setLoss, 5)
	c.Set(Settings{Rate: Rate, Bitrate: 32000, FEC: true})
	return c, nil
}

func (c *Codec) enc() *C.OpusEncoder { return (*C.OpusEncoder)(unsafe.Pointer(&c.encoder[0])) }
func (c *Codec) dec() *C.OpusDecoder { return (*C.OpusDecoder)(unsafe.Pointer(&c.decoder[0])) }

// Name is the encoding name.
func (c *Codec) Name() string { return "OPUS" }

// ClockRate is 48000 Hz whatever is coded (RFC 7587 §4.1).
func (c *Codec) ClockRate() int { return Rate }

// SampleRate is 48000 Hz.
func (c *Codec) SampleRate() int { return Rate }

// Settings say how to encode.
type Settings struct {
	Rate    int  // in Hz, the highest sample rate the far end can play: what is above half of it is left out
	Bitrate int  // in bit/s, 6000 to 510000
	FEC     bool // with redundancy against loss
	DTX     bool // packets of silence have one octet or two, and need not be sent
	CBR     bool // all packets are of one size
}

// Set is in force from the next packet on.
func (c *Codec) Set(s Settings) {
	bandwidth := C.int32_t(1105) // OPUS_BANDWIDTH_FULLBAND; those below are narrow-, medium-, wide- and superwideband
	for _, b := range []struct {
		rate int
		name C.int32_t
	}{{8000, 1101}, {12000, 1102}, {16000, 1103}, {24000, 1104}} {
		if s.Rate <= b.rate {
			bandwidth = b.name
			break
		}
	}
	c.set(setBandwidth, bandwidth)
	c.set(setBitrate, C.int32_t(s.Bitrate))
	c.set(setFEC, flag(s.FEC))
	c.set(setDTX, flag(s.DTX))
	c.set(setVBR, flag(!s.CBR))
}

func flag(on bool) C.int32_t {
	if on {
		return 1
	}
	return 0
}

// set changes one thing. The library refuses only what is out of range, and then nothing changes.
func (c *Codec) set(request C.int, value C.int32_t) { C.sidetone_opus_set(c.enc(), request, value) }

// ExpectLoss tells the encoder how many packets in a hundred get lost on the way, 0 to 100: the more, the more redundancy.
func (c *Codec) ExpectLoss(percent int) {
	c.set(setLoss, C.int32_t(min(max(percent, 0), 100)))
}

// Encode appends the payload for pcm, of 10, 20, 40 or 60 ms, to dst. It appends nothing if the length is another.
func (c *Codec) Encode(dst []byte, pcm []int16) []byte {
	if len(pcm) == 0 {
		return dst
	}
	n := C.opus_encode(c.enc(), (*C.int16_t)(&pcm[0]), C.int(len(pcm)), (*C.uchar)(&c.packet[0]), C.int32_t(len(c.packet)))
	if n <= 0 {
		return dst
	}
	return append(dst, c.packet[:n]...)
}

// Decode appends the sound of payload to dst. What is no Opus is silence as long as it claims to last.
func (c *Codec) Decode(dst []int16, payload []byte) []int16 {
	if len(payload) == 0 {
		return dst
	}
	return c.decode(dst, payload, longest, 0)
}

// Conceal appends n samples, a multiple of 2.5 ms, of what may have been lost.
func (c *Codec) Conceal(dst []int16, n int) []int16 { return c.decode(dst, nil, n, 0) }

// Recover appends the n samples before payload: as well as it carries them, else concealed.
func (c *Codec) Recover(dst []int16, payload []byte, n int) ([]int16, bool) {
	if len(payload) == 0 {
		return dst, false
	}
	from := len(dst)
	dst = c.decode(dst, payload, n, 1)
	return dst, len(dst)-from == n
}

func (c *Codec) decode(dst []int16, payload []byte, most int, fec C.int) []int16 {
	var data *C.uchar
	if len(payload) > 0 {
		data = (*C.uchar)(&payload[0])
	}
	n := C.opus_decode(c.dec(), data, C.int32_t(len(payload)), (*C.int16_t)(&c.pcm[0]), C.int(min(most, longest)), fec)
	if n <= 0 {
		return dst
	}
	return append(dst, c.pcm[:n]...)
}

// Units is how long payload lasts in units of the RTP clock (RFC 6716 §3.1), 0 for what is no Opus packet.
func (c *Codec) Units(payload []byte) int { return units(payload) }

// units reads the table of contents: the configuration gives a frame's length, the code how many there are.
func units(payload []byte) int {
	if len(payload) == 0 {
		return 0
	}
	config, count := payload[0]>>3, 1
	switch payload[0] & 3 {
	case 1, 2:
		count = 2
	case 3:
		if len(payload) < 2 {
			return 0
		}
		count = int(payload[1] & 63)
	}
	frame := 0
	switch {
	case config < 12: // SILK: 10, 20, 40, 60 ms
		frame = [...]int{10, 20, 40, 60}[config&3] * Rate / 1000
	case config < 16: // hybrid: 10, 20 ms
		frame = [...]int{10, 20}[config&1] * Rate / 1000
	default: // CELT: 2.5, 5, 10, 20 ms
		frame = Rate / 400 << (config & 3)
	}
	if total := frame * count; total <= longest {
		return total
	}
	return 0
}
