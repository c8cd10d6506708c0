// Package exchange gives a test a running SIP server of its own: internal/pbx with the user 1001.
package exchange

import (
	"context"
	"errors"
	"testing"

	"sidetone/internal/pbx"
)

// The one user, and the password a phone must give.
const (
	User     = "1001"
	Password = "secret"
)

// Start runs a server on loopback until the test ends. What it fails with fails the test.
func Start(t testing.TB) *pbx.Server { t.Helper(); return StartWith(t, pbx.Config{}) }

// StartWith is Start for a server that is set up otherwise. Users of its own take the place of the one.
func StartWith(t testing.TB, c pbx.Config) *pbx.Server {
	t.Helper()
	if c.Users == nil {
		c.Users = map[string]string{User: Password}
	}
	s, err := pbx.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return s
}
