package call

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"
)

func noon() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }

func everyEvent() []Event {
	return []Event{
		Join{On: true}, Join{}, Transfer{Target: "100", To: "100"}, TransferProgress{100}, TransferProgress{180}, TransferDone{}, TransferDone{TakenBack: true}, TakeBack{}, TransferFailed{Reason{Cause: Busy}},
		Answer{}, AnswerItself{}, Hangup{}, Hold{}, Resume{}, Mute{On: true}, Mute{}, SendDigits{"1"}, SendDigits{"x"}, SendDigits{}, Timeout{},
		RemoteProgress{Status: 180}, RemoteProgress{Status: 183, SDP: []byte("s")}, RemoteAnswered{SDP: []byte("s")}, RemoteAnswered{},
		RemoteOffer{SDP: []byte("s")}, RemoteOffer{}, RemoteOffer{SDP: []byte("s"), Before: true}, AnswerSent{}, OfferWithdrawn{}, Refreshed{SDP: []byte("s")}, OfferAnswered{SDP: []byte("s")}, OfferRefused{}, RemoteEnded{Reason{Cause: RemoteHangup}},
		LocalSDP{SDP: []byte("s")}, MediaUp{Codec: "PCMU"}, MediaFailed{Reason{Cause: NoSound}}, Moved{}, DigitReceived{'5'},
		RemoteProgress{Status: 199}, FarEnd{Info: true, Offers: true}, InfoRefused{"1"}, Redirected{Party{Number: "200"}}, Named{"x"}, Unheard{For: UnheardShown}, Unheard{For: UnheardAsks}, Unheard{},
	}
}

func everyCall() []Call {
	var out []Call
	for p := Dialing; p <= Ended; p++ {
		for _, dir := range []Direction{Outgoing, Incoming} {
			for _, n := range []Negotiation{Settled, LocalHold, LocalResume, LocalMove, RemoteChange} {
				for _, held := range []bool{false, true} {
					c := Call{ID: "x", Phase: p, Direction: dir, Pending: n, Held: held, Remote: Party{Number: "100"}}
					if p >= Active {
						c.AnsweredAt = noon()
					}
					out = append(out, c)
				}
			}
		}
	}
	return out
}

func TestEveryEventInEveryPhase(t *testing.T) {
	for _, c := range everyCall() {
		for _, e := range everyEvent() {
			next, fx, err := Apply(c, e, noon().Add(time.Minute))
			if err != nil && (!reflect.DeepEqual(next, c) || !reflect.DeepEqual(fx, Effects{})) {
				t.Errorf("%v %T: an error came back, but the call changed", c.Phase, e)
			}
			if next.Phase < c.Phase {
				t.Errorf("%v %T: stepped back to %v", c.Phase, e, next.Phase)
			}
			if (next.Phase == Ended && c.Phase != Ended) != fx.Record {
				t.Errorf("%v %T: to %v with record %v: a call is recorded when it ends, once", c.Phase, e, next.Phase, fx.Record)
			}
			if next.Phase >= Ending && c.Phase < Ending && (next.Reason.Cause == "" || next.EndedAt.IsZero()) {
				t.Errorf("%v %T: ended without a reason or a time", c.Phase, e)
			}
			if next.Phase == Ending && c.Phase < Ending && len(fx.Signal) != 1 {
				t.Errorf("%v %T: ending without telling the far end: %v", c.Phase, e, fx.Signal)
			}
		}
	}
}

// step feeds one event and checks the phase and the effects by type and order.
type step struct {
	event  Event
	phase  Phase
	signal []SignalEffect
	media  []MediaEffect
}

func walk(t *testing.T, c Call, steps []step) Call {
	t.Helper()
	for i, s := range steps {
		next, fx, err := Apply(c, s.event, noon().Add(time.Duration(i)*time.Second))
		if err != nil {
			t.Fatalf("step %d %T: %v", i, s.event, err)
		}
		if next.Phase != s.phase {
			t.Fatalf("step %d %T: phase %v, want %v", i, s.event, next.Phase, s.phase)
		}
		if !reflect.DeepEqual(fx.Signal, s.signal) || !reflect.DeepEqual(fx.Media, s.media) {
			t.Fatalf("step %d %T:\n got %#v %#v\nwant %#v %#v", i, s.event, fx.Signal, fx.Media, s.signal, s.media)
		}
		c = next
	}
	return c
}

