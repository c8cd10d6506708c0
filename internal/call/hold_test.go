package call

import (
	"errors"
	"testing"
)

func talking() Call {
	return Call{ID: "x", Account: "main", Phase: Active, Direction: Incoming, AnsweredAt: noon(), Remote: Party{Number: "100"}}
}

// TestHoldWaitsItsTurn: what the agent wants while something is being agreed is done as soon as that is settled, and the last
// wish counts.
func TestHoldWaitsItsTurn(t *testing.T) {
	offer, answer := []byte("offer"), []byte("answer")
	c := walk(t, talking(), []step{
		{RemoteOffer{SDP: offer}, Active, nil, []MediaEffect{MakeAnswer{ID: "x", Offer: offer}}},
		{Hold{}, Active, nil, []MediaEffect{Park{"x", true}}},
		{Hold{}, Active, nil, nil},
		{LocalSDP{answer}, Active, []SignalEffect{AnswerOffer{"x", answer}}, nil},
		{AnswerSent{}, Active, nil, []MediaEffect{Connect{ID: "x"}}},
		{MediaUp{}, Active, nil, []MediaEffect{MakeReoffer{"x", true}}},
	})
	if c.Pending != LocalHold {
		t.Fatalf("%+v", c)
	}
}

// TestSwapQuickly: hold, resume and hold again before the far end has said a word end as the last one says.
func TestSwapQuickly(t *testing.T) {
	offer, answer := []byte("offer"), []byte("answer")
	c := walk(t, talking(), []step{
		{Hold{}, Active, nil, []MediaEffect{Park{"x", true}, MakeReoffer{"x", true}}},
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{Resume{}, Active, nil, []MediaEffect{Park{"x", false}}},
		{Hold{}, Active, nil, []MediaEffect{Park{"x", true}}},
		{Resume{}, Active, nil, []MediaEffect{Park{"x", false}}},
		{OfferAnswered{answer}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: answer}}},
		{MediaUp{}, Active, nil, []MediaEffect{MakeReoffer{"x", false}}},
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{OfferAnswered{answer}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: answer}}},
		{MediaUp{}, Active, nil, nil},
	})
	if c.Held || c.Pending != Settled || c.Holding() {
		t.Fatalf("%+v", c)
	}
}

// TestHoldTheFarEndRefuses: it hears silence, and is back with one click.
func TestHoldTheFarEndRefuses(t *testing.T) {
	offer := []byte("offer")
	c := walk(t, talking(), []step{
		{Hold{}, Active, nil, []MediaEffect{Park{"x", true}, MakeReoffer{"x", true}}},
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{OfferRefused{FromStatus(488, "")}, Active, nil, []MediaEffect{Rollback{"x"}}},
	})
	if !c.Held || c.HeldAt.IsZero() {
		t.Fatalf("not held: %+v", c)
	}
	c = walk(t, c, []step{
		{Moved{}, Active, nil, []MediaEffect{MakeReoffer{"x", false}}},
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{OfferRefused{FromStatus(488, "")}, Active, nil, []MediaEffect{Rollback{"x"}}},
		{Resume{}, Active, nil, []MediaEffect{Park{"x", false}}},
	})
	if c.Held || c.Pending != Settled {
		t.Fatalf("%+v", c)
	}
}

func TestJoin(t *testing.T) {
	c := walk(t, talking(), []step{
		{Join{true}, Active, nil, []MediaEffect{JoinIn{"x", true}}},
		{Join{true}, Active, nil, nil},
		{Join{}, Active, nil, []MediaEffect{JoinIn{"x", false}}},
	})
	if c.Joined {
		t.Error("still joined")
	}
	ringing, _ := Arrive(Arrived{ID: "x"}, noon())
	if _, _, err := Apply(ringing, Join{true}, noon()); !errors.Is(err, ErrNotNow) {
		t.Errorf("joined while it rings: %v", err)
	}
}

