package presence

import (
	"math/rand/v2"
	"testing"
	"time"
)

func at(minute, second int) time.Time {
	return time.Date(2026, 3, 4, 10, minute, second, 0, time.UTC)
}

// said is a step of a story: an event, and what must be true after it.
type step struct {
	sec    int
	event  Event
	status Status
	push   string // what Kustomer is newly asked for, empty: nothing new
}

func tell(t *testing.T, steps []step) State {
	t.Helper()
	s := Start(at(0, 0), Memory{})
	for i, st := range steps {
		before := s.Want.Rev
		s = Reduce(s, st.event, at(0, st.sec))
		if got := Effective(s); got != st.status {
			t.Fatalf("step %d %+v: status %s, want %s", i, st.event, got, st.status)
		}
		push := ""
		if s.Want.Rev != before {
			push = s.Want.Status
		}
		if push != st.push {
			t.Fatalf("step %d %+v: pushed %q, want %q", i, st.event, push, st.push)
		}
	}
	return s
}

func TestCallMakesBusyAndRestores(t *testing.T) {
	tell(t, []step{
		{1, Said{Status: Available}, Available, ""},
		{2, Calls{On: true}, Busy, "busy"},
		{3, Applied{Rev: 1}, Busy, ""},
		{3, Said{Status: Busy}, Busy, ""}, // the echo of our own wish
		{30, Calls{On: true}, Busy, ""},
		{40, Calls{On: false}, Available, "available"},
		{41, Said{Status: Available}, Available, ""},
	})
}

func TestPreviousStatusIsRestored(t *testing.T) {
	s := tell(t, []step{
		{1, Said{Status: Unavailable, Label: "Lunch"}, Unavailable, ""},
		{2, Calls{On: true}, Busy, "busy"},
		{3, Said{Status: Busy}, Busy, ""},
		{9, Calls{On: false}, Unavailable, "unavailable"},
		{10, Said{Status: Unavailable, Label: "Unavailable"}, Unavailable, ""},
	})
	if v := Show(s); v.Label != "Lunch" {
		t.Errorf("label %q", v.Label)
	}
}

func TestOwnChangeDuringTheCallWins(t *testing.T) {
	tell(t, []step{
		{1, Said{Status: Available}, Available, ""},
		{2, Calls{On: true}, Busy, "busy"},
		{3, Said{Status: Busy}, Busy, ""},
		{9, Said{Status: Offline}, Offline, ""}, // in Kustomer
		{20, Calls{On: false}, Offline, ""},
	})
	tell(t, []step{
		{1, Said{Status: Available}, Available, ""},
		{2, Calls{On: true}, Busy, "busy"},
		{3, Said{Status: Busy}, Busy, ""},
		{9, Chose{Status: Unavailable}, Busy, ""}, // in the app: it follows the call
		{20, Calls{On: false}, Unavailable, "unavailable"},
		{21, Applied{Rev: 2}, Unavailable, ""},
		{22, Said{Status: Unavailable}, Unavailable, ""},
	})
}

func TestEchoOfAShortCall(t *testing.T) {
	tell(t, []step{
		{1, Said{Status: Available}, Available, ""},
		{2, Calls{On: true}, Busy, "busy"},
		{3, Applied{Rev: 1}, Busy, ""},
		{3, Calls{On: false}, Available, "available"},
		{4, Applied{Rev: 2}, Available, ""},
		{4, Said{Status: Busy}, Available, ""}, // late echoes of both
		{5, Said{Status: Available}, Available, ""},
		{20, Said{Status: Busy}, Busy, ""}, // no echo any more: the agent's own doing
	})
}

