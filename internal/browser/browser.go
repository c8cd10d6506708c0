// Package browser starts a throw-away Chromium and clicks in it as a person would.
//
// It is the one door to the library that drives Chromium; tests and the demo use it. Clicks are real mouse events, also inside
// frames of another site. The frames share the page's process, so that one connection looks into all of them; origins stay
// apart as ever. A frame is named by a part of its URL; "" is the page itself. A Browser may be used by several
// goroutines; each call waits by asking the page again every 25 ms until its context ends.
package browser

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"
)

// ErrMissing says that there is no Chromium to start.
var ErrMissing = errors.New("no Chromium was found in PATH: install the package chromium (Debian), chromium-browser (Ubuntu) or google-chrome-stable")

// Options say how the browser is started. The zero value is a headed browser of 1280 × 800 on about:blank.
type Options struct {
	Headless bool           // without a window
	URL      string         // the first page; "" is about:blank
	Width    int            // of the window, CSS pixels; 0 is 1280
	Height   int            // of the window, CSS pixels; 0 is 800
	Flags    map[string]any // further command-line flags without dashes; a bool switches, a string is the value
	Env      []string       // further environment, "DISPLAY=:7"
}

// Browser is one running Chromium with one page. Close it.
type Browser struct {
	page   context.Context
	cancel func()
	dir    string

	worlds worlds
}

// Find returns the path of a Chromium in PATH, or ErrMissing.
func Find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}

// Start runs a browser with a fresh profile and opens Options.URL. The browser ends with Close or when ctx ends, and its
// profile, with all temporary files, is removed by Close. It fails with ErrMissing, or when Chromium does not start or the page does not load.
func Start(ctx context.Context, o Options) (*Browser, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	dir, err := profile()
	if err != nil {
		return nil, fmt.Errorf("the browser's profile has no folder: %w", err)
	}
	alloc, stop := chromedp.NewExecAllocator(ctx, allocator(path, dir, o)...)
	page, cancel := chromedp.NewContext(alloc, chromedp.WithLogf(quiet), chromedp.WithErrorf(quiet))
	b := &Browser{page: page, dir: dir, worlds: worlds{scripts: map[string]script{}}}
	b.cancel = func() { cancel(); stop() }
	if err := chromedp.Listen(page, b.worlds.event); err != nil {
		return nil, errors.Join(fmt.Errorf("chromium does not start: %w", err), b.Close())
	}
	if err := chromedp.Do(page, chromedp.Navigate(orBlank(o.URL))); err != nil {
		return nil, errors.Join(fmt.Errorf("chromium does not open %s: %w", orBlank(o.URL), err), b.Close())
	}
	return b, nil
}

// profile makes a fresh folder for a profile, with the folder Chromium uses for temporary files in it: what Chromium leaves
// there goes with the profile.
func profile() (string, error) {
	dir, err := os.MkdirTemp("", "sidetone-browser-")
	if err != nil {
		return "", err
	}
	if err := os.Mkdir(temporary(dir), 0o700); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// temporary is a profile's folder for temporary files. Its name is short: the path of a socket in it has a bound.
func temporary(dir string) string { return filepath.Join(dir, "t") }

// quiet drops what the library would print: it is about its own bookkeeping of pages that come and go.
func quiet(string, ...any) {}

func orBlank(url string) string {
	if url == "" {
		return "about:blank"
	}
	return url
}

func allocator(path, dir string, o Options) []chromedp.ExecAllocatorOption {
	if o.Width == 0 {
		o.Width = 1280
	}
	if o.Height == 0 {
		o.Height = 800
	}
	flags := map[string]any{
		"disable-gpu": true, "disable-quic": true, "no-first-run": true, "disable-background-networking": true,
		"disable-component-update": true, "disable-sync": true, "no-default-browser-check": true, "password-store": "basic",
		"disable-dev-shm-usage": true, "disable-renderer-backgrounding": true, "disable-background-timer-throttling": true,
		"disable-backgrounding-occluded-windows": true, "disable-features": "Translate,MediaRouter,IsolateOrigins,site-per-process", "disable-site-isolation-trials": true, "hide-crash-restore-bubble": true,
		"force-color-profile": "srgb", "window-size": fmt.Sprintf("%d,%d", o.Width, o.Height),
	}
	if o.Headless {
		flags["headless"] = "new"
		flags["hide-scrollbars"] = true
	}
	if os.Getuid() == 0 {
		flags["no-sandbox"] = true
	}
	maps.Copy(flags, o.Flags)
	env := append([]string{"TMPDIR=" + temporary(dir)}, o.Env...)
	out := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.Env(env...)}
	if !o.Headless {
		out = append(out, chromedp.VisibleWindow)
	}
	for name, value := range flags {
		out = append(out, chromedp.Flag(name, value))
	}
	return out
}

// Close ends the browser and removes its profile. It may be called twice.
func (b *Browser) Close() error {
	b.cancel()
	var err error
	for range 20 { // Chromium's helpers may write their last file after the main process has ended
		if err = os.RemoveAll(b.dir); err == nil {
			return nil
		}
		time.Sleep(25 * time.Millisecond)
	}
	return fmt.Errorf("the browser's profile %s could not be removed: %w", filepath.Base(b.dir), err)
}

// Navigate opens another page and waits until it has loaded.
func (b *Browser) Navigate(ctx context.Context, url string) error {
	run, done := b.bound(ctx, b.page)
	defer done()
	if err := chromedp.Do(run, chromedp.Navigate(url)); err != nil {
		return fmt.Errorf("chromium does not open %s: %w", url, err)
	}
	return nil
}

// bound is the target's context, ended when ctx ends.
func (b *Browser) bound(ctx, at context.Context) (context.Context, func()) {
	run, cancel := context.WithCancelCause(at)
	stop := context.AfterFunc(ctx, func() { cancel(ctx.Err()) })
	return run, func() { stop(); cancel(nil) }
}
