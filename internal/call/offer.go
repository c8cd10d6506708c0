package call

import (
	"slices"
	"time"
)

func remoteOffer(c Call, e RemoteOffer) (Call, Effects, error) {
	var fx Effects
	if e.Before && c.Pending.ours() {
		c = wishAgain(c)
		fx.Media = append(fx.Media, Rollback{ID: c.ID})
	}
	if c.Phase != Active && !(c.Phase == Ringing && c.EarlyMedia) {
		return c, Effects{Signal: []SignalEffect{RefuseOffer{ID: c.ID, Status: 488}}}, nil
	}
	if c.Pending != Settled {
		return c, Effects{Signal: []SignalEffect{RefuseOffer{ID: c.ID, Status: 491}}}, nil
	}
	c.Pending = RemoteChange
	if e.SDP == nil {
		fx.Media = append(fx.Media, MakeReoffer{ID: c.ID, Hold: c.Held})
	} else {
		fx.Media = append(fx.Media, MakeAnswer{ID: c.ID, Offer: e.SDP})
	}
	return c, fx, nil
}

func localSDP(c Call, sdp []byte) (Call, Effects, error) {
	switch {
	case c.Phase == Dialing:
		return c, Effects{Signal: []SignalEffect{Invite{ID: c.ID, Account: c.Account, Target: c.Target(), SDP: sdp, For: c.For}}}, nil
	case c.Phase == Answering && c.Direction == Incoming:
		return c, Effects{Signal: []SignalEffect{Accept{ID: c.ID, SDP: sdp}}}, nil
	case c.canOffer() && c.Pending.ours():
		return c, Effects{Signal: []SignalEffect{Reoffer{ID: c.ID, SDP: sdp}}}, nil
	case c.Pending == RemoteChange:
		return c, Effects{Signal: []SignalEffect{AnswerOffer{ID: c.ID, SDP: sdp}}}, nil
	}
	return c, Effects{}, nil
}

// theirsSettled is how an offer of theirs ended that we have answered: our answer is in force once it is sent, and never where the
// offer was taken back before (RFC 3261 §14.2, RFC 3264 §8).
func theirsSettled(c Call, e Event) (Call, Effects, error) {
	if c.Pending != RemoteChange {
		return c, Effects{}, nil
	}
	if _, sent := e.(AnswerSent); sent {
		return c, Effects{Media: []MediaEffect{Connect{ID: c.ID}}}, nil
	}
	c.Pending = Settled
	return c, Effects{Media: []MediaEffect{Rollback{ID: c.ID}}}, nil
}

func mediaUp(c Call, e MediaUp, now time.Time) (Call, Effects, error) {
	c.Codec, c.RemoteHeld, c.events = e.Codec, e.RemoteHeld, e.Events
	switch {
	case e.Refresh:
	case c.Phase == Answering:
		c.Phase, c.AnsweredAt = Active, now
	case c.Phase == Active, c.Phase == Ringing:
		return agreed(c, now)
	}
	return c, Effects{}, nil
}

// mediaFailed is a description that cannot be used. Once a call is on, what was in force stays so.
func mediaFailed(c Call, r Reason, now time.Time) (Call, Effects, error) {
	switch {
	case c.Pending == RemoteChange:
		c.Pending = Settled
		return c, Effects{Signal: []SignalEffect{RefuseOffer{ID: c.ID, Status: 488}}, Media: []MediaEffect{Rollback{ID: c.ID}}}, nil
	case c.canOffer() && c.Pending != Settled:
		c, fx, err := offerRefused(c, now)
		c.alone = false // it took the offer, whatever it said to it
		return c, fx, err
	case c.Phase == Active:
		return c, Effects{}, nil
	case c.Phase == Dialing && c.Direction == Outgoing && r.Cause == NoSound:
		// Nothing has been sent: there is no dialog to end.
		return over(c, r, now)
	}
	return end(c, r, 488, now)
}

// mostTrickled bounds what is kept of a far end that goes on telling where it is while nobody has answered.
const mostTrickled = 32

// trickled keeps candidates for the answer, while there is none.
func trickled(c Call, e Trickled) (Call, Effects, error) {
	if c.Phase != Offered {
		return c, Effects{Media: []MediaEffect{AddCandidates{ID: c.ID, Fragments: [][]byte{e.Fragment}}}}, nil
	}
	if len(c.trickled) < mostTrickled {
		c.trickled = append(slices.Clip(c.trickled), e.Fragment)
	}
	return c, Effects{}, nil
}
