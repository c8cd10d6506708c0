package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sidetone/internal/browserpolicy"
)

// healthy is a computer with nothing to mend.
func healthy() Facts {
	return Facts{
		Orgs: []string{"acme"}, WidgetHosts: []string{"widget.example.com"}, Folder: Folder{Path: "/data"},
		App: App{
			Running: true, Port: 17931, Lines: []Line{{ID: "main", State: "ready", Ready: true}},
			Pages: []Page{{Origin: "https://widget.example.com", Org: "acme", Used: time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)}},
		},
		Settings: Settings{Path: "/data/config.toml", Origins: []string{"https://widget.example.com"}},
		Ports:    []Port{{Number: 17931, Taken: []string{"127.0.0.1", "::1"}}, {Number: 17932}, {Number: 17933}}, SocketsSeen: true,
		Sockets: []Socket{{At: netip.MustParseAddrPort("127.0.0.1:17931")}, {At: netip.MustParseAddrPort("[::1]:17931")}, {At: netip.MustParseAddrPort("0.0.0.0:22")}},
		Probes:  []Probe{{At: "127.0.0.1:17931", What: "without an Origin", Want: 403, Got: 403}},
		Browsers: []Browser{
			{Name: "Chrome", Installed: true, Policy: map[string]any{browserpolicy.LoopbackAllowed: []any{"https://acme.kustomerapp.com"}}},
			{Name: "Firefox", Firefox: true, Installed: true, Policy: skipping("widget.example.com")}, {Name: "Edge"},
		},
	}
}

func skipping(hosts ...any) map[string]any {
	return map[string]any{browserpolicy.FirefoxLocal: map[string]any{browserpolicy.FirefoxSkip: hosts}}
}

func text(all []Finding) string {
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "%s %s: %s — %s\n", f.State, f.Check, f.Text, f.Fix)
	}
	return b.String()
}

func TestHealthyIsAllOK(t *testing.T) {
	all := Examine(healthy())
	if i := slices.IndexFunc(all, func(f Finding) bool { return f.State != OK || f.Fix != "" }); i >= 0 || len(all) != 11 || Ill(all) {
		t.Errorf("%d findings:\n%s", len(all), text(all))
	}
	for _, want := range []string{"last used on 2026-03-04", "listens on port 17931", "lets https://acme.kustomerapp.com reach"} {
		if !strings.Contains(text(all), want) {
			t.Errorf("no word of %q:\n%s", want, text(all))
		}
	}
}

