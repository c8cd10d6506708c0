package sessiontimer

import (
	"testing"
	"time"
)

func noon() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }

func sec(n int) time.Duration { return time.Duration(n) * time.Second }

func TestParse(t *testing.T) {
	for s, want := range map[string]Terms{
		"1800":                        {sec(1800), ""},
		"90;refresher=uac":            {sec(90), UAC},
		" 90 ; Refresher = UAS ;x=1":  {sec(90), UAS},
		"90;refresher=nobody":         {sec(90), ""},
		"4294967295":                  {longest, ""},
		"1800;lr;refresher=uas;other": {sec(1800), UAS},
	} {
		if got, ok := Parse(s); !ok || got != want {
			t.Errorf("%q: %v %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "x", "-1", "1.5", ";refresher=uac", "99999999999"} {
		if got, ok := Parse(s); ok {
			t.Errorf("%q: %v", s, got)
		}
	}
	if s := (Terms{sec(90), UAC}).String() + " " + (Terms{Interval: sec(120)}).String(); s != "90;refresher=uac 120" {
		t.Error(s)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("90;refresher=uac")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := Parse(s)
		if !ok {
			return
		}
		if again, ok := Parse(got.String()); !ok || again != got {
			t.Errorf("%q: %v, and again %v", s, got, again)
		}
	})
}

func TestAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		offer Offer
		want  Verdict
	}{
		"no word of it":              {Offer{}, Verdict{}},
		"known, not asked":           {Offer{Knows: true}, Verdict{Terms: Terms{Usual, UAS}, Require: true}},
		"known, a long least":        {Offer{Knows: true, Least: time.Hour}, Verdict{Terms: Terms{time.Hour, UAS}, Require: true}},
		"asked":                      {Offer{Terms: Terms{Interval: sec(600)}, Knows: true}, Verdict{Terms: Terms{sec(600), UAC}, Require: true}},
		"asked, they refresh":        {Offer{Terms: Terms{sec(600), UAC}, Knows: true}, Verdict{Terms: Terms{sec(600), UAC}, Require: true}},
		"asked, we refresh":          {Offer{Terms: Terms{sec(600), UAS}, Knows: true}, Verdict{Terms: Terms{sec(600), UAS}, Require: true}},
		"too small":                  {Offer{Terms: Terms{Interval: sec(89)}, Knows: true}, Verdict{TooSmall: true}},
		"a proxy's":                  {Offer{Terms: Terms{Interval: sec(600)}}, Verdict{Terms: Terms{sec(600), UAS}}},
		"a proxy's, naming the uac":  {Offer{Terms: Terms{sec(600), UAC}}, Verdict{Terms: Terms{sec(600), UAS}}},
		"a proxy's, small":           {Offer{Terms: Terms{Interval: sec(60)}}, Verdict{Terms: Terms{sec(60), UAS}}},
		"least alone means nothing ": {Offer{Least: sec(90)}, Verdict{}},
	} {
		if got := Answer(c.offer, Usual, Least); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// states are the timer as it may stand.
func states() map[string]State {
	none := State{}
	ours, _ := none.Next(Agreed{Terms{sec(100), UAC}, UAC}, noon())
	theirs, _ := none.Next(Agreed{Terms{sec(90), UAS}, UAC}, noon())
	raised, _ := none.Next(TooSmall{sec(300)}, noon())
	return map[string]State{"none": none, "ours": ours, "theirs": theirs, "raised": raised}
}

func TestEveryEventInEveryState(t *testing.T) {
	early, late := noon().Add(sec(1)), noon().Add(sec(60))
	cases := []struct {
		state string
		event Event
		at    time.Time
		want  Action
		due   time.Duration // after noon; 0: no tick is wanted
	}{
		{"none", Tick{}, late, Nothing, 0},
		{"none", Postponed{}, late, Nothing, 0},
		{"none", Refused{}, late, Nothing, 0},
		{"none", TooSmall{sec(120)}, early, Refresh, 0},
		{"none", TooSmall{}, early, Nothing, 0},
		{"none", Agreed{}, early, Nothing, 0},
		{"none", Agreed{Terms{sec(100), UAS}, UAS}, early, Nothing, sec(51)},
		{"none", Agreed{Terms{sec(100), ""}, UAC}, early, Nothing, sec(51)},
		{"none", Agreed{Terms{sec(60), UAC}, UAS}, early, Nothing, sec(41)},
		{"none", Agreed{Terms{sec(1800), UAC}, UAS}, early, Nothing, sec(1769)},
		{"none", Agreed{Terms{sec(1), UAC}, UAC}, early, Nothing, sec(2)},

		{"ours", Tick{}, early, Nothing, sec(50)},
		{"ours", Tick{}, late, Refresh, sec(110)},
		{"ours", Postponed{}, late, Nothing, sec(62)},
		{"ours", Postponed{}, noon().Add(sec(99)), End, 0},
		{"ours", Refused{}, late, Nothing, sec(50)},
		{"ours", TooSmall{sec(120)}, early, Refresh, sec(50)},
		{"ours", Agreed{}, early, Nothing, 0},
		{"ours", Agreed{Terms{sec(100), UAS}, UAC}, early, Nothing, sec(69)},

		{"theirs", Tick{}, early, Nothing, sec(60)},
		{"theirs", Tick{}, late, End, 0},
		{"theirs", Postponed{}, late, Nothing, sec(60)},
		{"theirs", Refused{}, late, Nothing, sec(60)},
		{"theirs", TooSmall{sec(120)}, early, Refresh, sec(60)},
		{"theirs", Agreed{}, early, Nothing, 0},
		{"theirs", Agreed{Terms{sec(90), UAC}, UAS}, early, Nothing, sec(61)},

		{"raised", Tick{}, late, Nothing, 0},
		{"raised", Postponed{}, late, Nothing, 0},
		{"raised", Refused{}, late, Nothing, 0},
		{"raised", TooSmall{sec(400)}, early, Refresh, 0},
		{"raised", Agreed{}, early, Nothing, 0},
		{"raised", Agreed{Terms{sec(300), UAC}, UAC}, early, Nothing, sec(151)},
	}
	for _, c := range cases {
		s, got := states()[c.state].Next(c.event, c.at)
		at, ok := s.Due()
		due := time.Duration(0)
		if ok && !at.IsZero() {
			due = at.Sub(noon())
		}
		if got != c.want || due != c.due {
			t.Errorf("%s, %T %v: %v, due after %v; want %v, %v", c.state, c.event, c.event, got, due, c.want, c.due)
		}
	}
}

func TestAsk(t *testing.T) {
	for name, want := range map[string]struct {
		terms Terms
		least time.Duration
	}{
		"none":   {Terms{Usual, ""}, Least},
		"ours":   {Terms{sec(100), UAC}, Least},
		"theirs": {Terms{sec(90), UAS}, Least},
	} {
		if terms, least := states()[name].Ask(Usual, Least); terms != want.terms || least != want.least {
			t.Errorf("%s: %v %v", name, terms, least)
		}
	}
	s, _ := State{}.Next(TooSmall{time.Hour}, noon())
	if terms, least := s.Ask(Usual, Least); terms.Interval != time.Hour || least != time.Hour {
		t.Errorf("after 422: %v %v", terms, least)
	}
}

// TestTooSmallIsBounded: a server that asks for ever longer times is not followed for ever.
func TestTooSmallIsBounded(t *testing.T) {
	s := State{}
	for i := range attempts + 1 {
		var act Action
		s, act = s.Next(TooSmall{sec(100 * (i + 1))}, noon())
		if want := i < attempts-1; (act == Refresh) != want {
			t.Errorf("422 number %d: %v", i+1, act)
		}
	}
}

// TestARefusedRefreshKeepsTheCall: it is tried again half a session later, and again.
func TestARefusedRefreshKeepsTheCall(t *testing.T) {
	s, _ := State{}.Next(Agreed{Terms{sec(100), UAC}, UAC}, noon())
	for range 5 {
		at, _ := s.Due()
		var act Action
		if s, act = s.Next(Tick{}, at); act != Refresh {
			t.Fatalf("%v", act)
		}
		s, _ = s.Next(Refused{}, at)
	}
}

// TestSilenceIsBorneUntilTheSessionExpires: a server that is started again costs no call.
func TestSilenceIsBorneUntilTheSessionExpires(t *testing.T) {
	s, _ := State{}.Next(Agreed{Terms{sec(100), UAC}, UAC}, noon())
	tries := 0
	for at, ok := s.Due(); ok; at, ok = s.Due() {
		var act Action
		if s, act = s.Next(Tick{}, at); act != Refresh {
			t.Fatalf("%v at %v", act, at.Sub(noon()))
		}
		tries++
		at = at.Add(sec(32)) // without an answer
		if s, act = s.Next(Postponed{}, at); act == End {
			break
		} else if at.Sub(noon()) > sec(100) {
			t.Fatalf("not ended at %v", at.Sub(noon()))
		}
	}
	if tries != 2 {
		t.Errorf("%d tries", tries)
	}
}
