package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/phone"
	"sidetone/internal/secret"
	"sidetone/sync/presence"
)

func callID(s string) call.ID { return call.ID(s) }

// talk sends the request and prints what comes back, as far as it concerns the command.
func talk(client *control.Client, req control.Request, p printer, command string) error {
	if string(req.Do) == control.History {
		return list(client, req, p)
	}
	reply, err := client.Ask(req)
	if err != nil {
		return err
	}
	switch string(req.Do) {
	case control.Watch:
		return follow(client, *reply.Snapshot, p)
	case control.Status:
		p.about(command, *reply.Snapshot)
	case control.Log:
		p.outbox(reply.Entries)
	case control.Devices:
		p.devices(reply.Devices)
	default:
		return finish(client, req, reply, p)
	}
	return nil
}

// finish says that what was asked is done, or only asked where the far end of a call has to agree and has not answered yet.
func finish(client *control.Client, req control.Request, reply control.Reply, p printer) error {
	agreed := []phone.Verb{phone.Hold, phone.Resume, phone.Swap, phone.JoinAll, phone.Split, phone.Transfer, phone.Complete, phone.TakeBack}
	if p.json || !slices.Contains(agreed, req.Do) {
		p.done(reply)
		return nil
	}
	now, err := client.Ask(control.Request{Command: phone.Command{Do: control.Status}})
	if err != nil {
		return err
	}
	word := "done"
	if slices.ContainsFunc(now.Snapshot.Calls, underWay) {
		word = "asked, and under way: sidetonectl status says how it stands"
	}
	if reply.Call != "" {
		word += ", call " + string(reply.Call)
	}
	fmt.Fprintln(p.out, word)
	return nil
}

// underWay reports whether something about a call waits for its far end.
func underWay(c call.Call) bool {
	return c.Phase == call.Active && (c.Pending != call.Settled || c.Holding() != c.Held || c.Transfer.UnderWay())
}

// follow prints every snapshot that says something else than the one before: the phone also tells of changes that are not
// shown here, and in a new time alone there is no news.
func follow(client *control.Client, s phone.Snapshot, p printer) error {
	shown := ""
	for {
		if text := p.timeless(s); text != shown {
			p.snapshot(s)
			shown = text
		}
		reply, err := client.Next()
		if err != nil {
			return err
		}
		s = *reply.Snapshot
	}
}

// list prints the calls now on and the last ones. The phone is asked before the journal: a call that ends in between is
// then in both and not in neither.
func list(client *control.Client, req control.Request, p printer) error {
	status, err := client.Ask(control.Request{Command: phone.Command{Do: control.Status}})
	if err != nil {
		return err
	}
	journal, err := client.Ask(req)
	if err != nil {
		return err
	}
	p.calls(once(*status.Snapshot, journal.Records, req))
	return nil
}

// once puts what the phone and the journal said one after the other together, every call once: the journal has the last
// word. Ended calls it does not have yet come first, with the number 0.
func once(s phone.Snapshot, records []call.Record, req control.Request) ([]call.Call, []call.Record) {
	recorded := func(c call.Call) bool {
		return slices.ContainsFunc(records, func(r call.Record) bool { return r.Call.ID == c.ID })
	}
	live := slices.DeleteFunc(slices.Clone(s.Calls), recorded)
	past := []call.Record{}
	for _, c := range slices.Backward(s.Unrecorded) {
		who := strings.ToLower(c.Remote.Name + " " + c.Remote.Number)
		if !recorded(c) && strings.Contains(who, strings.ToLower(req.Search)) {
			past = append(past, call.Record{Call: c})
		}
	}
	past = append(past, records...)
	if req.Limit > 0 {
		past = past[:min(len(past), req.Limit)]
	}
	return live, past
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
	if c.json {
		printer{out: c.out, json: true}.done(control.Reply{OK: true})
		return exitOK
	}
	fmt.Fprintf(c.out, "The keyring has the password of %s.\n", words[0])
	return exitOK
}

