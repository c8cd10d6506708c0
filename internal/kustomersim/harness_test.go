package kustomersim

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sidetone/internal/browser"
	"sidetone/widgetbridge/pairing"
	"sidetone/widgetbridge/web"
)

type object = map[string]any

// bridge is a stand-in for the app: it speaks the protocol and decides nothing.
type bridge struct {
	port  int
	close func()

	mu    sync.Mutex
	got   []object
	grown chan struct{}
	conn  *websocket.Conn
	first object // sent after the welcome
	seq   int

	own  pairing.Identity
	key  pairing.Key
	desk pairing.Desk
	page pairing.Key // the one that was paired

	careless bool // says that any digits were right
}

func newBridge(t *testing.T) *bridge {
	t.Helper()
	own, err := pairing.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	key, err := own.Key()
	if err != nil {
		t.Fatal(err)
	}
	b := &bridge{grown: make(chan struct{}), first: idle("available", "Available"), own: own, key: key}
	b.desk.Arm(time.Now())
	s := httptest.NewServer(http.HandlerFunc(b.serve))
	b.close = sync.OnceFunc(func() { b.drop(); s.CloseClientConnections(); s.Close() })
	t.Cleanup(b.close)
	b.port = s.Listener.Addr().(*net.TCPAddr).Port
	return b
}

func (b *bridge) serve(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: []string{"sidetone.localhost:*"}})
	if err != nil || r.URL.Path != "/v1/ws" {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(4096)
	hello := pairing.Hello{Origin: r.Header.Get("Origin"), Port: b.port, AppNonce: pairing.NewNonce()}
	b.mu.Lock()
	write(r.Context(), conn, object{"type": "challenge", "v": 1, "nonce": hello.AppNonce})
	b.mu.Unlock()
	for {
		_, text, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		var m object
		if json.Unmarshal(text, &m) != nil {
			return
		}
		b.take(r.Context(), conn, m, hello)
	}
}

func (b *bridge) take(ctx context.Context, conn *websocket.Conn, m object, hello pairing.Hello) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, m)
	text := func(name string) string { v, _ := m[name].(string); return v }
	switch m["type"] {
	case "hello":
		hello.PageNonce = text("nonce")
		if b.page.ID() != text("key") || !hello.ByPage(b.page, text("sig")) {
			write(ctx, conn, object{"type": "refused", "code": "unpaired", "text": "Not known."})
			break
		}
		sig, _ := hello.SignApp(b.own)
		write(ctx, conn, object{"type": "welcome", "v": 1, "app": "Sidetone", "version": "0.1.0", "sig": sig})
		b.conn = conn
		b.write(ctx, b.first)
	case "pair":
		nonce, err := b.desk.Begin(1, hello.Origin, text("org"), pairing.Key(text("key")), b.key, text("commit"), time.Now())
		if err != nil {
			write(ctx, conn, object{"type": "refused", "code": "not-armed", "text": "Not armed."})
			break
		}
		b.conn = conn
		write(ctx, conn, object{"type": "pair-challenge", "key": b.key, "nonce": nonce, "seconds": 60, "left": b.desk.Left()})
	case "pair-reveal":
		p, err := b.desk.Reveal(1, text("nonce"), time.Now())
		if b.careless {
			p.Nonce, err = pairing.NewNonce(), nil
		}
		if err != nil {
			write(ctx, conn, object{"type": "refused", "code": "wrong-digits", "text": "Wrong."})
			break
		}
		b.page = p.Key
		write(ctx, conn, object{"type": "paired", "nonce": p.Nonce})
	}
	close(b.grown)
	b.grown = make(chan struct{})
}

