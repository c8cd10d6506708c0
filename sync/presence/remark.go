package presence

import (
	"fmt"
	"time"
)

// Because is what makes the status what it is, one value a program can test.
type Because string

// The reasons of a status.
const (
	BecauseCall     Because = "call"        // a call is on since View.Since; View.Follows comes after it
	BecauseWrapUp   Because = "wrap-up"     // until View.Until, then View.Follows
	BecauseDown     Because = "unreachable" // calls cannot reach the phone since View.Since
	BecauseHere     Because = "app"         // chosen in Sidetone
	BecauseKustomer Because = "kustomer"    // set in Kustomer
	BecauseStart    Because = "start"       // nobody chose yet
)

// because says who made a choice.
func (c Choice) because() Because {
	switch c.By {
	case InKustomer:
		return BecauseKustomer
	case InApp:
		return BecauseHere
	}
	return BecauseStart
}

// RemarkCode says what an agent should read at once, one value a program can test.
type RemarkCode string

// The remarks.
const (
	RemarkTurned     RemarkCode = "turned"            // Kustomer made the agent There at At
	RemarkIgnored    RemarkCode = "ignored"           // Kustomer did not take Wanted and shows There
	RemarkRefused    RemarkCode = "refused"           // Kustomer did not take Wanted, because of Failure
	RemarkPending    RemarkCode = "pending"           // Kustomer has not taken Wanted yet, because of Failure
	RemarkUncertain  RemarkCode = "uncertain"         // Kustomer was told Wanted, and nobody may see whether it took it
	RemarkDiffers    RemarkCode = "differs"           // Kustomer shows There, Sidetone Wanted
	RemarkDown       RemarkCode = "unreachable"       // calls cannot reach the phone
	RemarkDownChosen RemarkCode = "unreachable-still" // the same, though the agent is available by own choice
	RemarkRenamed    RemarkCode = "kind-only"         // Kustomer shows There of the same kind as Wanted
)

// Remark is the one thing an agent should read at once; the zero value means that all is well. Text is the sentence; the
// rest is for a front end that says it in another language.
type Remark struct {
	Code    RemarkCode `json:"code,omitempty"`
	Text    string     `json:"text,omitempty"`
	Wanted  Named      `json:"wanted,omitzero"`
	There   Named      `json:"there,omitzero"`
	At      time.Time  `json:"at,omitzero"`
	Failure string     `json:"failure,omitempty"` // the widget's code for why Kustomer did not take it
}

// Named is a status with the name to show; Label is Kustomer's own where there is one.
type Named struct {
	Status Status `json:"status,omitempty"`
	Label  string `json:"label,omitempty"`
}

func (s Status) named() Named { return Named{s, s.Label()} }
func (c Choice) named() Named { return Named{c.Status, c.name()} }
func (h Heard) named() Named  { return Named{h.Status, h.name()} }

// notice is the sentence of the remark.
func notice(s State) string { return remark(s).Text }

// remark is the one place that says what an agent reads when Kustomer and Sidetone disagree, or when something happened to
// the status that the agent did not do.
func remark(s State) Remark {
	wanted, there := Status(s.Want.Status).named(), s.Kustomer.named()
	switch {
	case !s.Turned.IsZero():
		return Remark{Code: RemarkTurned, There: there, At: s.Turned, Text: fmt.Sprintf(
			"Kustomer made you %s at %s, as it does when an offer is not taken. Choose Available to get work again.", there.Label, clock(s.Turned))}
	case s.Want.Verdict == Ignored:
		return Remark{Code: RemarkIgnored, Wanted: wanted, There: there, Text: fmt.Sprintf(
			"Kustomer did not take %s; it still shows %s. Set it there.", wanted.Label, there.Label)}
	case s.Want.Verdict == Refused:
		return Remark{Code: RemarkRefused, Wanted: wanted, Failure: s.Want.Code, Text: fmt.Sprintf("Kustomer did not take %s. %s", wanted.Label, s.Want.Why)}
	case s.open() && s.Want.Why != "":
		return Remark{Code: RemarkPending, Wanted: wanted, Failure: s.Want.Code, Text: fmt.Sprintf("Kustomer has not taken %s yet. %s", wanted.Label, s.Want.Why)}
	case s.Want.Verdict == Uncertain:
		return Remark{Code: RemarkUncertain, Wanted: wanted, Text: fmt.Sprintf("Kustomer was told %s; whether it took it is not confirmed.", wanted.Label)}
	case s.open() || !s.Kustomer.Known:
		return Remark{}
	}
	return standing(s)
}

// standing is what there is to remark when no push is in question.
func standing(s State) Remark {
	there := s.Kustomer.named()
	switch {
	case s.believed != kind(s):
		there, here := Status(s.believed).named(), Named{Effective(s), shown(s)}
		return Remark{Code: RemarkDiffers, Wanted: here, There: there, Text: fmt.Sprintf("Kustomer shows %s, Sidetone %s.", there.Label, here.Label)}
	case s.cover() == byDown:
		return Remark{Code: RemarkDown, Text: s.Down.Why}
	case s.Down.Ignored && Effective(s) == Available:
		return Remark{Code: RemarkDownChosen, Text: "Calls cannot reach this phone, though you are Available. " + s.Down.Why}
	case s.cover() == byNothing && s.Chosen.Label != "" && s.Kustomer.Label != "" && s.Kustomer.Label != s.Chosen.Label && s.Kustomer.Status == s.Chosen.Status:
		return Remark{Code: RemarkRenamed, Wanted: s.Chosen.named(), There: there, Text: fmt.Sprintf(
			"Kustomer shows %s, not %s: Sidetone can set back the kind only.", s.Kustomer.Label, s.Chosen.Label)}
	}
	return Remark{}
}
