package app

import (
	"context"

	"sidetone/internal/config"
	"sidetone/internal/phone"
)

// recall gives the phone what the last run remembered of the agent's status. It must come before the phone runs.
func (a *App) recall(ctx context.Context) error {
	m, err := a.Store.Memory(ctx)
	a.Phone.Remember(m)
	return err
}

// statusRules are the settings' wrap-up times; the settings were checked when they were read.
func statusRules(w config.WrapUp) phone.StatusRules {
	t, _ := w.Times()
	return phone.StatusRules{
		AnsweredIn: t.Incoming, AnsweredOut: t.Outgoing, Missed: t.Missed, Declined: t.Declined, Failed: t.Failed, Max: t.Longest,
	}
}
