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
	s.Begin(on)
	on.Phase, on.AnsweredAt = call.Active, now
	s.Begin(on)
	over := ended("over", call.Incoming, call.Party{Number: "+12025550101"}, true)
	s.Begin(over)
	s.Append(over, nil)
	<-news
	stop()

	s, news, stop = running(t, dir)
	<-news
	left, err := s.Interrupted(t.Context())
	if err != nil || len(left) != 1 {
		t.Fatalf("%v %+v", err, left)
	}
	c := left[0]
	if c.ID != "on" || c.Phase != call.Ended || c.Reason.Cause != call.Interrupted || c.EndedAt.Before(now) || !c.AnsweredAt.Equal(now) || c.Remote != on.Remote {
		t.Errorf("%+v", c)
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
	if err := s.write(item{begun: &call.Call{ID: "on"}}); err != nil || !s.on {
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