// TestWidgetThatReconnects says where the agent is, which is no choice of theirs.
func TestWidgetThatReconnects(t *testing.T) {
	tell(t, []step{
		{1, Said{Status: Available}, Available, ""},
		{2, Calls{On: true}, Busy, "busy"}, // the widget has just gone: nobody carries it out
		{30, Said{Status: Available}, Busy, ""},
		{40, Calls{On: false}, Available, "available"},
	})
	tell(t, []step{
		{1, Calls{On: true}, Busy, "busy"},
		{20, Said{Status: Unavailable, Label: "Lunch"}, Busy, ""}, // its first word, in the middle of a call
		{30, Calls{On: false}, Unavailable, "unavailable"},
	})
	s := tell(t, []step{
		{1, Calls{On: true}, Busy, "busy"},
		{5, Calls{On: false}, Available, "available"},
		{40, Said{Status: Unavailable, Label: "Lunch"}, Unavailable, ""},
	})
	if !s.Want.Done {
		t.Error("an old wish would end the agent's lunch")
	}
}

func TestKustomerThatNeverEchoes(t *testing.T) {
	tell(t, []step{
		{1, Said{Status: Available}, Available, ""},
		{2, Calls{On: true}, Busy, "busy"},
		{3, Applied{Rev: 1}, Busy, ""},
		{30, Said{Status: Available}, Available, ""}, // the agent's own choice during the call
		{40, Calls{On: false}, Available, ""},
	})
}

func TestWrapUpIsBusyInKustomer(t *testing.T) {
	tell(t, []step{
		{1, Said{Status: Available}, Available, ""},
		{2, Chose{Status: WrapUp}, WrapUp, "busy"},
		{3, Said{Status: Busy}, WrapUp, ""},
		{4, Chose{Status: Available}, Available, "available"},
	})
}

func TestWhy(t *testing.T) {
	s := Reduce(Start(at(0, 0), Memory{}), Said{Status: Available}, at(1, 0))
	s = Reduce(s, Calls{On: true}, at(42, 0))
	if v := Show(s); v.Why != "On a call since 10:42, will return to Available." || v.Return != Available {
		t.Errorf("%+v", v)
	}
	s = Reduce(Reduce(s, Chose{Status: WrapUp}, at(43, 0)), Calls{}, at(44, 0))
	if v := Show(s); v.Why != "You chose this at 10:43." {
		t.Errorf("%+v", v)
	}
	s = Reduce(s, Said{Status: Unavailable, Label: "Lunch"}, at(45, 0))
	if v := Show(s); v.Why != "Set in Kustomer at 10:45." || v.Label != "Lunch" {
		t.Errorf("%+v", v)
	}
}

// TestNeverPingPong plays any story with a Kustomer that echoes every wish at once: wishes never breed wishes.
func TestNeverPingPong(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		s, now := Start(at(0, 0), Memory{}), at(0, 0)
		for range 30 {
			now = now.Add(time.Duration(rng.IntN(15000)) * time.Millisecond)
			all := Statuses()
			events := []Event{Calls{On: rng.IntN(2) == 0}, Chose{Status: all[rng.IntN(5)]}, Said{Status: all[rng.IntN(5)]}}
			s = Reduce(s, events[rng.IntN(3)], now)
			rev := s.Want.Rev
			if s.Want.Rev > 0 && !s.Want.Done {
				was := Effective(s)
				s = Reduce(s, Applied{Rev: rev}, now)
				s = Reduce(s, Said{Status: Status(s.Want.Status)}, now)
				if s.Want.Rev != rev || Effective(s) != was {
					t.Fatalf("the echo of %+v changed %v to %v", s.Want, was, Effective(s))
				}
			}
		}
	}
}

// TestWishOutlivesTheWidget is a call whose start or end nobody could tell Kustomer, because the widget was away: what it
// says when it is back is old, not the agent's choice.
func TestWishOutlivesTheWidget(t *testing.T) {
	s := tell(t, []step{
		{1, Said{Status: Available}, Available, ""},
		{2, Calls{On: true}, Busy, "busy"},
		{30, Said{Status: Available}, Busy, ""}, // the widget is back
		{30, Applied{Rev: 1}, Busy, ""},
		{31, Said{Status: Busy}, Busy, ""},
		{32, Calls{On: false}, Available, "available"},
		{50, Said{Status: Busy}, Available, ""}, // and again
	})
	if s.Want.Done {
		t.Error("the wish is lost: the agent stays busy in Kustomer")
	}
}

