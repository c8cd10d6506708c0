// Command mutants takes the rules of the bridge and of the status away one at a time and checks that a test notices each. It changes no file: the
// go tool builds from a changed copy (-overlay).
//
// Usage: go run ./internal/mutants [NAME…]; without names all of them. Exit code 0 if every mutant was caught, 1 if one
// lived, 2 if the list does not fit the code any more.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// mutant is one rule taken away.
type mutant struct {
	name     string // the defence's number and the rule
	file     string // below the module's root
	old, new string // old stands in the file exactly once
	tests    string // packages whose tests must notice, separated by spaces
	run      string // only these tests; empty: all
}

// each bounds one mutant; a mutant that hangs is noticed too.
const each = 4 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, names []string) int {
	lived, tried, unfit := 0, 0, 0
	for _, m := range mutants() {
		if len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(m.name, n) }) {
			continue
		}
		began := time.Now()
		caught, by, err := m.try(ctx)
		if ctx.Err() != nil {
			return 1
		}
		if err != nil {
			fmt.Printf("UNFIT   %s: %v\n", m.name, err)
			unfit++
			continue
		}
		tried++
		word := "caught"
		if !caught {
			word = "LIVED "
			lived++
		}
		fmt.Printf("%s  %-58s %5.1f s  %s\n", word, m.name, time.Since(began).Seconds(), by)
	}
	fmt.Printf("%d mutants, %d caught\n", tried, tried-lived)
	switch {
	case unfit > 0:
		return 2
	case lived > 0:
		return 1
	}
	return 0
}

// try builds and tests the module with the rule taken away. by is the first test that noticed.
func (m mutant) try(ctx context.Context) (caught bool, by string, err error) {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return false, "", err
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		return false, "", fmt.Errorf("%q stands %d times in %s, not once", m.old, n, m.file)
	}
	dir, err := os.MkdirTemp("", "mutant-*")
	if err != nil {
		return false, "", err
	}
	defer os.RemoveAll(dir)
	overlay, err := m.overlay(dir, string(text))
	if err != nil {
		return false, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, each)
	defer cancel()
	args := []string{"test", "-failfast", "-tags", "ci", "-overlay", overlay, "-timeout", (each - 10*time.Second).String()}
	if m.run != "" {
		args = append(args, "-run", m.run)
	}
	out, err := exec.CommandContext(ctx, "go", append(args, strings.Fields(m.tests)...)...).CombinedOutput()
	if err == nil {
		return false, "", nil
	}
	if strings.Contains(string(out), "[build failed]") || strings.Contains(string(out), "[setup failed]") {
		return false, "", fmt.Errorf("it does not build:\n%s", out)
	}
	return true, noticed(string(out)), nil
}

func (m mutant) overlay(dir, text string) (string, error) {
	changed := filepath.Join(dir, filepath.Base(m.file))
	if err := os.WriteFile(changed, []byte(strings.Replace(text, m.old, m.new, 1)), 0o600); err != nil {
		return "", err
	}
	original, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, b, 0o600)
}

func noticed(out string) string {
	for line := range strings.Lines(out) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: "); ok {
			return strings.Fields(name)[0]
		}
	}
	return "a test that did not end"
}
