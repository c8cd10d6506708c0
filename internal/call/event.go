package call

import (
	"net/netip"
	"time"
)

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
	// Aside is that the agent talks to somebody else before this call is on, or no longer: neither side hears the other, and the
	// far end is put on hold once it has answered.
	Aside struct{ On bool }
	// Mute opens or closes the microphone gate.
	Mute struct{ On bool }
	// SendDigits sends DTMF: 0–9, *, #, A–D.
	SendDigits struct{ Digits string }
	// Join lets the call and the other joined ones hear each other, or takes it out of them.
	Join struct{ On bool }
	// Transfer passes the call on to Target, a number or a sip: URI, or to the far end of the call Other. To is who that is, as
	// people read it.
	Transfer struct {
		Target, To string
		Other      ID
	}
	// TakeBack gives up a transfer that is under way: the call is the agent's again, as when it had failed.
	TakeBack struct{}
	// Leave ends the call for a reason of the phone's own.
	Leave struct{ Reason Reason }
	// TurnAway refuses a ringing call with Status, or sends it to Target, a number or a sip: URI.
	TurnAway struct {
		Reason Reason
		Status int
		Target string
	}
	// AnswerItself is that the time of an incoming call that answers itself has come.
	AnswerItself struct{}
	// Timeout is the ring timer: nobody answered, here or there.
	Timeout struct{}
)

// What signalling reports (package sip).
type (
	// RemoteProgress is a provisional response. SDP is set when the network sends early media. 199 is the end of early media
	// that nothing has taken the place of (RFC 6228).
	RemoteProgress struct {
		Status int
		SDP    []byte
	}
	// RemoteAnswered is the first 2xx to our INVITE, or the ACK that carries the answer to our offer in a 2xx. SDP may be
	// nil when a reliable provisional response brought it before.
	RemoteAnswered struct{ SDP []byte }
	// RemoteOffer is a re-INVITE or UPDATE. SDP is nil when it asks us for an offer. It may come before ours: one that crossed
	// theirs, was refused with 491 and is not tried again; who still wants it offers anew after theirs.
	RemoteOffer struct {
		SDP    []byte
		Before bool
	}
	// AnswerSent says that AnswerOffer has answered an offer of theirs: both descriptions are in force. It is not told of an answer that
	// is an offer itself, which the ACK answers.
	AnswerSent struct{}
	// OfferWithdrawn says, after AnswerOffer, that the offer was cancelled before the answer could be sent: all stays as before it.
	OfferWithdrawn struct{}
	// Refreshed is the description in the 2xx to a re-INVITE that said our last one again (RFC 4028), if it is another than before.
	Refreshed struct{ SDP []byte }
	// OfferAnswered is the 2xx to our re-INVITE, or the ACK that answers the offer a re-INVITE asked us for.
	OfferAnswered struct{ SDP []byte }
	// Trickled are candidates of the far end for ICE that came after its description (RFC 8840), as a fragment of one.
	Trickled struct{ Fragment []byte }
	// FarEnd is what the far end takes, by its own word; it comes when that changes.
	FarEnd struct {
		Info   bool // digits by INFO
		Offers bool // new offers, although it has not answered yet (RFC 3311 §5.1)
	}
	// InfoRefused are digits that could not be sent by INFO after all.
	InfoRefused struct{ Digits string }
	// Redirected is that the call was sent to somebody else (3xx), who is called now.
	Redirected struct{ To Party }
	// Named is the Call-ID of our INVITE.
	Named struct{ CallID string }
	// OfferRefused is a failure of our re-INVITE that leaves the call alive.
	OfferRefused struct{ Reason Reason }
	// TransferProgress says that the far end follows a transfer: a provisional status of the new call (RFC 3515 §2.4.5), 100 at
	// first.
	TransferProgress struct{ Status int }
	// TransferDone says that it has arrived; TakenBack: one that the agent has taken back meanwhile.
	TransferDone struct{ TakenBack bool }
	// TransferFailed says that it has not, and that the call is still ours.
	TransferFailed struct{ Reason Reason }
	// RemoteEnded is the end of the dialog, whoever caused it: after it sip knows nothing of the call.
	RemoteEnded struct{ Reason Reason }
)

