package media

import (
	"github.com/pion/rtp"

	"sidetone/internal/audio"
	"sidetone/internal/media/codec"
	"sidetone/internal/media/opus"
	"sidetone/internal/media/quality"
	"sidetone/internal/sdp"
)

// sender turns the microphone into the packets of one call. Time is counted in blocks of 10 ms of the microphone's clock.
type sender struct {
	ssrc     uint32
	seq      uint16
	clock    uint32 // RTP timestamp of the next sample
	codec    codec.Codec
	pt       uint8
	event    sdp.Codec
	blocks   int    // 10 ms blocks per packet
	perBlock uint32 // ticks of the RTP clock in a block
	muted    bool
	held     bool // silence instead of the microphone

	down    *decimator
	digits  digitSender
	started uint32    // timestamp of the digit being sent
	noise   sdp.Codec // comfort noise, if silence need not be sent
	sparing bool      // silence is not sent
	spurts  spurts
	speech  bool // in the blocks gathered
	resting int  // packets of silence since the last one that was sent
	tuning  opus.Settings
	most    int  // bitrate, in bit/s
	ahead   bool // a packet went out before this one: no talkspurt begins
	have    int  // blocks gathered for the next packet
	pcm     []int16
	sound   [block]int16
	packet  []byte
	payload []byte
	peak    float32
	loud    quality.Loudness

	packets, octets uint32  // sent, for RTCP; octets of payload
	loss            float32 // of what we send, in percent: at once more, slowly less
}

// protector is a codec that can send more of what has gone before, the more packets get lost.
type protector interface{ ExpectLoss(percent int) }

// tuned is a codec that can be set.
type tuned interface{ Set(opus.Settings) }

// The bitrates of Opus, in bit/s: the usual one, and the least, when a narrow path loses what is too much for it.
const (
	usualBitrate = 32000
	leastBitrate = 16000
)

// steer is the next bitrate after a report of that much loss, in percent: down fast, because what fills the path makes its own loss, up
// slowly. Loss by chance, on radio, is below the bound.
func steer(bitrate int, loss float32, most int) int {
	switch {
	case loss > 12:
		return max(min(leastBitrate, most), bitrate*85/100)
	case loss < 3:
		return min(most, bitrate*105/100)
	}
	return bitrate
}

// lost takes the share of our packets that the far end missed lately, in 256ths.
func (s *sender) lost(share uint8) {
	const least, most = 1, 30 // a little always, for the first loss; beyond that too little is left for the present
	s.loss = min(most, max(float32(share)*100/256, 0.7*s.loss, least))
	if c, ok := s.codec.(protector); ok {
		c.ExpectLoss(int(s.loss + 0.5))
	}
	if next := steer(s.tuning.Bitrate, float32(share)*100/256, s.most); next != s.tuning.Bitrate {
		s.tuning.Bitrate = next
		s.tune()
	}
}

func newSender(ssrc uint32, seq uint16, clock uint32) *sender {
	return &sender{
		ssrc: ssrc, seq: seq, clock: clock, blocks: 2, perBlock: 80,
		pcm:     make([]int16, 0, 60*audio.Rate/1000),
		packet:  make([]byte, 2048),
		payload: make([]byte, 0, 1024),
	}
}

// use takes over what was agreed.
func (s *sender) use(a sdp.Agreed) error {
	if s.codec == nil || s.codec.Name() != a.Codec.Name {
		c, err := newCodec(a.Codec.Name)
		if err != nil {
			return err
		}
		s.codec, s.have, s.pcm = c, 0, s.pcm[:0]
		s.down = newDecimator(audio.Rate/c.SampleRate(), block)
		s.perBlock = uint32(c.ClockRate() / 100)
	}
	s.pt, s.event, s.blocks = a.Codec.PT, a.Event, a.Ptime/10
	if a.Codec.Name == "OPUS" && s.blocks%2 == 1 {
		s.blocks = max(1, s.blocks-1) // it has no packets of 30 and 50 ms
	}
	s.spare(a)
	return nil
}

