package presence

import (
	"strings"
	"testing"
	"time"
)

// begun is a state in which Kustomer has said Available.
func begun(rules Rules) State {
	s := Reduce(Start(at(0, 0), Memory{}), rules, at(0, 0))
	return Reduce(s, Said{Status: Available, Label: "Available", Ref: "A", System: true, How: Found}, at(0, 1))
}

func play(s State, from int, events ...Event) State {
	for i, e := range events {
		s = Reduce(s, e, at(from, i))
	}
	return s
}

func TestWrapUp(t *testing.T) {
	rules := Rules{AnsweredIn: 30 * time.Second, Max: 70 * time.Second}
	s := play(begun(rules), 10, Calls{On: true}, Applied{Rev: 1}, Calls{Outcome: AnsweredIn})
	v := Show(s)
	if v.Status != WrapUp || v.Return != Available || !v.Until.Equal(at(10, 32)) || v.Why != "Wrap-up until 10:10:32, then Available." {
		t.Fatalf("%+v", v)
	}
	if until, ok := Deadline(s); !ok || !until.Equal(at(10, 32)) || s.Want.Rev != 1 {
		t.Errorf("%v %v %+v: wrap-up is busy in Kustomer already", until, ok, s.Want)
	}
	if long := Reduce(s, Extend{}, at(10, 5)); !long.Wrap.Until.Equal(at(11, 12)) {
		t.Errorf("extended to %v, further than the longest", long.Wrap.Until)
	}
	if early := Reduce(s, Tick{}, at(10, 31)); Effective(early) != WrapUp {
		t.Error("the wrap-up ended early")
	}
	over := Reduce(s, Tick{}, at(10, 32))
	if Effective(over) != Available || over.Want.Rev != 2 || over.Want.Status != "available" {
		t.Errorf("%+v", over.Want)
	}
	if done := Reduce(s, Done{}, at(10, 5)); Effective(done) != Available || done.Decisions[len(done.Decisions)-1].Cause != WrapUpDone {
		t.Error("the agent could not end it")
	}
	if again := Reduce(s, Calls{On: true}, at(10, 9)); Effective(again) != Busy || again.Wrap.on() || again.Want.Rev != 1 {
		t.Errorf("%+v", again)
	}
	if missed := Reduce(s, Calls{Outcome: Missed}, at(10, 9)); !missed.Wrap.on() {
		t.Error("a missed call ended the wrap-up")
	}
	if chose := Reduce(s, Chose{Status: Unavailable}, at(10, 9)); Effective(chose) != Unavailable || chose.Wrap.on() {
		t.Error("the agent's choice did not end it")
	}
	if next := play(s, 12, Queued{Status: Offline}, Tick{}); Effective(next) != Offline || next.Want.Status != "offline" {
		t.Errorf("%+v", next.Want)
	}
	if none := play(begun(rules), 10, Calls{On: true}, Calls{Outcome: AnsweredOut}); Effective(none) != Available {
		t.Error("a wrap-up nobody asked for")
	}
}

func TestNextStatus(t *testing.T) {
	s := play(begun(Rules{}), 10, Calls{On: true}, Applied{Rev: 1}, Chose{Status: Unavailable, Label: "Lunch", Ref: "L"})
	if v := Show(s); v.Status != Busy || v.Return != Unavailable || v.Follows != "Lunch" || !v.Picked || s.Want.Rev != 1 {
		t.Fatalf("%+v", v)
	}
	over := Reduce(s, Calls{}, at(11, 0))
	if v := Show(over); v.Label != "Lunch" || over.Want.Ref != "L" || over.Want.Status != "unavailable" {
		t.Errorf("%+v %+v", v, over.Want)
	}
	there := Reduce(s, Said{Status: Offline}, at(11, 0))
	if there = Reduce(there, Calls{}, at(11, 5)); Effective(there) != Offline {
		t.Error("the later choice in Kustomer did not win over what was picked")
	}
}

func TestUnreachable(t *testing.T) {
	s := play(begun(Rules{}), 10, Reachable{Why: "The server does not answer."}, Applied{Rev: 1})
	if v := Show(s); v.Status != Unavailable || v.Return != Available || v.Why != "Calls cannot reach this phone since 10:10, will return to Available." {
		t.Fatalf("%+v", v)
	}
	if back := Reduce(s, Reachable{OK: true}, at(11, 0)); Effective(back) != Available || back.Want.Status != "available" {
		t.Errorf("%+v", back.Want)
	}
	chose := play(s, 11, Chose{Status: Available})
	if v := Show(chose); v.Status != Available || !strings.HasPrefix(v.Notice, "Calls cannot reach this phone, though") && chose.Want.Done {
		t.Errorf("%+v", v)
	}
	if chose = Reduce(chose, Reachable{OK: true}, at(12, 0)); chose.Want.Rev != 2 {
		t.Error("what the agent chose was set back")
	}
	off := play(begun(Rules{}), 10, Said{Status: Offline}, Reachable{Why: "No."})
	if Effective(off) != Offline || off.Want.Rev != 0 {
		t.Error("an agent who is offline was signed in")
	}
}

