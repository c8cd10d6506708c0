package phone

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/customer"
	"sidetone/internal/health"
	"sidetone/sync/calllog"
	"sidetone/sync/presence"
)

// kept is the newest state of an entry that was written down.
func (w *world) kept(id call.ID) calllog.Entry {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := calllog.Entry{}
	for _, e := range w.outbox {
		if e.Call == id {
			out = e
		}
	}
	return out
}

func logging(t *testing.T, wrapUp time.Duration, story func(t *testing.T, w *world)) {
	live(t, func(t *testing.T, w *world) {
		w.phone.Report(LogRules{Log: calllog.Outcomes(), Dispositions: []string{"Solved"}})
		w.phone.Report(StatusRules(presence.Rules{AnsweredIn: wrapUp}))
		w.phone.Report(KustomerStatus{Status: presence.Available})
		synctest.Wait()
		story(t, w)
	})
}

// TestCallWithNotesGoesIntoKustomer: notes typed in the call and in the wrap-up, the agent's choice among two customers; the
// widget gets it when the wrap-up is over.
func TestCallWithNotesGoesIntoKustomer(t *testing.T) {
	logging(t, time.Minute, func(t *testing.T, w *world) {
		w.phone.Report(Bridge{Widgets: []Widget{{Origin: "https://widget.example.com"}}})
		w.refused(t, Command{Do: Note, Text: "x"}, CodeNoCall)
		w.ring(t, "in", "2025550142")
		w.say(t, "in", customer.Found, customer.Match{ID: "c-1", Name: "Customer A. Example"}, customer.Match{ID: "c-2", Name: "Customer B. Sample"})
		w.do(t, Command{Do: Answer})
		w.do(t, Command{Do: Note, Text: "Order 1042."})
		if d := w.now(t).Draft; d == nil || d.Call != "in" || d.Note != "Order 1042." {
			t.Fatalf("%+v", d)
		}
		time.Sleep(207 * time.Second)
		w.do(t, Command{Do: Hangup})
		if last := w.now(t).Last; last == nil || last.Remote.Name != "" {
			t.Errorf("one of two is not known yet: %+v", last)
		}
		if e := w.kept("in"); e.State != calllog.Waiting || e.Note != "Order 1042." || e.Number != "+12025550142" || e.Line != "1001" {
			t.Fatalf("%+v", e)
		}
		w.do(t, Command{Do: Note, Text: "Order 1042. Refund sent."})
		w.do(t, Command{Do: Disposition, Text: "Solved"})
		w.refused(t, Command{Do: Disposition, Text: "Else"}, CodeBadCommand)
		w.refused(t, Command{Do: Choose, Customer: "../x"}, CodeBadCommand)
		w.do(t, Command{Do: Choose, Customer: "c-2"})
		if e := w.kept("in"); e.Customer != "c-2" || e.Disposition != "Solved" || w.now(t).Task != nil {
			t.Fatalf("%+v", e)
		}
		w.do(t, Command{Do: EndWrapUp})
		s := w.now(t)
		if s.Task == nil || s.Task.Customer != "c-2" || s.Task.Preview != "Incoming call from (202) 555-0142, 3:27 · Solved — Order 1042. Refund sent." || s.Draft != nil {
			t.Fatalf("%+v %+v", s.Task, s.Draft)
		}
		w.phone.Report(Logged{Call: "in", Try: s.Task.Try, Message: "m-1", Conversation: "v-1", Customer: "c-2"})
		if s = w.now(t); s.Task != nil || s.Log.Waiting != 0 || w.kept("in").State != calllog.Sent || w.kept("in").Message != "m-1" {
			t.Errorf("%+v %+v", s.Log, w.kept("in"))
		}
	})
}

// TestWrapUpIsTheCustomers: of calls that end one after the other, the customer's is what is written about, whichever ends last.
func TestWrapUpIsTheCustomers(t *testing.T) {
	logging(t, time.Minute, func(t *testing.T, w *world) {
		w.agrees()
		w.phone.Report(Bridge{Widgets: []Widget{{Origin: "https://widget.example.com"}}})
		w.phone.Report(StatusRules(presence.Rules{AnsweredIn: time.Minute, AnsweredOut: time.Minute}))
		w.talk(t, "in", "2025550142")
		w.say(t, "in", customer.Found, customer.Match{ID: "c-1", Name: "Customer A. Example"})
		one := w.do(t, Command{Do: Dial, Number: "118", Origin: "window"})
		w.answers(t, one)
		two := w.do(t, Command{Do: Dial, Number: "119", Origin: "window"})
		w.answers(t, two)
		for _, id := range []call.ID{one, "in", two} {
			w.do(t, Command{Do: Hangup, Call: id})
			if s := w.now(t); id == "in" && (w.kept("in").State != calllog.Waiting || s.Task != nil) {
				t.Errorf("it goes before its work is done: %+v", w.kept("in"))
			}
		}
		s := w.now(t)
		if s.Presence.Status != presence.WrapUp || s.Draft == nil || s.Draft.Call != "in" || s.Wrapped == nil || s.Wrapped.ID != "in" {
			t.Fatalf("%v %+v %+v", s.Presence.Status, s.Draft, s.Wrapped)
		}
		if _, ok := s.Customer("in"); !ok {
			t.Error("the customer is forgotten")
		}
		w.do(t, Command{Do: Note, Text: "Refund sent."})
		w.do(t, Command{Do: EndWrapUp})
		if s := w.now(t); s.Task == nil || s.Wrapped != nil || w.kept("in").Note != "Refund sent." {
			t.Errorf("%+v %+v", s.Task, w.kept("in"))
		}
	})
}

