package lna

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sidetone/internal/browser"
)

const widget = "widget.html"

// agent is a person in front of a browser.
type agent struct {
	*browser.Browser
	t      *testing.T
	ctx    context.Context
	kind   browser.Kind
	stand  *stand
	screen *screen
	before struct{ reached, spoken int }
}

// options say what the browser knows before it starts.
type options struct {
	policy  any            // what IT has put on this computer: a file, or what becomes one; nil is nothing
	prefs   map[string]any // of the browser
	profile string         // kept from one start to the next; "" is a fresh one
}

// enough is how long one browser may live; a test that hangs shall say where.
const enough = 100 * time.Second

// open starts a browser for which the lab's pages are public.
func (s *stand) open(t *testing.T, sc *screen, kind browser.Kind, o options) *agent {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), enough)
	t.Cleanup(cancel)
	at := browser.Options{Kind: kind, Width: 900, Height: 700, Env: sc.env(), Profile: o.profile}
	public := []string{fmt.Sprintf("127.0.0.1:%d", s.tls), fmt.Sprintf("127.0.0.1:%d", s.plain)}
	switch kind {
	case browser.Chromium:
		at.Prefs = o.prefs
		at.Flags = map[string]any{
			"host-resolver-rules": "MAP *.test 127.0.0.1", "ignore-certificate-errors-spki-list": s.spki, "window-position": "0,0",
			"ip-address-space-overrides": strings.Join(public, "=public,") + "=public", "start-maximized": false,
		}
	case browser.Firefox:
		at.Prefs = map[string]any{
			"network.lna.address_space.public.override": strings.Join(public, ","), "network.dns.localDomains": strings.Join(names(), ","),
		}
		maps.Copy(at.Prefs, o.prefs)
	}
	if o.policy != nil {
		at.Etc = policies(t, kind, o.policy)
	}
	b, err := browser.Start(ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return &agent{Browser: b, t: t, ctx: ctx, kind: kind, stand: s, screen: sc}
}

// policies writes a folder that, laid over /etc, is what IT has deployed.
func policies(t *testing.T, kind browser.Kind, policy any) string {
	t.Helper()
	etc := t.TempDir()
	name := filepath.Join(etc, "chromium", "policies", "managed", "sidetone.json")
	if kind == browser.Firefox {
		name = filepath.Join(etc, "firefox", "policies", "policies.json")
	}
	b, shipped := policy.([]byte)
	if !shipped {
		var err error
		if b, err = json.Marshal(policy); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return etc
}

// row is one sentence about the agent's browser. A failure leaves a picture.
func (a *agent) row(sentence string, f func(*agent)) {
	a.t.Helper()
	a.t.Run(sentence, func(t *testing.T) {
		mine := *a
		mine.t = t
		mine.before.reached, mine.before.spoken = a.stand.seen.counts()
		defer func() {
			if path := shots("failed-" + t.Name()); t.Failed() && path != "" {
				_ = a.screen.shot(path)
			}
		}()
		f(&mine)
	})
}

func (a *agent) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *agent) visit(h host) {
	a.t.Helper()
	a.must(a.Navigate(a.ctx, a.stand.page(h)))
}

func (a *agent) says(selector, want string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.ctx, 20*time.Second)
	defer cancel()
	a.must(a.WaitText(ctx, widget, selector, want))
}

func (a *agent) click(selector string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.ctx, 20*time.Second)
	defer cancel()
	a.must(a.Click(ctx, widget, selector))
}

// shot keeps a picture of the screen, if pictures are wanted.
func (a *agent) shot(name string) {
	a.t.Helper()
	if path := shots(a.kind.String() + "-" + name); path != "" {
		a.must(a.Eval(a.ctx, "", drawn, nil))
		a.must(a.Eval(a.ctx, widget, drawn, nil))
		a.must(a.screen.shot(path))
	}
}

// drawn is done when the page has been drawn as it is, or lies under another window.
const drawn = `new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(() => done(1))); setTimeout(() => done(0), 500); })`

// news is how many connections reached the bridge in this row, and how many requests.
func (a *agent) news() (reached, spoken int) {
	reached, spoken = a.stand.seen.counts()
	return reached - a.before.reached, spoken - a.before.spoken
}

// silence checks that no request has reached the bridge in this row, and no connection either unless the browser may connect
// before it asks.
func (a *agent) silence(connections bool) {
	a.t.Helper()
	reached, spoken := a.news()
	if spoken > 0 || reached > 0 && !connections {
		a.t.Errorf("the bridge was reached %d times and spoken to %d times", reached, spoken)
	}
}

