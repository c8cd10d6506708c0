// Package phone is the core: calls, accounts, agent status and warnings in one goroutine; commands in, snapshots and
// effects out.
package phone

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/customer"
	"sidetone/sync/calllog"
	"sidetone/sync/presence"
)

// Signaling carries out what the phone wants of SIP. Do returns at once, keeps order and never calls back inline.
type Signaling interface{ Do(call.SignalEffect) }

// Media carries out what the phone wants of sound, under the same rules.
type Media interface{ Do(call.MediaEffect) }

// Journal writes the record of an ended call, and with it what Kustomer's log shall have, nil for nothing, durably and in
// order. It returns at once; call.Recorded is its answer. Begin writes a call that is on, and what is typed about it, in case the program
// is killed before it has a record. Keep writes an entry of the log anew.
type Journal interface {
	Append(call.Call, *calllog.Entry)
	Begin(calllog.Begun)
	Keep(calllog.Entry)
}

// Browser opens a page of Kustomer where no widget can. It returns at once.
type Browser interface{ Open(link string) }

// Memory writes down what the status must know after a restart, durably; the latest wins. It returns at once and calls done,
// from any goroutine, when the memory or a later one is on disk, or cannot be written.
type Memory interface {
	Remember(m presence.Memory, done func(error))
}

// Ports are the adapters the phone drives.
type Ports struct {
	Signaling Signaling
	Media     Media
	Journal   Journal
	Browser   Browser // nil: nothing is opened but by widgets
	Memory    Memory  // nil: the status is forgotten with the program
}

// Times bound how long the phone waits. Zero values take the defaults.
type Times struct {
	RingHere  time.Duration // an unanswered incoming call is given up: 60 s
	RingThere time.Duration // an unanswered outgoing call is given up: 120 s
	Ask       time.Duration // a call the agent is asked about is dropped: 60 s

	Unreachable time.Duration // no line can be called: the agent's status is told: 10 s
}

// Phone owns every call and all state of the agent. Make it with New, give it its ports with Run.
type Phone struct {
	inbox inbox
	start presence.Memory
	times Times
	log   *slog.Logger
	hub   hub
	ports Ports

	state   state
	changed bool // since the last snapshot; the goroutine's own
}

// state is touched by the goroutine in Run alone.
type state struct {
	seq        uint64
	calls      []call.Call
	last       *call.Call
	wrapped    *call.Call // the last that waits for the end of the wrap-up to go into Kustomer
	lines      []AccountLine
	local      map[string]netip.Addr // our address on the way to each account's server
	presence   presence.State
	bridge     Bridge
	exposure   int // of the day, see call.Exposure
	audio      call.AudioProblem
	unsaved    string
	renewed    string // what became of a damaged journal
	records    uint64
	raised     uint64
	dialling   dialling
	desk       customer.Desk // who the callers are
	cutOff     cutOff
	wasReady   bool // a line has been registered in this run
	colleagues []Colleague
	mailboxes  []Mailbox
	announced  call.Publish
	front      call.ID // the call the agent talks to; empty: none
	ringing    map[call.ID]call.Tone
	rules      CallRules
	quiet      Quiet
	asked      map[string]call.Asked // by the key of the proposal
	sent       map[call.ID]Proposal  // where a call of ours was sent, and not followed
	memory     memory
	log        calllog.Log // what Kustomer does not have yet

	unrecorded []call.Call // given to the journal, which has not answered yet

	begun map[call.ID]begun // given to the journal as calls that are on
}

