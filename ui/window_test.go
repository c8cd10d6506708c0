package ui

import (
	"context"
	"image"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"sidetone/internal/call"
	"sidetone/internal/customer"
	"sidetone/internal/health"
	"sidetone/internal/phone"
	"sidetone/sync/calllog"
	"sidetone/sync/presence"
)

// desk is a phone, a history and a setup that remember what they were asked.
type desk struct {
	commands chan phone.Command // has room for all that a test asks
	asked    []phone.Command    // what the test has taken from commands; the test's own
	records  []call.Record

	mu    sync.Mutex
	saved []call.Account
}

func newDesk() *desk { return &desk{commands: make(chan phone.Command, 100)} }

func (d *desk) Do(_ context.Context, c phone.Command) (call.ID, error) {
	d.commands <- c
	return "", nil
}
func (d *desk) Watch(context.Context) <-chan phone.Snapshot     { return nil }
func (d *desk) WatchLevels(context.Context) <-chan phone.Levels { return nil }
func (d *desk) Recent(context.Context, call.Query) ([]call.Record, error) {
	return d.records, nil
}
func (d *desk) SaveAccount(_ context.Context, a call.Account, _ string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.saved = append(d.saved, a)
	return nil
}

// morning is a fixed time, so that pictures do not change with the day.
func morning() time.Time { return time.Date(2026, 3, 4, 10, 45, 27, 0, time.Local) }

func calmSnapshot() phone.Snapshot {
	now := morning()
	return phone.Snapshot{
		Seq: 1, At: now,
		Accounts: []phone.AccountLine{{
			Account: call.Account{ID: "main", Address: "sip:142@sip.example.com"},
			Line:    call.Line{State: call.LineReady},
		}},
		Presence: presence.Show(presence.Reduce(presence.Start(now, presence.Memory{}), presence.Chose{Status: presence.Available}, now.Add(-10*time.Minute))),
	}
}

func talking() call.Call {
	now := morning()
	return call.Call{
		ID: "c1", Account: "main", Direction: call.Outgoing, Phase: call.Active, Remote: call.Party{Name: "Customer A. Example", Number: "+12025550142"},
		CreatedAt: now.Add(-3*time.Minute - 30*time.Second), AnsweredAt: now.Add(-3*time.Minute - 27*time.Second - 500*time.Millisecond), Codec: "PCMU",
	}
}

func busySnapshot(c call.Call) phone.Snapshot {
	s := calmSnapshot()
	s.Calls = []call.Call{c}
	st := presence.Reduce(presence.Start(morning(), presence.Memory{}), presence.Chose{Status: presence.Available}, morning().Add(-10*time.Minute))
	st = presence.Reduce(st, presence.Calls{On: c.Phase != call.Offered}, c.CreatedAt)
	s.Presence = presence.Show(st)
	return s
}

func pastCalls() []call.Record {
	at := morning().Add(-14*time.Minute - 27*time.Second)
	made := func(n uint64, dir call.Direction, p call.Party, before, talk time.Duration, why call.Cause) call.Record {
		c := call.Call{ID: call.ID(rune('a' + n)), Direction: dir, Remote: p, Phase: call.Ended, CreatedAt: at.Add(-before), Reason: call.Reason{Cause: why}}
		c.EndedAt = c.CreatedAt.Add(22 * time.Second)
		if talk > 0 {
			c.AnsweredAt = c.CreatedAt.Add(4 * time.Second)
			c.EndedAt = c.AnsweredAt.Add(talk)
		}
		return call.Record{Number: n, Call: c}
	}
	return []call.Record{
		made(6, call.Incoming, call.Party{Name: "Customer A. Example", Number: "+12025550142"}, 0, 150*time.Second, call.RemoteHangup),
		made(5, call.Incoming, call.Party{Number: "+12025550155"}, 19*time.Minute, 0, call.Cancelled),
		made(4, call.Outgoing, call.Party{Name: "Customer B. Sample", Number: "+12025550107"}, 33*time.Minute, 400*time.Second, call.Completed),
		made(3, call.Outgoing, call.Party{Number: "+12025550164"}, 24*time.Hour, 0, call.NoAnswer),
		made(2, call.Incoming, call.Party{Name: "Customer C. Sample", Number: "+12025550177"}, 25*time.Hour, 45*time.Second, call.RemoteHangup),
	}
}

