package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/phone"
)

// desk is a phone with one call and one record.
type desk struct{ got chan phone.Command }

func (d desk) Do(_ context.Context, c phone.Command) (call.ID, error) {
	d.got <- c
	if c.Do == phone.Hold {
		return "", &phone.Refusal{Code: phone.CodeNotNow, Text: "Only a call that was answered can be held."}
	}
	return "c1", nil
}

func (desk) Watch(ctx context.Context) <-chan phone.Snapshot {
	out := make(chan phone.Snapshot, 1)
	s := phone.Snapshot{Seq: 1, Calls: []call.Call{{ID: "c1", Direction: call.Incoming, Remote: call.Party{Name: "Customer\x1b[2J A.", Number: "+12025550142"}}}}
	s.Accounts = []phone.AccountLine{{Account: call.Account{ID: "main"}, Line: call.Line{State: call.LineReady}}}
	out <- s
	context.AfterFunc(ctx, func() { close(out) })
	return out
}

func (desk) Recent(_ context.Context, q call.Query) ([]call.Record, error) {
	return []call.Record{{Number: 7, Call: call.Call{ID: "c0", Phase: call.Ended, Direction: call.Outgoing, Reason: call.Reason{Cause: call.Busy}}}}, nil
}

func serve(t *testing.T) (string, desk) {
	t.Helper()
	dir, d := t.TempDir(), desk{make(chan phone.Command, 10)}
	s, err := control.Listen(dir, d, d, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return dir, d
}

func ctl(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	code = run(ctx, args, console{in: strings.NewReader(""), out: &o, err: &e})
	return code, o.String(), e.String()
}

func TestCommandsReachThePhone(t *testing.T) {
	dir, d := serve(t)
	for _, c := range []struct {
		args string
		want phone.Command
	}{
		{"dial 100", phone.Command{Do: phone.Dial, Number: "100", Digits: "100"}},
		{"dial 100 --account work", phone.Command{Do: phone.Dial, Number: "100", Digits: "100", Account: "work"}},
		{"answer", phone.Command{Do: phone.Answer}}, {"--call c1 decline", phone.Command{Do: phone.Decline, Call: "c1"}},
		{"hangup --json", phone.Command{Do: phone.Hangup}}, {"resume", phone.Command{Do: phone.Resume}},
		{"mute", phone.Command{Do: phone.Mute}}, {"unmute", phone.Command{Do: phone.Unmute}},
		{"dtmf 12#", phone.Command{Do: phone.Digits, Number: "12#", Digits: "12#"}},
		{"presence set wrap-up", phone.Command{Do: phone.SetStatus, Status: "wrap-up"}}, {"register", phone.Command{Do: phone.Reregister}},
	} {
		code, out, errs := ctl(t, append([]string{"--data-dir", dir}, strings.Fields(c.args)...)...)
		if code != exitOK || out == "" || errs != "" {
			t.Errorf("%s: %d %q %q", c.args, code, out, errs)
			continue
		}
		c.want.Origin = "ctl"
		if got := <-d.got; got != c.want {
			t.Errorf("%s: %+v, want %+v", c.args, got, c.want)
		}
	}
}

func TestAnswersForPeopleAndPrograms(t *testing.T) {
	dir, _ := serve(t)
	code, out, _ := ctl(t, "--data-dir", dir, "status")
	if code != exitOK || !strings.Contains(out, "line main  ready") || !strings.Contains(out, "Customer[2J A.") || strings.Contains(out, "\x1b") {
		t.Errorf("%d %q", code, out)
	}
	code, out, _ = ctl(t, "--data-dir", dir, "--json", "status")
	var s phone.Snapshot
	if err := json.Unmarshal([]byte(out), &s); code != exitOK || err != nil || s.Calls[0].ID != "c1" || strings.Count(out, "\n") != 1 {
		t.Errorf("%d %q %v", code, out, err)
	}
	code, out, _ = ctl(t, "--data-dir", dir, "calls")
	if code != exitOK || !strings.Contains(out, "The line is busy.") || !strings.Contains(out, "now ") {
		t.Errorf("%d %q", code, out)
	}
	code, out, _ = ctl(t, "--data-dir", dir, "--json", "calls")
	var both struct {
		Live    []call.Call
		History []call.Record
	}
	if err := json.Unmarshal([]byte(out), &both); code != exitOK || err != nil || len(both.Live) != 1 || both.History[0].Number != 7 {
		t.Errorf("%d %q %v", code, out, err)
	}
}

func TestWatchIsOneObjectALine(t *testing.T) {
	dir, _ := serve(t)
	ctx, cancel := context.WithCancel(t.Context())
	lines := make(chan string, 10)
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"--data-dir", dir, "watch", "--json"}, console{out: lineWriter(lines), err: lineWriter(lines)})
	}()
	var s phone.Snapshot
	if err := json.Unmarshal([]byte(<-lines), &s); err != nil || s.Seq != 1 {
		t.Errorf("%+v %v", s, err)
	}
	cancel()
	if code := <-done; code != exitOK {
		t.Errorf("interrupted watch ends with %d", code)
	}
}

type lineWriter chan string

func (w lineWriter) Write(p []byte) (int, error) { w <- string(p); return len(p), nil }

func TestExitCodes(t *testing.T) {
	dir, _ := serve(t)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--help"}, exitOK, ""},
		{nil, exitUsage, ""},
		{[]string{"explode"}, exitUsage, "not a command"},
		{[]string{"--nonsense", "status"}, exitUsage, "--help"},
		{[]string{"dial"}, exitUsage, "takes 1 argument"},
		{[]string{"answer", "now"}, exitUsage, "takes 0 argument"},
		{[]string{"presence", "available"}, exitUsage, "presence set STATUS"},
		{[]string{"password"}, exitUsage, "standard input"},
		{[]string{"--data-dir", t.TempDir(), "status"}, exitNotRunning, "not running"},
		{[]string{"--data-dir", dir, "hold"}, exitRefused, "Only a call that was answered can be held."},
	} {
		code, out, errs := ctl(t, c.args...)
		if code != c.code || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") > 1 || out+errs == "" {
			t.Errorf("%v: %d %q %q, want %d with %q", c.args, code, out, errs, c.code, c.want)
		}
	}
}
