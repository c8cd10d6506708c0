package calllog

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sidetone/internal/call"
)

func start() time.Time { return time.Date(2026, 3, 4, 10, 42, 0, 0, time.UTC) }

func all() Rules { return Rules{Log: Outcomes(), Dispositions: []string{"Solved", "Call back"}} }

func ended(id string, dir call.Direction, cause call.Cause, talked time.Duration) call.Call {
	c := call.Call{ID: call.ID(id), Direction: dir, Phase: call.Ended, CreatedAt: start(), Reason: call.Reason{Cause: cause}, EndedAt: start().Add(22 * time.Second)}
	if talked > 0 {
		c.AnsweredAt = start().Add(5 * time.Second)
		c.EndedAt = c.AnsweredAt.Add(talked)
	}
	return c
}

func facts() Facts { return Facts{Number: "+12025550142", Name: "Customer A. Example", Line: "1001"} }

// TestWhichCallsAndWhatIsSaid: outcomes, the line in the timeline, and the conversation's state.
func TestWhichCallsAndWhatIsSaid(t *testing.T) {
	in, out := call.Incoming, call.Outgoing
	for _, c := range []struct {
		call         call.Call
		rule         Outcome
		line, status string
	}{
		{ended("a", in, call.RemoteHangup, 207*time.Second), Answered, "Incoming call from (202) 555-0142, 3:27", "done"},
		{ended("a", out, call.Completed, 3727*time.Second), Answered, "Outgoing call to (202) 555-0142, 1:02:07", "done"},
		{ended("a", in, call.Cancelled, 0), Missed, "Missed call from (202) 555-0142, rang 0:22", "open"},
		{ended("a", in, call.NoAnswer, 0), Missed, "Missed call from (202) 555-0142, rang 0:22", "open"},
		{ended("a", in, call.Busy, 0), Missed, "Missed call from (202) 555-0142, rang 0:22", "open"},
		{ended("a", in, call.Declined, 0), Declined, "Declined call from (202) 555-0142", "done"},
		{ended("a", out, call.Busy, 0), Failed, "Outgoing call to (202) 555-0142: the line is busy", "done"},
		{ended("a", out, call.NoAnswer, 0), Failed, "Outgoing call to (202) 555-0142: nobody answered", "done"},
	} {
		for _, o := range Outcomes() {
			l := Log{Rules: Rules{Log: []Outcome{o}}}
			e, ok := l.Ended(c.call, facts())
			if ok != (o == c.rule) {
				t.Errorf("%s %s under %s: %v", c.call.Direction, c.call.Reason.Cause, o, ok)
			}
			if !ok {
				continue
			}
			l.Linked(true, start())
			l.Step(start())
			task, _ := l.Task()
			if e.Summary() != c.line || task.Preview != c.line || task.Status != c.status || task.External != "sidetone-a" || task.In != (c.call.Direction == in) {
				t.Errorf("%q %+v", e.Summary(), task)
			}
		}
	}
	l := Log{Rules: all()}
	if _, ok := l.Ended(ended("a", in, call.AnsweredElsewhere, 0), facts()); ok {
		t.Error("a call that a colleague took")
	}
	if _, ok := l.Ended(ended("b", in, call.Completed, time.Minute), Facts{}); ok {
		t.Error("a withheld number without a customer")
	}
	if e, ok := l.Ended(ended("c", in, call.Completed, time.Minute), Facts{Customer: "c-1"}); !ok || e.Summary() != "Incoming call from a withheld number, 1:00" {
		t.Errorf("the agent knew who it was: %q", e.Summary())
	}
	if _, ok := l.Ended(ended("c", in, call.Completed, time.Minute), Facts{Customer: "c-1"}); ok {
		t.Error("one call twice")
	}
}

