package presence

import (
	"testing"
	"time"
)

// Kustomer's words in short: events and reads of its statuses.
func event(k shelf) Said { return k.said() }

func read(k shelf, how How, after uint64) Said {
	e := k.said()
	e.How, e.After = how, after
	return e
}

// taken is what a widget finds that has seen Kustomer take the push rev.
func taken(k shelf, rev uint64) Said {
	e := read(k, Found, max(rev, 2))
	e.Took = rev
	return e
}

// reportCase is what must be true of the state that events lead to, played within one minute and then each a minute later.
type reportCase struct {
	name    string
	rules   Rules
	events  []Event
	later   []Event
	status  Status
	chosen  string // the name of the agent's choice
	rev     uint64
	verdict Verdict
}

func (c reportCase) check(t *testing.T) {
	t.Helper()
	s := play(begun(c.rules), 10, c.events...)
	for i, e := range c.later {
		s = Reduce(s, e, at(20+i, 0))
	}
	if Effective(s) != c.status || s.Chosen.name() != c.chosen || s.Want.Rev != c.rev || s.Want.Verdict != c.verdict {
		t.Errorf("%s: %s, chosen %s, wish %d %q; want %s, %s, %d %q", c.name, Effective(s), s.Chosen.name(), s.Want.Rev, s.Want.Verdict, c.status, c.chosen, c.rev, c.verdict)
	}
}

// calledOnce is a call of which Kustomer has been told.
func calledOnce() []Event { return []Event{Calls{On: true}, Applied{Rev: 1}} }

func after(events []Event, more ...Event) []Event {
	return append(events[:len(events):len(events)], more...)
}

func TestEchoes(t *testing.T) {
	away := []Event{Chose{Status: Unavailable, Label: "Lunch", Ref: "L"}, Applied{Rev: 1}}
	for _, c := range []reportCase{
		{name: "an echo", events: after(calledOnce(), event(kBusy)), status: Busy, chosen: "Available", rev: 1, verdict: Confirmed},
		{name: "an echo twice", events: after(calledOnce(), event(kBusy), event(kBusy)), status: Busy, chosen: "Available", rev: 1, verdict: Confirmed},
		{name: "an echo half a minute late", events: calledOnce(), later: []Event{event(kBusy)}, status: Busy, chosen: "Available", rev: 1, verdict: Confirmed},
		{name: "an own status of the kind of a push", events: []Event{Chose{Status: Unavailable}, Applied{Rev: 1}, event(kLunch)},
			status: Unavailable, chosen: "Lunch", rev: 1, verdict: Moot},
		{name: "the kind, then by hand the very status", events: after(away, event(kUnavailable), event(kLunch)),
			status: Unavailable, chosen: "Lunch", rev: 1, verdict: Moot},
		{name: "an echo later than its read", events: after(calledOnce(), read(kBusy, ReadBack, 1), Calls{}, Applied{Rev: 2}, event(kBusy), event(kAvailable)),
			status: Available, chosen: "Available", rev: 2, verdict: Confirmed},
		{name: "an echo later than a read of what the agent chose since", events: after(calledOnce(), read(kLunch, ReadBack, 1), event(kBusy)),
			status: Unavailable, chosen: "Lunch", rev: 1, verdict: Moot},
		{name: "no echo: the push was called long ago", events: after(calledOnce(), event(kBusy), Calls{}, Applied{Rev: 2}, event(kAvailable)), later: []Event{event(kBusy)},
			status: Busy, chosen: "Busy", rev: 2, verdict: Moot},
		{name: "two tabs say that they have called", events: after(calledOnce(), event(kBusy), Applied{Rev: 1}), status: Busy, chosen: "Available", rev: 1, verdict: Confirmed},
		{name: "by hand, after a push that changed nothing", events: []Event{Calls{On: true}, Calls{}, Applied{Rev: 2}, read(kAvailable, ReadBack, 2),
			event(kLunch), event(kAvailable), read(kAvailable, Polled, 2)}, status: Available, chosen: "Available", rev: 2, verdict: Moot},
		{name: "another name for the choice", events: []Event{event(kLunch), event(kUnavailable)}, status: Unavailable, chosen: "Unavailable", rev: 0},
		{name: "an old order still on the wire", events: []Event{Calls{On: true}}, later: []Event{Calls{}, event(kLunch)},
			status: Unavailable, chosen: "Lunch", rev: 2, verdict: Moot},
	} {
		c.check(t)
	}
}

