package phone

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/health"
	"sidetone/internal/number"
	"sidetone/sync/calllog"
	"sidetone/sync/presence"
)

// world stands for SIP, sound and disk: it remembers the effects and answers as they would.
type world struct {
	mu      sync.Mutex
	signal  []call.SignalEffect
	media   []call.MediaEffect
	records []call.Call
	begun   []calllog.Begun
	willing bool // the far end agrees to every re-INVITE
	deaf    bool // the far end confirms no end of a call
	full    bool // the journal does not answer
	sound   []call.ID
	holding []call.ID // the far ends of these hold this phone
	links   []string  // opened in a browser
	outbox  []calllog.Entry
	phone   *Phone
}

type signalPort struct{ *world }

func (w signalPort) Do(e call.SignalEffect) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.signal = append(w.signal, e)
	if r, ok := e.(call.Reoffer); ok && w.willing {
		go w.phone.Sink(call.Happened{ID: r.ID, Event: call.OfferAnswered{SDP: []byte("answer")}})
	}
	if a, ok := e.(call.AnswerOffer); ok {
		go w.phone.Sink(call.Happened{ID: a.ID, Event: call.AnswerSent{}})
	}
	if f, ok := e.(call.Forward); ok {
		go w.phone.Sink(call.Happened{ID: f.ID, Event: call.RemoteEnded{}})
	}
	if end, ok := e.(call.End); ok && !w.deaf {
		go w.phone.Sink(call.Happened{ID: end.ID, Event: call.RemoteEnded{Reason: call.Reason{Cause: call.RemoteHangup}}})
	}
}

type mediaPort struct{ *world }

func (w mediaPort) Do(e call.MediaEffect) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.media = append(w.media, e)
	switch e := e.(type) {
	case call.MakeOffer:
		go w.phone.Sink(call.Happened{ID: e.ID, Event: call.LocalSDP{SDP: []byte("offer")}})
	case call.MakeReoffer:
		go w.phone.Sink(call.Happened{ID: e.ID, Event: call.LocalSDP{SDP: []byte("offer")}})
	case call.MakeAnswer:
		first := !w.sounds(e.ID)
		go func() {
			w.phone.Sink(call.Happened{ID: e.ID, Event: call.LocalSDP{SDP: []byte("answer")}})
			if first { // a later one is in force with Connect
				w.phone.Sink(call.Happened{ID: e.ID, Event: call.MediaUp{Codec: "PCMU"}})
			}
		}()
	case call.Connect:
		w.sounds(e.ID)
		go w.phone.Sink(call.Happened{ID: e.ID, Event: call.MediaUp{Codec: "PCMU", RemoteHeld: slices.Contains(w.holding, e.ID)}})
	}
}

// sounds notes that a call has sound from now on, and reports whether it had.
func (w *world) sounds(id call.ID) bool {
	had := slices.Contains(w.sound, id)
	w.sound = append(w.sound, id)
	return had
}

type journalPort struct{ *world }

func (w journalPort) Append(c call.Call, e *calllog.Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.records = append(w.records, c)
	if e != nil {
		w.outbox = append(w.outbox, *e)
	}
	if !w.full {
		go w.phone.Sink(call.Recorded{ID: c.ID, Number: uint64(len(w.records))})
	}
}

func (w journalPort) Begin(b calllog.Begun) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = append(w.begun, b)
}

func (w journalPort) Keep(e calllog.Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outbox = append(w.outbox, e)
}

// invites counts the INVITEs asked for.
func (w *world) invites() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, e := range w.signal {
		if _, ok := e.(call.Invite); ok {
			n++
		}
	}
	return n
}

// live runs a story against a running phone whose one line is ready.
func live(t *testing.T, story func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := &world{phone: New(Times{}, nil)}
		done := make(chan error, 1)
		go func() {
			done <- w.phone.Run(ctx, Ports{Signaling: signalPort{w}, Media: mediaPort{w}, Journal: journalPort{w}, Browser: w})
		}()
		w.phone.Report(UseAccounts{Accounts: []call.Account{{ID: "main", Address: "sip:1001@example.com"}}})
		w.phone.Sink(call.Registered{Account: "main", Line: call.Line{State: call.LineReady}})
		synctest.Wait()
		story(t, w)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}

