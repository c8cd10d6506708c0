package quality

import (
	"testing"
	"time"

	"sidetone/internal/call"
)

// second lets a call go on for a second, of which share of the packets comes.
func second(t *Totals, played, lost uint64) {
	t.Counts.Played += played
	t.Counts.Lost += lost
	t.Counts.Runs += lost
	t.Came += played
	t.Heard.Add([]int16{1000, -1000})
	t.Said.Add([]int16{3277, -3277})
}

func usual() Totals {
	return Totals{Codec: "PCMU", Packet: 20 * time.Millisecond, Delay: 20 * time.Millisecond, Awaited: true, Sending: true}
}

func TestMeter(t *testing.T) {
	var m Meter
	now := usual()
	second(&now, 50, 0)
	s := m.Second(now)
	if s.Now != s.Whole || s.Now.MOS != 4.41 || s.Now.Said != -20 || s.Silent != "" || s.Poor {
		t.Errorf("%+v", s)
	}
	second(&now, 40, 10)
	now.Concealed, now.RoundTrip, now.TheirLoss = 200*time.Millisecond, 300*time.Millisecond, 3
	now.Said.Add([]int16{32767, -32768})
	s = m.Second(now)
	if s.Now.Lost != 20 || s.Whole.Lost != 10 || s.Now.Concealed != 200 || s.Now.RoundTrip != 300 || s.Now.Clipped != 50 || s.Now.TheirLoss != 3 {
		t.Errorf("%+v", s)
	}
	if s.Now.MOS >= s.Whole.MOS || s.Whole.MOS >= 4.2 {
		t.Errorf("opinions %v and %v", s.Now.MOS, s.Whole.MOS)
	}
}

// TestPoor: a second is nothing; three are told, and it takes five good ones to take that back.
func TestPoor(t *testing.T) {
	var m Meter
	now := usual()
	for i, c := range []struct {
		lost uint64
		poor bool
	}{{0, false}, {25, false}, {25, false}, {0, false}, {25, false}, {25, false}, {25, true}, {0, true}, {0, true}, {0, true}, {0, true}, {0, false}} {
		second(&now, 50-c.lost, c.lost)
		if s := m.Second(now); s.Poor != c.poor {
			t.Errorf("second %d: %+v", i, s)
		}
	}
}

// TestWhoIsSilent: after two seconds it is known whose sound is missing, and that nobody's is where nobody need speak.
func TestWhoIsSilent(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Totals)
		each   func(*Totals)
		want   call.Side
	}{
		"all is well":              {func(*Totals) {}, func(t *Totals) { second(t, 50, 0) }, call.NothingMissing},
		"nothing comes":            {func(*Totals) {}, func(t *Totals) { t.Said.Add([]int16{1}) }, call.FromThem},
		"nothing comes, they hold": {func(t *Totals) { t.Awaited = false }, func(t *Totals) { t.Said.Add([]int16{1}) }, call.NothingMissing},
		"the microphone is dead":   {func(*Totals) {}, func(t *Totals) { t.Came++; t.Said.Add([]int16{0, 0}) }, call.FromMicrophone},
		"muted":                    {func(t *Totals) { t.Sending = false }, func(t *Totals) { t.Came++; t.Said.Add([]int16{0, 0}) }, call.NothingMissing},
		"they get nothing":         {func(t *Totals) { t.Heeded, t.TheirLoss = true, 100 }, func(t *Totals) { second(t, 50, 0) }, call.ToThem},
		"they get half":            {func(t *Totals) { t.Heeded, t.TheirLoss = true, 50 }, func(t *Totals) { second(t, 50, 0) }, call.NothingMissing},
	} {
		var m Meter
		now := usual()
		second(&now, 50, 0)
		m.Second(now)
		c.change(&now)
		for i, want := range []call.Side{"", c.want, c.want} {
			c.each(&now)
			if s := m.Second(now); s.Silent != want {
				t.Errorf("%s, second %d: %q", name, i+1, s.Silent)
			}
		}
		now.Awaited, now.Heeded, now.Sending = true, false, true
		second(&now, 50, 0)
		if s := m.Second(now); s.Silent != "" {
			t.Errorf("%s: afterwards %q", name, s.Silent)
		}
	}
}
