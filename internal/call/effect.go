package call

// SignalEffect is something package sip must do. It returns at once; the outcome is later news.
type SignalEffect interface{ signalEffect() }

type (
	// Invite starts an outgoing call on an account. Target is a telephone number, an extension or a sip: URI.
	Invite struct {
		ID      ID
		Account string
		Target  string
		SDP     []byte
		For     ID // the call whose far end Asked for it, and hears how it goes; empty: none
	}
	// SendRinging tells the caller that it rings here (180).
	SendRinging struct{ ID ID }
	// Accept answers an incoming call (200) with an answer, or with an offer when the INVITE had none.
	Accept struct {
		ID  ID
		SDP []byte
	}
	// End ends the dialog by whatever its state needs: CANCEL, a failure response, or BYE. A 2xx that crosses the CANCEL is
	// acknowledged and hung up. RemoteEnded always follows.
	End struct {
		ID     ID
		Status int // failure response for an unanswered incoming call: 486, 603, 480, 488
	}
	// Reoffer sends a re-INVITE, or before the answer an UPDATE.
	Reoffer struct {
		ID  ID
		SDP []byte
	}
	// Probe asks the far end of a call that is on whether it is still there. RemoteEnded follows if it is not.
	Probe struct {
		ID      ID
		Excused bool // it need not be heard: one question without an answer is not enough
	}
	// SendInfo sends DTMF digits by INFO (application/dtmf-relay), one after the other.
	SendInfo struct {
		ID     ID
		Digits string
	}
	// AnswerOffer accepts a RemoteOffer, and AnswerSent or OfferWithdrawn follows; RefuseOffer refuses it with Status.
	AnswerOffer struct {
		ID  ID
		SDP []byte
	}
	// RefuseOffer refuses a RemoteOffer and leaves the call as it was.
	RefuseOffer struct {
		ID     ID
		Status int
	}
	// Refer asks the far end to call Target, or to take the place of ours in the call Other (RFC 3515, RFC 3891).
	// TransferProgress follows and then TransferDone or TransferFailed.
	Refer struct {
		ID     ID
		Target string
		Other  ID // empty: nobody's place
	}
	// Forsake gives up the Refer that is under way: how it goes is no longer told, but a TransferDone that says it was taken back.
	Forsake struct{ ID ID }
	// Stay refuses what Asked said; an Invite with its call as For follows it.
	Stay struct{ ID ID }
	// Follow answers Elsewhere: the call goes there, or to the next place it was sent to. RemoteEnded follows when there is none.
	Follow struct {
		ID ID
		On bool
	}
	// Forward sends an unanswered incoming call elsewhere (302). RemoteEnded always follows.
	Forward struct {
		ID     ID
		Target string // a number or a sip: URI
	}
	// WatchNumbers says whose phones an account shall be told of (Watched), in place of those before.
	WatchNumbers struct {
		Account string
		Numbers []string
	}
	// Publish tells the servers of accounts that ask for it how the agent is (RFC 3903): State is one of those of Watched.
	Publish struct{ State, Note string }
	// UseAccounts replaces the set of accounts: new ones register, missing ones un-register, equal ones are left alone.
	UseAccounts struct{ Accounts []Account }
	// CheckWay says that the network has changed or that the computer has slept: every account makes sure at once that its
	// server reaches it.
	CheckWay struct{ Slept bool }
	// Reregister refreshes one account now, for instance after "Try again".
	Reregister struct{ Account string }
)

func (Invite) signalEffect()       {}
func (SendRinging) signalEffect()  {}
func (Accept) signalEffect()       {}
func (End) signalEffect()          {}
func (Reoffer) signalEffect()      {}
func (Probe) signalEffect()        {}
func (SendInfo) signalEffect()     {}
func (AnswerOffer) signalEffect()  {}
func (RefuseOffer) signalEffect()  {}
func (Refer) signalEffect()        {}
func (Forsake) signalEffect()      {}
func (Stay) signalEffect()         {}
func (Follow) signalEffect()       {}
func (Forward) signalEffect()      {}
func (WatchNumbers) signalEffect() {}
func (Publish) signalEffect()      {}
func (UseAccounts) signalEffect()  {}
func (Reregister) signalEffect()   {}
func (CheckWay) signalEffect()     {}

