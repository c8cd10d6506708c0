package call

import "net/netip"

// Event is something that happened to one call. The events are the exported types of this file.
type Event interface{ event() }

// What the agent does.
type (
	// Answer takes an incoming call.
	Answer struct{}
	// Hangup ends the call whatever its phase: it cancels, declines or hangs up. Declining says so to the caller.
	Hangup struct{}
	// Hold parks the far end; Resume takes it back.
	Hold struct{}
	// Resume ends a hold.
	Resume struct{}
	// Mute opens or closes the microphone gate.
	Mute struct{ On bool }
	// SendDigits sends DTMF: 0–9, *, #, A–D.
	SendDigits struct{ Digits string }
	// Timeout is the ring timer: nobody answered, here or there.
	Timeout struct{}
)

// What signalling reports (package sip).
type (
	// RemoteProgress is a provisional response. SDP is set when the network sends early media.
	RemoteProgress struct {
		Status int
		SDP    []byte
	}
	// RemoteAnswered is the first 2xx to our INVITE, or the ACK that carries the answer to our offer in a 2xx. SDP may be
	// nil when a reliable provisional response brought it before.
	RemoteAnswered struct{ SDP []byte }
	// RemoteOffer is a re-INVITE or UPDATE. SDP is nil when it asks us for an offer.
	RemoteOffer struct{ SDP []byte }
	// OfferAnswered is the 2xx to our re-INVITE, or the ACK that answers the offer a re-INVITE asked us for.
	OfferAnswered struct{ SDP []byte }
	// Named is the Call-ID of our INVITE.
	Named struct{ CallID string }
	// OfferRefused is a failure of our re-INVITE that leaves the call alive.
	OfferRefused struct{ Reason Reason }
	// RemoteEnded is the end of the dialog, whoever caused it: after it sip knows nothing of the call.
	RemoteEnded struct{ Reason Reason }
)

// What sound reports (internal/media).
type (
	// LocalSDP is the description asked for with MakeOffer, MakeAnswer or MakeReoffer.
	LocalSDP struct{ SDP []byte }
	// MediaUp says both descriptions are in force: sound flows as they allow. It comes again after each negotiation.
	MediaUp struct {
		Codec      string
		RemoteHeld bool
	}
	// MediaFailed says sound cannot be set up or the description cannot be accepted.
	MediaFailed struct{ Reason Reason }
	// DigitReceived is one DTMF digit from the far end (RFC 4733).
	DigitReceived struct{ Digit rune }
	// Moved says that our address has changed: the far end must be told where to send now.
	Moved struct{}
)

func (Answer) event()         {}
func (Hangup) event()         {}
func (Hold) event()           {}
func (Resume) event()         {}
func (Mute) event()           {}
func (SendDigits) event()     {}
func (Timeout) event()        {}
func (RemoteProgress) event() {}
func (RemoteAnswered) event() {}
func (RemoteOffer) event()    {}
func (OfferAnswered) event()  {}
func (OfferRefused) event()   {}
func (RemoteEnded) event()    {}
func (LocalSDP) event()       {}
func (MediaUp) event()        {}
func (MediaFailed) event()    {}
func (DigitReceived) event()  {}
func (Named) event()          {}
func (Moved) event()          {}

// News is what an adapter tells the phone. The sink it is given to never blocks for long and never calls back.
type News interface{ news() }

type (
	// Happened is an event on a call both sides know.
	Happened struct {
		ID    ID
		Event Event
	}
	// Arrived is a new incoming call. sip has answered 100 and waits for effects.
	Arrived struct {
		ID         ID
		Account    string
		Remote     Party
		CallID     string // SIP's
		Offer      []byte // nil: the caller wants our offer in the 2xx
		AutoAnswer bool   // the account says calls answer themselves
	}
	// Registered reports the state of one account's registration.
	Registered struct {
		Account string
		Line    Line
		Local   netip.Addr // our address on the way to the server, once there is one
	}
	// AudioProblem says that a device could not be opened or died; an empty Text clears it.
	AudioProblem struct{ Text string }
	// Levels are what is heard and said, for the voice line: peak of the last 100 ms, 0–1. Sent at most 10 times a second.
	Levels struct {
		ID      ID
		In, Out float32 // In: the far end. Out: our microphone after mute.
	}
)

func (Happened) news()     {}
func (Arrived) news()      {}
func (Registered) news()   {}
func (AudioProblem) news() {}
func (Levels) news()       {}

// Recorded is the journal's answer to a record: its number, or why it was not written. Without an ID it says how many
// records there are.
type Recorded struct {
	ID     ID
	Number uint64
	Err    error
}

// JournalRenewed says that the journal's file was damaged and what became of it, in one sentence.
type JournalRenewed struct{ Text string }

func (Recorded) news()       {}
func (JournalRenewed) news() {}
