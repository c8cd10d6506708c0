package media

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"sidetone/internal/audio"
	"sidetone/internal/media/jitter"
)

// pipe sends a tone through sender and player in simulated time; drop says which packets are lost. It returns what is heard.
func pipe(t *testing.T, ptime int, drop func(i int) bool) ([]int16, jitter.Stats) {
	t.Helper()
	a := testAgreed(true)
	a.Ptime = ptime
	s, p := newSender(7, 65000, 1<<32-8000), &player{}
	if err := s.use(a); err != nil {
		t.Fatal(err)
	}
	if err := p.use(a.Codecs); err != nil {
		t.Fatal(err)
	}
	mic := audio.NewTone(1000)
	var heard []int16
	var in, out [block]int16
	sent := 0
	for i := range 500 {
		now := clockStart().Add(time.Duration(i) * 10 * time.Millisecond)
		if n, err := mic.Read(now, in[:]); n != block || err != nil {
			t.Fatalf("%d samples, %v", n, err)
		}
		if b := s.take(in[:], nil, true); b != nil {
			var pkt rtp.Packet
			if err := pkt.Unmarshal(b); err != nil {
				t.Fatal(err)
			}
			if len(pkt.Payload) != ptime*8 {
				t.Fatalf("%d octets in %d ms", len(pkt.Payload), ptime)
			}
			if sent++; !drop(sent) {
				p.put(now, jitter.Packet{SSRC: pkt.SSRC, Seq: pkt.SequenceNumber, Timestamp: pkt.Timestamp,
					Units: len(pkt.Payload), Payload: pkt.Payload})
			}
		}
		p.pull(now.Add(3*time.Millisecond), out[:])
		heard = append(heard, out[:]...)
	}
	return heard, p.stats()
}

func TestEveryPacketTimeIsPlayedWithoutGaps(t *testing.T) {
	for _, ptime := range []int{10, 20, 30, 40, 60} {
		heard, stats := pipe(t, ptime, func(int) bool { return false })
		if s := snr(heard[audio.Rate:4*audio.Rate], 1000); s < 30 || stats.Lost != 0 || stats.Late != 0 {
			t.Errorf("%d ms: %.1f dB, %+v", ptime, s, stats)
		}
	}
}

func TestLossIsHardlyHeardInATone(t *testing.T) {
	heard, stats := pipe(t, 20, func(i int) bool { return i%20 == 0 })
	all, tone := power(heard[audio.Rate:4*audio.Rate], 1000)
	if tone < 0.9*all || tone < 0.85*8192*8192/2 || stats.Lost < 10 {
		t.Errorf("%.2f of the power is the tone, %.2f of what was sent, %+v", tone/all, tone*2/8192/8192, stats)
	}
}
