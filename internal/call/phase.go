package call

import "fmt"

// Phase is how far a call has come. Phases only move forward; hold is not a phase.
type Phase int

// The phases in the order a call may pass them.
const (
	Dialing   Phase = iota // outgoing, nothing heard back yet
	Ringing                // outgoing, the far end rings
	Offered                // incoming, rings here
	Answering              // incoming, the agent answered, sound is being set up
	Active                 // both sides can talk
	Ending                 // we ended it and wait for the far end to agree
	Ended                  // over; the record is final
)

func phaseNames() [Ended + 1]string {
	return [...]string{"dialing", "ringing", "incoming", "answering", "active", "ending", "ended"}
}

// String returns the wire form of the phase.
func (p Phase) String() string {
	if p < 0 || p > Ended {
		return fmt.Sprintf("phase(%d)", int(p))
	}
	return phaseNames()[p]
}

// MarshalText writes the wire form.
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the wire form and refuses anything else.
func (p *Phase) UnmarshalText(b []byte) error {
	for i, n := range phaseNames() {
		if n == string(b) {
			*p = Phase(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not a phase of a call", b)
}
