package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sidetone/internal/bundle"
	"sidetone/internal/doctor"
)

func TestExport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	args := strings.Fields("kustomer export " + dir + " --host https://widget.example.com --queue acme_voice --org acme --ancestor https://desk.example.com --ports 20001,20002 --version 1.2.3 --status coaching=unavailable:Coaching --visibility public --support help@example.com")
	code, out, errs := ctl(t, args...)
	if code != exitOK || errs != "" || !strings.Contains(out, "app.json") || !strings.Contains(out, "/v1/apps/available") {
		t.Fatalf("%d %q %q", code, out, errs)
	}
	def, err := os.ReadFile(filepath.Join(dir, "app.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := bundle.Validate(def); err != nil || !strings.Contains(string(def), `"acme_voice"`) {
		t.Errorf("%v\n%s", err, def)
	}
	headers, err := os.ReadFile(filepath.Join(dir, "site", "_headers"))
	if err != nil || !strings.Contains(string(headers), "ws://127.0.0.1:20002") || !strings.Contains(string(headers), "https://desk.example.com") {
		t.Errorf("%v\n%s", err, headers)
	}
	var said string
	readme, err := os.ReadFile(filepath.Join(dir, "README.txt"))
	if _, after, ok := strings.Cut(string(readme), "sidetonectl kustomer export DIR "); err != nil || !ok {
		t.Fatalf("%v\n%s", err, readme)
	} else {
		said = strings.TrimSpace(after)
	}
	again := filepath.Join(t.TempDir(), "again")
	if code, _, errs := ctl(t, append([]string{"kustomer", "export", again}, strings.Fields(said)...)...); code != exitOK {
		t.Fatalf("%s: %d %q", said, code, errs)
	}
	for _, name := range []string{"README.txt", "app.json", "site/_headers", "site/config.json"} {
		first, err := os.ReadFile(filepath.Join(dir, name))
		if second, err2 := os.ReadFile(filepath.Join(again, name)); err != nil || err2 != nil || string(first) != string(second) {
			t.Errorf("%s: %v %v\n%s\n%s", name, err, err2, first, second)
		}
	}
	code, out, errs = ctl(t, append(args, "--json")...)
	var answer wrote
	if err := json.Unmarshal([]byte(out), &answer); err != nil || code != exitOK || errs != "" || answer.Folder != dir || len(answer.Next) != 7 || len(answer.Files) < 30 || strings.Count(out, "\n") != 1 {
		t.Errorf("%d %v %q %q", code, err, out, errs)
	}
}

func TestBrowserPolicy(t *testing.T) {
	t.Chdir(t.TempDir())
	args := strings.Fields("browser-policy --org acme --widget-host widget.example.com")
	code, out, errs := ctl(t, args...)
	if code != exitOK || errs != "" || !strings.Contains(out, "windows/sidetone.reg") {
		t.Fatalf("%d %q %q", code, out, errs)
	}
	if _, err := os.Stat("sidetone-browser-policy/linux/chrome/sidetone.json"); err != nil {
		t.Error(err)
	}
	plain, err := os.ReadFile("sidetone-browser-policy/windows/sidetone.reg")
	if err != nil || strings.Contains(string(plain), "Popups") {
		t.Errorf("%v %s", err, plain)
	}
	if code, _, errs := ctl(t, append(args, "other", "--popups", "--links", "--old-versions", "--not-delegated", "--org", "globex", "--ancestor", "https://desk.example.com")...); code != exitOK {
		t.Errorf("%d %q", code, errs)
	}
	all, err := os.ReadFile("other/linux/edge/sidetone.json")
	for _, want := range []string{"globex", "desk.example.com", "PopupsAllowedForUrls", "AutoLaunchProtocolsFromOrigins", "LocalNetworkAccessAllowedForUrls", "PermissionsPolicyDefaultEnabled"} {
		if err != nil || !strings.Contains(string(all), want) {
			t.Errorf("%v: no %s in %s", err, want, all)
		}
	}
}