// TestMoved: our new address is offered once nothing else is being agreed, and a held call stays held.
func TestMoved(t *testing.T) {
	offer, answer := []byte("offer"), []byte("answer")
	c, _ := Dial("x", "main", "+12025550142", "kustomer", noon())
	c = walk(t, c, []step{
		{Moved{}, Dialing, nil, nil},
		{LocalSDP{offer}, Dialing, []SignalEffect{Invite{"x", "main", "+12025550142", offer, ""}}, nil},
		{RemoteAnswered{answer}, Answering, nil, []MediaEffect{StopTone{"x"}, Connect{ID: "x", Answer: answer}}},
		{MediaUp{Codec: "PCMU"}, Active, nil, []MediaEffect{MakeReoffer{"x", false}}},
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{Moved{}, Active, nil, nil},
		{OfferAnswered{answer}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: answer}}},
		{MediaUp{Codec: "PCMU"}, Active, nil, []MediaEffect{MakeReoffer{"x", false}}},
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{OfferRefused{}, Active, nil, []MediaEffect{Rollback{"x"}}},
		{Hold{}, Active, nil, []MediaEffect{Park{"x", true}, MakeReoffer{"x", true}}},
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{OfferAnswered{answer}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: answer}}},
		{MediaUp{Codec: "PCMU"}, Active, nil, nil},
		{Moved{}, Active, nil, []MediaEffect{MakeReoffer{"x", true}}},
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{OfferAnswered{answer}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: answer}}},
		{MediaUp{Codec: "PCMU"}, Active, nil, nil},
	})
	if !c.Held || c.Pending != Settled {
		t.Errorf("%+v", c)
	}
	c = walk(t, c, []step{{Hangup{}, Ending, []SignalEffect{End{"x", 603}}, []MediaEffect{StopTone{"x"}, Release{"x"}}}, {Moved{}, Ending, nil, nil}})
	if c.moved {
		t.Error("a call that ends goes on about its address")
	}
}

// TestMovedWhileItRings: where the far end takes offers before the answer, it is told at once; else, or when it refuses, after it.
func TestMovedWhileItRings(t *testing.T) {
	offer, answer := []byte("offer"), []byte("answer")
	c, _ := Dial("x", "main", "100", "", noon())
	c = walk(t, c, []step{
		{LocalSDP{offer}, Dialing, []SignalEffect{Invite{"x", "main", "100", offer, ""}}, nil},
		{RemoteProgress{183, answer}, Ringing, nil, []MediaEffect{StopTone{"x"}, Connect{ID: "x", Answer: answer}}},
		{MediaUp{Codec: "PCMU"}, Ringing, nil, nil},
		{FarEnd{Offers: true}, Ringing, nil, nil},
		{Moved{}, Ringing, nil, []MediaEffect{MakeReoffer{"x", false}}},
		{LocalSDP{offer}, Ringing, []SignalEffect{Reoffer{"x", offer}}, nil},
		{OfferAnswered{answer}, Ringing, nil, []MediaEffect{Connect{ID: "x", Answer: answer}}},
		{MediaUp{Codec: "PCMU"}, Ringing, nil, nil},
		{RemoteOffer{SDP: offer}, Ringing, nil, []MediaEffect{MakeAnswer{ID: "x", Offer: offer}}},
		{LocalSDP{answer}, Ringing, []SignalEffect{AnswerOffer{"x", answer}}, nil},
		{AnswerSent{}, Ringing, nil, []MediaEffect{Connect{ID: "x"}}},
		{MediaUp{Codec: "PCMU"}, Ringing, nil, nil},
		{Moved{}, Ringing, nil, []MediaEffect{MakeReoffer{"x", false}}},
		{LocalSDP{offer}, Ringing, []SignalEffect{Reoffer{"x", offer}}, nil},
		{OfferRefused{}, Ringing, nil, []MediaEffect{Rollback{"x"}}},
		{RemoteAnswered{}, Answering, nil, []MediaEffect{StopTone{"x"}, Connect{ID: "x", Answer: nil}}},
		{MediaUp{Codec: "PCMU"}, Active, nil, []MediaEffect{MakeReoffer{"x", false}}},
	})
	if c.Pending != LocalMove {
		t.Errorf("%+v", c)
	}
}

