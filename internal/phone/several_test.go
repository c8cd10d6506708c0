package phone

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/health"
	"sidetone/sync/presence"
)

// agrees makes the far end of every re-INVITE say yes at once.
func (w *world) agrees() { w.willing = true }

// arrives is a call that comes in, with an offer.
func (w *world) arrives(t *testing.T, id call.ID, from string) Snapshot {
	t.Helper()
	w.phone.Sink(call.Arrived{ID: id, Account: "main", Offer: []byte("offer"), Remote: call.Party{Number: from}})
	return w.now(t)
}

// talk is a call that came in and was answered.
func (w *world) talk(t *testing.T, id call.ID, from string) {
	t.Helper()
	w.arrives(t, id, from)
	w.do(t, Command{Do: Answer, Call: id})
}

// answer is the far end of a call of ours that answers.
func (w *world) answers(t *testing.T, id call.ID) {
	t.Helper()
	w.phone.Sink(call.Happened{ID: id, Event: call.RemoteAnswered{SDP: []byte("answer")}})
	w.now(t)
}

func (w *world) said(want call.SignalEffect) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.signal, func(e call.SignalEffect) bool {
		if r, ok := e.(call.Refer); ok {
			return r == want
		}
		if r, ok := e.(call.Forward); ok {
			return r == want
		}
		if r, ok := e.(call.Stay); ok {
			return r == want
		}
		return false
	})
}

func of(t *testing.T, s Snapshot, id call.ID) call.Call {
	t.Helper()
	for _, c := range s.Calls {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("there is no call %q in %+v", id, s.Calls)
	return call.Call{}
}

// tones is what was played last for a call.
func (w *world) tone(id call.ID) call.Tone {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range slices.Backward(w.media) {
		if p, ok := e.(call.PlayTone); ok && p.ID == id {
			return p.Tone
		}
	}
	return ""
}

// TestCallWaits: a second call rings softly, whoever is answered is talked to, and the other is held.
func TestCallWaits(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		if w.tone("one") != call.Ringtone {
			t.Errorf("the first rang with %q", w.tone("one"))
		}
		w.arrives(t, "two", "200")
		if w.tone("two") != call.Waiting {
			t.Errorf("the second rang with %q", w.tone("two"))
		}
		w.do(t, Command{Do: Mute}) // concerns the call in front, not the one that rings
		if s := w.now(t); !of(t, s, "one").Muted || s.Front != "one" {
			t.Errorf("%+v", s)
		}
		w.do(t, Command{Do: Answer})
		s := w.now(t)
		if one, two := of(t, s, "one"), of(t, s, "two"); !one.Held || two.Phase != call.Active || two.Held || s.Front != "two" {
			t.Fatalf("%+v", s.Calls)
		}
		w.do(t, Command{Do: Swap})
		if s := w.now(t); of(t, s, "one").Held || !of(t, s, "two").Held || s.Front != "one" {
			t.Fatalf("%+v", s.Calls)
		}
		w.phone.Sink(call.Happened{ID: "one", Event: call.RemoteEnded{Reason: call.Reason{Cause: call.RemoteHangup}}})
		if s := w.now(t); len(s.Calls) != 1 || !s.Calls[0].Held || s.Presence.Status != presence.Busy {
			t.Fatalf("the other stays on hold until the agent takes it: %+v", s.Calls)
		}
		w.do(t, Command{Do: Resume})
		if s := w.now(t); s.Calls[0].Held || s.Front != "two" {
			t.Fatalf("%+v", s.Calls)
		}
	})
}

// TestRingsLouderWhenFree: the call that waits rings aloud once the other is over.
func TestRingsLouderWhenFree(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.talk(t, "one", "100")
		w.arrives(t, "two", "200")
		w.do(t, Command{Do: Hangup})
		if s := w.now(t); w.tone("two") != call.Ringtone || len(s.Calls) != 1 {
			t.Errorf("it rings with %q: %+v", w.tone("two"), s.Calls)
		}
	})
}

// TestConferenceOfThree: all hear each other; held ones come back for it, and one party left is no conference.
func TestConferenceOfThree(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.refused(t, Command{Do: JoinAll}, CodeNotNow)
		w.talk(t, "one", "100")
		w.talk(t, "two", "200")
		w.do(t, Command{Do: JoinAll})
		s := w.now(t)
		if one, two := of(t, s, "one"), of(t, s, "two"); !one.Joined || !two.Joined || one.Held || two.Held {
			t.Fatalf("%+v", s.Calls)
		}
		w.do(t, Command{Do: Split})
		if s := w.now(t); of(t, s, "one").Joined || !of(t, s, "one").Held || of(t, s, "two").Held {
			t.Fatalf("%+v", s.Calls)
		}
		w.do(t, Command{Do: JoinAll})
		w.do(t, Command{Do: Hangup, Call: "two"})
		if s := w.now(t); len(s.Calls) != 1 || s.Calls[0].Joined || s.Calls[0].Held || s.Front != "one" {
			t.Fatalf("%+v", s)
		}
	})
}

