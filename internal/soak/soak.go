// Package soak drives thousands of status changes through Kustomer's page, the bridge and the phone at once, and counts the pushes.
package soak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"sidetone/internal/phone"
	"sidetone/internal/rig"
)

// Options say how long it goes on.
type Options struct {
	Events int       // changes and disturbances in all
	Seed   uint64    // the same seed makes the same events, not the same timing
	Bin    string    // folder of the built sidetoned
	Say    io.Writer // progress; nil: silence
}

// every is how many events come between two looks at whether both ends agree.
const every = 100

// Run starts everything, lets the events happen and looks at both ends after every hundredth and at the end. It fails when they
// do not come to agree within half a minute.
func Run(ctx context.Context, o Options) (Result, error) {
	if o.Say == nil {
		o.Say = io.Discard
	}
	r, err := rig.Start(ctx, rig.Options{Bin: o.Bin, Settings: "\n[wrap_up]\noutgoing = \"2s\"\n"})
	if err != nil {
		return Result{}, err
	}
	s := &soak{o: o, rig: r, rand: rand.New(rand.NewPCG(o.Seed, 1)), seen: map[uint64]bool{}}
	s.result.Seed, s.result.Pushed = o.Seed, map[string]int{}
	err = s.run(ctx)
	return s.result, errors.Join(err, r.Close())
}

// soak is one run.
type soak struct {
	o      Options
	rig    *rig.Rig
	rand   *rand.Rand
	seen   map[uint64]bool // wishes that are counted
	first  uint64          // the newest wish before the first event
	result Result
}

func (s *soak) run(ctx context.Context) error {
	at, err := s.rig.Snapshot()
	if err != nil {
		return err
	}
	s.first = at.Want.Rev
	before := s.rig.Lab.Kustomer.Pushes()
	for n := range s.o.Events {
		if err := s.event(ctx); err != nil {
			return fmt.Errorf("event %d: %w", n+1, err)
		}
		s.result.Events++
		if (n+1)%every == 0 || n+1 == s.o.Events {
			if err := s.agree(ctx); err != nil {
				return fmt.Errorf("after event %d: %w", n+1, err)
			}
		}
		if (n+1)%1000 == 0 {
			fmt.Fprintf(s.o.Say, "%d of %d events\n", n+1, s.o.Events)
		}
	}
	at, err = s.rig.Snapshot()
	s.result.Wishes = int(at.Want.Rev - s.first)
	s.result.Pushes = s.rig.Lab.Kustomer.Pushes() - before
	return err
}

// event lets one thing happen, and a moment pass.
func (s *soak) event(ctx context.Context) error {
	var err error
	switch n := s.rand.IntN(1000); {
	case n < 450:
		err = s.chooseInKustomer(ctx)
	case n < 850:
		err = s.chooseInApp()
	case n < 900:
		err = s.call()
	case n < 940:
		err = s.wrapUp()
	case n < 995:
		err = s.drop(ctx)
	default:
		err = s.reload(ctx)
	}
	return errors.Join(err, s.count(), rig.Pause(ctx, time.Duration(s.rand.IntN(30))*time.Millisecond))
}

func (s *soak) one(of ...string) string { return of[s.rand.IntN(len(of))] }

func (s *soak) chooseInKustomer(ctx context.Context) error {
	s.result.InKustomer++
	id := s.one("available", "unavailable", "lunch", "training", "offline")
	return s.rig.Chrome.Eval(ctx, "", `(document.querySelector('[data-status="`+id+`"]')?.click(), true)`, new(bool))
}

func (s *soak) chooseInApp() error {
	s.result.InApp++
	return s.ask(phone.Command{Do: phone.SetStatus, Status: s.one("available", "busy", "wrap-up", "unavailable", "offline")})
}

// call begins a call, or ends the one that is on.
func (s *soak) call() error {
	s.result.Calls++
	at, err := s.rig.Snapshot()
	if err != nil {
		return err
	}
	if len(at.Calls) > 0 {
		return s.ask(phone.Command{Do: phone.Hangup})
	}
	return s.ask(phone.Command{Do: phone.Dial, Number: "9196", Origin: "window"})
}

func (s *soak) wrapUp() error {
	s.result.WrapUps++
	switch s.rand.IntN(3) {
	case 0:
		return s.ask(phone.Command{Do: phone.NextStatus, Status: s.one("available", "unavailable")})
	case 1:
		return s.ask(phone.Command{Do: phone.MoreWrapUp})
	}
	return s.ask(phone.Command{Do: phone.EndWrapUp})
}

// ask lets the phone refuse what is not for now.
func (s *soak) ask(c phone.Command) error {
	var no *phone.Refusal
	if err := s.rig.Do(c); !errors.As(err, &no) {
		return err
	}
	return nil
}

// drop ends the widget's connection where it is, in the middle of whatever it does. A socket is known from its first message on.
func (s *soak) drop(ctx context.Context) error {
	const script = `(() => {
		if (!window.soak) {
			const send = WebSocket.prototype.send;
			window.soak = {};
			WebSocket.prototype.send = function (...m) { window.soak.socket = this; return send.apply(this, m); };
		}
		const open = window.soak.socket?.readyState === 1;
		if (open) window.soak.socket.close();
		return open;
	})()`
	closed := false
	if err := s.rig.Chrome.Eval(ctx, rig.Widget, script, &closed); err != nil {
		return err
	}
	if closed {
		s.result.Drops++
	}
	return nil
}

func (s *soak) reload(ctx context.Context) error {
	s.result.Reloads++
	if err := s.rig.Chrome.Navigate(ctx, s.rig.Lab.HostOrigin()); err != nil {
		return err
	}
	return s.rig.Chrome.WaitEval(ctx, "", `!document.documentElement.classList.contains("loading")`)
}

// count notes the wishes that are new, by their cause.
func (s *soak) count() error {
	at, err := s.rig.Snapshot()
	if err != nil {
		return err
	}
	for _, d := range at.Presence.Decisions {
		if d.Rev > s.first && !s.seen[d.Rev] {
			s.seen[d.Rev] = true
			s.result.Pushed[string(d.Cause)]++
		}
	}
	return nil
}

// agree waits until both ends show the same kind of status, twice in a row with a pause that every word on the way fits into.
func (s *soak) agree(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	began := time.Now()
	app, there := "", ""
	for same := 0; same < 3; {
		at, err := s.rig.Snapshot()
		if err != nil {
			return err
		}
		app, there = at.Presence.Status.Kustomer(), kind(s.rig.Lab.Kustomer.AgentStatus())
		same++
		if app != there || !at.Want.Done || len(at.Bridge.Widgets) == 0 {
			same = 0
			s.result.Slowest = max(s.result.Slowest, time.Since(began).Seconds())
		}
		if err := rig.Pause(ctx, 150*time.Millisecond); err != nil {
			return fmt.Errorf("the phone is %s and Kustomer %s: %s %s", app, there, at.Presence.Why, at.Presence.Notice)
		}
	}
	s.result.Agreed++
	return nil
}

// kind is what routing makes of a status of the pretend Kustomer.
func kind(name string) string {
	switch name {
	case "Lunch", "Training":
		return "unavailable"
	}
	return strings.ToLower(name)
}