func (w *world) do(t *testing.T, c Command) call.ID {
	t.Helper()
	id, err := w.phone.Do(t.Context(), c)
	if err != nil {
		t.Fatalf("%s: %v", c.Do, err)
	}
	synctest.Wait()
	return id
}

func (w *world) refused(t *testing.T, c Command, want Code) (text string) {
	t.Helper()
	_, err := w.phone.Do(t.Context(), c)
	var no *Refusal
	if !errors.As(err, &no) || no.Code != want || no.Text == "" {
		t.Fatalf("%+v: %v, want refusal %s", c, err, want)
	}
	return no.Text
}

func (w *world) now(t *testing.T) Snapshot {
	t.Helper()
	synctest.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	return <-w.phone.Watch(ctx)
}

func TestCallFromClickToRecord(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.phone.Report(KustomerStatus{Status: presence.Available})
		id := w.do(t, Command{Do: Dial, Number: "(202) 555-0142", Origin: "kustomer", Key: "k1"})
		s := w.now(t)
		if len(s.Calls) != 1 || s.Calls[0].Phase != call.Dialing || s.Presence.Status != presence.Busy || s.Want.Status != "busy" {
			t.Fatalf("%+v", s)
		}
		w.phone.Sink(call.Happened{ID: id, Event: call.RemoteAnswered{SDP: []byte("answer")}})
		if s = w.now(t); s.Calls[0].Phase != call.Active {
			t.Fatalf("%+v", s.Calls[0])
		}
		time.Sleep(90 * time.Second) // synctest's clock: a call that lasts
		w.do(t, Command{Do: Hangup})
		s = w.now(t)
		if len(s.Calls) != 0 || s.Last == nil || s.Last.ID != id || s.Records != 1 || s.Presence.Status != presence.Available || s.Want.Status != "available" {
			t.Fatalf("%+v", s)
		}
		if d := w.records[0].Duration(time.Now()); d != 90*time.Second {
			t.Errorf("recorded %v", d)
		}
	})
}

func TestOneClickDialsOnce(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		c := Command{Do: Dial, Number: "100", Key: "click-1", Origin: "window"}
		w.do(t, c)
		w.refused(t, c, CodeDuplicate)
		w.refused(t, Command{Do: Dial, Number: "101", Key: "click-2", Origin: "window"}, CodeInCall)
		w.do(t, Command{Do: Hangup})
		w.refused(t, c, CodeDuplicate)
		if n := w.invites(); n != 1 {
			t.Errorf("%d INVITEs", n)
		}
	})
}

func TestRefusals(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.refused(t, Command{Do: Dial, Number: "not a number", Origin: "window"}, Code(number.CodeEmpty))
		w.refused(t, Command{Do: Dial, Number: "100", Account: "other", Origin: "window"}, CodeNoAccount)
		w.refused(t, Command{Do: Hangup}, CodeNoCall)
		w.refused(t, Command{Do: Answer, Call: "nobody"}, CodeNoCall)
		w.refused(t, Command{Do: "explode"}, CodeBadCommand)
		w.refused(t, Command{Do: SetStatus, Status: "lunching"}, CodeBadCommand)
		w.do(t, Command{Do: Dial, Number: "100", Origin: "window"})
		w.refused(t, Command{Do: Hold}, CodeNotNow)
		w.refused(t, Command{Do: Decline}, CodeNotNow)
		w.phone.Sink(call.Registered{Account: "main", Line: call.Line{State: call.LineUnreachable, Detail: "The server does not answer."}})
		w.do(t, Command{Do: Hangup})
		w.refused(t, Command{Do: Dial, Number: "100", Origin: "window"}, CodeNotReady)
		if s := w.now(t); len(s.Warnings) != 1 || s.Warnings[0].Code != health.LineDown {
			t.Errorf("%+v", s.Warnings)
		}
	})
}

