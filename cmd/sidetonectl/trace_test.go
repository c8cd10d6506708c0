package main

import (
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sidetone/internal/trace"
)

// wire is a trace of a registration and a call.
func wire() *trace.Log {
	l := trace.NewLog()
	say := func(sent bool, text string) {
		m := trace.Message{At: time.Unix(1, 0), Sent: sent, Transport: "tls", Local: netip.MustParseAddrPort("192.0.2.1:5060"), Remote: netip.MustParseAddrPort("192.0.2.2:5061")}
		l.Add(m, []byte(text))
	}
	say(true, "REGISTER sip:example.com SIP/2.0\r\nCall-ID: reg\r\nAuthorization: Digest response=\"hunter2\"\r\n\r\n")
	say(false, "INVITE sip:1001@192.0.2.1 SIP/2.0\r\nCall-ID: one@example.com\r\nSubject: \x1b[2Jboo\r\n\r\n")
	l.Note(trace.Message{At: time.Unix(1, 0), CallID: "one@example.com", Note: "call c1: incoming\x1b[2J"})
	say(true, "SIP/2.0 180 Ringing\r\nCall-ID: one@example.com\r\nCSeq: 1 INVITE\r\n\r\n")
	return l
}

func TestTrace(t *testing.T) {
	dir, _ := serve(t)
	for args, want := range map[string]string{
		"trace":                 "sent to 192.0.2.2:5061 over tls\nREGISTER sip:example.com SIP/2.0\n",
		"trace c1":              "received from 192.0.2.2:5061 over tls\nINVITE sip:1001@192.0.2.1 SIP/2.0\nCall-ID: one@example.com\nSubject: [2Jboo\n",
		"trace 7":               "REGISTER sip:example.com",
		"trace one@":            "call c1: incoming[2J\n",
		"ladder":                "INVITE sip:1001@192.0.2.1",
		"ladder c1":             "▶│",
		"trace --json one@":     `"call_id":"one@example.com"`,
		"trace --limit 1":       "180 Ringing",
		"trace --pcapng FILE":   "3 SIP messages are in FILE.\n",
		"ladder --svg FILE2 c1": "2 SIP messages are in FILE2.\n",

		"--json trace --limit 2 --pcapng FILE3": `{"file":"FILE3","messages":1}`,
	} {
		names := strings.NewReplacer("FILE2", filepath.Join(dir, "b.svg"), "FILE3", filepath.Join(dir, "c.pcapng"), "FILE", filepath.Join(dir, "a.pcapng"))
		args, want = names.Replace(args), names.Replace(want)
		code, out, errs := ctl(t, append([]string{"--data-dir", dir}, strings.Fields(args)...)...)
		if code != exitOK || errs != "" || !strings.Contains(out, want) || strings.Contains(out, "hunter2") || strings.Contains(out, "\x1b") {
			t.Errorf("%s: %d %q %q", args, code, out, errs)
		}
		if (strings.Contains(args, "c1") || strings.Contains(args, "--limit")) && strings.Contains(out, "REGISTER") {
			t.Errorf("%s: more than the call: %s", args, out)
		}
	}
	for name, begins := range map[string]string{"a.pcapng": "\x0a\x0d\x0d\x0a", "b.svg": "<svg "} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.HasPrefix(string(b), begins) {
			t.Errorf("%s: %.20q %v", name, b, err)
		}
	}
	for args, want := range map[string]string{
		"trace nobody": "no call's ID begins with", "trace a b": "one call at most", "trace --follow c1": "leave out", "trace --follow --limit 3": "leave out", "ladder --limit 3": "leave out", "ladder nobody": "See sidetonectl calls",
		"trace --pcapng FILE": "is there already",
	} {
		args = strings.ReplaceAll(args, "FILE", filepath.Join(dir, "a.pcapng"))
		code, out, errs := ctl(t, append([]string{"--data-dir", dir}, strings.Fields(args)...)...)
		if code == exitOK || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%s: %d %q %q", args, code, out, errs)
		}
	}
}

// lines hands out what is printed, line by line.
type lines chan string

func (l lines) Write(b []byte) (int, error) { l <- string(b); return len(b), nil }

// TestTraceFollows prints what is kept and then what comes, until it is interrupted.
func TestTraceFollows(t *testing.T) {
	log := wire()
	dir := serveTrace(t, log)
	out := make(lines, 100)
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"--data-dir", dir, "--json", "trace", "--follow"}, console{in: strings.NewReader(""), out: out, err: out})
	}()
	for n := range uint64(4) {
		next(t, out, n+1)
	}
	log.Add(trace.Message{}, []byte("OPTIONS sip:example.com SIP/2.0\r\n\r\n"))
	next(t, out, 5)
	stop()
	if code := <-done; code != exitOK {
		t.Errorf("interrupted: %d", code)
	}
}

func next(t *testing.T, out lines, number uint64) {
	t.Helper()
	var m trace.Message
	if err := json.Unmarshal([]byte(<-out), &m); err != nil || m.Number != number {
		t.Errorf("%+v %v, want number %d", m, err, number)
	}
}
