// Package health declares the warnings the phone can give and which of them to show.
package health

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity orders warnings; the greatest is shown first.
type Severity int

// The severities.
const (
	Notice  Severity = iota // good to know
	Trouble                 // something does not work, calls still do
	Down                    // calls cannot reach this phone, or would have no sound
)

// String is the wire form.
func (s Severity) String() string { return severityNames()[s] }

func severityNames() [Down + 1]string { return [...]string{"notice", "trouble", "down"} }

// MarshalText writes the wire form.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the wire form and refuses anything else.
func (s *Severity) UnmarshalText(b []byte) error {
	for i, n := range severityNames() {
		if n == string(b) {
			*s = Severity(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not a severity", b)
}

// Code names a warning for programs.
type Code string

// The warnings.
const (
	NoAccount   Code = "no-account"   // nothing to register
	LineDown    Code = "line-down"    // the server does not answer
	LineRefused Code = "line-refused" // the server said no
	NoAudio     Code = "no-audio"     // a device cannot be opened
	OtherDevice Code = "other-device" // a device is used that the settings do not name
	HandsFree   Code = "hands-free"   // a Bluetooth headset sounds like a telephone, or lacks its microphone
	BridgeDown  Code = "bridge-down"  // the widget cannot reach the app
	Unheard     Code = "unheard"      // nothing comes from the other side of a call
	Deaf        Code = "deaf"         // nothing of ours comes to the other side of a call
	Still       Code = "still"        // the microphone gives no sound
	TalksMuted  Code = "talks-muted"  // the agent talks while muted
	Loud        Code = "loud"         // the ear has had as much as a working day allows
	Poor        Code = "poor"         // too much of a call's sound is lost
	Unresumed   Code = "unresumed"    // the other side of a call does not come back from hold
	NotSaved    Code = "not-saved"    // the journal cannot be written
	JournalNew  Code = "journal-new"  // the journal was damaged, and a new one has been begun
	TurnsAway   Code = "turns-away"   // no call rings here, because the agent or the settings say so
	LogRefused  Code = "log-refused"  // Kustomer does not take calls into its log
)

// Warning is one thing that is wrong, in one sentence, with a way out.
type Warning struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	Text     string   `json:"text"`
	Fix      string   `json:"fix,omitempty"` // label of the button that helps: "Try again"
}

// severity is the one place that says how bad each warning is.
func severity(c Code) Severity {
	switch c {
	case NoAccount, LineDown, LineRefused:
		return Down
	case NoAudio, Unheard, Deaf, Still, Poor, Unresumed, NotSaved, TurnsAway:
		return Trouble
	}
	return Notice
}

// New makes a warning with its declared severity.
func New(c Code, text, fix string) Warning {
	return Warning{Code: c, Severity: severity(c), Text: text, Fix: fix}
}

// Sort orders warnings, worst first, otherwise as they came.
func Sort(ws []Warning) {
	slices.SortStableFunc(ws, func(a, b Warning) int { return cmp.Compare(b.Severity, a.Severity) })
}