// TestOrderOnTheWire is a widget that carries out a wish that has waited long and that nobody wants any more: its echo is no
// choice of the agent.
func TestOrderOnTheWire(t *testing.T) {
	s := play(begun(Rules{}), 10, Calls{On: true})
	s = play(s, 20, Calls{}, event(kLunch), Applied{Rev: 1}, event(kBusy), read(kBusy, ReadBack, 1))
	if s.Chosen.Label != "Lunch" || s.Want.Rev != 3 || s.Want.Status != "unavailable" {
		t.Errorf("%+v %+v", s.Chosen, s.Want)
	}
}

// TestVanishedWidget is a push that overran the agent's choice, by a widget that has gone before Kustomer told of it.
func TestVanishedWidget(t *testing.T) {
	s := play(begun(Rules{}), 10, Calls{On: true}, Applied{Rev: 1}, event(kLunch), Calls{})
	if s = Reduce(s, read(kBusy, Found, 1), at(20, 0)); s.Chosen.Label != "Lunch" || s.Want.Rev != 2 || s.Want.Status != "unavailable" {
		t.Errorf("%+v %+v", s.Chosen, s.Want)
	}
}

// TestManyWishes are wishes that nobody carries out, but for the first, without a word of it.
func TestManyWishes(t *testing.T) {
	s := play(begun(Rules{}), 10, Calls{On: true}, Calls{})
	for i := range 12 {
		s = Reduce(s, Chose{Status: []Status{Unavailable, Available}[i%2]}, at(11+i, 0))
	}
	if s = Reduce(s, read(kBusy, Found, 0), at(30, 0)); s.Chosen.By != InApp || s.Want.Done || s.Want.Status != "available" {
		t.Errorf("%+v %+v", s.Chosen, s.Want)
	}
}

// TestOldWordOfACall comes from a widget that was slow to say so.
func TestOldWordOfACall(t *testing.T) {
	s := play(begun(Rules{}), 10, Calls{On: true}, Calls{}, Applied{Rev: 2}, Applied{Rev: 1})
	if s.Want.Called != 2 || s.believed != "available" {
		t.Errorf("%+v, believed %s", s.Want, s.believed)
	}
}

