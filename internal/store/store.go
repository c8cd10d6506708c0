// Package store keeps what survives a restart: the journal of ended calls, numbered and searchable, what Kustomer's log shall
// have of them, the calls that are on, in case the program is killed, and what the agent's status must remember.
package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sidetone/internal/call"
	"sidetone/sync/calllog"
)

// schema is applied at every start. The call is kept whole as JSON, so that a newer version can read an older one; the
// columns are what is sorted and searched.
const schema = `
CREATE TABLE IF NOT EXISTS record (
	number    INTEGER PRIMARY KEY AUTOINCREMENT,
	id        TEXT NOT NULL UNIQUE,
	ended_at  INTEGER NOT NULL, -- Unix milliseconds
	direction TEXT NOT NULL,
	missed    INTEGER NOT NULL,
	who       TEXT NOT NULL,    -- lower-case name and number, for search
	call      TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS record_ended ON record(ended_at);`

// Store is the journal on disk. Append, Keep and what reads may be called from any goroutine; Run's goroutine does the writing.
type Store struct {
	path    string
	db      atomic.Pointer[sql.DB] // Run's goroutine replaces it
	suspect atomic.Bool            // the file must be replaced
	sink    func(call.News)

	mu     sync.Mutex
	queue  []item
	status *remembering // nil: nothing waits
	ready  chan struct{}
	late   bool // the last write failed; Run's goroutine's own
	on     bool // there may be calls that have begun and have no record; Run's goroutine's own
}

// item is one thing to write: a call that has begun, an ended one, what Kustomer's log shall have of it, or both, which then are there
// together.
type item struct {
	begun *calllog.Begun
	call  *call.Call
	entry *calllog.Entry
}

// Open opens or makes the journal in dir and reports to sink. A damaged one is set aside, and a new one begun. The error says what to
// do.
func Open(dir string, sink func(call.News)) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be made: %w. Choose another with --data-dir", dir, err)
	}
	s := &Store{path: filepath.Join(dir, "journal.db"), sink: sink, ready: make(chan struct{}, 1)}
	db, err := openFile(s.path)
	if isDamage(err) {
		var told string
		if db, told, err = renew(s.path); err != nil {
			return nil, err
		}
		sink(call.JournalRenewed{Text: told})
	}
	if err != nil {
		return nil, fmt.Errorf("the journal %s cannot be used: %w. %s", s.path, err, advice(err))
	}
	s.db.Store(db)
	return s, nil
}

// advice is what to do about a journal that cannot be opened.
func advice(err error) string {
	if isFull(err) {
		return "The disk is full: free some space, or choose another folder with --data-dir"
	}
	return "Check the folder's rights and free space, or choose another with --data-dir"
}

// remedy is advice to a person whose calls go on meanwhile.
func remedy(err error) string {
	if isFull(err) {
		return "the disk is full: free some space"
	}
	return "look at the disk and at the rights of the data folder"
}

// uriPath escapes what would end the path part of SQLite's file: URI.
func uriPath(path string) string {
	return strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.ToSlash(path))
}

// Append queues the record of an ended call, and with it what Kustomer's log shall have, nil for nothing. It returns at
// once; call.Recorded is sent when both are on disk.
func (s *Store) Append(c call.Call, e *calllog.Entry) { s.add(item{call: &c, entry: e}) }

func (s *Store) add(i item) {
	s.mu.Lock()
	s.queue = append(s.queue, i)
	s.mu.Unlock()
	s.wake()
}

func (s *Store) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// Run writes what is appended until ctx ends, then writes what is left and closes the file.
func (s *Store) Run(ctx context.Context) error {
	if n, err := s.newest(ctx); err == nil {
		s.sink(call.Recorded{Number: n})
	}
	retry := time.NewTimer(time.Hour)
	defer retry.Stop()
	looks := time.NewTicker(look)
	defer looks.Stop()
	for {
		select {
		case <-ctx.Done():
			return errors.Join(s.finish(), s.db.Load().Close())
		case <-s.ready:
		case <-retry.C:
		case <-looks.C:
			s.seen(time.Now())
			continue
		}
		s.examine(ctx)
		if !s.drain() {
			retry.Reset(5 * time.Second)
		}
	}
}

