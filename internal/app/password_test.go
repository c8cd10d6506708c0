package app

import (
	"context"
	"testing"
	"time"

	"sidetone/internal/secret/secrettest"
)

// TestSavedPasswordIsUsed: what was typed at the start is old once another password was saved, and counts again if that is undone.
func TestSavedPasswordIsUsed(t *testing.T) {
	secrettest.Keyring(t)
	g := &Given{Typed: map[string]string{"main": "typed", "other": "typed too"}}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	putBack, err := g.Store(ctx, "main", "saved")
	for err != nil && ctx.Err() == nil { // the keyring has only just been started
		putBack, err = g.Store(ctx, "main", "saved")
	}
	is := func(account, want string) {
		t.Helper()
		if got, err := g.Get(ctx, account); got != want || err != nil {
			t.Errorf("%s: %q %v, want %q", account, got, err, want)
		}
	}
	is("main", "saved")
	is("other", "typed too")
	if err := putBack(ctx); err != nil {
		t.Fatal(err)
	}
	is("main", "typed")
}
