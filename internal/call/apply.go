package call

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrNotNow says that an event makes no sense in the call's present phase. The call is unchanged.
var ErrNotNow = errors.New("not possible now")

// Dial makes an outgoing call and the effects that start it. Target must come from package number.
func Dial(id ID, account, target, origin string, now time.Time) (Call, Effects) {
	remote := Party{Number: target}
	if strings.HasPrefix(target, "sip:") {
		user, _, _ := strings.Cut(strings.TrimPrefix(target, "sip:"), "@")
		remote = Party{Number: user, URI: target}
	}
	c := Call{ID: id, Account: account, Direction: Outgoing, Remote: remote, Origin: origin, Phase: Dialing, CreatedAt: now}
	return c, Effects{Media: []MediaEffect{MakeOffer{ID: id, Account: account}}}
}

// Arrive makes an incoming call and the effects that let it ring; its tone is whoever's who owns all calls.
func Arrive(n Arrived, now time.Time) (Call, Effects) {
	c := Call{
		ID: n.ID, Account: n.Account, Direction: Incoming, Remote: n.Remote, Diverted: n.Diverted, CallID: n.CallID, Phase: Offered,
		CreatedAt: now, Replaces: n.Replaces, offer: n.Offer,
	}
	if n.AutoAnswer {
		c.AnswerAt = now.Add(n.AnswerAfter)
	}
	return c, Effects{Signal: []SignalEffect{SendRinging{ID: n.ID}}}
}

// Apply is the state machine: what the call becomes and what must be done. With an error nothing changes and nothing is to
// be done; the error is a sentence for the person who asked.
func Apply(c Call, e Event, now time.Time) (Call, Effects, error) {
	if c.Phase == Ended {
		return c, Effects{}, fmt.Errorf("the call is over: %w", ErrNotNow)
	}
	next, fx, err := apply(c, e, now)
	if err == nil {
		next, fx = catchUp(next, fx)
	}
	return next, fx, err
}

func apply(c Call, e Event, now time.Time) (Call, Effects, error) {
	switch e := e.(type) {
	case Answer:
		return answer(c)
	case AnswerItself:
		return answerItself(c)
	case Hangup:
		return end(c, Reason{Cause: hangupCause(c)}, 603, now)
	case Timeout:
		return timeout(c, now)
	case Leave:
		return end(c, e.Reason, 603, now)
	case TurnAway:
		return turnAway(c, e, now)
	case Hold, Resume, Aside, Join:
		return placed(c, e)
	case Transfer:
		return transfer(c, e, now)
	case TakeBack:
		return takeBack(c, now)
	case Moved:
		c.moved = c.Phase < Ending
		return c, Effects{}, nil
	case Mute:
		return mute(c, e.On)
	case SendDigits:
		return sendDigits(c, e.Digits)
	case RemoteEnded:
		return over(c, e.Reason, now)
	case MediaFailed:
		return mediaFailed(c, e.Reason, now)
	case Named:
		c.CallID = e.CallID
		return c, Effects{}, nil
	case FarEnd:
		c.far = e
		return c, Effects{}, nil
	case DigitReceived:
		c.Received = keepLast(c.Received + string(e.Digit))
		return c, Effects{}, nil
	}
	if c.Phase == Ending {
		// The far end has not agreed yet; what still arrives changes nothing. sip itself acknowledges a 2xx that crosses.
		return c, Effects{}, nil
	}
	return negotiate(c, e, now)
}

// canOffer reports whether the far end takes a new offer now: in a call that is on, or before if it says so.
func (c Call) canOffer() bool {
	return c.Phase == Active || c.Phase == Ringing && c.EarlyMedia && c.far.Offers
}