func TestIncomingRingsAndTimesOut(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.phone.Sink(call.Arrived{ID: "in", Account: "main", Offer: []byte("offer")})
		if s := w.now(t); s.Calls[0].Phase != call.Offered || s.Presence.Status == presence.Busy {
			t.Fatalf("a ringing call makes nobody busy: %+v", s)
		}
		time.Sleep(61 * time.Second)
		s := w.now(t)
		if len(s.Calls) != 0 || !s.Last.Missed() {
			t.Fatalf("%+v", s)
		}
	})
}

func TestSecondCallIsTurnedAwayAndRecorded(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.phone.Report(CallRules{BusyOnBusy: true})
		id := w.do(t, Command{Do: Dial, Number: "100", Origin: "window"})
		w.phone.Sink(call.Arrived{ID: "in", Account: "main"})
		s := w.now(t)
		if len(s.Calls) != 1 || s.Calls[0].ID != id || len(w.records) != 1 || w.records[0].Reason.Cause != call.Busy {
			t.Fatalf("%+v %+v", s.Calls, w.records)
		}
	})
}

// TestHungUpMeansFree: a server that vanished never confirms the end, and the next caller must not hear "busy" for that.
func TestHungUpMeansFree(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.deaf = true
		w.do(t, Command{Do: Dial, Number: "100", Origin: "window"})
		w.do(t, Command{Do: Hangup})
		w.phone.Sink(call.Arrived{ID: "in", Account: "main", Offer: []byte("offer")})
		if s := w.now(t); len(s.Calls) != 2 || s.Calls[1].Phase != call.Offered {
			t.Fatalf("%+v", s.Calls)
		}
	})
}

func TestClosingHangsUp(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.phone.Report(StatusRules{AnsweredOut: time.Minute})
		w.do(t, Command{Do: Dial, Number: "100", Origin: "window"})
		busy := w.now(t).Want.Rev
		w.phone.Report(Closing{})
		if s := w.now(t); len(s.Calls) != 0 || s.Presence.Status != presence.Unavailable || len(w.records) != 1 || s.Want.Rev != busy+1 {
			t.Fatalf("%+v", s)
		}
	})
}

func TestAutoAnswer(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.phone.Sink(call.Arrived{ID: "in", Account: "main", Offer: []byte("offer"), AutoAnswer: true})
		if s := w.now(t); s.Calls[0].Phase != call.Active {
			t.Fatalf("%+v", s.Calls[0])
		}
	})
}

// TestAnswersItselfLater: it rings first; who takes it in time hears no beep, who hangs up has hung up.
func TestAnswersItselfLater(t *testing.T) {
	arrived := call.Arrived{ID: "in", Account: "main", Offer: []byte("offer"), AutoAnswer: true, AnswerAfter: 5 * time.Second}
	live(t, func(t *testing.T, w *world) {
		w.phone.Sink(arrived)
		time.Sleep(4900 * time.Millisecond)
		if s := w.now(t); s.Calls[0].Phase != call.Offered {
			t.Fatalf("%+v", s.Calls[0])
		}
		time.Sleep(200 * time.Millisecond)
		if s := w.now(t); s.Calls[0].Phase != call.Active {
			t.Fatalf("%+v", s.Calls[0])
		}
	})
	live(t, func(t *testing.T, w *world) { // beside another call nothing answers itself, also not once that is over
		w.phone.Sink(arrived)
		w.do(t, Command{Do: Dial, Number: "100", Origin: "window"})
		time.Sleep(6 * time.Second)
		s := w.now(t)
		i := slices.IndexFunc(s.Calls, func(c call.Call) bool { return c.Direction == call.Outgoing })
		w.do(t, Command{Do: Hangup, Call: s.Calls[i].ID})
		time.Sleep(time.Second)
		for _, c := range w.now(t).Calls {
			if c.ID == "in" && c.Phase != call.Offered {
				t.Errorf("%+v", c)
			}
		}
	})
	live(t, func(t *testing.T, w *world) {
		w.phone.Sink(arrived)
		w.do(t, Command{Do: Decline})
		time.Sleep(6 * time.Second)
		if s := w.now(t); len(s.Calls) > 0 && s.Calls[0].Phase != call.Ending || s.Last != nil && !s.Last.AnsweredAt.IsZero() {
			t.Fatalf("%+v", s)
		}
	})
}