// TestWhoIsHeardWhileItRings: the phone that plays last, and our own ringback when nothing plays any more.
func TestWhoIsHeardWhileItRings(t *testing.T) {
	a, b := []byte("a"), []byte("b")
	c, _ := Dial("x", "main", "100", "", noon())
	c = walk(t, c, []step{
		{RemoteProgress{180, nil}, Ringing, nil, []MediaEffect{PlayTone{"x", Ringback}}},
		{RemoteProgress{183, a}, Ringing, nil, []MediaEffect{StopTone{"x"}, Connect{ID: "x", Answer: a}}},
		{RemoteProgress{183, b}, Ringing, nil, []MediaEffect{StopTone{"x"}, Connect{ID: "x", Answer: b}}},
		{RemoteProgress{180, nil}, Ringing, nil, nil},
		{RemoteProgress{199, nil}, Ringing, nil, []MediaEffect{PlayTone{"x", Ringback}}},
		{RemoteProgress{199, nil}, Ringing, nil, nil},
		{Redirected{Party{Number: "200"}}, Ringing, nil, []MediaEffect{StopTone{"x"}}},
		{RemoteProgress{180, nil}, Ringing, nil, []MediaEffect{PlayTone{"x", Ringback}}},
	})
	if c.SentTo.Number != "200" || c.Remote.Number != "100" || c.EarlyMedia {
		t.Errorf("%+v", c)
	}
}

// TestHowDigitsTravel: as events where the far end takes them, else by INFO where it takes that, else as tones.
func TestHowDigitsTravel(t *testing.T) {
	for _, x := range []struct {
		events, info bool
		signal       []SignalEffect
		media        []MediaEffect
	}{
		{true, true, nil, []MediaEffect{PlayDigits{"x", "5"}}},
		{true, false, nil, []MediaEffect{PlayDigits{"x", "5"}}},
		{false, true, []SignalEffect{SendInfo{"x", "5"}}, nil},
		{false, false, nil, []MediaEffect{PlayDigits{"x", "5"}}},
	} {
		c := walk(t, Call{ID: "x", Phase: Active}, []step{
			{MediaUp{Events: x.events}, Active, nil, nil},
			{FarEnd{Info: x.info}, Active, nil, nil},
			{SendDigits{"5"}, Active, x.signal, x.media},
		})
		walk(t, c, []step{
			{InfoRefused{"5"}, Active, nil, []MediaEffect{PlayDigits{"x", "5"}}},
			{SendDigits{"6"}, Active, nil, []MediaEffect{PlayDigits{"x", "6"}}},
		})
	}
}

// TestOfferWeWereAskedFor: a re-INVITE without a description, and an ACK with or without the answer.
func TestOfferWeWereAskedFor(t *testing.T) {
	offer, answer := []byte("offer"), []byte("answer")
	for sdp, effect := range map[string]MediaEffect{"answer": Connect{ID: "x", Answer: answer}, "": Rollback{"x"}} {
		walk(t, Call{ID: "x", Phase: Active, Held: true}, []step{
			{RemoteOffer{}, Active, nil, []MediaEffect{MakeReoffer{"x", true}}},
			{LocalSDP{offer}, Active, []SignalEffect{AnswerOffer{"x", offer}}, nil},
			{OfferAnswered{[]byte(sdp)}, Active, nil, []MediaEffect{effect}},
		})
	}
}

