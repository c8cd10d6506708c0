package interop

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// limit is how long a scenario may take: the longest waits for a session timer.
const limit = 4 * time.Minute

// stage is where a scenario is played outside of a test. It remembers what went wrong in which step.
type stage struct {
	ctx    context.Context
	cancel context.CancelFunc

	mu       sync.Mutex
	lines    []string
	rows     []Row  // those that have begun
	why      string // the first thing that went wrong
	cleanups []func()
}

func newStage(ctx context.Context) *stage {
	s := &stage{}
	s.ctx, s.cancel = context.WithTimeout(ctx, limit)
	return s
}

// play plays a scenario and returns a row for each of its steps.
func (s *stage) play(sc Scenario, p Program) []Row {
	row := func(feature string) Row {
		return Row{Peer: sc.Peer, Transport: sc.Transport, Keying: sc.Keying, Feature: feature}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		sc.Play(s, p, func(feature string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.rows = append(s.rows, row(feature))
		})
	}()
	<-done
	s.clean()
	why := "it did not get that far"
	if len(s.rows) == 0 {
		why = s.why
	}
	for _, step := range sc.steps[len(s.rows):] {
		r := row(step.feature)
		r.Reason = brief(why)
		s.rows = append(s.rows, r)
	}
	return s.rows
}

func (s *stage) clean() {
	for {
		s.mu.Lock()
		n := len(s.cleanups)
		if n == 0 {
			s.mu.Unlock()
			s.cancel()
			return
		}
		f := s.cleanups[n-1]
		s.cleanups = s.cleanups[:n-1]
		s.mu.Unlock()
		f()
	}
}

func (s *stage) fail(text string) {
	s.Log(text)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why == "" {
		s.why = text
	}
	if n := len(s.rows); n > 0 && s.rows[n-1].Reason == "" {
		s.rows[n-1].Reason = brief(text)
	}
}

// brief is the first sentence of a failure.
func brief(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if len(line) > 160 {
		line = line[:160] + "…"
	}
	return line
}

func (s *stage) words() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// What a scenario sees of it is that of testing.T.

func (s *stage) Helper() {}

func (s *stage) Context() context.Context { return s.ctx }

func (s *stage) TempDir() string {
	dir, err := os.MkdirTemp("", "interop-")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (s *stage) Cleanup(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cleanups = append(slices.Clip(s.cleanups), f)
}

func (s *stage) Failed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why != ""
}

func (s *stage) Log(args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, strings.TrimSuffix(fmt.Sprintln(args...), "\n"))
}

func (s *stage) Logf(format string, args ...any) { s.Log(fmt.Sprintf(format, args...)) }

func (s *stage) Error(args ...any) { s.fail(strings.TrimSuffix(fmt.Sprintln(args...), "\n")) }

func (s *stage) Errorf(format string, args ...any) { s.fail(fmt.Sprintf(format, args...)) }

func (s *stage) Fatal(args ...any) {
	s.Error(args...)
	runtime.Goexit()
}

func (s *stage) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	runtime.Goexit()
}
