package config

import (
	"os"
	"path/filepath"
	"reflect"
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

func TestSaveAndLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "config.toml")
	if c, err := Load(path); err != nil || !reflect.DeepEqual(c, Config{}) {
		t.Fatal(c, err)
	}
	c, err := Parse([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	if err := Save(path, c); err != nil {
		t.Fatal(err)
	}
	back, err := Load(path)
	if err != nil || !reflect.DeepEqual(back, c) {
		t.Errorf("%+v %v", back, err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("something was left beside the file: %v %v", left, err)
	}
}

func TestMistakesAreExplained(t *testing.T) {
	for in, want := range map[string]string{
		"[[account]\nid":                         "line 2",
		"[sip]\nport = ":                         "line 2",
		"[sip]\nport = \"x\"":                    "port",
		"[sip]\nprot = 1":                        `"sip.prot" is not a setting`,
		"[sip]\nport = 70000":                    "0 to 65535",
		"[[account]]\nid=\"a\"\naddress=\"bob\"": "sip:1001@host:port",
		"[[account]]\nid=\"a\"\npassword=\"x\"":  "keyring",
		"[[account]]\nid=\"a\"\naddress=\"sip:a@b\"\n[[account]]\nid=\"a\"\naddress=\"sip:a@b\"": "two accounts",
		"[media]\nrtp_ports=\"5-3\"":          "40000-40100",
		"[media]\ncodecs=[\"mp3\"]":           "pcmu or pcma",
		"[media]\nprocessing=\"loud\"":        "off or auto",
		"[bridge]\norigins=[\"https://a/b\"]": "without a path",
		"[bridge]\norigins=[\"*\"]":           "https://host",
		"[window]\ntheme=\"pink\"":            "light or dark",
	} {
		if _, err := Parse([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want a sentence with %q", in, err, want)
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
			return
		}
		path := filepath.Join(t.TempDir(), "c.toml")
		if err := Save(path, c); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err != nil {
			t.Fatalf("%q was read, saved and then refused: %v", b, err)
		}
	})
}