func TestAilments(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*Facts)
		state State
		check string
		want  string
	}{
		{"no folder", func(f *Facts) { f.Folder.Missing = true }, Warn, "folder", "has not run"},
		{"locked folder", func(f *Facts) { f.Folder.Problem = "permission denied" }, Bad, "folder", "--data-dir"},
		{"not running", func(f *Facts) { f.App = App{} }, Warn, "app", "Start it"},
		{"dead socket", func(f *Facts) { f.App = App{Problem: "it took too long"} }, Bad, "app", "nobody answers"},
		{"settings", func(f *Facts) { f.Settings.Problem = "the settings are not used: line 3" }, Bad, "settings", "The settings are"},
		{"off", func(f *Facts) { f.Settings.Off = true }, Warn, "origins", "off = true"},
		{"no origins", func(f *Facts) { f.Settings.Origins = nil }, Bad, "origins", `origins = ["https://widget.example.com"]`},
		{"no origins, no host", func(f *Facts) { f.Settings.Origins, f.WidgetHosts = nil, nil }, Bad, "origins", "https://WIDGET-HOST"},
		{"other origin", func(f *Facts) { f.Settings.Origins = []string{"https://w.example.com"} }, Bad, "origins", "may not drive"},
		{"old page", func(f *Facts) { f.App.Pages[0].Origin = "https://old.example.com" }, Warn, "pairing", "forget"},
		{"no page", func(f *Facts) { f.App.Pages = nil }, Warn, "pairing", "kustomer connect"},
		{"a port is held", func(f *Facts) { f.Ports[1].Taken, f.Ports[1].Holder = []string{"::1"}, "nc (process 7)" }, Warn, "ports", "nc (process 7) on ::1"},
		{"all are held", func(f *Facts) {
			f.App = App{}
			for i := range f.Ports {
				f.Ports[i].Taken = []string{"127.0.0.1"}
			}
		}, Bad, "ports", "17931, 17932, 17933 are held"},
		{"it does not listen", func(f *Facts) { f.App.Port, f.App.Bridge = 0, "Other programs hold the ports." }, Bad, "bridge", "Other programs"},
		{"it does not listen and says nothing", func(f *Facts) { f.App.Port = 0 }, Bad, "bridge", "does not listen"},
		{"wrong answer", func(f *Facts) { f.Probes[0].Got = 101 }, Bad, "strangers", "answered with 101, and 403"},
		{"no answer", func(f *Facts) { f.Probes[0].Got, f.Probes[0].Problem = 0, "refused" }, Bad, "strangers", "refused"},
		{"tells too much", func(f *Facts) { f.Probes[0].More = "the header Server" }, Bad, "strangers", "header Server"},
		{"exposed", func(f *Facts) {
			f.Sockets = append(f.Sockets, Socket{At: netip.MustParseAddrPort("192.0.2.7:17931"), Holder: "socat (process 9)"})
		}, Bad, "exposure", "socat (process 9) offers"},
		{"exposed on all", func(f *Facts) { f.Sockets = append(f.Sockets, Socket{At: netip.MustParseAddrPort("[::]:17931")}) }, Bad, "exposure", "[::]:17931"},
		{"no keyring", func(f *Facts) { f.Keyring.None = true }, Warn, "keyring", "gnome-keyring"},
		{"locked keyring", func(f *Facts) { f.Keyring.Problem = "the keyring does not answer" }, Bad, "keyring", "The keyring does not answer."},
		{"no line", func(f *Facts) { f.App.Lines = nil }, Warn, "line", "[[account]]"},
		{"line down", func(f *Facts) { f.App.Lines = []Line{{ID: "main", State: "failed", Detail: "Wrong password."}} }, Bad, "line", "failed, Wrong password."},
		{"line on its way", func(f *Facts) { f.App.Lines = []Line{{ID: "main", Trying: true}} }, Warn, "line", "being registered"},
		{"no browser", func(f *Facts) { f.Browsers = nil }, Warn, "browser", "No browser"},
		{"torn policy", func(f *Facts) { f.Browsers[2].Problems = []string{"/etc/x.json: unexpected end"} }, Bad, "browser", "/etc/x.json"},
		{"two files", func(f *Facts) { f.Browsers[0].Twice = []string{browserpolicy.LoopbackAllowed} }, Warn, "browser", "only the last by name"},
	} {
		f := healthy()
		c.spoil(&f)
		all := Examine(f)
		found := slices.ContainsFunc(all, func(g Finding) bool {
			return g.State == c.state && g.Check == c.check && g.Fix != "" && strings.Contains(g.Text+" "+g.Fix, c.want)
		})
		if !found || Ill(all) != (c.state == Bad) {
			t.Errorf("%s: not %s %s %q in\n%s", c.name, c.state, c.check, c.want, text(all))
		}
	}
}

func TestPoliciesOfChromesFamily(t *testing.T) {
	const site, widget = "https://acme.kustomerapp.com", "https://widget.example.com"
	list := func(s ...any) []any { return s }
	for _, c := range []struct {
		name   string
		orgs   []string
		policy map[string]any
		states []State
		want   string
	}{
		{"none", []string{"acme"}, nil, []State{Warn}, "asked once"},
		{"allowed", []string{"acme"}, map[string]any{browserpolicy.LoopbackAllowed: list("[*.]kustomerapp.com")}, []State{OK}, site},
		{"the older, wider one", []string{"acme"}, map[string]any{browserpolicy.LocalAllowed: list(site)}, []State{OK}, browserpolicy.LocalAllowed},
		{"one of two", []string{"acme", "globex"}, map[string]any{browserpolicy.LoopbackAllowed: list(site)}, []State{OK, Warn}, "--org globex"},
		{"the classic mistake", []string{"acme"}, map[string]any{browserpolicy.LoopbackAllowed: list(widget)}, []State{Bad, Warn}, "does nothing"},
		{"both in the list", []string{"acme"}, map[string]any{browserpolicy.LoopbackAllowed: list(site, widget)}, []State{Bad, OK}, "does nothing"},
		{"blocked wins", []string{"acme"}, map[string]any{browserpolicy.LoopbackAllowed: list(site), browserpolicy.LoopbackBlocked: list("*")}, []State{Bad}, browserpolicy.LoopbackBlocked},
		{"the newer list wins over the older block", []string{"acme"}, map[string]any{browserpolicy.LoopbackAllowed: list(site), browserpolicy.LocalBlocked: list("*")}, []State{OK}, site},
		{"the older block wins over the older list", []string{"acme"}, map[string]any{browserpolicy.LocalAllowed: list(site), browserpolicy.LocalBlocked: list(site)}, []State{Bad}, "keeps"},
		{"everybody", []string{"acme"}, map[string]any{browserpolicy.LoopbackAllowed: list("*")}, []State{Warn, OK}, "every site"},
		{"switched off", []string{"acme"}, map[string]any{browserpolicy.OptOut: true}, []State{Warn, OK}, "Remove it"},
		{"nobody asked, none", nil, nil, []State{Warn}, "browser-policy"},
		{"nobody asked, one", nil, map[string]any{browserpolicy.LoopbackAllowed: list(site)}, []State{OK}, site},
		{"nobody asked, the mistake", nil, map[string]any{browserpolicy.LoopbackAllowed: list(widget)}, []State{Bad, OK}, "does nothing"},
		{"nobody asked, a block", nil, map[string]any{browserpolicy.LoopbackBlocked: list("[*.]example.net")}, []State{Warn}, "--org"},
		{"nonsense", []string{"acme"}, map[string]any{browserpolicy.LoopbackAllowed: "x", browserpolicy.LocalAllowed: list(7)}, []State{Warn}, "asked once"},
	} {
		got := chromium(Browser{Name: "Edge", Policy: c.policy}, Facts{Orgs: c.orgs, WidgetHosts: []string{"widget.example.com"}})
		check(t, c.name, got, c.states, c.want)
	}
}

