// Package latency measures how long a click in Kustomer takes to become an INVITE, beside a bare WebSocket echo of the same browser.
package latency

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"sidetone/internal/pbx"
	"sidetone/internal/rig"
)

// Options say what is measured.
type Options struct {
	Clicks int       // how many numbers are clicked; the bridge lets one a second pass
	Bin    string    // folder of the built sidetoned
	Say    io.Writer // progress; nil: silence
}

// number is the one that is clicked: it is on the pretend customer's card, and the lab's exchange answers it.
const number = "+12025550142"

// Run starts the lab, the headless phone and Chromium, clicks, and returns what was measured. Every click is waited for until its
// INVITE has arrived and its call is over; an echo follows each click, so that both meet the same machine.
func Run(ctx context.Context, o Options) (Result, error) {
	if o.Say == nil {
		o.Say = io.Discard
	}
	b := &bench{o: o, invites: make(chan time.Time, 64), seen: map[string]bool{}}
	// Without a wrap-up, which would only make the next call wait.
	r, err := rig.Start(ctx, rig.Options{Bin: o.Bin, Settings: "\n[wrap_up]\noutgoing = \"off\"\n", Log: b.heard})
	if err != nil {
		return Result{}, err
	}
	b.rig = r
	if err = b.prepare(ctx); err == nil {
		err = b.measure(ctx)
	}
	return b.result(), errors.Join(err, r.Close())
}

// bench is what runs while it is measured.
type bench struct {
	o       Options
	rig     *rig.Rig
	invites chan time.Time
	clicks  []float64 // milliseconds from number-dialed in the page to the INVITE at the exchange
	echoes  []float64 // milliseconds of a message to the echo and back

	mu   sync.Mutex
	seen map[string]bool // Call-IDs
}

// heard notes when the first INVITE of a call arrives. Another of the same answers the exchange's challenge, or is a repetition.
func (b *bench) heard(e pbx.Entry) {
	if !e.Inbound || !strings.HasPrefix(e.Message, "INVITE ") {
		return
	}
	_, id, _ := strings.Cut(e.Message, "\nCall-ID:")
	id, _, _ = strings.Cut(id, "\r")
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.seen[id] {
		b.seen[id] = true
		b.invites <- e.At
	}
}

// prepare opens the echo's socket in Kustomer's page, and leaves two functions there: click presses the number and returns when,
// in milliseconds since 1970; echo returns how long a message took to come back.
func (b *bench) prepare(ctx context.Context) error {
	port, err := b.startEcho()
	if err != nil {
		return err
	}
	script := `(window.bench = {
		socket: new WebSocket("ws://127.0.0.1:` + strconv.Itoa(port) + `"),
		click() { const at = performance.timeOrigin + performance.now(); document.querySelector('[data-number="` + number + `"]').click(); return at; },
		echo() { const began = performance.now(); this.socket.send("1"); return new Promise((f) => { this.socket.onmessage = () => f(performance.now() - began); }); },
	}, true)`
	if err := b.rig.Chrome.Eval(ctx, "", script, new(bool)); err != nil {
		return err
	}
	return b.rig.Chrome.WaitEval(ctx, "", "bench.socket.readyState === 1")
}