// mostKey bounds what is read as a private key, in bytes.
const mostKey = 64 << 10

// key moves a private key from standard input into the keyring: that of the certificate in tls_certificate.
func key(ctx context.Context, words []string, c console) int {
	if len(words) != 0 {
		return fail(c, exitUsage, errors.New("write: sidetonectl key, and give the private key (PEM) on standard input"))
	}
	text, err := io.ReadAll(io.LimitReader(c.in, mostKey))
	if err != nil {
		return fail(c, exitFailed, fmt.Errorf("standard input cannot be read: %w", err))
	}
	kept, err := secret.EncodeKey(text)
	if err != nil {
		return fail(c, exitUsage, fmt.Errorf("standard input: %w", err))
	}
	if err := (secret.Keyring{}).Set(ctx, secret.TLSKey, kept); err != nil {
		return fail(c, exitFailed, err)
	}
	if c.json {
		printer{out: c.out, json: true}.done(control.Reply{OK: true})
		return exitOK
	}
	fmt.Fprintln(c.out, "The keyring has the private key of this phone's certificate.")
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

// timeless is what is printed of a snapshot, but for its number, its time and how long calls have lasted so far.
func (p printer) timeless(s phone.Snapshot) string {
	var b strings.Builder
	s.Seq, s.At = 0, time.Time{}
	printer{out: &b, json: p.json}.snapshotAt(s, time.Time{})
	return b.String()
}

func (p printer) snapshot(s phone.Snapshot) { p.snapshotAt(s, time.Now()) }

func (p printer) snapshotAt(s phone.Snapshot, now time.Time) {
	if p.json {
		p.object(s)
		return
	}
	fmt.Fprintf(p.out, "%s  %s. %s\n", s.At.Format("15:04:05"), plain(s.Presence.Label), plain(claim(s)))
	for _, a := range s.Accounts {
		fmt.Fprintln(p.out, strings.TrimRight(fmt.Sprintf("  line %s  %s  %s", a.ID, a.Line.State, plain(a.Line.Detail)), " "))
	}
	for _, c := range s.Calls {
		fmt.Fprintf(p.out, "  call %s\n", describe(c, now))
	}
	for _, l := range s.Customers {
		fmt.Fprint(p.out, callers(l))
	}
	for _, f := range [...]struct{ when, to string }{{"always", s.Quiet.Forward.Always}, {"when busy", s.Quiet.Forward.Busy}, {"without an answer", s.Quiet.Forward.NoAnswer}} {
		if f.to != "" {
			fmt.Fprintf(p.out, "  forward %s to %s\n", f.when, plain(f.to))
		}
	}
	for _, m := range s.Mailboxes {
		if m.Waiting {
			fmt.Fprintln(p.out, strings.TrimRight(fmt.Sprintf("  messages on %s  %s", m.Account, counted(m)), " "))
		}
	}
	for _, c := range s.Colleagues {
		fmt.Fprintf(p.out, "  colleague %s  %s  %s\n", plain(c.Number), cmp.Or(c.State, "not known"), plain(c.Name))
	}
	if a := s.Asking; a != nil {
		fmt.Fprintf(p.out, "  asks to call %s: %s Write sidetonectl confirm or reject.\n", plain(a.Shown), plain(a.Why))
	}
	if s.Last != nil && len(s.Calls) == 0 {
		fmt.Fprintf(p.out, "  last %s\n", describe(*s.Last, now))
	}
	p.waiting(s.Log)
	for _, w := range s.Warnings {
		fmt.Fprintf(p.out, "  %s: %s\n", w.Severity, plain(w.Text))
	}
}

// claim is why the status is what it is. Available says nothing of the line: that none works is said before.
func claim(s phone.Snapshot) string {
	ready := slices.ContainsFunc(s.Accounts, func(a phone.AccountLine) bool { return a.Line.State == call.LineReady })
	if s.Presence.Status == presence.Available && !ready {
		return "No calls reach this phone yet. " + s.Presence.Why
	}
	return s.Presence.Why
}

// counted says how many messages wait, where the server counts.
func counted(m phone.Mailbox) string {
	if m.New+m.Old == 0 {
		return ""
	}
	return fmt.Sprintf("%d new, %d old", m.New, m.Old)
}

// about prints what of a snapshot concerns a command.
func (p printer) about(command string, s phone.Snapshot) {
	switch command {
	case "kustomer":
		p.pages(s.Bridge)
	case "presence":
		p.why(s)
	case "status":
		if !p.json {
			s.At = time.Now() // it is still so: the time of the last change would read like a phone that stands still
		}
		p.snapshot(s)
	default:
		p.snapshot(s)
	}
}

// why prints why the status is what it is, and the last decisions, newest first.
func (p printer) why(s phone.Snapshot) {
	v := s.Presence
	if p.json {
		p.object(v)
		return
	}
	fmt.Fprintf(p.out, "%s. %s\n", plain(v.Label), plain(v.Why))
	if v.Notice != "" {
		fmt.Fprintf(p.out, "  %s\n", plain(v.Notice))
	}
	for _, d := range v.Decisions {
		fmt.Fprintf(p.out, "  %s\n", plain(d.Sentence)) // which says when
	}
}

// pages prints what concerns the pages of Kustomer.
func (p printer) pages(b phone.Bridge) {
	if p.json {
		p.object(b)
		return
	}
	switch w := b.Pairing; {
	case b.Problem != "":
		fmt.Fprintln(p.out, plain(b.Problem))
	case w.Origin != "":
		fmt.Fprintf(p.out, "%s waits for its digits: sidetonectl kustomer pair DIGITS\n", plain(w.Origin))
	case w.Armed:
		fmt.Fprintln(p.out, "a browser may ask now: press Connect in the widget")
	}
	for _, e := range b.Pages {
		fmt.Fprintf(p.out, "%s  %s  %s  since %s\n", e.ID, plain(e.Origin), plain(e.Org), e.Created.Local().Format("2006-01-02"))
	}
	if len(b.Pages) == 0 && b.Pairing.Origin == "" && !b.Pairing.Armed && b.Problem == "" {
		fmt.Fprintln(p.out, "no browser is connected: sidetonectl kustomer connect lets one ask")
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
		fmt.Fprintf(p.out, "now   %s\n", describe(c, time.Now()))
	}
	for _, r := range records {
		number := "-"
		if r.Number > 0 {
			number = strconv.FormatUint(r.Number, 10)
		}
		fmt.Fprintf(p.out, "%-5s %s  %s\n", number, r.Call.CreatedAt.Local().Format("2006-01-02 15:04"), describe(r.Call, time.Now()))
	}
}

func describe(c call.Call, now time.Time) string {
	who := c.Remote.Number
	if c.Remote.Name != "" {
		who += " (" + plain(c.Remote.Name) + ")"
	}
	if by := c.Detour(); by != "" {
		who += ", " + by
	}
	state := c.Phase.String()
	switch {
	case c.Phase == call.Ended:
		state = c.Reason.Sentence(c.Direction)
	case c.Phase == call.Active && c.Holding() && !c.Held:
		state = "being held"
	case c.Held && !c.Holding():
		state = "being taken back"
	case c.Held:
		state = "on hold"
	case c.RemoteHeld:
		state = "held by them"
	}
	switch {
	case !c.Live():
	case c.Transfer.UnderWay():
		state = "being passed on to " + plain(c.Transfer.To)
	case c.Transfer.State == call.TransferBack:
		state += ", not passed on: " + c.Transfer.Failure()
	case c.Transfer.State == call.TransferLate:
		state += ", and " + plain(c.Transfer.To) + " has taken it too"
	case c.Joined:
		state += ", joined"
	}
	if c.Muted && c.Live() {
		state += ", muted"
	}
	return fmt.Sprintf("%s  %-8s  %s  %s  %s", c.ID, c.Direction, plain(who), state, c.Duration(now).Round(time.Second))
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
