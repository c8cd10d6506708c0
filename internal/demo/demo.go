// Package demo plays the whole story with the real programs: Kustomer's page in Chromium, the app's window, a SIP server.
package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"sidetone/internal/lab"
)

// Options say how the story is told.
type Options struct {
	Auto bool   // play by itself even if there is a display
	Out  string // folder of the report, the recordings and the pictures; replaced
	Bin  string // folder of the built programs
}

// Run plays the story. With a display and without Auto it only sets the stage and waits for the person; otherwise it plays
// every step itself and returns an error unless all of it happened. The report is written either way.
func Run(ctx context.Context, o Options) error {
	bin, err := filepath.Abs(o.Bin)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(bin, "sidetone")); err != nil {
		return fmt.Errorf("the app is not built: %w. Run make build", err)
	}
	o.Bin = bin
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		o.Auto = true
	}
	if o.Auto {
		return auto(ctx, o)
	}
	return byHand(ctx, o)
}

// auto plays and reports.
func auto(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	if err := errors.Join(os.RemoveAll(o.Out), os.MkdirAll(o.Out, 0o755)); err != nil {
		return fmt.Errorf("the folder %s cannot be emptied: %w", o.Out, err)
	}
	r := &report{out: o.Out}
	s, err := setStage(ctx, o, r)
	if err == nil {
		err = s.play(ctx)
		err = errors.Join(err, s.strike())
	}
	r.OK = err == nil
	if err != nil && ctx.Err() != nil {
		err = errors.Join(err, errors.New("the story took longer than three minutes or was interrupted"))
	}
	err = errors.Join(err, r.write())
	fmt.Printf("The story is told in %s, beside its pictures and recordings.\n", r.file("report.md"))
	return err
}

// byHand leaves the stage to a person.
func byHand(ctx context.Context, o Options) error {
	r := &report{out: o.Out, quiet: true}
	s, err := setStage(ctx, o, r)
	if err != nil {
		return err
	}
	fmt.Print(`
Everything is running: the phone's window, Kustomer's page in a browser, and a telephone exchange.

  1. In the browser, press Connect in the panel headed Sidetone, and type the six digits it shows into the phone's window.
     Two minutes after the start the panel finds no phone: press Connect to Kustomer in the phone's window before, behind its link.
  2. In Kustomer, set your status to Available (top right): the phone shows it.
  3. Click the first number of the customer: the phone calls it and a voice answers; Kustomer shows Busy.
  4. In the phone, try Hold, Mute and Keypad, then Hang up: the wrap-up begins. Done ends it, and Kustomer shows Available again.
  5. Choose a status in the phone: Kustomer follows.
  6. In Kustomer, under "Call the agent", press Customer A. Example: the phone rings.

Ctrl-C ends it all and removes the throw-away profile.
`)
	<-ctx.Done()
	return s.strike()
}

// lights are the lab's parts that every story needs.
func lights(ctx context.Context, bridgePort int, r *report) (*lab.Lab, func() error, error) {
	l, err := lab.New(lab.Config{BridgePorts: []int{bridgePort}, Log: r.wire})
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	return l, func() error { cancel(); return <-done }, nil
}