// TestFirstWordDuringACall is a widget that connects for the first time while a call is on: its status is the one to return
// to, and Kustomer is still to be told of the call.
func TestFirstWordDuringACall(t *testing.T) {
	s := tell(t, []step{
		{1, Calls{On: true}, Busy, "busy"},
		{30, Said{Status: Unavailable, Label: "Lunch"}, Busy, ""},
		{40, Calls{On: false}, Unavailable, "unavailable"},
	})
	if v := Show(s); v.Label != "Lunch" || s.Want.Done {
		t.Errorf("%+v %+v", v, s.Want)
	}
}

// TestLateWishHasAnEcho is a wish that waited for its widget: its echo comes long after the wish was made.
func TestLateWishHasAnEcho(t *testing.T) {
	tell(t, []step{
		{1, Said{Status: Available}, Available, ""},
		{2, Calls{On: true}, Busy, "busy"},
		{30, Applied{Rev: 1}, Busy, ""},
		{31, Calls{On: false}, Available, "available"},
		{32, Said{Status: Busy}, Available, ""},
		{33, Said{Status: Available}, Available, ""},
	})
}

// TestLastWordWins plays a Kustomer that takes every wish and echoes it never, once or twice, late, among choices of the
// agent there: when all is said, both sides show the same.
func TestLastWordWins(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		s, now := Reduce(Start(at(0, 0), Memory{}), Said{Status: Available}, at(0, 0)), at(0, 0)
		kustomer, told := Available, []Status{}
		for n := range 60 {
			now = now.Add(time.Duration(rng.IntN(4000)) * time.Millisecond)
			switch pick := rng.IntN(4); {
			case n < 30 && pick == 0:
				s = Reduce(s, Calls{On: !s.Busy}, now)
			case n < 30 && pick == 1:
				kustomer = Statuses()[rng.IntN(5)]
				told = append(told, kustomer)
			case len(told) > 0:
				s, told = Reduce(s, Said{Status: told[0]}, now), told[1:]
			case s.Want.Rev > 0 && !s.Want.Done:
				kustomer = Status(s.Want.Status)
				s = Reduce(s, Applied{Rev: s.Want.Rev}, now)
				for range 1 + rng.IntN(2) {
					told = append(told, kustomer)
				}
			}
		}
		for len(told) > 0 {
			s, told = Reduce(s, Said{Status: told[0]}, now), told[1:]
		}
		if s.Want.Done && Effective(s).Kustomer() != kustomer.Kustomer() {
			t.Fatalf("Sidetone shows %s, Kustomer %s: %+v", Effective(s), kustomer, s)
		}
	}
}

// TestMemoryOfAWrongClockIsNotBelieved: a wrap-up that begins tomorrow, one of a day, statuses and numbers that cannot be.
func TestMemoryOfAWrongClockIsNotBelieved(t *testing.T) {
	now := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)
	chosen := Choice{Status: Available, By: InApp, At: now}
	for name, w := range map[string]Wrap{
		"tomorrow": {Since: now.Add(24 * time.Hour), Until: now.Add(25 * time.Hour)}, "a day": {Since: now.Add(-time.Hour), Until: now.Add(23 * time.Hour)},
	} {
		if s := Start(now, Memory{Rev: 1, Kustomer: "available", Chosen: chosen, Wrap: w}); Effective(s) != Available {
			t.Errorf("%s: %s", name, Effective(s))
		}
	}
	right := Wrap{Since: now.Add(-time.Minute), Until: now.Add(time.Minute)}
	if s := Start(now, Memory{Rev: 1, Kustomer: "busy", Chosen: chosen, Wrap: right}); Effective(s) != WrapUp {
		t.Errorf("a wrap-up that is right is forgotten: %s", Effective(s))
	}
	s := Start(now, Memory{Rev: 1<<64 - 1, Chosen: Choice{Status: "lunch<b>"}})
	if Effective(s) != Available || s.Want.Rev > MostRev {
		t.Errorf("%s, rev %d", Effective(s), s.Want.Rev)
	}
}
