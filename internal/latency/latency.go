// Package latency measures how long a click in Kustomer takes to become an INVITE, beside a bare WebSocket echo of the same browser.
package latency

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sidetone/internal/browser"
	"sidetone/internal/control"
	"sidetone/internal/lab"
	"sidetone/internal/phone"
)

// Options say what is measured.
type Options struct {
	Clicks int       // how many numbers are clicked; the bridge lets one a second pass
	Bin    string    // folder of the built sidetoned
	Say    io.Writer // progress; nil: silence
}

// number is the one that is clicked: it is on the pretend customer's card, and the lab's exchange answers it.
const number = "+12025550142"

// Run starts the lab, the headless phone and Chromium, clicks, and returns what was measured. Every click is waited for until its
// INVITE has arrived and its call is over; an echo follows each click, so that both meet the same machine.
func Run(ctx context.Context, o Options) (Result, error) {
	if o.Say == nil {
		o.Say = io.Discard
	}
	b := &bench{o: o, invites: make(chan time.Time, 64)}
	err := b.start(ctx)
	if err == nil {
		err = b.measure(ctx)
	}
	return b.result(), errors.Join(err, b.strike())
}

// bench is what runs while it is measured.
type bench struct {
	o       Options
	dir     string // throw-away profile of the phone
	lab     *lab.Lab
	chrome  *browser.Browser
	client  *control.Client
	invites chan time.Time
	clicks  []float64 // milliseconds from number-dialed in the page to the INVITE at the exchange
	echoes  []float64 // milliseconds of a message to the echo and back
	undo    []func() error
}

func (b *bench) strike() error {
	var errs []error
	for i := len(b.undo) - 1; i >= 0; i-- {
		errs = append(errs, b.undo[i]())
	}
	return errors.Join(errs...)
}

func (b *bench) start(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "sidetone-latency-"); err != nil {
		return err
	}
	b.undo = append(b.undo, func() error { return os.RemoveAll(b.dir) })
	port, err := lab.FreePort()
	if err != nil {
		return err
	}
	if err := b.startLab(ctx, port); err != nil {
		return err
	}
	if err := b.startPhone(ctx, port); err != nil {
		return err
	}
	b.chrome, err = browser.Start(context.WithoutCancel(ctx), browser.Options{Headless: true, URL: b.lab.HostOrigin(), Width: 1280, Height: 860})
	if err != nil {
		return err
	}
	b.undo = append(b.undo, b.chrome.Close)
	if err := b.pair(ctx); err != nil {
		return err
	}
	return b.prepare(ctx)
}

// startPhone starts sidetoned, without a wrap-up, which would only make the next call wait.
func (b *bench) startPhone(ctx context.Context, port int) error {
	settings := b.lab.Settings([]int{port}) + "\n[wrap_up]\noutgoing = \"off\"\n"
	if err := os.WriteFile(filepath.Join(b.dir, "config.toml"), []byte(settings), 0o600); err != nil {
		return err
	}
	app := exec.Command(filepath.Join(b.o.Bin, "sidetoned"), "--data-dir", b.dir, "--password-stdin", "--audio-in", "silence", "--audio-out", "null")
	app.Stdin, app.Stderr = strings.NewReader(lab.Password+"\n"), os.Stderr
	if err := app.Start(); err != nil {
		return fmt.Errorf("the phone cannot be started: %w. Run make build", err)
	}
	b.undo = append(b.undo, func() error { return endProgram(app) })
	for {
		client, err := control.Dial(ctx, b.dir)
		if err == nil {
			b.client = client
			b.undo = append(b.undo, client.Close)
			break
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("the phone did not start: %w", err)
		}
	}
	return b.until(ctx, func(s phone.Snapshot) bool { return len(s.Accounts) == 1 && s.Accounts[0].Line.State == "ready" })
}

func endProgram(p *exec.Cmd) error {
	if err := p.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timer := time.AfterFunc(10*time.Second, func() { _ = p.Process.Kill() })
	defer timer.Stop()
	return p.Wait()
}

// until asks the phone until it looks as wanted.
func (b *bench) until(ctx context.Context, ok func(phone.Snapshot) bool) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		r, err := b.client.Ask(control.Request{Command: phone.Command{Do: control.Status}})
		if err != nil {
			return err
		}
		if ok(*r.Snapshot) {
			return nil
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return fmt.Errorf("the phone never came to that: %w", err)
		}
	}
}

// widget is what its frame is known by.
const widget = "/widget.html"

func (b *bench) pair(ctx context.Context) error {
	if _, err := b.client.Ask(control.Request{Command: phone.Command{Do: control.Connect}}); err != nil {
		return err
	}
	if err := b.chrome.WaitText(ctx, widget, "#connection", "Not paired"); err != nil {
		return err
	}
	if err := b.chrome.Click(ctx, widget, "#try-again"); err != nil {
		return err
	}
	if err := b.chrome.WaitText(ctx, widget, "#digits", " "); err != nil {
		return err
	}
	digits, err := b.chrome.Text(ctx, widget, "#digits")
	if err != nil {
		return err
	}
	_, err = b.client.Ask(control.Request{Command: phone.Command{Do: control.Pair, Digits: strings.ReplaceAll(digits, " ", "")}})
	if err != nil {
		return err
	}
	return b.until(ctx, func(s phone.Snapshot) bool { return len(s.Bridge.Widgets) == 1 })
}

// prepare opens the echo's socket in Kustomer's page, and leaves two functions there: click presses the number and returns when,
// in milliseconds since 1970; echo returns how long a message took to come back.
func (b *bench) prepare(ctx context.Context) error {
	port, err := b.startEcho()
	if err != nil {
		return err
	}
	script := `(window.bench = {
		socket: new WebSocket("ws://127.0.0.1:` + strconv.Itoa(port) + `"),
		click() { const at = performance.timeOrigin + performance.now(); document.querySelector('[data-number="` + number + `"]').click(); return at; },
		echo() { const began = performance.now(); this.socket.send("1"); return new Promise((f) => { this.socket.onmessage = () => f(performance.now() - began); }); },
	}, true)`
	if err := b.chrome.Eval(ctx, "", script, new(bool)); err != nil {
		return err
	}
	return b.chrome.WaitEval(ctx, "", "bench.socket.readyState === 1")
}

// pause waits; the bridge lets no more than one click a second pass for long.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
