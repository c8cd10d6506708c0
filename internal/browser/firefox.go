package browser

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

var errNoFirefox = errors.New("no Firefox was found in PATH: install the package firefox-esr (Debian) or firefox")

func findFirefox() (string, error) {
	for _, name := range []string{"firefox-esr", "firefox"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoFirefox
}

// firefox is a Firefox driven over WebDriver BiDi.
type firefox struct {
	bidi *bidi
	cmd  *exec.Cmd
	gone chan struct{} // closed when the process has ended
	stop context.CancelFunc
	page string // the context of the page itself

	mu    sync.Mutex
	focus string // the context that was clicked last: it gets the keys
}

// startWithin bounds how long a Firefox may take to begin listening.
const startWithin = 60 * time.Second

func startFirefox(ctx context.Context, path, dir string, o Options) (engine, error) {
	if err := writeUserPrefs(dir, o.Prefs); err != nil {
		return nil, err
	}
	args := []string{"--remote-debugging-port=0", "--no-remote", "--profile", dir, fmt.Sprintf("--width=%d", o.Width), fmt.Sprintf("--height=%d", o.Height), "about:blank"}
	if o.Headless {
		args = append([]string{"--headless"}, args...)
	}
	life, stop := context.WithCancel(ctx)
	cmd := exec.CommandContext(life, path, args...)
	cmd.Env = append(append(os.Environ(), "TMPDIR="+temporary(dir), "MOZ_CRASHREPORTER_DISABLE=1"), o.Env...)
	cmd.WaitDelay = 5 * time.Second
	f := &firefox{cmd: cmd, gone: make(chan struct{}), stop: stop}
	out, err := cmd.StderrPipe()
	if err != nil {
		stop()
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		stop()
		return nil, err
	}
	heard := make(chan string, 1)
	go f.follow(out, heard)
	if err := f.begin(ctx, heard); err != nil {
		f.end(false)
		return nil, err
	}
	return f, nil
}

// follow reads what Firefox prints until it ends, and passes on where it listens.
func (f *firefox) follow(out io.Reader, heard chan<- string) {
	defer close(f.gone)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, at, ok := strings.Cut(lines.Text(), "WebDriver BiDi listening on "); ok {
			heard <- strings.TrimSpace(at)
			break
		}
	}
	_, _ = io.Copy(io.Discard, out)
	_ = f.cmd.Wait() // how it ends says nothing
}

func (f *firefox) begin(ctx context.Context, heard <-chan string) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	var err error
	select {
	case at := <-heard:
		f.bidi, err = dialBiDi(ctx, at+"/session")
	case <-f.gone:
		err = errors.New("it ended at once")
	case <-ctx.Done():
		err = fmt.Errorf("it never listened: %w", ctx.Err())
	}
	if err != nil {
		return err
	}
	begun := map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{"acceptInsecureCerts": true}}}
	if err := f.bidi.call(ctx, "session.new", begun, nil); err != nil {
		return err
	}
	all, err := f.tree(ctx)
	if err != nil {
		return err
	}
	f.page = all[0].Context
	return nil
}

// writeUserPrefs writes user.js: quiet at first start, and what is asked for.
func writeUserPrefs(dir string, prefs map[string]any) error {
	all := map[string]any{
		"browser.shell.checkDefaultBrowser": false, "browser.aboutwelcome.enabled": false, "datareporting.policy.dataSubmissionEnabled": false,
		"toolkit.telemetry.enabled": false, "app.update.enabled": false, "browser.startup.page": 0, "browser.startup.homepage_override.mstone": "ignore",
		"termsofuse.bypassNotification": true, "browser.sessionstore.resume_from_crash": false, "extensions.update.enabled": false,
		"network.captive-portal-service.enabled": false, "network.connectivity-service.enabled": false, "browser.region.update.enabled": false,
		"services.settings.server": "data:,", "extensions.getAddons.cache.enabled": false, "browser.safebrowsing.update.enabled": false,
		"ui.prefersReducedMotion": 1, "browser.tabs.inTitlebar": 0,
	}
	maps.Copy(all, prefs)
	var b strings.Builder
	for name, value := range all {
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "user_pref(%q, %s);\n", name, text)
	}
	return os.WriteFile(filepath.Join(dir, "user.js"), []byte(b.String()), 0o600)
}

// window is one node of the tree of windows and frames.
type window struct {
	Context  string   `json:"context"`
	URL      string   `json:"url"`
	Children []window `json:"children"`
}

