package call

import "fmt"

// Cause is why a call ended, one value a program can test.
type Cause string

// The causes. A cause is made where the failure was seen and never guessed later.
const (
	Completed         Cause = "completed"          // hung up by us after talking
	RemoteHangup      Cause = "remote-hangup"      // hung up by them after talking
	Cancelled         Cause = "cancelled"          // the caller gave up before an answer
	Declined          Cause = "declined"           // the called side said no (603, 403, or our Decline)
	Busy              Cause = "busy"               // 486, 600
	NoAnswer          Cause = "no-answer"          // 408, 480, or our ring timer
	NotFound          Cause = "not-found"          // 404, 410, 484, 604
	Transferred       Cause = "transferred"        // passed on to somebody else, by us
	Replaced          Cause = "replaced"           // another call took its place: it was passed on, by them
	TakenBack         Cause = "taken-back"         // they asked for it, and have taken the call they asked in back meanwhile
	Forwarded         Cause = "forwarded"          // sent elsewhere before an answer
	AnsweredElsewhere Cause = "answered-elsewhere" // CANCEL with Reason: SIP;cause=200
	DoNotDisturb      Cause = "do-not-disturb"     // turned away by our phone without ringing
	Unreachable       Cause = "unreachable"        // nothing came back from the server
	ServerTrouble     Cause = "server-trouble"     // 502, 503, 504: it answered, and cannot serve now
	NotAllowed        Cause = "not-allowed"        // 401, 407 after credentials were given
	NotAcceptable     Cause = "not-acceptable"     // 488, 606: no common codec or keying
	Unencrypted       Cause = "unencrypted"        // the far end's sound is plain, and the account takes encrypted sound only
	NoSound           Cause = "no-sound"           // sound could not be set up here
	Lost              Cause = "lost"               // the connection died during the call
	Interrupted       Cause = "interrupted"        // this program was killed during the call
	Failed            Cause = "failed"             // anything else the far end refused with
)

// Reason is why a call ended: a cause for programs, a status code if SIP gave one, and details for a support ticket.
type Reason struct {
	Cause  Cause  `json:"cause,omitempty"`
	Status int    `json:"status,omitempty"` // SIP status code, 0 if none
	Detail string `json:"detail,omitempty"` // reason phrase or error text; for people who ask, not shown first
}

// Sentence is why a call of a direction ended, in the words an agent reads.
func (r Reason) Sentence(d Direction) string {
	switch r.Cause {
	case Completed:
		return "The call is over."
	case RemoteHangup:
		return "They hung up."
	case Cancelled:
		return either(d == Outgoing, "You hung up before an answer.", "The caller gave up.")
	case Declined:
		return "The call was declined."
	case Busy:
		return either(d == Incoming, "You were on another call.", "The line is busy.")
	case DoNotDisturb:
		return "Turned away: do not disturb was on."
	case NoAnswer:
		return "Nobody answered."
	case NotFound:
		return "The number does not exist."
	case Transferred:
		return "You passed the call on."
	case Replaced:
		return "They passed you on."
	case TakenBack:
		return "They took you back."
	case Forwarded:
		return "The call was sent elsewhere."
	case AnsweredElsewhere:
		return "Answered on another phone."
	case Unreachable:
		return "The phone server cannot be reached."
	case ServerTrouble:
		return "The phone server cannot take calls just now."
	case NotAllowed:
		return "The phone server does not allow this call."
	case NotAcceptable:
		return "The two phones found no common way to carry sound."
	case Unencrypted:
		return "The other side does not encrypt its sound, and this line takes encrypted calls only."
	case NoSound:
		return "Sound could not be set up on this computer."
	case Interrupted:
		return "Sidetone ended unexpectedly."
	case Lost:
		return "The connection was lost."
	case Failed:
		return "The call did not go through."
	}
	return ""
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// Error makes a Reason usable as an error.
func (r Reason) Error() string {
	text := r.Sentence("")
	switch {
	case r.Status != 0 && r.Detail != "":
		return fmt.Sprintf("%s (%d %s)", text, r.Status, r.Detail)
	case r.Detail != "":
		return fmt.Sprintf("%s (%s)", text, r.Detail)
	}
	return text
}

// FromStatus maps a final SIP response (RFC 3261 §21) to a Reason.
func FromStatus(status int, phrase string) Reason {
	r := Reason{Cause: Failed, Status: status, Detail: phrase}
	switch status {
	case 401, 407:
		r.Cause = NotAllowed
	case 403, 603, 607:
		r.Cause = Declined
	case 404, 410, 484, 604:
		r.Cause = NotFound
	case 408, 480:
		r.Cause = NoAnswer
	case 486, 600:
		r.Cause = Busy
	case 487:
		r.Cause = Cancelled
	case 488, 606, 415:
		r.Cause = NotAcceptable
	case 502, 503, 504:
		r.Cause = ServerTrouble
	}
	return r
}
