package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/sync/calllog"
)

// listening opens a journal, runs it and returns what it says of a new file; stop ends it.
func listening(t *testing.T, dir string) (s *Store, renewed <-chan string, stop func()) {
	t.Helper()
	told := make(chan string, 100)
	s, err := Open(dir, func(n call.News) {
		if j, ok := n.(call.JournalRenewed); ok {
			told <- j.Text
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return s, told, func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// filled is a data folder with the journal of n calls, the first of which Kustomer does not have.
func filled(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	s, err := Open(dir, func(call.News) {})
	if err != nil {
		t.Fatal(err)
	}
	tx, err := s.db.Load().Begin() // one, for the disk's sake
	for i := range n {
		c := ended(fmt.Sprint(i), call.Incoming, call.Party{Number: "+12025550100"}, true)
		err = errors.Join(err, record(tx, &c))
	}
	err = errors.Join(err, keep(tx, calllog.Entry{Call: "0", State: calllog.Due}), tx.Commit(), s.db.Load().Close())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// spoil writes over a file from an offset on.
func spoil(t *testing.T, path string, from, length int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, int(length)), from); err != nil {
		t.Fatal(err)
	}
}

// asides are the damaged files that are kept.
func asides(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "journal-damaged-*.db"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// holds checks that a journal works and has at least so many of the old calls.
func holds(t *testing.T, s *Store, least int) {
	t.Helper()
	s.Append(ended("new", call.Incoming, call.Party{}, true), nil)
	for range 500 {
		all, err := s.Recent(t.Context(), call.Query{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if len(all) > 0 && all[0].Call.ID == "new" {
			if len(all) <= least {
				t.Errorf("%d calls of %d are left", len(all)-1, least)
			}
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the call is not written")
}

func TestDamagedJournalIsSetAside(t *testing.T) {
	for name, c := range map[string]struct {
		from, length int64
		least        int
		unsent       int
	}{
		"a page of the calls": {40 * 4096, 4096, 700, 1},
		"no journal at all":   {0, 100, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filled(t, 900)
			before := size(t, filepath.Join(dir, "journal.db"))
			spoil(t, filepath.Join(dir, "journal.db"), c.from, c.length)
			s, told, stop := listening(t, dir)
			defer stop()
			kept := asides(t, dir)
			if text := <-told; len(kept) != 1 || !strings.Contains(text, kept[0]) || size(t, kept[0]) != before {
				t.Fatalf("%q %v", text, kept)
			}
			holds(t, s, c.least)
			if due, err := s.Unsent(t.Context()); err != nil || len(due) != c.unsent {
				t.Errorf("%d calls wait for Kustomer: %v", len(due), err)
			}
		})
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// TestJournalDamagedWhileItRuns: whoever meets the damage first, the reader or the writer, nothing that waits is lost.
func TestJournalDamagedWhileItRuns(t *testing.T) {
	for _, who := range []string{"reader", "writer"} {
		t.Run(who, func(t *testing.T) {
			dir := filled(t, 900)
			s, told, stop := listening(t, dir)
			defer stop()
			path := filepath.Join(dir, "journal.db")
			s.db.Load().SetMaxIdleConns(0) // nobody remembers a page
			spoil(t, path, 4096, size(t, path)-4096)
			if who == "reader" {
				if _, err := s.Recent(t.Context(), call.Query{}); err == nil || !strings.Contains(err.Error(), "look again in a moment") {
					t.Error(err)
				}
			} else {
				s.Append(ended("first", call.Incoming, call.Party{}, true), nil)
			}
			if text := <-told; len(asides(t, dir)) != 1 || !strings.Contains(text, asides(t, dir)[0]) {
				t.Errorf("%q", text)
			}
			holds(t, s, 0)
		})
	}
}

// TestFullDiskIsSaid: whoever starts on a full disk reads so.
func TestFullDiskIsSaid(t *testing.T) {
	s, err := Open(t.TempDir(), func(call.News) {})
	if err != nil {
		t.Fatal(err)
	}
	defer s.db.Load().Close()
	s.db.Load().SetMaxOpenConns(1) // the limit is a connection's own
	if _, err := s.db.Load().Exec(`PRAGMA max_page_count = 1`); err != nil {
		t.Fatal(err)
	}
	_, err = s.db.Load().Exec(`CREATE TABLE more AS SELECT zeroblob(100000)`)
	if !isFull(err) || isDamage(err) || !strings.Contains(advice(err), "The disk is full: free some space") {
		t.Errorf("%v: %s", err, advice(err))
	}
}
