package widgetbridge

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sidetone/internal/call"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
)

const widgetOrigin = "https://widget.example.com"

// desk is a phone that remembers what it was asked and shows the snapshots it is given.
type desk struct {
	mu       sync.Mutex
	commands []phone.Command
	keys     map[string]bool
	reports  chan phone.Report
	snaps    chan phone.Snapshot
}

func newDesk() *desk {
	return &desk{keys: map[string]bool{}, reports: make(chan phone.Report, 1000), snaps: make(chan phone.Snapshot)}
}

func (d *desk) Do(_ context.Context, c phone.Command) (call.ID, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.Key != "" && d.keys[c.Key] {
		return "", &phone.Refusal{Code: phone.CodeDuplicate, Text: "This click has dialled already."}
	}
	d.keys[c.Key] = true
	d.commands = append(d.commands, c)
	return "c1", nil
}

func (d *desk) Watch(context.Context) <-chan phone.Snapshot { return d.snaps }
func (d *desk) Report(r phone.Report)                       { d.reports <- r }

func (d *desk) dials() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, c := range d.commands {
		if c.Do == phone.Dial {
			out = append(out, c.Number)
		}
	}
	return out
}

// await reads reports until one is a T that pleases.
func await[T phone.Report](t *testing.T, d *desk, pleases func(T) bool) T {
	t.Helper()
	for {
		select {
		case r := <-d.reports:
			if v, ok := r.(T); ok && pleases(v) {
				return v
			}
		case <-time.After(20 * time.Second):
			t.Fatal("no such report came")
		}
	}
}

func running(t *testing.T, d *desk) (port int) {
	t.Helper()
	b := New(Config{Ports: []int{0}, Origins: []string{widgetOrigin}, Phone: d, Version: "9.9"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	port, err := b.Port(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// page is a widget's side of a connection.
type page struct {
	t  *testing.T
	ws *websocket.Conn
}

func open(t *testing.T, port int) *page {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, fmt.Sprintf("ws://127.0.0.1:%d/v1/ws", port), &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {widgetOrigin}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = ws.CloseNow() })
	return &page{t, ws}
}

func greet(t *testing.T, port int) *page {
	t.Helper()
	p := open(t, port)
	p.send(`{"type":"hello","v":1,"org":"acme"}`)
	if m := p.next("welcome"); m["version"] != "9.9" {
		t.Fatalf("%v", m)
	}
	return p
}

func (p *page) send(text string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	if err := p.ws.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		p.t.Fatal(err)
	}
}

// next reads until a message of the type comes.
func (p *page) next(kind string) map[string]any {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	for {
		_, b, err := p.ws.Read(ctx)
		if err != nil {
			p.t.Fatalf("waiting for %s: %v", kind, err)
		}
		m := map[string]any{}
		if err := json.Unmarshal(b, &m); err != nil {
			p.t.Fatal(err)
		}
		if m["type"] == kind {
			return m
		}
	}
}

// closed waits for the app to end the connection.
func (p *page) closed() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	for {
		if _, _, err := p.ws.Read(ctx); err != nil {
			if ctx.Err() != nil {
				p.t.Fatal("the connection stayed open")
			}
			return
		}
	}
}

// raw sends an HTTP request as bytes and returns the status of the answer.
func raw(t *testing.T, addr, request string) int {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != 101 && (r.Header.Get("X-Frame-Options") != "DENY" || r.Header.Get("Access-Control-Allow-Origin") != "") {
		t.Errorf("headers: %v", r.Header)
	}
	return r.StatusCode
}

func upgrade(line, host string, more ...string) string {
	return line + "\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + strings.Join(append(more, "", ""), "\r\n")
}

