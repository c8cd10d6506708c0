// Package interop puts the headless phone among programs that are not ours and writes down what works between them.
package interop

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"sidetone/internal/peers"
)

// Scenario is one story with one peer. Each of its steps is a row of the table.
type Scenario struct {
	Peer      string // the program at the other end, or the server itself
	Transport string // of the phone: "udp", "tcp", "tls", "wss"
	Keying    string // of its sound: "none", "SDES", "DTLS", with ", ICE" where its path is found so and ", passive" where the far end waits for our handshake, "WebRTC"; "-" without sound
	Quick     bool   // every run of the tests plays it

	setup func(*bed)
	steps []step
}

type step struct {
	feature string
	do      func(*bed)
}

// Name is what the scenario is called where one is chosen.
func (s Scenario) Name() string {
	return strings.ReplaceAll(strings.Join([]string{s.Peer, s.Transport, s.Keying, s.steps[0].feature}, "/"), " ", "-")
}

// Scenarios is the whole matrix.
func Scenarios() []Scenario {
	return slices.Concat(kamailioScenarios(), baresipScenarios(), linphoneScenarios(), keyScenarios(), sippScenarios(), sipsakScenarios())
}

// Program is the headless phone that is tested.
type Program struct {
	Path string
	Env  []string // beside this process' own
}

// bed is what a scenario has: the phone, its server, and whoever else it started.
type bed struct {
	peers.T
	program   Program
	transport string
	k         *peers.Kamailio
	d         *peers.Phone
	b, c      *peers.Baresip
	l         *peers.Linphone
	port      int // of the sipp scenarios
}

// phone starts the phone as user 1001 of the server.
func (b *bed) phone(extra string) {
	b.Helper()
	b.d = &peers.Phone{T: b.T, Exe: b.program.Path, Env: b.program.Env, Dir: b.TempDir(), Password: "secret-1001"}
	b.d.Configure("1001@"+b.k.Addr, extra)
	b.d.Launch()
	b.d.Ready()
}

// Play plays the whole scenario. Whatever is wrong is said to t, which tells the step from what begin was told last.
func (s Scenario) Play(t peers.T, p Program, begin func(feature string)) {
	b := &bed{T: t, program: p, transport: s.Transport}
	if s.setup != nil {
		s.setup(b)
	}
	for _, step := range s.steps {
		begin(step.feature)
		step.do(b)
	}
	if b.d != nil && b.d.Cmd.ProcessState == nil {
		b.d.Stop()
	}
}

// Options say what of the matrix is played.
type Options struct {
	Program  Program
	Only     string    // scenarios with this in their name; empty: all
	Parallel int       // how many at a time
	Say      io.Writer // progress
}

// Run plays the matrix. The error is for what kept it from being played, not for what did not work.
func Run(ctx context.Context, o Options) (Report, error) {
	var chosen []Scenario
	for _, s := range Scenarios() {
		if strings.Contains(s.Name(), o.Only) {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return Report{}, fmt.Errorf("no scenario has %q in its name", o.Only)
	}
	rows := make([][]Row, len(chosen))
	var work sync.WaitGroup
	var say sync.Mutex
	slots, done := make(chan struct{}, max(1, o.Parallel)), 0
	for i, s := range chosen {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		work.Go(func() {
			defer func() { <-slots }()
			began := time.Now()
			st := newStage(ctx)
			rows[i] = st.play(s, o.Program)
			say.Lock()
			defer say.Unlock()
			done++
			verdict := "ok"
			if st.Failed() {
				verdict = "FAILED\n" + st.Words()
			}
			fmt.Fprintf(o.Say, "%d of %d, %s, %s: %s\n", done, len(chosen), s.Name(), time.Since(began).Round(100*time.Millisecond), verdict)
		})
	}
	work.Wait()
	return Report{Programs: versions(ctx), Rows: slices.Concat(rows...)}, ctx.Err()
}
