// Command sidetone is the desktop phone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"slices"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"

	"sidetone/internal/app"
	"sidetone/internal/app/launch"
	"sidetone/ui"
)

const usage = `The desktop phone.

Usage: sidetone [--data-dir DIR] [--config FILE.toml] [--theme light|dark] [--audio-in DEVICE] [--audio-out DEVICE]
                [--password-stdin] [--verbose] [LINK]

  LINK               a tel:, callto:, sip: or sidetone: link to dial, or sidetone: alone to show the window; if Sidetone
                     runs already, it does it there
  --data-dir DIR     folder of the journal, the settings and the control socket
  --config FILE      settings; DIR/config.toml if not given
  --theme LOOK       light or dark; as the system if not given
  --audio-in DEVICE  microphone of this run: a device name, file:speech.wav, tone:440 or silence
  --audio-out DEVICE speaker of this run: a device name, file:heard.wav or null
  --password-stdin   read passwords from standard input instead of the keyring: account=password, one a line
  --verbose          log every event to standard error
  --version          print the version and end

Why it does not start, or breaks, is said on standard error and in a window.
Exit codes: 0 ended as asked, 1 failed, 2 wrong usage or settings, 3 the data folder is in use.
`

func main() {
	w := &windowed{}
	os.Exit(launch.Program{
		Name: "sidetone", Usage: usage, Add: w.options, Check: w.check, Ready: display, Tell: w.tell, Live: w.live, Links: true,
	}.Main(os.Args[1:]))
}

// windowed is the phone beside its window.
type windowed struct{ look string }

func (w *windowed) options(fs *flag.FlagSet) { fs.StringVar(&w.look, "theme", "", "") }

func (w *windowed) check() error {
	if !slices.Contains([]string{"", "light", "dark"}, w.look) {
		return fmt.Errorf("the theme %q is neither light nor dark", w.look)
	}
	return nil
}

func display() error {
	if runtime.GOOS == "linux" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return errors.New("there is no display to open a window on: use sidetoned, the phone without one")
	}
	return nil
}

// fyne is what windows are made with, once in a run.
func (w *windowed) fyne() fyne.App {
	f := fyneapp.NewWithID("app.sidetone.desktop")
	f.Settings().SetTheme(ui.NewLook(w.look))
	return f
}

// tell shows why the phone does not start until the agent quits.
func (w *windowed) tell(why string) {
	f := w.fyne()
	ui.NewFailure(f, "Sidetone cannot start", why, f.Quit).ShowAndRun()
}

// live runs the phone beside its window and ends both together.
func (w *windowed) live(ctx context.Context, a *app.App) error {
	if w.look == "" {
		w.look = a.Config().Window.Theme
	}
	f := w.fyne()
	ports := ui.Ports{Phone: a.Phone, History: a.Store, Setup: a}
	if b := a.Bridge(); b != nil {
		ports.Pairing = b
	}
	a.Browse = func(link string) error {
		u, err := url.Parse(link)
		if err != nil {
			return err
		}
		return f.OpenURL(u)
	}
	window := ui.New(f, ports, fyne.Do)
	ctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		err := a.Run(ctx)
		if err != nil && ctx.Err() == nil {
			fyne.Do(func() { broken(f, window.Window(), err) }) // a signal ends Fyne by itself
		}
		done <- err
	}()
	go window.Follow(ctx)
	window.Window().ShowAndRun()
	stop()
	return <-done
}

// broken puts why the phone has ended into the place of its window: half a phone is worse than none.
func broken(f fyne.App, phone fyne.Window, why error) {
	ui.NewFailure(f, "Sidetone has stopped", why.Error(), f.Quit).Show()
	phone.Close() // the last window that is closed ends the program
}
