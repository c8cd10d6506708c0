package media

import (
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/media/codec"
	"sidetone/internal/media/opus"
	"sidetone/internal/sdp"
)

// TestSteer: the bitrate falls fast when much is lost, comes back slowly, and stays between its bounds.
func TestSteer(t *testing.T) {
	rate := usualBitrate
	for range 20 {
		rate = steer(rate, 30, usualBitrate)
	}
	if rate != leastBitrate {
		t.Errorf("down to %d", rate)
	}
	if steer(rate, 5, usualBitrate) != rate {
		t.Error("loss by chance changes it")
	}
	n := 0
	for ; rate < usualBitrate; n++ {
		rate = steer(rate, 0, usualBitrate)
	}
	if n < 10 || rate != usualBitrate {
		t.Errorf("back at %d after %d reports", rate, n)
	}
	if got := steer(12000, 50, 12000); got > 12000 {
		t.Errorf("above what the far end takes: %d", got)
	}
}

// TestSpurts: words are speech, also in noise and to their soft ends, and what goes on and on is none.
func TestSpurts(t *testing.T) {
	square := func(db float64) float64 { return 32768 * 32768 * math.Pow(10, db/10) }
	for name, c := range map[string]struct{ noise, voice float64 }{"a quiet room": {-70, -35}, "a loud room": {-42, -28}, "no noise at all": {-200, -45}} {
		var s spurts
		for range 300 {
			s.speaks(square(c.noise))
		}
		if s.speaks(square(c.noise)) {
			t.Errorf("%s: noise is speech", name)
		}
		for i := range 100 {
			if !s.speaks(square(c.voice)) {
				t.Errorf("%s: no speech in block %d", name, i)
			}
		}
		n := 0
		for s.speaks(square(c.noise)) {
			n++
		}
		if n != hangover-1 {
			t.Errorf("%s: it goes on for %d blocks", name, n)
		}
	}
	var fan spurts
	fan.speaks(square(-60))
	last := true
	for range 300 {
		last = fan.speaks(square(-40))
	}
	if last {
		t.Error("a fan that was switched on is speech after three seconds")
	}
}

// spared sends a second of a tone, two of noise, and a second of the tone again, and returns the packets by when they went out, in blocks.
func spared(t *testing.T, a sdp.Agreed) map[int]rtp.Packet {
	t.Helper()
	s := newSender(7, 1, 0)
	if err := s.use(a); err != nil {
		t.Fatal(err)
	}
	out := map[int]rtp.Packet{}
	tone, rnd := sine(440, 48000, 48000), uint32(1)
	for i := range 400 {
		mic := tone[i%100*block:][:block]
		if i >= 100 && i < 300 {
			mic = make([]int16, block)
			for k := range mic {
				rnd = rnd*1664525 + 1013904223
				mic[k] = int16(int32(rnd) >> 26)
			}
		}
		if b := s.take(mic, nil, true); b != nil {
			var p rtp.Packet
			if err := p.Unmarshal(slices.Clone(b)); err != nil {
				t.Fatal(err)
			}
			out[i] = p
		}
	}
	return out
}

// TestPausesAreNotSent: in a pause the noise is described about once a second, time goes on, numbers have no gap, and the next word is
// marked as the first of a talkspurt (RFC 3551 §4.1).
func TestPausesAreNotSent(t *testing.T) {
	a := testAgreed(true)
	a.Codec, a.Ptime = sdp.Codec{Name: "PCMU", Clock: 8000}, 20
	a.Noise = sdp.Codec{Name: "CN", PT: 13, Clock: 8000}
	sent := spared(t, a)
	var noise, marks []int
	seq := uint16(0)
	for i := range 400 {
		p, ok := sent[i]
		if !ok {
			continue
		}
		if seq++; p.SequenceNumber != seq {
			t.Errorf("block %d has number %d, not %d", i, p.SequenceNumber, seq)
		}
		if p.Timestamp != uint32(i/2*160) {
			t.Errorf("block %d has time %d", i, p.Timestamp)
		}
		if p.PayloadType == 13 {
			noise = append(noise, i)
			if len(p.Payload) != 1+codec.NoiseOrder || p.Payload[0] < 70 || p.Payload[0] > 76 || p.Marker {
				t.Errorf("block %d: %+v", i, p)
			}
		}
		if p.Marker {
			marks = append(marks, i)
		}
	}
	if len(noise) != 2 || noise[1]-noise[0] != 100 || noise[0] < 120 || noise[0] > 130 {
		t.Errorf("noise in blocks %v", noise)
	}
	if len(marks) != 2 || marks[0] != 1 || marks[1] != 301 {
		t.Errorf("talkspurts in blocks %v", marks)
	}
	a.Noise = sdp.Codec{}
	if n := len(spared(t, a)); n != 200 {
		t.Errorf("%d packets where the far end takes no noise", n)
	}
}

