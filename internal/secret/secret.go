// Package secret keeps passwords in the OS keyring and nowhere else.
package secret

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zalando/go-keyring"
)

// service is the name the keyring shows for our entries.
const service = "Sidetone"

// patience is how long the keyring may take: a bus that never answers and an unlock prompt nobody sees both block for ever.
const patience = 5 * time.Second

// ErrNone says that no password is stored for an account.
var ErrNone = errors.New("no password is stored for this account")

// Keyring is the OS keyring: Secret Service on Linux, Credential Manager on Windows, Keychain on macOS. The zero value is
// ready. Every call gives up after five seconds; the abandoned goroutine ends when the keyring answers.
type Keyring struct{}

// Get returns the password of an account, or ErrNone.
func (Keyring) Get(ctx context.Context, account string) (string, error) {
	return patiently(ctx, func() (string, error) { return keyring.Get(service, account) })
}

// Set stores the password of an account, replacing an older one.
func (Keyring) Set(ctx context.Context, account, password string) error {
	_, err := patiently(ctx, func() (string, error) { return "", keyring.Set(service, account, password) })
	return err
}

// Delete removes the password of an account; ErrNone if there was none.
func (Keyring) Delete(ctx context.Context, account string) error {
	_, err := patiently(ctx, func() (string, error) { return "", keyring.Delete(service, account) })
	return err
}

func patiently(ctx context.Context, ask func() (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := ask()
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		if errors.Is(a.err, keyring.ErrNotFound) {
			return "", ErrNone
		}
		if a.err != nil {
			return "", fmt.Errorf("the keyring cannot be used: %w. Unlock it and try again", a.err)
		}
		return a.text, nil
	case <-ctx.Done():
		return "", fmt.Errorf("the keyring does not answer: %w. Unlock it and try again", ctx.Err())
	}
}
