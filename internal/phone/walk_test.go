package phone

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sidetone/internal/call"
)

// walker plays whatever may happen to several calls, by chance.
type walker struct {
	*world
	t    *testing.T
	rand *rand.Rand
	told []string
	made int
}

// TestSeveralCallsByChance: whatever is done and whatever arrives, in any order, the agent talks to one far end or to those that are
// joined, everything that rings is heard, and in the end nothing is left and every call is recorded once.
func TestSeveralCallsByChance(t *testing.T) {
	for seed := range uint64(60) {
		live(t, func(t *testing.T, w *world) {
			w.willing = true
			p := &walker{world: w, t: t, rand: rand.New(rand.NewPCG(seed, 4))}
			for range 120 {
				p.step()
				p.check()
			}
			for range 3 * MaxCalls {
				_, _ = w.phone.Do(t.Context(), Command{Do: Hangup})
				synctest.Wait()
			}
			time.Sleep(time.Minute + time.Second)
			p.end(seed)
		})
	}
}

// any is the ID of one of the calls there are, or of none.
func (p *walker) any(s Snapshot) call.ID {
	if len(s.Calls) == 0 || p.rand.IntN(20) == 0 {
		return "nobody"
	}
	return s.Calls[p.rand.IntN(len(s.Calls))].ID
}

func (p *walker) step() {
	s := p.now(p.t)
	id := p.any(s)
	switch what := p.rand.IntN(3); {
	case what == 0 || len(s.Calls) == 0:
		p.arrive(id)
	case what == 1:
		p.happen(id)
	default:
		p.command(id)
	}
	synctest.Wait()
}

func (p *walker) say(format string, args ...any) {
	p.told = append(p.told, fmt.Sprintf(format, args...))
}

func (p *walker) arrive(id call.ID) {
	p.made++
	n := call.Arrived{ID: call.ID(fmt.Sprint("in", p.made)), Account: "main", Offer: []byte("offer"), Remote: call.Party{Number: "100"}}
	if p.rand.IntN(4) == 0 {
		n.Replaces = id
	}
	n.AutoAnswer = p.rand.IntN(4) == 0
	p.say("%+v", n)
	p.phone.Sink(n)
}

func (p *walker) happen(id call.ID) {
	events := []call.Event{
		call.RemoteAnswered{SDP: []byte("answer")}, call.RemoteEnded{Reason: call.Reason{Cause: call.RemoteHangup}}, call.RemoteEnded{Reason: call.FromStatus(486, "")},
		call.RemoteOffer{SDP: []byte("offer")}, call.RemoteProgress{Status: 180}, call.TransferProgress{Status: 180}, call.TransferDone{},
		call.TransferFailed{Reason: call.FromStatus(486, "")}, call.OfferRefused{}, call.Moved{}, call.MediaFailed{Reason: call.Reason{Cause: call.NotAcceptable}},
	}
	e := events[p.rand.IntN(len(events))]
	if p.rand.IntN(8) == 0 {
		n := call.Asked{ID: id, Target: "200", Joins: p.rand.IntN(2) == 0}
		p.say("%+v", n)
		p.phone.Sink(n)
		return
	}
	p.say("%s: %T%+v", id, e, e)
	p.phone.Sink(call.Happened{ID: id, Event: e})
}

func (p *walker) command(id call.ID) {
	verbs := []Verb{
		Dial, Answer, Answer, Decline, Hangup, Hold, Resume, Swap, JoinAll, Split, Transfer, Consult, Complete, Divert, Confirm, Reject, SetQuiet, SetForward,
	}
	c := Command{Do: verbs[p.rand.IntN(len(verbs))], Number: "200", Origin: "window"}
	if p.rand.IntN(2) == 0 {
		c.Call = id
	}
	switch c.Do {
	case Transfer:
		if p.rand.IntN(2) == 0 {
			c.With = p.any(p.now(p.t))
		}
	case SetQuiet:
		c.Mode = []string{"on", "off", "off"}[p.rand.IntN(3)]
	case SetForward:
		c.Mode, c.Number = []string{"always", "busy", "no-answer"}[p.rand.IntN(3)], []string{"", "", "300"}[p.rand.IntN(3)]
	}
	_, err := p.phone.Do(p.t.Context(), c)
	p.say("%+v: %v", c, err)
}

// check looks at what must hold whatever came before.
func (p *walker) check() {
	s := p.now(p.t)
	talking, joined, on := 0, 0, 0
	for _, c := range s.Calls {
		if c.Phase < call.Ending {
			on++
		}
		if c.Phase == call.Active && c.Joined {
			joined++
		}
		if c.Phase == call.Active && !c.Held && !c.Joined && c.Pending == call.Settled {
			talking++
		}
		early := (c.Phase == call.Dialing || c.Phase == call.Ringing) && c.EarlyMedia
		if s.Front != "" && c.ID != s.Front && (c.Phase == call.Active && joined == 0 || early) && !p.parked(c.ID) {
			p.fail("%s hears what is said to %s", c.ID, s.Front)
		}
		if c.Phase == call.Offered && c.Replaces == "" && p.tone(c.ID) == "" {
			p.fail("%s rings and nobody hears it", c.ID)
		}
	}
	front := slices.IndexFunc(s.Calls, func(c call.Call) bool { return c.ID == s.Front && c.Phase < call.Ending })
	switch {
	case talking > 1, talking == 1 && joined > 1 && !p.heldAll(s):
		p.fail("the agent talks to %d far ends and to %d joined ones", talking, joined)
	case joined == 1:
		p.fail("a conference of one")
	case on > MaxCalls:
		p.fail("%d calls at once", on)
	case s.Front != "" && front < 0:
		p.fail("%q is in front and not there", s.Front)
	}
}

// heldAll reports whether no joined call is talked to.
func (p *walker) heldAll(s Snapshot) bool {
	return !slices.ContainsFunc(s.Calls, func(c call.Call) bool {
		return c.Joined && c.Phase == call.Active && !c.Held && c.Pending == call.Settled
	})
}

func (p *walker) end(seed uint64) {
	s := p.now(p.t)
	if len(s.Calls) > 0 || s.Asking != nil {
		p.fail("left in the end: %+v %+v", s.Calls, s.Asking)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := map[call.ID]int{}
	for _, c := range p.records {
		if seen[c.ID]++; seen[c.ID] > 1 {
			p.t.Fatalf("seed %d: %s is recorded twice", seed, c.ID)
		}
	}
}

func (p *walker) fail(format string, args ...any) {
	p.t.Helper()
	for _, line := range p.told[max(0, len(p.told)-12):] {
		p.t.Log(line)
	}
	for _, c := range p.now(p.t).Calls {
		p.t.Logf("%s %s held=%v pending=%q joined=%v consults=%q for=%q replaces=%q %+v", c.ID, c.Phase, c.Held, c.Pending, c.Joined, c.Consults, c.For, c.Replaces, c.Transfer)
	}
	p.t.Fatalf(format, args...)
}
