package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/exchange"
	"sidetone/internal/phone"
)

// shelf keeps passwords as the keyring would.
type shelf struct {
	stored int // how often something was
	mu     sync.Mutex
	kept   map[string]string
}

func (s *shelf) Get(_ context.Context, account string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.kept[account]; ok {
		return p, nil
	}
	return "", errors.New("no password is stored for this account")
}

func (s *shelf) Store(_ context.Context, account, password string) (func(context.Context) error, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.kept[account]
	s.kept[account], s.stored = password, s.stored+1
	return func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.kept[account] = before
		return nil
	}, nil
}

func line(t *testing.T, a *App, want call.LineState) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var last phone.Snapshot
	for last = range a.Phone.Watch(ctx) {
		if len(last.Accounts) == 1 && last.Accounts[0].Line.State == want {
			return
		}
	}
	t.Fatalf("the line never became %s: %+v", want, last.Accounts)
}

// TestSetUpInTheWindow walks the way of a new agent: no account, a wrong password, the right one.
func TestSetUpInTheWindow(t *testing.T) {
	server, dir, passwords := exchange.Start(t), t.TempDir(), &shelf{kept: map[string]string{}}
	settings := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(settings, []byte("[bridge]\noff = true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := New(Options{DataDir: dir, AudioIn: "silence", AudioOut: "null", Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	account := call.Account{ID: "main", Address: "sip:1001@" + server.Addr().String()}
	if err := a.SaveAccount(t.Context(), account, "wrong"); err != nil {
		t.Fatal(err)
	}
	line(t, a, call.LineRefused)
	if err := a.SaveAccount(t.Context(), account, "secret"); err != nil {
		t.Fatal(err)
	}
	line(t, a, call.LineReady)
	if err := a.SaveAccount(t.Context(), call.Account{ID: "main", Address: "nonsense"}, "other"); err == nil || passwords.stored != 2 {
		t.Errorf("nonsense was saved, or its password: %v, %d", err, passwords.stored)
	}
	text, err := os.ReadFile(settings)
	if err != nil || !strings.Contains(string(text), account.Address) || !strings.Contains(string(text), "off = true") {
		t.Errorf("%s %v", text, err)
	}
	if err := os.WriteFile(settings, []byte("no settings"), 0o600); err != nil { // meanwhile, by hand
		t.Fatal(err)
	}
	moved := account
	moved.Username = "1001"
	if err := a.SaveAccount(t.Context(), moved, "other"); err == nil || passwords.kept["main"] != "secret" {
		t.Errorf("the keyring has %q although the settings could not be written: %v", passwords.kept["main"], err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	nobodyWroteThePassword(t, dir)
}

// nobodyWroteThePassword looks for it in every file of the data folder.
func nobodyWroteThePassword(t *testing.T, dir string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err == nil && (strings.Contains(string(b), "secret") || strings.Contains(string(b), "wrong")) {
			t.Errorf("%s holds a password", f.Name())
		}
	}
}

func TestLockIsFreeAgainAfterAFailedStart(t *testing.T) {
	dir := t.TempDir()
	settings := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(settings, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{DataDir: dir}); err == nil {
		t.Fatal("nonsense was taken for settings")
	}
	if err := os.WriteFile(settings, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := New(Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{DataDir: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("two phones in one folder: %v", err)
	}
	if err := a.release(); err != nil {
		t.Error(err)
	}
}
