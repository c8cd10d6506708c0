// Package widgetbridge is the loopback service for the Kustomer widget: Host and Origin checks, then commands and state.
//
// It serves a WebSocket at /v1/ws to pages whose origin IT has allowed, lets in those that prove to be paired, and speaks
// package wire with them; and a small page at /pipe that carries the same messages where a browser lets the widget's own
// WebSocket through to nowhere. One goroutine, hub, owns every connection's state; each connection has a reader and a writer.
package widgetbridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/phone"
	"sidetone/widgetbridge/pairing"
)

// Phone is what the bridge offers to the widget.
type Phone interface {
	Do(context.Context, phone.Command) (call.ID, error)
	Watch(context.Context) <-chan phone.Snapshot
	Report(phone.Report)
}

// Config is what a bridge needs to know.
type Config struct {
	Ports   []int    // tried in order; empty: DefaultPorts; 0: any free one
	Origins []string // exact origins of the widget's pages; none: nobody is let in
	Hosts   []string // exact origins Kustomer is opened at, beside those below kustomerapp.com
	Phone   Phone
	Log     *slog.Logger // nil: silence. Origins and the last two digits of numbers, nothing else of a call
	Version string       // of the app, told to the widget
	// Keep gives the app's key and the pages that know it. It is asked until it gives them: a locked keyring may be unlocked.
	Keep func(context.Context) (Keeping, error)

	pace  *bucket       // how fast numbers may be clicked; nil: five at once, then one a second
	word  time.Duration // how long a wish waits for a widget's word on where the agent is; 0: wordWithin
	hello time.Duration // how long a page may take to prove itself; 0: helloWithin
}

// Keeping is what outlasts a run: the app's own key and the pages paired with it. The bridge owns the book from then on.
type Keeping struct {
	Identity pairing.Identity
	Book     *pairing.Book
}

// Bridge is made by New and lives in Run.
type Bridge struct {
	cfg    Config
	events chan any
	bound  chan int // the port, once it listens
	door   *door    // of Run, once the keyring has given the key: it is asked no more while the ports are tried
}

// New makes a bridge and starts nothing.
func New(cfg Config) *Bridge {
	if len(cfg.Ports) == 0 {
		cfg.Ports = DefaultPorts()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.pace == nil {
		cfg.pace = newBucket(1, 5)
	}
	if cfg.word == 0 {
		cfg.word = wordWithin
	}
	if cfg.hello == 0 {
		cfg.hello = helloWithin
	}
	return &Bridge{cfg: cfg, events: make(chan any), bound: make(chan int, 1)}
}

// Port waits until the bridge listens and returns its port.
func (b *Bridge) Port(ctx context.Context) (int, error) {
	select {
	case p := <-b.bound:
		b.bound <- p
		return p, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// retryListen is how long to wait before the ports are tried again.
const retryListen = 5 * time.Second

// Run listens and serves until ctx ends. Ports held by others are no failure: it is reported and tried again, because a
// phone without a bridge is still a phone.
func (b *Bridge) Run(ctx context.Context) error {
	for {
		err := b.once(ctx)
		var no *notReady
		if !errors.As(err, &no) {
			return err
		}
		b.cfg.Phone.Report(phone.Bridge{Problem: upper(err.Error()) + "."})
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(retryListen):
		}
	}
}

// notReady is what may be better in a moment.
type notReady struct{ error }

func (b *Bridge) once(ctx context.Context) error {
	if err := b.unlock(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	listeners, port, err := listen(ctx, b.cfg.Ports)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return &notReady{err}
	}
	return b.serve(ctx, listeners, port, b.door)
}

// unlock makes the door, if there is none yet.
func (b *Bridge) unlock(ctx context.Context) error {
	if b.door != nil {
		return nil
	}
	keep, err := b.cfg.Keep(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return &notReady{fmt.Errorf("clicking numbers in Kustomer is off: %w", err)}
	}
	b.door, err = newDoor(keep, time.Now())
	return err
}

// reached notes each connection, and that it has said something: a browser may connect first and then ask the person. Where one
// keeps a page from this computer, nothing is noted.
func (b *Bridge) reached(_ net.Conn, s http.ConnState) {
	switch s {
	case http.StateNew:
		b.cfg.Log.Debug("the port was reached")
	case http.StateActive:
		b.cfg.Log.Debug("the port was spoken to")
	}
}

func upper(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

// serve runs the hub and one HTTP server until ctx ends, then waits for every connection to be gone.
func (b *Bridge) serve(ctx context.Context, listeners []net.Listener, port int, door *door) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	h := newHub(b.cfg, port, b.events, door)
	h.expect(time.Now())
	handler := &handler{bridge: b, ctx: ctx, port: port}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 2 * time.Second, IdleTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog:  slog.NewLogLogger(b.cfg.Log.Handler(), slog.LevelDebug),
		ConnState: b.reached,
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- server.Serve(gated{l, &h.gate}) }()
	}
	hubDone := make(chan struct{})
	go func() { defer close(hubDone); h.run(ctx) }()
	b.bound <- port
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stop()
	err = errors.Join(err, server.Close())
	handler.running.Wait()
	<-hubDone
	return err
}
