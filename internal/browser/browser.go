// Package browser starts a throw-away Chromium or Firefox and clicks in it as a person would.
//
// It is the one door to the library that drives Chromium; tests and the demo use it. Firefox is driven over WebDriver BiDi. Clicks
// are real mouse events, also inside frames of another site. Chromium's frames share the page's process, so that one connection
// looks into all of them; origins stay apart as ever. A frame, or a further window that a page opened, is named by a part of its
// URL; "" is the page itself. A further window can be read, not clicked. A Browser may be used by several goroutines; each call
// waits by asking the page again every 25 ms until its context ends.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrMissing says that there is no browser to start.
var ErrMissing = errors.New("no Chromium was found in PATH: install the package chromium (Debian), chromium-browser (Ubuntu) or google-chrome-stable")

// Kind is which browser.
type Kind int

// The browsers.
const (
	Chromium Kind = iota
	Firefox
)

// String is the browser's name.
func (k Kind) String() string {
	if k == Firefox {
		return "Firefox"
	}
	return "Chromium"
}

// Options say how the browser is started. The zero value is a headed Chromium of 1280 × 800 on about:blank.
type Options struct {
	Kind     Kind
	Headless bool           // without a window
	URL      string         // the first page; "" is about:blank
	Width    int            // of the window, CSS pixels; 0 is 1280
	Height   int            // of the window, CSS pixels; 0 is 800
	Flags    map[string]any // Chromium: further command-line flags without dashes; a bool switches, a string is the value
	Prefs    map[string]any // Chromium: the profile's Preferences as a tree; Firefox: preferences by their full name
	Env      []string       // further environment, "DISPLAY=:7"
	Profile  string         // an own folder for the profile, kept after Close; "" is a fresh one that Close removes
	Etc      string         // a folder laid over /etc for this browser alone, for policies; Linux, as root or with user namespaces
}

// engine drives one browser. Its methods try once; Browser asks again.
type engine interface {
	open(ctx context.Context, url string) error
	evaluate(ctx context.Context, frame, expression string) (string, error) // the text a promise resolves to
	press(ctx context.Context, frame string, at place) error
	keys(ctx context.Context, keys string) error
	shot(ctx context.Context) ([]byte, error)
	windows(ctx context.Context) ([]string, error) // the URLs of those that pages opened
	closeWindow(ctx context.Context, part string) error
	end(gently bool)
}

// Browser is one running browser with one page. Close it.
type Browser struct {
	engine engine
	dir    string // the profile
	kept   bool
	ended  sync.Once
}

// Start runs a browser and opens Options.URL. The browser ends with Close or when ctx ends, and a fresh profile, with all
// temporary files, is removed by Close. It fails with ErrMissing, or when the browser does not start or the page does not load.
func Start(ctx context.Context, o Options) (*Browser, error) {
	begin := startChromium
	if o.Kind == Firefox {
		begin = startFirefox
	}
	path, err := find(o.Kind)
	if err != nil {
		return nil, err
	}
	b := &Browser{dir: o.Profile, kept: o.Profile != ""}
	if b.dir, err = profile(o.Profile); err != nil {
		return nil, fmt.Errorf("the browser's profile has no folder: %w", err)
	}
	if o.Etc != "" {
		path, err = withEtc(path, b.dir, o.Etc)
	}
	if err == nil {
		b.engine, err = begin(ctx, path, b.dir, filled(o))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s does not start: %w", o.Kind, err), b.Close())
	}
	if err := b.Navigate(ctx, orBlank(o.URL)); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func filled(o Options) Options {
	if o.Width == 0 {
		o.Width = 1280
	}
	if o.Height == 0 {
		o.Height = 800
	}
	return o
}

// profile makes a fresh folder for a profile, if none is given, with the folder the browser uses for temporary files in it: what
// it leaves there goes with the profile.
func profile(dir string) (string, error) {
	if dir == "" {
		fresh, err := os.MkdirTemp("", "sidetone-browser-")
		if err != nil {
			return "", err
		}
		dir = fresh
	}
	if err := os.MkdirAll(temporary(dir), 0o700); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// temporary is a profile's folder for temporary files. Its name is short: the path of a socket in it has a bound.
func temporary(dir string) string { return filepath.Join(dir, "t") }

func orBlank(url string) string {
	if url == "" {
		return "about:blank"
	}
	return url
}

// Close ends the browser and removes its profile, if it was a fresh one. It may be called twice.
func (b *Browser) Close() error {
	if b.engine != nil {
		b.ended.Do(func() { b.engine.end(b.kept) })
	}
	if b.kept {
		return nil
	}
	var err error
	for range 40 { // a browser's helpers may write their last file after the main process has ended
		if err = os.RemoveAll(b.dir); err == nil {
			return nil
		}
		time.Sleep(25 * time.Millisecond)
	}
	return fmt.Errorf("the browser's profile %s could not be removed: %w", filepath.Base(b.dir), err)
}

// Navigate opens another page and waits until it has loaded.
func (b *Browser) Navigate(ctx context.Context, url string) error {
	if err := b.engine.open(ctx, url); err != nil {
		return fmt.Errorf("the browser does not open %s: %w", url, err)
	}
	return nil
}

// CloseWindow closes a further window, named by a part of its URL, as the agent would.
func (b *Browser) CloseWindow(ctx context.Context, part string) error {
	return b.until(ctx, "no window shows "+part, func() error { return b.engine.closeWindow(ctx, part) })
}

// WaitAlone waits until no window that a page has opened shows a URL with part in it.
func (b *Browser) WaitAlone(ctx context.Context, part string) error {
	return b.until(ctx, "a window still shows "+part, func() error {
		all, err := b.engine.windows(ctx)
		if err == nil && slices.ContainsFunc(all, func(url string) bool { return strings.Contains(url, part) }) {
			err = errLater
		}
		return err
	})
}
