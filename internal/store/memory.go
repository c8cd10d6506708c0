package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"sidetone/sync/presence"
)

// memorySchema holds one row: what the agent's status must know after a restart.
const memorySchema = `
CREATE TABLE IF NOT EXISTS memory (
	one    INTEGER PRIMARY KEY CHECK (one = 1),
	status TEXT NOT NULL
);`

// remembering is a memory that waits to be written, and who waits for it.
type remembering struct {
	memory presence.Memory
	done   []func(error)
}

// Remember implements phone.Memory.
func (s *Store) Remember(m presence.Memory, done func(error)) {
	s.mu.Lock()
	if s.status == nil {
		s.status = &remembering{}
	}
	s.status.memory = m
	s.status.done = append(s.status.done, done)
	s.mu.Unlock()
	s.wake()
}

// Memory is what was remembered last, the zero value if nothing was. What cannot be read is forgotten: Kustomer knows where the
// agent is.
func (s *Store) Memory(ctx context.Context) (presence.Memory, error) {
	var text string
	err := s.db.Load().QueryRowContext(ctx, `SELECT status FROM memory`).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return presence.Memory{}, nil
	}
	var m presence.Memory
	if err == nil {
		err = json.Unmarshal([]byte(text), &m)
	}
	if err != nil {
		return presence.Memory{}, fmt.Errorf("the agent's status of the last run cannot be read: %w", err)
	}
	return m, nil
}

// drainMemory writes the newest memory, if one waits, and says whether none is left. One that could not be written waits on, unless
// a newer one has come: who waits for it hears of both.
func (s *Store) drainMemory() bool {
	s.mu.Lock()
	r := s.status
	s.status = nil
	s.mu.Unlock()
	if r == nil {
		return true
	}
	err := s.mended(func() error { return s.writeMemory(r.memory) })
	for _, done := range r.done {
		done(err)
	}
	if err == nil {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status == nil {
		s.status = r
	}
	return false
}

func (s *Store) writeMemory(m presence.Memory) error {
	text, err := json.Marshal(m)
	if err == nil {
		_, err = s.db.Load().Exec(`INSERT INTO memory(one, status) VALUES(1, ?) ON CONFLICT(one) DO UPDATE SET status = excluded.status`, string(text))
	}
	if err != nil {
		return fmt.Errorf("the agent's status cannot be saved: %w. It still works until Sidetone ends; %s", err, remedy(err))
	}
	return nil
}
