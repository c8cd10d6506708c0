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
var ErrNone = errors.New("none is stored in the keyring")

// ErrNoKeyring says that nothing on this machine keeps passwords for this user's session.
var ErrNoKeyring = errors.New("this session has no keyring")

// Keyring is the OS keyring: Secret Service on Linux, Credential Manager on Windows, Keychain on macOS. The zero value is
// ready. Every call gives up after five seconds; the abandoned goroutine ends when the keyring answers. The errors are
// sentences that say what to do.
type Keyring struct{}

// Get returns the password of an account, or ErrNone, or ErrNoKeyring.
func (Keyring) Get(ctx context.Context, account string) (string, error) {
	return patiently(ctx, func() (string, error) { return keyring.Get(service, account) })
}

// Set stores the password of an account, replacing an older one. ErrNoKeyring if it has nowhere to go.
func (Keyring) Set(ctx context.Context, account, password string) error {
	_, err := patiently(ctx, func() (string, error) { return "", keyring.Set(service, account, password) })
	return err
}

// Delete removes the password of an account; ErrNone if there was none, or ErrNoKeyring.
func (Keyring) Delete(ctx context.Context, account string) error {
	_, err := patiently(ctx, func() (string, error) { return "", keyring.Delete(service, account) })
	return err
}

func patiently(ctx context.Context, ask func() (string, error)) (string, error) {
	if !present() {
		return "", missing()
	}
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
		return a.text, explain(a.err)
	case <-ctx.Done():
		return "", fmt.Errorf("the keyring does not answer and may be locked: %w. Unlock it and try again", ctx.Err())
	}
}

// explain turns an error of the library into one of ours.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNone
	case absent(err):
		return missing()
	default:
		return fmt.Errorf("the keyring cannot be used: %w. Unlock it and try again", err)
	}
}

func missing() error { return fmt.Errorf("%w. Start one, such as gnome-keyring", ErrNoKeyring) }