func TestReads(t *testing.T) {
	lost := after(calledOnce(), event(kBusy), read(kLunch, Polled, 1))
	for _, c := range []reportCase{
		{name: "the word of a call was lost, and the call ignored", events: []Event{Calls{On: true}, read(kAvailable, Found, 1)},
			status: Busy, chosen: "Available", rev: 1, verdict: Ignored},
		{name: "the event of a choice was lost", events: lost, status: Unavailable, chosen: "Lunch", rev: 1, verdict: Moot},
		{name: "the event of a choice after a choice was lost", events: after(calledOnce(), event(kLunch), read(kAvailable, Polled, 1)),
			status: Available, chosen: "Available", rev: 1, verdict: Moot},
		{name: "the same, of a choice to be what the agent was", events: after(calledOnce(), event(kBusy), read(kAvailable, Polled, 1)),
			status: Available, chosen: "Available", rev: 1, verdict: Moot},
		{name: "what was pushed long ago, by hand", events: []Event{event(kUnavailable), Chose{Status: Available}, Applied{Rev: 1}, read(kLunch, Found, 1)},
			later: []Event{read(kAvailable, Found, 1)}, status: Available, chosen: "Available", rev: 1, verdict: Moot},
		{name: "a slow Kustomer ignores a push", events: calledOnce(), later: []Event{read(kAvailable, ReadBack, 1)},
			status: Busy, chosen: "Available", rev: 1, verdict: Ignored},
		{name: "it took the push, and the agent undid it by hand, while the widget could not say so", events: after([]Event{Chose{Status: Unavailable}, Applied{Rev: 1}}, taken(kAvailable, 1)),
			status: Available, chosen: "Available", rev: 1, verdict: Moot},
		{name: "it took an earlier push, not this one", events: after([]Event{Chose{Status: Unavailable}, Applied{Rev: 1}, event(kUnavailable), Chose{Status: Available}, Applied{Rev: 2}}, taken(kUnavailable, 1)),
			status: Available, chosen: "Available", rev: 2, verdict: Ignored},
		{name: "it takes the push after all", events: after(calledOnce(), read(kAvailable, ReadBack, 1)), later: []Event{event(kBusy)},
			status: Busy, chosen: "Available", rev: 1, verdict: Confirmed},
		{name: "by hand what was not taken before", events: []Event{event(kLunch), Chose{Status: Available}, Applied{Rev: 1}, Calls{On: true}, Applied{Rev: 2},
			read(kLunch, ReadBack, 2), event(kAvailable)}, status: Available, chosen: "Available", rev: 2, verdict: Moot},
		{name: "too late to be wanted", events: after(calledOnce(), read(kAvailable, ReadBack, 1), Calls{}), later: []Event{event(kBusy)},
			status: Busy, chosen: "Busy", rev: 1, verdict: Moot},
		{name: "an ignored push is not repeated for the wrap-up", rules: Rules{AnsweredIn: time.Minute},
			events: after(calledOnce(), read(kAvailable, ReadBack, 1), Calls{Outcome: AnsweredIn}),
			status: WrapUp, chosen: "Available", rev: 1, verdict: Ignored},
	} {
		c.check(t)
	}
}

func TestRefusals(t *testing.T) {
	no := Failed{Rev: 1, Why: "It has no such right."}
	for _, c := range []reportCase{
		{name: "nothing to put back", events: after(calledOnce(), no, Calls{}), status: Available, chosen: "Available", rev: 1, verdict: Moot},
		{name: "a refusal after the echo", events: after(calledOnce(), event(kBusy), no), status: Busy, chosen: "Available", rev: 1, verdict: Confirmed},
		{name: "set by hand, as the notice says", events: after(calledOnce(), no), later: []Event{event(kBusy)}, status: Busy, chosen: "Available", rev: 1, verdict: Moot},
		{name: "by hand in the wrap-up", rules: Rules{AnsweredIn: time.Hour}, events: after(calledOnce(), no, Calls{Outcome: AnsweredIn}),
			later: []Event{event(kBusy)}, status: WrapUp, chosen: "Available", rev: 1, verdict: Moot},
		{name: "and put back after the call", events: after(calledOnce(), no), later: []Event{event(kBusy), Calls{}}, status: Available, chosen: "Available", rev: 2},
	} {
		c.check(t)
	}
}

// TestCoversAgain is a choice in Kustomer that our push overran: the call, or the phone out of reach, covers it as if it had
// come before, and nothing is pushed.
func TestCoversAgain(t *testing.T) {
	down := []Event{Reachable{Why: "The server does not answer."}, Applied{Rev: 1}}
	for _, c := range []reportCase{
		{name: "a call", events: after(calledOnce(), event(kLunch), event(kBusy), read(kBusy, ReadBack, 1)), status: Busy, chosen: "Lunch", rev: 1, verdict: Confirmed},
		{name: "busy by hand", events: after(calledOnce(), event(kBusy), event(kLunch), event(kBusy)), status: Busy, chosen: "Lunch", rev: 1, verdict: Moot},
		{name: "out of reach", events: after(down, event(kLunch), event(kAvailable), event(kUnavailable), read(kUnavailable, ReadBack, 1)),
			status: Unavailable, chosen: "Available", rev: 1, verdict: Confirmed},
		{name: "no wrap-up after a choice during the call", rules: Rules{AnsweredIn: time.Minute},
			events: after(calledOnce(), event(kBusy), event(kLunch), Calls{Outcome: AnsweredIn}), status: Unavailable, chosen: "Lunch", rev: 1, verdict: Moot},
		{name: "no wrap-up for a call that nobody was there for", rules: Rules{Missed: time.Minute},
			events: []Event{event(kLunch), Calls{Outcome: Missed}}, status: Unavailable, chosen: "Lunch", rev: 0},
		{name: "the same choice twice", events: []Event{Chose{Status: Unavailable}, Chose{Status: Unavailable}}, status: Unavailable, chosen: "Unavailable", rev: 1},
	} {
		c.check(t)
	}
}

