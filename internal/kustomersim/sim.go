// Package kustomersim is a pretend Kustomer: host page, Cards SDK, routing and customer API, recorder of what was said.
//
// It follows what is publicly known of Kustomer; what is not known (the wire names of the voice events, static/names.json) is a
// guess and marked as one. It serves two origins, so that origin checks are really exercised: the host page, whose first host
// label is the organisation, and the pages of the app under test with the stand-in SDK. All people and numbers are invented.
package kustomersim

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"sidetone/assets"
)

//go:embed static
var files embed.FS

// realSDK is where Kustomer publishes its own Cards SDK.
const realSDK = "https://cdn.kustomerapp.com/card-js/latest/kustomer-card.min.js"

// ErrConfig says that a Config lacks something.
var ErrConfig = errors.New("the pretend Kustomer cannot start")

// Config says which app is installed in the pretend Kustomer.
type Config struct {
	Org               string                    // the organisation, "acme"; "" is "acme"
	WidgetURL         string                    // absolute address of the widget
	SettingsURL       string                    // absolute address of the settings page
	IframePermissions string                    // becomes the allow attribute of both frames, verbatim
	Queue             string                    // the external queue; only shown
	CallAgent         func(number string) error // lets a customer with this number call the agent; nil hides the buttons
}

// Sim is one pretend Kustomer with one agent. Its methods may be called from any goroutine.
type Sim struct {
	config   Config
	recorder *Recorder

	mu      sync.Mutex
	routing *routing
	records *records
	faults  Faults
	pushes  int           // how often an app asked for another status
	changes []change      // of the agent's status, oldest first
	changed chan struct{} // closed and replaced with each of them
}

// change is one change of the agent's status, as every open page of Kustomer hears of it.
type change struct {
	Status  map[string]any `json:"status"`
	Session map[string]any `json:"session"`
	Wished  bool           `json:"wished"` // by a widget
}

// Faults are the knobs that make Kustomer behave badly. The zero value with Echo on is good behaviour.
type Faults struct {
	LatencyMS     int    `json:"latencyMs"`     // before an API answer, 0 to 60000
	API           string `json:"api"`           // "", "no-answer", "lost" (done, but not answered), "401", "403", "404", "409", "429", "500" or "malformed"
	Only          string `json:"only"`          // API fails only for requests whose "METHOD /path" contains this; "" is all
	WithoutAccess bool   `json:"withoutAccess"` // leaves the loopback permission out of the frames
	Number        string `json:"number"`        // shape of number-dialed: "string", "number", "phone", "empty" or "null"
	Status        string `json:"status"`        // shape of routing-status-change: "resource", "id", "name", "object", "type" or "session"
	Echo          bool   `json:"echo"`          // a requested status comes back as routing-status-change
	EchoMS        int    `json:"echoMs"`        // delay of that echo, 0 to 60000
	Push          string `json:"push"`          // of requested statuses: "", "ignore", "late", "refuse" or "hang"; the last two when a page is loaded
	PushMS        int    `json:"pushMs"`        // how late, 0 to 60000
	RealSDK       bool   `json:"realSdk"`       // the pages load Kustomer's own SDK from the internet
}

// New returns a pretend Kustomer whose agent is offline. It fails with ErrConfig on addresses that are not absolute.
func New(c Config) (*Sim, error) {
	if c.Org == "" {
		c.Org = "acme"
	}
	for _, address := range []string{c.WidgetURL, c.SettingsURL} {
		if u, err := url.Parse(address); err != nil || u.Host == "" {
			return nil, fmt.Errorf("%w: %q is not an absolute address", ErrConfig, address)
		}
	}
	return &Sim{
		config: c, recorder: newRecorder(), routing: newRouting(), records: newRecords(time.Now()), changed: make(chan struct{}),
		faults: Faults{Number: "string", Status: "resource", Echo: true, EchoMS: 50},
	}, nil
}

// Recorder returns what was said between the host page and the frames.
func (s *Sim) Recorder() *Recorder { return s.recorder }

// AgentStatus is the name of the agent's status in Kustomer: "Available", "Busy", "Lunch".
func (s *Sim) AgentStatus() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.routing.now().Name
}

// Pushes is how often an app has asked for another status of the agent.
func (s *Sim) Pushes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pushes
}

// WaitStatus waits until the agent's status has this name. It fails when ctx ends and says what the status is instead.
func (s *Sim) WaitStatus(ctx context.Context, name string) error {
	for {
		s.mu.Lock()
		now, changed := s.routing.now().Name, s.changed
		s.mu.Unlock()
		if now == name {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the agent is %s in Kustomer, not %s: %w", now, name, ctx.Err())
		}
	}
}

