package peers

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

// Stage is a T outside of a test. Play plays on it.
type Stage struct {
	OnFail func(text string) // told of everything that goes wrong; may be nil

	ctx    context.Context
	cancel context.CancelFunc

	mu       sync.Mutex
	lines    []string
	why      string // the first thing that went wrong
	cleanups []func()
}

// NewStage makes one that lasts no longer than limit.
func NewStage(ctx context.Context, limit time.Duration) *Stage {
	s := &Stage{}
	s.ctx, s.cancel = context.WithTimeout(ctx, limit)
	return s
}

// Play calls f in a goroutine that Fatal ends, waits for it, and cleans up.
func (s *Stage) Play(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
	s.clean()
}

func (s *Stage) clean() {
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

func (s *Stage) fail(text string) {
	s.Log(text)
	s.mu.Lock()
	if s.why == "" {
		s.why = text
	}
	s.mu.Unlock()
	if s.OnFail != nil {
		s.OnFail(text)
	}
}

// Why is the first thing that went wrong.
func (s *Stage) Why() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}

// Words is everything that was logged.
func (s *Stage) Words() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// The rest is what a testing.T has.

func (s *Stage) Helper() {}

func (s *Stage) Context() context.Context { return s.ctx }

func (s *Stage) TempDir() string {
	dir, err := os.MkdirTemp("", "sidetone-peers-")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (s *Stage) Cleanup(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cleanups = append(slices.Clip(s.cleanups), f)
}

func (s *Stage) Failed() bool { return s.Why() != "" }

func (s *Stage) Log(args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, strings.TrimSuffix(fmt.Sprintln(args...), "\n"))
}

func (s *Stage) Logf(format string, args ...any) { s.Log(fmt.Sprintf(format, args...)) }

func (s *Stage) Error(args ...any) { s.fail(strings.TrimSuffix(fmt.Sprintln(args...), "\n")) }

func (s *Stage) Errorf(format string, args ...any) { s.fail(fmt.Sprintf(format, args...)) }

func (s *Stage) Fatal(args ...any) {
	s.Error(args...)
	runtime.Goexit()
}

func (s *Stage) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	runtime.Goexit()
}
