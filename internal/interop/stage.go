package interop

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"time"

	"sidetone/internal/peers"
)

// limit is how long a scenario may take: the longest waits for a session timer.
const limit = 4 * time.Minute

// stage is where a scenario is played outside of a test. It remembers what went wrong in which step.
type stage struct {
	*peers.Stage
	mu   sync.Mutex
	rows []Row // those that have begun
}

func newStage(ctx context.Context) *stage {
	s := &stage{Stage: peers.NewStage(ctx, limit)}
	s.OnFail = func(text string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if n := len(s.rows); n > 0 {
			s.rows[n-1].Reason = cmp.Or(s.rows[n-1].Reason, brief(text))
		}
	}
	return s
}

// play plays a scenario and returns a row for each of its steps.
func (s *stage) play(sc Scenario, p Program) []Row {
	row := func(feature string) Row {
		return Row{Peer: sc.Peer, Transport: sc.Transport, Keying: sc.Keying, Feature: feature}
	}
	s.Play(func() {
		sc.Play(s, p, func(feature string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.rows = append(s.rows, row(feature))
		})
	})
	why := "it did not get that far"
	if len(s.rows) == 0 {
		why = brief(s.Why())
	}
	for _, step := range sc.steps[len(s.rows):] {
		r := row(step.feature)
		r.Reason = why
		s.rows = append(s.rows, r)
	}
	return s.rows
}

// brief is the first line of a failure.
func brief(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if len(line) > 160 {
		line = line[:160] + "…"
	}
	return line
}