func TestNotesGoAlong(t *testing.T) {
	l := Log{Rules: all()}
	if _, saved, err := l.Write(Draft{Call: "a", Note: "Order 1042."}, true); saved || err != nil {
		t.Fatal(saved, err)
	}
	f := facts()
	f.Wrapping = true
	e, _ := l.Ended(ended("a", call.Incoming, call.Completed, time.Minute), f)
	if e.Note != "Order 1042." || e.State != Waiting || len(l.drafts) != 0 {
		t.Fatalf("%+v", e)
	}
	l.Linked(true, start())
	if l.Step(start()); l.given.call != "" {
		t.Fatal("given out during the wrap-up")
	}
	e, saved, err := l.Write(Draft{Call: "a", Note: "Order 1042.\nRefund  sent.", Disposition: "Solved"}, false)
	if !saved || err != nil || e.Summary() != "Incoming call from (202) 555-0142, 1:00 · Solved — Order 1042. Refund sent." {
		t.Fatalf("%q %v", e.Summary(), err)
	}
	for _, d := range []Draft{{Note: strings.Repeat("ü", 1001)}, {Note: "a\x00b"}, {Note: "a\u202eb"}, {Note: "\xff"}} {
		if _, _, err := l.Write(Draft{Call: "a", Note: d.Note}, false); !errors.Is(err, ErrNote) {
			t.Errorf("%.20q: %v", d.Note, err)
		}
	}
	if _, _, err := l.Write(Draft{Call: "a", Disposition: "Other"}, false); !errors.Is(err, ErrDisposition) {
		t.Error(err)
	}
	if _, _, err := l.Write(Draft{Call: "x"}, false); !errors.Is(err, ErrNoEntry) {
		t.Error(err)
	}
	if w := l.Wrapped(); len(w) != 1 || w[0].State != Due || w[0].Disposition != "Solved" || len(l.Wrapped()) != 0 {
		t.Errorf("%+v", w)
	}
	l.Step(start())
	if _, _, err := l.Write(Draft{Call: "a"}, false); !errors.Is(err, ErrUnderWay) {
		t.Error(err)
	}
}

// TestWaits: doubled, bounded, not the same for every call, and long for what somebody must mend.
func TestWaits(t *testing.T) {
	differ := map[time.Duration]bool{}
	for try := 1; try <= 20; try++ {
		for _, id := range []call.ID{"a", "b", "c"} {
			d, base := wait(Entry{Call: id, Tries: try, Status: 500}), min(firstWait<<min(try-1, 16), longest)
			if d < base*3/4 || d > base*5/4 {
				t.Errorf("try %d: %s", try, d)
			}
			differ[d] = true
		}
	}
	if len(differ) < 50 {
		t.Errorf("%d different waits of 60", len(differ))
	}
	if d := wait(Entry{Call: "a", Tries: 1}); d < unsureWait {
		t.Errorf("%s after a lost answer", d)
	}
}

func TestFailures(t *testing.T) {
	for _, c := range []struct {
		at     Stage
		status int
		state  State
		why    string
	}{
		{AtMessage, 403, Refused, "write messages (org.permission.message.create). Ask"}, {AtLookup, 403, Refused, "read messages"}, {AtConversation, 403, Refused, "begin conversations"},
		{AtCustomer, 403, Refused, "create customers"}, {AtCustomer, 404, Nobody, "Nobody in Kustomer"}, {AtCustomer, 300, Nobody, "Several customers"}, {AtMessage, 404, Refused, "gone from Kustomer"},
		{AtMessage, 400, Refused, "(message, 400)"}, {AtMessage, 0, Due, "did not answer"}, {AtMessage, 429, Due, "wait a minute"}, {AtMessage, 401, Due, "signed out"},
		{AtCustomer, 409, Due, "could not take it now"}, {AtLookup, 503, Due, "could not take it now"},
	} {
		l := Log{Rules: all()}
		l.Ended(ended("a", call.Incoming, call.Completed, time.Minute), facts())
		l.Linked(true, start())
		l.Step(start())
		e, ok := l.Failed("a", 1, Failure{c.at, c.status, []Candidate{{ID: "c-1"}}}, start())
		if !ok || e.State != c.state || !strings.Contains(e.Why(), c.why) || !strings.HasSuffix(e.Why(), ".") || l.given.call != "" {
			t.Errorf("%s %d: %s %q", c.at, c.status, e.State, e.Why())
		}
		v := l.View()
		if v.Waiting+v.Refused+v.Nobody != 1 || c.state == Refused && v.Why != e.Why() {
			t.Errorf("%s %d: %+v", c.at, c.status, v)
		}
		if at, ok := l.Deadline(); ok == (c.state == Nobody) || ok && !at.After(start()) {
			t.Errorf("%s %d is tried again at %s, %v", c.at, c.status, at, ok)
		}
		if r, err := l.Retry(""); err != nil || len(r) != 1 || r[0].State != Due || !r[0].Next.IsZero() {
			t.Errorf("%+v", r)
		}
		tries := l.at("a").Tries
		if e, err := l.Assign("a", "c-9"); err != nil || e.State != Due || e.Customer != "c-9" || e.Tries != tries {
			t.Errorf("%+v %v: each try has a number of its own", e, err)
		}
		if len(e.Candidates) != 1 {
			t.Errorf("%+v", e.Candidates)
		}
		if e, ok := l.Suggest("a", "c-1"); ok || l.at("a").Customer != "c-9" {
			t.Errorf("a look-up overrules the agent: %+v", e)
		}
	}
}

