package widgetbridge

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"sidetone/internal/phone"
	"sidetone/widgetbridge/wire"
)

// How long a page may take. A page that is slower has gone or means harm.
const (
	helloWithin = 3 * time.Second
	writeWithin = 3 * time.Second
	pingEvery   = 25 * time.Second
	pongWithin  = 10 * time.Second
	wordWithin  = 2 * time.Second // to say where the agent is in Kustomer; some may not read it
)

// handler answers every request of the loopback port.
type handler struct {
	bridge  *Bridge
	ctx     context.Context // of the server; a hijacked connection outlives its request
	port    int
	running sync.WaitGroup
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	harden(w.Header())
	if status := refuse(r, h.port, h.bridge.cfg.Origins); status != 0 {
		h.bridge.cfg.Log.Debug("a request was refused", "status", status)
		http.Error(w, http.StatusText(status), status)
		return
	}
	h.running.Add(1)
	defer h.running.Done()
	origin := r.Header.Get("Origin")
	c := &conn{bridge: h.bridge, origin: origin, state: make(chan []byte, 1), results: make(chan []byte, 16)}
	if !c.join(h.ctx) {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	defer c.leave(h.ctx)
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the Origin was compared exactly above; the library's patterns are looser
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return
	}
	c.ws = ws
	ws.SetReadLimit(wire.MaxMessage)
	c.live(h.ctx)
}

// conn is one widget's connection. Its reader runs in the handler's goroutine, its writer beside it.
type conn struct {
	bridge  *Bridge
	ws      *websocket.Conn
	id      uint64 // given by the hub
	origin  string
	state   chan []byte // the newest state only
	results chan []byte
}

// post hands an event to the hub; false if the bridge is closing.
func (c *conn) post(ctx context.Context, e any) bool {
	select {
	case c.bridge.events <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *conn) join(ctx context.Context) bool {
	ok := make(chan bool, 1)
	return c.post(ctx, joined{c, ok}) && <-ok
}

func (c *conn) leave(ctx context.Context) { c.post(ctx, left{c}) }

func (c *conn) live(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer c.ws.CloseNow()
	if err := c.greet(ctx); err != nil {
		c.part(err)
		return
	}
	var writer sync.WaitGroup
	defer writer.Wait()
	defer cancel()
	writer.Go(func() { defer cancel(); c.write(ctx) })
	for {
		m, err := c.read(ctx)
		if err != nil {
			c.part(err)
			return
		}
		c.take(ctx, m)
	}
}

// part closes with a reason the page can show; what the other side sent is never repeated.
func (c *conn) part(err error) {
	if errors.Is(err, wire.ErrMessage) || errors.Is(err, errVersion) {
		c.bridge.cfg.Log.Warn("a widget was disconnected", "origin", c.origin, "reason", err)
		_ = c.ws.Close(websocket.StatusPolicyViolation, err.Error()) // it is going either way
	}
}

var errVersion = errors.New("the widget and Sidetone speak different versions: update the older one")

func (c *conn) greet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, helloWithin)
	defer cancel()
	m, err := c.read(ctx)
	if err != nil {
		return err
	}
	hello, ok := m.(*wire.Hello)
	if !ok {
		return wire.ErrMessage
	}
	if hello.V != wire.Version {
		return errVersion
	}
	// The hub hears of a page before its welcome, so it knows pages in the order of their welcomes. What it has for the page
	// waits for the writer, which starts later.
	c.post(ctx, greeted{c, hello.Org})
	return c.send(ctx, wire.Welcome{V: wire.Version, App: "Sidetone", Version: c.bridge.cfg.Version})
}

func (c *conn) read(ctx context.Context) (wire.FromPage, error) {
	kind, b, err := c.ws.Read(ctx)
	if err != nil {
		return nil, err
	}
	if kind != websocket.MessageText {
		return nil, wire.ErrMessage
	}
	return wire.Parse(b)
}

func (c *conn) send(ctx context.Context, m wire.ToPage) error {
	b, err := wire.Format(m)
	if err != nil {
		return err
	}
	return c.push(ctx, b)
}

func (c *conn) push(ctx context.Context, b []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	return c.ws.Write(ctx, websocket.MessageText, b)
}

// write is the writer: results in order, the newest state, and pings that find a page that has gone.
func (c *conn) write(ctx context.Context) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case b := <-c.results:
			err = c.push(ctx, b)
		case b := <-c.state:
			err = c.push(ctx, b)
		case <-ping.C:
			pong, cancel := context.WithTimeout(ctx, pongWithin)
			err = c.ws.Ping(pong)
			cancel()
		}
		if err != nil {
			return
		}
	}
}

// take carries out one message of the page.
func (c *conn) take(ctx context.Context, m wire.FromPage) {
	switch m := m.(type) {
	case *wire.NumberDialed:
		c.answer(ctx, m.ID, c.dial(ctx, m))
	case *wire.Command:
		c.post(ctx, active{c})
		_, err := c.bridge.cfg.Phone.Do(ctx, phone.Command{
			Do: phone.Verb(m.Do), Call: callID(m.Call), Digits: m.Digits, Status: m.Status, Origin: origin,
		})
		c.answer(ctx, m.ID, err)
	default:
		c.post(ctx, said{c, m})
	}
}

// origin is how the phone names us as the source of a command.
const origin = "kustomer"

// dial asks the hub whether this click may dial, and then the phone.
func (c *conn) dial(ctx context.Context, m *wire.NumberDialed) error {
	number, err := wire.Number(m.Number)
	if err != nil {
		return &phone.Refusal{Code: phone.CodeNotANumber, Text: "That is not a number Sidetone dials: " + err.Error() + "."}
	}
	verdict := make(chan error, 1)
	if !c.post(ctx, clicked{c, number, verdict}) {
		return &phone.Refusal{Code: phone.CodeStopped, Text: "Sidetone is closing."}
	}
	if err := <-verdict; err != nil {
		return err
	}
	_, err = c.bridge.cfg.Phone.Do(ctx, phone.Command{Do: phone.Dial, Number: number, Origin: origin, Key: c.origin + " " + m.ID})
	c.bridge.cfg.Log.Info("a number was clicked", "origin", c.origin, "ends", number[len(number)-2:], "accepted", err == nil)
	return err
}

func (c *conn) answer(ctx context.Context, id string, err error) {
	r := wire.Result{ID: id, OK: err == nil}
	var no *phone.Refusal
	switch {
	case errors.As(err, &no):
		r.Code, r.Text = string(no.Code), no.Text
	case err != nil:
		r.Code, r.Text = "failed", "Sidetone could not do that now. Try again."
	}
	b, err := wire.Format(r)
	if err != nil {
		return
	}
	select {
	case c.results <- b:
	case <-ctx.Done():
	}
}