// New makes a phone that has not started. Log may be nil.
func New(times Times, log *slog.Logger) *Phone {
	if times.RingHere == 0 {
		times.RingHere = time.Minute
	}
	if times.RingThere == 0 {
		times.RingThere = 2 * time.Minute
	}
	if times.Ask == 0 {
		times.Ask = time.Minute
	}
	if times.Unreachable == 0 {
		times.Unreachable = 10 * time.Second
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	// The milliseconds since 1970 are above every wish of an earlier run that nobody remembers.
	return &Phone{inbox: newInbox(), start: presence.Memory{Rev: uint64(time.Now().UnixMilli())}, times: times, log: log, hub: newHub()}
}

// Remember gives the phone what the last run's snapshots held as Memory. It must come before Run.
func (p *Phone) Remember(m presence.Memory) {
	if m.Rev < presence.MostRev {
		p.start.Rev = max(m.Rev, p.start.Rev)
	}
	m.Rev = p.start.Rev
	p.start = m
}

// Sink takes news from the adapters. It never blocks and may be called from any goroutine.
func (p *Phone) Sink(n call.News) { p.inbox.put(n) }

// Report takes what front ends know and the phone does not: see the types that implement Report.
func (p *Phone) Report(r Report) { p.inbox.put(r) }

// Do asks the phone for something and returns whether it was accepted; success shows in the snapshots. The error is a
// *Refusal with one sentence for the person who asked, or ctx's error.
func (p *Phone) Do(ctx context.Context, c Command) (call.ID, error) {
	r := request{command: c, reply: make(chan reply, 1)}
	p.inbox.put(r)
	select {
	case a := <-r.reply:
		return a.id, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	case <-p.hub.done:
		return "", refuse(CodeStopped, "Sidetone is closing.")
	}
}

// Watch returns a channel that always holds the latest snapshot: a slow reader misses older ones, never the newest. It is
// closed when ctx ends or the phone stops.
func (p *Phone) Watch(ctx context.Context) <-chan Snapshot { return p.hub.watch(ctx) }

// WatchLevels is Watch for the sound levels, which change ten times a second and would drown the snapshots.
func (p *Phone) WatchLevels(ctx context.Context) <-chan Levels { return p.hub.watchLevels(ctx) }

// Run is the phone: the one goroutine that owns all state. It returns nil when ctx ends.
func (p *Phone) Run(ctx context.Context, ports Ports) error {
	defer p.hub.close()
	p.ports = ports
	p.state.presence = presence.Start(time.Now(), p.start)
	p.state.ringing, p.state.asked = map[call.ID]call.Tone{}, map[string]call.Asked{}
	p.state.sent, p.state.begun = map[call.ID]Proposal{}, map[call.ID]begun{}
	p.changed = true
	p.publish()
	tick := time.NewTimer(time.Hour)
	defer tick.Stop()
	for {
		tick.Reset(p.untilDeadline(time.Now()))
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			p.changed = true
			p.expire(time.Now())
		case <-p.inbox.ready:
			for _, m := range p.inbox.take() {
				p.handle(m, time.Now())
			}
		}
		p.tidy(time.Now())
		p.publish()
	}
}

func (p *Phone) handle(m any, now time.Time) {
	if l, ok := m.(call.Levels); ok {
		p.hub.sendLevels(Levels(l))
		return
	}
	p.changed = true
	switch m := m.(type) {
	case request:
		id, err := p.command(m.command, now)
		p.tidy(now)
		// The snapshot that shows the effect is out before the caller knows: who asks and then looks sees it.
		p.publish()
		m.reply <- reply{id: id, err: err}
	case call.News:
		p.news(m, now)
	case Report:
		p.report(m, now)
	case kept:
		p.kept(m)
	}
}

func (p *Phone) news(n call.News, now time.Time) {
	switch n := n.(type) {
	case call.Happened:
		p.happened(n, now)
	case call.Arrived:
		p.arrived(n, now)
	case call.Asked:
		p.askedFor(n, now)
	case call.Elsewhere:
		p.sentElsewhere(n, now)
	case call.Messages:
		p.messages(n)
	case call.Watched:
		p.watched(n)
	case call.Registered:
		p.registered(n, now)
		p.reach(now)
	case call.Measured:
		if i := p.index(n.ID); i >= 0 {
			p.state.calls[i].Sound = n.Sound
		}
	case call.Exposure:
		p.state.exposure = n.Level
	case call.AudioProblem:
		p.state.audio = n
	case call.Recorded:
		p.recorded(n)
	case call.JournalRenewed:
		p.state.renewed = n.Text
	}
}

// happened applies an adapter's event. An adapter that reports something the machine refuses is late, not wrong: calls
// end on one side while the other still speaks.
func (p *Phone) happened(n call.Happened, now time.Time) {
	i := p.index(n.ID)
	if i < 0 {
		return
	}
	if err := p.apply(i, p.explained(n), now); err != nil {
		p.log.Debug("event came too late", "call", n.ID, "error", err)
	}
}

func (p *Phone) index(id call.ID) int {
	return slices.IndexFunc(p.state.calls, func(c call.Call) bool { return c.ID == id })
}