func TestOutgoingHeldResumedHungUp(t *testing.T) {
	offer, answer := []byte("offer"), []byte("answer")
	c, fx := Dial("x", "main", "+12025550142", "kustomer", noon())
	if !reflect.DeepEqual(fx.Media, []MediaEffect{MakeOffer{ID: "x", Account: "main"}}) {
		t.Fatal(fx)
	}
	c = walk(t, c, []step{
		{LocalSDP{offer}, Dialing, []SignalEffect{Invite{"x", "main", "+12025550142", offer, ""}}, nil},
		{RemoteProgress{Status: 180}, Ringing, nil, []MediaEffect{PlayTone{"x", Ringback}}},
		{RemoteProgress{Status: 180}, Ringing, nil, nil},
		{RemoteAnswered{answer}, Answering, nil, []MediaEffect{StopTone{"x"}, Connect{ID: "x", Answer: answer}}},
		{MediaUp{Codec: "PCMU"}, Active, nil, nil},
		{Hold{}, Active, nil, []MediaEffect{Park{"x", true}, MakeReoffer{"x", true}}},
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{OfferAnswered{answer}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: answer}}},
		{MediaUp{Codec: "PCMU"}, Active, nil, nil},
	})
	if !c.Held || c.Pending != Settled || c.HeldAt.IsZero() {
		t.Fatalf("not held: %+v", c)
	}
	c = walk(t, c, []step{
		{Resume{}, Active, nil, []MediaEffect{Park{"x", false}, MakeReoffer{"x", false}}},
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{OfferRefused{Reason{Status: 491}}, Active, nil, []MediaEffect{Rollback{"x"}, Park{"x", true}}},
	})
	if !c.Held || c.Pending != Settled || !c.Unresumed {
		t.Fatal("a refused resume leaves the call held, and says so")
	}
	c = walk(t, c, []step{
		{Hangup{}, Ending, []SignalEffect{End{"x", 603}}, []MediaEffect{StopTone{"x"}, Release{"x"}}},
		{RemoteEnded{Reason{Cause: RemoteHangup}}, Ended, nil, nil},
	})
	if c.Reason.Cause != Completed {
		t.Errorf("reason %v: our own hang-up must not become theirs", c.Reason)
	}
}

func TestIncomingWithOfferAndWithout(t *testing.T) {
	offer, answer := []byte("offer"), []byte("answer")
	c, fx := Arrive(Arrived{ID: "x", Account: "main", Offer: offer}, noon())
	if !reflect.DeepEqual(fx.Signal, []SignalEffect{SendRinging{"x"}}) {
		t.Fatal(fx)
	}
	walk(t, c, []step{
		{Answer{}, Answering, nil, []MediaEffect{StopTone{"x"}, MakeAnswer{ID: "x", Account: "main", Offer: offer}}},
		{LocalSDP{answer}, Answering, []SignalEffect{Accept{"x", answer}}, nil},
		{MediaUp{Codec: "PCMA"}, Active, nil, nil},
		{RemoteOffer{SDP: offer}, Active, nil, []MediaEffect{MakeAnswer{ID: "x", Offer: offer}}},
		{LocalSDP{answer}, Active, []SignalEffect{AnswerOffer{"x", answer}}, nil},
		{AnswerSent{}, Active, nil, []MediaEffect{Connect{ID: "x"}}},
		{MediaUp{Codec: "PCMA", RemoteHeld: true}, Active, nil, nil},
		{RemoteEnded{Reason{Cause: RemoteHangup}}, Ended, nil, []MediaEffect{StopTone{"x"}, Release{"x"}}},
	})
	c, _ = Arrive(Arrived{ID: "x", Account: "main"}, noon())
	walk(t, c, []step{
		{Answer{}, Answering, nil, []MediaEffect{StopTone{"x"}, MakeOffer{ID: "x", Account: "main"}}},
		{LocalSDP{offer}, Answering, []SignalEffect{Accept{"x", offer}}, nil},
		{RemoteAnswered{answer}, Answering, nil, []MediaEffect{Connect{ID: "x", Answer: answer}}},
		{MediaUp{}, Active, nil, nil},
	})
}

