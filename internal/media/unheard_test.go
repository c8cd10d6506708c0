package media

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"sidetone/internal/call"
)

// TestUnheard: what is told of a far end, second by second.
func TestUnheard(t *testing.T) {
	type told struct {
		at      int
		For     time.Duration
		excused bool
	}
	const s = time.Second
	always := func(int) bool { return true }
	until := func(end int) func(int) bool { return func(at int) bool { return at < end } }
	never := until(0)
	for name, c := range map[string]struct {
		heard, awaited func(at int) bool
		want           []told
	}{
		"always heard":                   {always, always, nil},
		"need not be, and is":            {always, never, nil},
		"need not be":                    {never, never, []told{{60, 60 * s, true}, {120, 120 * s, true}, {180, 180 * s, true}}},
		"held, music for a minute":       {until(60), never, []told{{119, 60 * s, true}, {179, 120 * s, true}}},
		"held, a report every 50 s":      {func(at int) bool { return at%50 == 0 }, never, nil},
		"never heard":                    {never, always, []told{{20, 20 * s, false}, {60, 60 * s, false}, {120, 120 * s, false}, {180, 180 * s, false}}},
		"gone":                           {until(31), always, []told{{50, 20 * s, false}, {90, 60 * s, false}, {150, 120 * s, false}}},
		"heard every 19 s":               {func(at int) bool { return at%19 == 0 }, always, nil},
		"held after half a minute":       {never, until(30), []told{{20, 20 * s, false}, {30, 0, true}, {90, 60 * s, true}, {150, 120 * s, true}}},
		"held for a minute, then silent": {never, func(at int) bool { return at >= 60 }, []told{{80, 20 * s, false}, {120, 60 * s, false}, {180, 120 * s, false}}},
		"back after 25 s": {func(at int) bool { return at >= 25 && at < 30 }, always,
			[]told{{20, 20 * s, false}, {25, 0, false}, {49, 20 * s, false}, {89, 60 * s, false}, {149, 120 * s, false}}},
	} {
		var u unheard
		var heard time.Time
		var got []told
		for at := range 190 {
			now := clockStart().Add(time.Duration(at) * time.Second)
			if c.heard(at) {
				heard = now
			}
			var e call.Unheard
			var news bool
			if u, e, news = u.next(now, heard, c.awaited(at)); news {
				got = append(got, told{at, e.For, e.Excused})
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
			continue
		}
		for i, w := range c.want {
			if got[i] != w {
				t.Errorf("%s: %v, want %v", name, got[i], w)
			}
		}
	}
}

// TestSignsOfLife: sound, reports and packets of a kind nobody plays, but not what a stranger sends.
func TestSignsOfLife(t *testing.T) {
	far, stranger := netip.MustParseAddrPort("127.0.0.2:40000"), netip.MustParseAddrPort("127.0.0.3:40000")
	report, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 5}})
	if err != nil {
		t.Fatal(err)
	}
	comfort := voice(5, 9)
	comfort[1] = 13 // RFC 3389
	for _, c := range []struct {
		name   string
		from   netip.AddrPort
		packet []byte
		rtcp   bool
		heard  bool
	}{
		{"sound", far, voice(5, 8), false, true}, {"comfort noise", far, comfort, false, true}, {"a report", netip.AddrPortFrom(far.Addr(), 40001), report, true, true},
		{"a stranger's sound", stranger, voice(6, 8), false, false}, {"a stranger's report", stranger, report, true, false},
		{"rubbish", far, []byte{0x80, 0, 1}, false, false},
	} {
		s := established(t, far, "")
		start := clockStart()
		s.receive(start, far, voice(5, 7), false)
		s.silence(start)
		s.receive(start.Add(time.Second), c.from, c.packet, c.rtcp)
		_, news := s.silence(start.Add(call.UnheardShown))
		if news == c.heard {
			t.Errorf("%s: a silence is told of: %v", c.name, news)
		}
		s.parked = true
		if e, back := s.silence(start.Add(call.UnheardShown)); back != news || e.For != 0 {
			t.Errorf("%s: on hold %+v %v", c.name, e, back)
		}
	}
}