// negotiate handles what moves sound: progress, answers, offers and their descriptions.
func negotiate(c Call, e Event, now time.Time) (Call, Effects, error) {
	switch e := e.(type) {
	case RemoteProgress:
		return progress(c, e)
	case RemoteAnswered:
		return answered(c, e.SDP)
	case LocalSDP:
		return localSDP(c, e.SDP)
	case MediaUp:
		return mediaUp(c, e, now)
	case RemoteOffer:
		return remoteOffer(c, e)
	case Trickled:
		return trickled(c, e)
	case AnswerSent, OfferWithdrawn:
		return theirsSettled(c, e)
	case Refreshed:
		if c.Phase != Active || c.Pending != Settled {
			return c, Effects{}, nil
		}
		return c, Effects{Media: []MediaEffect{Connect{ID: c.ID, Answer: e.SDP, Refresh: true}}}, nil
	case OfferAnswered:
		if !c.Pending.ours() && len(e.SDP) == 0 { // an ACK that answers nothing
			c.Pending = Settled
			return c, Effects{Media: []MediaEffect{Rollback{ID: c.ID}}}, nil
		}
		return c, Effects{Media: []MediaEffect{Connect{ID: c.ID, Answer: e.SDP}}}, nil
	case OfferRefused:
		return offerRefused(c, now)
	case InfoRefused:
		c.far.Info = false
		return c, Effects{Media: []MediaEffect{PlayDigits{ID: c.ID, Digits: e.Digits}}}, nil
	case Redirected:
		return redirected(c, e)
	case Unheard:
		return unheard(c, e)
	case TransferProgress, TransferDone, TransferFailed:
		return transferred(c, e, now)
	}
	return c, Effects{}, fmt.Errorf("event %T: %w", e, ErrNotNow)
}

func answer(c Call) (Call, Effects, error) {
	if c.Phase != Offered {
		return c, Effects{}, fmt.Errorf("there is no ringing call to answer: %w", ErrNotNow)
	}
	c.Phase = Answering
	var make MediaEffect = MakeAnswer{ID: c.ID, Account: c.Account, Offer: c.offer}
	if c.offer == nil {
		make = MakeOffer{ID: c.ID, Account: c.Account}
	}
	fx := Effects{Media: []MediaEffect{StopTone{ID: c.ID}, make}}
	if len(c.trickled) > 0 {
		fx.Media = append(fx.Media, AddCandidates{ID: c.ID, Fragments: c.trickled})
	}
	c.offer, c.trickled = nil, nil
	if c.Holding() {
		fx.Media = append(fx.Media, Park{ID: c.ID, On: true})
	}
	return c, fx, nil
}

// answerItself takes a call in the agent's place, who is warned before the microphone opens.
func answerItself(c Call) (Call, Effects, error) {
	c, fx, err := answer(c)
	if err == nil {
		fx.Media = slices.Insert(fx.Media, 1, MediaEffect(PlayTone{ID: c.ID, Tone: AnswerBeep}))
	}
	return c, fx, err
}

func hangupCause(c Call) Cause {
	switch {
	case c.Direction == Incoming && c.AnsweredAt.IsZero():
		return Declined
	case c.AnsweredAt.IsZero():
		return Cancelled
	}
	return Completed
}

// end asks sip to end the dialog. The agent is free at once: a call in Ending makes no sound.
func end(c Call, r Reason, status int, now time.Time) (Call, Effects, error) {
	if c.Phase == Ending {
		return c, Effects{}, nil
	}
	c.Phase, c.Reason, c.EndedAt, c.Pending = Ending, r, now, Settled
	return c, Effects{
		Signal: []SignalEffect{End{ID: c.ID, Status: status}},
		Media:  []MediaEffect{StopTone{ID: c.ID}, Release{ID: c.ID}},
	}, nil
}

// turnAway refuses a call that rings, or sends it elsewhere.
func turnAway(c Call, e TurnAway, now time.Time) (Call, Effects, error) {
	if c.Phase != Offered {
		return c, Effects{}, fmt.Errorf("only a ringing call can be sent elsewhere: %w", ErrNotNow)
	}
	c, fx, err := end(c, e.Reason, e.Status, now)
	if e.Target != "" {
		fx.Signal = []SignalEffect{Forward{ID: c.ID, Target: e.Target}}
	}
	return c, fx, err
}

func timeout(c Call, now time.Time) (Call, Effects, error) {
	if c.Phase != Dialing && c.Phase != Ringing && c.Phase != Offered {
		return c, Effects{}, nil
	}
	return end(c, Reason{Cause: NoAnswer}, 480, now)
}

// over is the end of the dialog: the record is final. A reason of our own, made in Ending, is kept.
func over(c Call, r Reason, now time.Time) (Call, Effects, error) {
	fx := Effects{Record: true}
	if r.Cause == RemoteHangup && c.Transfer.State == TransferLate {
		r.Cause = Transferred
	}
	if c.Phase != Ending {
		c.Reason, c.EndedAt = r, now
		fx.Media = []MediaEffect{StopTone{ID: c.ID}, Release{ID: c.ID}}
		if c.Direction == Outgoing && c.AnsweredAt.IsZero() && r.Cause == Busy {
			fx.Media = append(fx.Media, PlayTone{ID: c.ID, Tone: BusyTone})
		}
	}
	c.Phase, c.Pending = Ended, Settled
	return c, fx, nil
}

