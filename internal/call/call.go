// Package call is the vocabulary and the state machine of one telephone call.
//
// A Call is a value. Apply is a pure function from a call and an event to the next call and the effects the outside must
// carry out. Nothing here reads a clock, opens a socket or starts a goroutine: the one goroutine of internal/phone owns
// every Call, and sip and internal/media turn the world into the events declared here.
package call

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// ID names one call for as long as its record lives. It is ours, not the SIP Call-ID.
type ID string

// NewID returns a fresh random ID (96 bits, hexadecimal).
func NewID() ID {
	var b [12]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return ID(hex.EncodeToString(b[:]))
}

// Direction says who called.
type Direction string

// The two directions of a call.
const (
	Outgoing Direction = "outgoing"
	Incoming Direction = "incoming"
)

// Party is the other side as the network names it. Every field is a stranger's text: show it, never interpret it.
type Party struct {
	Name   string `json:"name,omitempty"`   // display name, unquoted
	Number string `json:"number,omitempty"` // user part of the URI: a telephone number or an extension
	URI    string `json:"uri,omitempty"`    // the whole SIP URI, without header parameters
}

// Negotiation says which offer (RFC 3264) is under way on an established call.
type Negotiation string

// At most one negotiation runs at a time (RFC 3261 §14).
const (
	Settled      Negotiation = ""
	LocalHold    Negotiation = "local-hold"
	LocalResume  Negotiation = "local-resume"
	LocalMove    Negotiation = "local-move" // our address has changed
	RemoteChange Negotiation = "remote"
)

// Call is one call, complete: everything a view needs to draw it and everything Apply needs to go on. It is immutable by
// convention; Apply returns a changed copy.
type Call struct {
	ID        ID        `json:"id"`
	Account   string    `json:"account"`
	Direction Direction `json:"direction"`
	Remote    Party     `json:"remote"`
	Diverted  Party     `json:"diverted,omitzero"` // whom the caller of an incoming call dialled, if it was forwarded to us
	SentTo    Party     `json:"sent_to,omitzero"`  // whom an outgoing call was sent to instead of Remote (3xx)
	Origin    string    `json:"origin,omitempty"`  // who asked for an outgoing call: "window", "ctl", "kustomer"
	CallID    string    `json:"call_id,omitempty"` // SIP's name of the call, as servers log it
	Phase     Phase     `json:"phase"`

	Held       bool        `json:"held"`        // we hold them
	RemoteHeld bool        `json:"remote_held"` // they hold us
	Muted      bool        `json:"muted"`
	EarlyMedia bool        `json:"early_media,omitempty"` // the network plays its own ringing
	Pending    Negotiation `json:"pending,omitempty"`
	Codec      string      `json:"codec,omitempty"`    // as in SDP, "PCMU"
	Joined     bool        `json:"joined,omitempty"`   // one of a conference: it hears the other joined calls
	Consults   ID          `json:"consults,omitempty"` // the call on whose behalf this one was made: it may be passed on to it
	For        ID          `json:"for,omitempty"`      // the call whose far end asked for this one
	Replaces   ID          `json:"replaces,omitempty"` // the call whose place it takes: the far end was passed on to us
	Transfer   Passing     `json:"transfer,omitzero"`
	Sent       string      `json:"sent,omitempty"`     // DTMF digits we sent
	Received   string      `json:"received,omitempty"` // DTMF digits we heard

	CreatedAt  time.Time `json:"created_at"`
	AnswerAt   time.Time `json:"answer_at,omitzero"`   // when an incoming call answers itself
	AnsweredAt time.Time `json:"answered_at,omitzero"` // when sound began to flow
	HeldAt     time.Time `json:"held_at,omitzero"`     // when the present hold of ours began

	Sound Sound `json:"sound,omitzero"` // how it sounds, once a second

	// Unheard is for how long nothing has come from a far end that should be heard; below UnheardShown: 0. Warnings show it.
	Unheard time.Duration `json:"-"`

	// Unresumed says that the far end did not agree to the end of our hold. Warnings show it.
	Unresumed bool `json:"-"`

	EndedAt time.Time `json:"ended_at,omitzero"`
	Reason  Reason    `json:"reason,omitzero"` // why it ended, set when Phase reaches Ending or Ended

	offer    []byte   // the remote offer an incoming call came with, until it is answered
	trickled [][]byte // what followed it
	moved    bool     // our address has changed, and the far end does not know yet
	wish     wish     // of a hold
	alone    bool     // held here, and the far end has not agreed

	far    FarEnd // what the far end takes
	events bool   // it takes digits as telephone-events
	rings  bool   // the ringback plays
}

// Live reports whether the call still occupies the agent.
func (c Call) Live() bool { return c.Phase < Ended }

// Duration is how long the two sides could talk, zero if they never could.
func (c Call) Duration(now time.Time) time.Duration {
	if c.AnsweredAt.IsZero() {
		return 0
	}
	if !c.EndedAt.IsZero() {
		now = c.EndedAt
	}
	return max(0, now.Sub(c.AnsweredAt))
}

// Missed reports whether the call came here and nobody took it, here or where it was sent.
func (c Call) Missed() bool {
	return c.Direction == Incoming && c.AnsweredAt.IsZero() && c.Phase == Ended &&
		c.Reason.Cause != Declined && c.Reason.Cause != AnsweredElsewhere && c.Reason.Cause != Forwarded
}

// Interrupted is the call as it ended for a program that was killed, and that knew it to be on at a time. One that the agent had hung
// up, and whose far end had not agreed yet, ended then.
func (c Call) Interrupted(seen time.Time) Call {
	hungUp := c.Phase == Ending
	c.Phase, c.Pending, c.Held, c.HeldAt, c.Joined, c.Transfer = Ended, Settled, false, time.Time{}, false, Passing{}
	if hungUp {
		return c
	}
	c.Reason, c.EndedAt = Reason{Cause: Interrupted}, seen
	for _, at := range []time.Time{c.CreatedAt, c.AnsweredAt} {
		if at.After(c.EndedAt) {
			c.EndedAt = at
		}
	}
	return c
}