// TestAnswersItself: at once it does not ring here; later it does. The agent is warned before the microphone opens.
func TestAnswersItself(t *testing.T) {
	offer := []byte("offer")
	beep := []MediaEffect{StopTone{"x"}, PlayTone{"x", AnswerBeep}, MakeAnswer{ID: "x", Offer: offer}}
	c, fx := Arrive(Arrived{ID: "x", Offer: offer, AutoAnswer: true}, noon())
	if fx.Media != nil || len(fx.Signal) != 1 || !c.AnswerAt.Equal(noon()) {
		t.Errorf("%+v", fx)
	}
	walk(t, c, []step{{AnswerItself{}, Answering, nil, beep}})
	c, _ = Arrive(Arrived{ID: "x", Offer: offer, AutoAnswer: true, AnswerAfter: time.Second}, noon())
	if !c.AnswerAt.Equal(noon().Add(time.Second)) {
		t.Errorf("%+v", c)
	}
	walk(t, c, []step{{Answer{}, Answering, nil, []MediaEffect{StopTone{"x"}, MakeAnswer{ID: "x", Offer: offer}}}, {Timeout{}, Answering, nil, nil}})
	if _, _, err := Apply(Call{ID: "x", Phase: Active}, AnswerItself{}, noon()); !errors.Is(err, ErrNotNow) {
		t.Error(err)
	}
}

func TestWaysToEnd(t *testing.T) {
	incoming := func() Call { c, _ := Arrive(Arrived{ID: "x"}, noon()); return c }
	outgoing := func() Call { c, _ := Dial("x", "main", "100", "", noon()); return c }
	for _, tc := range []struct {
		name   string
		call   Call
		events []Event
		cause  Cause
		missed bool
	}{
		{"declined here", incoming(), []Event{Hangup{}, RemoteEnded{Reason{Cause: Cancelled}}}, Declined, false},
		{"nobody here", incoming(), []Event{Timeout{}, RemoteEnded{Reason{Cause: Cancelled}}}, NoAnswer, true},
		{"caller gave up", incoming(), []Event{RemoteEnded{Reason{Cause: Cancelled}}}, Cancelled, true},
		{"taken elsewhere", incoming(), []Event{RemoteEnded{Reason{Cause: AnsweredElsewhere}}}, AnsweredElsewhere, false},
		{"cancelled by us", outgoing(), []Event{LocalSDP{}, Hangup{}, RemoteAnswered{}, RemoteEnded{Reason{Cause: RemoteHangup}}}, Cancelled, false},
		{"busy there", outgoing(), []Event{LocalSDP{}, RemoteEnded{FromStatus(486, "Busy Here")}}, Busy, false},
		{"server overloaded", outgoing(), []Event{LocalSDP{}, RemoteEnded{FromStatus(503, "Service Unavailable")}}, ServerTrouble, false},
		{"do not disturb", incoming(), []Event{TurnAway{Reason: Reason{Cause: DoNotDisturb}, Status: 480}, RemoteEnded{}}, DoNotDisturb, true},
		{"no sound here", outgoing(), []Event{MediaFailed{Reason{Cause: NoSound}}}, NoSound, false},
		{"bad answer", outgoing(), []Event{LocalSDP{}, RemoteAnswered{}, MediaFailed{Reason{Cause: NotAcceptable}}, RemoteEnded{}}, NotAcceptable, false},
	} {
		c := tc.call
		for _, e := range tc.events {
			var err error
			if c, _, err = Apply(c, e, noon()); err != nil {
				t.Fatalf("%s: %v", tc.name, err)
			}
		}
		if c.Phase != Ended || c.Reason.Cause != tc.cause || c.Missed() != tc.missed {
			t.Errorf("%s: %v %v missed=%v", tc.name, c.Phase, c.Reason, c.Missed())
		}
		if c.Reason.Sentence(c.Direction) == "" {
			t.Errorf("%s: no sentence for %q", tc.name, c.Reason.Cause)
		}
		if _, _, err := Apply(c, Hold{}, noon()); !errors.Is(err, ErrNotNow) {
			t.Errorf("%s: an ended call took Hold: %v", tc.name, err)
		}
	}
}

func TestOneNegotiationAtATime(t *testing.T) {
	c := Call{ID: "x", Phase: Active, Pending: LocalHold}
	_, fx, err := Apply(c, RemoteOffer{}, noon())
	if err != nil || !reflect.DeepEqual(fx.Signal, []SignalEffect{RefuseOffer{"x", 491}}) {
		t.Errorf("glare: %v %v", fx.Signal, err)
	}
	c.Pending = RemoteChange
	next, fx, err := Apply(c, MediaFailed{Reason{Cause: NotAcceptable}}, noon())
	if err != nil || next.Phase != Active || !reflect.DeepEqual(fx.Signal, []SignalEffect{RefuseOffer{"x", 488}}) {
		t.Errorf("a bad re-INVITE ended the call: %v %v %v", next.Phase, fx.Signal, err)
	}
}