func TestPoliciesOfFirefox(t *testing.T) {
	for _, c := range []struct {
		name   string
		policy map[string]any
		states []State
		want   string
	}{
		{"none", nil, []State{OK}, "without asking"},
		{"the widget", skipping("widget.example.com"), []State{OK}, "lets the widget"},
		{"a wildcard", skipping("*.example.com"), []State{OK}, "lets the widget"},
		{"this computer", skipping("127.0.0.1"), []State{Bad}, "every site on the web"},
		{"this computer and the widget", skipping("widget.example.com", "localhost"), []State{Bad, OK}, "every site on the web"},
		{"Kustomer instead", skipping("*.kustomerapp.com"), []State{Bad}, "does nothing"},
		{"switched off", map[string]any{browserpolicy.FirefoxLocal: map[string]any{"Enabled": false}}, []State{Warn}, "any site"},
		{"something else", map[string]any{"DisableAppUpdate": true}, []State{OK}, "No policy"},
	} {
		got := firefox(Browser{Name: "Firefox", Firefox: true, Policy: c.policy}, Facts{Orgs: []string{"acme"}, WidgetHosts: []string{"widget.example.com:8443"}})
		check(t, c.name, got, c.states, c.want)
	}
}

func check(t *testing.T, name string, got []Finding, states []State, want string) {
	t.Helper()
	var is []State
	for _, f := range got {
		is = append(is, f.State)
		if f.State != OK && f.Fix == "" {
			t.Errorf("%s: %q has no fix", name, f.Text)
		}
	}
	if !slices.Equal(is, states) || !strings.Contains(text(got), want) {
		t.Errorf("%s: want %v with %q:\n%s", name, states, want, text(got))
	}
}

// TestClosedBridgeIsNoAilment: before the first pairing the bridge answers nobody, and that is well.
func TestClosedBridgeIsNoAilment(t *testing.T) {
	f := healthy()
	f.App.Closed, f.App.Pages, f.Probes = true, nil, []Probe{{At: "127.0.0.1:17931", What: "without an Origin", Problem: "reset"}}
	for _, x := range Examine(f) {
		if x.State == Bad {
			t.Errorf("%+v", x)
		}
	}
}

// TestAdviceFitsTheLine: a password is no remedy for a certificate.
func TestAdviceFitsTheLine(t *testing.T) {
	for want, l := range map[string]Line{
		"When that is done":          {State: "unreachable", Detail: "The certificate of sip.example.com is self-signed: IT must add it to tls_ca."},
		"Check its address and pass": {State: "refused", Detail: "The server refused the password."},
		"Check the server's address": {State: "unreachable", Detail: "The server at sip.example.com does not answer."},
	} {
		f := healthy()
		l.ID = "main"
		f.App.Lines = []Line{l}
		if found := lines(f.App); len(found) != 1 || !strings.HasPrefix(found[0].Fix, want) {
			t.Errorf("%+v", found)
		}
	}
}
