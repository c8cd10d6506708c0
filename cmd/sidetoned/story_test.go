package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/exchange"
	"sidetone/internal/pbx"
	"sidetone/internal/phone"
)

// TestMain lets this test binary be the program: started with beProgram set, it is sidetoned.
func TestMain(m *testing.M) {
	if os.Getenv(beProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const beProgram = "SIDETONED_TEST_PROGRAM"

// daemon is a running sidetoned.
type daemon struct {
	within   []string // the command that runs it elsewhere
	t        *testing.T
	dir      string
	password string
	cmd      *exec.Cmd
	errs     *strings.Builder
}

func (d *daemon) heard() string { return filepath.Join(d.dir, "heard.wav") }

// startDaemon runs sidetoned with one account 1001 at the server and waits until its socket answers.
func startDaemon(t *testing.T, server, extra string, args ...string) *daemon {
	t.Helper()
	return startWith(t, "secret", server, extra, args...)
}

func startWith(t *testing.T, password, server, extra string, args ...string) *daemon {
	t.Helper()
	dir := t.TempDir()
	settings := fmt.Sprintf("[[account]]\nid = \"main\"\naddress = \"sip:1001@%s\"\n%s\n[bridge]\noff = true\n", server, extra)
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	return startWithin(t, nil, dir, password, args...)
}

func startWithin(t *testing.T, within []string, dir, password string, args ...string) *daemon {
	t.Helper()
	d := &daemon{t: t, within: within, dir: dir, password: password, errs: &strings.Builder{}}
	d.launch(append([]string{"--audio-in", "tone:440", "--audio-out", "file:" + d.heard()}, args...)...)
	return d
}

func (d *daemon) launch(args ...string) {
	d.t.Helper()
	line := append(append(slices.Clone(d.within), os.Args[0], "--data-dir", d.dir), args...)
	d.cmd = exec.Command(line[0], line[1:]...)
	d.cmd.Env = append(os.Environ(), beProgram+"=1", "SIDETONE_PASSWORD_MAIN="+d.password)
	d.cmd.Stderr = d.errs
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		if d.cmd.ProcessState == nil {
			_ = d.cmd.Process.Kill()
			_ = d.cmd.Wait()
		}
	})
}

// client connects as soon as the socket is there.
func (d *daemon) client() *control.Client {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 30*time.Second)
	defer cancel()
	for {
		c, err := control.Dial(ctx, d.dir)
		if err == nil {
			d.t.Cleanup(func() { c.Close() })
			return c
		}
		if ctx.Err() != nil || d.cmd.ProcessState != nil {
			d.t.Fatalf("%v: %s", err, d.errs)
		}
		time.Sleep(5 * time.Millisecond) // the socket of a starting program can only be asked for
	}
}

// until watches the phone until it looks as wanted.
func (d *daemon) until(what string, ok func(phone.Snapshot) bool) phone.Snapshot {
	d.t.Helper()
	c := d.client()
	timer := time.AfterFunc(30*time.Second, func() { c.Close() })
	defer timer.Stop()
	var last phone.Snapshot
	r, err := c.Ask(control.Request{Command: phone.Command{Do: control.Watch}})
	for ; err == nil; r, err = c.Next() {
		if last = *r.Snapshot; ok(last) {
			c.Close()
			return last
		}
	}
	d.t.Fatalf("never %s: %v, last %+v\n%s", what, err, last, d.errs)
	return last
}

func (d *daemon) do(c phone.Command) {
	d.t.Helper()
	if _, err := d.client().Ask(control.Request{Command: c}); err != nil {
		d.t.Fatalf("%s: %v", c.Do, err)
	}
}

func (d *daemon) ready() {
	d.t.Helper()
	d.until("registered", func(s phone.Snapshot) bool {
		return len(s.Accounts) == 1 && s.Accounts[0].Line.State == call.LineReady
	})
}

func (d *daemon) phase(p call.Phase) phone.Snapshot {
	d.t.Helper()
	return d.until("in phase "+p.String(), func(s phone.Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].Phase == p })
}

func (d *daemon) idle() phone.Snapshot {
	d.t.Helper()
	return d.until("idle", func(s phone.Snapshot) bool { return len(s.Calls) == 0 && s.Last != nil && s.Records > 0 })
}

