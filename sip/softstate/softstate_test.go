package softstate

import (
	"reflect"
	"testing"
	"time"
)

func middle() float64 { return 0.5 }

func every() (events []Event, states []State) {
	events = []Event{Begin{}, Change{}, Due{}, Failed{}, End{}, Terminated{}, Terminated{ForGood: true}, Terminated{After: time.Minute}, Told{}, Told{Empty: true}, Unheard{}}
	for _, status := range []int{200, 202, 403, 404, 405, 408, 412, 423, 429, 480, 481, 489, 500, 501, 503, 603} {
		events = append(events, Answered{Status: status, Granted: 100, Least: 7200, After: 30 * time.Second})
	}
	for p := Off; p <= Refused; p++ {
		for _, b := range []bool{false, true} {
			states = append(states, State{Phase: p, Expires: 600, fresh: b}, State{Phase: p, Expires: 600, ending: b && p == Asking, changed: b}, State{Phase: p, Expires: 600, raised: b},
				State{Phase: p, Expires: 600, heard: b}, State{Phase: p, Expires: 600, waiting: b && (p == Asking || p == Held)})
		}
	}
	return events, states
}

// TestEveryEventInEveryState: one request at a time, nothing is planned twice, and what is refused stays so.
func TestEveryEventInEveryState(t *testing.T) {
	events, states := every()
	for _, s := range states {
		for _, e := range events {
			next, act := s.Next(e, middle)
			name := func() string { return reflect.TypeOf(e).Name() }
			switch act := act.(type) {
			case Send:
				if next.Phase != Asking || s.Phase == Refused {
					t.Errorf("%+v %s: sends in %+v", s, name(), next)
				}
				if s.Phase == Off && !act.Fresh {
					t.Errorf("%+v %s: refreshes what was never there", s, name())
				}
			case Wait:
				if next.Phase != Held && next.Phase != Resting || act.For <= 0 || act.For > time.Hour {
					t.Errorf("%+v %s: waits %v in %+v", s, name(), act.For, next)
				}
			case Listen:
				if next.Phase != Asking && next.Phase != Held || act.For <= 0 || act.For > time.Minute || next.heard {
					t.Errorf("%+v %s: listens for %v in %+v", s, name(), act.For, next)
				}
			case Doubt:
				if next.Phase != s.Phase || !next.doubted || next.waiting {
					t.Errorf("%+v %s: doubts and is in %+v", s, name(), next)
				}
			case Quit:
				if next.Phase != Off {
					t.Errorf("%+v %s: quits and is in %+v", s, name(), next)
				}
			case nil:
				if (next.Phase == Held || next.Phase == Resting) && next.Phase != s.Phase {
					t.Errorf("%+v %s: nothing wakes %+v", s, name(), next)
				}
			}
			if next.waiting && next.Phase != Asking && next.Phase != Held {
				t.Errorf("%+v %s: waits for a NOTIFY in %+v", s, name(), next)
			}
			if _, end := e.(End); s.Phase == Refused && next.Phase != Refused && !end {
				t.Errorf("%+v %s: asks again: %+v", s, name(), next)
			}
		}
	}
}

func TestStories(t *testing.T) {
	ok, gone, later := Answered{Status: 200, Granted: 600}, Answered{Status: 481}, Answered{Status: 503, After: time.Minute}
	empty := Told{Empty: true}
	for name, c := range map[string]struct {
		events []Event
		want   []Action
	}{
		"kept and refreshed":             {[]Event{Begin{}, ok, Due{}, ok}, []Action{Send{true}, Wait{450 * time.Second}, Send{}, Wait{450 * time.Second}}},
		"the server has forgotten":       {[]Event{Begin{}, ok, Due{}, gone, ok}, []Action{Send{true}, Wait{450 * time.Second}, Send{}, Send{true}, Wait{450 * time.Second}}},
		"forgotten at once":              {[]Event{Begin{}, gone, Begin{}}, []Action{Send{true}, nil, nil}},
		"too short":                      {[]Event{Begin{}, Answered{Status: 423, Least: 3600}, Answered{Status: 423, Least: 7200}}, []Action{Send{true}, Send{true}, nil}},
		"later":                          {[]Event{Begin{}, later, Due{}, Failed{}}, []Action{Send{true}, Wait{time.Minute}, Send{true}, Wait{10 * time.Second}}},
		"a change while asking":          {[]Event{Begin{}, Change{}, Change{}, ok, ok}, []Action{Send{true}, nil, nil, Send{}, Wait{450 * time.Second}}},
		"the end while asking":           {[]Event{Begin{}, End{}, ok, Due{}}, []Action{Send{true}, nil, Quit{}, nil}},
		"the end":                        {[]Event{Begin{}, ok, End{}, End{}}, []Action{Send{true}, Wait{450 * time.Second}, Quit{}, nil}},
		"a new way":                      {[]Event{Begin{}, ok, Begin{}, ok}, []Action{Send{true}, Wait{450 * time.Second}, Send{}, Wait{450 * time.Second}}},
		"told nothing":                   {[]Event{Begin{}, ok, empty, empty, Unheard{}, empty, Unheard{}, Told{}, Due{}}, []Action{Send{true}, Wait{450 * time.Second}, Listen{patience}, nil, Doubt{}, nil, nil, nil, Send{}}},
		"told nothing before the answer": {[]Event{Begin{}, empty, Unheard{}, ok, Unheard{}}, []Action{Send{true}, Listen{patience}, Doubt{}, Wait{450 * time.Second}, nil}},
		"told something in the end":      {[]Event{Begin{}, ok, empty, Told{}, Unheard{}, empty}, []Action{Send{true}, Wait{450 * time.Second}, Listen{patience}, nil, nil, nil}},
		"told something before":          {[]Event{Begin{}, ok, Told{}, Terminated{After: time.Minute}, Due{}, ok, empty}, []Action{Send{true}, Wait{450 * time.Second}, nil, Wait{time.Minute}, Send{true}, Wait{450 * time.Second}, nil}},
		"ended while it told nothing":    {[]Event{Begin{}, ok, empty, Terminated{After: time.Minute}, Unheard{}, Due{}, ok, empty}, []Action{Send{true}, Wait{450 * time.Second}, Listen{patience}, Wait{time.Minute}, nil, Send{true}, Wait{450 * time.Second}, Listen{patience}}},
		"given up while it told nothing": {[]Event{Begin{}, ok, empty, End{}, Unheard{}}, []Action{Send{true}, Wait{450 * time.Second}, Listen{patience}, Quit{}, nil}},
		"ended by the server":            {[]Event{Begin{}, ok, Terminated{After: time.Minute}, Due{}}, []Action{Send{true}, Wait{450 * time.Second}, Wait{time.Minute}, Send{true}}},
		"ended by the server, for good":  {[]Event{Begin{}, ok, Terminated{ForGood: true}, Begin{}}, []Action{Send{true}, Wait{450 * time.Second}, nil, nil}},
	} {
		s := State{Expires: 600}
		for i, e := range c.events {
			var act Action
			if s, act = s.Next(e, middle); !reflect.DeepEqual(act, c.want[i]) {
				t.Errorf("%s: step %d, %T: %#v, want %#v", name, i, e, act, c.want[i])
			}
		}
	}
}