func TestSlowWatcherGetsTheNewest(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		watch := w.phone.Watch(ctx)
		for range 50 {
			w.do(t, Command{Do: SetStatus, Status: "unavailable"})
			w.do(t, Command{Do: SetStatus, Status: "available"})
		}
		last := w.now(t)
		synctest.Wait()
		if s := <-watch; s.Seq != last.Seq {
			t.Errorf("got %d, newest is %d", s.Seq, last.Seq)
		}
	})
}

// TestCallIsNeverNowhere: between its end and its record a call is in the snapshot, however long the journal takes.
func TestCallIsNeverNowhere(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.full = true
		id := w.do(t, Command{Do: Dial, Number: "100", Origin: "window"})
		w.do(t, Command{Do: Hangup})
		if s := w.now(t); len(s.Calls) != 0 || len(s.Unrecorded) != 1 || s.Unrecorded[0].ID != id || s.Unrecorded[0].Phase != call.Ended {
			t.Fatalf("%+v %+v", s.Calls, s.Unrecorded)
		}
		w.phone.Sink(call.Recorded{ID: id, Err: errors.New("the disk is full")})
		w.phone.Sink(call.Recorded{ID: "another", Number: 1})
		if s := w.now(t); len(s.Unrecorded) != 1 {
			t.Fatalf("%+v", s.Unrecorded)
		}
		w.phone.Sink(call.Recorded{ID: id, Number: 2})
		if s := w.now(t); len(s.Unrecorded) != 0 || s.Records != 2 {
			t.Fatalf("%+v", s)
		}
	})
}

func TestJournalTroubleIsShown(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.phone.Sink(call.Recorded{Err: errors.New("the disk is full")})
		if s := w.now(t); len(s.Warnings) != 1 || s.Warnings[0].Code != health.NotSaved {
			t.Fatalf("%+v", s.Warnings)
		}
		w.phone.Sink(call.Recorded{Number: 3})
		if s := w.now(t); len(s.Warnings) != 0 || s.Records != 3 {
			t.Fatalf("%+v", s.Warnings)
		}
	})
}

// TestResumeThatComesToNothing is said until the agent wishes something else.
func TestResumeThatComesToNothing(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.agrees()
		w.talk(t, "in", "+12025550142")
		w.do(t, Command{Do: Hold, Call: "in"})
		w.willing = false
		w.do(t, Command{Do: Resume, Call: "in"})
		w.phone.Sink(call.Happened{ID: "in", Event: call.OfferRefused{Reason: call.FromStatus(491, "")}})
		if s := w.now(t); len(s.Warnings) != 1 || s.Warnings[0].Code != health.Unresumed || !of(t, s, "in").Held {
			t.Errorf("%+v", s.Warnings)
		}
		w.do(t, Command{Do: Resume, Call: "in"})
		if s := w.now(t); len(s.Warnings) != 0 {
			t.Errorf("%+v", s.Warnings)
		}
	})
}

