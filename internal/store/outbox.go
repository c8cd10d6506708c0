package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"sidetone/sync/calllog"
)

// outboxSchema is applied at every start. The entry is kept whole as JSON; the columns are what is chosen and sorted by.
const outboxSchema = `
CREATE TABLE IF NOT EXISTS outbox (
	call     TEXT PRIMARY KEY,
	ended_at INTEGER NOT NULL, -- Unix milliseconds
	sent     INTEGER NOT NULL,
	entry    TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS outbox_ended ON outbox(sent, ended_at);`

// Keep queues the present state of a call's log entry and returns at once.
func (s *Store) Keep(e calllog.Entry) { s.add(item{entry: &e}) }

// keep writes an entry in the place of the one before.
func keep(tx *sql.Tx, e calllog.Entry) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO outbox(call, ended_at, sent, entry) VALUES(?,?,?,?)
		ON CONFLICT(call) DO UPDATE SET sent = excluded.sent, entry = excluded.entry`,
		string(e.Call), e.EndedAt.UnixMilli(), e.State == calllog.Sent, string(body))
	return err
}

// Unsent returns every entry that Kustomer does not have, oldest first. An entry that cannot be read stays where it is.
func (s *Store) Unsent(ctx context.Context) ([]calllog.Entry, error) {
	return s.entries(ctx, `SELECT entry FROM outbox WHERE sent = 0 ORDER BY ended_at, call`)
}

// Outbox returns the newest entries, sent or not, newest first; 100 if limit is 0, never more than 1000.
func (s *Store) Outbox(ctx context.Context, limit int) ([]calllog.Entry, error) {
	if limit <= 0 {
		limit = 100
	}
	return s.entries(ctx, `SELECT entry FROM outbox ORDER BY ended_at DESC, call DESC LIMIT ?`, min(limit, 1000))
}

func (s *Store) entries(ctx context.Context, query string, args ...any) ([]calllog.Entry, error) {
	rows, err := s.db.Load().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.unread("the log for Kustomer", err)
	}
	defer rows.Close()
	out := []calllog.Entry{}
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			return nil, s.unread("the log for Kustomer", err)
		}
		var e calllog.Entry
		if json.Unmarshal([]byte(body), &e) == nil && e.Call != "" {
			out = append(out, e)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, s.unread("the log for Kustomer", err)
	}
	return out, nil
}
