package call

import (
	"fmt"
	"time"
)

// wish is what the agent wants of a call's hold and the far end does not know yet.
type wish int

const (
	asIs wish = iota
	toHold
	toResume
)

// placed is what the agent wants of a call beside others.
func placed(c Call, e Event) (Call, Effects, error) {
	switch e := e.(type) {
	case Hold:
		return park(c)
	case Resume:
		return resume(c)
	case Aside:
		return aside(c, e.On)
	case Join:
		return join(c, e.On)
	}
	return c, Effects{}, fmt.Errorf("event %T: %w", e, ErrNotNow)
}

// park puts the far end on hold. From now on neither side hears the other, whatever the far end says to it; it is told as soon
// as nothing else is being agreed.
func park(c Call) (Call, Effects, error) {
	switch {
	case c.Phase != Active:
		return c, Effects{}, fmt.Errorf("only a call that was answered can be held: %w", ErrNotNow)
	case c.Holding():
		return c, Effects{}, nil
	}
	c.wish, c.Unresumed = toHold, false
	return c, Effects{Media: []MediaEffect{Park{ID: c.ID, On: true}}}, nil
}

// resume takes the far end back.
func resume(c Call) (Call, Effects, error) {
	switch {
	case c.Phase != Active:
		return c, Effects{}, fmt.Errorf("only a call that was answered can be resumed: %w", ErrNotNow)
	case c.Transfer.UnderWay():
		return c, Effects{}, fmt.Errorf("the call is being passed on: %w", ErrNotNow)
	case !c.Holding():
		return c, Effects{}, nil
	}
	c.wish, c.Unresumed = toResume, false
	return c, Effects{Media: []MediaEffect{Park{ID: c.ID}}}, nil
}

// aside takes a call that nobody has answered yet out of the agent's ear, or back.
func aside(c Call, on bool) (Call, Effects, error) {
	early := c.Phase == Dialing || c.Phase == Ringing || c.Phase == Answering
	if !early || on == c.Holding() {
		return c, Effects{}, nil
	}
	if c.wish = asIs; on {
		c.wish = toHold
	}
	return c, Effects{Media: []MediaEffect{Park{ID: c.ID, On: on}}}, nil
}

// Holding reports whether the call is held or on its way there.
func (c Call) Holding() bool {
	switch {
	case c.wish != asIs:
		return c.wish == toHold
	case c.Pending == LocalHold, c.Pending == LocalResume:
		return c.Pending == LocalHold
	}
	return c.Held
}

// catchUp begins what had to wait, as soon as nothing else is being agreed: first a hold or its end, then a new address of ours
// (every offer tells it), then a transfer, which finds the call held.
func catchUp(c Call, fx Effects) (Call, Effects) {
	if c.Phase != Active {
		return tellEarly(c, fx)
	}
	if c.Pending == Settled {
		hold := c.Holding()
		switch {
		case c.wish == toResume && c.alone: // the far end never knew
			c.Held, c.HeldAt, c.alone = false, time.Time{}, false
		case c.wish != asIs && hold != c.Held:
			c.Pending = LocalResume
			if hold {
				c.Pending = LocalHold
			}
		}
		c.wish = asIs
		if c.Pending == Settled && c.moved {
			c.Pending = LocalMove
		}
		if c.Pending != Settled {
			c.moved = false
			fx.Media = append(fx.Media, MakeReoffer{ID: c.ID, Hold: hold && !c.alone})
		}
	}
	if c.Pending == Settled && c.Transfer.State == TransferHolding {
		c.Transfer.State = TransferAsking
		fx.Signal = append(fx.Signal, Refer{ID: c.ID, Target: c.Transfer.target, Other: c.Transfer.With})
	}
	return c, fx
}

// tellEarly tells a new address of ours before the answer, to a far end that takes offers then.
func tellEarly(c Call, fx Effects) (Call, Effects) {
	if c.moved && c.Pending == Settled && c.canOffer() {
		c.moved, c.Pending = false, LocalMove
		fx.Media = append(fx.Media, MakeReoffer{ID: c.ID})
	}
	return c, fx
}

// ours reports whether the offer under way is ours.
func (n Negotiation) ours() bool { return n == LocalHold || n == LocalResume || n == LocalMove }

// agreed is the end of a negotiation.
func agreed(c Call, now time.Time) (Call, Effects, error) {
	switch c.Pending {
	case LocalHold:
		c.Held, c.HeldAt = true, now
	case LocalResume:
		c.Held, c.HeldAt, c.alone = false, time.Time{}, false
	}
	c.Pending = Settled
	return gaveUp(c, now)
}

// wishAgain takes an offer of ours back that waits behind one of theirs: it is made anew when that is settled.
func wishAgain(c Call) Call {
	switch {
	case c.Pending == LocalMove:
		c.moved = true
	case c.wish == asIs && c.Pending == LocalHold:
		c.wish = toHold
	case c.wish == asIs && c.Pending == LocalResume:
		c.wish = toResume
	}
	c.Pending = Settled
	return c
}

// offerRefused is an offer of ours that came to nothing. A hold is ours to decide: a far end that does not agree hears silence.
// One that does not agree to its end does not listen, and stays held, which the agent is told.
func offerRefused(c Call, now time.Time) (Call, Effects, error) {
	fx := Effects{Media: []MediaEffect{Rollback{ID: c.ID}}}
	switch {
	case c.Phase == Active && c.Pending == LocalHold:
		c.Held, c.HeldAt, c.alone = true, now, true
	case c.Phase == Active && c.Pending == LocalResume:
		c.Unresumed = true
		fx.Media = append(fx.Media, Park{ID: c.ID, On: true})
	case c.Phase < Active: // it is told again once the call is on
		c.moved, c.far.Offers = c.moved || c.Pending == LocalMove, false
	}
	c.Pending = Settled
	return c, fx, nil
}

// InPlaceOf makes a call that replaces another one, and that nobody has answered yet, go on as that one was: a microphone the agent
// has muted stays so, and whoever was put on hold is not put on the air by a change at the far end.
func InPlaceOf(c, old Call) (Call, Effects) {
	if old.Holding() {
		c.wish = toHold
	}
	if c.Muted = old.Muted; !c.Muted {
		return c, Effects{}
	}
	return c, Effects{Media: []MediaEffect{Gate{ID: c.ID, On: true}}}
}

// join makes the call one of those that hear each other, or takes it out.
func join(c Call, on bool) (Call, Effects, error) {
	if on && c.Phase != Active {
		return c, Effects{}, fmt.Errorf("only calls that were answered can be joined: %w", ErrNotNow)
	}
	if c.Joined == on {
		return c, Effects{}, nil
	}
	c.Joined = on
	return c, Effects{Media: []MediaEffect{JoinIn{ID: c.ID, On: on}}}, nil
}
