package widgetbridge

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sidetone/internal/call"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
	"sidetone/widgetbridge/pairing"
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

func (d *desk) asked() []phone.Command {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.commands)
}

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

// house is a running bridge and a page it knows.
type house struct {
	bridge *Bridge
	port   int
	app    pairing.Key
	book   *pairing.Book
	known  pairing.Identity // of the page
}

func running(t *testing.T, d *desk) *house { return runningWith(t, d, Config{}) }

func runningWith(t *testing.T, d *desk, cfg Config) *house {
	t.Helper()
	own, app := keys(t)
	known, key := keys(t)
	book, err := pairing.OpenBook("", app)
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Add(pairing.Paired{Origin: widgetOrigin, Org: "acme", Key: key}, time.Now()); err != nil {
		t.Fatal(err)
	}
	cfg.Ports, cfg.Origins, cfg.Version = []int{0}, []string{widgetOrigin}, "9.9"
	if cfg.Phone == nil {
		cfg.Phone = d
	}
	if cfg.hello == 0 {
		cfg.hello = time.Minute // where tests share a machine, three seconds are over soon
	}
	if cfg.Keep == nil {
		cfg.Keep = func(context.Context) (Keeping, error) { return Keeping{own, book}, nil }
	}
	h := &house{bridge: New(cfg), app: app, known: known, book: book}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.bridge.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if h.port, err = h.bridge.Port(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func keys(t *testing.T) (pairing.Identity, pairing.Key) {
	t.Helper()
	i, err := pairing.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	k, err := i.Key()
	if err != nil {
		t.Fatal(err)
	}
	return i, k
}

func (h *house) host() string { return fmt.Sprintf("127.0.0.1:%d", h.port) }

// page is a widget's side of a connection.
type page struct {
	t         *testing.T
	ws        *websocket.Conn
	challenge string
}

// open connects and reads the challenge.
func (h *house) open(t *testing.T, origin string) *page {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	dial := func() (*websocket.Conn, *http.Response, error) {
		return websocket.Dial(ctx, fmt.Sprintf("ws://%s/v1/ws", h.host()), &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
	}
	ws, res, err := dial()
	for err != nil && res != nil && res.StatusCode == http.StatusServiceUnavailable && ctx.Err() == nil {
		ws, res, err = dial() // a connection that has just ended leaves its place a moment later
	}
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = ws.CloseNow() })
	p := &page{t: t, ws: ws}
	p.challenge = p.next("challenge")["nonce"].(string)
	return p
}

// hello is the proof of a page with the key i.
func (p *page) hello(about pairing.Hello, i pairing.Identity) string {
	p.t.Helper()
	key, err := i.Key()
	if err != nil {
		p.t.Fatal(err)
	}
	sig, err := about.SignPage(i)
	if err != nil {
		p.t.Fatal(err)
	}
	return fmt.Sprintf(`{"type":"hello","v":1,"origin":%q,"org":"acme","key":%q,"nonce":%q,"sig":%q}`, about.Origin, key.ID(), about.PageNonce, sig)
}

// about is what a page of the house's own signs.
func (h *house) about(p *page) pairing.Hello {
	return pairing.Hello{Origin: widgetOrigin, Port: h.port, AppNonce: p.challenge, PageNonce: pairing.NewNonce()}
}

// greet connects as the page the bridge knows, and checks that the app proves itself.
func (h *house) greet(t *testing.T) *page {
	t.Helper()
	p := h.open(t, widgetOrigin)
	about := h.about(p)
	p.send(p.hello(about, h.known))
	if m := p.next("welcome"); m["version"] != "9.9" || !about.ByApp(h.app, m["sig"].(string)) {
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

// heard waits until the hub has handled all that was sent on this connection: it takes events in their order, and answers this.
func (p *page) heard() {
	p.t.Helper()
	p.send(`{"type":"number-dialed","id":"heard","number":"5550199"}`)
	p.next("result")
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

// any reads one message.
func (p *page) any() map[string]any {
	p.t.Helper()
	m := p.anyOrClosed()
	if m == nil {
		p.t.Fatal("the connection ended")
	}
	return m
}

// anyOrClosed reads one message, nil if the connection ends.
func (p *page) anyOrClosed() map[string]any {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	_, b, err := p.ws.Read(ctx)
	if err != nil {
		if ctx.Err() != nil {
			p.t.Fatal("nothing came")
		}
		return nil
	}
	m := map[string]any{}
	if err := json.Unmarshal(b, &m); err != nil {
		p.t.Fatal(err)
	}
	return m
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
	h := running(t, d)
	host, port := h.host(), h.port
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
	h := running(t, d)
	one, two := h.greet(t), h.greet(t)
	one.send(`{"type":"number-dialed","id":"k1","number":"+1 (202) 555-0142"}`)
	if r := one.next("result"); r["ok"] != true || r["id"] != "k1" {
		t.Fatalf("%v", r)
	}
	one.send(`{"type":"number-dialed","id":"k1","number":"+12025550142"}`)
	if r := one.next("result"); r["code"] != "duplicate" {
		t.Fatalf("the same click dialled again: %v", r)
	}
	two.send(`{"type":"number-dialed","id":"other","number":"+1 (202) 555-0142"}`)
	if r := two.next("result"); r["code"] != "duplicate" {
		t.Fatalf("the second tab dialled the same click: %v", r)
	}
	if got := d.dials(); len(got) != 1 || got[0] != "+1 (202) 555-0142" {
		t.Errorf("dialled %v", got)
	}
}

func TestRate(t *testing.T) {
	d := newDesk()
	p := running(t, d).greet(t)
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
	h := running(t, d)
	nonce := pairing.NewNonce()
	for _, first := range []string{
		"hello", `{"type":"hello","v":1}`, `{"type":"number-dialed","id":"a","number":"5550100"}`, `{"type":"pair-reveal"}`,
		`{"type":"pair","v":1,"origin":"` + widgetOrigin + `","key":"AAAA","commit":"` + nonce + `"}`,
		`{"type":"pair","v":2,"origin":"` + widgetOrigin + `","key":"AAAA","commit":"` + nonce + `"}`,
		`{"type":"pair","v":1,"origin":"https://other.example.com","key":"AAAA","commit":"` + nonce + `"}`,
	} {
		p := h.open(t, widgetOrigin)
		p.send(first)
		p.closed()
	}
	again := h.greet(t)
	for _, later := range []string{
		"{", `{"type":"explode"}`, `{"type":"command","id":"a","do":"shell"}`, `{"type":"status-applied","rev":-1}`, strings.Repeat(" ", 5000),
		again.hello(h.about(again), h.known),
	} {
		p := h.greet(t)
		p.send(later)
		p.closed()
	}
	if len(d.commands) != 0 {
		t.Errorf("commands: %v", d.commands)
	}
}

// TestStrangersDoNotStay: who does not prove itself in time has to go, and asking to be paired earns no more of it.
func TestStrangersDoNotStay(t *testing.T) {
	h := runningWith(t, newDesk(), Config{hello: helloWithin})
	var all []*page
	for range maxFresh {
		s := h.stranger(t)
		s.asks()
		all = append(all, s.page)
	}
	for _, p := range all {
		p.closed()
	}
	silent := h.open(t, widgetOrigin)
	silent.closed()
}

// TestWhoseTurnItIsMayStay: the page whose digits the agent is to type is not sent away meanwhile.
func TestWhoseTurnItIsMayStay(t *testing.T) {
	h := runningWith(t, newDesk(), Config{hello: helloWithin})
	h.arms(t)
	s, silent := h.stranger(t), h.stranger(t)
	digits := s.shows()
	silent.closed() // its time is over, and so would be the other's
	verdict := h.types(t, digits)
	s.next("pair-commit")
	s.reveals()
	s.next("paired")
	if err := <-verdict; err != nil {
		t.Error(err)
	}
}

// TestOpeningIsPaced: a page cannot fill the browser with tabs, and is told so.
func TestOpeningIsPaced(t *testing.T) {
	d := newDesk()
	p := running(t, d).greet(t)
	refused := 0
	for i := range 40 {
		p.send(fmt.Sprintf(`{"type":"command","id":"o%d","do":%q,"call":"c1"}`, i, []string{"open", "create"}[i%2]))
		switch m := p.next("result"); {
		case m["ok"] == true:
		case m["code"] != "too-many-opened" || m["text"] == "":
			t.Fatalf("%v", m)
		default:
			refused++
		}
	}
	if done := len(d.asked()); done < 3 || done > 12 || done+refused != 40 {
		t.Errorf("%d opened, %d refused", done, refused)
	}
	p.send(`{"type":"command","id":"m","do":"mute"}`)
	if m := p.next("result"); m["ok"] != true {
		t.Errorf("other buttons are not slowed: %v", m)
	}
}

// TestOnlyWhoWasGivenAWishAnswersForIt: the word of another tab about it is none. One that was given it is right later, too, and
// on its next connection.
func TestOnlyWhoWasGivenAWishAnswersForIt(t *testing.T) {
	d := newDesk()
	h := runningWith(t, d, Config{word: time.Hour})
	first := h.greet(t)
	first.send(`{"type":"kustomer-status","status":"available","how":"found"}`)
	await(t, d, func(k phone.KustomerStatus) bool { return k.How == presence.Found })
	d.snaps <- phone.Snapshot{Seq: 1, Want: presence.Want{Rev: 7, Status: "busy"}}
	for first.next("state")["want"] == nil {
	}
	other := h.greet(t)
	first.send(`{"type":"status-applied","rev":8}`) // not given yet
	first.heard()
	other.send(`{"type":"status-applied","rev":7}`)
	other.send(`{"type":"status-failed","rev":7,"why":"Not mine."}`)
	other.send(`{"type":"status-failed","rev":99,"why":"Not mine."}`)
	other.heard()
	first.send(`{"type":"status-failed","rev":7,"why":"Mine."}`)
	await(t, d, func(r phone.Report) bool {
		switch r := r.(type) {
		case phone.StatusApplied:
			t.Errorf("believed: %+v", r)
		case phone.StatusFailed:
			if r.Why != "Mine." {
				t.Errorf("believed: %+v", r)
			}
			return true
		}
		return false
	})
	_ = first.ws.Close(websocket.StatusNormalClosure, "")
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == 1 })
	again := h.greet(t)
	again.send(`{"type":"status-applied","rev":7}`)
	await(t, d, func(a phone.StatusApplied) bool { return a.Rev == 7 })
}

// TestStrangersAreFew: those that have proved nothing cannot take the room of those that will.
func TestStrangersAreFew(t *testing.T) {
	h := running(t, newDesk())
	for range maxFresh {
		h.open(t, widgetOrigin)
	}
	if got := raw(t, h.host(), upgrade("GET /v1/ws HTTP/1.1", h.host(), "Origin: "+widgetOrigin)); got != 503 {
		t.Errorf("one more stranger: %d", got)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	d := newDesk()
	h := running(t, d)
	var pages []*page
	for range maxProved {
		pages = append(pages, h.greet(t))
	}
	more := h.open(t, widgetOrigin)
	more.send(more.hello(h.about(more), h.known))
	if m := more.next("refused"); m["code"] != "full" {
		t.Errorf("%v", m)
	}
	more.closed()
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == maxProved })
	_ = pages[0].ws.Close(websocket.StatusNormalClosure, "")
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == maxProved-1 })
	h.greet(t)
	for range maxConns - maxProved {
		h.open(t, widgetOrigin)
	}
	if got := raw(t, h.host(), upgrade("GET /v1/ws HTTP/1.1", h.host(), "Origin: "+widgetOrigin)); got != 503 {
		t.Errorf("one more than there is room for: %d", got)
	}
}

