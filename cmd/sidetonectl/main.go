// Command sidetonectl drives a running Sidetone from a terminal or script over its local socket, in text or JSON.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"sidetone/internal/app/place"
	"sidetone/internal/control"
	"sidetone/internal/phone"
)

// The exit codes, as --help lists them.
const (
	exitOK         = 0
	exitFailed     = 1
	exitUsage      = 2
	exitNotRunning = 3
	exitRefused    = 4
)

const usage = `Drives a running Sidetone.

Usage: sidetonectl [--data-dir DIR] [--json] COMMAND

  status             the line, the agent's status and the calls now on
  dial NUMBER        call a number [--account ID]
  confirm, reject    decide about a call that Kustomer asks for
  answer             take the ringing call
  decline            turn the ringing call away
  hangup             end the call
  hold, resume       park the call, take it back
  mute, unmute       close or open the microphone
  dtmf KEYS          send keys: 0-9 * # A-D
  calls              the calls now on and the last ones [--limit N] [--search TEXT]
  watch              every change as it happens, until interrupted
  presence set S     available, busy, wrap-up, unavailable or offline
  register           try the registration again now
  password ACCOUNT   read a password from standard input into the OS keyring
  kustomer pages     the browsers that are connected, and the one that wants to be
  kustomer connect   let one browser ask, for two minutes
  kustomer pair D    type the six digits that Kustomer shows
  kustomer cancel    let none ask any more
  kustomer forget ID forget a connected browser

Every command takes --call ID where more than one call is on.

With --json every answer is one JSON object a line on standard output. A call
that has ended and is not in the journal yet has the number 0 in calls. What
was refused or failed is one JSON object on standard error, and nothing else
is written there: {"error":"There is a call already.","code":4,"refusal":"in-call"}.
The code is the exit code; a refusal of the phone has its own word as well.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 Sidetone is not running, 4 the phone refused and said why.
`

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
	dir, account, call, search string
	json, help                 bool
	limit                      int
}

func run(ctx context.Context, args []string, c console) int {
	o, words, err := parse(args)
	c.json = o.json
	switch {
	case o.help:
		fmt.Fprint(c.out, usage)
		return exitOK
	case err != nil:
		return fail(c, exitUsage, err)
	case len(words) == 0 && c.json:
		return fail(c, exitUsage, errors.New("write a command. See sidetonectl --help"))
	case len(words) == 0:
		fmt.Fprint(c.out, usage)
		return exitUsage
	}
	if words[0] == "password" {
		return password(ctx, words[1:], c)
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
	err = talk(client, req, printer{out: c.out, json: o.json}, words[0] == "kustomer")
	var no *phone.Refusal
	switch {
	case err == nil || ctx.Err() != nil:
		return exitOK
	case errors.As(err, &no):
		return fail(c, exitRefused, err)
	}
	return fail(c, exitFailed, err)
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

// parse reads flags wherever they stand, so that "dial 100 --json" works as well as "--json dial 100".
func parse(args []string) (options, []string, error) {
	o := options{dir: place.DataDir()}
	fs := flag.NewFlagSet("sidetonectl", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.dir, "data-dir", o.dir, "")
	fs.StringVar(&o.account, "account", "", "")
	fs.StringVar(&o.call, "call", "", "")
	fs.StringVar(&o.search, "search", "", "")
	fs.BoolVar(&o.json, "json", false, "")
	fs.IntVar(&o.limit, "limit", 10, "")
	var words []string
	for {
		err := fs.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			o.help = true
			return o, words, nil
		}
		if err != nil {
			o.json = o.json || slices.ContainsFunc(args, func(a string) bool { return a == "--json" || a == "-json" }) // not read yet
			return o, nil, fmt.Errorf("%w. See sidetonectl --help", err)
		}
		if fs.NArg() == 0 {
			return o, words, nil
		}
		words = append(words, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

// request turns the words into what is asked of the phone.
func request(o options, words []string) (control.Request, error) {
	req := control.Request{Limit: o.limit, Search: o.search}
	req.Account, req.Call, req.Origin = o.account, callID(o.call), "ctl"
	verb, rest := words[0], words[1:]
	req.Do = phone.Verb(verb)
	want := 0
	switch verb {
	case "dial":
		want = 1
	case "dtmf":
		want = 1
	case "presence":
		if len(rest) != 2 || rest[0] != "set" {
			return req, errors.New("write: sidetonectl presence set STATUS")
		}
		req.Status = rest[1]
		return req, nil
	case "kustomer":
		return kustomer(req, rest)
	case "calls":
		req.Do = control.History
	default:
		if !slices.Contains([]string{"status", "answer", "decline", "hangup", "hold", "resume", "mute", "unmute", "watch", "register", "confirm", "reject"}, verb) {
			return req, fmt.Errorf("%q is not a command. See sidetonectl --help", verb)
		}
	}
	if len(rest) != want {
		return req, fmt.Errorf("%s takes %d argument(s), not %d. See sidetonectl --help", verb, want, len(rest))
	}
	if want == 1 {
		req.Number, req.Digits = rest[0], rest[0] // each verb reads its own
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
		return req, errors.New("write: sidetonectl kustomer pages, connect, pair DIGITS, cancel or forget ID")
	}
	req.Do, req.Digits, req.Key = phone.Verb(verbs[verb]), strings.ReplaceAll(what, " ", ""), what
	return req, nil
}
