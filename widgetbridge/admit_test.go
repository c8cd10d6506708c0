package widgetbridge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sidetone/internal/phone"
	"sidetone/widgetbridge/pairing"
)

// stranger is a page that is not known yet.
type stranger struct {
	*page
	house *house
	own   pairing.Identity
	key   pairing.Key
	nonce string
	x     pairing.Exchange
}

func (h *house) stranger(t *testing.T) *stranger {
	own, key := keys(t)
	return &stranger{page: h.open(t, widgetOrigin), house: h, own: own, key: key}
}

// asks begins an attempt.
func (s *stranger) asks() {
	s.t.Helper()
	s.nonce = pairing.NewNonce()
	s.send(fmt.Sprintf(`{"type":"pair","v":1,"origin":%q,"org":"acme","key":%q,"commit":%q}`, widgetOrigin, s.key, pairing.Commitment(s.key, s.nonce)))
}

// shows asks and returns the digits.
func (s *stranger) shows() string {
	s.t.Helper()
	s.asks()
	m := s.next("pair-challenge")
	s.x = pairing.Exchange{
		Origin: widgetOrigin, Page: s.key, App: pairing.Key(m["key"].(string)), PageNonce: s.nonce, AppNonce: m["nonce"].(string),
	}
	return s.x.Digits()
}

func (s *stranger) reveals() {
	s.t.Helper()
	s.send(fmt.Sprintf(`{"type":"pair-reveal","nonce":%q}`, s.nonce))
}

// types types digits into the app's window and returns what comes of it.
func (h *house) types(t *testing.T, digits string) <-chan error {
	verdict := make(chan error, 1)
	go func() { verdict <- h.bridge.Type(t.Context(), digits) }()
	return verdict
}

