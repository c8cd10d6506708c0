package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/phone"
	"sidetone/internal/secret"
)

func callID(s string) call.ID { return call.ID(s) }

// talk sends the request and prints what comes back.
func talk(client *control.Client, req control.Request, p printer) error {
	reply, err := client.Ask(req)
	if err != nil {
		return err
	}
	switch string(req.Do) {
	case control.Watch:
		for err == nil {
			p.snapshot(*reply.Snapshot)
			reply, err = client.Next()
		}
		return err
	case control.Status:
		p.snapshot(*reply.Snapshot)
	case control.History:
		status, err := client.Ask(control.Request{Command: phone.Command{Do: control.Status}})
		if err != nil {
			return err
		}
		p.calls(status.Snapshot.Calls, reply.Records)
	default:
		p.done(reply)
	}
	return nil
}

// password moves one line from standard input into the keyring; it is never an argument, where every user could read it.
func password(ctx context.Context, words []string, c console) int {
	if len(words) != 1 {
		return fail(c, exitUsage, errors.New("write: sidetonectl password ACCOUNT, and give the password on standard input"))
	}
	line, err := bufio.NewReader(c.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fail(c, exitFailed, fmt.Errorf("standard input cannot be read: %w", err))
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return fail(c, exitUsage, errors.New("standard input held no password"))
	}
	if err := (secret.Keyring{}).Set(ctx, words[0], line); err != nil {
		return fail(c, exitFailed, err)
	}
	fmt.Fprintf(c.out, "The keyring has the password of %s.\n", words[0])
	return exitOK
}

// printer writes answers as text or as one JSON object a line.
type printer struct {
	out  io.Writer
	json bool
}

func (p printer) object(v any) {
	if err := json.NewEncoder(p.out).Encode(v); err != nil {
		fmt.Fprintln(p.out, err)
	}
}

func (p printer) done(r control.Reply) {
	if p.json {
		p.object(r)
		return
	}
	if r.Call != "" {
		fmt.Fprintln(p.out, "done, call", r.Call)
		return
	}
	fmt.Fprintln(p.out, "done")
}

func (p printer) snapshot(s phone.Snapshot) {
	if p.json {
		p.object(s)
		return
	}
	fmt.Fprintf(p.out, "%s  %s. %s\n", s.At.Format("15:04:05"), plain(s.Presence.Label), plain(s.Presence.Why))
	for _, a := range s.Accounts {
		fmt.Fprintln(p.out, strings.TrimRight(fmt.Sprintf("  line %s  %s  %s", a.ID, a.Line.State, plain(a.Line.Detail)), " "))
	}
	for _, c := range s.Calls {
		fmt.Fprintf(p.out, "  call %s\n", describe(c))
	}
	if s.Last != nil && len(s.Calls) == 0 {
		fmt.Fprintf(p.out, "  last %s\n", describe(*s.Last))
	}
	for _, w := range s.Warnings {
		fmt.Fprintf(p.out, "  %s: %s\n", w.Severity, plain(w.Text))
	}
}

func (p printer) calls(live []call.Call, records []call.Record) {
	if p.json {
		p.object(map[string]any{"live": live, "history": records})
		return
	}
	if len(live)+len(records) == 0 {
		fmt.Fprintln(p.out, "no calls")
	}
	for _, c := range live {
		fmt.Fprintf(p.out, "now   %s\n", describe(c))
	}
	for _, r := range records {
		fmt.Fprintf(p.out, "%-5d %s  %s\n", r.Number, r.Call.CreatedAt.Local().Format("2006-01-02 15:04"), describe(r.Call))
	}
}

func describe(c call.Call) string {
	who := c.Remote.Number
	if c.Remote.Name != "" {
		who += " (" + plain(c.Remote.Name) + ")"
	}
	state := c.Phase.String()
	switch {
	case c.Phase == call.Ended:
		state = c.Reason.Sentence()
	case c.Held:
		state = "on hold"
	case c.RemoteHeld:
		state = "held by them"
	}
	if c.Muted && c.Live() {
		state += ", muted"
	}
	return fmt.Sprintf("%s  %-8s  %s  %s  %s", c.ID, c.Direction, plain(who), state, c.Duration(time.Now()).Round(time.Second))
}

// plain keeps a stranger's text from moving the terminal's cursor or turning what follows round.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}
