// Command sidetone is the desktop phone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"

	"sidetone/internal/app"
	"sidetone/internal/app/place"
	"sidetone/ui"
)

// version is set when a release is built.
const version = "0.1.0"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx))
}

func run(ctx context.Context) int {
	app.Prepare()
	o := app.Options{Version: version}
	flag.StringVar(&o.DataDir, "data-dir", place.DataDir(), "`folder` of the journal, the settings and the control socket")
	flag.StringVar(&o.Config, "config", "", "settings `file`; config.toml in the data folder if not given")
	flag.StringVar(&o.AudioIn, "audio-in", "", "microphone of this run: a device, file:speech.wav, tone:440 or silence")
	flag.StringVar(&o.AudioOut, "audio-out", "", "speaker of this run: a device, file:heard.wav or null")
	look := flag.String("theme", "", "light or dark; as the system if not given")
	stdin := flag.Bool("password-stdin", false, "read passwords from standard input, account=password, one a line, instead of the keyring")
	flag.Parse()
	given, err := app.ReadGiven(o, *stdin, os.Stdin)
	if err != nil {
		return fail(2, err)
	}
	o.Passwords = given
	o.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := app.New(o)
	switch {
	case errors.Is(err, app.ErrInUse):
		return fail(3, err)
	case err != nil:
		return fail(2, err)
	}
	return window(ctx, a, *look)
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