// TestSilentMemberOfAConference is warned of and asked after; when it turns out to be gone, the others talk on.
func TestSilentMemberOfAConference(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		for _, id := range []call.ID{"one", "two", "three"} {
			w.talk(t, id, "100")
		}
		w.do(t, Command{Do: JoinAll})
		w.phone.Sink(call.Happened{ID: "two", Event: call.Unheard{For: time.Minute}})
		s := w.now(t)
		if len(s.Warnings) != 1 || s.Warnings[0].Code != health.Unheard || !of(t, s, "two").Joined || !w.asked("two") || w.asked("one") {
			t.Fatalf("%+v", s.Warnings)
		}
		w.phone.Sink(call.Happened{ID: "two", Event: call.RemoteEnded{Reason: call.Reason{Cause: call.Lost}}})
		if s = w.now(t); len(s.Warnings) != 0 || len(s.Calls) != 2 || !of(t, s, "one").Joined || !of(t, s, "three").Joined {
			t.Fatalf("%+v", s)
		}
		for _, c := range s.Calls {
			if c.Held || c.Phase != call.Active {
				t.Errorf("%+v", c)
			}
		}
		w.phone.Sink(call.Happened{ID: "one", Event: call.RemoteEnded{Reason: call.Reason{Cause: call.Lost}}})
		if s = w.now(t); len(s.Calls) != 1 || s.Calls[0].Joined || s.Calls[0].Held || s.Front != "three" {
			t.Errorf("%+v", s)
		}
	})
}

// asked reports whether the far end of a call was asked for a sign of life.
func (w *world) asked(id call.ID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.signal, func(e call.SignalEffect) bool {
		p, ok := e.(call.Probe)
		return ok && p.ID == id
	})
}

// TestLeaveAConference: who hangs up and names no call, or all of it, ends every call of it; a call beside it goes on.
func TestLeaveAConference(t *testing.T) {
	for name, c := range map[string]Command{"no name": {Do: Hangup}, "whole": {Do: Hangup, Call: "one", Whole: true}} {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.agrees()
				w.talk(t, "one", "100")
				w.talk(t, "two", "200")
				w.do(t, Command{Do: JoinAll})
				w.arrives(t, "three", "300")
				w.do(t, c)
				if s := w.now(t); len(s.Calls) != 1 || s.Calls[0].ID != "three" || s.Calls[0].Phase != call.Offered {
					t.Fatalf("%+v", s.Calls)
				}
			})
		})
	}
}

// TestNoMoreCallsThanFit: what is beyond is turned away, and a stranger's click starts no second call.
func TestNoMoreCallsThanFit(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		for _, id := range []call.ID{"a", "b", "c", "d"} {
			w.talk(t, id, "10")
		}
		s := w.arrives(t, "e", "10")
		if len(s.Calls) != MaxCalls || s.Last.Reason.Cause != call.Busy {
			t.Fatalf("%+v", s)
		}
		w.refused(t, Command{Do: Dial, Number: "100", Origin: "window"}, CodeInCall)
		w.do(t, Command{Do: Hangup})
		w.refused(t, Command{Do: Dial, Number: "+12025550142", Origin: "kustomer"}, CodeInCall)
		w.do(t, Command{Do: Dial, Number: "100", Origin: "window"})
		w.refused(t, Command{Do: Dial, Number: "101", Origin: "window"}, CodeInCall)
	})
}

// TestTakeBack: while a transfer is under way the agent may have the call back, by its name or without.
func TestTakeBack(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		w.refused(t, Command{Do: TakeBack, Origin: "window"}, CodeNotNow)
		w.refused(t, Command{Do: TakeBack, Call: "two", Origin: "window"}, CodeNoCall)
		w.refused(t, Command{Do: TakeBack, Call: "one", Origin: "window"}, CodeNotNow)
		w.do(t, Command{Do: Transfer, Number: "200", Origin: "window"})
		w.refused(t, Command{Do: TakeBack, Origin: "kustomer"}, CodeNotNow)
		w.do(t, Command{Do: TakeBack, Origin: "window"})
		if s := w.now(t); s.Calls[0].Held || s.Calls[0].Transfer.State != call.TransferTaken || s.Front != "one" {
			t.Fatalf("%+v", s.Calls[0])
		}
		w.do(t, Command{Do: Mute, Origin: "window"})
		w.phone.Sink(call.Happened{ID: "one", Event: call.TransferDone{TakenBack: true}})
		w.phone.Sink(call.Happened{ID: "one", Event: call.RemoteEnded{Reason: call.Reason{Cause: call.RemoteHangup}}})
		if s := w.now(t); len(s.Calls) != 0 || s.Last.Reason.Cause != call.Transferred || s.Last.Transfer.To != "200" {
			t.Fatalf("%+v", s.Last)
		}
	})
}