// stop sends SIGTERM and checks the promise: exit 0 within two seconds.
func (d *daemon) stop() {
	d.t.Helper()
	began := time.Now()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		d.t.Errorf("after SIGTERM: %v\n%s", err, d.errs)
	}
	if took := time.Since(began); took > 10*time.Second { // two seconds on a machine with time to spare
		d.t.Errorf("SIGTERM took %v", took)
	}
}

// loudest is the loudest second of pcm, or all of it if it is shorter.
func loudest(pcm []int16, rate int) []int16 {
	window := min(rate, len(pcm))
	best, bestPower := 0, -1.0
	for at := 0; window > 0 && at+window <= len(pcm); at += max(1, window/4) {
		if p := power(pcm[at : at+window]); p > bestPower {
			best, bestPower = at, p
		}
	}
	return pcm[best : best+window]
}

// share is how much of the energy of pcm lies at hz, 0–1 (Goertzel).
func share(pcm []int16, rate, hz float64) float64 {
	all := power(pcm)
	if all <= 0 {
		return 0
	}
	coeff := 2 * math.Cos(2*math.Pi*hz/rate)
	var s1, s2 float64
	for _, v := range pcm {
		s1, s2 = float64(v)+coeff*s1-s2, s1
	}
	return 2 * (s1*s1 + s2*s2 - coeff*s1*s2) / float64(len(pcm)) / all
}

// tone is the share of hz in pcm: the median of its tenths of a second. After a hold, or a packet that came late, a tone goes
// on in another phase; over a whole second the two parts would cancel each other.
func tone(pcm []int16, rate int, hz float64) float64 {
	var shares []float64
	for piece := range slices.Chunk(pcm, rate/10) {
		shares = append(shares, share(piece, float64(rate), hz))
	}
	if len(shares) == 0 {
		return 0
	}
	slices.Sort(shares)
	return shares[len(shares)/2]
}

func power(pcm []int16) float64 {
	var sum float64
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return sum
}

