package media

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sidetone/internal/call"
)

// talkative is a far end that sends nothing, or comfort noise, while it has nothing to say.
type talkative struct {
	ssrc uint32
	seq  uint16
	time uint32
}

func (f *talkative) packet(payloadType uint8, payload []byte) []byte {
	f.seq++
	b, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: f.ssrc, PayloadType: payloadType, SequenceNumber: f.seq, Timestamp: f.time}, Payload: payload}).Marshal()
	if err != nil {
		panic(err)
	}
	return b
}

// TestSuppressedSilence: whatever a far end does with its clock, numbers and source in a pause of forty seconds, with comfort noise or
// without, its next words are heard, soon and without what was said before; noise is a sign of life, and nothing at all is none.
func TestSuppressedSilence(t *testing.T) {
	far := netip.MustParseAddrPort("127.0.0.2:40000")
	for name, c := range map[string]struct {
		noise  time.Duration                           // between packets of comfort noise; 0: none
		resume func(f *talkative, pause time.Duration) // what it does before it speaks again
		shown  bool                                    // the silence is told of
	}{
		"the clock goes on":       {0, func(f *talkative, d time.Duration) { f.time += uint32(d.Milliseconds() * 8) }, true},
		"the clock stands":        {0, func(*talkative, time.Duration) {}, true},
		"the clock goes back":     {0, func(f *talkative, _ time.Duration) { f.time -= 80000 }, true},
		"another source":          {0, func(f *talkative, _ time.Duration) { f.ssrc++ }, true},
		"numbers jump":            {0, func(f *talkative, d time.Duration) { f.seq += 30000; f.time += uint32(d.Milliseconds() * 8) }, true},
		"all else, too":           {0, func(f *talkative, _ time.Duration) { f.seq, f.time, f.ssrc = 1, 7, 99 }, true},
		"noise every 100 ms":      {100 * time.Millisecond, func(f *talkative, d time.Duration) { f.time += uint32(d.Milliseconds() * 8) }, false},
		"noise every 15 s":        {15 * time.Second, func(f *talkative, d time.Duration) { f.time += uint32(d.Milliseconds() * 8) }, false},
		"noise, the clock stands": {time.Second, func(*talkative, time.Duration) {}, false},
		"noise once in 35 s":      {35 * time.Second, func(f *talkative, d time.Duration) { f.time += uint32(d.Milliseconds() * 8) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := established(t, far, "")
			f := &talkative{ssrc: 7, time: 4711}
			now := clockStart()
			loud := make([]byte, 160)
			var out [block]int16
			speak := func(n int) (peak int16, after time.Duration) {
				began := now
				for i := range 2 * n {
					if i%2 == 0 {
						s.receive(now, far, f.packet(0, loud), false)
						f.time += 160
					}
					s.player.pull(now, out[:])
					for _, v := range out {
						if v > peak || -v > peak {
							peak = max(v, -v)
							after = now.Sub(began)
						}
					}
					now = now.Add(10 * time.Millisecond)
				}
				return peak, after
			}
			if peak, _ := speak(100); peak < 8000 {
				t.Fatalf("its first words are %d loud", peak)
			}
			shown := false
			const pause = 40 * time.Second
			for at := time.Duration(0); at < pause; at += 10 * time.Millisecond {
				if c.noise > 0 && at%c.noise == 0 {
					s.receive(now, far, f.packet(13, []byte{40}), false)
				}
				s.player.pull(now, out[:])
				if e, news := s.silence(now); news && e.For >= call.UnheardShown {
					shown = true
				}
				now = now.Add(10 * time.Millisecond)
			}
			if shown != c.shown {
				t.Errorf("the silence is told of: %v", shown)
			}
			c.resume(f, pause)
			if peak, after := speak(50); peak < 8000 || after > 500*time.Millisecond {
				t.Errorf("its next words are %d loud after %v: %s", peak, after, fmt.Sprintf("%+v", s.player.stats()))
			}
			if e, _ := s.silence(now); e.For != 0 {
				t.Errorf("it is still told to be silent: %+v", e)
			}
		})
	}
}

// TestOneWay: who only listens, only speaks, or holds without a word of it need not be heard, and is asked after all the same.
func TestOneWay(t *testing.T) {
	far := netip.MustParseAddrPort("127.0.0.2:40000")
	for attrs, excused := range map[string]bool{"": false, "a=sendrecv\n": false, "a=sendonly\n": true, "a=recvonly\n": true, "a=inactive\n": true} {
		s := established(t, far, attrs)
		var told []call.Unheard
		for at := range 130 {
			if e, news := s.silence(clockStart().Add(time.Duration(at) * time.Second)); news {
				told = append(told, e)
			}
		}
		if want := map[bool]int{true: 2, false: 3}[excused]; len(told) != want || told[0].Excused != excused {
			t.Errorf("%q: %+v", attrs, told)
		}
		s.receive(clockStart().Add(131*time.Second), far, voice(1, 1), false) // music on hold
		if e, news := s.silence(clockStart().Add(132 * time.Second)); !news || e.For != 0 {
			t.Errorf("%q: heard, and told %+v", attrs, e)
		}
	}
}