func TestDoctor(t *testing.T) {
	dir, _ := serve(t)
	code, out, errs := ctl(t, "--data-dir", dir, "doctor", "--org", "acme")
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for _, l := range lines {
		if state, text, ok := strings.Cut(l, "  "); !ok || !strings.Contains("ok warn bad", strings.TrimSpace(state)) || text == "" {
			t.Errorf("%q is no finding", l)
		}
	}
	// The phone of this test has no bridge and its settings no origins: both are bad.
	if code != exitFailed || errs != "" || !strings.Contains(out, "bridge.origins is empty. — Put origins") || !strings.Contains(out, "ok    Line main is registered.") {
		t.Errorf("%d %q %q", code, out, errs)
	}
	code, out, _ = ctl(t, "doctor", "--data-dir", dir, "--json")
	var answer struct {
		OK       bool
		Findings []doctor.Finding
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil || code != exitFailed || answer.OK || len(answer.Findings) < 6 || strings.Count(out, "\n") != 1 {
		t.Errorf("%d %v %q", code, err, out)
	}
}

// TestDoctorIsContent: settings with an origin and a phone that does not run yet are nothing bad.
func TestDoctorIsContent(t *testing.T) {
	dir := t.TempDir()
	settings := filepath.Join(dir, "other.toml")
	if err := os.WriteFile(settings, []byte("[bridge]\norigins = [\"https://widget.example.com\"]\nports = [0]\noff = true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", dir)
	if code, out, errs := ctl(t, "--data-dir", dir, "doctor", "--config", settings); code != exitOK {
		t.Errorf("%d %q %q", code, out, errs)
	}
}

func TestRefusalsForIT(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "theirs.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	good := " --host https://widget.example.com --queue q"
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"kustomer export", exitUsage, "write: sidetonectl kustomer export DIR"},
		{"kustomer export a b" + good, exitUsage, "write: sidetonectl kustomer export DIR"},
		{"kustomer export " + full + good, exitFailed, "not empty"},
		{"kustomer export a --queue q", exitUsage, "--host is missing"},
		{"kustomer export a --host https://widget.example.com", exitUsage, "--queue is missing"},
		{"kustomer export a --ports x" + good, exitUsage, "See sidetonectl kustomer --help"},
		{"kustomer export a --ports 99999" + good, exitUsage, "from 1 to 65535"},
		{"kustomer pages --queue q", exitUsage, "-queue"},
		{"browser-policy --org acme", exitUsage, "--widget-host"},
		{"browser-policy a b", exitUsage, "write: sidetonectl browser-policy"},
		{"browser-policy " + full + " --org acme --widget-host widget.example.com", exitFailed, "not empty"},
		{"browser-policy --org a\"b --widget-host widget.example.com", exitUsage, "--org is"},
		{"doctor now", exitUsage, "flags only"}, {"doctor --org https://x", exitUsage, "--org is"}, {"doctor --widget-host 127.0.0.1", exitUsage, "--widget-host is"},
	} {
		t.Chdir(t.TempDir())
		code, out, errs := ctl(t, strings.Fields(c.args)...)
		if code != c.code || out != "" || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: %d %q %q", c.args, code, out, errs)
		}
		if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
			t.Errorf("%s left %v, %v", c.args, left, err)
		}
	}
}

// TestHelp: each command for IT has its own, every flag is in it, and no line is wider than a terminal.
func TestHelp(t *testing.T) {
	for args, want := range map[string]string{
		"--help": "browser-policy", "kustomer --help": "--ancestor", "kustomer export --help": "--visibility", "browser-policy --help": "--not-delegated", "doctor -h": "--config",
		"status --help": "Exit codes", "help": "browser-policy", "help doctor": "--config", "help resume": "  hold, resume ", "help log": "  log create C ", "help presence": "presence why",
		"dial -h": "  dial NUMBER ", "help --help": "help [COMMAND]", "--version": "sidetonectl 0.1.0\n", "--json --version": `{"version":"0.1.0"}`,
	} {
		code, out, errs := ctl(t, strings.Fields(args)...)
		if code != exitOK || errs != "" || !strings.Contains(out, want) {
			t.Errorf("%s: %d %q", args, code, out)
		}
		for _, l := range strings.Split(out, "\n") {
			if len(l) > 120 || len(l) > 80 && !strings.HasPrefix(l, "Exit codes") && !strings.Contains(out, "--json every answer") {
				t.Errorf("%s: %d characters: %s", args, len(l), l)
			}
		}
	}
}
