package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"sidetone/sync/calllog"
)

// begunSchema is applied at every start: the calls that have begun and have no record yet.
const begunSchema = `
CREATE TABLE IF NOT EXISTS begun (
	id   TEXT PRIMARY KEY,
	seen INTEGER NOT NULL, -- Unix milliseconds: when the call was known to be on last
	call TEXT NOT NULL
);`

// look is how often calls that are on are written to be so: what a killed program does not know of a call's length.
const look = 10 * time.Second

// Begin queues the present state of a call that is on and returns at once. Append takes its place.
func (s *Store) Begin(b calllog.Begun) { s.add(item{begun: &b}) }

// Interrupted returns the calls that were on when the program ended without a word, as they ended for it, and what was typed about
// them, oldest first. It must come before the first Begin. A call that cannot be read is left out.
func (s *Store) Interrupted(ctx context.Context) ([]calllog.Begun, error) {
	rows, err := s.db.Load().QueryContext(ctx, `SELECT seen, call FROM begun ORDER BY seen, id`)
	if err != nil {
		return nil, s.unread("the calls of the last run", err)
	}
	defer rows.Close()
	var out []calllog.Begun
	for rows.Next() {
		var seen int64
		var body string
		if err := rows.Scan(&seen, &body); err != nil {
			return nil, s.unread("the calls of the last run", err)
		}
		var b calllog.Begun
		if json.Unmarshal([]byte(body), &b) == nil && b.ID != "" {
			b.Call = b.Call.Interrupted(time.UnixMilli(seen))
			out = append(out, b)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, s.unread("the calls of the last run", err)
	}
	return out, nil
}

// begin writes a call that is on, in the place of what was written of it before.
func (s *Store) begin(tx *sql.Tx, b *calllog.Begun) error {
	if b == nil {
		return nil
	}
	body, err := json.Marshal(b)
	if err != nil {
		return err
	}
	s.on = true
	_, err = tx.Exec(`INSERT INTO begun(id, seen, call) VALUES(?,?,?) ON CONFLICT(id) DO UPDATE SET seen = excluded.seen, call = excluded.call`,
		string(b.ID), time.Now().UnixMilli(), string(body))
	return err
}

// seen writes that the calls that are on still are. What cannot be written now is written the next time.
func (s *Store) seen(now time.Time) {
	if !s.on {
		return
	}
	res, err := s.db.Load().Exec(`UPDATE begun SET seen = ?`, now.UnixMilli())
	if err == nil {
		n, _ := res.RowsAffected() // SQLite always knows
		s.on = n > 0
	}
}
