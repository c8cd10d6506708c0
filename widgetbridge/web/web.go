// Package web holds the widget, the settings page and the app definition: static files, embedded and exportable.
//
// The pages are plain HTML, CSS and ES modules; nothing is built. What differs from one house to the next (the external queue, the
// app's ports, the address of Kustomer's SDK, statuses of its own) reaches them through config.json beside them:
// {"queue","ports","sdk","statuses"}. Any static host over https can serve the files that Export writes, with the headers of Headers.
package web

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"

	"sidetone/assets"
)

// SDK is the address of Kustomer's own Cards SDK.
const SDK = "https://cdn.kustomerapp.com/card-js/latest/kustomer-card.min.js"

// DefaultQueue is the external queue's name when none is chosen; it is the key in a status's externalStatusMap.
const DefaultQueue = "sidetone_voice"

// ErrPort says that a port is not between 1 and 65535.
var ErrPort = errors.New("a port is a number from 1 to 65535")

// ErrPorts says that a list of ports is no list of places to look at, one after the other.
var ErrPorts = fmt.Errorf("name at most %d ports, each once", mostPorts)

const mostPorts = 10

//go:embed static
var files embed.FS

// Ports are the app's ports on the loopback address, in the order the widget tries them.
func Ports() []int { return []int{17931, 17932, 17933} }

// Options say what differs from one house to the next. The zero value is Kustomer itself with the default ports.
type Options struct {
	Queue     string   // the external queue; "" is DefaultQueue
	Ports     []int    // of the app, in order; none: Ports()
	SDK       string   // address of the Cards SDK, absolute or beside the pages; "" is SDK
	Ancestors []string // origins that may frame the pages; none: https://*.kustomerapp.com
	Statuses  []Status // what the organisation adds to Sidetone's own statuses
}

// Status is a softphone status of the organisation's own: an admin may map Kustomer's statuses to it.
type Status struct {
	ID     string `json:"id"`     // what Kustomer keeps: letters, digits, dashes
	Status string `json:"status"` // which of Sidetone's it is: available, busy, wrap-up, unavailable or offline
	Label  string `json:"label"`  // what people read
}

func builtIn() []string { return []string{"available", "busy", "wrap-up", "unavailable", "offline"} }

// ParseStatus reads "id=status:Label", as in "coaching=unavailable:Coaching". The error is a sentence.
func ParseStatus(text string) (Status, error) {
	id, rest, _ := strings.Cut(text, "=")
	kind, label, _ := strings.Cut(rest, ":")
	s := Status{ID: id, Status: kind, Label: strings.TrimSpace(label)}
	return s, s.check()
}

