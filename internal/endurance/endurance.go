// Package endurance drives hundreds of calls through kamailio, with holds, transfers, network changes and restarts of the server, and
// counts what they leave behind.
package endurance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

// Options say how long it goes on.
type Options struct {
	Calls int           // how many
	Over  time.Duration // spread over this; the calls follow each other as they can if it is too short
	Seed  uint64        // the same seed makes the same calls, not the same timing
	Bin   string        // folder of the built sidetoned
	Say   io.Writer     // progress
}

// settle is how long what a call leaves on purpose stays: a transaction waits 32 s for repetitions (RFC 3261 §17.2.2).
const settle = 45 * time.Second

// first is how many calls are made before memory is measured.
const first = 50

// Run makes the calls. This process must own its network namespace. The error is for what kept them from being made; what they
// left behind is in the result.
func Run(ctx context.Context, o Options) (Result, error) {
	st := peers.NewStage(ctx, o.Over+time.Duration(o.Calls)*time.Minute)
	r := &run{T: st, o: o, rand: rand.New(rand.NewPCG(o.Seed, 1)), result: Result{Seed: o.Seed, Problems: []string{}}}
	st.Play(r.all)
	if st.Failed() {
		return r.result, errors.New(st.Why())
	}
	return r.result, ctx.Err()
}

// run is one run.
type run struct {
	peers.T
	o      Options
	rand   *rand.Rand
	result Result

	cables *peers.Cables
	plug   int // 1 or 2
	k      *peers.Kamailio
	d      *peers.Phone
	b, c   *peers.Baresip // who is called and calls; whom calls are passed on to
}

func (r *run) all() {
	r.start()
	began := time.Now()
	r.result.Goroutines[0], r.result.Sockets[0] = r.quiet(1<<20, 1<<20)
	for n := range r.o.Calls {
		time.Sleep(time.Until(began.Add(time.Duration(n) * r.o.Over / time.Duration(r.o.Calls))))
		r.call(n)
		if n+1 == min(first, r.o.Calls) {
			r.result.Heap[0], r.result.Memory[0] = r.d.Vitals().Heap, r.d.Memory()
		}
		if (n+1)%25 == 0 {
			v := r.d.Vitals()
			fmt.Fprintf(r.o.Say, "%d of %d calls after %s: %d stuck, %d goroutines, %d sockets, %d kB\n", n+1, r.o.Calls,
				time.Since(began).Round(time.Second), r.result.Stuck, v.Goroutines, r.d.Sockets(), r.d.Memory())
		}
	}
	r.result.Took = time.Since(began).Seconds()
	r.result.Heap[1], r.result.Memory[1] = r.d.Vitals().Heap, r.d.Memory()
	r.result.Goroutines[1], r.result.Sockets[1] = r.quiet(r.result.Goroutines[0], r.result.Sockets[0])
	v := r.d.Vitals()
	r.result.Dialogs = v.Calls + v.Dialogs
	r.d.Stop()
}

// start puts the phone on a cable and everybody else behind it.
func (r *run) start() {
	r.cables, r.plug = peers.NewCables(r), 1
	r.cables.Plug("1", "")
	r.k = peers.StartKamailioAt(r, peers.ServersAt)
	r.b = peers.StartBaresip(r, r.k, peers.BaresipOptions{Every: 10})
	r.c = peers.StartBaresip(r, r.k, peers.BaresipOptions{Every: 10, User: "1004"})
	exe, err := filepath.Abs(filepath.Join(r.o.Bin, "sidetoned"))
	if err != nil {
		r.Fatal(err)
	}
	r.d = &peers.Phone{T: r, Exe: exe, Within: r.cables.Within(), Dir: r.TempDir(), Password: "secret-1001"}
	r.d.Configure("1001@"+r.k.Addr, "transport = \"tcp\"\nauto_answer = true\n[wrap_up]\nincoming = \"off\"\noutgoing = \"off\"\n")
	r.d.Launch("--audio-out", "null")
	r.d.Ready()
}

// quiet waits until the phone holds no more than it did, and returns what it holds.
func (r *run) quiet(goroutines, sockets int) (int, int) {
	for late := time.Now().Add(settle); ; {
		time.Sleep(time.Second) // the phone can only be asked, and to be asked is a socket too
		s, g := r.d.Sockets(), r.d.Vitals().Goroutines
		if g <= goroutines && s <= sockets || time.Now().After(late) {
			return g, s
		}
	}
}

// problem notes what went wrong with a call.
func (r *run) problem(n int, format string, args ...any) {
	text := fmt.Sprintf("call %d: ", n+1) + fmt.Sprintf(format, args...)
	fmt.Fprintln(r.o.Say, text)
	r.result.Problems = append(r.result.Problems, text)
}

// call is one call from its beginning until nobody has it any more.
func (r *run) call(n int) {
	r.result.Calls++
	r.between(n)
	r.b.Forget()
	r.c.Forget()
	if r.rand.IntN(2) == 0 {
		r.result.Outgoing++
		if err := r.ask(phone.Command{Do: phone.Dial, Number: "1002"}); err != nil {
			r.problem(n, "refused: %v", err)
			return
		}
	} else {
		r.b.Call("1001")
	}
	if s, err := r.d.Look(20*time.Second, talking); err != nil {
		r.problem(n, "never talked: %v, %+v", err, s.Accounts[0].Line)
	} else {
		r.talk(n)
	}
	r.over(n)
}

