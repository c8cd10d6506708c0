// Command sidetoned is the same phone without a window, for scripts, CI and remote desktops.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"sidetone/internal/app"
	"sidetone/internal/app/place"
)

const usage = `Runs the phone without a window. sidetonectl drives it.

Usage: sidetoned [--data-dir DIR] [--config FILE.toml] [--audio-in DEVICE] [--audio-out DEVICE] [--password-stdin] [--verbose]

  --data-dir DIR     folder of the journal and the control socket
  --config FILE      settings; DIR/config.toml if not given
  --audio-in DEVICE  microphone: a device name, file:speech.wav, tone:440 or silence
  --audio-out DEVICE speaker: a device name, file:heard.wav or null
  --password-stdin   read passwords from standard input: account=password, one a line
  --verbose          log every event to standard error

A password comes from standard input, from the variable SIDETONE_PASSWORD_<ACCOUNT>, or from the OS keyring.
It says on standard error how the lines stand and what is wrong. SIGTERM and SIGINT hang up, un-register and end.

Exit codes: 0 ended as asked, 1 failed, 2 wrong usage or settings, 3 the data folder is in use.
`

// version is set when a release is built.
const version = "0.1.0"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	app.Prepare()
	o := app.Options{DataDir: place.DataDir(), Version: version}
	fs := flag.NewFlagSet("sidetoned", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.DataDir, "data-dir", o.DataDir, "")
	fs.StringVar(&o.Config, "config", "", "")
	fs.StringVar(&o.AudioIn, "audio-in", "", "")
	fs.StringVar(&o.AudioOut, "audio-out", "", "")
	stdin := fs.Bool("password-stdin", false, "")
	verbose := fs.Bool("verbose", false, "")
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(usage)
		return 0
	case err == nil && fs.NArg() > 0:
		err = fmt.Errorf("%q is not an option", fs.Arg(0))
	}
	if err != nil {
		return fail(2, fmt.Errorf("%w. See sidetoned --help", err))
	}
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelDebug
	}
	o.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	given, err := app.ReadGiven(o, *stdin, os.Stdin)
	if err != nil {
		return fail(2, err)
	}
	given.Environ = os.LookupEnv
	o.Passwords = given
	return live(ctx, o)
}

func live(ctx context.Context, o app.Options) int {
	a, err := app.New(o)
	switch {
	case errors.Is(err, app.ErrInUse):
		return fail(3, err)
	case err != nil:
		return fail(2, err)
	}
	go a.Tell(ctx, os.Stderr)
	if err := a.Run(ctx); err != nil {
		return fail(1, err)
	}
	return 0
}

func fail(code int, err error) int {
	fmt.Fprintln(os.Stderr, "sidetoned:", err)
	return code
}