// TestTransferSucceeds: the far end is held first, and the call is over when it has arrived.
func TestTransferSucceeds(t *testing.T) {
	offer, answer := []byte("offer"), []byte("answer")
	c := walk(t, talking(), []step{
		{Transfer{Target: "200", To: "Two"}, Active, nil, []MediaEffect{Park{"x", true}, MakeReoffer{"x", true}}},
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{OfferAnswered{answer}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: answer}}},
		{MediaUp{}, Active, []SignalEffect{Refer{ID: "x", Target: "200"}}, nil},
		{TransferProgress{100}, Active, nil, nil},
		{TransferProgress{180}, Active, nil, nil},
	})
	if c.Transfer.State != TransferRinging || !c.Held || c.Transfer.To != "Two" {
		t.Fatalf("%+v", c)
	}
	for _, e := range []Event{Resume{}, Transfer{Target: "300"}} {
		if _, _, err := Apply(c, e, noon()); !errors.Is(err, ErrNotNow) {
			t.Errorf("%T while it is passed on: %v", e, err)
		}
	}
	bye, _, _ := Apply(c, RemoteEnded{Reason{Cause: RemoteHangup}}, noon())
	if bye.Reason.Cause != RemoteHangup {
		t.Errorf("a far end that leaves and never said that it arrived: %v", bye.Reason)
	}
	c = walk(t, c, []step{
		{TransferDone{}, Ending, []SignalEffect{End{"x", 603}}, []MediaEffect{StopTone{"x"}, Release{"x"}}},
		{RemoteEnded{Reason{Cause: RemoteHangup}}, Ended, nil, nil},
	})
	if c.Reason.Cause != Transferred || c.Reason.Sentence(Incoming) == "" {
		t.Errorf("%v", c.Reason)
	}
}

// TestTransferTakenBack: the agent has the call back as it was, whatever the far end says then, but that it arrived all the same.
func TestTransferTakenBack(t *testing.T) {
	offer, answer := []byte("offer"), []byte("answer")
	asked := []step{
		{Transfer{Target: "200", To: "Two"}, Active, nil, []MediaEffect{Park{"x", true}, MakeReoffer{"x", true}}},
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{OfferAnswered{answer}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: answer}}},
		{MediaUp{}, Active, []SignalEffect{Refer{ID: "x", Target: "200"}}, nil},
		{TransferProgress{180}, Active, nil, nil},
		{TakeBack{}, Active, []SignalEffect{Forsake{"x"}}, []MediaEffect{Park{"x", false}, MakeReoffer{"x", false}}},
	}
	c := walk(t, talking(), append(asked, step{TransferProgress{180}, Active, nil, nil}, step{TransferFailed{FromStatus(486, "")}, Active, nil, nil}))
	if c.Transfer.State != TransferTaken || c.Holding() || c.Transfer.At.IsZero() {
		t.Fatalf("%+v", c)
	}
	if _, _, err := Apply(c, TakeBack{}, noon()); !errors.Is(err, ErrNotNow) {
		t.Errorf("taken back twice: %v", err)
	}
	left, _, _ := Apply(c, RemoteEnded{Reason{Cause: RemoteHangup}}, noon())
	if left.Reason.Cause != RemoteHangup {
		t.Errorf("a far end that leaves, and nothing says that it arrived: %v", left.Reason)
	}
	late := walk(t, c, []step{
		{TransferDone{TakenBack: true}, Active, nil, nil},
		{RemoteEnded{Reason{Cause: RemoteHangup}}, Ended, nil, []MediaEffect{StopTone{"x"}, Release{"x"}}},
	})
	if late.Reason.Cause != Transferred || late.Transfer.State != TransferLate {
		t.Errorf("%+v", late)
	}
	walk(t, talking(), append(asked[:1:1], // nobody was asked yet: nobody hears of it
		step{TakeBack{}, Active, nil, []MediaEffect{Park{"x", false}}},
		step{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		step{OfferAnswered{answer}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: answer}}},
		step{MediaUp{}, Active, nil, []MediaEffect{MakeReoffer{"x", false}}}))
	held := talking()
	held.Held, held.HeldAt = true, noon()
	c = walk(t, held, []step{
		{Transfer{Target: "200", Other: "y"}, Active, []SignalEffect{Refer{ID: "x", Target: "200", Other: "y"}}, nil},
		{TakeBack{}, Active, []SignalEffect{Forsake{"x"}}, nil},
		{Transfer{Target: "300"}, Active, []SignalEffect{Refer{ID: "x", Target: "300"}}, nil},
		{TransferDone{TakenBack: true}, Active, nil, nil},
	})
	if !c.Held || !c.Transfer.UnderWay() {
		t.Errorf("the late word of one transfer is taken for the next: %+v", c)
	}
}

