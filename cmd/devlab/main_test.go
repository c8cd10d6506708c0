package main

import (
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sidetone/internal/lab"
	"sidetone/internal/pbx"
)

// TestSaysHowToStartThePhone: both commands name the folder with the settings that fit the lab.
func TestSaysHowToStartThePhone(t *testing.T) {
	l, err := lab.New(lab.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	defer func() {
		if err := l.Run(ctx); err != nil { // closes its ports
			t.Error(err)
		}
	}()
	path, err := settle(l)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	defer os.RemoveAll(dir)
	text := starting(l, path)
	for _, want := range []string{"| bin/sidetone --data-dir " + dir + " --password-stdin\n", "| bin/sidetoned --data-dir " + dir + " --password-stdin "} {
		if !strings.Contains(text, "  echo main="+lab.Password+" "+want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != l.Settings(nil) || !strings.Contains(text, string(b)) {
		t.Errorf("%v\n%s", err, b)
	}
}

func TestFaultOfNoLab(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"earthquake"}, 2}, {[]string{"refuse"}, 2}, {[]string{"lose", "--times", "x"}, 2}, {[]string{"lose", "--method", "FOO"}, 2}, {[]string{"lose", "--method", "register", "--sip-port", "1"}, 1}, {[]string{"lose", "--sip-port", "1"}, 1}, {nil, 2}, {[]string{"--help"}, 0},
	} {
		if code := fault(t.Context(), c.args); code != c.code {
			t.Errorf("%v ended with %d, want %d", c.args, code, c.code)
		}
	}
	text := helpOf(flag.NewFlagSet("devlab fault", flag.ContinueOnError))
	for _, f := range pbx.Kinds() {
		if !strings.Contains(text, "  "+f.Name+" ") {
			t.Errorf("the help does not tell of %s", f.Name)
		}
	}
}

// TestEachCommandHasItsHelp: its own line, sentences and flags, and nobody else's.
func TestEachCommandHasItsHelp(t *testing.T) {
	for verb, play := range commands() {
		text := printed(t, func() {
			if code := play(t.Context(), []string{"--help"}); code != 0 {
				t.Errorf("devlab %s --help ended with %d", verb, code)
			}
		})
		line, rest, _ := strings.Cut(strings.TrimPrefix(text, "Usage: devlab "+verb+" "), "\n\n")
		what, flags, _ := strings.Cut(rest, "\n\n")
		if !strings.Contains(text, "\nExample: devlab "+verb+" ") || !strings.Contains(text, "\nExit codes: 0 ") {
			t.Errorf("devlab %s --help has no example or no exit codes: %s", verb, text)
		}
		if !strings.HasPrefix(text, "Usage: devlab "+verb+" ") || len(what) < 20 || strings.Contains(text, ": `") {
			t.Errorf("devlab %s --help: %s", verb, text)
		}
		for _, f := range strings.Split(line, "[")[1:] {
			name, _, _ := strings.Cut(strings.TrimRight(f, "] "), " ")
			if !strings.Contains(flags, "  "+name) {
				t.Errorf("devlab %s --help does not explain %s: %s", verb, name, text)
			}
		}
	}
}

// printed is what f writes to standard output.
func printed(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdout
	os.Stdout = w
	f() // less than a pipe holds
	os.Stdout = before
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