func TestBlindTransfer(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		w.refused(t, Command{Do: Transfer, Number: "200", Origin: "kustomer"}, CodeNotNow)
		w.refused(t, Command{Do: Transfer, Number: "x", Origin: "window"}, "empty")
		w.refused(t, Command{Do: Transfer, Number: "911", Origin: "window"}, "emergency")
		w.do(t, Command{Do: Transfer, Number: "200", Origin: "window"})
		if !w.said(call.Refer{ID: "one", Target: "200"}) {
			t.Fatalf("%+v", w.signal)
		}
		w.phone.Sink(call.Happened{ID: "one", Event: call.TransferProgress{Status: 180}})
		if s := w.now(t); s.Calls[0].Transfer.State != call.TransferRinging || !s.Calls[0].Held {
			t.Fatalf("%+v", s.Calls[0])
		}
		w.phone.Sink(call.Happened{ID: "one", Event: call.TransferFailed{Reason: call.FromStatus(486, "Busy Here")}})
		s := w.now(t)
		if c := s.Calls[0]; c.Held || c.Transfer.Why.Cause != call.Busy || !c.Transfer.At.Equal(time.Now()) {
			t.Fatalf("the call is not given back: %+v", c)
		}
		w.do(t, Command{Do: SetStatus, Status: "available", Origin: "window"})
		if s := w.now(t); s.Calls[0].Transfer.State != call.TransferBack {
			t.Fatal("the failure is forgotten for nothing that concerns it")
		}
		w.do(t, Command{Do: Mute, Origin: "window"})
		if s := w.now(t); s.Calls[0].Transfer != (call.Passing{}) {
			t.Fatalf("the agent goes on, and the failure stays: %+v", s.Calls[0].Transfer)
		}
		w.do(t, Command{Do: Transfer, Number: "300", Origin: "window"})
		w.phone.Sink(call.Happened{ID: "one", Event: call.TransferDone{}})
		if s := w.now(t); len(s.Calls) != 0 || s.Last.Reason.Cause != call.Transferred {
			t.Fatalf("%+v", s)
		}
	})
}

// TestConsult: the customer waits, comes back when the agent gives up, and goes to the colleague when it is completed.
func TestConsult(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		id := w.do(t, Command{Do: Consult, Number: "200", Origin: "window"})
		if s := w.now(t); !of(t, s, "one").Held || s.Front != id || of(t, s, id).Consults != "one" {
			t.Fatalf("%+v", s.Calls)
		}
		w.do(t, Command{Do: Hangup})
		if s := w.now(t); len(s.Calls) != 1 || s.Calls[0].Held || s.Front != "one" {
			t.Fatalf("the customer does not come back: %+v", s)
		}
		id = w.do(t, Command{Do: Consult, Number: "200", Origin: "window"})
		w.answers(t, id)
		w.do(t, Command{Do: Complete, Origin: "window"})
		if !w.said(call.Refer{ID: "one", Other: id}) {
			t.Fatalf("%+v", w.signal)
		}
		// The colleague's phone leaves us before the customer's says that it is there.
		w.phone.Sink(call.Happened{ID: id, Event: call.RemoteEnded{Reason: call.Reason{Cause: call.RemoteHangup}}})
		if s := w.now(t); s.Last.ID != id || s.Last.Reason.Cause != call.Transferred {
			t.Errorf("%+v", s.Last)
		}
		w.phone.Sink(call.Happened{ID: "one", Event: call.TransferDone{}})
		if s := w.now(t); len(s.Calls) != 0 || s.Last.Reason.Cause != call.Transferred {
			t.Fatalf("%+v", s)
		}
	})
}

// TestCompleteBeforeTheAnswer: the customer waits for the answer instead of the agent.
func TestCompleteBeforeTheAnswer(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		w.do(t, Command{Do: Consult, Number: "200", Origin: "window"})
		w.do(t, Command{Do: Complete, Origin: "window"})
		s := w.now(t)
		if len(s.Calls) != 1 || !w.said(call.Refer{ID: "one", Target: "200"}) || !s.Calls[0].Held {
			t.Fatalf("%+v %+v", s.Calls, w.signal)
		}
		w.phone.Sink(call.Happened{ID: "one", Event: call.TransferDone{}})
		if s := w.now(t); len(s.Calls) != 0 {
			t.Fatalf("%+v", s.Calls)
		}
	})
}

// TestColleagueHangsUp: the customer stays on hold until the agent takes them back: nobody is put on the air unasked.
func TestColleagueHangsUp(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		id := w.do(t, Command{Do: Consult, Number: "200", Origin: "window"})
		w.answers(t, id)
		w.phone.Sink(call.Happened{ID: id, Event: call.RemoteEnded{Reason: call.Reason{Cause: call.RemoteHangup}}})
		if s := w.now(t); len(s.Calls) != 1 || !s.Calls[0].Held || s.Front != "" {
			t.Fatalf("%+v", s)
		}
	})
}