// TestEveryEndIsLogged: missed, declined, not reached and turned away calls too, at once, and internal ones not at all.
func TestEveryEndIsLogged(t *testing.T) {
	logging(t, 0, func(t *testing.T, w *world) {
		w.phone.Report(CallRules{BusyOnBusy: true})
		w.ring(t, "missed", "+12025550142")
		w.phone.Sink(call.Happened{ID: "missed", Event: call.RemoteEnded{Reason: call.Reason{Cause: call.Cancelled}}})
		w.ring(t, "declined", "+12025550142")
		w.do(t, Command{Do: Decline})
		out := w.do(t, Command{Do: Dial, Number: "+12025550142", Origin: "window"})
		w.ring(t, "second", "+12025550119")
		w.phone.Sink(call.Happened{ID: out, Event: call.RemoteEnded{Reason: call.Reason{Cause: call.Busy}}})
		w.ring(t, "inside", "1002")
		w.do(t, Command{Do: Decline})
		synctest.Wait()
		for id, want := range map[call.ID]calllog.Outcome{
			"missed": calllog.Missed, "declined": calllog.Declined, out: calllog.Failed, "second": calllog.Missed, "inside": "",
		} {
			if e := w.kept(id); e.Outcome != want || want != "" && e.State != calllog.Due {
				t.Errorf("%s: %+v", id, e)
			}
		}
		if v := w.now(t).Log; v.Waiting != 4 {
			t.Errorf("%+v", v)
		}
	})
}

// TestLogAfterDays: nothing is given out while no widget is there; then the oldest first, one after the other.
func TestLogAfterDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{phone: New(Times{}, nil)}
		w.phone.RestoreLog([]calllog.Entry{{Call: "a", State: calllog.Waiting}, {Call: "b", State: calllog.Due}, {Call: "c", State: calllog.Nobody}})
		done := make(chan error, 1)
		go func() {
			done <- w.phone.Run(t.Context(), Ports{Signaling: signalPort{w}, Media: mediaPort{w}, Journal: journalPort{w}})
		}()
		w.phone.Report(LogRules{Log: calllog.Outcomes()})
		time.Sleep(72 * time.Hour)
		if s := w.now(t); s.Task != nil || s.Log.Waiting != 2 {
			t.Fatalf("%+v %+v", s.Task, s.Log)
		}
		w.phone.Report(Bridge{Widgets: []Widget{{}}})
		if s := w.now(t); s.Task == nil || s.Task.Call != "a" {
			t.Fatalf("%+v", s.Task)
		}
		w.phone.Report(LogFailed{Call: "a", Try: 1, Failure: calllog.Failure{Stage: calllog.AtMessage, Status: 403}})
		s := w.now(t)
		if len(s.Warnings) < 1 || s.Log.Refused != 1 {
			t.Fatalf("%+v", s.Log)
		}
		said := false
		for _, x := range s.Warnings {
			said = said || x.Code == health.LogRefused && strings.Contains(x.Text, "A call is not in Kustomer's log. Your role in Kustomer may not write messages")
		}
		time.Sleep(3 * time.Second)
		if s = w.now(t); !said || s.Task == nil || s.Task.Call != "b" {
			t.Fatalf("said %v, %+v", said, s.Task)
		}
		w.phone.Report(Logged{Call: "b", Try: 1})
		w.do(t, Command{Do: Retry})
		if s = w.now(t); s.Task == nil || s.Task.Call != "a" || s.Log.Refused != 0 {
			t.Fatalf("%+v %+v", s.Task, s.Log)
		}
		w.do(t, Command{Do: Choose, Call: "c", Customer: "c-9"})
		w.phone.Report(Logged{Call: "a", Try: 2})
		if s = w.now(t); s.Task == nil || s.Task.Call != "c" || s.Task.Customer != "c-9" || w.kept("c").Customer != "c-9" {
			t.Errorf("%+v %+v", s.Task, w.kept("c"))
		}
		w.refused(t, Command{Do: Choose, Call: "c", Customer: "c-8"}, CodeNotNow)
		w.refused(t, Command{Do: Note, Call: "x", Text: "y"}, CodeNoCall)
	})
}