// TestOneThatFailsHoldsUpNoOther: the oldest goes first, and one that cannot lets the others pass.
func TestOneThatFailsHoldsUpNoOther(t *testing.T) {
	l, now := Log{Rules: all()}, start()
	for _, id := range []string{"a", "b", "c"} {
		l.Ended(ended(id, call.Incoming, call.Completed, time.Minute), facts())
	}
	l.Linked(true, now)
	sent := ""
	for range 200 {
		l.Step(now)
		if task, ok := l.Task(); ok && task.Call == "a" && now.Before(start().Add(time.Minute)) {
			l.Failed("a", task.Try, Failure{Stage: AtMessage, Status: 500}, now)
		} else if ok {
			l.Logged(task.Call, task.Try, "m", "v", "c")
			sent += string(task.Call)
		}
		now = now.Add(time.Second)
	}
	if sent != "bca" || len(l.entries) != 0 {
		t.Errorf("sent in the order %q, %d left", sent, len(l.entries))
	}
}

func TestLateWordsDoNotCount(t *testing.T) {
	l := Log{Rules: all()}
	l.Ended(ended("a", call.Incoming, call.Completed, time.Minute), facts())
	if _, ok := l.Logged("a", 0, "m", "v", "c"); ok {
		t.Error("a word about a call that was never given")
	}
	l.Linked(true, start())
	l.Step(start())
	if _, ok := l.Logged("a", 2, "m", "v", "c"); ok {
		t.Error("another try")
	}
	if e, ok := l.Step(start().Add(within)); !ok || e.Status != 0 || e.State != Due {
		t.Errorf("a widget that says nothing: %+v %v", e, ok)
	}
	if _, ok := l.Logged("a", 1, "m", "v", "c"); ok {
		t.Error("a try that was given up")
	}
}

// TestRestart: what was waiting or refused is due again; whoever connects later gets it.
func TestRestart(t *testing.T) {
	l, now := Log{Rules: all()}, start().Add(72*time.Hour)
	l.Restore([]Entry{{Call: "a", State: Waiting}, {Call: "b", State: Refused, Next: now.Add(time.Hour)}, {Call: "c", State: Nobody}, {Call: "d", State: Due, Next: now.Add(time.Hour)}})
	got := ""
	l.Wrapped()
	l.Linked(true, now)
	for range 5 {
		l.Step(now)
		if task, ok := l.Task(); ok {
			got += string(task.Call)
			l.Logged(task.Call, task.Try, "m", "v", "c")
		}
	}
	if v := l.View(); got != "abd" || v.Nobody != 1 || v.Waiting != 0 {
		t.Errorf("%q %+v", got, v)
	}
}

// kustomer is a Kustomer as a widget finds it: it may fail before or after it has written a message.
type kustomer struct{ messages map[string]int }

func (k kustomer) take(t Task, chance *rand.Rand) (answered bool, status int) {
	switch chance.IntN(6) {
	case 0:
		return false, 0 // the tab is closed before anything
	case 1:
		return true, 429
	case 2:
		k.write(t)
		return false, 0 // written, and the answer is lost
	case 3:
		k.write(t)
		return true, 0 // written, and the widget waits in vain
	}
	k.write(t)
	return true, 200
}

func (k kustomer) write(t Task) {
	if k.messages[t.External] == 0 { // the widget looks first
		k.messages[t.External]++
	}
}

