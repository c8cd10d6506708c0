package web

import (
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestAppDefinitionIsGolden(t *testing.T) {
	got, err := AppDefinition(Definition{Host: "widget.example.com", Support: "help@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "app.json")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("the definition has changed:\n%s", got)
	}
	if !json.Valid(got) {
		t.Error("it is not valid JSON")
	}
}

func TestAppDefinitionRefuses(t *testing.T) {
	for name, d := range map[string]Definition{
		"no host": {}, "a URL as host": {Host: "https://widget.example.com"}, "a dash": {Host: "a.example.com", AppID: "side-tone"},
		"a version": {Host: "a.example.com", Version: "1"}, "visibility": {Host: "a.example.com", Visibility: "secret"},
		"queue": {Host: "a.example.com", Queue: "a b"},
	} {
		if _, err := AppDefinition(d); !errors.Is(err, ErrDefinition) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestHandlerServesWithHeaders(t *testing.T) {
	h, err := Handler(Options{Ports: []int{1234}, Ancestors: []string{"http://acme.localhost:8080"}})
	if err != nil {
		t.Fatal(err)
	}
	w := get(t, h, "/widget.html")
	csp := w.Header().Get("Content-Security-Policy")
	for _, part := range []string{
		"script-src 'self' https://cdn.kustomerapp.com;", "connect-src 'self' ws://127.0.0.1:1234;", "frame-ancestors http://acme.localhost:8080", "default-src 'none'",
	} {
		if !strings.Contains(csp+";", part) {
			t.Errorf("the policy lacks %q: %s", part, csp)
		}
	}
	if w.Code != 200 || w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%d, headers %v", w.Code, w.Header())
	}
	if w := get(t, h, "/nothing"); w.Code != 404 {
		t.Errorf("a page that does not exist answers %d", w.Code)
	}
	var c struct {
		Queue, SDK string
		Ports      []int
	}
	if err := json.Unmarshal(get(t, h, "/config.json").Body.Bytes(), &c); err != nil || c.Queue != DefaultQueue || c.SDK != SDK || c.Ports[0] != 1234 {
		t.Errorf("the configuration is %+v, %v", c, err)
	}
	if _, err := Handler(Options{Ports: []int{0, 70000}}); !errors.Is(err, ErrPort) {
		t.Errorf("a port out of range: %v", err)
	}
	if _, err := Handler(Options{Ancestors: []string{"https://a; script-src *"}}); err == nil {
		t.Error("an ancestor breaks out of its header")
	}
}

func TestPagesAreSelfContained(t *testing.T) {
	all, err := Files(Options{})
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`(?:src|href)="([^"]+)"|url\("([^"]+)"\)|from "\./([^"]+)"`)
	for name, b := range all {
		text := string(b)
		speaks := strings.Contains(text, "postMessage") && name != "js/pipe.js" // which speaks to the app's own window
		if strings.HasSuffix(name, ".js") && (strings.Contains(text, "innerHTML") || speaks) {
			t.Errorf("%s writes markup or speaks past the SDK", name)
		}
		if strings.HasSuffix(name, ".html") && regexp.MustCompile(`<style|style=|\son\w+=|<script>`).MatchString(text) {
			t.Errorf("%s has inline script or style", name)
		}
		if !regexp.MustCompile(`\.(js|css|html)$`).MatchString(name) {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			to := m[1] + m[2]
			if m[3] != "" {
				to = "js/" + m[3]
			}
			if all[to] == nil && !strings.Contains(to, "${") && to != "sidetone:" { // starts the program
				t.Errorf("%s names %s, which is not there", name, to)
			}
		}
	}
}

func TestOwnStatuses(t *testing.T) {
	for text, want := range map[string]string{
		"coaching=unavailable:Coaching": "", "x=busy:  On a visit ": "", "busy=busy:Busy": "none of Sidetone's own", "Coaching=busy:C": "lower-case",
		"=busy:C": "lower-case", "c=away:C": "say which of", "c=busy": "needs a label", "c=busy:a\nb": "needs a label", "c": "say which of",
	} {
		s, err := ParseStatus(text)
		if want == "" && (err != nil || s.Label == "" || s.Label != strings.TrimSpace(s.Label)) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %+v %v", text, s, err)
		}
	}
	own := Status{ID: "coaching", Status: "unavailable", Label: "Coaching"}
	if _, err := Config(Options{Statuses: []Status{own, own}}); err == nil || !strings.Contains(err.Error(), "named twice") {
		t.Error(err)
	}
	b, err := Config(Options{Statuses: []Status{own}})
	if err != nil || !strings.Contains(string(b), `"id": "coaching"`) {
		t.Errorf("%s %v", b, err)
	}
}
