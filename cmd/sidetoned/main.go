// Command sidetoned is the same phone without a window, for scripts, CI and remote desktops.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"sidetone/internal/app"
	"sidetone/internal/app/launch"
)

const usage = `Runs the phone without a window. sidetonectl drives it.

Usage: sidetoned [--data-dir DIR] [--config FILE.toml] [--audio-in DEVICE] [--audio-out DEVICE] [--password-stdin] [--verbose]

  --data-dir DIR     folder of the journal and the control socket
  --config FILE      settings; DIR/config.toml if not given
  --audio-in DEVICE  microphone: a device name, file:speech.wav, tone:440 or silence
  --audio-out DEVICE speaker: a device name, file:heard.wav or null
  --password-stdin   read passwords from standard input: account=password, one a line
  --verbose          log every event to standard error
  --version          print the version and end

A password comes from standard input, from the variable SIDETONE_PASSWORD_<ACCOUNT>, or from the OS keyring.
It says on standard error how the lines stand, what is wrong, and where to find a caller that no widget could open. SIGTERM and SIGINT hang up, un-register and end.

Example: echo main=secret | sidetoned --data-dir phone --password-stdin --audio-in silence --audio-out null

Exit codes: 0 ended as asked, 1 failed, 2 wrong usage or settings, 3 the data folder is in use.
`

func main() {
	// A phone makes little garbage: to look for it twice as often costs nothing one could measure, and saves a megabyte and a half.
	debug.SetGCPercent(50)
	os.Exit(launch.Program{Name: "sidetoned", Usage: usage, Environ: os.LookupEnv, Live: live}.Main(os.Args[1:]))
}

func live(ctx context.Context, a *app.App) error {
	a.Browse = func(link string) error {
		_, err := fmt.Fprintln(os.Stderr, "open in Kustomer:", link)
		return err
	}
	go a.Tell(ctx, os.Stderr)
	return a.Run(ctx)
}
