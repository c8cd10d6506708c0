package main

import (
	"context"
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
		{[]string{"earthquake"}, 2}, {[]string{"refuse"}, 2}, {[]string{"lose", "--times", "x"}, 2}, {[]string{"lose", "--sip-port", "1"}, 1}, {nil, 2}, {[]string{"--help"}, 0},
	} {
		if code := fault(t.Context(), c.args); code != c.code {
			t.Errorf("%v ended with %d, want %d", c.args, code, c.code)
		}
	}
	for _, f := range pbx.FaultNames() {
		if !strings.Contains(faultUsage(), "  "+f.Number+" ") {
			t.Errorf("the help does not tell of %s", f.Number)
		}
	}
}