// What sound reports (internal/media).
type (
	// LocalSDP is the description asked for with MakeOffer, MakeAnswer or MakeReoffer.
	LocalSDP struct{ SDP []byte }
	// MediaUp says both descriptions are in force: sound flows as they allow. It comes again after each negotiation and refresh.
	MediaUp struct {
		Codec      string
		RemoteHeld bool
		Events     bool // the far end takes digits as telephone-events (RFC 4733)
		Refresh    bool // it came with a refresh, and settles nothing
	}
	// MediaFailed says sound cannot be set up or the description cannot be accepted.
	MediaFailed struct{ Reason Reason }
	// DigitReceived is one DTMF digit from the far end, by RFC 4733 or by INFO.
	DigitReceived struct{ Digit rune }
	// Unheard says for how long neither sound nor a report has come from a far end: after UnheardShown, and then at every multiple of
	// UnheardAsks. 0: it is heard again.
	Unheard struct {
		For     time.Duration
		Excused bool // it need not send, as on hold: nothing is told below UnheardAsks, and nothing is wrong yet
	}
	// Moved says that our address has changed: the far end must be told where to send now.
	Moved struct{}
)

func (Answer) event()           {}
func (AnswerItself) event()     {}
func (Hangup) event()           {}
func (Hold) event()             {}
func (Resume) event()           {}
func (Mute) event()             {}
func (SendDigits) event()       {}
func (Join) event()             {}
func (Aside) event()            {}
func (Transfer) event()         {}
func (TakeBack) event()         {}
func (TransferProgress) event() {}
func (TransferDone) event()     {}
func (TransferFailed) event()   {}
func (Leave) event()            {}
func (TurnAway) event()         {}
func (Timeout) event()          {}
func (RemoteProgress) event()   {}
func (RemoteAnswered) event()   {}
func (RemoteOffer) event()      {}
func (AnswerSent) event()       {}
func (OfferWithdrawn) event()   {}
func (Refreshed) event()        {}
func (OfferAnswered) event()    {}
func (OfferRefused) event()     {}
func (RemoteEnded) event()      {}
func (LocalSDP) event()         {}
func (MediaUp) event()          {}
func (MediaFailed) event()      {}
func (DigitReceived) event()    {}
func (Named) event()            {}
func (FarEnd) event()           {}
func (InfoRefused) event()      {}
func (Redirected) event()       {}
func (Unheard) event()          {}
func (Moved) event()            {}
func (Trickled) event()         {}

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
		ID          ID
		Account     string
		Remote      Party
		Diverted    Party         // whom the caller dialled, if the call was forwarded to us
		CallID      string        // SIP's
		Offer       []byte        // nil: the caller wants our offer in the 2xx
		AutoAnswer  bool          // the call answers itself
		AnswerAfter time.Duration // after this time
		Replaces    ID            // the call it takes the place of (RFC 3891); empty: none
	}
	// Asked says that the far end of a call wants it passed on: this phone shall call Target (RFC 3515). sip has accepted the
	// REFER and waits for an Invite for it, or Stay.
	Asked struct {
		ID     ID     // the call it came in
		Target string // a number, or a sip: URI
		By     Party  // who asks, if the request says so (RFC 3892)
		Joins  bool   // they say that a call waits there for this one (Replaces)
	}
	// Elsewhere says that a call of ours was sent elsewhere (3xx). sip waits for Follow.
	Elsewhere struct {
		ID     ID
		Target string // who would be called: whom the account's own server knows by that number or name, else a sip: URI
	}
	// Messages is what waits in an account's mailbox (RFC 3842). A server that does not count says only that something does.
	Messages struct {
		Account  string
		Waiting  bool
		New, Old int
	}
	// Watched is what somebody's phone is doing (RFC 4235): "free", "ringing", "on-call", "busy", "away", or "" while nothing is
	// known.
	Watched struct{ Number, State string }
	// Registered reports the state of one account's registration.
	Registered struct {
		Account string
		Line    Line
		Local   netip.Addr // our address on the way to the server, once there is one
	}
	// AudioProblem says what is wrong with the devices, in sentences; empty ones clear it.
	AudioProblem struct {
		Text      string // one could not be opened, or died
		Instead   string // one is used that the settings do not name
		HandsFree string // a Bluetooth headset sounds like a telephone, or is connected without its microphone
	}
	// Measured is how a call sounded, once a second.
	Measured struct {
		ID    ID
		Sound Sound
	}
	// Exposure is the highest exposure value of Directive 2003/10/EC that the sound of this day has reached as a mean over eight hours: 80,
	// 85 or 87 dB(A), estimated for a usual headset; 0: none.
	Exposure struct{ Level int }
	// Levels are what is heard and said, for the voice line: peak of the last 100 ms, 0–1. Sent at most 10 times a second.
	Levels struct {
		ID      ID
		In, Out float32 // In: the far end. Out: our microphone after mute.
	}
)

func (Happened) news()     {}
func (Arrived) news()      {}
func (Asked) news()        {}
func (Elsewhere) news()    {}
func (Messages) news()     {}
func (Watched) news()      {}
func (Registered) news()   {}
func (AudioProblem) news() {}
func (Measured) news()     {}
func (Exposure) news()     {}
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
