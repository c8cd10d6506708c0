package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/exchange"
	"sidetone/internal/pbx"
	"sidetone/internal/peers"
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

// startDaemon runs sidetoned with one account 1001 at the server and waits until its socket answers.
func startDaemon(t *testing.T, server, extra string, args ...string) *peers.Phone {
	t.Helper()
	return startWith(t, "secret", server, extra, args...)
}

func startWith(t *testing.T, password, server, extra string, args ...string) *peers.Phone {
	t.Helper()
	d := newPhone(t, t.TempDir(), password)
	d.Configure("1001@"+server, extra)
	d.Launch(args...)
	return d
}

// newPhone is this test binary as sidetoned, not started.
func newPhone(t *testing.T, dir, password string) *peers.Phone {
	return &peers.Phone{T: t, Exe: os.Args[0], Env: []string{beProgram + "=1"}, Dir: dir, Password: password}
}

func TestWholeCallThroughTheProgram(t *testing.T) {
	server := exchange.Start(t)
	d := startDaemon(t, server.Addr().String(), "")
	d.Ready()
	d.Do(phone.Command{Do: phone.Dial, Number: "9101"})
	d.Phase(call.Active)
	leg, err := server.WaitLeg(soon(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	heard, err := leg.WaitHeard(soon(t), 2*8000)
	if err != nil {
		t.Fatal(err)
	}
	if got := peers.ToneShare(peers.Loudest(heard, 8000), 8000, 440); got < 0.9 {
		t.Errorf("the far end heard %.2f of our 440 Hz", got)
	}
	d.Do(phone.Command{Do: phone.Digits, Digits: "42#"})
	if digits, err := leg.WaitDigits(soon(t), 3); err != nil || digits != "42#" {
		t.Errorf("digits %q %v", digits, err)
	}
	d.Do(phone.Command{Do: phone.Hold})
	if err := leg.WaitHeld(soon(t), true); err != nil {
		t.Error(err)
	}
	d.Until("held", func(s phone.Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].Held })
	d.Do(phone.Command{Do: phone.Resume})
	d.Until("resumed", func(s phone.Snapshot) bool { return len(s.Calls) == 1 && !s.Calls[0].Held })
	d.Do(phone.Command{Do: phone.Hangup})
	if s := d.Idle(); s.Last.Reason.Cause != call.Completed {
		t.Errorf("%+v", s.Last)
	}
	pcm, err := audio.ReadWAV(d.Heard())
	if err != nil {
		t.Fatal(err)
	}
	if got := peers.ToneShare(peers.Loudest(pcm, audio.Rate), audio.Rate, 1004); got < 0.9 {
		t.Errorf("we heard %.2f of their 1004 Hz in %d samples", got, len(pcm))
	}
	d.Stop()
	if server.Registered("1001") {
		t.Error("the program left its registration behind")
	}
}

func TestCallInIsAnsweredAndRecorded(t *testing.T) {
	server := exchange.Start(t)
	d := startDaemon(t, server.Addr().String(), "")
	d.Ready()
	leg, err := server.CallUser(t.Context(), pbx.CallOptions{User: "1001", FromName: "Customer A. Example", FromNumber: "+12025550142"})
	if err != nil {
		t.Fatal(err)
	}
	if s := d.Phase(call.Offered); s.Calls[0].Remote.Name != "Customer A. Example" {
		t.Errorf("%+v", s.Calls[0].Remote)
	}
	d.Do(phone.Command{Do: phone.Answer})
	d.Phase(call.Active)
	if _, err := leg.WaitHeard(soon(t), 8000); err != nil {
		t.Error(err)
	}
	if err := leg.Hangup(t.Context()); err != nil {
		t.Error(err)
	}
	d.Idle()
	r, err := d.Client().Ask(control.Request{Command: phone.Command{Do: control.History}})
	if err != nil || len(r.Records) != 1 || r.Records[0].Call.Direction != call.Incoming || r.Records[0].Call.AnsweredAt.IsZero() {
		t.Errorf("%+v %v", r.Records, err)
	}
	d.Stop()
}

// TestKilledInACall: a call in which the program is killed is in the history after the next start, once, and says why it ended.
func TestKilledInACall(t *testing.T) {
	x := exchange.Start(t)
	d := startDaemon(t, x.Addr().String(), "", "--audio-in", "silence", "--audio-out", "null")
	d.Ready()
	d.Do(phone.Command{Do: phone.Dial, Number: "9100"})
	id := d.Phase(call.Active).Calls[0].ID
	leg, err := x.WaitLeg(soon(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leg.WaitHeard(soon(t), 8000); err != nil {
		t.Fatal(err)
	}
	if err := d.Cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = d.Cmd.Wait() // it was killed
	for range 2 {
		d.Launch("--audio-in", "silence", "--audio-out", "null")
		s := d.Until("recorded", func(s phone.Snapshot) bool { return s.Records == 1 && len(s.Unrecorded) == 0 })
		if len(s.Calls) != 0 {
			t.Errorf("%+v", s.Calls)
		}
		r, err := d.Client().Ask(control.Request{Command: phone.Command{Do: control.History}})
		if err != nil || len(r.Records) != 1 {
			t.Fatalf("%v %+v", err, r.Records)
		}
		if c := r.Records[0].Call; c.ID != id || c.Reason.Cause != call.Interrupted || c.AnsweredAt.IsZero() || c.EndedAt.Before(c.AnsweredAt) {
			t.Errorf("%+v", c)
		}
		d.Stop()
	}
}

func TestStopHangsUp(t *testing.T) {
	server := exchange.Start(t)
	d := startDaemon(t, server.Addr().String(), "transport = \"tcp\"")
	d.Ready()
	d.Do(phone.Command{Do: phone.Dial, Number: "9101"})
	d.Phase(call.Active)
	leg, err := server.WaitLeg(soon(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	d.Stop()
	if err := leg.Wait(soon(t), pbx.Over); err != nil {
		t.Error(err)
	}
	d.Launch("--audio-in", "silence", "--audio-out", "null")
	r, err := d.Client().Ask(control.Request{Command: phone.Command{Do: control.History}})
	if err != nil || len(r.Records) != 1 {
		t.Errorf("the call that the end hung up is not in the history: %+v %v", r.Records, err)
	}
	d.Stop()
}

func TestWrongPasswordIsSaidOnce(t *testing.T) {
	server := exchange.Start(t)
	d := startWith(t, "wrong", server.Addr().String(), "")
	s := d.Until("refused", func(s phone.Snapshot) bool {
		return len(s.Accounts) == 1 && s.Accounts[0].Line.State == call.LineRefused
	})
	if s.Accounts[0].Line.Detail == "" || !s.Accounts[0].Line.Retry.IsZero() || len(s.Warnings) != 1 {
		t.Errorf("%+v %+v", s.Accounts[0].Line, s.Warnings)
	}
	d.Stop()
}

func TestUnreachableServerIsTriedAgain(t *testing.T) {
	d := startDaemon(t, "127.0.0.1:9", "") // the discard port: nobody there
	s := d.Until("unreachable", func(s phone.Snapshot) bool {
		return len(s.Accounts) == 1 && s.Accounts[0].Line.State == call.LineUnreachable
	})
	if s.Accounts[0].Line.Retry.IsZero() || s.Accounts[0].Line.Detail == "" {
		t.Errorf("%+v", s.Accounts[0].Line)
	}
	d.Stop()
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
	d.Ready()
	cmd := exec.Command(os.Args[0], "--data-dir", d.Dir)
	cmd.Env = append(os.Environ(), beProgram+"=1")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || !strings.Contains(string(out), "already running") {
		t.Errorf("%v %q", err, out)
	}
	d.Stop()
}

// soon bounds what the far end may take.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}
