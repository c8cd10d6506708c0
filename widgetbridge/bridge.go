// Package widgetbridge is the loopback service for the Kustomer widget: Host and Origin checks, then commands and state.
//
// It serves one thing, a WebSocket at /v1/ws, to pages whose origin IT has allowed, and speaks package wire there. One
// goroutine, hub, owns every connection's state; each connection has a reader and a writer.
package widgetbridge

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/phone"
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
	Phone   Phone
	Log     *slog.Logger // nil: silence. Origins and the last two digits of numbers, nothing else of a call
	Version string       // of the app, told to the widget
}

// Bridge is made by New and lives in Run.
type Bridge struct {
	cfg    Config
	events chan any
	bound  chan int // the port, once it listens
}

// New makes a bridge and starts nothing.
func New(cfg Config) *Bridge {
	if len(cfg.Ports) == 0 {
		cfg.Ports = DefaultPorts()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
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
		listeners, port, err := listen(ctx, b.cfg.Ports)
		if err == nil {
			return b.serve(ctx, listeners, port)
		}
		if ctx.Err() != nil {
			return nil
		}
		b.cfg.Phone.Report(phone.Bridge{Problem: upper(err.Error()) + "."})
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(retryListen):
		}
	}
}

func upper(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

// serve runs the hub and one HTTP server until ctx ends, then waits for every connection to be gone.
func (b *Bridge) serve(ctx context.Context, listeners []net.Listener, port int) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	h := newHub(b.cfg, port, b.events)
	handler := &handler{bridge: b, ctx: ctx, port: port}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 2 * time.Second, IdleTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(b.cfg.Log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- server.Serve(l) }()
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
