package call

import (
	"fmt"
	"time"
)

// TransferState is how far the passing on of a call has come.
type TransferState string

// The states of a transfer. When it succeeds the call is over, with the cause Transferred.
const (
	NotTransferred  TransferState = ""
	TransferHolding TransferState = "holding" // the far end is put on hold first
	TransferAsking  TransferState = "asking"  // REFER is on its way
	TransferTrying  TransferState = "trying"  // the far end has taken it on itself
	TransferRinging TransferState = "ringing" // it rings where the call is passed on to
	TransferBack    TransferState = "failed"  // the call is the agent's again
	TransferTaken   TransferState = "taken"   // the agent has taken the call back
	TransferLate    TransferState = "late"    // and it has arrived all the same
)

// Passing is the transfer of a call, under way or failed.
type Passing struct {
	State TransferState `json:"state"`
	To    string        `json:"to,omitempty"`   // as people read it
	With  ID            `json:"with,omitempty"` // the call whose far end takes it; empty: whoever answers at To
	Why   Reason        `json:"why,omitzero"`   // of a failed one
	At    time.Time     `json:"at,omitzero"`    // when it failed, was taken back, or arrived all the same

	target string // what the far end is asked to call
	gave   bool   // the hold was made for the transfer, and ends when it fails
}

// UnderWay reports whether the call is being passed on.
func (p Passing) UnderWay() bool {
	switch p.State {
	case TransferHolding, TransferAsking, TransferTrying, TransferRinging:
		return true
	}
	return false
}

// Failure says why a call was not passed on, in the words an agent reads.
func (p Passing) Failure() string {
	switch p.Why.Status {
	case 405, 420, 501:
		return "The other side cannot pass calls on."
	}
	return p.Why.Sentence(Outgoing)
}

// transfer passes the call on: blind, or to the far end of another call.
func transfer(c Call, e Transfer, _ time.Time) (Call, Effects, error) {
	switch {
	case c.Phase != Active:
		return c, Effects{}, fmt.Errorf("only a call that was answered can be passed on: %w", ErrNotNow)
	case c.Transfer.UnderWay():
		return c, Effects{}, fmt.Errorf("the call is being passed on already: %w", ErrNotNow)
	}
	gave := !c.Holding()
	c, fx, err := park(c)
	c.Transfer = Passing{State: TransferHolding, To: e.To, With: e.Other, target: e.Target, gave: gave}
	return c, fx, err
}

// takeBack gives a transfer up. The far end cannot be stopped: it may arrive all the same, and then says so.
func takeBack(c Call, now time.Time) (Call, Effects, error) {
	if c.Phase != Active || !c.Transfer.UnderWay() {
		return c, Effects{}, fmt.Errorf("the call is not being passed on: %w", ErrNotNow)
	}
	asked := c.Transfer.State != TransferHolding
	c, fx, err := returned(c, Passing{State: TransferTaken, To: c.Transfer.To, With: c.Transfer.With, At: now})
	if asked {
		fx.Signal = append(fx.Signal, Forsake{ID: c.ID})
	}
	return c, fx, err
}

// returned is a call that is the agent's again: a hold that was made to pass it on ends.
func returned(c Call, why Passing) (Call, Effects, error) {
	gave := c.Transfer.gave
	c.Transfer = why
	if gave {
		return resume(c)
	}
	return c, Effects{}, nil
}

// arrivedLate is a transfer that was taken back and arrived all the same. The far end has two calls now.
func arrivedLate(c Call, now time.Time) (Call, Effects, error) {
	if c.Phase == Active && c.Transfer.State == TransferTaken {
		c.Transfer.State, c.Transfer.At = TransferLate, now
	}
	return gaveUp(c, now)
}

// gaveUp ends a call whose far end was passed on too late to be stopped, and holds it: it talks there, and waits for us to end this
// one (RFC 5589 §6). Where it does not, both still talk, and decide.
func gaveUp(c Call, now time.Time) (Call, Effects, error) {
	if c.Phase == Active && c.Transfer.State == TransferLate && c.RemoteHeld {
		return end(c, Reason{Cause: Transferred}, 603, now)
	}
	return c, Effects{}, nil
}

// transferred is what the far end says of a transfer. A late word about one that has failed means nothing.
func transferred(c Call, e Event, now time.Time) (Call, Effects, error) {
	if done, ok := e.(TransferDone); ok && (done.TakenBack || c.Transfer.State == TransferTaken) { // or the two have crossed
		return arrivedLate(c, now)
	}
	if c.Phase != Active || c.Transfer.State == TransferHolding || !c.Transfer.UnderWay() {
		return c, Effects{}, nil
	}
	switch e := e.(type) {
	case TransferProgress:
		c.Transfer.State = TransferTrying
		if e.Status == 180 {
			c.Transfer.State = TransferRinging
		}
	case TransferDone:
		return end(c, Reason{Cause: Transferred}, 603, now)
	case TransferFailed:
		return returned(c, Passing{State: TransferBack, To: c.Transfer.To, With: c.Transfer.With, Why: e.Reason, At: now})
	}
	return c, Effects{}, nil
}