// TestPassedOnByThem: the far end names who shall be called; the agent is asked, unless the call waits there for us.
func TestPassedOnByThem(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		w.phone.Sink(call.Asked{ID: "one", Target: "200"})
		s := w.now(t)
		if s.Asking == nil || s.Asking.Shown != "200" || w.invites() != 0 {
			t.Fatalf("%+v", s.Asking)
		}
		w.phone.Sink(call.Asked{ID: "one", Target: "300"}) // one question at a time
		w.now(t)
		if !w.said(call.Stay{ID: "one"}) {
			t.Fatal("the second is left waiting")
		}
		w.signal = nil
		w.do(t, Command{Do: Reject, Origin: "window"})
		if !w.said(call.Stay{ID: "one"}) {
			t.Fatal("the far end does not hear the no")
		}
		w.phone.Sink(call.Asked{ID: "one", Target: "200"})
		w.now(t)
		id := w.do(t, Command{Do: Confirm, Origin: "window"})
		if s := w.now(t); of(t, s, id).For != "one" || !of(t, s, "one").Held || s.Front != id {
			t.Fatalf("%+v", s.Calls)
		}
		w.phone.Sink(call.Happened{ID: id, Event: call.RemoteEnded{Reason: call.FromStatus(486, "")}})
		if s := w.now(t); len(s.Calls) != 1 || s.Calls[0].Held || s.Front != "one" {
			t.Fatalf("the call that could not be passed on does not come back: %+v", s.Calls)
		}
		w.phone.Sink(call.Asked{ID: "one", Target: "sip:300@example.com", Joins: true})
		s = w.now(t)
		if s.Asking != nil || len(s.Calls) != 2 || s.Calls[1].For != "one" {
			t.Fatalf("%+v", s)
		}
		w.answers(t, s.Calls[1].ID)
		w.phone.Sink(call.Happened{ID: "one", Event: call.RemoteEnded{Reason: call.Reason{Cause: call.RemoteHangup}}})
		if s := w.now(t); len(s.Calls) != 1 || s.Last.Reason.Cause != call.Replaced {
			t.Fatalf("%+v", s)
		}
	})
}

// holds is a far end that puts this phone on hold, or takes it back.
func (w *world) holds(t *testing.T, id call.ID, on bool) Snapshot {
	t.Helper()
	w.mu.Lock()
	w.holding = slices.DeleteFunc(w.holding, func(h call.ID) bool { return h == id })
	if on {
		w.holding = append(w.holding, id)
	}
	w.mu.Unlock()
	w.phone.Sink(call.Happened{ID: id, Event: call.RemoteOffer{SDP: []byte("offer")}})
	s := w.now(t)
	if of(t, s, id).RemoteHeld != on {
		t.Fatalf("held by them: %v", !on)
	}
	return s
}

// TestTakenBackByThem: a far end that ends its hold after it has asked to be passed on wants this phone back. The question goes, and so
// does the call it asked for, unless somebody has answered that.
func TestTakenBackByThem(t *testing.T) {
	for name, c := range map[string]struct {
		confirmed, answered bool
	}{"asked": {false, false}, "rings": {true, false}, "answered": {true, true}} {
		live(t, func(t *testing.T, w *world) {
			w.agrees()
			w.talk(t, "one", "100")
			w.holds(t, "one", true)
			w.phone.Sink(call.Asked{ID: "one", Target: "200"})
			w.now(t)
			var id call.ID
			if c.confirmed {
				id = w.do(t, Command{Do: Confirm, Origin: "window"})
				w.phone.Sink(call.Happened{ID: id, Event: call.RemoteProgress{Status: 180}})
				w.now(t)
			}
			if c.answered {
				w.answers(t, id)
			}
			s := w.holds(t, "one", false)
			switch {
			case c.answered:
				if len(s.Calls) != 2 || s.Front != id || !of(t, s, "one").Held {
					t.Errorf("%s: %+v", name, s.Calls)
				}
			case len(s.Calls) != 1 || s.Front != "one" || s.Calls[0].Holding() || s.Asking != nil || !w.said(call.Stay{ID: "one"}):
				t.Errorf("%s: %+v %+v", name, s.Calls, s.Asking)
			case c.confirmed && s.Last.Reason.Cause != call.TakenBack:
				t.Errorf("%s: %+v", name, s.Last)
			}
		})
	}
}

// TestHoldThatIsNoTakingBack: a far end that never held, or that only answers a hold of ours, has taken nothing back.
func TestHoldThatIsNoTakingBack(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		w.phone.Sink(call.Asked{ID: "one", Target: "200"})
		w.now(t)
		if s := w.holds(t, "one", false); s.Asking == nil {
			t.Fatal("the question is gone")
		}
		w.holds(t, "one", true)
		w.mu.Lock()
		w.holding = nil // it forgets its hold with ours
		w.mu.Unlock()
		id := w.do(t, Command{Do: Confirm, Origin: "window"}) // one is held here now; what is answered to that says nothing
		w.phone.Sink(call.Happened{ID: id, Event: call.RemoteProgress{Status: 180}})
		if s := w.now(t); len(s.Calls) != 2 || !of(t, s, "one").Held || of(t, s, "one").RemoteHeld {
			t.Errorf("%+v", s.Calls)
		}
	})
}