// TestArrivesAllTheSame: a transfer that arrives although it was taken back is told, also where the two crossed inside this phone, and the
// call ends as soon as its far end holds us for the other one, in whichever order that comes.
func TestArrivesAllTheSame(t *testing.T) {
	sdp := []byte("sdp")
	theirHold := func(end ...MediaEffect) []step {
		phase, over := Active, []SignalEffect(nil)
		if len(end) > 0 {
			phase, over = Ending, []SignalEffect{End{"x", 603}}
		}
		return []step{
			{RemoteOffer{SDP: sdp}, Active, nil, []MediaEffect{MakeAnswer{ID: "x", Offer: sdp}}},
			{LocalSDP{sdp}, Active, []SignalEffect{AnswerOffer{"x", sdp}}, nil},
			{AnswerSent{}, Active, nil, []MediaEffect{Connect{ID: "x"}}},
			{MediaUp{RemoteHeld: true}, phase, over, end},
		}
	}
	over := []MediaEffect{StopTone{"x"}, Release{"x"}}
	for name, steps := range map[string][]step{
		"held then":   append([]step{{TransferDone{TakenBack: true}, Active, nil, nil}}, theirHold(over...)...),
		"crossed":     append([]step{{TransferDone{}, Active, nil, nil}}, theirHold(over...)...),
		"held before": append(theirHold(), step{TransferDone{TakenBack: true}, Ending, []SignalEffect{End{"x", 603}}, over}),
		"they leave":  {{TransferDone{}, Active, nil, nil}, {RemoteEnded{Reason{Cause: RemoteHangup}}, Ended, nil, over}},
	} {
		t.Run(name, func(t *testing.T) {
			c := talking()
			c.Transfer = Passing{State: TransferTaken, To: "Two"}
			if c = walk(t, c, steps); c.Reason.Cause != Transferred || c.Transfer.State != TransferLate {
				t.Errorf("%+v", c)
			}
		})
	}
	c := talking()
	c.Transfer = Passing{State: TransferTaken, To: "Two"}
	if c = walk(t, c, append([]step{{TransferProgress{180}, Active, nil, nil}}, theirHold()...)); c.Transfer.State != TransferTaken {
		t.Errorf("a hold is no arrival: %+v", c)
	}
}

// TestTransferFails: the agent has the call back as it was, and knows why.
func TestTransferFails(t *testing.T) {
	offer, answer := []byte("offer"), []byte("answer")
	held := talking()
	held.Held, held.HeldAt = true, noon()
	c := walk(t, held, []step{
		{Transfer{Target: "200", To: "Two", Other: "y"}, Active, []SignalEffect{Refer{ID: "x", Target: "200", Other: "y"}}, nil},
		{TransferFailed{FromStatus(486, "Busy Here")}, Active, nil, nil},
		{TransferFailed{FromStatus(486, "Busy Here")}, Active, nil, nil},
		{TransferDone{}, Active, nil, nil},
	})
	if !c.Held || c.Transfer.State != TransferBack || c.Transfer.Why.Cause != Busy {
		t.Fatalf("%+v", c)
	}
	walk(t, talking(), []step{
		{Transfer{Target: "200"}, Active, nil, []MediaEffect{Park{"x", true}, MakeReoffer{"x", true}}},
		{TransferDone{}, Active, nil, nil}, // nobody was asked yet
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{OfferAnswered{answer}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: answer}}},
		{MediaUp{}, Active, []SignalEffect{Refer{ID: "x", Target: "200"}}, nil},
		{TransferFailed{FromStatus(404, "")}, Active, nil, []MediaEffect{Park{"x", false}, MakeReoffer{"x", false}}},
		{Transfer{Target: "300"}, Active, nil, []MediaEffect{Park{"x", true}}},
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{OfferAnswered{answer}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: answer}}},
		{MediaUp{}, Active, nil, []MediaEffect{MakeReoffer{"x", true}}},
	})
}

// TestOffersCross: theirs goes first, and what the agent wanted is offered after it.
func TestOffersCross(t *testing.T) {
	offer, answer := []byte("offer"), []byte("answer")
	first := []step{
		{Hold{}, Active, nil, []MediaEffect{Park{"x", true}, MakeReoffer{"x", true}}},
		{LocalSDP{offer}, Active, []SignalEffect{Reoffer{"x", offer}}, nil},
		{RemoteOffer{SDP: offer}, Active, []SignalEffect{RefuseOffer{"x", 491}}, nil},
		{RemoteOffer{SDP: offer, Before: true}, Active, nil, []MediaEffect{Rollback{"x"}, MakeAnswer{ID: "x", Offer: offer}}},
	}
	c := walk(t, talking(), append(first, []step{
		{LocalSDP{answer}, Active, []SignalEffect{AnswerOffer{"x", answer}}, nil},
		{AnswerSent{}, Active, nil, []MediaEffect{Connect{ID: "x"}}},
		{MediaUp{}, Active, nil, []MediaEffect{MakeReoffer{"x", true}}},
	}...))
	if c.Pending != LocalHold {
		t.Errorf("%+v", c)
	}
	c = walk(t, talking(), append(first, []step{
		{Resume{}, Active, nil, []MediaEffect{Park{"x", false}}}, // the agent thinks better of it meanwhile
		{LocalSDP{answer}, Active, []SignalEffect{AnswerOffer{"x", answer}}, nil},
		{AnswerSent{}, Active, nil, []MediaEffect{Connect{ID: "x"}}},
		{MediaUp{}, Active, nil, nil},
	}...))
	if c.Pending != Settled || c.Held {
		t.Errorf("%+v", c)
	}
}