func mute(c Call, on bool) (Call, Effects, error) {
	if c.Phase == Ending {
		return c, Effects{}, fmt.Errorf("the call is over: %w", ErrNotNow)
	}
	c.Muted = on
	return c, Effects{Media: []MediaEffect{Gate{ID: c.ID, On: on}}}, nil
}

func sendDigits(c Call, digits string) (Call, Effects, error) {
	if digits == "" || strings.Trim(digits, "0123456789*#ABCD") != "" {
		return c, Effects{}, fmt.Errorf("%q are not keys: use 0–9, *, #, A–D", clip(digits))
	}
	if c.Phase != Active && !(c.Phase == Ringing && c.EarlyMedia) {
		return c, Effects{}, fmt.Errorf("keys can be sent once the call is answered: %w", ErrNotNow)
	}
	c.Sent = keepLast(c.Sent + digits)
	if !c.events && c.far.Info {
		return c, Effects{Signal: []SignalEffect{SendInfo{ID: c.ID, Digits: digits}}}, nil
	}
	return c, Effects{Media: []MediaEffect{PlayDigits{ID: c.ID, Digits: digits}}}, nil
}

// keepLast bounds what a far end can make us remember.
func keepLast(s string) string {
	const most = 64
	if len(s) > most {
		return s[len(s)-most:]
	}
	return s
}

func progress(c Call, e RemoteProgress) (Call, Effects, error) {
	if c.Phase != Dialing && c.Phase != Ringing {
		return c, Effects{}, nil
	}
	var fx Effects
	switch {
	case len(e.SDP) > 0:
		fx.Media = []MediaEffect{StopTone{ID: c.ID}, Connect{ID: c.ID, Answer: e.SDP}}
		c.EarlyMedia, c.rings = true, false
	case e.Status == 199 && c.EarlyMedia, e.Status == 180 && !c.EarlyMedia && !c.rings:
		fx.Media = []MediaEffect{PlayTone{ID: c.ID, Tone: Ringback}}
		c.EarlyMedia, c.rings = false, true
	}
	if e.Status == 180 || len(e.SDP) > 0 {
		c.Phase = Ringing
	}
	return c, fx, nil
}

// redirected is a call that goes to somebody else: what the first one played is over.
func redirected(c Call, e Redirected) (Call, Effects, error) {
	if c.Phase != Dialing && c.Phase != Ringing {
		return c, Effects{}, nil
	}
	c.SentTo, c.EarlyMedia, c.rings, c.far = e.To, false, false, FarEnd{}
	return c, Effects{Media: []MediaEffect{StopTone{ID: c.ID}}}, nil
}

// The times of a far end that should be heard and is not.
const (
	UnheardShown = 20 * time.Second // the agent is told
	UnheardAsks  = time.Minute      // the far end is asked whether it is still there, and again as often
)

// unheard is a far end that has gone silent. Silence ends no call: it may have nothing to say and be of a kind that then sends
// nothing, or be on hold. Whether it is still there its signalling knows.
func unheard(c Call, e Unheard) (Call, Effects, error) {
	if c.Unheard = e.For; e.Excused {
		c.Unheard = 0
	}
	if c.Phase != Active || e.For < UnheardAsks {
		return c, Effects{}, nil
	}
	return c, Effects{Signal: []SignalEffect{Probe{ID: c.ID, Excused: e.Excused}}}, nil
}

func answered(c Call, sdp []byte) (Call, Effects, error) {
	switch c.Phase {
	case Dialing, Ringing, Answering:
		fx := Effects{Media: []MediaEffect{StopTone{ID: c.ID}, Connect{ID: c.ID, Answer: sdp}}}
		if c.Phase == Answering {
			fx.Media = fx.Media[1:]
		} else {
			c.Phase = Answering
		}
		return c, fx, nil
	}
	return c, Effects{}, nil
}

// Target is what is called to reach the far end again.
func (c Call) Target() string {
	if c.Remote.URI != "" {
		return c.Remote.URI
	}
	return c.Remote.Number
}
