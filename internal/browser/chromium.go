package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Find returns the path of a Chromium in PATH, or ErrMissing.
func Find() (string, error) { return find(Chromium) }

func find(k Kind) (string, error) {
	if k == Firefox {
		return findFirefox()
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}

// chromium is a Chromium driven over its DevTools protocol.
type chromium struct {
	page   context.Context
	cancel func()
	worlds worlds

	mu      sync.Mutex
	further map[target.ID]context.Context // windows that pages opened, once they were looked into
}

func startChromium(ctx context.Context, path, dir string, o Options) (engine, error) {
	if err := writePreferences(dir, o.Prefs); err != nil {
		return nil, err
	}
	alloc, stop := chromedp.NewExecAllocator(ctx, allocator(path, dir, o)...)
	page, cancel := chromedp.NewContext(alloc, chromedp.WithLogf(quiet), chromedp.WithErrorf(quiet))
	c := &chromium{page: page, worlds: worlds{scripts: map[string]script{}}, further: map[target.ID]context.Context{}}
	c.cancel = func() { cancel(); stop() }
	if err := chromedp.Listen(page, c.worlds.event); err != nil {
		c.cancel()
		return nil, err
	}
	if err := chromedp.Do(page); err != nil {
		c.cancel()
		return nil, err
	}
	return c, nil
}

// writePreferences puts preferences into a profile that has none yet.
func writePreferences(dir string, prefs map[string]any) error {
	to := filepath.Join(dir, "Default", "Preferences")
	if _, err := os.Stat(to); err == nil || len(prefs) == 0 {
		return nil
	}
	b, err := json.Marshal(prefs)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}

// quiet drops what the library would print: it is about its own bookkeeping of pages that come and go.
func quiet(string, ...any) {}

func allocator(path, dir string, o Options) []chromedp.ExecAllocatorOption {
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
	} else { // the library's own option looks for a display in our environment, not in Options.Env
		flags["start-maximized"] = true
	}
	if os.Getuid() == 0 || o.Etc != "" { // in a namespace of its own it takes itself for root
		flags["no-sandbox"] = true
	}
	maps.Copy(flags, o.Flags)
	env := append([]string{"TMPDIR=" + temporary(dir)}, o.Env...)
	out := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.Env(env...)}
	for name, value := range flags {
		out = append(out, chromedp.Flag(name, value))
	}
	return out
}

func (c *chromium) open(ctx context.Context, url string) error {
	run, done := bound(ctx, c.page)
	defer done()
	return chromedp.Do(run, chromedp.Navigate(url))
}

// press clicks in the page's own coordinates. A further window gets no mouse: it may lie behind the page's.
func (c *chromium) press(ctx context.Context, frame string, at place) error {
	if frame != "" {
		text, err := c.evaluate(ctx, "", "JSON.stringify("+call(frameJS, frame)+")")
		if err != nil {
			return err
		}
		var offset place
		if err := json.Unmarshal([]byte(text), &offset); err != nil {
			return err
		}
		if offset.Why != "" {
			return fmt.Errorf("%w: %s", errLater, offset.Why)
		}
		at = place{X: at.X + offset.X, Y: at.Y + offset.Y}
	}
	run, done := bound(ctx, c.page)
	defer done()
	return chromedp.Do(run, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at.X, at.Y), chromedp.MouseClickXY(at.X, at.Y))
}

func (c *chromium) keys(ctx context.Context, keys string) error {
	run, done := bound(ctx, c.page)
	defer done()
	return chromedp.Do(run, chromedp.KeyEvent(keys))
}

func (c *chromium) shot(ctx context.Context) ([]byte, error) {
	run, done := bound(ctx, c.page)
	defer done()
	return chromedp.Run(run, chromedp.CaptureScreenshot())
}

// others are the windows that pages have opened.
func (c *chromium) others(ctx context.Context) ([]*target.Info, error) {
	run, done := bound(ctx, c.page)
	defer done()
	all, err := chromedp.Targets(run)
	own := chromedp.FromContext(c.page).Target
	return slices.DeleteFunc(all, func(t *target.Info) bool { return t.Type != "page" || own != nil && t.TargetID == own.TargetID }), err
}

func (c *chromium) windows(ctx context.Context) ([]string, error) {
	all, err := c.others(ctx)
	var urls []string
	for _, t := range all {
		urls = append(urls, t.URL)
	}
	return urls, err
}

// window is the further window whose URL contains part; nil if a frame of the page is meant, or nothing matches.
func (c *chromium) window(ctx context.Context, part string) (context.Context, error) {
	id, err := c.named(ctx, part)
	if id == "" || err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.further[id] == nil {
		at, _ := chromedp.NewContext(c.page, chromedp.WithTargetID(id), chromedp.WithDetachOnCancel()) // ends with the page
		c.further[id] = at
	}
	return c.further[id], nil
}

// named finds a further window by a part of its URL; "" if there is none.
func (c *chromium) named(ctx context.Context, part string) (target.ID, error) {
	if part == "" {
		return "", nil
	}
	all, err := c.others(ctx)
	if i := slices.IndexFunc(all, func(t *target.Info) bool { return strings.Contains(t.URL, part) }); err == nil && i >= 0 {
		return all[i].TargetID, nil
	}
	return "", err
}

func (c *chromium) closeWindow(ctx context.Context, part string) error {
	id, err := c.named(ctx, part)
	if err != nil {
		return err
	}
	if id == "" {
		return errLater
	}
	return chromedp.FromContext(c.page).Browser.Call(ctx, target.CommandCloseTarget, target.CloseTargetParams{TargetID: id}, nil)
}

// end stops the browser; gently, so that it writes its profile first.
func (c *chromium) end(gently bool) {
	if gently {
		ctx, cancel := context.WithTimeout(c.page, 10*time.Second)
		_ = chromedp.Cancel(ctx) // if it does not go gently, it goes
		cancel()
	}
	c.cancel()
}

// bound is the target's context, ended when ctx ends.
func bound(ctx, at context.Context) (context.Context, func()) {
	run, cancel := context.WithCancelCause(at)
	stop := context.AfterFunc(ctx, func() { cancel(ctx.Err()) })
	return run, func() { stop(); cancel(nil) }
}