// TestBegunCallsAreWrittenDown: when they begin, when somebody answers, when something is typed about them, when they are hung up, and
// not again.
func TestBegunCallsAreWrittenDown(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.deaf = true
		w.phone.Report(LogRules{Log: calllog.Outcomes()})
		w.talk(t, "in", "+12025550142")
		w.do(t, Command{Do: Mute, Call: "in"})
		for range 2 {
			w.do(t, Command{Do: Note, Call: "in", Text: "Order 1042"})
		}
		w.do(t, Command{Do: Hangup, Call: "in"})
		w.now(t)
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.begun) != 4 || !w.begun[0].AnsweredAt.IsZero() || w.begun[1].AnsweredAt.IsZero() || w.begun[1].Remote.Number != "+12025550142" {
			t.Fatalf("%+v", w.begun)
		}
		if w.begun[2].Draft.Note != "Order 1042" || w.begun[2].Phase != call.Active {
			t.Errorf("%+v", w.begun[2])
		}
		if b := w.begun[3]; b.Draft.Note != "Order 1042" || b.Phase != call.Ending || b.Reason.Cause != call.Completed || b.EndedAt.IsZero() {
			t.Errorf("%+v", b)
		}
	})
}

// TestInterruptedCalls of the last run get their record, and go into Kustomer as any other, with what was typed about them; the agent is
// in no call.
func TestInterruptedCalls(t *testing.T) {
	at := time.Now().Truncate(time.Second)
	on := call.Call{ID: "was", Account: "main", Direction: call.Incoming, Remote: call.Party{Number: "+12025550142"}, Phase: call.Active, CreatedAt: at, AnsweredAt: at}
	hungUp, noted := on, calllog.Draft{Call: "was", Note: "Order 1042"}
	hungUp.Phase, hungUp.Reason, hungUp.EndedAt = call.Ending, call.Reason{Cause: call.Completed}, at.Add(10*time.Second)
	for name, c := range map[string]struct {
		was   call.Call
		draft calllog.Draft
		cause call.Cause
		long  time.Duration
	}{
		"on":      {on, noted, call.Interrupted, time.Minute},
		"hung up": {hungUp, noted, call.Completed, 10 * time.Second},
		"no note": {on, calllog.Draft{}, call.Interrupted, time.Minute},
	} {
		live(t, func(t *testing.T, w *world) {
			w.phone.Report(LogRules{Log: calllog.Outcomes()})
			w.phone.Report(Interrupted{{Call: c.was.Interrupted(at.Add(time.Minute)), Draft: c.draft}})
			s := w.now(t)
			w.mu.Lock()
			defer w.mu.Unlock()
			if len(s.Calls) != 0 || len(w.records) != 1 || w.records[0].Duration(at) != c.long || w.records[0].Reason.Cause != c.cause || len(w.outbox) == 0 {
				t.Fatalf("%s: %+v %+v %+v", name, s.Calls, w.records, w.outbox)
			}
			if e := w.outbox[0]; e.Call != "was" || e.Outcome != calllog.Answered || e.Number != "+12025550142" || e.Reason.Cause != c.cause || e.Note != c.draft.Note {
				t.Errorf("%s: %+v", name, e)
			}
		})
	}
}

// TestQuietHold: who need not be heard is asked after, and nothing is shown of it.
func TestQuietHold(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.talk(t, "in", "+12025550142")
		w.phone.Sink(call.Happened{ID: "in", Event: call.Unheard{For: 20 * time.Second}})
		w.do(t, Command{Do: Hold, Call: "in"})
		for _, e := range []call.Unheard{{Excused: true}, {For: time.Minute, Excused: true}} {
			w.phone.Sink(call.Happened{ID: "in", Event: e})
			if s := w.now(t); len(s.Warnings) != 0 || of(t, s, "in").Unheard != 0 {
				t.Errorf("%+v: %+v", e, s.Warnings)
			}
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		asked := slices.DeleteFunc(slices.Clone(w.signal), func(e call.SignalEffect) bool { return e != call.SignalEffect(call.Probe{ID: "in", Excused: true}) })
		if len(asked) != 1 {
			t.Errorf("asked %d times", len(asked))
		}
	})
}

