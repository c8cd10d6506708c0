package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"modernc.org/sqlite" // also the driver named "sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"sidetone/internal/call"
)

// errDamaged says that a file is not what was written.
var errDamaged = errors.New("the file is damaged")

// isDamage reports whether SQLite, or the look at a file, found it damaged.
func isDamage(err error) bool {
	var no *sqlite.Error
	if errors.As(err, &no) {
		code := no.Code() & 0xff // of its extended code
		return code == sqlite3.SQLITE_NOTADB || code == sqlite3.SQLITE_CORRUPT
	}
	return errors.Is(err, errDamaged)
}

// isFull reports whether there was no room on the disk, for the file or for what SQLite keeps beside it.
func isFull(err error) bool {
	var no *sqlite.Error
	return errors.As(err, &no) && (no.Code()&0xff == sqlite3.SQLITE_FULL || no.Code() == sqlite3.SQLITE_IOERR_SHMSIZE)
}

// openFile opens or makes a journal and looks whether it is whole.
func openFile(path string) (*sql.DB, error) {
	db, err := connect(path)
	if err != nil {
		return nil, err
	}
	if _, err = db.Exec(schema + memorySchema + outboxSchema + begunSchema); err == nil {
		err = whole(db)
	}
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func connect(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+uriPath(path)+"?_pragma=busy_timeout(3000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err == nil {
		db.SetMaxOpenConns(2) // one writer, one reader
	}
	return db, err
}

// whole looks at every page of a file.
func whole(db *sql.DB) error {
	var found string
	err := db.QueryRow(`PRAGMA quick_check(1)`).Scan(&found)
	if err == nil && found != "ok" {
		err = errDamaged
	}
	return err
}

// renew sets a damaged file aside under a name of its own, begins a new one and brings over what can be read. told is a sentence
// for the agent.
func renew(path string) (db *sql.DB, told string, err error) {
	aside := asideOf(path, time.Now())
	if err := move(path, aside); err != nil {
		return nil, "", fmt.Errorf("the journal %s is damaged and cannot be set aside: %w. Move it to another folder, and Sidetone begins a new one", path, err)
	}
	if db, err = openFile(path); err != nil {
		return nil, "", errors.Join(fmt.Errorf("the journal %s is damaged and a new one cannot be begun: %w. %s", path, err, advice(err)), move(aside, path))
	}
	n := rescue(aside, db)
	told = fmt.Sprintf("The history was damaged. Sidetone keeps the damaged file as %s and has begun a new one with what could still be read: %d calls.", aside, n)
	return db, told, nil
}

// asideOf is a path that nobody has.
func asideOf(path string, now time.Time) string {
	base := strings.TrimSuffix(path, ".db") + "-damaged-" + now.Format("20060102-150405")
	aside := base + ".db"
	for n := 2; n < 100; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s-%d.db", base, n)
	}
	return aside
}

// move renames a journal with all that belongs to it.
func move(from, to string) error {
	for _, tail := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(from+tail, to+tail); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// rescue copies what can be read of a damaged file and returns how many calls that are. It reads each table from both ends: between
// them lies the damage. What it misses stays in the file.
func rescue(aside string, to *sql.DB) int {
	from, err := connect(aside)
	if err != nil {
		return 0
	}
	defer from.Close()
	rescued := 0
	for _, t := range []struct{ table, key, columns string }{
		{"memory", "one", "one, status"}, {"outbox", "call", "call, ended_at, sent, entry"}, {"begun", "id", "id, seen, call"},
		{"record", "number", "number, id, ended_at, direction, missed, who, call"},
	} {
		rescued = 0
		for _, order := range []string{"ASC", "DESC"} {
			query := `SELECT ` + t.columns + ` FROM ` + t.table + ` ORDER BY ` + t.key + ` ` + order
			marks := strings.Repeat(",?", strings.Count(t.columns, ",")+1)[1:]
			rescued += copyRows(from, to, query, `INSERT OR IGNORE INTO `+t.table+`(`+t.columns+`) VALUES(`+marks+`)`)
		}
	}
	return rescued
}

// copyRows copies rows, whose last column is JSON, until one cannot be read, and returns how many were new.
func copyRows(from, to *sql.DB, query, insert string) int {
	rows, err := from.Query(query)
	if err != nil {
		return 0
	}
	defer rows.Close()
	tx, err := to.Begin()
	if err != nil {
		return 0
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	columns, err := rows.Columns()
	fresh := 0
	for err == nil && rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err = rows.Scan(into...); err != nil {
			break
		}
		if text, ok := values[len(values)-1].(string); !ok || !json.Valid([]byte(text)) {
			continue
		}
		if r, err := tx.Exec(insert, values...); err == nil {
			n, _ := r.RowsAffected() // the driver never fails here
			fresh += int(n)
		}
	}
	if tx.Commit() != nil {
		return 0
	}
	return fresh
}

// mended does a write. If the file turns out to be damaged the write is done again in a new one.
func (s *Store) mended(write func() error) error {
	if !s.suspect.Load() {
		err := write()
		if !isDamage(err) {
			return err
		}
	}
	if err := s.replace(); err != nil {
		return err
	}
	return write()
}

// replace goes over to a new file; what fails is tried again with the next write. Run's goroutine calls it.
func (s *Store) replace() error {
	s.suspect.Store(true)
	_ = s.db.Load().Close() // it is damaged: whatever it says, the file is kept
	db, told, err := renew(s.path)
	if err != nil {
		return err
	}
	s.db.Store(db)
	s.suspect.Store(false)
	s.sink(call.JournalRenewed{Text: told})
	return nil
}

// unread is the error of a read. One that finds the file damaged has it replaced.
func (s *Store) unread(what string, err error) error {
	if isDamage(err) {
		s.suspect.Store(true)
		s.wake()
		return fmt.Errorf("%s cannot be read: %w. Sidetone keeps the damaged file and begins a new one: look again in a moment", what, errDamaged)
	}
	return fmt.Errorf("%s cannot be read: %w", what, err)
}

// examine replaces a file that a reader has found damaged.
func (s *Store) examine(ctx context.Context) {
	if ctx.Err() == nil && s.suspect.Load() {
		if err := s.replace(); err != nil {
			s.sink(call.Recorded{Err: err})
		}
	}
}
