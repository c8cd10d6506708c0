// Command devlab gives a developer a SIP server, a Kustomer page and scripted callers on localhost.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"sidetone/internal/demo"
	"sidetone/internal/lab"
	"sidetone/internal/latency"
	"sidetone/internal/pbx"
	"sidetone/internal/sdkrecord"
	"sidetone/internal/slip"
	"sidetone/internal/soak"
	"sidetone/internal/version"
	"sidetone/widgetbridge/web"
)

const usage = `A telephone exchange, a pretend Kustomer and callers, on this machine alone.

Usage: devlab [--sip-port N] [--host-port N] [--pages-port N] [--json] [--verbose]
       devlab fault NAME [--method METHOD] [--times N] [--status N] [--after TIME] [--sip-port N] [--json]
       devlab help [COMMAND]
       devlab demo [--auto] [--out DIR] [--bin DIR]
       devlab bench-bridge [--clicks N] [--bin DIR] [--json]
       devlab bench-sip [--rounds N] [--calls N] [--bin DIR] [--json]
       devlab bench-voice [--seeds N] [--codecs LIST] [--networks LIST] [--phones LIST] [--bin DIR] [--json]
       devlab interop [--only WORDS] [--parallel N] [--out FILE] [--bin DIR] [--json]
       devlab soak [--calls N] [--over TIME] [--seed N] [--bin DIR] [--json]
       devlab soak-status [--events N] [--seed N] [--bin DIR] [--json]
       devlab record-sdk [--sdk URL] [--out FILE] [--json]

  (no command)   runs the lab until interrupted and says where everything is
  fault          makes the exchange of a running lab do something cruel: lose, delay or refuse messages, forget, restart;
                 fault list shows all there are, how each is undone, and which are in force; fault mend undoes all
  help           this list, or what it says of one command, with an example
  demo           plays the whole story with the app, a browser and the lab; with a display it is left to you to click,
                 without one (or with --auto) it plays by itself and ends 0 only if everything happened
  bench-bridge   clicks a number 1000 times, one a second, and prints how long it takes to the INVITE beside a WebSocket echo;
                 ends 1 if the goal is missed
  bench-sip      starts sidetoned, baresip and linphonec in turns at one kamailio, calls each, and prints how long they take on the
                 wire to be registered, to ring and to answer; ends 1 unless sidetoned is ahead of both
  bench-voice    calls sidetoned, baresip and linphonec through the same bad networks, at a PulseAudio server of its own, and prints how
                 late and how damaged speech is, and what it costs; with PESQ_PATH set also PESQ
  interop        plays calls between the built sidetoned and SIP programs from Debian, a row of the table for each feature; --out
                 writes docs/INTEROP.md; ends 1 unless every row is ok
  soak           makes 500 calls through kamailio in 30 minutes, with holds, transfers, network changes and restarts of the server;
                 ends 1 if a call got stuck or anything was left behind
  soak-status    changes the agent's status 10000 times in Kustomer and in the phone, with calls, drops and reloads between;
                 ends 1 unless both ends agree and no push was one too many
  record-sdk     loads Kustomer's Cards SDK, which needs the internet, calls every method the widget uses and saves what it
                 posts and which messages it reads
  --json         the lab's addresses as one JSON object
  --verbose      every SIP message as it passes
  --version      print the version and end

Example: devlab --verbose 2> sip.log

` + exitCodes

const exitCodes = "Exit codes: 0 ended as asked, 1 failed or a step of the story did not happen, 2 wrong usage.\n"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	args := os.Args[1:]
	own := commands()
	switch {
	case len(args) > 1 && args[0] == "help" && own[args[1]] != nil:
		os.Exit(own[args[1]](ctx, []string{"--help"}))
	case len(args) > 0 && args[0] == "help":
		fmt.Print(usage)
		return
	case len(args) == 1 && (args[0] == "--version" || args[0] == "-version"):
		fmt.Println("devlab", version.Number)
		return
	case len(args) > 0 && own[args[0]] != nil:
		os.Exit(own[args[0]](ctx, args[1:]))
	}
	os.Exit(run(ctx, args))
}

