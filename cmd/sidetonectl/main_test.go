package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/health"
	"sidetone/internal/phone"
	"sidetone/internal/trace"
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
	s := phone.Snapshot{Seq: 1, Calls: []call.Call{{ID: "c1", CallID: "one@example.com", Direction: call.Incoming, Remote: call.Party{Name: "Customer\x1b[2J A.", Number: "+12025550142"}}}}
	s.Accounts = []phone.AccountLine{{Account: call.Account{ID: "main"}, Line: call.Line{State: call.LineReady}}}
	out <- s
	context.AfterFunc(ctx, func() { close(out) })
	return out
}

func (desk) Recent(_ context.Context, q call.Query) ([]call.Record, error) {
	return []call.Record{{Number: 7, Call: call.Call{ID: "c0", CallID: "reg", Phase: call.Ended, Direction: call.Outgoing, Reason: call.Reason{Cause: call.Busy}}}}, nil
}

// bridge knows one browser and the digits 407183.
type bridge struct{}

func (bridge) Arm(context.Context) error    { return nil }
func (bridge) Cancel(context.Context) error { return nil }
func (bridge) Type(_ context.Context, digits string) error {
	if digits != "407183" {
		return &phone.Refusal{Code: "pairing", Text: "Those are not the digits."}
	}
	return nil
}
func (bridge) Revoke(_ context.Context, id string) error {
	if id != "k1" {
		return &phone.Refusal{Code: "pairing", Text: "That page is not connected any more."}
	}
	return nil
}

func serve(t *testing.T) (string, desk) {
	t.Helper()
	d := desk{make(chan phone.Command, 10)}
	return serveFor(t, d, d), d
}

func serveFor(t *testing.T, p control.Phone, j control.Journal) string {
	t.Helper()
	return serveAll(t, control.Ports{Phone: p, Journal: j, Bridge: bridge{}, Trace: wire()})
}

func serveTrace(t *testing.T, l *trace.Log) string {
	t.Helper()
	d := desk{make(chan phone.Command, 10)}
	return serveAll(t, control.Ports{Phone: d, Journal: d, Bridge: bridge{}, Trace: l})
}

func serveAll(t *testing.T, p control.Ports) string {
	t.Helper()
	dir := t.TempDir()
	s, err := control.Listen(dir, p, slog.New(slog.DiscardHandler))
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
	return dir
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
		{"presence set wrap-up", phone.Command{Do: phone.SetStatus, Status: "wrap-up"}},
		{"presence next offline", phone.Command{Do: phone.NextStatus, Status: "offline"}}, {"presence more", phone.Command{Do: phone.MoreWrapUp}},
		{"presence done", phone.Command{Do: phone.EndWrapUp}}, {"register", phone.Command{Do: phone.Reregister}},
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

// telling is a phone with these snapshots to tell, one after the other.
type telling struct {
	desk
	snaps []phone.Snapshot
}

func (d telling) Watch(ctx context.Context) <-chan phone.Snapshot {
	out := make(chan phone.Snapshot)
	go func() {
		defer close(out)
		for _, s := range d.snaps {
			select {
			case out <- s:
			case <-ctx.Done():
				return
			}
		}
		<-ctx.Done()
	}()
	return out
}

// TestWatchPrintsNoBlockTwice: snapshots that differ in what is not printed, or in their time alone, are no news.
func TestWatchPrintsNoBlockTwice(t *testing.T) {
	at := time.Date(2026, 3, 4, 10, 42, 0, 0, time.UTC)
	talking := []call.Call{{ID: "c1", Phase: call.Active, AnsweredAt: at}}
	snaps := []phone.Snapshot{
		{Seq: 1, At: at, Calls: talking}, {Seq: 2, At: at, Calls: talking}, {Seq: 3, At: at.Add(time.Second), Calls: talking},
		{Seq: 4, At: at.Add(2 * time.Second), Warnings: []health.Warning{health.New(health.NoAudio, "The end of the test.", "")}},
	}
	for _, how := range []string{"", "--json"} {
		ctx, cancel := context.WithCancel(t.Context())
		out, in := io.Pipe()
		done := make(chan int, 1)
		dir := serveFor(t, telling{snaps: snaps}, desk{})
		go func() {
			done <- run(ctx, strings.Fields("watch --data-dir "+dir+" "+how), console{out: in, err: in})
			in.Close()
		}()
		var lines []string
		for text := bufio.NewScanner(out); text.Scan(); {
			lines = append(lines, text.Text())
			if strings.Contains(text.Text(), "The end of the test.") {
				cancel()
			}
		}
		cancel()
		if code := <-done; code != exitOK {
			t.Errorf("%q ends with %d", how, code)
		}
		if want := map[string]int{"": 4, "--json": 2}[how]; len(lines) != want {
			t.Errorf("%q: %d lines, want %d:\n%s", how, len(lines), want, strings.Join(lines, "\n"))
		}
	}
}

// ending is a phone whose call gets its record between the first question and the second, whichever they are.
type ending struct {
	desk
	asked *atomic.Int32
}

func (d ending) Watch(ctx context.Context) <-chan phone.Snapshot {
	out := make(chan phone.Snapshot, 1)
	s := phone.Snapshot{Calls: []call.Call{}}
	if d.asked.Add(1) == 1 {
		s.Calls = append(s.Calls, call.Call{ID: "c1", Phase: call.Ending})
	}
	out <- s
	context.AfterFunc(ctx, func() { close(out) })
	return out
}

func (d ending) Recent(context.Context, call.Query) ([]call.Record, error) {
	if d.asked.Add(1) == 1 {
		return nil, nil
	}
	return []call.Record{{Number: 1, Call: call.Call{ID: "c1", Phase: call.Ended}}}, nil
}

func TestEndingCallIsListedOnce(t *testing.T) {
	d := ending{asked: &atomic.Int32{}}
	code, out, errs := ctl(t, "--data-dir", serveFor(t, d, d), "calls")
	if code != exitOK || strings.Count(out, "c1") != 1 || strings.Contains(out, "now") {
		t.Errorf("%d %q %q", code, out, errs)
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
		{[]string{"dial"}, exitUsage, "write: sidetonectl dial NUMBER."},
		{[]string{"note", "two", "words"}, exitUsage, "write: sidetonectl note 'TEXT'."},
		{[]string{"answer", "now"}, exitUsage, "write: sidetonectl answer."},
		{[]string{"presence", "available"}, exitUsage, "presence set STATUS"},
		{[]string{"password"}, exitUsage, "standard input"},
		{[]string{"key", "file"}, exitUsage, "standard input"},
		{[]string{"key"}, exitUsage, "must be PEM"},
		{[]string{"--data-dir", t.TempDir(), "status"}, exitNotRunning, "not running"},
		{[]string{"--data-dir", dir, "hold"}, exitRefused, "Only a call that was answered can be held."},
	} {
		code, out, errs := ctl(t, c.args...)
		if code != c.code || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") > 1 || out+errs == "" {
			t.Errorf("%v: %d %q %q, want %d with %q", c.args, code, out, errs, c.code, c.want)
		}
	}
}

