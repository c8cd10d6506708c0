package widgetbridge

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"sidetone/internal/phone"
	"sidetone/widgetbridge/pairing"
	"sidetone/widgetbridge/wire"
)

// How long a page may take. A page that is slower has gone or means harm.
const (
	helloWithin = 3 * time.Second
	writeWithin = 3 * time.Second
	pingEvery   = 25 * time.Second
	pongWithin  = 10 * time.Second
	pairWithin  = 70 * time.Second // one try, from the hub's word that it is this page's turn
	wordWithin  = 2 * time.Second  // to say where the agent is in Kustomer; some may not read it
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
	if r.URL.Path != path {
		pipe(w, r, h.port, h.bridge.cfg.Origins)
		return
	}
	ctx, stop := context.WithCancel(h.ctx)
	defer stop()
	header := r.Header.Get("Origin")
	c := &conn{
		bridge: h.bridge, header: header, piped: header == pipeOrigin(h.port), stop: stop,
		state: make(chan []byte, 1), results: make(chan []byte, 16),
	}
	if !c.join(h.ctx) {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the Origin was compared exactly above; the library's patterns are looser
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		c.leave(h.ctx)
		return
	}
	c.ws = ws
	ws.SetReadLimit(wire.MaxMessage)
	c.live(ctx, h.ctx)
}

// conn is one widget's connection. Its reader runs in the handler's goroutine, its writer beside it.
type conn struct {
	bridge  *Bridge
	ws      *websocket.Conn
	id      uint64 // given by the hub
	header  string // Origin of the request
	piped   bool   // it comes from our own popup, which passes on what a widget says
	origin  string // the widget's, once it has proved it
	stop    context.CancelFunc
	state   chan []byte // the newest state only
	results chan []byte // everything else, in order
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

// live serves the connection until it ends; the hub has heard of the end before the page does.
func (c *conn) live(ctx, server context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer c.ws.CloseNow()
	defer c.leave(server)
	var writer sync.WaitGroup
	defer writer.Wait()
	defer cancel()
	writer.Go(func() { defer cancel(); c.write(ctx) })
	if err := c.greet(ctx); err != nil {
		c.part(err)
		return
	}
	for {
		m, err := c.read(ctx)
		if err == nil {
			err = c.take(ctx, m)
		}
		if err != nil {
			c.part(err)
			return
		}
	}
}

// part closes with a reason the page can show; what the other side sent is never repeated.
func (c *conn) part(err error) {
	if errors.Is(err, wire.ErrMessage) || errors.Is(err, errVersion) {
		c.bridge.cfg.Log.Warn("a widget was disconnected", "origin", c.header, "reason", err)
		_ = c.ws.Close(websocket.StatusPolicyViolation, err.Error()) // it is going either way
	}
}

var errVersion = errors.New("the widget and Sidetone speak different versions: update the older one")

// greet waits until the page has proved itself. A page that is not known may pair; then it connects anew.
func (c *conn) greet(ctx context.Context) error {
	nonce := pairing.NewNonce()
	c.push(wire.Challenge{V: wire.Version, Nonce: nonce})
	late := time.AfterFunc(c.bridge.cfg.hello, c.stop)
	defer late.Stop()
	for tried := false; ; {
		m, err := c.read(ctx)
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case *wire.Hello:
			if tried {
				return wire.ErrMessage
			}
			tried = true
			ok, err := c.prove(ctx, m, nonce)
			if ok || err != nil {
				return err
			}
		case *wire.Pair:
			if err := c.speaksFor(m.V, m.Origin); err != nil {
				return err
			}
			if c.asks(ctx, wantsPairing{c: c, m: m}) {
				late.Reset(pairWithin)
			}
		case *wire.PairReveal:
			c.post(ctx, revealed{c, m.Nonce})
		default:
			return wire.ErrMessage
		}
	}
}

func (c *conn) prove(ctx context.Context, m *wire.Hello, nonce string) (bool, error) {
	if err := c.speaksFor(m.V, m.Origin); err != nil {
		return false, err
	}
	ok := make(chan bool, 1)
	c.origin = m.Origin // the hub reads it; nothing is done in its name before the proof
	if !c.post(ctx, proved{c, m, nonce, ok}) {
		return false, ctx.Err()
	}
	return <-ok, nil
}

// asks reports whether it is this page's turn to pair.
func (c *conn) asks(ctx context.Context, e wantsPairing) bool {
	turn := make(chan bool, 1)
	e.turn = turn
	return c.post(ctx, e) && <-turn
}

