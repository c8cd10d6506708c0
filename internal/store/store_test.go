package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sidetone/internal/call"
)

func ended(id string, dir call.Direction, p call.Party, answered bool) call.Call {
	at := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)
	c := call.Call{ID: call.ID(id), Direction: dir, Remote: p, Phase: call.Ended, CreatedAt: at, EndedAt: at.Add(time.Minute)}
	c.Reason = call.Reason{Cause: call.Cancelled}
	if answered {
		c.AnsweredAt, c.Reason.Cause = at.Add(5*time.Second), call.Completed
	}
	return c
}

// running opens a journal, runs it, and gives its news; the returned function stops it and waits.
func running(t *testing.T, dir string) (*Store, <-chan call.Recorded, func()) {
	t.Helper()
	news := make(chan call.Recorded, 1000)
	s, err := Open(dir, func(n call.News) { news <- n.(call.Recorded) })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return s, news, func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestRecordsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	s, news, stop := running(t, dir)
	<-news // how many there are
	for i := range 20 {
		s.Append(ended(fmt.Sprint(i), call.Incoming, call.Party{Number: "+12025550100", Name: "Customer A. Example"}, i%2 == 0), nil)
	}
	stop() // what is queued is written before the end
	s, news, stop = running(t, dir)
	defer stop()
	if n := <-news; n.Number != 20 {
		t.Fatalf("%+v", n)
	}
	all, err := s.Recent(t.Context(), call.Query{})
	if err != nil || len(all) != 20 || all[0].Call.ID != "19" || all[0].Number != 20 {
		t.Fatalf("%v %d", err, len(all))
	}
	s.Append(ended("7", call.Incoming, call.Party{}, true), nil)
	if n := <-news; n.ID != "7" || n.Number != 20 || n.Err != nil {
		t.Errorf("the same call became two records: %+v", n)
	}
}

func TestQueries(t *testing.T) {
	s, news, stop := running(t, t.TempDir())
	defer stop()
	<-news
	s.Append(ended("a", call.Incoming, call.Party{Name: "Ünal 100%", Number: "+12025550100"}, false), nil)
	s.Append(ended("b", call.Outgoing, call.Party{Number: "1002"}, true), nil)
	s.Append(ended("c", call.Incoming, call.Party{Number: "+12025550119"}, true), nil)
	for range 3 {
		<-news
	}
	for _, c := range []struct {
		q    call.Query
		want string
	}{
		{call.Query{}, "c b a"}, {call.Query{Search: "0100"}, "a"}, {call.Query{Search: "ünal"}, "a"}, {call.Query{Search: "ÜNAL"}, "a"},
		{call.Query{Search: "%"}, "a"}, {call.Query{Missed: true}, "a"}, {call.Query{Only: call.Outgoing}, "b"},
		{call.Query{Limit: 1}, "c"}, {call.Query{Before: 3, Limit: 1}, "b"}, {call.Query{Search: "' OR 1=1"}, ""},
	} {
		list, err := s.Recent(t.Context(), c.q)
		var ids []string
		for _, r := range list {
			ids = append(ids, string(r.Call.ID))
		}
		if got := strings.Join(ids, " "); err != nil || got != c.want {
			t.Errorf("%+v: %q %v, want %q", c.q, got, err, c.want)
		}
	}
}

func TestOneDamagedRecordHidesNoOther(t *testing.T) {
	s, news, stop := running(t, t.TempDir())
	defer stop()
	<-news
	s.Append(ended("a", call.Incoming, call.Party{Number: "1002"}, true), nil)
	<-news
	if _, err := s.db.Load().Exec(`INSERT INTO record(id, ended_at, direction, missed, who, call) VALUES('x', 0, 'incoming', 0, '', '{"phase":')`); err != nil {
		t.Fatal(err)
	}
	list, err := s.Recent(t.Context(), call.Query{})
	if err != nil || len(list) != 2 || list[0].Call.Remote.Name != "Unreadable record" || list[1].Call.ID != "a" {
		t.Errorf("%+v %v", list, err)
	}
}

func TestPrivateFile(t *testing.T) {
	dir := t.TempDir()
	_, _, stop := running(t, dir)
	defer stop()
	info, err := os.Stat(filepath.Join(dir, "journal.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestUnusableFolderIsExplained(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file, nil); err == nil || !strings.Contains(err.Error(), "--data-dir") {
		t.Errorf("%v", err)
	}
}

func TestDamagedJournalIsKeptAndSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	rubbish := strings.Repeat("not a journal ", 1000)
	if err := os.WriteFile(path, []byte(rubbish), 0o600); err != nil {
		t.Fatal(err)
	}
	said := ""
	s, err := Open(filepath.Dir(path), func(n call.News) { said = n.(call.JournalRenewed).Text })
	if err != nil {
		t.Fatal(err)
	}
	defer s.db.Load().Close()
	kept := asides(t, filepath.Dir(path))
	if len(kept) != 1 || !strings.Contains(said, kept[0]) {
		t.Fatalf("%q %v", said, kept)
	}
	if b, err := os.ReadFile(kept[0]); err != nil || string(b) != rubbish {
		t.Error("the file was changed", err)
	}
}
