package media

import "testing"

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
