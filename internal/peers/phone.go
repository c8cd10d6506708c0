package peers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/phone"
	"sidetone/internal/trace"
)

// Tone is what the phone's microphone hears, in Hz.
const Tone = 440

// Rate is how many samples a second the phone writes.
const Rate = 48000

// Phone is sidetoned as a program, its microphone a tone, what it plays in a file. Fill in the exported fields and Launch it.
type Phone struct {
	T        T
	Exe      string   // path of sidetoned
	Within   []string // the command that runs it elsewhere
	Env      []string // beside this process' own
	Dir      string   // its data folder
	Password string   // of the account main

	Cmd  *exec.Cmd
	Errs Words // what it said on standard error
}

// Words collects what a program writes. Its methods may be called at any time.
type Words struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *Words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *Words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// Configure writes the phone's settings: the account main at an address, and what follows.
func (d *Phone) Configure(address, extra string) {
	d.T.Helper()
	write(d.T, d.Dir, map[string]string{
		"config.toml": fmt.Sprintf("[bridge]\noff = true\n[[account]]\nid = \"main\"\naddress = \"sip:%s\"\n%s\n", address, extra),
	})
}

// Launch runs the program, with the tone and the file for sound unless args say something else.
func (d *Phone) Launch(args ...string) {
	d.T.Helper()
	args = append([]string{"--data-dir", d.Dir, "--audio-in", fmt.Sprintf("tone:%d", Tone), "--audio-out", "file:" + d.Heard()}, args...)
	line := append(append(slices.Clone(d.Within), d.Exe), args...)
	d.Cmd = exec.Command(line[0], line[1:]...)
	d.Cmd.Env = append(append(os.Environ(), "SIDETONE_PASSWORD_MAIN="+d.Password), d.Env...)
	d.Cmd.Stderr = &d.Errs
	if err := d.Cmd.Start(); err != nil {
		d.T.Fatal(err)
	}
	cmd := d.Cmd
	d.T.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		if d.T.Failed() {
			d.T.Logf("sidetoned said:\n%s", &d.Errs)
		}
	})
}

// Heard is the file of what the phone plays.
func (d *Phone) Heard() string { return filepath.Join(d.Dir, "heard.wav") }

// Client connects as soon as the socket is there.
func (d *Phone) Client() *control.Client {
	d.T.Helper()
	ctx, cancel := context.WithTimeout(d.T.Context(), patience)
	defer cancel()
	for {
		c, err := control.Dial(ctx, d.Dir)
		if err == nil {
			return c
		}
		if ctx.Err() != nil || d.Cmd.ProcessState != nil {
			d.T.Fatalf("%v: %s", err, &d.Errs)
		}
		time.Sleep(5 * time.Millisecond) // the socket of a starting program can only be asked for
	}
}

// Until watches the phone until it looks as wanted.
func (d *Phone) Until(what string, ok func(phone.Snapshot) bool) phone.Snapshot {
	d.T.Helper()
	last, err := d.Look(patience, ok)
	if err != nil {
		d.T.Fatalf("never %s: %v, last %+v", what, err, last)
	}
	return last
}

// Look watches the phone for a time at most until it looks as wanted.
func (d *Phone) Look(limit time.Duration, ok func(phone.Snapshot) bool) (last phone.Snapshot, err error) {
	c := d.Client()
	defer c.Close()
	var late atomic.Bool
	timer := time.AfterFunc(limit, func() { late.Store(true); c.Close() })
	defer timer.Stop()
	r, err := c.Ask(control.Request{Command: phone.Command{Do: control.Watch}})
	for ; err == nil; r, err = c.Next() {
		if last = *r.Snapshot; ok(last) {
			return last, nil
		}
	}
	if late.Load() {
		err = fmt.Errorf("not within %s", limit)
	}
	return last, err
}

// Now is the phone as it is.
func (d *Phone) Now() phone.Snapshot {
	d.T.Helper()
	return *d.Ask(control.Request{Command: phone.Command{Do: control.Status}}).Snapshot
}

