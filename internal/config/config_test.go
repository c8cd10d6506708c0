package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sidetone/internal/call"
)

const whole = `
[[account]]
id = "main"
address = "sip:1001@pbx.example.com:5070"
transport = "tcp"
username = "1001"
auto_answer = true

[sip]
port = 5062

[media]
rtp_ports = "40000-40100"
codecs = ["pcma", "pcmu"]
processing = "off"

[bridge]
origins = ["https://widget.example.com"]

[kustomer]
hosts = ["https://desk.example.com"]
pop = "ring"
`

func TestWholeFile(t *testing.T) {
	c, err := Parse([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	want := call.Account{ID: "main", Address: "sip:1001@pbx.example.com:5070", Transport: "tcp", Username: "1001", AutoAnswer: true}
	if len(c.Accounts) != 1 || c.Accounts[0] != want || c.SIP.Port != 5062 || c.Media.Codecs[0] != "pcma" {
		t.Errorf("%+v", c)
	}
	if low, high, err := c.Media.PortRange(); low != 40000 || high != 40100 || err != nil {
		t.Error(low, high, err)
	}
}

func TestMistakesAreExplained(t *testing.T) {
	const good = "[[account]]\nid=\"a\"\naddress=\"sip:a@b\"\n" // three lines
	for in, want := range map[string]string{
		"[[account]\nid":                              "line 1: the name of a table is not closed",
		"[sip]\nport = ":                              "line 2: ",
		"[sip]\nport = \"x\"":                         "line 2: sip.port: ",
		"[sip]\n# a port\n\nprot = 1":                 `line 4: "sip.prot" is not a setting`,
		"[spi]\nport = 1":                             `line 1: "spi" is not a setting`,
		"[sip]\nport = 70000":                         "line 2: sip.port is 70000: use 0 to 65535",
		"[SIP]\nPort = 70000":                         "line 2: sip.port",
		"sip.port = 70000":                            "line 1: sip.port",
		"# one\nsip = { port = 70000 }":               "line 2: sip.port",
		"[[account]]\nid=\"a\"\naddress=\"bob\"":      "line 3: account a: the address \"bob\" must look like sip:1001@host:port",
		"[[account]]\nid=\"a\"\npassword=\"x\"":       "line 3: a password never goes into this file",
		"[[account]]\nid=\"a\"":                       "line 1: account a: the address",
		good + good:                                   "line 5: two accounts",
		good + "[[account]]\nid=\"b\"\nname=7":        "line 6: account.name: ",
		"[[account]]\nid=7\n" + good:                  "line 2: account.id: ",
		good + "[[account]]\nid=\"b\"\nnmae=\"7\"":    `line 6: "account.nmae" is not a setting`,
		"account = [\n{id=\"a\", address=\"bob\"}]":   "line 1: account a",
		"[media]\nrtp_ports=\"5-3\"":                  "line 2: media.rtp_ports is \"5-3\": write it as 40000-40100",
		"[media]\nsilence=\"loud\"":                   "line 2: media.silence is \"loud\": use sent or suppressed",
		"[media]\ncodecs=[\n\"pcmu\",\n\"mp3\"]":      "line 2: media.codecs has \"mp3\": use opus, g722, pcmu or pcma",
		"[media]\nprocessing=\"loud\"":                "line 2: media.processing is \"loud\": use auto, off, or any of echo, noise and gain",
		"[bridge]\nports=[70000]":                     "line 2: bridge.ports",
		"[kustomer]\npop=\"always\"":                  "line 2: kustomer.pop is \"always\": use ring, answer or click",
		"[kustomer]\nhosts=[\"desk.example.com\"]":    "line 2: kustomer.hosts has \"desk.example.com\": write it as https://host, without a path",
		"[bridge]\norigins=[\"https://a/b\"]":         "line 2: bridge.origins has \"https://a/b\": write it as https://host, without a path",
		"[bridge]\norigins=[\"*\"]":                   "line 2: bridge.origins",
		"\n\n[window]\r\n \t\"theme\" = \"pink\"\r\n": "line 4: window.theme is \"pink\": use light or dark",
	} {
		if _, err := Parse([]byte(in)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want a sentence that begins with %q", in, err, want)
		}
	}
	if err := (Config{SIP: SIP{Port: -1}}).Check(); err == nil || err.Error() != "sip.port is -1: use 0 to 65535" {
		t.Errorf("settings that are in no file: %v", err)
	}
}

// TestOriginsAreWrittenAsBrowsersDo: case and the usual port are harmless; what no host has is refused.
func TestOriginsAreWrittenAsBrowsersDo(t *testing.T) {
	for in, want := range map[string]string{
		"https://Widget.EXAMPLE.com": "https://widget.example.com", "HTTPS://widget.example.com:443": "https://widget.example.com",
		"http://localhost:80": "http://localhost", "https://widget.example.com:8443": "https://widget.example.com:8443", "http://[::1]:8080": "http://[::1]:8080",
	} {
		c, err := Parse([]byte("[bridge]\norigins = [\"" + in + "\"]\n[kustomer]\nhosts = [\"" + in + "\"]\n"))
		if err != nil || c.Bridge.Origins[0] != want || c.Kustomer.Hosts[0] != want {
			t.Errorf("%s: %+v %v", in, c, err)
		}
	}
	for _, in := range []string{
		`https://widget\u0007.example.com`, `https://widget\u202e.example.com`, `https://wídget.example.com`, `https://widget.example.com\n`, "https://a b", "https://",
		"https://a:", "https://a:0", "https://a:99999", "https://a:0443", "https://a.", "https://a..b", "https://u@a", "ftp://a", "https://*.example.com", "https://a;b", "https://a/",
	} {
		for key, text := range map[string]string{"bridge.origins": "[bridge]\norigins = [\"" + in + "\"]", "kustomer.hosts": "[kustomer]\nhosts = [\"" + in + "\"]"} {
			if _, err := Parse([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), "line 2: "+key+" has ") || !strings.Contains(err.Error(), "write it as https://host") {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	for _, d := range []string{`a\u0007`, `\u202ea`, `a\u200b`, `a\nb`} {
		if _, err := Parse([]byte("[kustomer]\ndispositions = [\"" + d + "\"]")); err == nil || !strings.HasPrefix(err.Error(), "line 2: kustomer.dispositions has ") {
			t.Errorf("%s: %v", d, err)
		}
	}
}

func TestHalfWrittenFileIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	half := whole[:60]
	if err := os.WriteFile(path, []byte(half), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != half {
		t.Error("the file was changed", err)
	}
}

// TestHugeFileIsRefused: a deep or long value took the reader's whole stack, or hours.
func TestHugeFileIsRefused(t *testing.T) {
	for _, body := range []string{"a = " + strings.Repeat("[", 4<<20), "a" + strings.Repeat(".a", 1<<20) + " = 1"} {
		path := filepath.Join(t.TempDir(), "config.toml")
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "longer than") {
			t.Errorf("%v", err)
		}
	}
	for _, body := range []string{"a = " + strings.Repeat("[", maxFile-4), "a" + strings.Repeat(".a", maxFile/2-4) + " = 1"} {
		if _, err := Parse([]byte(body)); err == nil {
			t.Error("nonsense was read")
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("[[account]]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Parse(b)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") && len(b) <= maxFile {
				t.Fatalf("%q: the error names no line: %v", b, err)
			}
			return
		}
		changes(t, b, c)
	})
}

// TestExampleOfTheReadme: what people copy must load as a whole.
func TestExampleOfTheReadme(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "```toml\n")
	example, _, ok := strings.Cut(rest, "```")
	if _, err := Parse([]byte(example)); err != nil || !ok {
		t.Errorf("%v:\n%s", err, example)
	}
}

// Settings that lie elsewhere stay there: a link to them is no file to be replaced.
func TestLinkedSettingsAreWrittenWhereTheyAre(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "elsewhere.toml"), filepath.Join(dir, "config.toml")
	if err := os.WriteFile(file, []byte("[[account]]\nid = \"main\"\naddress = \"sip:1@example.com\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Skip("no links here:", err)
	}
	if err := PutAccount(link, call.Account{ID: "main", Address: "sip:2@example.com"}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v %v", info, err)
	}
	if b, err := os.ReadFile(file); err != nil || !strings.Contains(string(b), "sip:2@example.com") {
		t.Errorf("%s %v", b, err)
	}
}
