// Command sidetone is the desktop phone.
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
	"runtime"
	"syscall"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"

	"sidetone/internal/app"
	"sidetone/internal/app/place"
	"sidetone/ui"
)

const usage = `The desktop phone.

Usage: sidetone [--data-dir DIR] [--config FILE.toml] [--theme light|dark] [--audio-in DEVICE] [--audio-out DEVICE]
                [--password-stdin]

  --data-dir DIR     folder of the journal, the settings and the control socket
  --config FILE      settings; DIR/config.toml if not given
  --theme LOOK       light or dark; as the system if not given
  --audio-in DEVICE  microphone of this run: a device name, file:speech.wav, tone:440 or silence
  --audio-out DEVICE speaker of this run: a device name, file:heard.wav or null
  --password-stdin   read passwords from standard input instead of the keyring: account=password, one a line

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
	fs := flag.NewFlagSet("sidetone", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.DataDir, "data-dir", o.DataDir, "")
	fs.StringVar(&o.Config, "config", "", "")
	fs.StringVar(&o.AudioIn, "audio-in", "", "")
	fs.StringVar(&o.AudioOut, "audio-out", "", "")
	look := fs.String("theme", "", "")
	stdin := fs.Bool("password-stdin", false, "")
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(usage)
		return 0
	case err == nil && fs.NArg() > 0:
		err = fmt.Errorf("%q is not an option", fs.Arg(0))
	case err == nil && *look != "" && *look != "light" && *look != "dark":
		err = fmt.Errorf("the theme %q is neither light nor dark", *look)
	}
	if err != nil {
		return fail(2, fmt.Errorf("%w. See sidetone --help", err))
	}
	if runtime.GOOS == "linux" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return fail(1, errors.New("there is no display to open a window on: use sidetoned, the phone without one"))
	}
	given, err := app.ReadGiven(o, *stdin, os.Stdin)
	if err != nil {
		return fail(2, err)
	}
	o.Passwords = given
	o.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return live(ctx, o, *look)
}

func live(ctx context.Context, o app.Options, look string) int {
	a, err := app.New(o)
	switch {
	case errors.Is(err, app.ErrInUse):
		return fail(3, err)
	case err != nil:
		return fail(2, err)
	}
	return window(ctx, a, look)
}

// window runs the phone beside its window and ends both together.
func window(ctx context.Context, a *app.App, look string) int {
	if look == "" {
		look = a.Config().Window.Theme
	}
	f := fyneapp.NewWithID("app.sidetone.desktop")
	f.Settings().SetTheme(ui.NewLook(look))
	w := ui.New(f, ui.Ports{Phone: a.Phone, History: a.Store, Setup: a}, fyne.Do)
	ctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		err := a.Run(ctx)
		if err != nil && ctx.Err() == nil {
			fyne.Do(f.Quit) // half a phone is worse than none; a signal ends Fyne by itself
		}
		done <- err
	}()
	go w.Follow(ctx)
	w.Window().ShowAndRun()
	stop()
	if err := <-done; err != nil {
		return fail(1, err)
	}
	return 0
}

func fail(code int, err error) int {
	fmt.Fprintln(os.Stderr, "sidetone:", err)
	return code
}
