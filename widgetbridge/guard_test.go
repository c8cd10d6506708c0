package widgetbridge

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sidetone/internal/phone"
	"sidetone/widgetbridge/pairing"
)

// TestListensOnLoopbackAlone reads the kernel's own list of listening sockets.
func TestListensOnLoopbackAlone(t *testing.T) {
	h := running(t, newDesk())
	found := map[string]bool{} // by inode: the kernel's list is read in pieces and may name a socket twice
	for file, loopback := range map[string]string{"/proc/net/tcp": "0100007F", "/proc/net/tcp6": "00000000000000000000000001000000"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			f := strings.Fields(line)
			if len(f) < 10 || f[3] != "0A" || !strings.HasSuffix(f[1], fmt.Sprintf(":%04X", h.port)) {
				continue
			}
			found[f[9]] = true
			if f[1] != fmt.Sprintf("%s:%04X", loopback, h.port) {
				t.Errorf("listens on %s", f[1])
			}
		}
	}
	if len(found) != 2 {
		t.Errorf("%d sockets, want one on each loopback", len(found))
	}
}

func TestPeersFromElsewhereAreRefused(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:17931/v1/ws", nil)
	r.Header.Set("Origin", widgetOrigin)
	for remote, want := range map[string]int{
		"127.0.0.1:5": 0, "[::1]:5": 0, "[::ffff:127.0.0.1]:5": 0, "192.0.2.1:5": 403, "[2001:db8::1]:5": 403, "0.0.0.0:5": 403, "here": 403, "": 403,
	} {
		r.RemoteAddr = remote
		if got := refuse(r, 17931, []string{widgetOrigin}); got != want {
			t.Errorf("%q: %d, want %d", remote, got, want)
		}
	}
}

// TestLogIsRedacted dials, pairs and misbehaves, and looks for what a log must not know.
func TestLogIsRedacted(t *testing.T) {
	var log safeBuffer
	d := newDesk()
	h := runningWith(t, d, Config{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	p := h.greet(t)
	p.send(`{"type":"number-dialed","id":"k1","number":"+1 (202) 555-0142"}`)
	p.next("result")
	p.send(`{"type":"kustomer-status","status":"busy","label":"With Customer A."}`)
	await(t, d, func(k phone.KustomerStatus) bool { return true })
	h.arms(t)
	s := h.stranger(t)
	verdict := h.types(t, s.shows())
	s.next("pair-commit")
	s.reveals()
	s.next("paired")
	if err := <-verdict; err != nil {
		t.Fatal(err)
	}
	p.send(`{"type":"number-dialed","id":"k2","number":"+12025550119","more":"secret words"}`)
	p.closed()
	text := log.String()
	for _, secret := range []string{"2025550", "202) 555", "Customer A", "secret words", s.nonce, string(s.key), s.x.Digits()} {
		if strings.Contains(text, secret) {
			t.Errorf("the log knows %q:\n%s", secret, text)
		}
	}
	if !strings.Contains(text, "ends=42") || !strings.Contains(text, widgetOrigin) {
		t.Errorf("the log does not say what happened:\n%s", text)
	}
}

// safeBuffer is a buffer that several goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestNoCompression: compressed and small enough on the wire would be large in memory.
func TestNoCompression(t *testing.T) {
	h := running(t, newDesk())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ws, res, err := websocket.Dial(ctx, "ws://"+h.host()+"/v1/ws", &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {widgetOrigin}}, CompressionMode: websocket.CompressionNoContextTakeover,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.CloseNow() }()
	if got := res.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("agreed to %s", got)
	}
}

// TestLargeMessagesAreNotRead: the connection ends at the limit, not after the whole has come.
func TestLargeMessagesAreNotRead(t *testing.T) {
	h := running(t, newDesk())
	p := h.greet(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	w, err := p.ws.Writer(ctx, websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(bytes.Repeat([]byte(" "), 8<<10)); err != nil { // the message goes on
		t.Fatal(err)
	}
	p.closed()
}

func TestBinaryMessagesAreRefused(t *testing.T) {
	h := running(t, newDesk())
	p := h.greet(t)
	if err := p.ws.Write(t.Context(), websocket.MessageBinary, []byte(`{"type":"status-applied","rev":1}`)); err != nil {
		t.Fatal(err)
	}
	p.closed()
}

// TestStrangersLearnNothing: what the port answers to anybody is a status and its name.
func TestStrangersLearnNothing(t *testing.T) {
	h := running(t, newDesk())
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: " + h.host() + "\r\n\r\n", upgrade("GET /v1/ws HTTP/1.1", h.host()), upgrade("GET /v1/ws HTTP/1.1", "evil.example.com", "Origin: "+widgetOrigin),
	} {
		c, err := net.Dial("tcp", h.host())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(request)); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 4096)
		n, err := c.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
		if text := strings.ToLower(string(b[:n])); strings.Contains(text, "sidetone") || strings.Contains(text, "9.9") || strings.Contains(text, "server:") {
			t.Errorf("%s", text)
		}
	}
	p := h.open(t, widgetOrigin) // an allowed origin hears a nonce and no name
	if !pairing.IsNonce(p.challenge) {
		t.Errorf("%q", p.challenge)
	}
}