// types types digits into the app's window.
func (b *bridge) types(t *testing.T, digits string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	_, commit, err := b.desk.Type(digits, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	write(t.Context(), b.conn, object{"type": "pair-commit", "commit": commit})
}

func (b *bridge) write(ctx context.Context, m object) {
	if m["type"] == "state" {
		b.seq++
		m["seq"] = b.seq
	}
	write(ctx, b.conn, m)
}

func write(ctx context.Context, conn *websocket.Conn, m object) {
	text, _ := json.Marshal(m)
	_ = conn.Write(ctx, websocket.MessageText, text)
}

// send sends one message to the page that is connected.
func (b *bridge) send(t *testing.T, m object) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.write(t.Context(), m)
}

func (b *bridge) drop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conn != nil {
		_ = b.conn.CloseNow()
	}
}

func (b *bridge) all(kind string) []object {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []object
	for _, m := range b.got {
		if m["type"] == kind {
			out = append(out, m)
		}
	}
	return out
}

// forget drops what was received so far.
func (b *bridge) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = nil
}

// wait returns the first message that matches, old or new.
func (b *bridge) wait(ctx context.Context, t *testing.T, what string, match func(object) bool) object {
	t.Helper()
	seen := 0
	for {
		b.mu.Lock()
		got, grown := b.got, b.grown
		b.mu.Unlock()
		for ; seen < len(got); seen++ {
			if match(got[seen]) {
				return got[seen]
			}
		}
		select {
		case <-grown:
		case <-ctx.Done():
			t.Fatalf("the widget never sent %s; it sent %v", what, got)
		}
	}
}

func idle(status, label string) object {
	return object{
		"type": "state", "speaks": true, "ready": true, "line": "Line 1001 is ready.", "warning": "", "calls": []any{},
		"status": object{"status": status, "label": label, "because": "kustomer", "why": "Set in Kustomer.", "since": "2026-11-22T10:35:00Z"},
		"last":   object{"direction": "incoming", "name": "", "number": "+12025550155", "number_text": "(202) 555-0155", "reason": "", "missed": true, "created_at": "2026-11-22T10:12:00Z"},
	}
}

func inCall(phase string, more object) object {
	call := object{
		"id": "c1", "direction": "outgoing", "name": "Customer A. Example", "number": "+12025550142", "number_text": "(202) 555-0142", "phase": phase, "held": false, "remote_held": false,
		"muted": false, "created_at": time.Now().UTC().Format(time.RFC3339),
	}
	if phase == "active" {
		call["answered_at"] = time.Now().Add(-207 * time.Second).UTC().Format(time.RFC3339)
	}
	for k, v := range more {
		call[k] = v
	}
	s := idle("available", "Available")
	if phase != "incoming" {
		s = idle("busy", "Busy")
		s["status"] = object{
			"status": "busy", "label": "Busy", "because": "call", "why": "On a call.", "since": time.Now().Add(-207 * time.Second).UTC().Format(time.RFC3339),
			"next": object{"status": "available", "label": "Available"},
		}
	}
	s["calls"] = []any{call}
	return s
}

// stage is the pretend Kustomer, its browser and the stand-in for the app.
type stage struct {
	*browser.Browser
	sim    *Sim
	bridge *bridge
	desk   *desk
	host   string
	ctx    context.Context
	t      *testing.T
}

type choice struct {
	faults        func(*Faults)
	width, height int
	query         string // of the host page
	noBridge      bool
	unpaired      bool // leave pairing to the test
	callAgent     func(string) error
	statuses      []web.Status
	desk          *desk         // the real bridge and phone instead of the stand-in
	lasts         time.Duration // what the test takes beside the usual
}

func listen(t *testing.T) (net.Listener, int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l, l.Addr().(*net.TCPAddr).Port
}

func serve(t *testing.T, l net.Listener, h http.Handler) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
}

