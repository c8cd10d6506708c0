package media

import (
	"net/netip"
	"sidetone/internal/media/jitter"
	"testing"
	"time"

	"sidetone/internal/call"
)

// TestRelayKeepsTime: a relay whose two sides run at different speeds stays short, and neither stops nor repeats.
func TestRelayKeepsTime(t *testing.T) {
	for _, c := range []struct {
		name      string
		puts, per int // puts blocks for every per taken
	}{{"even", 1, 1}, {"the speaker is faster", 3, 2}, {"the microphone is faster", 2, 3}, {"in gulps", 4, 4}} {
		r := relay{on: true}
		last, taken := int32(0), 0
		for n := int16(1); n < 3000; {
			for range c.puts {
				b := [block]int16{n}
				r.put(b[:])
				n++
			}
			for range c.per {
				var joint [block]int32
				r.next(joint[:])
				if r.others(joint[:])[0] != 0 {
					t.Fatalf("%s: one hears oneself", c.name)
				}
				if joint[0] == 0 {
					continue // nothing yet: silence
				}
				if joint[0] <= last || int32(n)-joint[0] > relayMost+1 {
					t.Fatalf("%s: block %d after %d, while %d are there", c.name, joint[0], last, n)
				}
				last, taken = joint[0], taken+1
			}
		}
		if taken < 1900 {
			t.Errorf("%s: only %d blocks came through", c.name, taken)
		}
	}
	var off relay
	off.put(make([]int16, block))
	if off.n != 0 {
		t.Error("a call that is not joined is kept")
	}
}

// TestNothingIsHeardAfterAHold of what was said before it: not by the joined calls, and not by the agent when the call is taken back.
func TestNothingIsHeardAfterAHold(t *testing.T) {
	far := netip.MustParseAddrPort("127.0.0.2:40000")
	e := New(Config{}, func(call.News) {})
	talk := func() *session { // with what is said on its way to the joined calls, and half a packet on its way to the ear
		s := established(t, far, "")
		s.id = "c1"
		s.join(true)
		e.sessions["c1"] = s
		for range relayMost {
			loud := [block]int16{9000}
			s.relay.put(loud[:])
		}
		for i := range 10 {
			s.player.put(clockStart().Add(time.Duration(20*i)*time.Millisecond), jitter.Packet{SSRC: 1, Seq: uint16(i), Timestamp: uint32(160 * i), Units: 160, Payload: make([]byte, 160)})
		}
		var out [block]int16
		s.player.pull(clockStart().Add(200*time.Millisecond), out[:])
		return s
	}
	silent := func(what string, s *session) {
		t.Helper()
		for range relayMost {
			var joint [block]int32
			s.relay.next(joint[:])
			if others := s.relay.others(joint[:]); joint[0] != 0 || others[0] != 0 {
				t.Fatalf("%s: %d is heard, %d comes back", what, joint[0], others[0])
			}
		}
	}
	s := talk()
	e.carryOut(clockStart(), call.Park{ID: "c1", On: true})
	silent("our hold", s)
	s = talk()
	e.carryOut(clockStart(), call.JoinIn{ID: "c1"})
	silent("leaving", s)
	s = talk()
	offer := []byte("v=0\r\no=- 1 2 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\na=inactive\r\n")
	e.carryOut(clockStart(), call.MakeAnswer{ID: "c1", Offer: offer})
	e.carryOut(clockStart(), call.Connect{ID: "c1"})
	var out [block]int16
	for range 10 {
		s.player.pull(clockStart().Add(210*time.Millisecond), out[:])
		if level := rms(out[:]); s.agreed.Recv || level > 10 {
			t.Fatalf("their hold: a level of %v is heard, %+v", level, s.agreed)
		}
	}
	silent("their hold", s)
}