// TestQuestionEndsWithItsCall: nobody is asked about a call that is over, and a question nobody answers is a no.
func TestQuestionEndsWithItsCall(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.talk(t, "one", "100")
		w.phone.Sink(call.Asked{ID: "one", Target: "200"})
		w.now(t)
		time.Sleep(2 * time.Minute)
		if s := w.now(t); s.Asking != nil || !w.said(call.Stay{ID: "one"}) {
			t.Fatalf("%+v", s.Asking)
		}
		w.phone.Sink(call.Asked{ID: "one", Target: "200"})
		w.now(t)
		w.do(t, Command{Do: Hangup})
		if s := w.now(t); s.Asking != nil {
			t.Fatalf("%+v", s.Asking)
		}
		w.phone.Sink(call.Asked{ID: "gone", Target: "200"})
		w.now(t)
		if !w.said(call.Stay{ID: "gone"}) {
			t.Error("a call nobody knows is left waiting")
		}
	})
}

// TestTakesAPlace: a call that replaces another goes on where that was, without ringing.
func TestTakesAPlace(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		w.talk(t, "two", "200")
		w.do(t, Command{Do: JoinAll})
		w.phone.Sink(call.Arrived{ID: "new", Account: "main", Offer: []byte("offer"), Replaces: "two"})
		s := w.now(t)
		if len(s.Calls) != 2 || of(t, s, "new").Phase != call.Active || !of(t, s, "new").Joined || s.Front != "new" || s.Last.Reason.Cause != call.Replaced {
			t.Fatalf("%+v", s)
		}
		if w.tone("new") != "" {
			t.Errorf("it rang: %q", w.tone("new"))
		}
		w.phone.Sink(call.Arrived{ID: "late", Account: "main", Offer: []byte("offer"), Replaces: "two"})
		if s := w.now(t); of(t, s, "late").Phase != call.Offered || w.tone("late") == "" {
			t.Errorf("a call for one that is over is answered: %+v", of(t, s, "late"))
		}
	})
}

func TestCallsAreTurnedAway(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.refused(t, Command{Do: SetQuiet, Mode: "on", Origin: "kustomer"}, CodeNotNow)
		w.do(t, Command{Do: SetQuiet, Mode: "on", Origin: "window"})
		s := w.arrives(t, "one", "100")
		if len(s.Calls) != 0 || !s.Last.Missed() || len(s.Warnings) == 0 || s.Last.Reason.Cause != call.DoNotDisturb {
			t.Fatalf("%+v", s)
		}
		w.do(t, Command{Do: SetQuiet, Mode: "off", Origin: "window"})
		w.do(t, Command{Do: SetForward, Mode: "always", Number: "300", Origin: "window"})
		s = w.arrives(t, "two", "100")
		if !w.said(call.Forward{ID: "two", Target: "300"}) || len(s.Warnings) == 0 {
			t.Fatalf("%+v %+v", w.signal, s)
		}
		w.do(t, Command{Do: SetForward, Mode: "always", Origin: "window"})
		w.do(t, Command{Do: SetForward, Mode: "no-answer", Number: "400", Origin: "window"})
		w.arrives(t, "three", "100")
		time.Sleep(21 * time.Second)
		w.now(t)
		if !w.said(call.Forward{ID: "three", Target: "400"}) {
			t.Fatalf("%+v", w.signal)
		}
		w.arrives(t, "four", "100")
		w.do(t, Command{Do: Divert, Number: "500", Origin: "window"})
		if !w.said(call.Forward{ID: "four", Target: "500"}) {
			t.Fatalf("%+v", w.signal)
		}
		w.phone.Report(CallRules{BusyOnBusy: true, Forward: Forward{Busy: "600"}})
		w.talk(t, "five", "100")
		w.arrives(t, "six", "100")
		if !w.said(call.Forward{ID: "six", Target: "600"}) {
			t.Fatalf("%+v", w.signal)
		}
		w.do(t, Command{Do: SetForward, Mode: "busy", Origin: "window"}) // ends what the settings say, in this run
		if s := w.arrives(t, "seven", "100"); w.said(call.Forward{ID: "seven", Target: "600"}) || s.Last.Reason.Cause != call.Busy {
			t.Fatalf("%+v", s.Last)
		}
		w.do(t, Command{Do: SetForward, Mode: "no-answer", Number: "400", Origin: "window"})
		w.do(t, Command{Do: SetForward, Origin: "window"}) // none goes anywhere
		if f := w.now(t).Quiet.Forward; f != (Forward{}) {
			t.Errorf("%+v", f)
		}
		w.refused(t, Command{Do: SetForward, Number: "100", Origin: "window"}, CodeBadCommand)
		w.refused(t, Command{Do: SetForward, Mode: "sometimes", Number: "100", Origin: "window"}, CodeBadCommand)
		w.refused(t, Command{Do: SetQuiet, Origin: "window"}, CodeBadCommand)
		w.refused(t, Command{Do: SetForward, Mode: "always", Number: "911", Origin: "window"}, "emergency")
		w.phone.Report(UseAccounts{Accounts: []call.Account{{ID: "main", Address: "sip:1001@example.com", Username: "auth-1"}}})
		w.refused(t, Command{Do: SetForward, Mode: "always", Number: "1001", Origin: "window"}, CodeNotNow)
	})
}

