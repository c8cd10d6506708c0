package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/phone"
	"sidetone/internal/trace"
)

// traceFlags are those of trace and ladder.
type traceFlags struct {
	follow bool
	pcapng string
	svg    string
}

func (f *traceFlags) add(fs *flag.FlagSet, command string) {
	switch command {
	case "trace":
		fs.BoolVar(&f.follow, "follow", false, "")
		fs.StringVar(&f.pcapng, "pcapng", "", "")
	case "ladder":
		fs.StringVar(&f.svg, "svg", "", "")
	}
}

// traceRequest is what concerns the messages on the wire; ours tells whether the command is one of these.
func traceRequest(req control.Request, o options, verb string, words []string) (control.Request, bool, error) {
	if verb != "trace" && verb != "ladder" {
		return req, false, nil
	}
	req.Do, req.Follow = control.Trace, o.trace.follow
	switch {
	case len(words) > 1:
		return req, true, fmt.Errorf("%s takes one call at most. See sidetonectl help %s", verb, verb)
	case o.trace.follow && (o.trace.pcapng != "" || o.limit > 0 || len(words) > 0):
		return req, true, errors.New("--follow shows every message as it comes: leave out the call, --limit and --pcapng")
	case verb == "ladder" && o.limit > 0:
		return req, true, errors.New("a ladder draws a whole call: leave out --limit")
	}
	req.Key = strings.Join(words, "")
	return req, true, nil
}

// showTrace prints messages, draws a ladder, or writes a file for Wireshark.
func showTrace(client *control.Client, req control.Request, p printer, o options, command string) error {
	if req.Follow {
		return followTrace(client, req, p)
	}
	id, err := sipName(client, req.Key, command == "ladder")
	if err != nil {
		return err
	}
	req.Key = ""
	messages, err := traced(client, req)
	if err != nil {
		return err
	}
	if id != "" {
		if messages = trace.Of(messages, id); len(messages) == 0 {
			return errors.New("no message of that call is kept any more: only the last 2000 are")
		}
	}
	if o.limit > 0 {
		messages = messages[max(0, len(messages)-int(o.limit)):]
	}
	switch {
	case o.trace.pcapng != "":
		return p.file(o.trace.pcapng, messages, func(w io.Writer) error { return trace.Pcapng(w, messages) })
	case o.trace.svg != "":
		return p.file(o.trace.svg, messages, func(w io.Writer) error { _, err := io.WriteString(w, trace.SVG(messages)); return err })
	case command == "ladder" && !p.json:
		fmt.Fprint(p.out, plainLines(trace.Text(messages)))
		return nil
	}
	for _, m := range messages {
		p.message(m)
	}
	return nil
}

// traced asks for the messages that are kept.
func traced(client *control.Client, req control.Request) ([]trace.Message, error) {
	var out []trace.Message
	for r, err := client.Ask(req); ; r, err = client.Next() {
		if err != nil || r.Message == nil {
			return out, err
		}
		out = append(out, *r.Message)
	}
}

func followTrace(client *control.Client, req control.Request, p printer) error {
	for r, err := client.Ask(req); ; r, err = client.Next() {
		if err != nil {
			return err
		}
		p.message(*r.Message)
	}
}

// sipName finds the Call-ID of a call: by its number in the journal, else by the beginning of our own ID or of the Call-ID, or, where
// one is needed and none is named, of the call that is on or was last. Empty: all messages.
func sipName(client *control.Client, name string, needed bool) (string, error) {
	if name == "" && !needed {
		return "", nil
	}
	status, err := client.Ask(control.Request{Command: phone.Command{Do: control.Status}})
	if err != nil {
		return "", err
	}
	journal, err := client.Ask(control.Request{Command: phone.Command{Do: control.History}, Limit: 1000})
	if err != nil {
		return "", err
	}
	if id := numbered(journal.Records, name); id != "" {
		return id, nil
	}
	calls := append([]call.Call(nil), status.Snapshot.Calls...)
	slices.Reverse(calls) // the newest first
	calls = append(calls, status.Snapshot.Unrecorded...)
	for _, r := range journal.Records {
		calls = append(calls, r.Call)
	}
	for _, c := range calls {
		if c.CallID != "" && (strings.HasPrefix(string(c.ID), name) || strings.HasPrefix(c.CallID, name)) {
			return c.CallID, nil
		}
	}
	if name == "" {
		return "", errors.New("there was no call yet. See sidetonectl calls")
	}
	return "", fmt.Errorf("no call's ID begins with %q. See sidetonectl calls", name)
}

// numbered is the Call-ID of the call that sidetonectl calls lists under a number, empty if there is none.
func numbered(records []call.Record, name string) string {
	n, err := strconv.ParseUint(name, 10, 64)
	for _, r := range records {
		if err == nil && r.Number > 0 && r.Number == n {
			return r.Call.CallID
		}
	}
	return ""
}

// file writes messages into a new file and says so. Notes of what became of a call are none of the messages.
func (p printer) file(path string, messages []trace.Message, write func(io.Writer) error) error {
	if err := toFile(path, write); err != nil {
		return err
	}
	n := 0
	for _, m := range messages {
		if m.Note == "" {
			n++
		}
	}
	if p.json {
		p.object(map[string]any{"file": path, "messages": n})
		return nil
	}
	_, err := fmt.Fprintf(p.out, "%d SIP messages are in %s.\n", n, path)
	return err
}

// toFile writes a new file, whole or not at all.
func toFile(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already: name another file", path)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// message prints one message: a line that says when and where, then what was said.
func (p printer) message(m trace.Message) {
	if p.json {
		p.object(m)
		return
	}
	if m.Note != "" {
		fmt.Fprintf(p.out, "── %s %s\n\n", m.At.Local().Format("15:04:05.000"), plain(m.Note))
		return
	}
	way := "received from"
	if m.Sent {
		way = "sent to"
	}
	fmt.Fprintf(p.out, "── %s %s %s over %s\n%s\n", m.At.Local().Format("15:04:05.000"), way, m.Remote, m.Transport, plainLines(strings.ReplaceAll(m.Text, "\r\n", "\n")))
}

// plainLines makes each line of a stranger's text safe for a terminal.
func plainLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = plain(l)
	}
	return strings.Join(lines, "\n")
}
