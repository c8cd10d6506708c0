package audio

import (
	"errors"
	"slices"
	"time"
)

// several is a sink of several: the first that lives sets the beat, the others follow it. One that dies is left out; it is dead
// when all are.
type several struct {
	sinks []Sink
	dead  []Sink // to be closed with the others
}

// Space implements Sink.
func (s *several) Space(now time.Time) (int, error) {
	for len(s.sinks) > 0 {
		n, err := s.sinks[0].Space(now)
		if err == nil {
			return n, nil
		}
		s.leave(0)
	}
	return 0, ErrDead
}

// Write implements Sink.
func (s *several) Write(p []int16) (int, error) {
	for i := len(s.sinks) - 1; i >= 0; i-- {
		if _, err := s.sinks[i].Write(p); err != nil {
			s.leave(i)
		}
	}
	if len(s.sinks) == 0 {
		return 0, ErrDead
	}
	return len(p), nil
}

func (s *several) leave(i int) {
	s.dead = append(s.dead, s.sinks[i])
	s.sinks = slices.Delete(s.sinks, i, i+1)
}

// Wakes implements Sink.
func (s *several) Wakes() bool { return len(s.sinks) == 0 || s.sinks[0].Wakes() }

// Close implements Sink.
func (s *several) Close() error {
	var err error
	for _, sink := range append(s.sinks, s.dead...) {
		err = errors.Join(err, sink.Close())
	}
	return err
}