func TestPhaseWireForm(t *testing.T) {
	for p := Dialing; p <= Ended; p++ {
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var back Phase
		if err := json.Unmarshal(b, &back); err != nil || back != p {
			t.Errorf("%s: %v %v", b, back, err)
		}
	}
	var p Phase
	if json.Unmarshal([]byte(`"nonsense"`), &p) == nil {
		t.Error("nonsense became a phase")
	}
}

func TestAccountCheck(t *testing.T) {
	good := Account{ID: "main", Address: "sip:1001@[::1]:5070"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	if u, h, p, _ := good.AOR(); u != "1001" || h != "::1" || p != 5070 {
		t.Error(u, h, p)
	}
	for _, a := range []Account{
		{ID: "a", Address: "sip:a@::1"}, {ID: "a", Address: "sip:a@[2001:db8::1]"}, {ID: "a", Address: "sip:a@b", Server: "wss://[::1]:8443/ws", Transport: "wss"},
	} {
		if err := a.Check(); err != nil {
			t.Error(err)
		}
	}
	for _, a := range []Account{
		{ID: "", Address: "sip:a@b"}, {ID: "a b", Address: "sip:a@b"}, {ID: "a", Address: "a@b"}, {ID: "a", Address: "sip:b"},
		{ID: "a", Address: "sip:a@b:0"}, {ID: "a", Address: "sip:a@b:x"}, {ID: "a", Address: "sip:a@b", Transport: "smoke"}, {ID: "a", Address: "sip:a@b", Encryption: "on"}, {ID: "a", Address: "sip:a@b", Keys: "zrtp"}, {ID: "a", Address: "sip:a@b", ICE: "yes"}, {ID: "a", Address: "sip:a@b", Profile: "rtc"},
		{ID: "a", Address: "sip:a@b", Profile: "webrtc", Encryption: "offered"},
		{ID: "a", Address: "sip:a@b\r\nX: y"}, {ID: "a", Address: "sip:a@b\x00"}, {ID: "a", Address: "sip:a@b@c"}, {ID: "a", Address: "sip:a@[]"},
		{ID: "a", Address: "sip:a@[b"}, {ID: "a", Address: "sip:a@b:c:d"}, {ID: "a", Address: "sip:a@b", Server: "[]"}, {ID: "a", Address: "sip:a@b", Server: "c:65536"},
		{ID: "a", Address: "sip:a@b", Server: "wss://", Transport: "wss"}, {ID: "a", Address: "sip:a@b", Server: "wss://:443/ws", Transport: "wss"},
	} {
		if a.Check() == nil {
			t.Errorf("%+v passed", a)
		}
	}
}

func TestSentenceKnowsTheDirection(t *testing.T) {
	r := Reason{Cause: Cancelled}
	if r.Sentence(Incoming) != "The caller gave up." || r.Sentence(Outgoing) != "You hung up before an answer." {
		t.Errorf("%q %q", r.Sentence(Incoming), r.Sentence(Outgoing))
	}
}

// TestTrickledCandidates wait for the answer, and no longer.
func TestTrickledCandidates(t *testing.T) {
	one, two := []byte("one"), []byte("two")
	c, _ := Arrive(Arrived{ID: "x", Account: "main", Offer: []byte("offer")}, noon())
	walk(t, c, []step{
		{Trickled{one}, Offered, nil, nil},
		{Trickled{two}, Offered, nil, nil},
		{Answer{}, Answering, nil, []MediaEffect{
			StopTone{"x"}, MakeAnswer{ID: "x", Account: "main", Offer: []byte("offer")}, AddCandidates{ID: "x", Fragments: [][]byte{one, two}},
		}},
		{Trickled{one}, Answering, nil, []MediaEffect{AddCandidates{ID: "x", Fragments: [][]byte{one}}}},
	})
	for range 2 * mostTrickled {
		c, _, _ = Apply(c, Trickled{one}, noon())
	}
	if len(c.trickled) != mostTrickled {
		t.Errorf("%d fragments are kept", len(c.trickled))
	}
}