// TestOpusPauses: what a far end says of its Opus is done: nothing in pauses, packets of one size.
func TestOpusPauses(t *testing.T) {
	a := testAgreed(true)
	a.Codec, a.Ptime = sdp.Codec{Name: "OPUS", PT: 111, Clock: 48000}, 20
	a.Opus.DTX = true
	sent := spared(t, a)
	pause := 0
	for i, p := range sent {
		if i >= 200 && i < 300 {
			pause++
		}
		if len(p.Payload) <= 2 {
			t.Errorf("block %d: %d octets", i, len(p.Payload))
		}
	}
	if pause > 10 || !sent[301].Marker && !sent[303].Marker {
		t.Errorf("%d packets in a second of noise; %+v", pause, sent[301].Header)
	}
	a.Opus = sdp.Opus{CBR: true, Bitrate: 24000}
	for i, p := range spared(t, a) {
		if len(p.Payload) != 60 {
			t.Errorf("block %d: %d octets", i, len(p.Payload))
		}
	}
}

// TestNoiseIsHeard: between words there is the noise that was described, as loud as it was said to be, and not over the next words.
func TestNoiseIsHeard(t *testing.T) {
	far := netip.MustParseAddrPort("127.0.0.2:40000")
	s := established(t, far, "")
	now := clockStart()
	f := &talkative{ssrc: 7, time: 4711}
	quietly := make([]byte, 160)
	for i := range quietly {
		quietly[i] = 0xff
	}
	var out [block]int16
	level := func(blocks int, each func(i int)) float64 {
		sum := 0.0
		for i := range blocks {
			each(i)
			s.player.pull(now, out[:])
			sum += square(out[:])
			now = now.Add(10 * time.Millisecond)
		}
		return 10 * math.Log10(sum/float64(blocks)/(32768*32768)+1e-20)
	}
	speak := func(i int) {
		if i%2 == 0 {
			s.receive(now, far, f.packet(0, quietly), false)
			f.time += 160
		}
	}
	if got := level(50, speak); got > -80 {
		t.Errorf("silence at %.1f dB", got)
	}
	s.receive(now, far, f.packet(13, []byte{50}), false)
	if got := level(200, func(int) {}); math.Abs(got+50) > 1.5 {
		t.Errorf("noise at %.1f dB", got)
	}
	f.time += 16000
	level(20, speak)
	if got := level(50, speak); got > -80 {
		t.Errorf("silence at %.1f dB behind the noise", got)
	}
}

// TestQuietCall: two phones that need not send silence hear each other's words, and send little while nobody speaks.
func TestQuietCall(t *testing.T) {
	fileB := wav(t, "b.wav")
	quiet := Config{Quiet: true, Codecs: []string{"pcmu"}}
	a := start(t, quiet, audio.Choice{Input: "tone:440", Output: "null"})
	b := start(t, quiet, audio.Choice{Input: "silence", Output: "file:" + fileB})
	connect(a, b, "c1")
	eventually(t, "the words", func() bool { return hears(fileB, 440) })
	m := await(a, "two seconds", func(m call.Measured) bool { return m.Sound.Whole.MOS > 0 && m.Sound.Silent == call.NothingMissing })
	if m.Sound.Now.Lost > 0 {
		t.Errorf("pauses count as loss: %+v", m.Sound)
	}
	if n := probeCount(a); n > 40 {
		t.Errorf("%d packets of silence", n)
	}
}

// probeCount is how many packets have come.
func probeCount(p *phone) uint32 {
	var n uint32
	probe(p, func(s *session) bool { n = s.reception.received; return true })
	return n
}

// TestBandwidth: what a far end cannot play is not sent.
func TestBandwidth(t *testing.T) {
	high := func(rate int) float64 {
		c, err := opus.New()
		if err != nil {
			t.Fatal(err)
		}
		c.Set(opus.Settings{Rate: rate, Bitrate: 64000, FEC: true})
		in := sine(6500, 48000, 48000)
		var out []int16
		for i := range 50 {
			out = c.Decode(out, c.Encode(nil, in[i*960:][:960]))
		}
		_, at := power(out[24000:], 6500)
		return at
	}
	if wide, narrow := high(48000), high(8000); narrow > wide/1000 {
		t.Errorf("6.5 kHz: %g at 48 kHz, %g at 8 kHz", wide, narrow)
	}
}