func talking(s phone.Snapshot) bool {
	return len(s.Calls) == 1 && s.Calls[0].Phase == call.Active && s.Calls[0].Pending == call.Settled
}

// ask lets the phone refuse.
func (r *run) ask(c phone.Command) error {
	client := r.d.Client()
	defer client.Close()
	_, err := client.Ask(control.Request{Command: c})
	return err
}

// between is what happens before some calls: the server restarts.
func (r *run) between(n int) {
	if n%100 != 99 {
		return
	}
	r.restart(n)
}

// restart ends the server and starts it anew; whoever was registered has to come back.
func (r *run) restart(n int) {
	r.result.Restarts++
	_, port, err := net.SplitHostPort(r.k.Addr)
	if err != nil {
		r.Fatal(err)
	}
	at, err := strconv.Atoi(port)
	if err != nil {
		r.Fatal(err)
	}
	r.k.End()
	r.k = peers.StartKamailioAt(r, peers.ServersAt, peers.AtPort(at))
	for late := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) { // a registrar can only be asked
		if r.k.Knows("1001") && r.k.Knows("1002") && r.k.Knows("1004") {
			return
		}
		if time.Now().After(late) {
			r.problem(n, "not everybody came back after the restart of the server")
			return
		}
	}
}

// talk does to a call what may be done to it, and ends it.
func (r *run) talk(n int) {
	for range r.rand.IntN(3) {
		r.change(n)
	}
	switch {
	case n%50 == 24:
		r.result.Moves++
		from := strconv.Itoa(r.plug)
		r.plug = 3 - r.plug
		r.cables.Plug(strconv.Itoa(r.plug), from)
		r.wait(n, "registered after the network changed", func(s phone.Snapshot) bool { return s.Accounts[0].Line.State == call.LineReady })
		r.wait(n, "talking after the network changed", talking)
	case n%100 == 74:
		r.restart(n)
		r.wait(n, "talking after the restart of the server", talking)
	}
	switch r.rand.IntN(5) {
	case 0:
		r.result.Transfers++
		r.transfer(n)
	case 1, 2:
		r.b.Ask("hangup", "")
	default:
		r.do(n, phone.Command{Do: phone.Hangup})
	}
}

// transfer passes the call on. A call whose answer is not confirmed yet comes back at once: it is tried again.
func (r *run) transfer(n int) {
	var why call.Passing
	for range 3 {
		r.do(n, phone.Command{Do: phone.Transfer, Number: "1004"})
		s, err := r.d.Look(20*time.Second, func(s phone.Snapshot) bool { return nobody(s) || s.Calls[0].Transfer.State == call.TransferBack })
		if err == nil && nobody(s) {
			return
		}
		if !nobody(s) {
			why = s.Calls[0].Transfer
		}
		time.Sleep(300 * time.Millisecond) // the far end's ACK is on its way
	}
	r.problem(n, "the transfer did not end the call: %+v", why)
	r.do(n, phone.Command{Do: phone.Hangup})
}

// change holds and resumes, here or there, or presses a key.
func (r *run) change(n int) {
	switch r.rand.IntN(3) {
	case 0:
		r.result.Holds++
		r.do(n, phone.Command{Do: phone.Hold})
		r.wait(n, "held", func(s phone.Snapshot) bool { return talking(s) && s.Calls[0].Held })
		r.do(n, phone.Command{Do: phone.Resume})
		r.wait(n, "resumed", func(s phone.Snapshot) bool { return talking(s) && !s.Calls[0].Held })
	case 1:
		r.result.Holds++
		r.b.Ask("hold", "")
		r.wait(n, "held by the far end", func(s phone.Snapshot) bool { return talking(s) && s.Calls[0].RemoteHeld })
		r.b.Ask("resume", "")
		r.wait(n, "resumed by the far end", func(s phone.Snapshot) bool { return talking(s) && !s.Calls[0].RemoteHeld })
	case 2:
		r.do(n, phone.Command{Do: phone.Digits, Digits: "5"})
	}
}

// do asks for something that should not be refused.
func (r *run) do(n int, c phone.Command) {
	if err := r.ask(c); err != nil {
		r.problem(n, "%s was refused: %v", c.Do, err)
	}
}

func (r *run) wait(n int, what string, ok func(phone.Snapshot) bool) {
	if _, err := r.d.Look(30*time.Second, ok); err != nil {
		r.problem(n, "not %s", what)
	}
}

func nobody(s phone.Snapshot) bool { return len(s.Calls) == 0 }

// over waits until the phone has no call; one that stays is stuck, and hung up. Calls between the others are ended.
func (r *run) over(n int) {
	if s, err := r.d.Look(40*time.Second, nobody); err != nil {
		r.result.Stuck++
		r.problem(n, "stuck: %+v", s.Calls)
		_ = r.ask(phone.Command{Do: phone.Hangup}) // refused if it ended just now
		r.wait(n, "hung up", nobody)
	}
	r.b.HangUpAll() // also what was passed on
	r.c.HangUpAll()
}
