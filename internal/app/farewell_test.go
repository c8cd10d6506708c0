package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sidetone/internal/call"
	"sidetone/internal/exchange"
	"sidetone/internal/phone"
	"sidetone/widgetbridge/pairing"
)

// TestEndInACallIsPutBack ends the phone in a call and plays the widget: the last word it hears is that the agent cannot be
// called, and the next run puts back what the agent was, and not what the phone had made of it.
func TestEndInACallIsPutBack(t *testing.T) {
	const origin = "https://widget.example.com"
	server, dir := exchange.Start(t), t.TempDir()
	settings := fmt.Sprintf("[[account]]\nid = \"main\"\naddress = \"sip:1001@%s\"\n[bridge]\nports = [0]\nforget = true\norigins = [%q]\n", server.Addr(), origin)
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	limit, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	run(t, dir, origin, func(a *App, ws *websocket.Conn, end func()) {
		say(t, limit, ws, `{"type":"kustomer-status","status":"available","label":"Available","how":"found"}`)
		if _, err := a.Phone.Do(limit, phone.Command{Do: phone.Dial, Number: "9101", Origin: "window"}); err != nil {
			t.Fatal(err)
		}
		carryOut(t, limit, ws, "busy")
		end()
		carryOut(t, limit, ws, "unavailable")
	})
	run(t, dir, origin, func(_ *App, ws *websocket.Conn, _ func()) {
		say(t, limit, ws, `{"type":"kustomer-status","status":"unavailable","label":"Unavailable","how":"found"}`)
		carryOut(t, limit, ws, "available")
	})
}

// run starts the phone in dir, pairs a page with it and ends it after the story.
func run(t *testing.T, dir, origin string, story func(a *App, ws *websocket.Conn, end func())) {
	t.Helper()
	a, err := New(Options{DataDir: dir, AudioIn: "silence", AudioOut: "null", Passwords: &shelf{kept: map[string]string{"main": "secret"}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	port, err := a.bridge.Port(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	line(t, a, call.LineReady)
	limit, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	story(a, paired(t, limit, a, origin, port), cancel)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// paired plays a page through pairing and returns its connection, proved.
func paired(t *testing.T, ctx context.Context, a *App, origin string, port int) *websocket.Conn {
	t.Helper()
	own, err := pairing.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	key, err := own.Key()
	if err != nil {
		t.Fatal(err)
	}
	dial := func() (*websocket.Conn, string) {
		ws, _, err := websocket.Dial(ctx, fmt.Sprintf("ws://127.0.0.1:%d/v1/ws", port), &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ws.CloseNow() })
		return ws, hear(t, ctx, ws, "challenge")["nonce"].(string)
	}
	ws, _ := dial()
	nonce := pairing.NewNonce()
	say(t, ctx, ws, fmt.Sprintf(`{"type":"pair","v":1,"origin":%q,"key":%q,"commit":%q}`, origin, key, pairing.Commitment(key, nonce)))
	m := hear(t, ctx, ws, "pair-challenge")
	x := pairing.Exchange{Origin: origin, Page: key, App: pairing.Key(m["key"].(string)), PageNonce: nonce, AppNonce: m["nonce"].(string)}
	typed := make(chan error, 1)
	go func() { typed <- a.bridge.Type(ctx, x.Digits()) }()
	hear(t, ctx, ws, "pair-commit")
	say(t, ctx, ws, fmt.Sprintf(`{"type":"pair-reveal","nonce":%q}`, nonce))
	hear(t, ctx, ws, "paired")
	if err := <-typed; err != nil {
		t.Fatal(err)
	}
	ws, challenge := dial()
	about := pairing.Hello{Origin: origin, Port: port, AppNonce: challenge, PageNonce: pairing.NewNonce()}
	sig, err := about.SignPage(own)
	if err != nil {
		t.Fatal(err)
	}
	say(t, ctx, ws, fmt.Sprintf(`{"type":"hello","v":1,"origin":%q,"key":%q,"nonce":%q,"sig":%q}`, origin, key.ID(), about.PageNonce, sig))
	hear(t, ctx, ws, "welcome")
	return ws
}

// hear reads until a message of the type comes.
func hear(t *testing.T, ctx context.Context, ws *websocket.Conn, kind string) map[string]any {
	t.Helper()
	for {
		_, b, err := ws.Read(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v", kind, err)
		}
		m := map[string]any{}
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		if m["type"] == kind {
			return m
		}
	}
}

func say(t *testing.T, ctx context.Context, ws *websocket.Conn, text string) {
	t.Helper()
	if err := ws.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// carryOut reads until the wish comes and says it was done.
func carryOut(t *testing.T, ctx context.Context, ws *websocket.Conn, status string) {
	t.Helper()
	for {
		_, body, err := ws.Read(ctx)
		if err != nil {
			t.Fatalf("waiting for the wish %s: %v", status, err)
		}
		var m struct {
			Want *struct {
				Rev    uint64
				Status string
			}
		}
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		if m.Want != nil && m.Want.Status == status {
			say(t, ctx, ws, fmt.Sprintf(`{"type":"status-applied","rev":%d}`, m.Want.Rev))
			return
		}
	}
}