func (h *house) arms(t *testing.T) {
	t.Helper()
	if err := h.bridge.Arm(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestPairingOverTheWire(t *testing.T) {
	d := newDesk()
	h := running(t, d)
	s := h.stranger(t)
	s.asks()
	if m := s.next("refused"); m["code"] != "not-armed" {
		t.Fatalf("paired unasked: %v", m)
	}
	h.arms(t)
	digits := s.shows()
	await(t, d, func(b phone.Bridge) bool {
		return b.Pairing.Origin == widgetOrigin && b.Pairing.Org == "acme" && b.Pairing.Left == 3
	})
	verdict := h.types(t, digits)
	commit := s.next("pair-commit")["commit"]
	s.reveals()
	if m := s.next("paired"); commit != pairing.Typed(s.key, h.app, digits, m["nonce"].(string)) {
		t.Errorf("the app did not show that it had the digits: %v", m)
	}
	if err := <-verdict; err != nil {
		t.Fatal(err)
	}
	await(t, d, func(b phone.Bridge) bool { return len(b.Pages) == 2 && !b.Pairing.Armed })
	p := h.open(t, widgetOrigin)
	p.send(p.hello(h.about(p), s.own))
	p.next("welcome")
	if err := h.bridge.Revoke(t.Context(), s.key.ID()); err != nil {
		t.Fatal(err)
	}
	p.closed()
	again := h.open(t, widgetOrigin)
	again.send(again.hello(h.about(again), s.own))
	if m := again.next("refused"); m["code"] != "unpaired" {
		t.Errorf("a revoked page: %v", m)
	}
	if err := h.bridge.Revoke(t.Context(), s.key.ID()); err == nil {
		t.Error("revoked twice")
	}
}

func TestWrongDigitsOverTheWire(t *testing.T) {
	h := running(t, newDesk())
	h.arms(t)
	s := h.stranger(t)
	for left := 2; left >= 0; left-- {
		digits := []byte(s.shows())
		digits[0] = '0' + (digits[0]-'0'+1)%10
		verdict := h.types(t, string(digits))
		s.next("pair-commit")
		s.reveals()
		var no *phone.Refusal
		if err := <-verdict; !errors.As(err, &no) || !strings.HasSuffix(no.Text, ".") {
			t.Errorf("%v", err)
		}
		want := "wrong-digits"
		if left == 0 {
			want = "closed"
		}
		if m := s.next("refused"); m["code"] != want {
			t.Errorf("%d left: %v", left, m)
		}
	}
	s.closed()
	late := h.stranger(t)
	late.asks()
	if m := late.next("refused"); m["code"] != "not-armed" {
		t.Errorf("a fourth try: %v", m)
	}
}

func TestOnePageAtATime(t *testing.T) {
	h := running(t, newDesk())
	h.arms(t)
	one, two := h.stranger(t), h.stranger(t)
	one.shows()
	two.asks()
	if m := two.next("refused"); m["code"] != "busy" {
		t.Fatalf("%v", m)
	}
	if err := h.bridge.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m := one.next("refused"); m["code"] != "cancelled" {
		t.Fatalf("%v", m)
	}
	h.arms(t)
	digits := two.shows()
	_ = two.ws.CloseNow() // gone before the digits are typed
	var no *phone.Refusal
	for { // until the app has noticed
		err := h.bridge.Type(t.Context(), digits)
		if errors.As(err, &no) && strings.Contains(no.Text, "No Kustomer page waits") {
			return
		}
		if err == nil {
			t.Fatal("a page that had gone was paired")
		}
	}
}

// TestProof: who does not hold a known key is not let in, whatever the Origin says.
func TestProof(t *testing.T) {
	d := newDesk()
	h := running(t, d)
	forged, _ := keys(t)
	first := h.open(t, widgetOrigin)
	recorded := first.hello(h.about(first), h.known)
	for name, hello := range map[string]func(*page) string{
		"another key":             func(p *page) string { return p.hello(h.about(p), forged) },
		"a replayed proof":        func(*page) string { return recorded },
		"a proof for a port more": func(p *page) string { a := h.about(p); a.Port++; return p.hello(a, h.known) },
		"another challenge":       func(p *page) string { a := h.about(p); a.AppNonce = pairing.NewNonce(); return p.hello(a, h.known) },
		"a known key's name": func(p *page) string {
			known, _ := h.known.Key()
			theirs, _ := forged.Key()
			return strings.Replace(p.hello(h.about(p), forged), theirs.ID(), known.ID(), 1)
		},
	} {
		p := h.open(t, widgetOrigin)
		p.send(hello(p))
		if m := p.next("refused"); m["code"] != "unpaired" {
			t.Errorf("%s: %v", name, m)
		}
		p.send(`{"type":"number-dialed","id":"a","number":"+12025550142"}`)
		p.closed()
	}
	twice := h.open(t, widgetOrigin)
	twice.send(twice.hello(h.about(twice), forged))
	twice.next("refused")
	twice.send(twice.hello(h.about(twice), h.known))
	twice.closed()
	if len(d.commands) != 0 {
		t.Errorf("commands: %v", d.commands)
	}
}

// TestNothingLeavesBeforeTheProof: a page of an allowed origin that has proved nothing hears neither state nor status.
func TestNothingLeavesBeforeTheProof(t *testing.T) {
	d := newDesk()
	h := running(t, d)
	p := h.open(t, widgetOrigin)
	known := h.greet(t)
	d.snaps <- phone.Snapshot{Seq: 1}
	known.next("state")
	forged, _ := keys(t)
	p.send(p.hello(h.about(p), forged))
	if m := p.any(); m["type"] != "refused" {
		t.Errorf("%v", m)
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	h := running(t, newDesk())
	forged, _ := keys(t)
	refused := 0
	for range 20 {
		p := h.open(t, widgetOrigin)
		p.send(p.hello(h.about(p), forged))
		if p.anyOrClosed() == nil {
			break
		}
		refused++
		_ = p.ws.CloseNow()
	}
	if refused > 12 {
		t.Errorf("%d proofs were looked at", refused)
	}
}

// TestThePopupHasNoAuthority: what comes through it needs the same proof, for an origin that is allowed.
func TestThePopupHasNoAuthority(t *testing.T) {
	h := running(t, newDesk())
	popup := pipeOrigin(h.port)
	p := h.open(t, popup)
	p.send(p.hello(h.about(p), h.known))
	p.next("welcome")
	own := h.open(t, popup)
	about := h.about(own)
	about.Origin = popup
	own.send(own.hello(about, h.known))
	if m := own.anyOrClosed(); m != nil { // not a word about keys: nobody speaks for that origin
		t.Errorf("the popup in its own name: %v", m)
	}
	direct := h.open(t, widgetOrigin)
	about = h.about(direct)
	about.Origin = "https://other.example.com"
	direct.send(direct.hello(about, h.known))
	if m := direct.anyOrClosed(); m != nil {
		t.Errorf("in another's name: %v", m)
	}
}

// TestPairingBegunAnewTellsTheWindow: digits that were typed for an attempt the page gave up are in vain, and the agent hears it.
func TestPairingBegunAnewTellsTheWindow(t *testing.T) {
	h := running(t, newDesk())
	s := h.stranger(t)
	h.arms(t)
	verdict := h.types(t, s.shows())
	s.next("pair-commit")
	s.asks() // where it should have revealed
	if err := <-verdict; err == nil || !strings.Contains(err.Error(), "did not keep to the protocol") {
		t.Error(err)
	}
}

func TestPopupPage(t *testing.T) {
	h := running(t, newDesk())
	get := func(path string, more ...string) int {
		return raw(t, h.host(), "GET "+path+" HTTP/1.1\r\nHost: "+strings.Join(append([]string{h.host()}, more...), "\r\n")+"\r\n\r\n")
	}
	other := fmt.Sprintf("localhost:%d", h.port)
	for name, c := range map[string]struct{ got, want int }{
		"opened":           {get("/pipe", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: cross-site"), 200},
		"its script":       {get("/pipe.js", "Sec-Fetch-Site: same-origin"), 200},
		"as a module":      {get("/pipe.js", "Origin: "+pipeOrigin(h.port), "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors"), 200},
		"its words":        {get("/pipe-words.js", "Origin: "+pipeOrigin(h.port), "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors"), 200},
		"words elsewhere":  {get("/pipe-words.js", "Origin: "+widgetOrigin, "Sec-Fetch-Mode: cors"), 403},
		"module elsewhere": {get("/pipe.js", "Origin: "+widgetOrigin, "Sec-Fetch-Mode: cors"), 403},
		"opened by itself": {get("/pipe", "Origin: "+pipeOrigin(h.port), "Sec-Fetch-Mode: navigate"), 403},
		"its look":         {get("/pipe.css"), 200},
		"with an origin":   {get("/pipe", "Origin: "+widgetOrigin), 403},
		"fetched":          {get("/pipe", "Sec-Fetch-Mode: cors"), 403},
		"script elsewhere": {get("/pipe.js", "Sec-Fetch-Site: cross-site"), 403},
		"by another name":  {raw(t, h.host(), "GET /pipe HTTP/1.1\r\nHost: "+other+"\r\n\r\n"), 403},
		"with a query":     {get("/pipe?x=1"), 404},
		"another file":     {get("/pipe.html"), 404},
		"up":               {get("/pipe/../bridge.go"), 404},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", name, c.got, c.want)
		}
	}
}

// TestLockedKeyring: without its key the app does not listen; it says why, and tries again.
func TestLockedKeyring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		asked := 0
		b := New(Config{Phone: d, Keep: func(context.Context) (Keeping, error) {
			asked++
			return Keeping{}, errors.New("the keyring does not answer. Unlock it")
		}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		time.Sleep(3*retryListen + time.Second)
		cancel()
		if err := <-done; err != nil || asked != 4 {
			t.Errorf("%d, %v", asked, err)
		}
		if r := <-d.reports; !strings.Contains(r.(phone.Bridge).Problem, "Unlock it.") {
			t.Errorf("%+v", r)
		}
	})
}

// TestTheKeyIsAskedForOnce: ports that others hold are tried again, and nobody is asked for the key again, or told again that
// there is none.
func TestTheKeyIsAskedForOnce(t *testing.T) {
	four, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer four.Close()
	own, app := keys(t)
	synctest.Test(t, func(t *testing.T) {
		book, err := pairing.OpenBook("", app)
		if err != nil {
			t.Fatal(err)
		}
		asked := 0
		b := New(Config{Ports: []int{four.Addr().(*net.TCPAddr).Port}, Phone: newDesk(), Keep: func(context.Context) (Keeping, error) {
			asked++
			return Keeping{own, book}, nil
		}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		time.Sleep(3*retryListen + time.Second)
		cancel()
		if err := <-done; err != nil || asked != 1 {
			t.Errorf("%d, %v", asked, err)
		}
	})
}

// TestBridgeThatDoesNotAnswer: whoever waits for it in vain reads a sentence.
func TestBridgeThatDoesNotAnswer(t *testing.T) {
	b := New(Config{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-b.events; cancel() }() // heard, and never answered
	var no *phone.Refusal
	if err := b.Revoke(ctx, "k"); !errors.As(err, &no) || no.Code != phone.CodeStopped {
		t.Errorf("%v", err)
	}
	if err := b.Arm(ctx); !errors.As(err, &no) || no.Code != phone.CodeStopped {
		t.Errorf("%v", err)
	}
}
