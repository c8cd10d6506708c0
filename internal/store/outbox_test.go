package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/sync/calllog"
)

func entry(id string, n int) calllog.Entry {
	at := time.Date(2026, 3, 4, 10, 0, n, 0, time.UTC)
	return calllog.Entry{
		Call: call.ID(id), Direction: call.Incoming, Number: "+12025550142", CreatedAt: at, AnsweredAt: at, EndedAt: at.Add(time.Minute), Outcome: calllog.Answered,
		Reason: call.Reason{Cause: call.Completed}, State: calllog.Waiting,
	}
}

func TestOutbox(t *testing.T) {
	dir := t.TempDir()
	s, news, stop := running(t, dir)
	<-news
	for n, id := range []string{"a", "b", "c"} {
		e := entry(id, n)
		s.Append(ended(id, call.Incoming, call.Party{}, true), &e)
	}
	e := entry("b", 1)
	e.Note, e.Disposition, e.State = "Zwei Zeilen:\n\"ü\" 'x'", "Solved", calllog.Due
	s.Keep(e)
	sent := entry("a", 0)
	sent.State, sent.Message = calllog.Sent, "m-1"
	s.Keep(sent)
	stop()
	s, _, stop = running(t, dir)
	defer stop()
	left, err := s.Unsent(t.Context())
	if err != nil || len(left) != 2 || !reflect.DeepEqual(left[0], e) || left[1].Call != "c" {
		t.Fatalf("%v %+v", err, left)
	}
	all, err := s.Outbox(t.Context(), 0)
	if err != nil || len(all) != 3 || all[0].Call != "c" || all[1].Note != e.Note || all[2].Message != "m-1" {
		t.Errorf("%v %+v", err, all)
	}
}

// TestAnEntryThatCannotBeReadHidesNoOther: and it stays on disk.
func TestAnEntryThatCannotBeReadHidesNoOther(t *testing.T) {
	s, news, stop := running(t, t.TempDir())
	defer stop()
	<-news
	if _, err := s.db.Load().Exec(`INSERT INTO outbox(call, ended_at, sent, entry) VALUES('x', 0, 0, '{"state":')`); err != nil {
		t.Fatal(err)
	}
	e := entry("a", 0)
	s.Append(ended("a", call.Incoming, call.Party{}, true), &e)
	<-news
	if left, err := s.Unsent(t.Context()); err != nil || len(left) != 1 || left[0].Call != "a" {
		t.Errorf("%+v %v", left, err)
	}
}

// TestJournalOfAnEarlierVersion: a file without an outbox gets one and keeps its calls.
func TestJournalOfAnEarlierVersion(t *testing.T) {
	dir := t.TempDir()
	s, news, stop := running(t, dir)
	<-news
	s.Append(ended("a", call.Incoming, call.Party{}, true), nil)
	<-news
	if _, err := s.db.Load().Exec(`DROP TABLE outbox`); err != nil {
		t.Fatal(err)
	}
	stop()
	s, _, stop = running(t, dir)
	defer stop()
	s.Keep(entry("b", 1))
	if all, err := s.Recent(t.Context(), call.Query{}); err != nil || len(all) != 1 {
		t.Errorf("%v %d", err, len(all))
	}
}

// TestKilledInTheMiddle kills a program that writes calls and notes without pause: what it had said to be on disk is there, a
// call and its entry together.
func TestKilledInTheMiddle(t *testing.T) {
	if dir := os.Getenv("SIDETONE_STORE_CHILD"); dir != "" {
		writeForEver(dir)
		return
	}
	dir := t.TempDir()
	most := 0
	for range 5 {
		child := exec.Command(os.Args[0], "-test.run=^TestKilledInTheMiddle$")
		child.Env = append(os.Environ(), "SIDETONE_STORE_CHILD="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		said := 0
		for lines := bufio.NewScanner(out); said < 20 && lines.Scan(); said++ {
			if _, err := fmt.Sscan(lines.Text(), &most); err != nil {
				t.Fatalf("%q: %v", lines.Text(), err)
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed
		checkTogether(t, dir, most)
	}
}

// writeForEver appends calls with entries, writes their notes, and says the number of each that is on disk.
func writeForEver(dir string) {
	news := make(chan call.Recorded, 1)
	s, err := Open(dir, func(n call.News) { news <- n.(call.Recorded) })
	if err != nil {
		panic(err)
	}
	go func() { _ = s.Run(context.Background()) }()
	first := <-news
	for n := int(first.Number); ; n++ {
		e := entry(fmt.Sprint(n), n)
		s.Append(ended(fmt.Sprint(n), call.Incoming, call.Party{}, true), &e)
		r := <-news
		e.Note = "typed"
		s.Keep(e)
		fmt.Println(r.Number)
	}
}

func checkTogether(t *testing.T, dir string, most int) {
	t.Helper()
	s, err := Open(dir, func(call.News) {})
	if err != nil {
		t.Fatal(err)
	}
	defer s.db.Load().Close()
	records, err := s.Recent(t.Context(), call.Query{Limit: 1000})
	if err != nil || len(records) < most {
		t.Fatalf("%d of %d calls are there: %v", len(records), most, err)
	}
	entries, err := s.Outbox(t.Context(), 1000)
	if err != nil || len(entries) != len(records) {
		t.Fatalf("%d calls, %d entries: %v", len(records), len(entries), err)
	}
	for _, e := range entries {
		if e.Number != "+12025550142" || e.Note != "typed" && e.Note != "" {
			t.Errorf("%+v", e)
		}
	}
}