func (f *firefox) tree(ctx context.Context) ([]window, error) {
	var got struct {
		Contexts []window `json:"contexts"`
	}
	if err := f.bidi.call(ctx, "browsingContext.getTree", map[string]any{}, &got); err != nil {
		return nil, err
	}
	if len(got.Contexts) == 0 {
		return nil, errors.New("it shows no page")
	}
	return got.Contexts, nil
}

// named finds a frame of the page or a further window by a part of its URL.
func (f *firefox) named(ctx context.Context, part string) (string, error) {
	if part == "" {
		return f.page, nil
	}
	all, err := f.tree(ctx)
	if err != nil {
		return "", err
	}
	for _, w := range all {
		if w.Context != f.page {
			if strings.Contains(w.URL, part) {
				return w.Context, nil
			}
			continue
		}
		for _, child := range w.Children {
			if strings.Contains(child.URL, part) {
				return child.Context, nil
			}
		}
	}
	return "", fmt.Errorf("%w: the frame is missing", errLater)
}

func (f *firefox) open(ctx context.Context, url string) error {
	return f.bidi.call(ctx, "browsingContext.navigate", map[string]any{"context": f.page, "url": url, "wait": "complete"}, nil)
}

func (f *firefox) evaluate(ctx context.Context, frame, expression string) (string, error) {
	at, err := f.named(ctx, frame)
	if err != nil {
		return "", err
	}
	var got struct {
		Type   string `json:"type"`
		Result struct {
			Value string `json:"value"`
		} `json:"result"`
		ExceptionDetails struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	ask := map[string]any{"expression": expression, "target": map[string]any{"context": at}, "awaitPromise": true}
	if err := f.bidi.call(ctx, "script.evaluate", ask, &got); err != nil {
		return "", err
	}
	if got.Type != "success" {
		return "", fmt.Errorf("the frame's script failed: %s", got.ExceptionDetails.Text)
	}
	return got.Result.Value, nil
}

func (f *firefox) press(ctx context.Context, frame string, at place) error {
	where, err := f.named(ctx, frame)
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.focus = where
	f.mu.Unlock()
	return f.bidi.call(ctx, "input.performActions", map[string]any{"context": where, "actions": []any{map[string]any{
		"type": "pointer", "id": "mouse", "parameters": map[string]any{"pointerType": "mouse"}, "actions": []any{
			map[string]any{"type": "pointerMove", "x": int(at.X), "y": int(at.Y)},
			map[string]any{"type": "pointerDown", "button": 0},
			map[string]any{"type": "pointerUp", "button": 0},
		},
	}}}, nil)
}

func (f *firefox) keys(ctx context.Context, keys string) error {
	var actions []any
	for _, r := range keys {
		for _, kind := range []string{"keyDown", "keyUp"} {
			actions = append(actions, map[string]any{"type": kind, "value": string(r)})
		}
	}
	f.mu.Lock()
	where := cmp.Or(f.focus, f.page)
	f.mu.Unlock()
	return f.bidi.call(ctx, "input.performActions", map[string]any{"context": where, "actions": []any{map[string]any{
		"type": "key", "id": "keyboard", "actions": actions,
	}}}, nil)
}

func (f *firefox) shot(ctx context.Context) ([]byte, error) {
	var got struct {
		Data string `json:"data"`
	}
	if err := f.bidi.call(ctx, "browsingContext.captureScreenshot", map[string]any{"context": f.page}, &got); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(got.Data)
}

func (f *firefox) windows(ctx context.Context) ([]string, error) {
	all, err := f.tree(ctx)
	var urls []string
	for _, w := range all {
		if w.Context != f.page {
			urls = append(urls, w.URL)
		}
	}
	return urls, err
}

func (f *firefox) closeWindow(ctx context.Context, part string) error {
	at, err := f.named(ctx, part)
	if err != nil {
		return err
	}
	return f.bidi.call(ctx, "browsingContext.close", map[string]any{"context": at}, nil)
}

// end stops the browser; gently, so that it writes its profile first.
func (f *firefox) end(gently bool) {
	if f.bidi != nil {
		if gently {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			_ = f.bidi.call(ctx, "browser.close", map[string]any{}, nil) // if it does not go gently, it goes
			select {
			case <-f.gone:
			case <-ctx.Done():
			}
		}
		f.bidi.close()
	}
	f.stop()
	<-f.gone
}