func (s Status) check() error {
	word := s.ID != "" && len(s.ID) <= 64 && strings.Trim(s.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
	switch {
	case !word || slices.Contains(builtIn(), s.ID):
		return fmt.Errorf("%q is not a name for a status: use lower-case letters, digits and dashes, and none of Sidetone's own", s.ID)
	case !slices.Contains(builtIn(), s.Status):
		return fmt.Errorf("the status %s is %q: say which of %s it is, as in %s=unavailable:Coaching", s.ID, s.Status, strings.Join(builtIn(), ", "), s.ID)
	case s.Label == "" || len(s.Label) > 64 || strings.ContainsFunc(s.Label, unicode.IsControl):
		return fmt.Errorf("the status %s needs a label of 1 to 64 letters, as in %s=%s:Coaching", s.ID, s.ID, s.Status)
	}
	return nil
}

func (o Options) filled() Options {
	if o.Queue == "" {
		o.Queue = DefaultQueue
	}
	if len(o.Ports) == 0 {
		o.Ports = Ports()
	}
	if o.SDK == "" {
		o.SDK = SDK
	}
	if len(o.Ancestors) == 0 {
		o.Ancestors = []string{"https://*.kustomerapp.com"}
	}
	return o
}

func (o Options) check() error {
	if i := slices.IndexFunc(o.Ports, func(p int) bool { return p < 1 || p > 65535 }); i >= 0 {
		return fmt.Errorf("%d: %w", o.Ports[i], ErrPort)
	}
	if len(o.Ports) > mostPorts || len(slices.Compact(slices.Sorted(slices.Values(o.Ports)))) < len(o.Ports) {
		return ErrPorts
	}
	for i, s := range o.Statuses {
		if err := s.check(); err != nil {
			return err
		}
		if slices.ContainsFunc(o.Statuses[:i], func(t Status) bool { return t.ID == s.ID }) {
			return fmt.Errorf("the status %s is named twice", s.ID)
		}
	}
	for _, s := range append([]string{o.SDK}, o.Ancestors...) {
		if strings.ContainsAny(s, " ;,\r\n'\"") {
			return fmt.Errorf("%q is not an address: it holds a space, a quote, a comma or a semicolon", s)
		}
	}
	return nil
}

// Config is the content of config.json.
func Config(o Options) ([]byte, error) {
	o = o.filled()
	if err := o.check(); err != nil {
		return nil, err
	}
	return json.MarshalIndent(map[string]any{
		"queue": o.Queue, "ports": o.Ports, "sdk": o.SDK, "statuses": append([]Status{}, o.Statuses...),
	}, "", "  ")
}

// Headers are the response headers every page needs. They let scripts come only from the pages' own origin and the SDK's,
// connections go only to the app's ports, and only Kustomer frame the pages.
func Headers(o Options) (http.Header, error) {
	o = o.filled()
	if err := o.check(); err != nil {
		return nil, err
	}
	connect := []string{"'self'"}
	for _, p := range o.Ports {
		connect = append(connect, fmt.Sprintf("ws://127.0.0.1:%d", p))
	}
	csp := []string{
		"default-src 'none'", "script-src " + strings.TrimSpace("'self' "+origin(o.SDK)), "style-src 'self'", "img-src 'self'",
		"connect-src " + strings.Join(connect, " "), "base-uri 'none'", "form-action 'none'", "frame-ancestors " + strings.Join(o.Ancestors, " "),
	}
	return http.Header{
		"Content-Security-Policy": {strings.Join(csp, "; ")},
		"X-Content-Type-Options":  {"nosniff"},
		"Referrer-Policy":         {"no-referrer"},
		"Cache-Control":           {"no-cache"},
	}, nil
}

// origin is scheme and host of an absolute address, or "" for one beside the pages.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// Files returns every file of the pages by its name, config.json and logo.svg among them.
func Files(o Options) (map[string][]byte, error) {
	config, err := Config(o)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{"config.json": config, "mark.svg": assets.Mark(), "logo.svg": assets.Logo(), "icon.png": assets.AppIcon()}
	for _, name := range icons() {
		out["icons/"+name+".svg"] = assets.Icon(name)
	}
	for _, name := range []string{"available", "busy", "wrap-up", "unavailable", "offline", "ringing"} {
		out["shapes/"+name+".svg"] = assets.Shape(name)
	}
	err = fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(name)
		out[strings.TrimPrefix(name, "static/")] = b
		return err
	})
	return out, err
}

// icons are the line icons the pages use.
func icons() []string {
	return []string{"check", "chevron-down", "close", "hang-up", "hold", "incoming", "keypad", "link", "mic", "mic-off", "missed", "outgoing", "phone", "resume", "timer", "warning"}
}

// Handler serves the pages at /widget.html and /settings.html with the headers of Headers. It fails on options that would break
// a header.
func Handler(o Options) (http.Handler, error) {
	all, err := Files(o)
	if err != nil {
		return nil, err
	}
	headers, err := Headers(o)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := all[strings.TrimPrefix(r.URL.Path, "/")]
		for name, values := range headers {
			w.Header()[name] = values
		}
		if !ok {
			http.Error(w, "There is no such page.", http.StatusNotFound)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "Pages are only read.", http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", kind(r.URL.Path))
		_, _ = w.Write(body)
	}), nil
}

// kind is the media type of a file. The system's own table is not asked: it differs from one machine to the next.
func kind(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".json":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	}
	return "application/octet-stream"
}
