package media

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/pion/rtp"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/media/codec"
	"sidetone/internal/sdp"
)

// sine makes n samples at rate.
func sine(hz, rate float64, n int) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(math.Round(10000 * math.Sin(2*math.Pi*hz*float64(i)/rate)))
	}
	return out
}

func rms(p []int16) float64 {
	var sum float64
	for _, v := range p {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(p)))
}

// gain sends a sine through a resampler and returns the level that comes out, in dB.
func gain(in []int16, step int, process func([]int16) []int16) float64 {
	var out []int16
	for at := 0; at+step <= len(in); at += step {
		out = append(out, process(in[at:at+step])...)
	}
	return 20 * math.Log10(max(rms(out[len(out)/4:]), 1e-3)/rms(in))
}

func TestDecimatorPassesSpeechAndRejectsAliases(t *testing.T) {
	for hz, want := range map[float64][2]float64{
		100: {-0.1, 0.1}, 1000: {-0.1, 0.1}, 3300: {-0.2, 0.2},
		4700: {-200, -65}, 5000: {-200, -65}, 7000: {-200, -65}, 12000: {-200, -65}, 20000: {-200, -65},
	} {
		d := newDecimator(6, block)
		got := gain(sine(hz, 48000, 48000), block, func(in []int16) []int16 { return d.process(nil, in) })
		if got < want[0] || got > want[1] {
			t.Errorf("%v Hz comes out at %.2f dB, want %v", hz, got, want)
		}
	}
}

func TestInterpolatorPassesSpeechAndMakesNoImages(t *testing.T) {
	for _, hz := range []float64{100, 1000, 3300} {
		u := newInterpolator(6, 80)
		var out []int16
		in := sine(hz, 8000, 8000)
		for at := 0; at < len(in); at += 80 {
			var b [block]int16
			u.process(b[:], in[at:at+80])
			out = append(out, b[:]...)
		}
		out = out[4800:]
		if g := 20 * math.Log10(rms(out)/rms(in)); math.Abs(g) > 0.2 {
			t.Errorf("%v Hz comes out at %.2f dB", hz, g)
		}
		if s := snr(out[:4800*8], hz); s < 60 {
			t.Errorf("%v Hz has only %.1f dB over its images", hz, s)
		}
	}
}

func testAgreed(event bool) sdp.Agreed {
	a := sdp.Agreed{Codec: sdp.Codec{Name: "PCMU", PT: 0, Clock: 8000}, Ptime: 20, Send: true, Recv: true}
	a.Codecs = []sdp.Codec{a.Codec}
	if event {
		a.Event, a.OurEvent = sdp.Codec{Name: "TELEPHONE-EVENT", PT: 101, Clock: 8000}, 101
	}
	return a
}