func TestStrangersAreRefusedBeforeTheUpgrade(t *testing.T) {
	d := newDesk()
	port := running(t, d)
	host := fmt.Sprintf("127.0.0.1:%d", port)
	ok := "Origin: " + widgetOrigin
	get := "GET /v1/ws HTTP/1.1"
	cases := []struct {
		name, request string
		status        int
	}{
		{"the widget", upgrade(get, host, ok), 101},
		{"localhost", upgrade(get, fmt.Sprintf("localhost:%d", port), ok), 101},
		{"with fetch mode", upgrade(get, host, ok, "Sec-Fetch-Mode: websocket"), 101},
		{"no origin", upgrade(get, host), 403},
		{"two origins", upgrade(get, host, ok, ok), 403},
		{"form", upgrade("POST /v1/ws HTTP/1.1", host, ok, "Content-Length: 0"), 404},
		{"query", upgrade("GET /v1/ws?token=1 HTTP/1.1", host, ok), 404},
		{"empty query", upgrade("GET /v1/ws? HTTP/1.1", host, ok), 404},
		{"other path", upgrade("GET / HTTP/1.1", host, ok), 404},
		{"longer path", upgrade("GET /v1/ws/ HTTP/1.1", host, ok), 404},
		{"navigation", upgrade(get, host, ok, "Sec-Fetch-Mode: navigate"), 403},
		{"no-cors", upgrade(get, host, ok, "Sec-Fetch-Mode: no-cors"), 403},
	}
	for _, h := range []string{
		"evil.example.com", fmt.Sprintf("evil.example.com:%d", port), "127.0.0.1", "localhost", fmt.Sprintf("0.0.0.0:%d", port),
		fmt.Sprintf("127.0.0.2:%d", port), fmt.Sprintf("127.0.0.1.:%d", port), fmt.Sprintf("LOCALHOST:%d", port),
		fmt.Sprintf("[::ffff:127.0.0.1]:%d", port), "127.0.0.1:1",
	} {
		cases = append(cases, struct {
			name, request string
			status        int
		}{"host " + h, upgrade(get, h, ok), 421})
	}
	for _, o := range []string{
		"null", "https://evil.example.com", "http://widget.example.com", "https://widget.example.com:443", "https://WIDGET.example.com",
		"https://widget.example.com/", "https://widget.example.com.evil.example", "https://evilwidget.example.com", "chrome-extension://abc",
		"http://localhost", "*", "file://",
	} {
		cases = append(cases, struct {
			name, request string
			status        int
		}{"origin " + o, upgrade(get, host, "Origin: "+o), 403})
	}
	for _, c := range cases {
		if got := raw(t, host, c.request); got != c.status {
			t.Errorf("%s: %d, want %d", c.name, got, c.status)
		}
	}
	if len(d.commands) != 0 {
		t.Errorf("commands: %v", d.commands)
	}
}

func TestOneClickDialsOnce(t *testing.T) {
	d := newDesk()
	port := running(t, d)
	one, two := greet(t, port), greet(t, port)
	one.send(`{"type":"number-dialed","id":"k1","number":"+1 (202) 555-0142"}`)
	if r := one.next("result"); r["ok"] != true || r["id"] != "k1" {
		t.Fatalf("%v", r)
	}
	one.send(`{"type":"number-dialed","id":"k1","number":"+12025550142"}`)
	if r := one.next("result"); r["code"] != "duplicate" {
		t.Fatalf("the same click dialled again: %v", r)
	}
	two.send(`{"type":"number-dialed","id":"other","number":"+12025550142"}`)
	if r := two.next("result"); r["code"] != "duplicate" {
		t.Fatalf("the second tab dialled the same click: %v", r)
	}
	if got := d.dials(); len(got) != 1 || got[0] != "+12025550142" {
		t.Errorf("dialled %v", got)
	}
}

func TestNumbersTheBridgeDoesNotDial(t *testing.T) {
	d := newDesk()
	port := running(t, d)
	p := greet(t, port)
	for _, n := range []string{"", "1", "*97", "#31#5550100", "sip:a@b", "+1202;phone-context=x", "5550100,,9", "1234567890123456", "call"} {
		p.send(fmt.Sprintf(`{"type":"number-dialed","id":"k","number":%q}`, n))
		if r := p.next("result"); r["ok"] == true || r["code"] != "not-a-number" {
			t.Errorf("%q: %v", n, r)
		}
	}
	if got := d.dials(); len(got) != 0 {
		t.Errorf("dialled %v", got)
	}
}

func TestRate(t *testing.T) {
	d := newDesk()
	p := greet(t, running(t, d))
	slow := 0
	for i := range 12 {
		p.send(fmt.Sprintf(`{"type":"number-dialed","id":"k%d","number":"555010%02d"}`, i, i))
		if r := p.next("result"); r["code"] == "too-fast" {
			slow++
		}
	}
	if slow == 0 || len(d.dials()) < 5 {
		t.Errorf("%d of 12 were slowed, %d dialled", slow, len(d.dials()))
	}
}

func TestMisbehavedPagesAreDisconnected(t *testing.T) {
	d := newDesk()
	port := running(t, d)
	for _, first := range []string{"hello", `{"type":"hello","v":2}`, `{"type":"number-dialed","id":"a","number":"5550100"}`, `{"type":"hello","v":1,"x":1}`} {
		p := open(t, port)
		p.send(first)
		p.closed()
	}
	for _, later := range []string{"{", `{"type":"explode"}`, `{"type":"command","id":"a","do":"shell"}`, `{"type":"status-applied","rev":-1}`, strings.Repeat(" ", 5000)} {
		p := greet(t, port)
		p.send(later)
		p.closed()
	}
	silent := open(t, port) // says nothing: hello is due within three seconds
	silent.closed()
	if len(d.commands) != 0 {
		t.Errorf("commands: %v", d.commands)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	d := newDesk()
	port := running(t, d)
	var pages []*page
	for range maxPerOrigin {
		pages = append(pages, greet(t, port))
	}
	host := fmt.Sprintf("127.0.0.1:%d", port)
	if got := raw(t, host, upgrade("GET /v1/ws HTTP/1.1", host, "Origin: "+widgetOrigin)); got != 503 {
		t.Errorf("one more: %d", got)
	}
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == maxPerOrigin })
	_ = pages[0].ws.Close(websocket.StatusNormalClosure, "")
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == maxPerOrigin-1 })
	greet(t, port)
}

