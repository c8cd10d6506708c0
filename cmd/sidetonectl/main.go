// Command sidetonectl drives a running Sidetone from a terminal or script over its local socket, in text or JSON.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"

	"sidetone/internal/app/place"
	"sidetone/internal/control"
	"sidetone/internal/phone"
	"sidetone/internal/slip"
	"sidetone/sync/presence"
)

// The exit codes, as --help lists them.
const (
	exitOK         = 0
	exitFailed     = 1
	exitUsage      = 2
	exitNotRunning = 3
	exitRefused    = 4
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], console{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// console is where the command reads and writes.
type console struct {
	in       io.Reader
	out, err io.Writer
	json     bool // answers and errors are JSON objects
}

// options are the flags; they may stand before or after the command.
type options struct {
	dir, account, search string
	call, with           string
	json, help           bool
	limit                count // 0: not said
	it                   itFlags
	trace                traceFlags
}

// count is a flag for how many, 1 or more.
type count int

// String implements flag.Value.
func (n *count) String() string { return strconv.Itoa(int(*n)) }

// Set implements flag.Value. The error is a sentence.
func (n *count) Set(s string) error {
	i, err := strconv.Atoi(s)
	if err != nil || i < 1 {
		return errors.New("write a whole number, 1 or more")
	}
	*n = count(i)
	return nil
}

func run(ctx context.Context, args []string, c console) int {
	if asks, json := asksVersion(args); asks {
		c.json = json
		return ownVersion(c)
	}
	o, words, err := parse(args)
	c.json = o.json
	switch {
	case o.help || err == nil && len(words) > 0 && words[0] == "help":
		return help(c, o, words)
	case err != nil:
		return fail(c, exitUsage, err)
	case len(words) == 0 && c.json:
		return fail(c, exitUsage, errors.New("write a command. See sidetonectl --help"))
	case len(words) == 0:
		fmt.Fprint(c.out, usage)
		return exitUsage
	}
	if own := offline(words); own != nil {
		return own(ctx, o, words, c)
	}
	req, err := request(o, words)
	if err != nil {
		return fail(c, exitUsage, err)
	}
	client, err := control.Dial(ctx, o.dir)
	if err != nil {
		return fail(c, exitNotRunning, err)
	}
	defer client.Close()
	stop := context.AfterFunc(ctx, func() { client.Close() })
	defer stop()
	p := printer{out: c.out, json: o.json}
	switch string(req.Do) {
	case control.Trace:
		err = showTrace(client, req, p, o, words[0])
	case control.Try:
		err = tryOut(client, req, p)
	default:
		err = talk(client, req, p, words[0])
	}
	var no *phone.Refusal
	switch {
	case err == nil || ctx.Err() != nil:
		return exitOK
	case errors.As(err, &no):
		return fail(c, exitRefused, err)
	}
	return fail(c, exitFailed, err)
}

// miscounted says what a command with too few or too many words should look like.
func miscounted(verb string) error {
	words := map[string]string{"dial": " NUMBER", "dtmf": " KEYS", "consult": " NUMBER", "divert": " NUMBER", "choose": " CUSTOMER", "note": " 'TEXT'", "disposition": " 'NAME'"}
	return fmt.Errorf("write: sidetonectl %s%s. See sidetonectl --help", verb, words[verb])
}

// unknown says that a word is no command, and which was meant.
func unknown(word string) error {
	return slip.See(fmt.Errorf("%q is not a command%s", word, slip.Meant(word, commands())), "sidetonectl")
}

// failure is what went wrong, for programs.
type failure struct {
	Error   string     `json:"error"`             // one sentence
	Code    int        `json:"code"`              // the exit code
	Refusal phone.Code `json:"refusal,omitempty"` // why the phone refused
}

func fail(c console, code int, err error) int {
	text := plain(err.Error())
	if !c.json {
		fmt.Fprintln(c.err, "sidetonectl:", text)
		return code
	}
	f := failure{Error: text, Code: code}
	var no *phone.Refusal
	if errors.As(err, &no) {
		f.Refusal = no.Code
	}
	printer{out: c.err, json: true}.object(f)
	return code
}

// offline returns what carries out a command that needs no running phone, nil if it is none of those.
func offline(words []string) func(context.Context, options, []string, console) int {
	switch {
	case words[0] == "password":
		return func(ctx context.Context, _ options, words []string, c console) int {
			return password(ctx, words[1:], c)
		}
	case words[0] == "key":
		return func(ctx context.Context, _ options, words []string, c console) int { return key(ctx, words[1:], c) }
	case words[0] == "browser-policy":
		return browserPolicy
	case words[0] == "doctor":
		return examine
	case words[0] == "kustomer" && len(words) > 1 && words[1] == "export":
		return export
	}
	return nil
}

// parse reads flags wherever they stand, so that "dial 100 --json" works as well as "--json dial 100". A command's own flags
// stand after it.
func parse(args []string) (options, []string, error) {
	o := options{dir: place.DataDir()}
	fs := flag.NewFlagSet("sidetonectl", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.dir, "data-dir", o.dir, "")
	fs.StringVar(&o.account, "account", "", "")
	fs.StringVar(&o.call, "call", "", "")
	fs.StringVar(&o.with, "with", "", "")
	fs.StringVar(&o.search, "search", "", "")
	fs.BoolVar(&o.json, "json", false, "")
	fs.Var(&o.limit, "limit", "")
	var words []string
	for {
		err := fs.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			o.help = true
			return o, words, nil
		}
		if err != nil {
			o.json = o.json || slices.ContainsFunc(args, func(a string) bool { return a == "--json" || a == "-json" }) // not read yet
			if strings.HasSuffix(err.Error(), "not defined: -version") {
				return o, nil, errors.New("--version stands alone: write sidetonectl --version")
			}
			return o, nil, slip.See(slip.Option(fs, err), strings.Join(append([]string{"sidetonectl"}, words[:min(1, len(words))]...), " "))
		}
		if fs.NArg() == 0 {
			return o, words, place.Check(o.dir)
		}
		words = append(words, fs.Arg(0))
		o.it.add(fs, words)
		o.trace.add(fs, strings.Join(words, " "))
		args = fs.Args()[1:]
	}
}