// TestFirstWordIsOurOwn is a widget that finds busy while nothing is known: a call that is on, or one of before a restart.
func TestFirstWordIsOurOwn(t *testing.T) {
	s := play(Start(at(0, 0), Memory{}), 1, Calls{On: true}, event(kBusy), Calls{})
	if s.Chosen.Status != Available || s.Want.Status != "available" || s.Want.Done {
		t.Errorf("%+v %+v", s.Chosen, s.Want)
	}
	s = Start(at(1, 0), play(Start(at(0, 0), Memory{}), 1, Calls{On: true}).Memory())
	if s = play(s, 2, read(kBusy, Found, 0)); s.Chosen.Status != Available || s.Want.Status != "available" || s.Want.Done {
		t.Errorf("%+v %+v", s.Chosen, s.Want)
	}
}

func TestRestarts(t *testing.T) {
	again := func(s State) State { return Start(at(30, 0), s.Memory()) }
	if s := again(begun(Rules{})); s.Want.Rev != 0 {
		t.Errorf("nothing was to be put back: %+v", s.Want)
	}
	done := play(begun(Rules{}), 10, Calls{On: true}, Applied{Rev: 1}, event(kBusy))
	if m := done.Memory(); m.Pending != "" || m.Kustomer != "busy" {
		t.Errorf("%+v: that push is over", m)
	}
	ignored := play(begun(Rules{}), 10, Chose{Status: Unavailable}, Applied{Rev: 1}, read(kAvailable, ReadBack, 1), Chose{Status: Available})
	if m := ignored.Memory(); m.Pending != "" || m.Kustomer != "available" {
		t.Errorf("%+v: that push came to nothing", m)
	}
	sent := play(begun(Rules{}), 10, Calls{On: true}, Applied{Rev: 1}, Calls{})
	if m := sent.Memory(); m.Pending != "busy@1 available@2" || m.Kustomer != "available" {
		t.Errorf("%+v: two pushes may be under way", m)
	}
	away := again(play(begun(Rules{}), 10, event(kUnavailable)))
	if s := play(away, 31, read(kLunch, Found, 0)); s.Chosen.Label != "Lunch" {
		t.Errorf("%+v: the agent has chosen meanwhile", s.Chosen)
	}
	right := play(again(play(begun(Rules{}), 10, calledOnce()...)), 30, read(kAvailable, Found, 1))
	if right.Want.Rev != 2 || right.Want.Verdict != Confirmed {
		t.Errorf("%+v: Kustomer is right as it is", right.Want)
	}
	if s := play(right, 30, event(kBusy), read(kBusy, Polled, 1)); s.Want.Rev != 3 || s.Want.Status != "available" {
		t.Errorf("%+v: the push of before has come after all", s.Want)
	}
	wrapping := play(begun(Rules{AnsweredIn: time.Minute}), 10, Calls{On: true}, Calls{Outcome: AnsweredIn})
	if s := Start(at(10, 30), wrapping.Memory()); Effective(s) != WrapUp {
		t.Errorf("%s: the wrap-up is not over", Effective(s))
	}
	if s := again(wrapping); Effective(s) != Available {
		t.Errorf("%s: the wrap-up is over", Effective(s))
	}
}
