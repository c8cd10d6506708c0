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
)

// TestEndInACallRestoresKustomer ends the phone in a call and plays the widget: the last word it hears is the status of
// before.
func TestEndInACallRestoresKustomer(t *testing.T) {
	const origin = "https://widget.example.com"
	server, dir := exchange.Start(t), t.TempDir()
	settings := fmt.Sprintf("[[account]]\nid = \"main\"\naddress = \"sip:1001@%s\"\n[bridge]\nports = [0]\norigins = [%q]\n", server.Addr(), origin)
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := New(Options{DataDir: dir, AudioIn: "silence", AudioOut: "null", Passwords: &shelf{kept: map[string]string{"main": "secret"}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	port, err := a.bridge.Port(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	line(t, a, call.LineReady)
	limit, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	ws, _, err := websocket.Dial(limit, fmt.Sprintf("ws://127.0.0.1:%d/v1/ws", port), &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.CloseNow() }()
	say(t, limit, ws, `{"type":"hello","v":1}`)
	say(t, limit, ws, `{"type":"kustomer-status","status":"available","label":"Available"}`)
	if _, err := a.Phone.Do(limit, phone.Command{Do: phone.Dial, Number: "9101"}); err != nil {
		t.Fatal(err)
	}
	carryOut(t, limit, ws, "busy")
	cancel()
	carryOut(t, limit, ws, "available")
	if err := <-done; err != nil {
		t.Error(err)
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
