package app

import (
	"context"

	"sidetone/internal/call"
	"sidetone/internal/config"
	"sidetone/internal/phone"
)

// recall gives the phone what the last run remembered of the agent's status, and the calls Kustomer does not have yet. It must come
// before the phone runs. What cannot be read stays where it is: a phone that forgot is still a phone.
func (a *App) recall(ctx context.Context) {
	m, err := a.Store.Memory(ctx)
	if err != nil {
		a.log.Warn("the agent's status begins anew", "reason", err)
	}
	a.Phone.Remember(m)
	unsent, err := a.Store.Unsent(ctx)
	if err != nil {
		a.log.Warn("calls of earlier runs wait for another start to reach Kustomer", "reason", err)
	}
	a.Phone.RestoreLog(unsent)
}

// interrupted are the calls that were on when the last run was killed.
func (a *App) interrupted(ctx context.Context) phone.Interrupted {
	calls, err := a.Store.Interrupted(ctx)
	if err != nil {
		a.log.Warn("what was on when the last run ended is recorded after another start", "reason", err)
	}
	return calls
}

// statusRules are the settings' wrap-up times; the settings were checked when they were read.
func statusRules(w config.WrapUp) phone.StatusRules {
	t, _ := w.Times()
	return phone.StatusRules{
		AnsweredIn: t.Incoming, AnsweredOut: t.Outgoing, Missed: t.Missed, Declined: t.Declined, Failed: t.Failed, Max: t.Longest,
	}
}

// callRules are the settings of incoming calls. They have passed the check: nothing here fails.
func callRules(c config.Config) phone.CallRules {
	to := func(text string) string {
		target, _ := c.Calls.Target(text, c.Dial.Rules)
		return target
	}
	after, _ := c.Calls.After()
	return phone.CallRules{
		BusyOnBusy: c.Calls.WhenBusy == "turn-away", NoAnswer: after,
		Forward: phone.Forward{Always: to(c.Calls.ForwardAlways), Busy: to(c.Calls.ForwardBusy), NoAnswer: to(c.Calls.ForwardNoAnswer)},
	}
}

// colleagues are those of the settings, as their numbers are dialled.
func colleagues(c config.Config) phone.UseColleagues {
	var u phone.UseColleagues
	for _, one := range c.Colleagues {
		target, _ := c.Calls.Target(one.Number, c.Dial.Rules)
		u.List = append(u.List, phone.Colleague{Name: call.Plain(one.Name), Number: target})
	}
	return u
}
