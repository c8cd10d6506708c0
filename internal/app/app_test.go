package app

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"sidetone/internal/call"
)

func TestStagesStopInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var ended []string
		lives := func(name string) part {
			return part{name, func(ctx context.Context) error {
				<-ctx.Done()
				mu.Lock()
				defer mu.Unlock()
				ended = append(ended, name)
				return nil
			}}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- runStages(ctx, [][]part{{lives("front")}, {lives("sip")}, {lives("journal")}}) }()
		synctest.Wait()
		cancel()
		if err := <-done; err != nil || strings.Join(ended, " ") != "front sip journal" {
			t.Errorf("%v %v", ended, err)
		}
	})
}

func TestPartThatFailsTakesThePhoneDown(t *testing.T) {
	waits := part{"waits", func(ctx context.Context) error { <-ctx.Done(); return nil }}
	for name, run := range map[string]func(context.Context) error{
		"fails": func(context.Context) error { return errors.New("the port is taken") },
		"ends":  func(context.Context) error { return nil },
	} {
		err := runStages(t.Context(), [][]part{{waits}, {{"sip", run}}, {waits}})
		if err == nil || !strings.HasPrefix(err.Error(), "sip: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPasswordsOrder(t *testing.T) {
	env := func(name string) (string, bool) { return "from-" + name, name == "SIDETONE_PASSWORD_MY_LINE" }
	for _, c := range []struct {
		typed   map[string]string
		account string
		want    string
	}{
		{map[string]string{"my-line": "typed"}, "my-line", "typed"},
		{map[string]string{"": "for all"}, "my-line", "for all"},
		{nil, "my-line", "from-SIDETONE_PASSWORD_MY_LINE"},
	} {
		got, err := (&Given{Typed: c.typed, Environ: env}).Get(t.Context(), c.account)
		if err != nil || got != c.want {
			t.Errorf("%+v: %q %v", c, got, err)
		}
	}
}

func TestReadPasswords(t *testing.T) {
	accounts := []call.Account{{ID: "main"}, {ID: "work"}}
	got, err := ReadPasswords(strings.NewReader("main=a=b\r\n\nwork=\n"), accounts)
	if err != nil || got["main"] != "a=b" || len(got) != 2 {
		t.Errorf("%v %v", got, err)
	}
	if got, err = ReadPasswords(strings.NewReader("x=y"), accounts); err != nil || got[""] != "x=y" {
		t.Errorf("a password with = in it: %v %v", got, err)
	}
	for _, in := range []string{"", "\n\n", "one\ntwo"} {
		if _, err := ReadPasswords(strings.NewReader(in), accounts); err == nil || strings.Contains(err.Error(), "two") {
			t.Errorf("%q: %v", in, err)
		}
	}
}