// speaksFor checks that the connection may speak for an origin: its own, or, through our popup, one that is allowed.
func (c *conn) speaksFor(version int, origin string) error {
	switch {
	case version != wire.Version:
		return errVersion
	case c.piped && slices.Contains(c.bridge.cfg.Origins, origin), !c.piped && origin == c.header:
		return nil
	}
	return wire.ErrMessage
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

// push queues a message. A page that does not read is disconnected: nobody waits for it.
func (c *conn) push(m wire.ToPage) {
	b, err := wire.Format(m)
	if err != nil {
		c.stop()
		return
	}
	c.queue(b)
}

// end closes the connection after what is queued.
func (c *conn) end() { c.queue(nil) }

func (c *conn) queue(b []byte) {
	select {
	case c.results <- b:
	default:
		c.stop()
	}
}

var errEnded = errors.New("the app ends this connection")

func (c *conn) put(ctx context.Context, b []byte) error {
	if b == nil {
		return errEnded
	}
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	return c.ws.Write(ctx, websocket.MessageText, b)
}

// write is the writer: everything else in order, then the newest state, and pings that find a page that has gone.
func (c *conn) write(ctx context.Context) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		var err error
		select {
		case b := <-c.results: // before the state: a welcome goes first
			err = c.put(ctx, b)
		default:
			err = c.next(ctx, ping.C)
		}
		if err != nil {
			return
		}
	}
}

// next waits for one thing to do and does it.
func (c *conn) next(ctx context.Context, ping <-chan time.Time) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case b := <-c.results:
		return c.put(ctx, b)
	case b := <-c.state:
		return c.flush(ctx, b)
	case <-ping:
		pong, cancel := context.WithTimeout(ctx, pongWithin)
		defer cancel()
		return c.ws.Ping(pong)
	}
}

// flush writes a state after all that was queued before it.
func (c *conn) flush(ctx context.Context, state []byte) error {
	for {
		select {
		case b := <-c.results:
			if err := c.put(ctx, b); err != nil {
				return err
			}
		default:
			return c.put(ctx, state)
		}
	}
}

// take carries out one message of the page.
func (c *conn) take(ctx context.Context, m wire.FromPage) error {
	switch m := m.(type) {
	case *wire.Hello, *wire.Pair, *wire.PairReveal:
		return wire.ErrMessage // once is enough
	case *wire.NumberDialed:
		c.answer(m.ID, c.dial(ctx, m))
	case *wire.Command:
		c.answer(m.ID, c.command(ctx, m))
	default:
		c.post(ctx, said{c, m})
	}
	return nil
}

// origin is how the phone names us as the source of a command.
const origin = "kustomer"

// command asks the phone, if the hub lets the page ask so much.
func (c *conn) command(ctx context.Context, m *wire.Command) error {
	ok := make(chan bool, 1)
	if !c.post(ctx, asked{c, phone.Verb(m.Do), ok}) {
		return &phone.Refusal{Code: phone.CodeStopped, Text: "Sidetone is closing."}
	}
	if !<-ok {
		return &phone.Refusal{Code: "too-many-opened", Text: "Too many customers were opened at once. Wait a few seconds and click again."}
	}
	_, err := c.bridge.cfg.Phone.Do(ctx, phone.Command{
		Do: phone.Verb(m.Do), Call: callID(m.Call), Whole: true, Digits: m.Digits, Status: m.Status, Customer: m.Customer, Text: m.Text, Origin: origin,
	})
	return err
}

// dial asks the phone under the key of the click's first report: whoever reports it again gets the same answer.
func (c *conn) dial(ctx context.Context, m *wire.NumberDialed) error {
	first := make(chan string, 1)
	if !c.post(ctx, clicked{c, m.Number, c.origin + " " + m.ID, time.Duration(m.Age) * time.Millisecond, first}) {
		return &phone.Refusal{Code: phone.CodeStopped, Text: "Sidetone is closing."}
	}
	key := <-first
	if key == "" {
		return &phone.Refusal{Code: "too-fast", Text: "Too many numbers were clicked at once. Wait a second and click again."}
	}
	_, err := c.bridge.cfg.Phone.Do(ctx, phone.Command{Do: phone.Dial, Number: m.Number, Origin: origin, Key: key})
	c.bridge.cfg.Log.Info("a number was clicked", "origin", c.origin, "ends", lastTwo(m.Number), "accepted", err == nil)
	return err
}

func (c *conn) answer(id string, err error) {
	r := wire.Result{ID: id, OK: err == nil}
	var no *phone.Refusal
	switch {
	case errors.As(err, &no):
		r.Code, r.Text = string(no.Code), no.Text
	case err != nil:
		r.Code, r.Text = "failed", "Sidetone could not do that now. Try again."
	}
	c.push(r)
}

// lastTwo is what a log may know of a number.
func lastTwo(number string) string {
	d := digits(number)
	return d[max(0, len(d)-2):]
}

// digits is a number without what people write between its digits.
func digits(number string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
}