func TestErrorsForPrograms(t *testing.T) {
	dir, _ := serve(t)
	for _, c := range []struct {
		args    []string
		code    int
		want    string
		refusal phone.Code
	}{
		{[]string{"--json"}, exitUsage, "write a command", ""},
		{[]string{"explode", "--json"}, exitUsage, "not a command", ""},
		{[]string{"--nonsense", "status", "--json"}, exitUsage, "--help", ""},
		{[]string{"--json", "--limit", "x", "calls"}, exitUsage, "--help", ""},
		{[]string{"--json", "password"}, exitUsage, "standard input", ""},
		{[]string{"--json", "password", "main"}, exitUsage, "held no password", ""},
		{[]string{"--json", "--data-dir", t.TempDir(), "status"}, exitNotRunning, "not running", ""},
		{[]string{"calls", "--limit", "-1", "--json"}, exitUsage, "write a whole number, 1 or more", ""},
		{[]string{"--limit", "x", "log", "--json"}, exitUsage, "write a whole number, 1 or more", ""},
		{[]string{"presence", "set", "foo", "--json"}, exitUsage, "use available, busy, wrap-up, unavailable or offline", ""},
		{[]string{"help", "foo", "--json"}, exitUsage, "\"foo\" is not a command", ""},
		{[]string{"--data-dir", dir, "hold", "--json"}, exitRefused, "Only a call that was answered can be held.", phone.CodeNotNow},
	} {
		code, out, errs := ctl(t, c.args...)
		var f failure
		in := json.NewDecoder(strings.NewReader(errs))
		in.DisallowUnknownFields()
		if err := in.Decode(&f); err != nil || in.More() || out != "" {
			t.Errorf("%v: %v, %q %q", c.args, err, out, errs)
		}
		if code != c.code || f.Code != c.code || f.Refusal != c.refusal || !strings.Contains(f.Error, c.want) {
			t.Errorf("%v: %d %q, want %d with %q", c.args, code, errs, c.code, c.want)
		}
	}
	if _, out, _ := ctl(t, "--help"); !strings.Contains(out, `{"error":"`) {
		t.Error("--help does not tell how errors look")
	}
}

func TestKustomer(t *testing.T) {
	dir, _ := serve(t)
	for _, c := range []struct {
		words string
		code  int
		says  string
	}{
		{"connect", 0, "done"}, {"cancel", 0, "done"}, {"pair 407183", 0, "done"}, {"pair 407 183", 0, "done"}, {"forget k1", 0, "done"},
		{"pair 000000", exitRefused, "not the digits"}, {"forget k2", exitRefused, "not connected any more"},
		{"pages", 0, "no browser is connected"},
		{"pair", exitUsage, "kustomer pages, connect"}, {"connect now", exitUsage, "kustomer pages"}, {"", exitUsage, "kustomer pages"}, {"sell", exitUsage, "kustomer pages"},
	} {
		code, out, errs := ctl(t, append([]string{"--data-dir", dir, "kustomer"}, strings.Fields(c.words)...)...)
		if code != c.code || !strings.Contains(out+errs, c.says) {
			t.Errorf("%s: %d %q %q", c.words, code, out, errs)
		}
	}
}

