package store

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/sync/presence"
)

func TestMemorySurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	s, _, stop := running(t, dir)
	if m, err := s.Memory(t.Context()); err != nil || m != (presence.Memory{}) {
		t.Fatalf("%+v, %v", m, err)
	}
	at := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)
	want := presence.Memory{
		Rev: 7, Kustomer: "busy", Chosen: presence.Choice{Status: presence.Unavailable, Label: "Lunch", Ref: "l1", By: presence.InKustomer, At: at},
		Wrap: presence.Wrap{Since: at, Until: at.Add(time.Minute)},
	}
	done := make(chan error, 100)
	for rev := range uint64(50) {
		s.Remember(presence.Memory{Rev: rev}, func(err error) { done <- err })
	}
	s.Remember(want, func(err error) { done <- err })
	for range 51 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	stop()
	s, _, stop = running(t, dir)
	defer stop()
	if m, err := s.Memory(t.Context()); err != nil || m != want {
		t.Fatalf("%+v, %v", m, err)
	}
}

func TestMemoryThatCannotBeReadIsForgotten(t *testing.T) {
	s, _, stop := running(t, t.TempDir())
	defer stop()
	if _, err := s.db.Load().Exec(`INSERT INTO memory(one, status) VALUES(1, '{"rev":"x"')`); err != nil {
		t.Fatal(err)
	}
	if m, err := s.Memory(t.Context()); err == nil || m != (presence.Memory{}) {
		t.Fatalf("%+v, %v", m, err)
	}
}

// TestMemoryThatCannotBeWrittenIsSaid locks the file as another program would.
func TestMemoryThatCannotBeWrittenIsSaid(t *testing.T) {
	dir := t.TempDir()
	s, news, stop := running(t, dir)
	defer stop()
	<-news
	other, err := Open(dir, nil)
	if err != nil {
		t.Fatal(filepath.Join(dir, "journal.db"), err)
	}
	defer other.db.Load().Close()
	lock, err := other.db.Load().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 10)
	s.Remember(presence.Memory{Rev: 1}, func(err error) { done <- err })
	if err := <-done; err == nil {
		t.Error("a locked file took it")
	}
	if _, err := lock.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	_ = lock.Close()
	if err := <-done; err != nil { // tried again by itself
		t.Error(err)
	}
	if m, err := s.Memory(t.Context()); err != nil || m.Rev != 1 {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestTheEndSaysWhatWasLost: a program that ends with something unsaved does not end well.
func TestTheEndSaysWhatWasLost(t *testing.T) {
	s, err := Open(t.TempDir(), func(call.News) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.Load().Close(); err != nil {
		t.Fatal(err)
	}
	s.Append(ended("1", call.Incoming, call.Party{Number: "+12025550100"}, true), nil)
	if err := s.finish(); err == nil || !strings.Contains(err.Error(), "the last 1 changes") {
		t.Error(err)
	}
}
