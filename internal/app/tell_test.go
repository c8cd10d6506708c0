package app

import (
	"slices"
	"testing"

	"sidetone/internal/call"
	"sidetone/internal/health"
	"sidetone/internal/phone"
)

func TestStanding(t *testing.T) {
	s := phone.Snapshot{
		Accounts: []phone.AccountLine{
			{Account: call.Account{ID: "main"}, Line: call.Line{State: call.LineReady}},
			{Account: call.Account{ID: "second"}, Line: call.Line{State: call.LineRefused, Detail: "The server said no."}},
		},
		Warnings: []health.Warning{health.New(health.LineRefused, "The server said no.", "")},
	}
	if got, want := standing(s), []string{"down: The server said no.", "line main is ready"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