func TestVerdicts(t *testing.T) {
	busy := play(begun(Rules{}), 10, Calls{On: true}, Applied{Rev: 1})
	read := func(st Status, after uint64) Said {
		return Said{Status: st, Label: st.Label(), System: true, How: ReadBack, After: after}
	}
	if s := Reduce(busy, read(Busy, 1), at(10, 5)); s.Want.Verdict != Confirmed || Show(s).Notice != "" {
		t.Errorf("%+v", s.Want)
	}
	s := Reduce(busy, read(Available, 1), at(10, 5))
	if v := Show(s); v.Verdict != Ignored || v.Status != Busy || v.Notice != "Kustomer did not take Busy; it still shows Available. Set it there." || s.Want.Rev != 1 {
		t.Errorf("%+v", v)
	}
	if s = Reduce(s, Calls{}, at(11, 0)); s.Want.Rev != 1 || Show(s).Notice != "" {
		t.Errorf("%+v %q: Kustomer was right as it was", s.Want, Show(s).Notice)
	}
	if old := Reduce(busy, read(Unavailable, 0), at(10, 5)); Effective(old) != Busy || old.Override {
		t.Error("a read older than the push was taken for a choice")
	}
	if blind := play(begun(Rules{}), 10, Calls{On: true}, Applied{Rev: 1, Blind: true}); !strings.Contains(Show(blind).Notice, "not confirmed") {
		t.Errorf("%q", Show(blind).Notice)
	}
	if no := Reduce(busy, Failed{Rev: 1, Why: "It has no such right."}, at(10, 5)); Show(no).Notice != "Kustomer did not take Busy. It has no such right." {
		t.Errorf("%q", Show(no).Notice)
	}
}

func TestMissedOffer(t *testing.T) {
	s := play(begun(Rules{}), 10, Said{Status: Unavailable, Label: "Unavailable", Ref: "U", System: true, How: Changed})
	if v := Show(s); v.Status != Unavailable || !strings.HasPrefix(v.Notice, "Kustomer made you Unavailable at 10:10") {
		t.Fatalf("%+v", v)
	}
	if s = Reduce(s, Chose{Status: Available}, at(11, 0)); Show(s).Notice != "" {
		t.Errorf("%q", Show(s).Notice)
	}
	own := play(begun(Rules{}), 10, Said{Status: Unavailable, Label: "Lunch", Ref: "L", How: Changed})
	if Show(own).Notice != "" {
		t.Error("a choice of the agent was shown as a missed offer")
	}
}

// TestOverrunChoice is the agent going to lunch in the very moment in which the end of a call is told to Kustomer. A widget
// that reads is waited for: until it has read, more may be on its way.
func TestOverrunChoice(t *testing.T) {
	busy := []Event{Calls{On: true}, Applied{Rev: 1}, Said{Status: Busy, System: true}, Calls{}, Applied{Rev: 2}}
	crossed := []Event{Said{Status: Unavailable, Label: "Lunch", Ref: "L"}, Said{Status: Available, System: true}}
	events := append(busy, crossed...)
	s := play(begun(Rules{}), 10, events...)
	if v := Show(s); s.Want.Rev != 2 || v.Label != "Lunch" || v.Notice != "Kustomer shows Available, Sidetone Lunch." {
		t.Errorf("%+v %q", s.Want, Show(s).Notice)
	}
	read := Reduce(s, Said{Status: Available, System: true, How: ReadBack, After: 2}, at(10, 8))
	blind := play(Reduce(Start(at(0, 0), Memory{}), Said{Status: Available}, at(0, 1)), 10, events...)
	for _, s := range []State{read, blind} {
		d := s.Decisions[len(s.Decisions)-1]
		if s.Want.Rev != 3 || s.Want.Status != "unavailable" || s.Want.Ref != "L" || d.Cause != PutBack || Show(s).Label != "Lunch" {
			t.Errorf("%+v %+v", s.Want, d)
		}
	}
}

func TestMemory(t *testing.T) {
	s := play(begun(Rules{}), 10, Calls{On: true}, Applied{Rev: 1}, Said{Status: Busy, System: true})
	if s.Memory() != Reduce(s, Tick{}, at(11, 0)).Memory() {
		t.Error("the memory changes though nothing happened")
	}
	again := Start(at(30, 0), s.Memory())
	if again.Want.Rev != 2 || again.Want.Status != "available" || again.Want.Done {
		t.Fatalf("what was set is not put back: %+v", again.Want)
	}
	if s = Reduce(again, Said{Status: Busy, System: true, How: Found}, at(30, 1)); s.Want.Done || Effective(s) != Available {
		t.Errorf("%+v", s.Want)
	}
	if s = Reduce(again, Said{Status: Unavailable, Label: "Lunch", Ref: "L", How: Found}, at(30, 1)); !s.Want.Done || Show(s).Label != "Lunch" {
		t.Error("what the agent chose meanwhile was set back")
	}
	long := begun(Rules{})
	long.Chosen.Label = strings.Repeat("x", 1000)
	if n := len(long.Memory().Chosen.Label); n != mostText {
		t.Errorf("a text of %d bytes is remembered", n)
	}
}

func TestDecisions(t *testing.T) {
	s := begun(Rules{})
	for i := range 15 {
		s = play(s, 10+i, Calls{On: true}, Calls{})
	}
	v := Show(s)
	if len(v.Decisions) != mostDecisions || v.Decisions[0].Cause != CallEnded || v.Decisions[0].Sentence != "The call ended at 10:24: Available." {
		t.Errorf("%d %+v", len(v.Decisions), v.Decisions[0])
	}
	for _, d := range v.Decisions {
		if d.Sentence == "" || d.From == d.To && d.Rev == 0 {
			t.Errorf("%+v", d)
		}
	}
}
