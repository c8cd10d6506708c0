// Package sdkrecord finds out what Kustomer's Cards SDK posts and reads: it runs the SDK in a frame and listens as Kustomer would.
package sdkrecord

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"

	"sidetone/internal/browser"
)

//go:embed static
var files embed.FS

// Recording is what a visit has found.
type Recording struct {
	SDK       string          `json:"sdk"`
	SHA256    string          `json:"sha256"` // of the script
	Bytes     int             `json:"bytes"`
	At        time.Time       `json:"at"`
	Methods   []string        `json:"methods"` // of window.Kustomer
	Calls     map[string]Call `json:"calls"`   // by method
	Events    []Event         `json:"events"`  // which messages of Kustomer reach which callback
	Listeners []string        `json:"listeners"`
}

// Call is what came of calling a method.
type Call struct {
	Missing bool              `json:"missing,omitempty"` // the SDK has no such method
	Threw   string            `json:"threw,omitempty"`
	Promise bool              `json:"promise,omitempty"` // it returned one
	Value   json.RawMessage   `json:"value,omitempty"`
	Posted  []json.RawMessage `json:"posted,omitempty"` // what it sent to Kustomer's window, with the origin it came from
}

// Event is a message type that made a callback run.
type Event struct {
	Name  string `json:"name"`            // as given to Kustomer.on
	Type  string `json:"type"`            // of the message
	Field string `json:"field,omitempty"` // whose value the callback was given; "" is the whole message, or something made of it
	Args  string `json:"args"`
}

// Record loads the script into a frame of a page that plays Kustomer, calls each method, and tries which messages reach which
// callback: every name that stands in the script is tried. It takes a minute or so.
func Record(ctx context.Context, sdk string) (Recording, error) {
	r := Recording{SDK: sdk, At: time.Now().UTC().Truncate(time.Second), Calls: map[string]Call{}}
	script, err := fetch(ctx, sdk)
	if err != nil {
		return r, err
	}
	sum := sha256.Sum256(script)
	r.SHA256, r.Bytes = hex.EncodeToString(sum[:]), len(script)
	v := &visit{ctx: ctx, recording: &r}
	err = v.open(sdk)
	if err == nil {
		err = v.calls()
	}
	if err == nil {
		err = v.events(names(script))
	}
	return r, errors.Join(err, v.close())
}

func fetch(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("%q is not the address of a script: write it as https://host/path", address)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the SDK cannot be fetched: %w. Run this where the internet can be reached", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the SDK cannot be fetched: %s answers %s", u.Host, answer.Status)
	}
	const most = 8 << 20
	return io.ReadAll(io.LimitReader(answer.Body, most))
}

// names are the texts of a script that look like the name of a message: NUMBER_DIALED, number-dialed.
func names(script []byte) []string {
	var out []string
	for _, m := range regexp.MustCompile("[\"'`]([A-Za-z][A-Za-z0-9]*(?:[-_.:][A-Za-z0-9]+)*)[\"'`]").FindAllSubmatch(script, -1) {
		if s := string(m[1]); len(s) > 2 && len(s) < 64 {
			out = append(out, s)
		}
	}
	out = append(out, "number-dialed", "routing-status-change", "NUMBER_DIALED", "ROUTING_STATUS_CHANGE")
	slices.Sort(out)
	return slices.Compact(out)
}

// visit is a browser on the two pages.
type visit struct {
	ctx       context.Context
	chrome    *browser.Browser
	recording *Recording
	undo      []func() error
}

func (v *visit) close() error {
	var errs []error
	for _, f := range slices.Backward(v.undo) {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// card is what the frame with the SDK is known by.
const card = "/card.html"

func (v *visit) open(sdk string) error {
	host, err := v.serve("acme")
	if err != nil {
		return err
	}
	pages, err := v.serve("recorder")
	if err != nil {
		return err
	}
	at := host + "/parent.html?card=" + url.QueryEscape(pages+card+"?sdk="+url.QueryEscape(sdk))
	v.chrome, err = browser.Start(context.WithoutCancel(v.ctx), browser.Options{Headless: true, URL: at, Width: 900, Height: 600})
	if err != nil {
		return err
	}
	v.undo = append(v.undo, v.chrome.Close)
	if err := v.chrome.WaitEval(v.ctx, card, `tape.state !== "loading"`); err != nil {
		return err
	}
	var state string
	if err := v.chrome.Eval(v.ctx, card, "tape.state", &state); err != nil {
		return err
	}
	if state != "ready" {
		return fmt.Errorf("the SDK does not run in the recorder's page: %s", state)
	}
	return errors.Join(v.chrome.Eval(v.ctx, card, "tape.methods", &v.recording.Methods), v.chrome.Eval(v.ctx, card, "tape.listeners", &v.recording.Listeners))
}

// serve gives the recorder's pages an origin of their own.
func (v *visit) serve(name string) (origin string, err error) {
	static, err := fs.Sub(files, "static")
	if err != nil {
		return "", err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := &http.Server{Handler: http.FileServerFS(static), ReadHeaderTimeout: 5 * time.Second}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	v.undo = append(v.undo, func() error {
		err := s.Close()
		<-done
		return err
	})
	return fmt.Sprintf("http://%s.localhost:%d", name, ln.Addr().(*net.TCPAddr).Port), nil
}