// TestWhoIsFree: what the server tells of colleagues and mailboxes is in the snapshot, and it hears of us.
func TestWhoIsFree(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.phone.Report(UseColleagues{List: []Colleague{{Name: "Agent B. Sample", Number: "118"}, {Number: "119"}}})
		w.phone.Sink(call.Watched{Number: "118", State: "on-call"})
		w.phone.Sink(call.Watched{Number: "777", State: "free"}) // nobody of ours
		w.phone.Sink(call.Messages{Account: "main", Waiting: true, New: 2})
		w.phone.Sink(call.Messages{Account: "main", Waiting: true, New: 3})
		s := w.now(t)
		if len(s.Colleagues) != 2 || s.Colleagues[0].State != "on-call" || s.Colleagues[1].State != "" || len(s.Mailboxes) != 1 || s.Mailboxes[0].New != 3 {
			t.Fatalf("%+v %+v", s.Colleagues, s.Mailboxes)
		}
		w.talk(t, "one", "118")
		if c := of(t, w.now(t), "one"); c.Remote.Name != "Agent B. Sample" {
			t.Errorf("a colleague calls as %+v", c.Remote)
		}
		w.do(t, Command{Do: Hangup})
		w.now(t)
		var watched []call.WatchNumbers
		var said []string
		w.mu.Lock()
		for _, e := range w.signal {
			switch e := e.(type) {
			case call.WatchNumbers:
				watched = append(watched, e)
			case call.Publish:
				said = append(said, e.State)
			}
		}
		w.mu.Unlock()
		if last := watched[len(watched)-1]; last.Account != "main" || !slices.Equal(last.Numbers, []string{"118", "119"}) {
			t.Errorf("%+v", watched)
		}
		if n := len(said); n < 3 || said[n-2] != "on-call" || said[n-1] == "on-call" {
			t.Errorf("%v", said)
		}
		w.phone.Report(UseAccounts{})
		if s := w.now(t); len(s.Mailboxes) != 0 {
			t.Errorf("%+v", s.Mailboxes)
		}
	})
}

// last is what sound was told last of a call by effects of type E.
func last[E call.MediaEffect](w *world, says func(E) (call.ID, bool), id call.ID) (on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.media {
		if e, ok := e.(E); ok {
			if of, is := says(e); of == id {
				on = is
			}
		}
	}
	return on
}

// parked reports whether neither side of a call hears the other, muted whether its microphone is closed.
func (w *world) parked(id call.ID) bool {
	return last(w, func(e call.Park) (call.ID, bool) { return e.ID, e.On }, id)
}

func (w *world) muted(id call.ID) bool {
	return last(w, func(e call.Gate) (call.ID, bool) { return e.ID, e.On }, id)
}

// TestEarlySoundIsPutAside: what plays before the answer neither hears the agent nor is heard while they talk to somebody else, and
// is held once it is answered.
func TestEarlySoundIsPutAside(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		id := w.do(t, Command{Do: Consult, Number: "200", Origin: "window"})
		w.phone.Sink(call.Happened{ID: id, Event: call.RemoteProgress{Status: 183, SDP: []byte("early")}})
		if w.now(t); w.parked(id) || !w.parked("one") {
			t.Fatal("the announcement is not heard, or the customer hears the agent")
		}
		w.do(t, Command{Do: Resume, Call: "one"})
		if w.now(t); !w.parked(id) || w.parked("one") {
			t.Fatal("who plays early sound hears what is said to the customer")
		}
		w.answers(t, id)
		if s := w.now(t); !of(t, s, id).Held || !w.parked(id) || s.Front != "one" {
			t.Fatalf("%+v", s.Calls)
		}
		w.do(t, Command{Do: Swap})
		if s := w.now(t); of(t, s, id).Held || w.parked(id) || !w.parked("one") {
			t.Fatalf("%+v", s.Calls)
		}
	})
}

// TestBackInTheEar: a number that is still being called is heard again once nobody else is talked to.
func TestBackInTheEar(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		id := w.do(t, Command{Do: Dial, Number: "200", Origin: "window"})
		w.do(t, Command{Do: Resume, Call: "one"})
		w.do(t, Command{Do: Hangup, Call: "one"})
		if s := w.now(t); w.parked(id) || s.Front != id {
			t.Fatalf("%+v", s)
		}
		w.answers(t, id)
		if s := w.now(t); of(t, s, id).Held || w.parked(id) {
			t.Fatalf("%+v", s.Calls)
		}
	})
}

