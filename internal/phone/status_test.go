package phone

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/health"
	"sidetone/sync/presence"
)

// line tells the phone how its one line stands.
func (w *world) line(s call.LineState, detail string) {
	w.phone.Sink(call.Registered{Account: "main", Line: call.Line{State: s, Detail: detail}})
	synctest.Wait()
}

func TestLastingTroubleMakesUnavailable(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.line(call.LineUnreachable, "The server does not answer.")
		time.Sleep(9 * time.Second)
		if s := w.now(t); s.Presence.Status != presence.Available {
			t.Fatalf("a short trouble was told: %+v", s.Presence)
		}
		time.Sleep(time.Second)
		s := w.now(t)
		if s.Presence.Status != presence.Unavailable || s.Want.Status != "unavailable" || !strings.Contains(s.Presence.Decisions[0].Sentence, "The server does not answer.") {
			t.Fatalf("%+v", s.Presence)
		}
		if w.tone("line") != call.LineLost {
			t.Errorf("the agent hears %q", w.tone("line"))
		}
		w.line(call.LineRegistering, "")
		w.line(call.LineReady, "")
		if s := w.now(t); s.Presence.Status != presence.Available || s.Want.Status != "available" {
			t.Fatalf("%+v", s.Presence)
		}
		if w.tone("line") != call.LineBack {
			t.Errorf("the agent hears %q", w.tone("line"))
		}
	})
}

// TestNothingPromisedAtStart: a line that never worked is no short trouble, and one that is being registered is none yet.
func TestNothingPromisedAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := &world{phone: New(Times{}, nil)}
		done := make(chan error, 1)
		go func() {
			done <- w.phone.Run(ctx, Ports{Signaling: signalPort{w}, Media: mediaPort{w}, Journal: journalPort{w}, Browser: w})
		}()
		w.phone.Report(UseAccounts{Accounts: []call.Account{{ID: "main", Address: "sip:1001@example.com"}}})
		w.line(call.LineRegistering, "")
		if s := w.now(t); s.Presence.Status != presence.Available {
			t.Errorf("%+v", s.Presence)
		}
		w.line(call.LineUnreachable, "The server does not answer.")
		time.Sleep(time.Millisecond)
		if s := w.now(t); s.Presence.Status != presence.Unavailable || s.Want.Status != "unavailable" {
			t.Errorf("%+v", s.Presence)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}

func TestShortTroublesDoNotAddUp(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		rev := w.now(t).Want.Rev
		for range 5 {
			w.line(call.LineUnreachable, "The server does not answer.")
			time.Sleep(6 * time.Second)
			w.line(call.LineReady, "")
			time.Sleep(time.Second)
		}
		if s := w.now(t); s.Want.Rev != rev || s.Presence.Status != presence.Available {
			t.Fatalf("%+v", s.Presence)
		}
	})
}

func TestPhoneWithoutALineClaimsNothing(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.phone.Report(UseAccounts{})
		time.Sleep(time.Minute)
		if s := w.now(t); s.Presence.Status != presence.Available {
			t.Fatalf("%+v", s.Presence)
		}
	})
}

// notebook is a Memory that answers when the test lets it.
type notebook struct {
	mu   sync.Mutex
	last presence.Memory
	wait []func(error)
}

func (n *notebook) Remember(m presence.Memory, done func(error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last, n.wait = m, append(n.wait, done)
}

func (n *notebook) answer(err error) {
	n.mu.Lock()
	wait := n.wait
	n.wait = nil
	n.mu.Unlock()
	for _, done := range wait {
		done(err)
	}
	synctest.Wait()
}

// TestWishWaitsForItsMemory: what is not on disk may not reach Kustomer, unless the disk says no.
func TestWishWaitsForItsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		n := &notebook{}
		w := &world{phone: New(Times{}, nil)}
		done := make(chan error, 1)
		go func() {
			done <- w.phone.Run(ctx, Ports{Signaling: signalPort{w}, Media: mediaPort{w}, Journal: journalPort{w}, Memory: n})
		}()
		synctest.Wait()
		n.answer(nil)
		w.do(t, Command{Do: SetStatus, Status: "unavailable"})
		if s := w.now(t); s.Want.Status != "unavailable" || s.Want.Done || !s.Held || n.last.Chosen.Status != presence.Unavailable {
			t.Fatalf("%+v, held %v, %+v", s.Want, s.Held, n.last)
		}
		n.answer(nil)
		if s := w.now(t); s.Held {
			t.Fatal("it is on disk and still held")
		}
		w.do(t, Command{Do: SetStatus, Status: "available"})
		n.answer(errors.New("the disk is full"))
		if s := w.now(t); s.Held || len(s.Warnings) != 2 || s.Warnings[1].Code != health.NotSaved {
			t.Fatalf("held %v, %+v", s.Held, s.Warnings)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}