// TestCreatedFromTheLog: a call of nobody becomes one of a new customer, long after its wrap-up, and one that several share does
// not.
func TestCreatedFromTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{phone: New(Times{}, nil)}
		w.phone.RestoreLog([]calllog.Entry{
			{Call: "a", Number: "+12025550155", State: calllog.Nobody, Status: 404}, {Call: "b", Number: "+12025550177", State: calllog.Nobody, Status: 300}, {Call: "c", State: calllog.Nobody, Status: 404},
		})
		go func() {
			_ = w.phone.Run(t.Context(), Ports{Signaling: signalPort{w}, Media: mediaPort{w}, Journal: journalPort{w}})
		}()
		w.phone.Report(LogRules{Log: calllog.Outcomes(), Dispositions: []string{"Solved", "Call back"}})
		w.phone.Report(Bridge{Widgets: []Widget{{}}})
		for _, v := range []Verb{Open, Create, Choose, Note, Disposition} {
			if text := w.refused(t, Command{Do: v, Customer: "c-1", Text: "x"}, CodeNoCall); !strings.Contains(text, "There is no call now and none is being wrapped up: ") {
				t.Errorf("%s: %q", v, text)
			}
		}
		if text := w.refused(t, Command{Do: Disposition, Call: "a", Text: "x"}, CodeBadCommand); !strings.Contains(text, "Solved, Call back") {
			t.Errorf("%q", text)
		}
		if text := w.refused(t, Command{Do: Create, Call: "b"}, CodeBadCommand); !strings.Contains(text, "name one of them") {
			t.Errorf("%q", text)
		}
		if text := w.refused(t, Command{Do: Create, Call: "c"}, CodeBadCommand); !strings.Contains(text, "withheld") {
			t.Errorf("%q", text)
		}
		w.do(t, Command{Do: Create, Call: "a"})
		if s := w.now(t); s.Task == nil || s.Task.Call != "a" || !s.Task.Create || !w.kept("a").Create {
			t.Errorf("%+v %+v", s.Task, w.kept("a"))
		}
	})
}

// TestCreatedInTheWrapUp: the customer the agent creates then is the one the call goes to.
func TestCreatedInTheWrapUp(t *testing.T) {
	logging(t, time.Minute, func(t *testing.T, w *world) {
		w.ring(t, "in", "+12025550119")
		w.say(t, "in", customer.Unknown)
		w.do(t, Command{Do: Answer})
		w.do(t, Command{Do: Hangup})
		w.do(t, Command{Do: Create})
		w.say(t, "in", customer.Found, customer.Match{ID: "c-7"})
		if e := w.kept("in"); e.Customer != "c-7" {
			t.Errorf("%+v", e)
		}
	})
}

// TestNoteAfterARestart: who ends Sidetone in the wrap-up and starts it anew goes on writing.
func TestNoteAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{phone: New(Times{}, nil)}
		at := time.Now()
		w.phone.RestoreLog([]calllog.Entry{{Call: "before", State: calllog.Waiting, Note: "Order"}, {Call: "last", State: calllog.Waiting, Note: "Order 1042."}})
		w.phone.Remember(presence.Memory{
			Chosen: presence.Choice{Status: presence.Available, By: presence.InKustomer, At: at}, Wrap: presence.Wrap{Since: at, Until: at.Add(time.Minute)},
		})
		go w.phone.Run(t.Context(), Ports{Signaling: signalPort{w}, Media: mediaPort{w}, Journal: journalPort{w}})
		w.phone.Report(LogRules{Log: calllog.Outcomes()})
		if d := w.now(t).Draft; d == nil || d.Call != "last" || d.Note != "Order 1042." {
			t.Fatalf("%+v", d)
		}
		w.do(t, Command{Do: Note, Text: "Order 1042. Refund sent."})
		if e := w.kept("last"); e.Note != "Order 1042. Refund sent." {
			t.Errorf("%+v", e)
		}
		w.refused(t, Command{Do: Retry, Call: "nope"}, CodeNoCall)
		w.refused(t, Command{Do: Retry, Call: "last"}, CodeNotNow)
		time.Sleep(2 * time.Minute)
		if s := w.now(t); s.Draft != nil || w.kept("last").State != calllog.Due {
			t.Errorf("%+v %+v", s.Draft, w.kept("last"))
		}
	})
}
