package presence

import (
	"fmt"
	"slices"
	"time"
)

// View is the status as people see it.
type View struct {
	Status    Status     `json:"status"`
	Label     string     `json:"label"`            // what to show; Kustomer's own name where there is one
	Why       string     `json:"why"`              // one sentence
	Since     time.Time  `json:"since"`            // when this status began
	Return    Status     `json:"return,omitempty"` // what follows by itself when the call or the wrap-up ends
	Follows   string     `json:"follows,omitempty"`
	Picked    bool       `json:"picked,omitempty"` // the agent picked what follows
	Until     time.Time  `json:"until,omitzero"`   // of a wrap-up: when it ends by itself
	Longest   time.Time  `json:"longest,omitzero"` // of a wrap-up: how far it can be extended
	Notice    string     `json:"notice,omitempty"` // one sentence the agent should read at once; empty: all is well
	Verdict   Verdict    `json:"verdict,omitempty"`
	Heard     Heard      `json:"kustomer"`
	Decisions []Decision `json:"decisions,omitempty"` // the last twenty, newest first
}

// Show makes the view of a state; times are written in the location of their values.
func Show(s State) View {
	v := View{Status: Effective(s), Label: shown(s), Heard: s.Kustomer, Notice: notice(s), Verdict: s.Want.Verdict}
	v.Decisions = slices.Clone(s.Decisions)
	slices.Reverse(v.Decisions)
	next := s.Chosen
	if s.Next.made() {
		next, v.Picked = s.Next, true
	}
	switch s.cover() {
	case byCall:
		v.Since, v.Return, v.Follows = s.BusySince, next.Status, next.name()
		v.Why = fmt.Sprintf("On a call since %s, will return to %s.", clock(v.Since), next.name())
	case byWrapUp:
		v.Since, v.Return, v.Follows = s.Wrap.Since, next.Status, next.name()
		v.Until, v.Longest = s.Wrap.Until, s.Wrap.Since.Add(s.Rules.max())
		v.Why = fmt.Sprintf("Wrap-up until %s, then %s.", s.Wrap.Until.Format("15:04:05"), next.name())
	case byDown:
		v.Since, v.Return, v.Follows = s.Down.Since, next.Status, next.name()
		v.Why = fmt.Sprintf("Calls cannot reach this phone since %s, will return to %s.", clock(v.Since), next.name())
	default:
		v.Since, v.Why = s.Chosen.At, chosenWhy(s.Chosen)
	}
	return v
}

func chosenWhy(c Choice) string {
	switch c.By {
	case InKustomer:
		return fmt.Sprintf("Set in Kustomer at %s.", clock(c.At))
	case InApp:
		return fmt.Sprintf("You chose this at %s.", clock(c.At))
	}
	return fmt.Sprintf("Since start at %s.", clock(c.At))
}

// notice is the one place that says what an agent reads when Kustomer and Sidetone disagree, or when something happened to
// the status that the agent did not do.
func notice(s State) string {
	wanted, there := Status(s.Want.Status).Label(), s.Kustomer.name()
	switch {
	case !s.Turned.IsZero():
		return fmt.Sprintf("Kustomer made you %s at %s, as it does when an offer is not taken. Choose Available to get work again.", there, clock(s.Turned))
	case s.Want.Verdict == Ignored:
		return fmt.Sprintf("Kustomer did not take %s; it still shows %s. Set it there.", wanted, there)
	case s.Want.Verdict == Refused:
		return fmt.Sprintf("Kustomer did not take %s. %s", wanted, s.Want.Why)
	case s.open() && s.Want.Why != "":
		return fmt.Sprintf("Kustomer has not taken %s yet. %s", wanted, s.Want.Why)
	case s.Want.Verdict == Uncertain:
		return fmt.Sprintf("Kustomer was told %s; whether it took it is not confirmed.", wanted)
	case s.open() || !s.Kustomer.Known:
		return ""
	case s.believed != kind(s):
		return fmt.Sprintf("Kustomer shows %s, Sidetone %s.", Status(s.believed).Label(), shown(s))
	case s.cover() == byDown:
		return s.Down.Why
	case s.Down.Ignored && Effective(s) == Available:
		return "Calls cannot reach this phone, though you are Available. " + s.Down.Why
	case s.cover() == byNothing && s.Chosen.Label != "" && s.Kustomer.Label != "" && s.Kustomer.Label != s.Chosen.Label && s.Kustomer.Status == s.Chosen.Status:
		return fmt.Sprintf("Kustomer shows %s, not %s: Sidetone can set back the kind only.", s.Kustomer.Label, s.Chosen.Label)
	}
	return ""
}

func (h Heard) name() string {
	if h.Label != "" {
		return h.Label
	}
	return h.Status.Label()
}