func open(t *testing.T, c choice) *stage {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second+c.lasts)
	t.Cleanup(cancel)
	hostL, hostPort := listen(t)
	pagesL, pagesPort := listen(t)
	host, pages := fmt.Sprintf("http://acme.localhost:%d", hostPort), fmt.Sprintf("http://sidetone.localhost:%d", pagesPort)
	b := newBridge(t)
	if c.noBridge || c.desk != nil {
		b.close()
	}
	port := b.port
	if c.desk != nil {
		port = c.desk.run(t, pages)
	}
	h, err := web.Handler(web.Options{Ports: []int{port}, SDK: "kustomer-card.js", Ancestors: []string{host}, Statuses: c.statuses})
	if err != nil {
		t.Fatal(err)
	}
	sim, err := New(Config{
		WidgetURL: pages + "/widget.html", SettingsURL: pages + "/settings.html", IframePermissions: web.Permissions(pages), Queue: web.DefaultQueue,
		CallAgent: c.callAgent,
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.faults != nil {
		f := sim.Faults()
		c.faults(&f)
		sim.SetFaults(f)
	}
	serve(t, hostL, sim.Host())
	serve(t, pagesL, sim.Pages(h))
	st := &stage{sim: sim, bridge: b, desk: c.desk, host: host, ctx: ctx, t: t}
	st.browse(c)
	if !c.noBridge && !c.unpaired {
		st.pair()
	}
	return st
}

// browse opens the host page in a browser of its own.
func (s *stage) browse(c choice) {
	s.t.Helper()
	br, err := browser.Start(s.ctx, browser.Options{Headless: true, URL: s.host + "/" + c.query, Width: c.width, Height: c.height})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := br.Close(); err != nil {
			s.t.Error(err)
		}
	})
	s.Browser = br
}

// pair connects the browser as a person does.
func (s *stage) pair() {
	s.t.Helper()
	if s.desk != nil {
		s.must(s.desk.bridge.Arm(s.ctx))
	}
	s.click(widget, "#try-again")
	digits := s.digits()
	if s.desk != nil {
		s.must(s.desk.bridge.Type(s.ctx, digits))
	} else {
		s.bridge.types(s.t, digits)
	}
	s.greeted()
}

// greeted waits until the widget shows the phone, in whatever language.
func (s *stage) greeted() {
	s.t.Helper()
	s.must(s.WaitEval(s.ctx, widget, visible("#home")+` && !document.querySelector("#status").disabled`))
}

// digits reads what the widget shows.
func (s *stage) digits() string {
	s.t.Helper()
	s.must(s.WaitEval(s.ctx, widget, visible("#pairing"))) // those of before stay in the page
	s.must(s.WaitText(s.ctx, widget, "#digits", " "))
	text, err := s.Text(s.ctx, widget, "#digits")
	s.must(err)
	return strings.ReplaceAll(text, " ", "")
}

const (
	widget   = "/widget.html"
	settings = "/settings.html"
)

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		if dir := os.Getenv("SIDETONE_SHOTS"); dir != "" {
			_ = s.Screenshot(context.Background(), filepath.Join(dir, "failed-"+s.t.Name()+".png"))
		}
		s.t.Fatal(err)
	}
}

func (s *stage) connected() {
	s.t.Helper()
	s.must(s.WaitText(s.ctx, widget, "#connection", "Connected"))
}

func (s *stage) click(frame, selector string) {
	s.t.Helper()
	s.must(s.Click(s.ctx, frame, selector))
}

func (s *stage) says(frame, selector, want string) {
	s.t.Helper()
	s.must(s.WaitText(s.ctx, frame, selector, want))
}

func (s *stage) choose(status string) {
	s.t.Helper()
	s.click("", "#agent-status")
	s.click("", `[data-status="`+status+`"]`)
}

// sent waits for a message to the app with these members.
func (s *stage) sent(want object) object {
	s.t.Helper()
	return s.bridge.wait(s.ctx, s.t, fmt.Sprint(want), func(m object) bool {
		for k, v := range want {
			if fmt.Sprint(m[k]) != fmt.Sprint(v) {
				return false
			}
		}
		return true
	})
}