// SetFaults turns the knobs. Knobs of the frames take effect when the host page is loaded again.
func (s *Sim) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// Faults returns how the knobs stand.
func (s *Sim) Faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// ExternalStatusMap returns what a status, by id, means to each external queue. It is a copy; nil when there is no such status.
func (s *Sim) ExternalStatusMap(id string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.routing.mapOf(id)
}

// SetExternalStatusMap sets what a status means to each external queue, as another app would.
func (s *Sim) SetExternalStatusMap(id string, m map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.routing.setMap(id, m)
}

// AddStatuses makes n further statuses of the organisation's own, named "Own status 1" and on.
func (s *Sim) AddStatuses(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range n {
		id := fmt.Sprintf("status-own-%d", i+1)
		s.routing.statuses = append(s.routing.statuses, status{ID: id, Name: fmt.Sprintf("Own status %d", i+1), Type: "unavailable", Map: map[string]string{otherQueue: "ext-" + id}})
	}
}

// DeleteStatus takes a status out of the organisation; the agent must have another one.
func (s *Sim) DeleteStatus(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.routing.statuses = slices.DeleteFunc(s.routing.statuses, func(x status) bool { return x.ID == id })
}

// MissOffer makes the agent Unavailable, as Kustomer does when an offered conversation is not taken. Silent: no event tells of it.
func (s *Sim) MissOffer(silent bool) {
	s.set(func(st status) bool { return st.Type == "unavailable" && st.System }, !silent, false)
}

// setStatus makes a status the agent's without telling any page. It says whether there is such a status.
func (s *Sim) setStatus(pick func(status) bool) (status, bool) { return s.set(pick, false, false) }

func (s *Sim) set(pick func(status) bool, tell, wished bool) (status, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.routing.choose(pick)
	if !ok {
		return found, false
	}
	if tell {
		s.changes = append(s.changes, change{found.resource(), s.routing.session(), wished})
	}
	close(s.changed)
	s.changed = make(chan struct{})
	return found, true
}

// Pages serves the app's own pages, given by the handler, together with the stand-in SDK at /kustomer-card.js.
func (s *Sim) Pages(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isReal := s.Faults().RealSDK
		if r.URL.Path == "/kustomer-card.js" {
			if isReal {
				http.Redirect(w, r, realSDK, http.StatusFound)
				return
			}
			s.sdk(w)
			return
		}
		if isReal {
			w = &wider{ResponseWriter: w}
		}
		pages.ServeHTTP(w, r)
	})
}

// wider lets a page load Kustomer's own SDK although its policy names only the stand-in.
type wider struct{ http.ResponseWriter }

func (w *wider) Write(b []byte) (int, error) {
	const name = "Content-Security-Policy"
	h := w.Header()
	h.Set(name, strings.Replace(h.Get(name), "script-src 'self'", "script-src 'self' https://cdn.kustomerapp.com", 1))
	return w.ResponseWriter.Write(b)
}

// sdk writes the stand-in with the names it shall use.
func (s *Sim) sdk(w http.ResponseWriter) {
	script, err := files.ReadFile("static/kustomer-card.js")
	names, err2 := files.ReadFile("static/names.json")
	if err := errors.Join(err, err2); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	push, err := json.Marshal(s.Faults().Push)
	if err != nil {
		push = []byte(`""`)
	}
	_, _ = w.Write([]byte(strings.NewReplacer("/*NAMES*/ {}", string(names), `/*PUSH*/ ""`, string(push)).Replace(string(script))))
}

// Host serves the host page. Serve it at http://ORG.localhost:PORT.
func (s *Sim) Host() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /lab/state", s.labState)
	mux.HandleFunc("GET /lab/customer/{id}", s.labTimeline)
	mux.HandleFunc("POST /lab/request", s.labRequest)
	mux.HandleFunc("GET /lab/changes", s.labChanges)
	mux.HandleFunc("POST /lab/log", s.labLog)
	mux.HandleFunc("POST /lab/status", s.labStatus)
	mux.HandleFunc("POST /lab/want", s.labWant)
	mux.HandleFunc("POST /lab/faults", s.labFaults)
	mux.HandleFunc("POST /lab/call", s.labCall)
	mux.HandleFunc("GET /phone.svg", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = w.Write(assets.Icon("phone"))
	})
	static, err := fs.Sub(files, "static")
	if err != nil {
		panic(err) // the folder is embedded
	}
	mux.Handle("GET /", noStore(http.FileServerFS(static)))
	return sameOrigin(mux)
}

func noStore(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		h.ServeHTTP(w, r)
	})
}

// sameOrigin keeps other pages of the same browser from turning the knobs.
func sameOrigin(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o := r.Header.Get("Origin"); r.Method == http.MethodPost && o != "" && o != "http://"+r.Host {
			http.Error(w, "This page is not the host page.", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func reply(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v)
}