func TestWishGoesToOneWidgetAndOnToTheNext(t *testing.T) {
	d := newDesk()
	h := runningWith(t, d, Config{word: time.Hour})
	first := h.greet(t)
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == 1 })
	second := h.greet(t)
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == 2 })
	second.send(`{"type":"kustomer-status","status":"available","label":"Tab 1"}`)
	second.heard()
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
	p := running(t, d).greet(t)
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == 1 })
	d.snaps <- phone.Snapshot{Seq: 1, Want: presence.Want{Rev: 7, Status: "busy"}}
	if m := p.next("state"); m["want"] != nil {
		t.Fatalf("the wish did not wait: %v", m)
	}
	if m := p.next("state"); m["want"] == nil { // a widget that may not read the status says nothing
		t.Fatalf("the wish was never given: %v", m)
	}
}

// TestWishWaitsUntilItIsWrittenDown: a wish that a crash would forget is given to nobody.
func TestWishWaitsUntilItIsWrittenDown(t *testing.T) {
	d := newDesk()
	p := runningWith(t, d, Config{word: time.Hour}).greet(t)
	await(t, d, func(b phone.Bridge) bool { return len(b.Widgets) == 1 })
	p.send(`{"type":"kustomer-status","status":"available","how":"found"}`)
	await(t, d, func(k phone.KustomerStatus) bool { return k.How == presence.Found })
	want := presence.Want{Rev: 7, Status: "busy"}
	d.snaps <- phone.Snapshot{Seq: 1, Want: want, Held: true}
	if m := p.next("state"); m["want"] != nil {
		t.Fatalf("%v", m)
	}
	d.snaps <- phone.Snapshot{Seq: 2, Want: want}
	if m := p.next("state"); m["want"] == nil {
		t.Fatalf("%v", m)
	}
}

func TestPortsInUse(t *testing.T) {
	four, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer four.Close()
	d := newDesk()
	own, app := keys(t)
	book, err := pairing.OpenBook("", app)
	if err != nil {
		t.Fatal(err)
	}
	b := New(Config{Ports: []int{four.Addr().(*net.TCPAddr).Port}, Phone: d, Keep: func(context.Context) (Keeping, error) { return Keeping{own, book}, nil }})
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