// TestEveryCallOnce: crashes, lost answers, tabs that come and go, days offline: in the end every call is there.
func TestEveryCallOnce(t *testing.T) {
	for seed := range uint64(200) {
		chance := rand.New(rand.NewPCG(seed, 7))
		k := kustomer{map[string]int{}}
		disk := map[call.ID]Entry{}
		save := func(list ...Entry) {
			for _, e := range list {
				disk[e.Call] = e
			}
		}
		l, now, calls := &Log{Rules: all()}, start(), 0
		for step := range 400 {
			now = now.Add(time.Duration(chance.IntN(20)) * time.Second)
			switch chance.IntN(12) {
			case 0:
				if step < 200 {
					f := facts()
					f.Wrapping = chance.IntN(2) == 0
					calls++
					e, _ := l.Ended(ended(fmt.Sprint(1000+calls), call.Incoming, call.Completed, time.Minute), f)
					save(e)
				}
			case 1:
				save(l.Wrapped()...)
			case 2:
				l.Linked(chance.IntN(3) > 0, now)
			case 3: // killed and started again: only the disk is left
				var left []Entry
				for i := range calls {
					if e, ok := disk[call.ID(fmt.Sprint(1001+i))]; ok && e.State != Sent {
						left = append(left, e)
					}
				}
				l = &Log{Rules: all()}
				l.Restore(left)
			default:
				deliver(l, k, chance, now, save)
			}
		}
		save(l.Wrapped()...)
		l.Linked(true, now)
		for range 3000 {
			now = now.Add(5 * time.Second)
			deliver(l, k, chance, now, save)
		}
		if v := l.View(); len(k.messages) != calls || v.Waiting+v.Refused+v.Nobody > 0 {
			t.Fatalf("seed %d: %d calls, %d messages, %+v", seed, calls, len(k.messages), v)
		}
	}
}

func deliver(l *Log, k kustomer, chance *rand.Rand, now time.Time, save func(...Entry)) {
	if e, ok := l.Step(now); ok {
		save(e)
	}
	task, ok := l.Task()
	if !ok {
		return
	}
	answered, status := k.take(task, chance)
	switch {
	case !answered:
	case status == 200:
		if e, ok := l.Logged(task.Call, task.Try, "m", "v", "c"); ok && chance.IntN(10) > 0 { // else killed before the disk has it
			save(e)
		}
	default:
		if e, ok := l.Failed(task.Call, task.Try, Failure{Stage: AtMessage, Status: status}, now); ok {
			save(e)
		}
	}
}

// TestNoteOfADispositionThatIsGone: an organisation that changes its outcomes does not lock what was written with the old ones.
func TestNoteOfADispositionThatIsGone(t *testing.T) {
	l := Log{Rules: Rules{Log: Outcomes(), Dispositions: []string{"New"}}}
	l.Restore([]Entry{{Call: "a", State: Waiting, Note: "x", Disposition: "Old"}})
	if e, ok, err := l.Write(Draft{"a", "y", "Old"}, false); err != nil || !ok || e.Note != "y" || e.Disposition != "Old" {
		t.Errorf("%+v %v", e, err)
	}
	if _, _, err := l.Write(Draft{"a", "y", "Older"}, false); !errors.Is(err, ErrDisposition) {
		t.Error(err)
	}
	if e, _, err := l.Write(Draft{"a", "y", "New"}, false); err != nil || e.Disposition != "New" {
		t.Error(err)
	}
	if _, _, err := l.Write(Draft{"a", "y", "Old"}, false); !errors.Is(err, ErrDisposition) {
		t.Error("what was given up is gone for good", err)
	}
}

// TestRetryOfOneCall: whoever names a call hears when nothing comes of it.
func TestRetryOfOneCall(t *testing.T) {
	var l Log
	l.Restore([]Entry{{Call: "wrapping", State: Waiting}, {Call: "given", State: Due}, {Call: "nobody", State: Nobody}})
	l.Linked(true, time.Unix(0, 0))
	l.Step(time.Unix(0, 0))
	for id, want := range map[call.ID]error{"nope": ErrNotWaiting, "wrapping": ErrWrapping, "given": ErrUnderWay, "nobody": nil, "": nil} {
		if out, err := l.Retry(id); !errors.Is(err, want) || want != nil && len(out) > 0 || want == nil && len(out) != 1 {
			t.Errorf("%q: %v %v", id, out, err)
		}
	}
}