// request turns the words into what is asked of the phone.
func request(o options, words []string) (control.Request, error) {
	req := control.Request{Limit: cmp.Or(int(o.limit), 10), Search: o.search}
	req.Account, req.Call, req.Origin = o.account, callID(o.call), "ctl"
	verb, rest := words[0], words[1:]
	if own, ours, err := customerRequest(req, verb, rest); ours {
		return own, err
	}
	if own, ours, err := traceRequest(req, o, verb, rest); ours {
		return own, err
	}
	if own, ours, err := soundRequest(req, verb, rest); ours {
		return own, err
	}
	if own, ours, err := severalRequest(req, o, verb, rest); ours {
		return own, err
	}
	req.Do = phone.Verb(verb)
	want := 0
	switch verb {
	case "dial":
		if want = 1; len(rest) == 1 && strings.TrimSpace(rest[0]) == "" {
			return req, miscounted(verb)
		}
	case "dtmf":
		want = 1
	case "presence":
		return presenceRequest(req, rest)
	case "kustomer":
		return kustomer(req, rest)
	case "calls":
		req.Do = control.History
	default:
		if !slices.Contains([]string{"status", "answer", "decline", "hangup", "hold", "resume", "mute", "unmute", "watch", "register", "confirm", "reject"}, verb) {
			return req, unknown(verb)
		}
	}
	if len(rest) != want {
		return req, miscounted(verb)
	}
	if want == 1 {
		req.Number, req.Digits = rest[0], rest[0] // each verb reads its own
	}
	return req, nil
}

// presenceRequest is what concerns the agent's status.
func presenceRequest(req control.Request, words []string) (control.Request, error) {
	verb := strings.Join(words[:min(1, len(words))], "")
	verbs := map[string]phone.Verb{"set": phone.SetStatus, "next": phone.NextStatus, "more": phone.MoreWrapUp, "done": phone.EndWrapUp, "why": control.Status}
	want := 1
	if verb == "set" || verb == "next" {
		want = 2
	}
	if verbs[verb] == "" || len(words) != want {
		return req, errors.New("write: sidetonectl presence set STATUS, next STATUS, more, done or why")
	}
	req.Do = verbs[verb]
	if want == 2 {
		st, err := presence.Parse(words[1])
		if err != nil {
			return req, err
		}
		req.Status = string(st)
	}
	return req, nil
}

// kustomer is what concerns the pages of Kustomer.
func kustomer(req control.Request, words []string) (control.Request, error) {
	line := strings.Join(append(words, "", ""), " ")
	verb, what, _ := strings.Cut(strings.TrimSpace(line), " ")
	verbs := map[string]string{"pages": control.Status, "connect": control.Connect, "pair": control.Pair, "cancel": control.Cancel, "forget": control.Forget}
	takes := verb == "pair" || verb == "forget"
	if verbs[verb] == "" || takes != (what != "") {
		return req, errors.New("write: sidetonectl kustomer pages, connect, pair DIGITS, cancel, forget ID or export DIR")
	}
	req.Do, req.Digits, req.Key = phone.Verb(verbs[verb]), strings.ReplaceAll(what, " ", ""), what
	return req, nil
}