// commands are what devlab does besides running the lab.
func commands() map[string]func(context.Context, []string) int {
	return map[string]func(context.Context, []string) int{
		"demo": story, "bench-bridge": bench, "fault": fault, "bench-sip": benchSIP, "bench-voice": benchVoice, "interop": matrix, "soak": soakCalls, "soak-status": soakStatus, "record-sdk": record,
	}
}

func parse(fs *flag.FlagSet, args []string) int {
	fs.SetOutput(io.Discard)
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(helpOf(fs))
		return 0
	case err != nil:
		err = slip.Option(fs, err)
	case fs.NArg() > 0:
		var known []string
		if fs.Name() == "devlab" {
			known = slices.Sorted(maps.Keys(commands()))
		}
		err = fmt.Errorf("%q is not understood%s", fs.Arg(0), slip.Meant(fs.Arg(0), known))
	}
	if err != nil {
		return fail(2, slip.See(err, fs.Name()))
	}
	return -1
}

func run(ctx context.Context, args []string) int {
	var c lab.Config
	fs := flag.NewFlagSet("devlab", flag.ContinueOnError)
	fs.IntVar(&c.SIPPort, "sip-port", 5070, "")
	fs.IntVar(&c.HostPort, "host-port", 8700, "")
	fs.IntVar(&c.PagesPort, "pages-port", 8701, "")
	asJSON := fs.Bool("json", false, "")
	verbose := fs.Bool("verbose", false, "")
	if code := parse(fs, args); code >= 0 {
		return code
	}
	if *verbose {
		c.Log = func(e pbx.Entry) {
			way := "sent to"
			if e.Inbound {
				way = "from"
			}
			fmt.Fprintf(os.Stderr, "%s %s %s %s\n%s\n", e.At.Format("15:04:05.000"), e.Network, way, e.Peer, e.Message)
		}
	}
	l, err := lab.New(c)
	if err != nil {
		return fail(1, err)
	}
	settings, err := settle(l)
	if err != nil {
		return fail(1, err)
	}
	announce(l, settings, *asJSON)
	if err := errors.Join(l.Run(ctx), os.RemoveAll(filepath.Dir(settings))); err != nil {
		return fail(1, err)
	}
	return 0
}

func announce(l *lab.Lab, settings string, asJSON bool) {
	if asJSON {
		body, err := json.Marshal(map[string]string{
			"sip": l.PBX.Addr().String(), "kustomer": l.HostOrigin(), "pages": l.PagesOrigin(), "user": lab.User, "password": lab.Password, "settings": settings,
		})
		if err == nil {
			fmt.Println(string(body))
		}
		return
	}
	fmt.Printf("This computer alone reaches these:\n")
	fmt.Printf("  %-36s telephone exchange, SIP over UDP and TCP; users %s, %s and %s, password %s\n", l.PBX.Addr(), lab.User, lab.Other, lab.Third, lab.Password)
	fmt.Printf("  %-36s the pretend Kustomer: open it in a browser\n", l.HostOrigin())
	fmt.Printf("  %-36s the widget and its settings page, which Kustomer shows\n", l.PagesOrigin())
	fmt.Printf("The phone itself listens where the widget looks for it: ports %s.\n\nNumbers to dial:\n", strings.Trim(fmt.Sprint(web.Ports()), "[]"))
	for _, n := range pbx.Numbers() {
		fmt.Printf("  %-16s %s\n", n.Number, n.What)
	}
	fmt.Printf("\n%sCtrl-C ends the lab and removes that folder.\n", starting(l, settings))
}

