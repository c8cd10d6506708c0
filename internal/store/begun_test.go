package store

import (
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/sync/calllog"
)

// TestInterrupted: a call that has begun and never ended is there after a restart, as it was seen last, until it has its record; then it
// is there once, however often it is recorded.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	s, news, stop := running(t, dir)
	<-news
	now := time.Now().Truncate(time.Millisecond)
	on := call.Call{ID: "on", Direction: call.Outgoing, Remote: call.Party{Number: "+12025550100"}, Phase: call.Dialing, CreatedAt: now}
	s.Begin(calllog.Begun{Call: on})
	on.Phase, on.AnsweredAt = call.Active, now
	s.Begin(calllog.Begun{Call: on, Draft: calllog.Draft{Call: "on", Note: "Order 1042", Disposition: "Refund"}})
	over := ended("over", call.Incoming, call.Party{Number: "+12025550101"}, true)
	s.Begin(calllog.Begun{Call: over})
	s.Append(over, nil)
	<-news
	stop()

	s, news, stop = running(t, dir)
	<-news
	left, err := s.Interrupted(t.Context())
	if err != nil || len(left) != 1 {
		t.Fatalf("%v %+v", err, left)
	}
	c := left[0].Call
	if c.ID != "on" || c.Phase != call.Ended || c.Reason.Cause != call.Interrupted || c.EndedAt.Before(now) || !c.AnsweredAt.Equal(now) || c.Remote != on.Remote {
		t.Errorf("%+v", c)
	}
	if d := left[0].Draft; d != (calllog.Draft{Call: "on", Note: "Order 1042", Disposition: "Refund"}) {
		t.Errorf("%+v", d)
	}
	for range 2 {
		s.Append(c, &calllog.Entry{Call: c.ID, EndedAt: c.EndedAt, State: calllog.Due})
		<-news
	}
	if left, err = s.Interrupted(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("%v %+v", err, left)
	}
	all, err := s.Recent(t.Context(), call.Query{})
	if err != nil || len(all) != 2 || all[0].Call.Reason.Cause != call.Interrupted {
		t.Errorf("%v %+v", err, all)
	}
	stop()
}

// TestSeen: the length of a call that is never ended is known to within the time between two looks.
func TestSeen(t *testing.T) {
	s, err := Open(t.TempDir(), func(call.News) {})
	if err != nil {
		t.Fatal(err)
	}
	defer s.db.Load().Close()
	s.seen(time.Now()) // none is on
	if err := s.write(item{begun: &calllog.Begun{Call: call.Call{ID: "on"}}}); err != nil || !s.on {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour).Truncate(time.Millisecond)
	s.seen(later)
	if left, err := s.Interrupted(t.Context()); err != nil || len(left) != 1 || !left[0].EndedAt.Equal(later) {
		t.Errorf("%v %+v", err, left)
	}
	if err := s.write(item{call: &call.Call{ID: "on"}}); err != nil {
		t.Fatal(err)
	}
	if s.seen(later); s.on {
		t.Error("a call that is over is still looked at")
	}
}

// TestBegunBefore: what an older version wrote of a call is read, and what cannot be read is left out.
func TestBegunBefore(t *testing.T) {
	s, err := Open(t.TempDir(), func(call.News) {})
	if err != nil {
		t.Fatal(err)
	}
	defer s.db.Load().Close()
	if _, err := s.db.Load().Exec(`INSERT INTO begun(id, seen, call) VALUES('old', 1, '{"id":"old","phase":"active"}'), ('odd', 2, '{'), ('none', 3, '{}')`); err != nil {
		t.Fatal(err)
	}
	if left, err := s.Interrupted(t.Context()); err != nil || len(left) != 1 || left[0].ID != "old" || left[0].Draft != (calllog.Draft{}) {
		t.Errorf("%v %+v", err, left)
	}
}

// TestBegunInARenewedFile: a call that is on when the file turns out to be damaged is not forgotten with it, nor is its length.
func TestBegunInARenewedFile(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, func(call.News) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.write(item{begun: &calllog.Begun{Call: call.Call{ID: "on", Phase: call.Active}, Draft: calllog.Draft{Call: "on", Note: "Order 1042"}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.replace(); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour).Truncate(time.Millisecond)
	s.seen(later)
	if err := s.db.Load().Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(dir, func(call.News) {}); err != nil {
		t.Fatal(err)
	}
	defer s.db.Load().Close()
	if left, err := s.Interrupted(t.Context()); err != nil || len(left) != 1 || !left[0].EndedAt.Equal(later) || left[0].Draft.Note != "Order 1042" {
		t.Errorf("%v %+v", err, left)
	}
}
