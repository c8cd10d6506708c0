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
	Because   Because    `json:"because"`          // what Why says, for programs
	Notice    string     `json:"notice,omitempty"` // one sentence the agent should read at once; empty: all is well
	Remark    Remark     `json:"remark,omitzero"`  // what Notice says, for programs
	Verdict   Verdict    `json:"verdict,omitempty"`
	Heard     Heard      `json:"kustomer"`
	Decisions []Decision `json:"decisions,omitempty"` // the last twenty, newest first
}

// Show makes the view of a state; times are written in the location of their values.
func Show(s State) View {
	v := View{Status: Effective(s), Label: shown(s), Heard: s.Kustomer, Remark: remark(s), Verdict: s.Want.Verdict}
	v.Notice = v.Remark.Text
	v.Decisions = slices.Clone(s.Decisions)
	slices.Reverse(v.Decisions)
	next := s.Chosen
	if s.Next.made() {
		next, v.Picked = s.Next, true
	}
	switch s.cover() {
	case byCall:
		v.Because = BecauseCall
		v.Since, v.Return, v.Follows = s.BusySince, next.Status, next.name()
		v.Why = fmt.Sprintf("On a call since %s, will return to %s.", clock(v.Since), next.name())
	case byWrapUp:
		v.Because = BecauseWrapUp
		v.Since, v.Return, v.Follows = s.Wrap.Since, next.Status, next.name()
		v.Until, v.Longest = s.Wrap.Until, s.Wrap.Since.Add(s.Rules.max())
		v.Why = fmt.Sprintf("Wrap-up until %s, then %s.", s.Wrap.Until.Format("15:04:05"), next.name())
	case byDown:
		v.Because = BecauseDown
		v.Since, v.Return, v.Follows = s.Down.Since, next.Status, next.name()
		v.Why = fmt.Sprintf("Calls cannot reach this phone since %s, will return to %s.", clock(v.Since), next.name())
	default:
		v.Because, v.Since, v.Why = s.Chosen.because(), s.Chosen.At, chosenWhy(s.Chosen)
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

func (h Heard) name() string {
	if h.Label != "" {
		return h.Label
	}
	return h.Status.Label()
}