// newQueue stands in for fyne.Do: what other goroutines want drawn waits until the test runs it.
func newQueue() (func(func()), chan func()) {
	queue := make(chan func(), 1000)
	return func(f func()) { queue <- f }, queue
}

func newTestWindow(t *testing.T, look string) (*Window, *desk) {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(NewLook(look))
	d := newDesk()
	d.records = pastCalls()
	dispatch, _ := newQueue()
	w := newWindow(a, Ports{Phone: d, History: d, Setup: d}, dispatch, morning)
	w.win.Resize(Size())
	return w, d
}

func picture(t *testing.T, w *Window, s phone.Snapshot) image.Image {
	t.Helper()
	w.records = s.Records
	w.drawn = true
	w.render(s, nil)
	w.history.show(pastCalls(), nil)
	return w.win.Canvas().Capture()
}

func scenes() map[string]phone.Snapshot {
	ring := call.Call{ID: "c2", Direction: call.Incoming, Phase: call.Offered, Remote: call.Party{Number: "+12025550155"}, CreatedAt: morning().Add(-8*time.Second - 300*time.Millisecond)}
	from := func(number string) phone.Snapshot {
		c := ring
		c.Remote.Number = number
		return busySnapshot(c)
	}
	forwarded := ring
	forwarded.Diverted = call.Party{Name: "Returns and repairs of the northern region", Number: "+12025550123"}
	held := talking()
	held.Held, held.HeldAt = true, morning().Add(-42*time.Second-300*time.Millisecond)
	muted := talking()
	muted.Muted = true
	down := calmSnapshot()
	down.Accounts[0].Line = call.Line{State: call.LineUnreachable, Detail: "The server at sip.example.com does not answer.", Retry: morning().Add(8 * time.Second)}
	down.Presence = presence.Show(presence.Reduce(presence.Reduce(presence.Start(morning(), presence.Memory{}), presence.Chose{Status: presence.Available}, morning().Add(-10*time.Minute)),
		presence.Reachable{Why: down.Accounts[0].Line.Detail}, morning().Add(-time.Minute)))
	down.Warnings = []health.Warning{health.New(health.LineDown, down.Accounts[0].Line.Detail, "Try now")}
	dialing := talking()
	dialing.Phase, dialing.AnsweredAt = call.Ringing, time.Time{}
	dialing.SentTo = call.Party{Number: "+12025550123"}
	ask := calmSnapshot()
	ask.Asking = &phone.Proposal{Key: "k", Shown: "+44 20 7946 0018", Why: "It is outside the countries your company calls.", Origin: "kustomer", Until: morning().Add(time.Minute)}
	quiet := calmSnapshot()
	quiet.Warnings = []health.Warning{health.New(health.TurnsAway, "Do not disturb is on: every call is turned away.", "Take calls")}
	passed := calmSnapshot()
	passed.Last = passedOn(morning())
	wrapPassed := wrapUpSnapshot()
	wrapPassed.Presence.Since = morning().Add(-5 * time.Second)
	wrapPassed.Last = passedOn(wrapPassed.Presence.Since)
	wrapLong := wrapUpSnapshot()
	wrapLong.Presence.Since = morning().Add(-5 * time.Second)
	wrapLong.Last = passedOn(wrapLong.Presence.Since)
	wrapLong.Last.Reason, wrapLong.Last.AnsweredAt = call.Reason{Cause: call.NotAcceptable}, time.Time{}
	wrapLong.Last.Remote.Name = "Returns and repairs of the northern region"
	long := calmSnapshot()
	long.Warnings = []health.Warning{health.New(health.NotSaved, "The last call could not be written to the journal: the disk is full.", "")}
	return map[string]phone.Snapshot{
		"wrap-up-long": wrapLong, "long-warning": long,
		"quiet": quiet, "passed": passed, "wrap-up-passed": wrapPassed,
		"wrap-up": wrapUpSnapshot(), "ask": ask, "idle": calmSnapshot(), "call": busySnapshot(talking()), "hold": busySnapshot(held), "muted": busySnapshot(muted),
		"incoming": busySnapshot(ring), "incoming-forwarded": busySnapshot(forwarded), "ringing": busySnapshot(dialing), "down": down,
		"incoming-known": lookedUp(from("+12025550142"), ring.ID, example()), "incoming-several": lookedUp(from("+12025550177"), ring.ID, sample("c-2", "Customer B. Sample"), sample("c-3", "Customer C. Sample")),
		"incoming-unknown": lookedUp(from("+12025550155"), ring.ID), "call-notes": noted(lookedUp(busySnapshot(talking()), "c1", example())), "wrap-up-notes": noted(lookedUp(wrapUpSnapshot(), "c1", example())),
		"wrap-up-unknown": noted(lookedUp(strangers(wrapUpSnapshot()), "c1")),
	}
}

