package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"sidetone/internal/call"
	"sidetone/internal/config"
	"sidetone/internal/secret"
)

// Passwords is where the passwords of accounts come from. They are never in the settings, in an argument or in a log.
type Passwords interface {
	Get(ctx context.Context, account string) (string, error)
	// Store keeps a password and returns what puts the one before back.
	Store(ctx context.Context, account, password string) (putBack func(context.Context) error, err error)
}

func (a *App) password(ctx context.Context, account call.Account) (string, error) {
	return a.options.Passwords.Get(ctx, account.ID)
}

// turnPassword is that of the relays.
func (a *App) turnPassword(ctx context.Context) (string, error) {
	return a.options.Passwords.Get(ctx, config.TURNPassword)
}

// Keyring takes passwords from the OS keyring.
type Keyring struct{}

// Get implements Passwords.
func (Keyring) Get(ctx context.Context, account string) (string, error) {
	p, err := secret.Keyring{}.Get(ctx, account)
	switch {
	case errors.Is(err, secret.ErrNone):
		err = fmt.Errorf("%w. Store it with sidetonectl password %s", err, account)
	case errors.Is(err, secret.ErrNoKeyring):
		err = fmt.Errorf("%w, or give the password with --password-stdin", err)
	}
	return p, err
}

// Store implements Passwords.
func (Keyring) Store(ctx context.Context, account, password string) (func(context.Context) error, error) {
	k := secret.Keyring{}
	before, err := k.Get(ctx, account)
	none := errors.Is(err, secret.ErrNone)
	if err != nil && !none {
		return nil, err
	}
	return func(ctx context.Context) error {
		if none {
			return k.Delete(ctx, account)
		}
		return k.Set(ctx, account, before)
	}, k.Set(ctx, account, password)
}

// Given takes passwords from a program's surroundings: one that was stored since first, then standard input, then the environment,
// then the keyring. It may be used by several goroutines.
type Given struct {
	Typed   map[string]string           // from standard input, by account; "" stands for every account
	Environ func(string) (string, bool) // os.LookupEnv; nil: the environment is not asked
	Keyring

	mu     sync.Mutex
	stored map[string]bool // since the start: what was said then is old
}

// Store implements Passwords.
func (g *Given) Store(ctx context.Context, account, password string) (func(context.Context) error, error) {
	putBack, err := g.Keyring.Store(ctx, account, password)
	if err != nil {
		return nil, err
	}
	was := g.mark(account, true)
	return func(ctx context.Context) error {
		g.mark(account, was)
		return putBack(ctx)
	}, nil
}

// mark notes whether the keyring's password of an account is the newest, and returns what was noted before.
func (g *Given) mark(account string, newest bool) (before bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stored == nil {
		g.stored = map[string]bool{}
	}
	before, g.stored[account] = g.stored[account], newest
	return before
}

// Get implements Passwords.
func (g *Given) Get(ctx context.Context, account string) (string, error) {
	g.mu.Lock()
	newest := g.stored[account]
	g.mu.Unlock()
	if newest {
		return g.Keyring.Get(ctx, account)
	}
	if p, ok := g.Typed[account]; ok {
		return p, nil
	}
	if p, ok := g.Typed[""]; ok {
		return p, nil
	}
	if g.Environ != nil {
		if p, ok := g.Environ(Variable(account)); ok {
			return p, nil
		}
	}
	p, err := g.Keyring.Get(ctx, account)
	if err != nil && g.Environ != nil {
		err = fmt.Errorf("%w, or set %s", err, Variable(account))
	}
	return p, err
}

// Variable is the environment variable of an account's password: SIDETONE_PASSWORD_ and the id in capitals, with every
// character that is not a letter or digit written as _.
func Variable(account string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(account))
	return "SIDETONE_PASSWORD_" + name
}

// ReadPasswords reads lines of "account=password", or one line with just the password of every account, until the end of
// the input. The error never repeats what was read.
func ReadPasswords(r io.Reader, accounts []call.Account) (map[string]string, error) {
	out := map[string]string{}
	known := map[string]bool{}
	for _, a := range accounts {
		known[a.ID] = true
	}
	in := bufio.NewScanner(r)
	for in.Scan() {
		line := strings.TrimRight(in.Text(), "\r")
		if line == "" {
			continue
		}
		if id, p, ok := strings.Cut(line, "="); ok && known[id] {
			out[id] = p
			continue
		}
		if _, twice := out[""]; twice {
			return nil, errors.New("standard input holds more than one password without an account: write account=password, one a line")
		}
		out[""] = line
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("standard input cannot be read: %w", err)
	}
	if len(out) == 0 {
		return nil, errors.New("standard input held no password")
	}
	return out, nil
}

// ReadGiven makes the passwords of a program: those typed into standard input if it was asked for, else the keyring's.
func ReadGiven(o Options, stdin bool, r io.Reader) (*Given, error) {
	if !stdin {
		return &Given{}, nil
	}
	c, err := config.Load(o.settings())
	if err != nil {
		return nil, err
	}
	typed, err := ReadPasswords(r, c.Accounts)
	return &Given{Typed: typed}, err
}
