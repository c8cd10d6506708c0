package audio

import (
	"errors"
	"testing"
	"time"
)

// mortal is a sink that takes everything until it is dead.
type mortal struct {
	unhurried
	dead   bool
	taken  int
	closed int
}

func (m *mortal) Space(time.Time) (int, error) {
	if m.dead {
		return 0, ErrDead
	}
	return Period, nil
}

func (m *mortal) Write(p []int16) (int, error) {
	if m.dead {
		return 0, ErrDead
	}
	m.taken += len(p)
	return len(p), nil
}

func (m *mortal) Close() error { m.closed++; return nil }

func TestSeveralRingOn(t *testing.T) {
	a, b := &mortal{}, &mortal{}
	s := &several{sinks: []Sink{a, b}}
	ring := func() error {
		n, err := s.Space(time.Time{})
		if err == nil {
			_, err = s.Write(make([]int16, n))
		}
		return err
	}
	if err := ring(); err != nil || a.taken != Period || b.taken != Period {
		t.Fatalf("%v, %d and %d samples", err, a.taken, b.taken)
	}
	a.dead = true
	if err := ring(); err != nil || b.taken != 2*Period {
		t.Errorf("one of two is gone: %v, %d samples", err, b.taken)
	}
	b.dead = true
	if err := ring(); !errors.Is(err, ErrDead) {
		t.Errorf("both are gone: %v", err)
	}
	if err := s.Close(); err != nil || a.closed != 1 || b.closed != 1 {
		t.Errorf("%v, closed %d and %d times", err, a.closed, b.closed)
	}
}