// TestPlaceOfAHeldCall: who takes the place of somebody on hold is on hold from the first moment, and a closed microphone stays
// closed.
func TestPlaceOfAHeldCall(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		w.do(t, Command{Do: Mute})
		w.do(t, Command{Do: Hold})
		w.phone.Sink(call.Arrived{ID: "new", Account: "main", Offer: []byte("offer"), Replaces: "one"})
		s := w.now(t)
		if c := of(t, s, "new"); len(s.Calls) != 1 || !c.Held || !c.Muted || !w.parked("new") || !w.muted("new") {
			t.Fatalf("%+v", s.Calls)
		}
		w.mu.Lock()
		at := slices.IndexFunc(w.media, func(e call.MediaEffect) bool { m, is := e.(call.MakeAnswer); return is && m.ID == "new" })
		if next := w.media[at+1]; next != (call.Park{ID: "new", On: true}) {
			t.Errorf("its sound is up before it is parked: then comes %+v", next)
		}
		w.mu.Unlock()
		w.do(t, Command{Do: Resume})
		if s := w.now(t); s.Calls[0].Held || w.parked("new") {
			t.Fatalf("%+v", s.Calls)
		}
	})
}

// TestOnePlaceOneCall: of two calls that want the same place, the second rings as any other.
func TestOnePlaceOneCall(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		for _, id := range []call.ID{"a", "b"} {
			w.phone.Sink(call.Arrived{ID: id, Account: "main", Offer: []byte("offer"), Replaces: "one"})
		}
		s := w.now(t)
		if of(t, s, "a").Phase != call.Active || of(t, s, "b").Phase != call.Offered || w.tone("b") == "" {
			t.Fatalf("%+v", s.Calls)
		}
	})
}

// TestMutedInAConference: one microphone, one switch.
func TestMutedInAConference(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		w.talk(t, "two", "200")
		w.do(t, Command{Do: Mute})
		w.do(t, Command{Do: JoinAll})
		if w.now(t); !w.muted("one") || !w.muted("two") {
			t.Fatal("who joins hears a microphone that is closed")
		}
		w.do(t, Command{Do: Unmute, Call: "one"})
		if w.now(t); w.muted("one") || w.muted("two") {
			t.Fatal("the microphone is open for one alone")
		}
		w.do(t, Command{Do: Mute})
		if s := w.now(t); !w.muted("one") || !w.muted("two") || !of(t, s, "one").Muted || !of(t, s, "two").Muted {
			t.Fatal("somebody still hears the agent")
		}
	})
}

// TestOnlyTheirWord: that a call waits at a number is the far end's word alone. It dials nothing unasked that no stranger may dial,
// or that costs money.
func TestOnlyTheirWord(t *testing.T) {
	for target, want := range map[string]string{
		"+12025550142": "asked", "sip:+12025550142@gateway.example.com": "asked", "sip:%2B1202-555-0142@192.0.2.1": "asked", "12025550142;x=y": "asked",
		"*72": "no", "sip:%2A7212025550142@example.com": "no", "911": "no",
		"200": "called", "sip:agent@192.0.2.1:5062": "called", "sip:192.0.2.1:5062": "called", "sip:200@192.0.2.1": "called",
	} {
		live(t, func(t *testing.T, w *world) {
			w.agrees()
			w.talk(t, "one", "100")
			w.phone.Sink(call.Asked{ID: "one", Target: target, Joins: true})
			s := w.now(t)
			got := "called"
			switch {
			case w.said(call.Stay{ID: "one"}):
				got = "no"
			case s.Asking != nil:
				got = "asked"
			}
			if got != want || (w.invites() == 1) != (want == "called") {
				t.Errorf("%s is %s, want %s: %+v", target, got, want, s.Asking)
			}
		})
	}
}

// TestHeldFarEndAsks: who is on hold takes the agent from nobody, and does not open a microphone.
func TestHeldFarEndAsks(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		w.do(t, Command{Do: Mute})
		w.talk(t, "two", "200")
		w.phone.Sink(call.Asked{ID: "one", Target: "300", Joins: true})
		if s := w.now(t); s.Asking == nil || s.Front != "two" || of(t, s, "two").Held || w.invites() != 0 {
			t.Fatalf("%+v", s)
		}
		id := w.do(t, Command{Do: Confirm, Origin: "window"})
		if s := w.now(t); s.Front != id || of(t, s, id).For != "one" || !of(t, s, id).Muted || !w.muted(id) {
			t.Fatalf("%+v", s)
		}
	})
}

