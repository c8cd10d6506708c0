package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"sidetone/widgetbridge/web"
)

func acme() Request {
	return Request{Host: "https://widget.example.com", Queue: "acme_voice", Orgs: []string{"acme"}, Support: "help@example.com"}
}

func TestBundleIsWhole(t *testing.T) {
	r := acme()
	r.Ancestors, r.Ports, r.Version, r.SDK = []string{"https://desk.example.com"}, []int{20001}, "1.2.3", "https://sdk.example.com/card.js"
	files, err := Files(r)
	if err != nil {
		t.Fatal(err)
	}
	for name, has := range map[string]string{
		"app.json": `"version": "1.2.3"`, "site/widget.html": "<html", "site/settings.html": "<html", "site/icon.png": "PNG",
		"site/config.json": "20001", "site/js/widget.js": "import", "site/_headers": "https://*.kustomerapp.com https://acme.kustomerapp.com https://desk.example.com",
		"server/nginx.conf": "ws://127.0.0.1:20001", "server/apache.conf": "https://sdk.example.com", "server/Caddyfile": "widget.example.com {",
		"README.txt": "--org acme --ancestor https://desk.example.com --widget-host widget.example.com",
	} {
		if !strings.Contains(string(files[name]), has) {
			t.Errorf("%s lacks %q:\n%s", name, has, files[name])
		}
	}
	again, err := Files(r)
	if err != nil || !maps.EqualFunc(files, again, bytes.Equal) {
		t.Error("the same request gives other bytes", err)
	}
}

// TestUsualPortIsLeftOut: browsers name a site without it, and the origins of the pages must be the same.
func TestUsualPortIsLeftOut(t *testing.T) {
	with, without := acme(), acme()
	with.Host += ":443"
	a, err := Files(with)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := Files(without); err != nil || !maps.EqualFunc(a, b, bytes.Equal) {
		t.Error("the bundle is another one", err)
	}
}

func TestBundleRefuses(t *testing.T) {
	for name, change := range map[string]func(*Request){
		"no host": func(r *Request) { r.Host = "" }, "http": func(r *Request) { r.Host = "http://widget.example.com" },
		"a path": func(r *Request) { r.Host += "/widget" }, "an address": func(r *Request) { r.Host = "https://127.0.0.1" },
		"one label": func(r *Request) { r.Host = "https://widget" }, "a line": func(r *Request) { r.Host += "\n}" }, "capitals": func(r *Request) { r.Host = "https://Widget.example.com" },
		"no queue": func(r *Request) { r.Queue = "" }, "a queue with a quote": func(r *Request) { r.Queue = `a"b` },
		"visibility": func(r *Request) { r.Visibility = "secret" }, "version": func(r *Request) { r.Version = "1" }, "version with a zero": func(r *Request) { r.Version = "01.2.3" },
		"support": func(r *Request) { r.Support = "nobody" }, "org as address": func(r *Request) { r.Orgs = []string{"https://acme.kustomerapp.com"} },
		"org with a wildcard": func(r *Request) { r.Orgs = []string{"*"} }, "ancestor": func(r *Request) { r.Ancestors = []string{"https://a.example.com; script-src *"} },
		"ancestor over http": func(r *Request) { r.Ancestors = []string{"http://desk.example.com"} }, "everybody as ancestor": func(r *Request) { r.Ancestors = []string{"*"} },
		"sdk": func(r *Request) { r.SDK = "http://sdk.example.com/card.js" }, "port": func(r *Request) { r.Ports = []int{70000} },
		"port zero": func(r *Request) { r.Ports = []int{0} }, "a port twice": func(r *Request) { r.Ports = []int{17931, 17932, 17931} },
		"many ports": func(r *Request) { r.Ports = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11} }, "the host's port": func(r *Request) { r.Host += ":99999" },
		"the host's port with a zero": func(r *Request) { r.Host += ":0443" }, "an ancestor's port": func(r *Request) { r.Ancestors = []string{"https://desk.example.com:0"} },
		"a huge version": func(r *Request) { r.Version = "99999999999999999999.0.0" },
	} {
		r := acme()
		change(&r)
		if _, err := Files(r); !errors.Is(err, ErrWrong) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSchemaIsStrict changes one thing of a good definition at a time.
func TestSchemaIsStrict(t *testing.T) {
	good, err := web.AppDefinition(web.Definition{Host: "widget.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if err := Validate(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(d, widget map[string]any){
		"exernalQueue":                 func(d, _ map[string]any) { d["meta"] = map[string]any{"exernalQueue": "x"} },
		"color":                        func(d, _ map[string]any) { d["color"] = "red" },
		"app":                          func(d, _ map[string]any) { d["app"] = "side-tone" },
		"title":                        func(d, _ map[string]any) { delete(d, "title") },
		"widgets":                      func(d, _ map[string]any) { d["widgets"] = []any{} },
		"/widgets/0/url":               func(_, w map[string]any) { w["url"] = "widget.example.com/widget.html" },
		"/widgets/0/width":             func(_, w map[string]any) { w["width"] = "600" },
		"/widgets/0/iframePermissions": func(_, w map[string]any) { w["iframePermissions"] = "microphone *;" },
		"/widgets/0/backgroundLoad":    func(_, w map[string]any) { w["backgroundLoad"] = false },
		"sandbox":                      func(_, w map[string]any) { w["sandbox"] = "" },
		"dataSubscriptions":            func(d, _ map[string]any) { d["dataSubscriptions"] = []any{"click-to-dial"} },
		"appDetails":                   func(d, _ map[string]any) { d["appDetails"] = map[string]any{} },
	} {
		var d map[string]any
		if err := json.Unmarshal(good, &d); err != nil {
			t.Fatal(err)
		}
		change(d, d["widgets"].([]any)[0].(map[string]any))
		bad, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if err := Validate(bad); !errors.Is(err, ErrSchema) || name != "exernalQueue" && !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Validate([]byte("{")); !errors.Is(err, ErrSchema) {
		t.Error(err)
	}
}

func TestFlagsAreForAShell(t *testing.T) {
	r := Request{Host: "https://w.example.com", Queue: "our queue", Statuses: Statuses{{ID: "a", Status: "busy", Label: "It's on"}}, Ports: []int{1, 2}}
	if got := r.Flags(); got != ` --host https://w.example.com --queue 'our queue' --ports 1,2 --status 'a=busy:It'\''s on'` {
		t.Errorf("%s", got)
	}
	if got := (Request{Ancestors: []string{"https://*.example.com", "https://desk.example.com"}}).policyFlags(); got != " --ancestor https://desk.example.com" {
		t.Errorf("%s", got)
	}
}
