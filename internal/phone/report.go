package phone

import (
	"time"

	"sidetone/internal/call"
	"sidetone/internal/customer"
	"sidetone/sync/presence"
)

// report takes what a front end knows.
func (p *Phone) report(r Report, now time.Time) {
	switch r := r.(type) {
	case Bridge:
		p.state.bridge = r
	case KustomerStatus:
		p.decide(presence.Said(r), now)
	case StatusApplied:
		p.decide(presence.Applied(r), now)
	case StatusFailed:
		p.decide(presence.Failed(r), now)
	case Reachable:
		p.decide(presence.Reachable(r), now)
	case StatusRules:
		p.decide(presence.Rules(r), now)
	case UseAccounts:
		p.useAccounts(r.Accounts)
		p.reach(now)
	case Moved:
		p.ports.Signaling.Do(call.CheckWay{Slept: r.Slept > 0})
	case UseRules:
		p.state.dialling.rules = r
	case UseColleagues:
		p.useColleagues(r.List)
	case CallRules:
		p.useCallRules(r)
	case PopRule:
		p.state.desk.Rule = customer.Rule(r)
	case CustomerFound:
		p.found(customer.Answer(r))
	case Popped:
		p.popped(r)
	case Interrupted:
		p.interrupted(r)
	case Closing:
		p.part(now)
	default:
		p.logReport(r, now)
	}
}