// TestUnusableDescriptions: once a call is on, what cannot be used of a description ends no call, and what was in force stays so.
func TestUnusableDescriptions(t *testing.T) {
	sdp, failed := []byte("sdp"), MediaFailed{Reason{Cause: NotAcceptable}}
	for name, c := range map[string]struct {
		steps []step
		held  bool
	}{
		"in the answer to a refresh": {[]step{
			{Refreshed{sdp}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: sdp, Refresh: true}}},
			{failed, Active, nil, nil},
		}, false},
		"in the answers to a hold, a refresh and its end": {[]step{
			{Hold{}, Active, nil, []MediaEffect{Park{"x", true}, MakeReoffer{"x", true}}},
			{LocalSDP{sdp}, Active, []SignalEffect{Reoffer{"x", sdp}}, nil},
			{OfferAnswered{sdp}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: sdp}}},
			{failed, Active, nil, []MediaEffect{Rollback{"x"}}},
			{Refreshed{sdp}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: sdp, Refresh: true}}},
			{Resume{}, Active, nil, []MediaEffect{Park{"x", false}, MakeReoffer{"x", false}}}, // it took the hold: it is told of the end
			{LocalSDP{sdp}, Active, []SignalEffect{Reoffer{"x", sdp}}, nil},
			{OfferAnswered{sdp}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: sdp}}},
			{failed, Active, nil, []MediaEffect{Rollback{"x"}, Park{"x", true}}},
		}, true},
		"in an offer of theirs": {[]step{
			{RemoteOffer{SDP: sdp}, Active, nil, []MediaEffect{MakeAnswer{ID: "x", Offer: sdp}}},
			{failed, Active, []SignalEffect{RefuseOffer{"x", 488}}, []MediaEffect{Rollback{"x"}}},
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			want := c.held
			if c := walk(t, talking(), append(c.steps, step{failed, Active, nil, nil}, step{MediaUp{}, Active, nil, nil})); c.Pending != Settled || c.Held != want {
				t.Errorf("%+v", c)
			}
		})
	}
}

// TestRefreshSettlesNothing: what a refresh brings while the agent holds is no answer to the hold, and goes by while anything is agreed.
func TestRefreshSettlesNothing(t *testing.T) {
	sdp := []byte("sdp")
	c := walk(t, talking(), []step{
		{Refreshed{sdp}, Active, nil, []MediaEffect{Connect{ID: "x", Answer: sdp, Refresh: true}}},
		{Hold{}, Active, nil, []MediaEffect{Park{"x", true}, MakeReoffer{"x", true}}},
		{MediaUp{Refresh: true, RemoteHeld: true}, Active, nil, nil},
		{Refreshed{sdp}, Active, nil, nil},
		{LocalSDP{sdp}, Active, []SignalEffect{Reoffer{"x", sdp}}, nil},
	})
	if c.Pending != LocalHold || c.Held || !c.RemoteHeld {
		t.Errorf("%+v", c)
	}
}

// TestWithdrawnOffer: an offer of theirs that was cancelled leaves the call as it was, and what waited for it is offered.
func TestWithdrawnOffer(t *testing.T) {
	sdp := []byte("sdp")
	c := walk(t, talking(), []step{
		{RemoteOffer{SDP: sdp}, Active, nil, []MediaEffect{MakeAnswer{ID: "x", Offer: sdp}}},
		{LocalSDP{sdp}, Active, []SignalEffect{AnswerOffer{"x", sdp}}, nil},
		{Hold{}, Active, nil, []MediaEffect{Park{"x", true}}},
		{OfferWithdrawn{}, Active, nil, []MediaEffect{Rollback{"x"}, MakeReoffer{"x", true}}},
		{OfferWithdrawn{}, Active, nil, nil},
		{AnswerSent{}, Active, nil, nil},
	})
	if c.RemoteHeld || c.Pending != LocalHold {
		t.Errorf("%+v", c)
	}
}
