package secret

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sidetone/internal/secret/secrettest"
)

// busSettings name no folder of services. A bus that may start services answers the first question by starting a second

// TestRealKeyring goes through the Secret Service of a real gnome-keyring.
func TestRealKeyring(t *testing.T) {
	secrettest.Keyring(t)
	var k Keyring
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	// The daemon takes its name on the bus a moment after it starts: ask until it answers.
	for err := k.Set(ctx, "main", "s3cret-ü"); err != nil; err = k.Set(ctx, "main", "s3cret-ü") {
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
	if got, err := k.Get(ctx, "main"); err != nil || got != "s3cret-ü" {
		t.Fatalf("%q %v", got, err)
	}
	if _, err := k.Get(ctx, "other"); !errors.Is(err, ErrNone) {
		t.Errorf("an unknown account: %v", err)
	}
	if err := k.Set(ctx, "main", "another"); err != nil {
		t.Fatal(err)
	}
	if got, _ := k.Get(ctx, "main"); got != "another" {
		t.Errorf("%q", got)
	}
	if err := k.Delete(ctx, "main"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Get(ctx, "main"); !errors.Is(err, ErrNone) {
		t.Errorf("after Delete: %v", err)
	}
}

// TestNoKeyring: a bus without a keyring, a bus that is gone and no bus at all are told from a locked one.
func TestNoKeyring(t *testing.T) {
	for name, arrange := range map[string]func(t *testing.T){
		"nobody on the bus": secrettest.Bus,
		"the bus is gone":   func(t *testing.T) { t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/gone") },
		"no bus": func(t *testing.T) {
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
			t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
		},
	} {
		t.Run(name, func(t *testing.T) {
			arrange(t)
			_, err := Keyring{}.Get(t.Context(), "main")
			if !errors.Is(err, ErrNoKeyring) || strings.Contains(err.Error(), "nlock") {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestSilentBusIsNotWaitedForEver talks to a bus that accepts and never answers.
func TestSilentBusIsNotWaitedForEver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
	got := make(chan error, 1)
	go func() {
		_, err := patiently(t.Context(), func() (string, error) {
			c, err := net.Dial("unix", path)
			if err != nil {
				return "", err
			}
			_, err = c.Read(make([]byte, 1)) // as a client of a dead bus does
			return "", err
		})
		got <- err
	}()
	if err := <-got; !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("%v", err)
	}
}
