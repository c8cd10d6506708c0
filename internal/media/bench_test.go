package media

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sidetone/internal/call"
	"sidetone/internal/sdp"
)

// BenchmarkSend is 20 ms of the microphone as a packet: resampled and coded.
func BenchmarkSend(b *testing.B) {
	for _, name := range []string{"PCMU", "G722", "OPUS"} {
		b.Run(name, func(b *testing.B) {
			s := newSender(7, 1, 1000)
			a := testAgreed(true)
			a.Codec.Name, a.Ptime = name, 20
			if err := s.use(a); err != nil {
				b.Fatal(err)
			}
			mic := sine(440, 48000, block)
			b.ReportAllocs()
			for b.Loop() {
				s.take(mic, nil, true)
				if s.take(mic, nil, true) == nil {
					b.Fatal("no packet")
				}
			}
		})
	}
}

// BenchmarkReceive is a packet on its way from the socket to 20 ms for the ear, plain and with SRTP.
func BenchmarkReceive(b *testing.B) {
	for _, suite := range []sdp.Suite{"", sdp.AES128SHA80, sdp.AES256SHA80, sdp.AES128GCM} {
		b.Run("srtp="+string(suite), func(b *testing.B) {
			far := netip.MustParseAddrPort("127.0.0.2:40000")
			s := established(b, far, "")
			var k keys
			if suite != "" {
				n, salt := suite.Sizes()
				key := make([]byte, n+salt)
				a := sdp.Agreed{Keying: sdp.SDES, Suite: suite, SendKey: key, RecvKey: key}
				if err := s.keys.use(a); err != nil {
					b.Fatal(err)
				}
				if err := k.use(a); err != nil {
					b.Fatal(err)
				}
			}
			p := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 7}, Payload: make([]byte, 160)}
			plain := make([]byte, 200)
			now := clockStart()
			var out [block]int16
			b.ReportAllocs()
			for b.Loop() {
				p.SequenceNumber++
				p.Timestamp += 160
				n, err := p.MarshalTo(plain)
				if err != nil {
					b.Fatal(err)
				}
				packet, err := k.seal(plain[:n], false)
				if err != nil {
					b.Fatal(err)
				}
				s.receive(now, far, packet, false)
				for range 2 {
					s.player.pull(now, out[:])
					now = now.Add(10 * time.Millisecond)
				}
			}
			if s.reception.received == 0 || s.player.stats().Lost > 0 {
				b.Fatalf("%+v", s.player.stats())
			}
		})
	}
}

// BenchmarkResample is 10 ms between the ear's rate and the codec's, there and back.
func BenchmarkResample(b *testing.B) {
	for _, rate := range []int{8000, 16000} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			down, up := newDecimator(48000/rate, block), newInterpolator(48000/rate, rate/100)
			in, out := sine(440, 48000, block), make([]int16, block)
			low := make([]int16, 0, block)
			b.ReportAllocs()
			for b.Loop() {
				low = down.process(low[:0], in)
				up.process(out, low)
			}
		})
	}
}

// BenchmarkMix is 10 ms for the ear out of three calls that hear each other.
func BenchmarkMix(b *testing.B) {
	e := New(Config{}, nil)
	far := netip.MustParseAddrPort("127.0.0.2:40000")
	for _, id := range []call.ID{"a", "b", "c"} {
		s := established(b, far, "")
		s.join(true)
		s.receive(clockStart(), far, voice(7, 1), false)
		e.sessions[id] = s
	}
	now := clockStart()
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(10 * time.Millisecond)
		e.mixEar(now, e.out[:])
	}
}