// TestTheyHearThatNothingBegan: a far end that wants to be passed on is told when the call for it came to nothing here.
func TestTheyHearThatNothingBegan(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "one", "100")
		w.phone.Sink(call.Asked{ID: "one", Target: "300", Joins: true})
		s := w.now(t)
		w.phone.Sink(call.Happened{ID: s.Front, Event: call.RemoteEnded{Reason: call.Reason{Cause: call.Unreachable}}})
		if w.now(t); !w.said(call.Stay{ID: "one"}) {
			t.Fatal("the far end waits for ever, and its next wish is refused")
		}
	})
}

// TestSentElsewhere: a call of ours goes unasked only where the organisation is at home. It is asked about else, once the call has come
// to nothing, and what no stranger may dial is not called.
func TestSentElsewhere(t *testing.T) {
	for _, c := range []struct{ target, want string }{
		{"200", "called"}, {"sales", "called"}, {"+12025550142", "asked"}, {"sip:200@192.0.2.1", "asked"}, {"sip:agent@gateway.example.com", "asked"}, {"sip:gateway.example.com", "asked"},
		{"+19005550142x", "asked"}, {"9005550142/1", "asked"}, {"+1,9005550142", "asked"}, {"\uff19005550142", "asked"}, {" sales", "asked"}, {"sales-2", "called"},
		{"+19005550142", "no"}, {"sip:+19005550142@gateway.example.com", "no"}, {"911", "no"}, {"*72", "no"}, {"+881612345678", "no"},
	} {
		live(t, func(t *testing.T, w *world) {
			id := w.do(t, Command{Do: Dial, Number: "(202) 555-0143", Origin: "window"})
			w.phone.Sink(call.Elsewhere{ID: id, Target: c.target})
			w.now(t)
			if on := w.follows(id); on != (c.want == "called") {
				t.Fatalf("%s: followed: %v", c.target, on)
			}
			w.phone.Sink(call.Happened{ID: id, Event: call.RemoteEnded{Reason: call.FromStatus(302, "")}})
			s := w.now(t)
			if (s.Asking != nil) != (c.want == "asked") || (s.Refused != nil) != (c.want == "no") {
				t.Fatalf("%s: asked %+v, refused %+v", c.target, s.Asking, s.Refused)
			}
			if c.want == "no" && !strings.HasPrefix(s.Refused.Text, "Your call was sent on there. It ") {
				t.Errorf("%s: %s", c.target, s.Refused.Text)
			}
			if c.want != "asked" {
				return
			}
			if s.Asking.Origin != "window" || s.Asking.Why != "Your call was sent on there." {
				t.Errorf("%+v", s.Asking)
			}
			id = w.do(t, Command{Do: Confirm, Origin: "window"})
			if made := of(t, w.now(t), id); made.Target() != c.target {
				t.Errorf("%s: calls %s", c.target, made.Target())
			}
		})
	}
}

// follows is the answer to the last place a call was sent to.
func (w *world) follows(id call.ID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range slices.Backward(w.signal) {
		if f, ok := e.(call.Follow); ok && f.ID == id {
			return f.On
		}
	}
	return false
}

// TestSentElsewhereAndNotAsked: who hung up, or talks to another place by now, is not asked; a call for help goes wherever it is sent;
// a consultation that is sent on stays one.
func TestSentElsewhereAndNotAsked(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		id := w.do(t, Command{Do: Dial, Number: "911", Origin: "window"})
		w.phone.Sink(call.Elsewhere{ID: id, Target: "+12025550142"})
		if w.now(t); !w.follows(id) {
			t.Fatal("help is asked about")
		}
		w.do(t, Command{Do: Hangup})
		w.phone.Sink(call.Happened{ID: id, Event: call.RemoteEnded{Reason: call.Reason{Cause: call.Cancelled}}})

		id = w.do(t, Command{Do: Dial, Number: "300", Origin: "window"})
		w.phone.Sink(call.Elsewhere{ID: id, Target: "+12025550142"})
		w.now(t)
		w.do(t, Command{Do: Hangup})
		if s := w.now(t); s.Asking != nil {
			t.Fatalf("%+v", s.Asking)
		}
		w.phone.Sink(call.Happened{ID: id, Event: call.RemoteEnded{Reason: call.Reason{Cause: call.Cancelled}}})

		w.talk(t, "one", "100")
		id = w.do(t, Command{Do: Consult, Number: "300", Origin: "window"})
		w.phone.Sink(call.Elsewhere{ID: id, Target: "+12025550142"})
		w.phone.Sink(call.Elsewhere{ID: id, Target: "+12025550199"})
		w.phone.Sink(call.Happened{ID: id, Event: call.RemoteEnded{Reason: call.FromStatus(302, "")}})
		if s := w.now(t); s.Asking == nil || s.Asking.Shown != "(202) 555-0142" {
			t.Fatalf("%+v", s.Asking)
		}
		id = w.do(t, Command{Do: Confirm, Origin: "window"})
		if s := w.now(t); of(t, s, id).Consults != "one" || !of(t, s, "one").Held {
			t.Fatalf("%+v", s.Calls)
		}
	})
}
