package voicebench

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"sidetone/internal/media/codec"
	"sidetone/internal/media/opus"
)

// coding is a codec as the far end speaks it.
type coding struct {
	name  string // as the command and the phones call it
	pt    byte
	lines string // of the description
	ticks int    // of the RTP clock in a packet
	clock int    // in Hz
}

func codings() []coding {
	return []coding{
		{"pcmu", 0, "a=rtpmap:0 PCMU/8000", 160, 8000},
		{"opus", 111, "a=rtpmap:111 opus/48000/2\na=fmtp:111 useinbandfec=1", 960, 48000},
	}
}

func (c coding) open() (codec.Codec, error) {
	if c.name == "opus" {
		o, err := opus.New()
		if err == nil {
			o.ExpectLoss(10) // what a far end sends that knows of loss
		}
		return o, err
	}
	return codec.New(c.name)
}

// packets are speech of 8000 samples a second in packets of 20 ms.
func (c coding) packets(speech []int16) ([][]byte, error) {
	o, err := c.open()
	if err != nil {
		return nil, err
	}
	pcm := speech
	if c.clock == 48000 {
		pcm = raise(speech)
	}
	var out [][]byte
	for piece := range slices.Chunk(pcm, c.ticks) {
		if len(piece) == c.ticks {
			out = append(out, o.Encode(nil, piece))
		}
	}
	return out, nil
}

// whole is what a perfect phone makes of packets, 8000 samples a second: what a codec does to speech is no damage.
func (c coding) whole(packets [][]byte) ([]int16, error) {
	o, err := c.open()
	if err != nil {
		return nil, err
	}
	var pcm []int16
	for _, p := range packets {
		pcm = o.Decode(pcm, p)
	}
	if c.clock == 48000 {
		pcm = lower(pcm)
	}
	return pcm, nil
}

// said is the sound of packets, 8000 samples a second, and when its first sample was sent: by the packets that came soonest, because a
// system that was busy sends some late.
func (c coding) said(came []heard) (pcm []int16, began time.Time, err error) {
	o, err := c.open()
	if err != nil {
		return nil, time.Time{}, err
	}
	var first uint32
	var offsets []time.Duration
	origin := time.Time{}
	for _, h := range came {
		if h.b[1]&0x7f != c.pt {
			continue
		}
		stamp := binary.BigEndian.Uint32(h.b[4:])
		if origin.IsZero() {
			first, origin = stamp, h.at
		}
		at := int(stamp - first)
		if at > 10*60*c.clock {
			return nil, time.Time{}, fmt.Errorf("the phone's timestamps jump")
		}
		sound := o.Decode(nil, h.b[12:])
		if need := at + len(sound); len(pcm) < need {
			pcm = append(pcm, make([]int16, need-len(pcm))...)
		}
		copy(pcm[at:], sound)
		offsets = append(offsets, h.at.Sub(origin)-time.Duration(at)*time.Second/time.Duration(c.clock))
	}
	if len(offsets) < 50 {
		return nil, time.Time{}, fmt.Errorf("only %d packets came from the phone", len(offsets))
	}
	slices.Sort(offsets)
	if c.clock == 48000 {
		pcm = lower(pcm)
	}
	return pcm, origin.Add(offsets[len(offsets)/10]), nil
}
