// Package rig starts the lab, the headless phone and a browser that is paired with it, for what drives the whole from outside.
package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"sidetone/internal/browser"
	"sidetone/internal/control"
	"sidetone/internal/lab"
	"sidetone/internal/pbx"
	"sidetone/internal/phone"
)

// Options say what is started.
type Options struct {
	Bin      string          // folder of the built sidetoned
	Settings string          // further tables of its config.toml
	Log      func(pbx.Entry) // every SIP message at the exchange; nil: nobody
}

// Rig is what runs. Ask it from one goroutine.
type Rig struct {
	Lab    *lab.Lab
	Chrome *browser.Browser

	dir    string // throw-away profile of the phone
	client *control.Client
	undo   []func() error
}

// Start starts everything, pairs the widget in Kustomer's page with the phone and returns when it is connected. On an error what
// was started is ended again.
func Start(ctx context.Context, o Options) (*Rig, error) {
	r := &Rig{}
	if err := r.start(ctx, o); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Close ends everything in reverse order.
func (r *Rig) Close() error {
	var errs []error
	for _, f := range slices.Backward(r.undo) {
		errs = append(errs, f())
	}
	r.undo = nil
	return errors.Join(errs...)
}

// Later has f called by Close.
func (r *Rig) Later(f func() error) { r.undo = append(r.undo, f) }

func (r *Rig) start(ctx context.Context, o Options) (err error) {
	if r.dir, err = os.MkdirTemp("", "sidetone-rig-"); err != nil {
		return err
	}
	r.Later(func() error { return os.RemoveAll(r.dir) })
	port, err := lab.FreePort()
	if err != nil {
		return err
	}
	if err := r.startLab(ctx, port, o.Log); err != nil {
		return err
	}
	if err := r.startPhone(ctx, port, o); err != nil {
		return err
	}
	r.Chrome, err = browser.Start(context.WithoutCancel(ctx), browser.Options{Headless: true, URL: r.Lab.HostOrigin(), Width: 1280, Height: 860})
	if err != nil {
		return err
	}
	r.Later(r.Chrome.Close)
	return r.pair(ctx)
}

func (r *Rig) startLab(ctx context.Context, port int, log func(pbx.Entry)) (err error) {
	if r.Lab, err = lab.New(lab.Config{BridgePorts: []int{port}, Log: log}); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- r.Lab.Run(ctx) }()
	r.Later(func() error { cancel(); return <-done })
	return nil
}

func (r *Rig) startPhone(ctx context.Context, port int, o Options) error {
	settings := r.Lab.Settings([]int{port}) + o.Settings
	if err := os.WriteFile(filepath.Join(r.dir, "config.toml"), []byte(settings), 0o600); err != nil {
		return err
	}
	app := exec.Command(filepath.Join(o.Bin, "sidetoned"), "--data-dir", r.dir, "--password-stdin", "--audio-in", "silence", "--audio-out", "null")
	app.Stdin, app.Stderr = strings.NewReader(lab.Password+"\n"), os.Stderr
	if err := app.Start(); err != nil {
		return fmt.Errorf("the phone cannot be started: %w. Run make build", err)
	}
	r.Later(func() error { return end(app) })
	for {
		client, err := control.Dial(ctx, r.dir)
		if err == nil {
			r.client = client
			r.Later(client.Close)
			break
		}
		if err := Pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("the phone did not start: %w", err)
		}
	}
	_, err := r.Until(ctx, func(s phone.Snapshot) bool { return len(s.Accounts) == 1 && s.Accounts[0].Line.State == "ready" })
	return err
}

func end(p *exec.Cmd) error {
	if err := p.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timer := time.AfterFunc(10*time.Second, func() { _ = p.Process.Kill() })
	defer timer.Stop()
	return p.Wait()
}

// Do asks the phone for something, as sidetonectl does.
func (r *Rig) Do(c phone.Command) error {
	_, err := r.client.Ask(control.Request{Command: c})
	return err
}

// Snapshot is the phone as it is now.
func (r *Rig) Snapshot() (phone.Snapshot, error) {
	a, err := r.client.Ask(control.Request{Command: phone.Command{Do: control.Status}})
	if err != nil {
		return phone.Snapshot{}, err
	}
	return *a.Snapshot, nil
}

// Until asks for snapshots until one is as wanted, for half a minute at most, and returns the last.
func (r *Rig) Until(ctx context.Context, ok func(phone.Snapshot) bool) (phone.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		s, err := r.Snapshot()
		if err != nil || ok(s) {
			return s, err
		}
		if err := Pause(ctx, 5*time.Millisecond); err != nil {
			return s, fmt.Errorf("the phone never came to that: %w", err)
		}
	}
}

// Widget is what the widget's frame is known by.
const Widget = "/widget.html"

func (r *Rig) pair(ctx context.Context) error {
	if err := r.Do(phone.Command{Do: control.Connect}); err != nil {
		return err
	}
	if err := r.Chrome.WaitText(ctx, Widget, "#connection", "Not paired"); err != nil {
		return err
	}
	if err := r.Chrome.Click(ctx, Widget, "#try-again"); err != nil {
		return err
	}
	if err := r.Chrome.WaitText(ctx, Widget, "#digits", " "); err != nil {
		return err
	}
	digits, err := r.Chrome.Text(ctx, Widget, "#digits")
	if err != nil {
		return err
	}
	if err := r.Do(phone.Command{Do: control.Pair, Digits: strings.ReplaceAll(digits, " ", "")}); err != nil {
		return err
	}
	_, err = r.Until(ctx, func(s phone.Snapshot) bool { return len(s.Bridge.Widgets) == 1 })
	return err
}

// Pause waits, or returns ctx's error.
func Pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