func TestWholeCallThroughTheProgram(t *testing.T) {
	server := exchange.Start(t)
	d := startDaemon(t, server.Addr().String(), "")
	d.ready()
	d.do(phone.Command{Do: phone.Dial, Number: "9101"})
	d.phase(call.Active)
	leg, err := server.WaitLeg(soon(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	heard, err := leg.WaitHeard(soon(t), 2*8000)
	if err != nil {
		t.Fatal(err)
	}
	if got := tone(loudest(heard, 8000), 8000, 440); got < 0.9 {
		t.Errorf("the far end heard %.2f of our 440 Hz", got)
	}
	d.do(phone.Command{Do: phone.Digits, Digits: "42#"})
	if digits, err := leg.WaitDigits(soon(t), 3); err != nil || digits != "42#" {
		t.Errorf("digits %q %v", digits, err)
	}
	d.do(phone.Command{Do: phone.Hold})
	if err := leg.WaitHeld(soon(t), true); err != nil {
		t.Error(err)
	}
	d.until("held", func(s phone.Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].Held })
	d.do(phone.Command{Do: phone.Resume})
	d.until("resumed", func(s phone.Snapshot) bool { return len(s.Calls) == 1 && !s.Calls[0].Held })
	d.do(phone.Command{Do: phone.Hangup})
	if s := d.idle(); s.Last.Reason.Cause != call.Completed {
		t.Errorf("%+v", s.Last)
	}
	pcm, err := audio.ReadWAV(d.heard())
	if err != nil {
		t.Fatal(err)
	}
	if got := tone(loudest(pcm, audio.Rate), audio.Rate, 1004); got < 0.9 {
		t.Errorf("we heard %.2f of their 1004 Hz in %d samples", got, len(pcm))
	}
	d.stop()
	if server.Registered("1001") {
		t.Error("the program left its registration behind")
	}
}

func TestCallInIsAnsweredAndRecorded(t *testing.T) {
	server := exchange.Start(t)
	d := startDaemon(t, server.Addr().String(), "")
	d.ready()
	leg, err := server.CallUser(t.Context(), pbx.CallOptions{User: "1001", FromName: "Customer A. Example", FromNumber: "+12025550142"})
	if err != nil {
		t.Fatal(err)
	}
	if s := d.phase(call.Offered); s.Calls[0].Remote.Name != "Customer A. Example" {
		t.Errorf("%+v", s.Calls[0].Remote)
	}
	d.do(phone.Command{Do: phone.Answer})
	d.phase(call.Active)
	if _, err := leg.WaitHeard(soon(t), 8000); err != nil {
		t.Error(err)
	}
	if err := leg.Hangup(t.Context()); err != nil {
		t.Error(err)
	}
	d.idle()
	r, err := d.client().Ask(control.Request{Command: phone.Command{Do: control.History}})
	if err != nil || len(r.Records) != 1 || r.Records[0].Call.Direction != call.Incoming || r.Records[0].Call.AnsweredAt.IsZero() {
		t.Errorf("%+v %v", r.Records, err)
	}
	d.stop()
}

func TestStopHangsUp(t *testing.T) {
	server := exchange.Start(t)
	d := startDaemon(t, server.Addr().String(), "transport = \"tcp\"")
	d.ready()
	d.do(phone.Command{Do: phone.Dial, Number: "9101"})
	d.phase(call.Active)
	leg, err := server.WaitLeg(soon(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	d.stop()
	if err := leg.Wait(soon(t), pbx.Over); err != nil {
		t.Error(err)
	}
	d.launch("--audio-in", "silence", "--audio-out", "null")
	r, err := d.client().Ask(control.Request{Command: phone.Command{Do: control.History}})
	if err != nil || len(r.Records) != 1 {
		t.Errorf("the call that the end hung up is not in the history: %+v %v", r.Records, err)
	}
	d.stop()
}

func TestWrongPasswordIsSaidOnce(t *testing.T) {
	server := exchange.Start(t)
	d := startWith(t, "wrong", server.Addr().String(), "")
	s := d.until("refused", func(s phone.Snapshot) bool {
		return len(s.Accounts) == 1 && s.Accounts[0].Line.State == call.LineRefused
	})
	if s.Accounts[0].Line.Detail == "" || !s.Accounts[0].Line.Retry.IsZero() || len(s.Warnings) != 1 {
		t.Errorf("%+v %+v", s.Accounts[0].Line, s.Warnings)
	}
	d.stop()
}

func TestUnreachableServerIsTriedAgain(t *testing.T) {
	d := startDaemon(t, "127.0.0.1:9", "") // the discard port: nobody there
	s := d.until("unreachable", func(s phone.Snapshot) bool {
		return len(s.Accounts) == 1 && s.Accounts[0].Line.State == call.LineUnreachable
	})
	if s.Accounts[0].Line.Retry.IsZero() || s.Accounts[0].Line.Detail == "" {
		t.Errorf("%+v", s.Accounts[0].Line)
	}
	d.stop()
}

func TestMistakesAtStart(t *testing.T) {
	half := t.TempDir()
	if err := os.WriteFile(filepath.Join(half, "config.toml"), []byte("[[account]\nid"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--nonsense"}, 2, "--help"},
		{[]string{"--data-dir", half}, 2, "line"},
		{[]string{"--data-dir", filepath.Join(file, "x")}, 2, "--data-dir"},
		{[]string{"--data-dir", t.TempDir(), "surplus"}, 2, "surplus"},
	} {
		cmd := exec.Command(os.Args[0], c.args...)
		cmd.Env = append(os.Environ(), beProgram+"=1")
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != c.code || !strings.Contains(string(out), c.want) || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%v: %v %q, want %d and one sentence with %q", c.args, err, out, c.code, c.want)
		}
	}
}

func TestOneFolderOnePhone(t *testing.T) {
	server := exchange.Start(t)
	d := startDaemon(t, server.Addr().String(), "")
	d.ready()
	cmd := exec.Command(os.Args[0], "--data-dir", d.dir)
	cmd.Env = append(os.Environ(), beProgram+"=1")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || !strings.Contains(string(out), "already running") {
		t.Errorf("%v %q", err, out)
	}
	d.stop()
}

// soon bounds what the far end may take.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}