func TestPages(t *testing.T) {
	at := time.Date(2026, 3, 4, 10, 0, 0, 0, time.Local)
	for _, c := range []struct {
		bridge phone.Bridge
		says   []string
	}{
		{phone.Bridge{Problem: "The keyring is locked."}, []string{"The keyring is locked."}},
		{phone.Bridge{Pairing: phone.Pairing{Armed: true}}, []string{"press Connect"}},
		{phone.Bridge{Pairing: phone.Pairing{Armed: true, Origin: "https://widget.example.com"}}, []string{"https://widget.example.com waits"}},
		{phone.Bridge{Pages: []phone.Page{{ID: "k1", Origin: "https://widget.example.com", Org: "ac\x1bme", Created: at}}}, []string{"k1  https://widget.example.com  acme  since 2026-03-04"}},
	} {
		var text, object bytes.Buffer
		printer{out: &text}.pages(c.bridge)
		printer{out: &object, json: true}.pages(c.bridge)
		for _, s := range c.says {
			if !strings.Contains(text.String(), s) {
				t.Errorf("%q misses %q", text.String(), s)
			}
		}
		var back phone.Bridge
		if err := json.Unmarshal(object.Bytes(), &back); err != nil {
			t.Error(err)
		}
	}
}

func TestEmptyDataFolderIsRefused(t *testing.T) {
	code, out, errs := ctl(t, "--data-dir", "", "status")
	if code != exitUsage || out != "" || errs != "sidetonectl: --data-dir is empty: name a folder, or leave it out for the usual one\n" {
		t.Errorf("%d %q %q", code, out, errs)
	}
}

// TestEachCommandHasItsHelp: with an example that is taken, and exit codes.
func TestEachCommandHasItsHelp(t *testing.T) {
	own := []string{"kustomer", "browser-policy", "doctor"}
	all := commands()
	for _, name := range []string{"status", "resume", "forward", "done", "kustomer", "doctor", "help", "key"} {
		if has := slices.Contains(all, name); has != (name != "done") {
			t.Errorf("%s is a command: %v, of %q", name, has, all)
		}
	}
	for _, name := range all {
		text, ok := helpOf([]string{name})
		if !ok || !strings.Contains(text, "\nExample: sidetonectl "+name) || strings.Count(text, "\nExample: ") != 1 || !strings.Contains(text, "\nExit codes: 0 ") {
			t.Errorf("the help of %s: %s", name, text)
		}
		if slices.Contains(own, name) {
			continue
		}
		line, _, _ := strings.Cut(examples()[name], " <")
		o, words, err := parse(strings.Fields(line))
		if err != nil || len(words) == 0 || words[0] != name {
			t.Errorf("the example of %s: %v %v", name, words, err)
			continue
		}
		if strings.Contains(line, "'") || name == "help" || offline(words) != nil {
			continue
		}
		if _, err := request(o, words); err != nil {
			t.Errorf("the example of %s: %v", name, err)
		}
	}
}

func TestSlips(t *testing.T) {
	for line, want := range map[string]string{
		"staus":                 `"staus" is not a command: did you mean status? See sidetonectl --help`,
		"help hnagup":           `"hnagup" is not a command: did you mean hangup? See sidetonectl --help`,
		"earthquake":            `"earthquake" is not a command. See sidetonectl --help`,
		"status --jsn":          `--jsn is not an option: did you mean --json? See sidetonectl status --help`,
		"--version status":      "--version stands alone: write sidetonectl --version",
		"calls --limit 0":       `--limit is "0": write a whole number, 1 or more. See sidetonectl calls --help`,
		"forward sometimes 118": "write: sidetonectl forward WHEN NUMBER, where WHEN is always, busy or no-answer; forward WHEN off; or forward off to end all of them",
	} {
		var out, errs strings.Builder
		if code := run(t.Context(), strings.Fields(line), console{out: &out, err: &errs}); code != exitUsage || errs.String() != "sidetonectl: "+want+"\n" {
			t.Errorf("%s: %d %s", line, code, errs.String())
		}
	}
	for line, want := range map[string]phone.Command{
		"forward off": {}, "forward busy off": {Mode: "busy"}, "forward busy 118": {Mode: "busy", Number: "118"},
	} {
		req, err := request(options{}, strings.Fields(line))
		if err != nil || req.Do != phone.SetForward || req.Mode != want.Mode || req.Number != want.Number {
			t.Errorf("%s: %+v %v", line, req, err)
		}
	}
}