// How often the last writes are tried, and how long apart: a program that ends must not hang for a full disk.
const (
	lastTries = 4
	lastPause = 400 * time.Millisecond
)

// finish writes what is left. The error says that something was lost with the program.
func (s *Store) finish() error {
	for range lastTries {
		if s.drain() {
			return nil
		}
		time.Sleep(lastPause)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Errorf("the last %d changes of history, log and status could not be saved: free some disk space", max(1, len(s.queue)))
}

// drain writes the queue in order and keeps what could not be written: a full disk loses nothing while Sidetone runs.
func (s *Store) drain() bool {
	for {
		kept := s.drainMemory() // a wish waits for it
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.mu.Unlock()
			return kept
		}
		i := s.queue[0]
		s.mu.Unlock()
		err := s.mended(func() error { return s.write(i) })
		s.tell(i, err)
		if err != nil {
			return false
		}
		s.mu.Lock()
		s.queue = s.queue[1:]
		s.mu.Unlock()
	}
}

// tell says what became of a write: of every call, and of an entry alone only when that is news.
func (s *Store) tell(i item, err error) {
	news := call.Recorded{Err: err}
	if i.call != nil {
		news.ID = i.call.ID
	}
	if err == nil {
		news.Number, err = s.newest(context.Background())
		news.Err = err
	}
	if i.call != nil || s.late || err != nil {
		s.sink(news)
	}
	s.late = err != nil
}

// write puts an item on disk, all of it or nothing. The same call twice is one record: a retry after a crash between commit
// and answer must not double it.
func (s *Store) write(i item) (err error) {
	tx, err := s.db.Load().Begin()
	if err == nil {
		defer func() { _ = tx.Rollback() }() // does nothing after a commit
		err = errors.Join(s.begin(tx, i.begun), record(tx, i.call))
	}
	if err == nil && i.entry != nil {
		err = keep(tx, *i.entry)
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		return fmt.Errorf("the history cannot be saved: %w. Calls still work; %s", err, remedy(err))
	}
	return nil
}

func record(tx *sql.Tx, c *call.Call) error {
	if c == nil {
		return nil
	}
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	who := strings.ToLower(c.Remote.Name + " " + c.Remote.Number)
	_, err = tx.Exec(`INSERT INTO record(id, ended_at, direction, missed, who, call) VALUES(?,?,?,?,?,?)
		ON CONFLICT(id) DO NOTHING`, string(c.ID), c.EndedAt.UnixMilli(), string(c.Direction), c.Missed(), who, string(body))
	if err == nil {
		_, err = tx.Exec(`DELETE FROM begun WHERE id = ?`, string(c.ID))
	}
	return err
}

func (s *Store) newest(ctx context.Context) (uint64, error) {
	var n uint64
	err := s.db.Load().QueryRowContext(ctx, `SELECT COALESCE(MAX(number), 0) FROM record`).Scan(&n)
	return n, err
}

// Recent returns records, newest first.
func (s *Store) Recent(ctx context.Context, q call.Query) ([]call.Record, error) {
	if q.Limit <= 0 {
		q.Limit = 100
	}
	q.Limit = min(q.Limit, 1000)
	if q.Before == 0 {
		q.Before = 1 << 62
	}
	rows, err := s.db.Load().QueryContext(ctx, `SELECT number, call FROM record WHERE number < ? AND instr(who, ?) > 0
		AND (? = 0 OR missed) AND (? = '' OR direction = ?) ORDER BY number DESC LIMIT ?`,
		q.Before, strings.ToLower(q.Search), q.Missed, string(q.Only), string(q.Only), q.Limit)
	if err != nil {
		return nil, s.unread("the history", err)
	}
	defer rows.Close()
	out := []call.Record{}
	for rows.Next() {
		var r call.Record
		var body string
		if err := rows.Scan(&r.Number, &body); err != nil {
			return nil, s.unread("the history", err)
		}
		if err := json.Unmarshal([]byte(body), &r.Call); err != nil {
			// The others are still worth reading; this one stays on disk as it is.
			r.Call = call.Call{Phase: call.Ended, Remote: call.Party{Name: "Unreadable record"}}
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, s.unread("the history", err)
	}
	return out, nil
}