// passedOn is a call that the agent has just passed on.
func passedOn(at time.Time) *call.Call {
	c := talking()
	c.Phase, c.EndedAt, c.Reason = call.Ended, at, call.Reason{Cause: call.Transferred}
	return &c
}

func example() customer.Match {
	return customer.Match{ID: "c-1", Name: "Customer A. Example", Company: "Example Ltd", Last: customer.Conversation{ID: "v-1", Name: "Where is my order?", Open: true, At: morning().Add(-50 * time.Hour)}}
}

func sample(id, name string) customer.Match {
	return customer.Match{ID: id, Name: name, Last: customer.Conversation{ID: "v-" + id, Name: "Invoice of May", At: morning().Add(-200 * time.Hour)}}
}

// numberOf is the number of a snapshot's call, the one that is on or the last.
func numberOf(s phone.Snapshot) string {
	if len(s.Calls) > 0 {
		return s.Calls[0].Remote.Number
	}
	return s.Last.Remote.Number
}

// strangers is a snapshot whose last call was with somebody nobody knows.
func strangers(s phone.Snapshot) phone.Snapshot {
	c := *s.Last
	c.Remote = call.Party{Number: "+12025550155"}
	s.Last = &c
	return s
}

// lookedUp is a snapshot whose call's number was looked up.
func lookedUp(s phone.Snapshot, id call.ID, matches ...customer.Match) phone.Snapshot {
	l := customer.Lookup{Call: string(id), Number: numberOf(s), State: customer.Unknown, Matches: matches}
	if len(matches) > 0 {
		l.State = customer.Found
	}
	if len(matches) == 1 {
		l.Chosen = matches[0].ID
	}
	s.Customers = []customer.Lookup{l}
	return s
}

// noted is a snapshot with a note on its call.
func noted(s phone.Snapshot) phone.Snapshot {
	s.Draft = &calllog.Draft{Call: "c1", Note: "Refund for order 1042 was sent on Friday. The bank needs 3 more days.", Disposition: "Refund explained"}
	s.Log.Dispositions = []string{"Refund explained", "Refund sent", "Call back"}
	return s
}

// wrapUpSnapshot is 23 seconds into a minute's wrap-up after talking.
func wrapUpSnapshot() phone.Snapshot {
	s := calmSnapshot()
	c, ended := talking(), morning().Add(-23*time.Second)
	c.Phase, c.EndedAt = call.Ended, ended
	s.Last = &c
	st := presence.Start(morning().Add(-time.Hour), presence.Memory{})
	for _, e := range []presence.Event{presence.Rules{AnsweredOut: time.Minute}, presence.Calls{On: true}} {
		st = presence.Reduce(st, e, c.CreatedAt)
	}
	s.Presence = presence.Show(presence.Reduce(st, presence.Calls{Outcome: presence.AnsweredOut}, ended))
	return s
}

var _ fyne.Layout = (*phonePane)(nil)