// gather feeds n blocks and parses the packets that come.
func gather(t *testing.T, s *sender, n int, send bool) []rtp.Packet {
	t.Helper()
	var out []rtp.Packet
	for range n {
		b := s.take(make([]int16, block), nil, send)
		if b == nil {
			continue
		}
		var p rtp.Packet
		if err := p.Unmarshal(append([]byte(nil), b...)); err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

func TestSenderCountsAndMarks(t *testing.T) {
	s := newSender(7, 0xfffe, 0xffffff00)
	if err := s.use(testAgreed(true)); err != nil {
		t.Fatal(err)
	}
	got := gather(t, s, 6, true)
	gather(t, s, 4, false)
	got = append(got, gather(t, s, 2, true)...)
	if len(got) != 4 {
		t.Fatalf("%d packets", len(got))
	}
	for i, want := range []struct {
		seq    uint16
		clock  uint32
		marker bool
	}{{0xfffe, 0xffffff00, true}, {0xffff, 0xffffffa0, false}, {0, 0x40, false}, {1, 0x40 + 3*160, true}} {
		p := got[i]
		if p.SequenceNumber != want.seq || p.Timestamp != want.clock || p.Marker != want.marker || p.SSRC != 7 || len(p.Payload) != 160 {
			t.Errorf("packet %d: %v", i, p.Header)
		}
	}
}

func TestEventsAreSentAsTheRFCSays(t *testing.T) {
	s := newSender(7, 1, 1000)
	if err := s.use(testAgreed(true)); err != nil {
		t.Fatal(err)
	}
	gather(t, s, 2, true)
	s.digits.add("5x#")
	got := gather(t, s, 40, true)
	var last uint32
	for digit, want := range []struct {
		code  byte
		first int
	}{{5, 0}, {11, 9}} {
		first := got[want.first]
		if digit > 0 && first.Timestamp-last < (100+50)*8 {
			t.Errorf("the gap between digits is %d samples", first.Timestamp-last-800)
		}
		last = first.Timestamp
		for i := range 7 {
			p := got[want.first+i]
			duration := binary.BigEndian.Uint16(p.Payload[2:])
			if p.PayloadType != 101 || p.Timestamp != first.Timestamp || p.Marker != (i == 0) || p.Payload[0] != want.code ||
				p.Payload[1]&0x3f != 10 || duration != uint16(160*min(i+1, 5)) || (p.Payload[1]&0x80 != 0) != (i >= 4) {
				t.Errorf("digit %d packet %d: %v %x", digit, i, p.Header, p.Payload)
			}
		}
		if p := got[want.first+7]; p.PayloadType != 0 {
			t.Errorf("after digit %d comes payload type %d", digit, p.PayloadType)
		}
	}
}

func TestDigitsWithoutEventsAreTones(t *testing.T) {
	s := newSender(7, 1, 1000)
	if err := s.use(testAgreed(false)); err != nil {
		t.Fatal(err)
	}
	s.digits.add("5")
	p := &player{}
	if err := p.use(testAgreed(false).Codecs); err != nil {
		t.Fatal(err)
	}
	var pcm []int16
	for _, packet := range gather(t, s, 40, true) {
		pcm = p.codecs[0].Decode(pcm, packet.Payload)
	}
	level := func(hz float64) float64 { _, v := power(pcm, hz*6); return v } // power counts in 48 kHz
	if level(770) < 100*level(697) || level(1336) < 100*level(1209) {
		t.Errorf("770: %.0f, 1336: %.0f", level(770), level(1336))
	}
}

func TestDigitReceiver(t *testing.T) {
	var d digitReceiver
	event := func(at uint32, code byte) string {
		if r, ok := d.event(at, []byte{code, 10, 0, 160}); ok {
			return string(r)
		}
		return ""
	}
	got := ""
	for _, p := range []struct {
		at   uint32
		code byte
	}{{0xfffffff0, 1}, {0xfffffff0, 1}, {800, 1}, {0xfffffff0, 1}, {800, 1}, {2000, 10}, {2000, 10}, {3000, 16}, {4000, 200}, {100, 15}} {
		got += event(p.at, p.code)
	}
	if got != "11*" {
		t.Errorf("heard %q, want 11*", got)
	}
	if _, ok := d.event(9000, []byte{1, 2, 3}); ok {
		t.Error("a short event was heard")
	}
}

func TestPathsAllocateNothing(t *testing.T) {
	s, p := newSender(7, 1, 1000), &player{}
	a := testAgreed(true)
	if s.use(a) != nil || p.use(a.Codecs) != nil {
		t.Fatal("no codec")
	}
	mic := sine(440, 48000, block)
	var out [block]int16
	sum := make([]int32, block)
	ring := tone{kind: call.Ringtone}
	if n := testing.AllocsPerRun(500, func() {
		s.take(mic, nil, true)
		p.pull(clockStart(), out[:])
		ring.mix(sum)
	}); n != 0 {
		t.Errorf("%v allocations per block", n)
	}
}

func TestTonesStayModerate(t *testing.T) {
	for _, kind := range []call.Tone{call.Ringtone, call.Ringback, call.BusyTone, call.AnswerBeep, call.LineLost, call.LineBack, call.Waiting} {
		g := tone{kind: kind}
		sum := make([]int32, 2*audio.Rate)
		more := g.mix(sum)
		most := int32(0)
		for _, v := range sum {
			most = max(most, v, -v)
		}
		if most < 2000 || most > 12000 || more == slices.Contains([]call.Tone{call.BusyTone, call.AnswerBeep, call.LineLost, call.LineBack}, kind) {
			t.Errorf("%s: peak %d, goes on %v", kind, most, more)
		}
	}
}

// expecting is a codec that writes down what loss it was told to expect.
type expecting struct {
	codec.Codec
	told []int
}

// ExpectLoss implements protector.
func (e *expecting) ExpectLoss(percent int) { e.told = append(e.told, percent) }

func TestReportedLossIsProtectedAgainst(t *testing.T) {
	s := newSender(7, 1, 1000)
	e := &expecting{}
	s.codec = e
	for _, share := range []uint8{0, 26, 0, 0, 255, 0} {
		s.lost(share)
	}
	if want := []int{1, 10, 7, 5, 30, 21}; !slices.Equal(e.told, want) {
		t.Errorf("told %v, want %v", e.told, want)
	}
}