// TestHowItSounds: how a call sounds is in the snapshot and in its record, and what is wrong with it is a warning, one at a time.
func TestHowItSounds(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.talk(t, "in", "+12025550142")
		for _, c := range []struct {
			sound call.Sound
			code  health.Code
			text  string
		}{
			{call.Sound{Whole: call.Quality{MOS: 4.4}}, "", ""},
			{call.Sound{Silent: call.FromThem, Poor: true}, health.Unheard, "No sound comes from the other side at the moment."},
			{call.Sound{Silent: call.FromMicrophone}, health.Still, "The microphone gives no sound: it may be switched off at the headset."},
			{call.Sound{Silent: call.ToThem}, health.Deaf, "The other side reports that none of your sound arrives."},
			{call.Sound{TalkingMuted: true, Poor: true}, health.TalksMuted, "You are talking, and nobody hears it: the call is muted."},
			{call.Sound{Poor: true, Now: call.Quality{Lost: 9, Late: 3.4}}, health.Poor, "The connection is poor: 12 % of the sound gets lost or comes too late."},
			{call.Sound{Whole: call.Quality{MOS: 3.9}}, "", ""},
		} {
			w.phone.Sink(call.Measured{ID: "in", Sound: c.sound})
			s := w.now(t)
			if got := of(t, s, "in").Sound; got != c.sound {
				t.Errorf("shown %+v", got)
			}
			if c.code == "" && len(s.Warnings) != 0 || c.code != "" && (len(s.Warnings) != 1 || s.Warnings[0].Code != c.code || s.Warnings[0].Text != c.text) {
				t.Errorf("%+v: %+v", c.sound, s.Warnings)
			}
		}
		w.phone.Sink(call.Measured{ID: "gone"})
		w.phone.Sink(call.Happened{ID: "in", Event: call.RemoteEnded{Reason: call.Reason{Cause: call.RemoteHangup}}})
		w.now(t)
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.records) != 1 || w.records[0].Sound.Whole.MOS != 3.9 {
			t.Errorf("%+v", w.records)
		}
	})
}

// TestEnoughForToday: what the ear has had is a warning from the first exposure value on, and another day begins without one.
func TestEnoughForToday(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			level int
			text  string
		}{
			{80, "You have heard as much today as eight hours at about 80 dB(A) give: turn the headset down, or rest your ears."},
			{0, ""},
		} {
			w.phone.Sink(call.Exposure{Level: c.level})
			s := w.now(t)
			if c.text == "" && len(s.Warnings) != 0 || c.text != "" && (len(s.Warnings) != 1 || s.Warnings[0].Code != health.Loud || s.Warnings[0].Text != c.text) {
				t.Errorf("%d: %+v", c.level, s.Warnings)
			}
		}
	})
}

// TestFarEndFallsSilent: the agent sees it, the far end is asked, and silence alone ends nothing.
func TestFarEndFallsSilent(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.talk(t, "in", "+12025550142")
		probes := func() (n int) {
			w.mu.Lock()
			defer w.mu.Unlock()
			for _, e := range w.signal {
				if e == (call.Probe{ID: "in"}) {
					n++
				}
			}
			return n
		}
		for _, c := range []struct {
			For    time.Duration
			text   string
			probes int
		}{
			{20 * time.Second, "No sound has come from the other side for 20 s.", 0}, {time.Minute, "No sound has come from the other side for 1 min.", 1},
			{2 * time.Minute, "No sound has come from the other side for 2 min.", 2}, {0, "", 2},
		} {
			w.phone.Sink(call.Happened{ID: "in", Event: call.Unheard{For: c.For}})
			s := w.now(t)
			text := ""
			for _, warning := range s.Warnings {
				if warning.Code == health.Unheard {
					text = warning.Text
				}
			}
			if text != c.text || probes() != c.probes || of(t, s, "in").Phase != call.Active {
				t.Errorf("%v: %q, asked %d times", c.For, text, probes())
			}
		}
		w.phone.Sink(call.Happened{ID: "in", Event: call.Unheard{For: time.Minute}})
		w.phone.Sink(call.Happened{ID: "in", Event: call.RemoteEnded{Reason: call.Reason{Cause: call.Lost}}})
		if s := w.now(t); len(s.Calls) != 0 || s.Last.Reason.Cause != call.Lost || len(s.Warnings) != 0 {
			t.Errorf("%+v", s)
		}
	})
}