// permission is what the browser says of the widget's way to this computer.
func (a *agent) permission() string {
	a.t.Helper()
	var state string
	a.must(a.Eval(a.ctx, widget, `navigator.permissions.query({name: "loopback-network"}).then((s) => s.state)`, &state))
	return state
}

// pair carries the digits from the widget to the phone's window.
func (a *agent) pair() {
	a.t.Helper()
	a.must(a.stand.bridge.Arm(a.ctx))
	a.says("#blocked", "type the digits you see")
	a.shot("unpaired")
	a.click("#try-again")
	a.says("#digits", " ")
	a.shot("pairing")
	text, err := a.Text(a.ctx, widget, "#digits")
	a.must(err)
	a.must(a.stand.bridge.Type(a.ctx, strings.ReplaceAll(text, " ", "")))
	a.says("#connection", "Connected")
}

// dial clicks a number in the host page and waits until the phone has it.
func (a *agent) dial(number string) {
	a.t.Helper()
	had, end := len(a.stand.phone.dialled()), time.Now().Add(20*time.Second)
	a.must(a.Eval(a.ctx, "", `clickNumber("`+number+`")`, nil))
	for {
		got := a.stand.phone.dialled()
		if len(got) == had+1 && got[had] == number {
			return
		}
		if len(got) > had+1 || time.Now().After(end) {
			a.t.Fatalf("clicked %s once, the phone dialled %v", number, got[had:])
		}
		a.pause()
	}
}

// pause is one step of a bounded wait.
func (a *agent) pause() {
	select {
	case <-time.After(50 * time.Millisecond):
	case <-a.ctx.Done():
	}
}

// Places in the bubble of Chromium, whose window is at the screen's corner; the bubble hangs below the address.
const (
	chromiumY                                     = 229
	chromiumAllow, chromiumBlock, chromiumDismiss = 387, 310, 412
	chromiumDismissY                              = 111
)

// answer clicks in the browser's own question until done says that it took: a browser ignores clicks on a bubble that has only
// just appeared.
func (a *agent) answer(what string, done func() bool) {
	a.t.Helper()
	end := time.Now().Add(20 * time.Second)
	for !done() {
		if time.Now().After(end) {
			a.t.Fatalf("the question never took %q", what)
		}
		if err := a.press(what); err != nil && !errors.Is(err, errNoQuestion) {
			a.t.Fatal(err)
		}
		for range 20 {
			if done() {
				return
			}
			a.pause()
		}
	}
}

var errNoQuestion = errors.New("the browser asks nothing")

func (a *agent) press(what string) error {
	if a.kind == browser.Chromium {
		switch what {
		case "Allow":
			return a.screen.click(chromiumAllow, chromiumY)
		case "Block":
			return a.screen.click(chromiumBlock, chromiumY)
		}
		return a.screen.click(chromiumDismiss, chromiumDismissY)
	}
	panels := a.screen.panels("firefox")
	if len(panels) != 1 {
		return errNoQuestion
	}
	p := panels[0]
	if a.pause(); !slices.Equal(panels, a.screen.panels("firefox")) {
		return errNoQuestion // it is still on its way
	}
	switch what {
	case "Allow":
		return a.screen.click(p.x+p.w-46, p.y+p.h-30)
	case "Block":
		return a.screen.click(p.x+p.w-118, p.y+p.h-30)
	}
	x, y := tick(p)
	return a.screen.click(x, y)
}

// tick is where Firefox's question has the box for remembering the answer.
func tick(p area) (x, y int) { return p.x + 25, p.y + p.h - 63 }

// ticked says whether that box is ticked: it is blue then.
func (a *agent) ticked() bool {
	panels := a.screen.panels("firefox")
	if len(panels) != 1 {
		return false
	}
	x, y := tick(panels[0])
	r, g, b := a.screen.colour(x-5, y-5) // beside the tick's own lines
	return b > r+40 && b > g+20
}

// state waits for a permission.
func (a *agent) state(want string) func() bool {
	return func() bool { return a.permission() == want }
}

// shows says whether an element says something now.
func (a *agent) shows(selector, want string) func() bool {
	return func() bool {
		text, err := a.Text(a.ctx, widget, selector)
		return err == nil && strings.Contains(text, want)
	}
}