// spare takes over what the far end wishes of silence and of Opus.
func (s *sender) spare(a sdp.Agreed) {
	s.noise, s.sparing = a.Noise, a.Noise.Name != ""
	s.most = usualBitrate
	if a.Opus.Bitrate > 0 {
		s.most = min(s.most, a.Opus.Bitrate)
	}
	if s.tuning.Bitrate == 0 || s.tuning.Bitrate > s.most {
		s.tuning.Bitrate = s.most
	}
	// Redundancy costs little and a far end that does not say so may still use it.
	s.tuning.Rate, s.tuning.FEC, s.tuning.DTX, s.tuning.CBR = a.Opus.Rate, true, a.Opus.DTX, a.Opus.CBR
	if s.tuning.Rate == 0 {
		s.tuning.Rate = opus.Rate
	}
	s.tune()
}

func (s *sender) tune() {
	if c, ok := s.codec.(tuned); ok {
		c.Set(s.tuning)
	}
}

// take adds one block of the microphone, and of the joined calls if there are any, and returns the packet that is complete with
// it, or nil. The packet is valid until the next call. With send false time passes and nothing is sent.
func (s *sender) take(mic []int16, others []int32, send bool) []byte {
	copy(s.sound[:], mic)
	if s.muted || s.held {
		clear(s.sound[:])
	}
	s.peak = max(s.peak, peak(s.sound[:]))
	s.loud.Add(s.sound[:])
	if !s.held {
		for i, v := range others {
			s.sound[i] = clip(int32(s.sound[i]) + v)
		}
	}
	if s.digits.active && s.event.Name == "" {
		s.digits.inBand(s.sound[:])
	}
	if s.sparing && s.spurts.speaks(square(s.sound[:])) {
		s.speech = true
	}
	s.pcm = s.down.process(s.pcm, s.sound[:])
	if s.have++; s.have < s.blocks {
		return nil
	}
	out := s.complete(send)
	s.clock += uint32(s.blocks) * s.perBlock
	s.have, s.pcm, s.speech = 0, s.pcm[:0], false
	return out
}

// pass lets blocks of 10 ms go by in which there was no microphone. A new talkspurt begins after them.
func (s *sender) pass(blocks int) {
	s.clock += uint32(blocks) * s.perBlock
	s.ahead = false
}

// complete makes the packet of the blocks gathered: an event while a digit is being sent, else sound.
func (s *sender) complete(send bool) []byte {
	if !send {
		s.ahead, s.digits = false, digitSender{}
		return nil
	}
	h := rtp.Header{Version: 2, SSRC: s.ssrc, PayloadType: s.pt, Timestamp: s.clock, Marker: !s.ahead}
	ms := 10 * s.blocks
	begun := s.digits.begin(ms)
	s.ahead = true
	if !s.digits.active || s.event.Name == "" {
		return s.voice(h)
	}
	if begun {
		s.started, h.Marker = s.clock, true
	}
	h.PayloadType, h.Timestamp = s.event.PT, s.started
	s.payload = s.digits.payload(s.payload[:0], ms, s.event.Clock)
	return s.seal(h)
}

// voice makes the packet of sound, of the noise behind a pause, or none.
func (s *sender) voice(h rtp.Header) []byte {
	const again = 50 // packets: what is noise is said again about once a second, as a sign of life
	if s.sparing && !s.speech && !s.digits.active {
		s.ahead = false
		if s.resting++; s.resting%again != 1 {
			return nil
		}
		h.PayloadType, h.Marker = s.noise.PT, false
		s.payload = codec.DescribeNoise(s.payload[:0], s.pcm)
		return s.seal(h)
	}
	s.resting = 0
	s.payload = s.codec.Encode(s.payload[:0], s.pcm)
	if len(s.payload) == 0 || s.tuning.DTX && len(s.payload) <= 2 && s.codec.Name() == "OPUS" {
		s.ahead = false // a pause (RFC 7587 §3.1.3)
		return nil
	}
	return s.seal(h)
}

// square is the mean square of samples.
func square(pcm []int16) float64 {
	sum := int64(0)
	for _, v := range pcm {
		sum += int64(v) * int64(v)
	}
	return float64(sum) / float64(len(pcm))
}

// seal writes header and payload into the packet.
func (s *sender) seal(h rtp.Header) []byte {
	h.SequenceNumber = s.seq
	n, err := h.MarshalTo(s.packet)
	if err != nil {
		return nil // cannot be: the header is 12 octets
	}
	n += copy(s.packet[n:], s.payload)
	s.seq++
	s.packets++
	s.octets += uint32(len(s.payload))
	return s.packet[:n]
}