// starting says how the phone is started against the lab. settings is the file with its settings.
func starting(l *lab.Lab, settings string) string {
	dir := filepath.Dir(settings)
	return fmt.Sprintf(`Start the phone against it, in another terminal. With its window:

  echo main=%[1]s | bin/sidetone --data-dir %[2]s --password-stdin

Without one, and without microphone and speaker:

  echo main=%[1]s | bin/sidetoned --data-dir %[2]s --password-stdin --audio-in tone:440 --audio-out null

Then press Connect in Kustomer's panel and type its digits into the window, or give them to
bin/sidetonectl --data-dir %[2]s kustomer pair DIGITS.

For two minutes after its first start the phone lets a browser ask. Later the panel says that Sidetone does not answer, until
you press Connect to Kustomer in the window, or ask for it:

  bin/sidetonectl --data-dir %[2]s kustomer connect

The settings are in %[3]s:

%[4]s`, lab.Password, dir, settings, l.Settings(nil))
}

// settle writes the settings that fit the lab into a folder of their own. The caller removes it.
func settle(l *lab.Lab) (path string, err error) {
	dir, err := os.MkdirTemp("", "devlab-")
	if err != nil {
		return "", fmt.Errorf("the phone's folder cannot be made: %w", err)
	}
	path = filepath.Join(dir, "config.toml")
	return path, os.WriteFile(path, []byte(l.Settings(nil)), 0o600)
}

func story(ctx context.Context, args []string) int {
	var o demo.Options
	fs := flag.NewFlagSet("devlab demo", flag.ContinueOnError)
	fs.BoolVar(&o.Auto, "auto", false, "play by itself, also where there is a display")
	fs.StringVar(&o.Out, "out", "out/demo", "the folder for pictures and logs: `DIR`")
	fs.StringVar(&o.Bin, "bin", "bin", binHelp)
	if code := parse(fs, args); code >= 0 {
		return code
	}
	if err := demo.Run(ctx, o); err != nil {
		return fail(1, err)
	}
	return 0
}

func bench(ctx context.Context, args []string) int {
	o := latency.Options{Say: os.Stderr}
	fs := flag.NewFlagSet("devlab bench-bridge", flag.ContinueOnError)
	fs.IntVar(&o.Clicks, "clicks", 1000, "how many clicks, one a second: `N`")
	fs.StringVar(&o.Bin, "bin", "bin", binHelp)
	asJSON := fs.Bool("json", false, jsonHelp)
	if code := parse(fs, args); code >= 0 {
		return code
	}
	r, err := latency.Run(ctx, o)
	if err != nil {
		return fail(1, err)
	}
	return verdict(r, *asJSON, r.Met(), nil)
}

func soakStatus(ctx context.Context, args []string) int {
	o := soak.Options{Say: os.Stderr}
	fs := flag.NewFlagSet("devlab soak-status", flag.ContinueOnError)
	fs.IntVar(&o.Events, "events", 10000, "how many changes: `N`")
	fs.Uint64Var(&o.Seed, "seed", 1, seedHelp)
	fs.StringVar(&o.Bin, "bin", "bin", binHelp)
	asJSON := fs.Bool("json", false, jsonHelp)
	if code := parse(fs, args); code >= 0 {
		return code
	}
	r, err := soak.Run(ctx, o)
	return verdict(r, *asJSON, r.Beyond() == 0, err)
}

func record(ctx context.Context, args []string) int {
	fs := flag.NewFlagSet("devlab record-sdk", flag.ContinueOnError)
	sdk := fs.String("sdk", web.SDK, "the address of the SDK: `URL`")
	out := fs.String("out", "out/sdk-recording.json", "where the recording goes: `FILE`")
	asJSON := fs.Bool("json", false, jsonHelp)
	if code := parse(fs, args); code >= 0 {
		return code
	}
	r, err := sdkrecord.Record(ctx, *sdk)
	if err != nil {
		return fail(1, err)
	}
	body, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fail(1, err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(*out), 0o755), os.WriteFile(*out, body, 0o644)); err != nil {
		return fail(1, fmt.Errorf("the recording cannot be saved: %w. Choose another place with --out", err))
	}
	if *asJSON {
		fmt.Println(string(body))
		return 0
	}
	fmt.Printf("%s\nSaved in %s.\n", r, *out)
	return 0
}

func fail(code int, err error) int {
	fmt.Fprintln(os.Stderr, "devlab:", err)
	return code
}
