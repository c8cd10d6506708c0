// Package sipbench measures how fast the headless phone registers and answers calls beside other phones, on the wire and in turns.
package sipbench

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"time"

	"sidetone/internal/peers"
)

// Options say what is measured.
type Options struct {
	Rounds int       // starts of each phone
	Calls  int       // after each start
	Bin    string    // folder of the built sidetoned
	Say    io.Writer // progress
}

//go:embed call.xml
var script string

// contestant is one make of phone: it is started, and ended by what that returns. began is just before its process.
type contestant struct {
	name, user string
	start      func() (began time.Time, end func())
}

// bench is one run.
type bench struct {
	peers.T
	o      Options
	k      *peers.Kamailio
	seen   *seen
	port   int // of the caller
	result Result
}

// Run measures. This process must own its network namespace.
func Run(ctx context.Context, o Options) (Result, error) {
	st := peers.NewStage(ctx, time.Hour)
	b := &bench{T: st, o: o, result: Result{Rounds: o.Rounds}}
	st.Play(b.all)
	if st.Failed() {
		return b.result, errors.New(st.Why())
	}
	b.result.sum()
	return b.result, ctx.Err()
}

func (b *bench) all() {
	peers.LoopbackUp(b)
	b.port = peers.FreePort(b)
	b.k = peers.StartKamailio(b, peers.Testers(b.port))
	b.seen = newSeen(netip.MustParseAddrPort(b.k.Addr), netip.MustParseAddrPort(fmt.Sprintf("127.0.0.1:%d", b.port)))
	t, err := openTap()
	if err != nil {
		b.Fatalf("the network cannot be listened to: %v", err)
	}
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- t.run(stop, b.seen.see) }()
	b.Cleanup(func() {
		close(stop)
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	phones := b.phones()
	for n := range b.o.Rounds {
		for i := range phones {
			b.round(phones[(n+i)%len(phones)]) // each is first, second and last equally often
		}
		fmt.Fprintf(b.o.Say, "%d of %d rounds\n", n+1, b.o.Rounds)
	}
}

func (b *bench) phones() []contestant {
	exe, err := filepath.Abs(filepath.Join(b.o.Bin, "sidetoned"))
	if err != nil {
		b.Fatal(err)
	}
	return []contestant{
		{"sidetoned", "1001", func() (time.Time, func()) {
			d := &peers.Phone{T: b, Exe: exe, Dir: b.TempDir(), Password: "secret-1001"}
			d.Configure("1001@"+b.k.Addr, "auto_answer = true\n[wrap_up]\nincoming = \"off\"\n")
			began := time.Now()
			d.Launch("--audio-out", "null")
			return began, d.Stop
		}},
		{"baresip", "1002", func() (time.Time, func()) {
			p := peers.PrepareBaresip(b, b.k, peers.BaresipOptions{})
			began := time.Now()
			return began, p().End
		}},
		{"linphonec", "1003", func() (time.Time, func()) {
			p := peers.PrepareLinphone(b, b.k, peers.LinphoneOptions{Auto: true})
			began := time.Now()
			return began, p().End
		}},
	}
}

// round starts a phone, calls it, and ends it.
func (b *bench) round(c contestant) {
	b.seen.forget()
	began, end := c.start()
	if !b.seen.wait(func() bool { return !b.seen.registered.IsZero() }, 30*time.Second) {
		b.Fatalf("%s never registered", c.name)
	}
	b.result.add(c.name, Registered, b.seen.registered.Sub(began))
	time.Sleep(time.Second) // a phone may have more to do at its start
	peers.StartSippCalls(b, b.k, b.port, script, c.user, b.o.Calls).Well()
	b.seen.mu.Lock()
	for _, id := range b.seen.order {
		call := b.seen.calls[id]
		if !call.ringing.IsZero() { // one that answers at once need not ring
			b.result.add(c.name, Rang, call.ringing.Sub(call.asked))
		}
		b.result.add(c.name, Answered, call.answered.Sub(call.asked))
	}
	b.seen.mu.Unlock()
	end()
}