// apply runs the machine on call i, carries out its effects and follows its end.
func (p *Phone) apply(i int, e call.Event, now time.Time) error {
	was := p.state.calls[i]
	next, fx, err := call.Apply(was, e, now)
	if err != nil {
		return err
	}
	p.state.calls[i] = next
	p.carryOut(fx)
	if next.Phase == call.Answering || next.Phase == call.Active {
		p.state.desk.Taken(string(next.ID))
	}
	if !next.Live() {
		next.Remote = p.known(next)
		p.state.last = &next
		p.state.calls = slices.Delete(p.state.calls, i, i+1)
	}
	ended := presence.Outcome("")
	if was.Phase != call.Ending && (next.Phase == call.Ending || !next.Live()) {
		ended = outcome(next)
	}
	p.weigh(ended, now)
	if fx.Record {
		p.record(next) // now it is known whether it is wrapped up
	}
	p.follow(was, next, now)
	return nil
}

// outcome is how a call ended, as far as the wrap-up depends on it.
func outcome(c call.Call) presence.Outcome {
	in := c.Direction == call.Incoming
	switch {
	case in && !c.AnsweredAt.IsZero():
		return presence.AnsweredIn
	case !c.AnsweredAt.IsZero():
		return presence.AnsweredOut
	case c.Reason.Cause == call.Forwarded, c.Reason.Cause == call.DoNotDisturb: // nobody was asked
		return ""
	case in && c.Reason.Cause == call.Declined:
		return presence.Declined
	case in:
		return presence.Missed
	}
	return presence.NotReached
}

func (p *Phone) carryOut(fx call.Effects) {
	for _, e := range fx.Media {
		p.ports.Media.Do(e)
	}
	for _, e := range fx.Signal {
		p.ports.Signaling.Do(e)
	}
}

func (p *Phone) recorded(n call.Recorded) {
	if n.Err != nil {
		p.state.unsaved = n.Err.Error()
		return
	}
	p.state.unsaved, p.state.records = "", n.Number
	p.state.unrecorded = slices.DeleteFunc(p.state.unrecorded, func(c call.Call) bool { return c.ID == n.ID })
}

// weigh tells presence whether a call occupies the agent, and how one ended: ringing here does not occupy, and an ended call
// waits for nobody.
func (p *Phone) weigh(ended presence.Outcome, now time.Time) {
	on := slices.ContainsFunc(p.state.calls, func(c call.Call) bool {
		return c.Phase != call.Offered && c.Phase != call.Ending
	})
	p.decide(presence.Calls{On: on, Outcome: ended}, now)
}

// decide is the one place that changes the agent's status.
func (p *Phone) decide(e presence.Event, now time.Time) {
	p.state.presence = presence.Reduce(p.state.presence, e, now)
}

// deadline is when an unanswered call is given up, or answers itself.
func (p *Phone) deadline(c call.Call) (time.Time, bool) {
	switch c.Phase {
	case call.Offered:
		if !c.AnswerAt.IsZero() {
			return c.AnswerAt, true
		}
		return c.CreatedAt.Add(p.ringsHere()), true
	case call.Dialing, call.Ringing:
		return c.CreatedAt.Add(p.times.RingThere), true
	}
	return time.Time{}, false
}

func (p *Phone) untilDeadline(now time.Time) time.Duration {
	next := time.Hour
	for _, c := range p.state.calls {
		if at, ok := p.deadline(c); ok {
			next = min(next, max(0, at.Sub(now)))
		}
	}
	if a := p.state.dialling.asking; a != nil {
		next = min(next, max(0, a.Until.Sub(now)))
	}
	if at, ok := p.cutOffDeadline(); ok {
		next = min(next, max(0, at.Sub(now)))
	}
	if at, ok := presence.Deadline(p.state.presence); ok {
		next = min(next, max(0, at.Sub(now)))
	}
	if at, ok := p.state.log.Deadline(); ok {
		next = min(next, max(0, at.Sub(now)))
	}
	return next
}

func (p *Phone) expire(now time.Time) {
	if a := p.state.dialling.asking; a != nil && !now.Before(a.Until) {
		p.state.dialling.asking = nil
		p.stay(*a)
	}
	for _, c := range slices.Clone(p.state.calls) {
		at, ok := p.deadline(c)
		switch {
		case !ok || now.Before(at):
		case !c.AnswerAt.IsZero() && c.Phase == call.Offered:
			p.answerItself(c.ID, now)
		default:
			p.happened(call.Happened{ID: c.ID, Event: p.unanswered(c)}, now)
		}
	}
	p.lasted(now)
	p.decide(presence.Tick{}, now)
}