// Ask is one question and the first line of its answer.
func (d *Phone) Ask(r control.Request) control.Reply {
	d.T.Helper()
	c := d.Client()
	defer c.Close()
	reply, err := c.Ask(r)
	if err != nil {
		d.T.Fatalf("%s: %v", r.Do, err)
	}
	return reply
}

// Trace is every SIP message the phone remembers.
func (d *Phone) Trace() (out []trace.Message) {
	d.T.Helper()
	c := d.Client()
	defer c.Close()
	for r, err := c.Ask(control.Request{Command: phone.Command{Do: control.Trace}}); ; r, err = c.Next() {
		if err != nil {
			d.T.Fatal(err)
		}
		if r.Message == nil {
			return out
		}
		if r.Message.Note == "" {
			out = append(out, *r.Message)
		}
	}
}

// Do asks for something that must not be refused.
func (d *Phone) Do(c phone.Command) { d.T.Helper(); d.Ask(control.Request{Command: c}) }

// Ready waits until the line is registered.
func (d *Phone) Ready() { d.T.Helper(); d.Line(call.LineReady) }

// Line waits for a state of the line.
func (d *Phone) Line(state call.LineState) phone.Snapshot {
	d.T.Helper()
	return d.Until("line "+string(state), func(s phone.Snapshot) bool { return len(s.Accounts) == 1 && s.Accounts[0].Line.State == state })
}

// Phase waits until the one call is in a phase.
func (d *Phone) Phase(p call.Phase) phone.Snapshot {
	d.T.Helper()
	return d.Call("in phase "+p.String(), func(c call.Call) bool { return c.Phase == p })
}

// Call waits until the one call looks as wanted.
func (d *Phone) Call(what string, ok func(call.Call) bool) phone.Snapshot {
	d.T.Helper()
	return d.Until(what, func(s phone.Snapshot) bool { return len(s.Calls) == 1 && ok(s.Calls[0]) })
}

// Idle waits until no call is left and the last one is in the journal.
func (d *Phone) Idle() phone.Snapshot {
	d.T.Helper()
	return d.Until("idle", func(s phone.Snapshot) bool { return len(s.Calls) == 0 && s.Last != nil && s.Records > 0 })
}

// Stop sends SIGTERM and checks the promise: exit 0 within two seconds.
func (d *Phone) Stop() {
	d.T.Helper()
	began := time.Now()
	if err := d.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.T.Fatal(err)
	}
	if err := d.Cmd.Wait(); err != nil {
		d.T.Errorf("after SIGTERM: %v\n%s", err, &d.Errs)
	}
	if took := time.Since(began); took > 10*time.Second { // two seconds on a machine with time to spare
		d.T.Errorf("SIGTERM took %v", took)
	}
}

// Second waits for a whole second of new sound that ok likes, and returns the last.
func (d *Phone) Second(ok func([]int16) bool) []int16 {
	d.T.Helper()
	return second(d.T, Rate, func() []int16 { return GrowingWAV(d.T, d.Heard()) }, ok)
}

// Hears fails unless the phone plays a tone.
func (d *Phone) Hears(hz float64) {
	d.T.Helper()
	listen(d.T, "sidetoned", Rate, hz, func() []int16 { return GrowingWAV(d.T, d.Heard()) })
}

// HearsNothing fails unless the phone plays silence for a second.
func (d *Phone) HearsNothing() {
	d.T.Helper()
	if pcm := d.Second(quiet); !quiet(pcm) {
		d.T.Errorf("sidetoned heard something, power %.0f", Power(pcm)/float64(len(pcm)))
	}
}

// Vitals is what the phone holds.
func (d *Phone) Vitals() control.Counts {
	d.T.Helper()
	return *d.Ask(control.Request{Command: phone.Command{Do: control.Vitals}}).Vitals
}

// Sockets is how many the process has open (proc(5)).
func (d *Phone) Sockets() (n int) {
	d.T.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", d.Cmd.Process.Pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		d.T.Fatal(err)
	}
	for _, e := range entries {
		if to, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// Memory is what the process has in memory, in kilobytes (proc(5), VmRSS).
func (d *Phone) Memory() (kb int) {
	d.T.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.Cmd.Process.Pid))
	if err != nil {
		d.T.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		d.T.Fatal(err)
	}
	return kb
}
