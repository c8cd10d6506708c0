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
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sidetone/internal/browser"
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
}

func newBridge(t *testing.T) *bridge {
	t.Helper()
	b := &bridge{grown: make(chan struct{}), first: idle("available", "Available")}
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
	for {
		_, text, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		var m object
		if json.Unmarshal(text, &m) != nil {
			return
		}
		b.take(r.Context(), conn, m)
	}
}

func (b *bridge) take(ctx context.Context, conn *websocket.Conn, m object) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, m)
	if m["type"] == "hello" {
		b.conn = conn
		b.write(ctx, object{"type": "welcome", "v": 1, "app": "Sidetone", "version": "0.1.0"})
		b.write(ctx, b.first)
	}
	close(b.grown)
	b.grown = make(chan struct{})
}

func (b *bridge) write(ctx context.Context, m object) {
	if m["type"] == "state" {
		b.seq++
		m["seq"] = b.seq
	}
	text, _ := json.Marshal(m)
	_ = b.conn.Write(ctx, websocket.MessageText, text)
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
		"type": "state", "ready": true, "line": "Line 1001 is ready.", "warning": "", "calls": []any{},
		"status": object{"status": status, "label": label, "why": "Since 10:35. Same as in Kustomer.", "since": "2026-11-22T10:35:00Z"},
		"last":   object{"direction": "incoming", "name": "", "number": "+12025550119", "number_text": "(202) 555-0119", "reason": "", "missed": true, "created_at": "2026-11-22T10:12:00Z"},
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
	s := idle("busy", "Busy")
	s["status"].(object)["why"] = "On a call since 10:42, will return to Available."
	s["calls"] = []any{call}
	return s
}

// stage is the pretend Kustomer, its browser and the stand-in for the app.
type stage struct {
	*browser.Browser
	sim    *Sim
	bridge *bridge
	host   string
	ctx    context.Context
	t      *testing.T
}

type choice struct {
	faults        func(*Faults)
	width, height int
	query         string // of the host page
	noBridge      bool
	callAgent     func(string) error
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
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	t.Cleanup(cancel)
	hostL, hostPort := listen(t)
	pagesL, pagesPort := listen(t)
	host, pages := fmt.Sprintf("http://acme.localhost:%d", hostPort), fmt.Sprintf("http://sidetone.localhost:%d", pagesPort)
	b := newBridge(t)
	if c.noBridge {
		b.close()
	}
	h, err := web.Handler(web.Options{Ports: []int{b.port}, SDK: "kustomer-card.js", Ancestors: []string{host}})
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
	br, err := browser.Start(ctx, browser.Options{Headless: true, URL: host + "/" + c.query, Width: c.width, Height: c.height})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := br.Close(); err != nil {
			t.Error(err)
		}
	})
	return &stage{Browser: br, sim: sim, bridge: b, host: host, ctx: ctx, t: t}
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