func TestWishGoesToOneWidgetAndOnToTheNext(t *testing.T) {
	d := newDesk()
	port := running(t, d)
	first := greet(t, port)
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == 1 })
	second := greet(t, port)
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == 2 })
	second.send(`{"type":"kustomer-status","status":"available","label":"Tab 1"}`)
	first.send(`{"type":"kustomer-status","status":"available","label":"Tab 0","ref":"a1","system":true,"how":"found","after":6}`)
	await(t, d, func(k phone.KustomerStatus) bool {
		if k.Label == "Tab 1" {
			t.Error("the tab that does not speak was listened to")
		}
		return k.Label == "Tab 0" && k.Ref == "a1" && k.System && k.How == presence.Found && k.After == 6
	})
	d.snaps <- phone.Snapshot{Seq: 1, Want: presence.Want{Rev: 7, Status: "busy", Called: 6}}
	if m := second.next("state"); m["want"] != nil || m["speaks"] != nil || m["called"] != 6.0 {
		t.Fatalf("the tab that does not speak also got the wish: %v", m)
	}
	if m := first.next("state"); m["want"].(map[string]any)["status"] != "busy" || m["speaks"] != true {
		t.Fatalf("%v", m)
	}
	first.send(`{"type":"status-failed","rev":7,"why":"No right."}`)
	await(t, d, func(f phone.StatusFailed) bool { return f.Rev == 7 && f.Why == "No right." })
	if m := second.next("state"); m["speaks"] != true || m["want"] != nil {
		t.Fatalf("the other tab must say where the agent is before it gets the wish: %v", m)
	}
	second.send(`{"type":"kustomer-status","status":"unavailable","how":"changed"}`) // older than what it is asked for
	second.send(`{"type":"kustomer-status","status":"available","how":"found","after":6}`)
	await(t, d, func(k phone.KustomerStatus) bool {
		if k.How == presence.Changed {
			t.Error("an old word was passed on")
		}
		return k.How == presence.Found
	})
	d.snaps <- phone.Snapshot{Seq: 2, Want: presence.Want{Rev: 7, Status: "busy"}}
	for second.next("state")["want"] == nil {
	}
	second.send(`{"type":"status-applied","rev":7,"blind":true}`)
	await(t, d, func(a phone.StatusApplied) bool { return a.Rev == 7 && a.Blind })
	second.send(`{"type":"kustomer-status","status":"unavailable","label":"Lunch"}`)
	await(t, d, func(k phone.KustomerStatus) bool { return k.Label == "Lunch" && k.Status == presence.Unavailable })
}

// TestWishWaitsForTheWidgetsWord: an old wish must not overrule what the agent chose while no widget was there.
func TestWishWaitsForTheWidgetsWord(t *testing.T) {
	d := newDesk()
	p := greet(t, running(t, d))
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == 1 })
	d.snaps <- phone.Snapshot{Seq: 1, Want: presence.Want{Rev: 7, Status: "busy"}}
	if m := p.next("state"); m["want"] != nil {
		t.Fatalf("the wish did not wait: %v", m)
	}
	if m := p.next("state"); m["want"] == nil { // a widget that may not read the status says nothing
		t.Fatalf("the wish was never given: %v", m)
	}
}

func TestPortsInUse(t *testing.T) {
	four, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer four.Close()
	d := newDesk()
	b := New(Config{Ports: []int{four.Addr().(*net.TCPAddr).Port}, Phone: d})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	r := await(t, d, func(b phone.Bridge) bool { return b.Problem != "" })
	if !strings.Contains(r.Problem, "other programs hold the ports") && !strings.Contains(r.Problem, "Other programs hold the ports") {
		t.Errorf("%q", r.Problem)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestBothLoopbacksOrNeither(t *testing.T) {
	six, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer six.Close()
	if ls, _, err := listen(t.Context(), []int{six.Addr().(*net.TCPAddr).Port}); err == nil {
		t.Errorf("listens beside a squatter: %v", ls)
	}
}

func TestBucket(t *testing.T) {
	b, now := newBucket(1, 2), time.Unix(0, 0)
	got := []bool{b.take(now), b.take(now), b.take(now), b.take(now.Add(time.Second)), b.take(now.Add(time.Second))}
	if fmt.Sprint(got) != "[true true false true false]" {
		t.Error(got)
	}
}