// MediaEffect is something internal/media must do. It returns at once; the outcome is later news.
type MediaEffect interface{ mediaEffect() }

type (
	// MakeOffer opens the sockets of a call and answers with LocalSDP or MediaFailed.
	MakeOffer struct {
		ID      ID
		Account string // whose settings count
	}
	// MakeAnswer opens the sockets if need be, makes the answer to a remote offer and answers with LocalSDP, or with MediaFailed. The
	// first answer of a call is in force at once, and MediaUp follows; a later one with Connect, or never, with Rollback.
	MakeAnswer struct {
		ID      ID
		Account string // whose settings count; not needed by a later offer of a call
		Offer   []byte
	}
	// Connect applies the remote answer to our last offer, or without one our last answer, and answers with MediaUp or MediaFailed. It
	// may come twice: for early media and for the final answer. A Refresh settles nothing: what cannot be used of it is passed over.
	Connect struct {
		ID      ID
		Answer  []byte
		Refresh bool
	}
	// MakeReoffer makes a new offer on running sound, to hold (sendonly) or to resume (sendrecv). LocalSDP follows.
	MakeReoffer struct {
		ID   ID
		Hold bool
	}
	// AddCandidates tells where else the far end may be, while its path is looked for: fragments of its description.
	AddCandidates struct {
		ID        ID
		Fragments [][]byte
	}
	// Rollback forgets the last offer, or the answer to theirs that is not in force; sound goes on as before it (RFC 3264 §8).
	Rollback struct{ ID ID }
	// Gate closes (On) or opens the microphone. Silence is sent while it is closed.
	Gate struct {
		ID ID
		On bool
	}
	// Park stops the sound of the call in both directions at once, or lets it flow again as the descriptions allow.
	Park struct {
		ID ID
		On bool
	}
	// JoinIn lets the far end hear the other joined calls, and be heard by them, or no longer.
	JoinIn struct {
		ID ID
		On bool
	}
	// PlayDigits sends DTMF as RFC 4733 events, or as tones if the far end takes none.
	PlayDigits struct {
		ID     ID
		Digits string
	}
	// PlayTone plays a sound to the agent until another tone or StopTone for the same call.
	PlayTone struct {
		ID   ID
		Tone Tone
	}
	// StopTone ends PlayTone.
	StopTone struct{ ID ID }
	// Release closes everything the call had open. It is the last effect of a call and may come for one that never had any.
	Release struct{ ID ID }
)

// Tone is a sound made here, not carried by RTP.
type Tone string

// The tones.
const (
	Ringtone Tone = "ringtone"  // on the ring device, for an incoming call
	Ringback Tone = "ringback"  // in the ear, while the far end rings and sends no early media
	Waiting  Tone = "waiting"   // in the ear, for an incoming call while another is on
	LineLost Tone = "line-lost" // on the ring device, once: calls reach this phone no more
	LineBack Tone = "line-back" // on the ring device, once: they do again
	BusyTone Tone = "busy"      // in the ear, ends by itself after about two seconds, outlives Release

	// AnswerBeep says in the ear that a call has answered itself: half a second, and until then the microphone is closed.
	AnswerBeep Tone = "answer-beep"
)

func (MakeOffer) mediaEffect()     {}
func (MakeAnswer) mediaEffect()    {}
func (Connect) mediaEffect()       {}
func (MakeReoffer) mediaEffect()   {}
func (Rollback) mediaEffect()      {}
func (AddCandidates) mediaEffect() {}
func (Gate) mediaEffect()          {}
func (Park) mediaEffect()          {}
func (JoinIn) mediaEffect()        {}
func (PlayDigits) mediaEffect()    {}
func (PlayTone) mediaEffect()      {}
func (StopTone) mediaEffect()      {}
func (Release) mediaEffect()       {}

// Effects are what Apply asks the outside to do, each list in order.
type Effects struct {
	Signal []SignalEffect
	Media  []MediaEffect
	Record bool // the call has just ended: write its journal record
}
