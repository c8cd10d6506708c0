package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sidetone/internal/call"
)

// full is an account with everything set, as IT writes one.
const full = `# The line of the desk.
[bridge]
off = true # for now

[[account]]
id = "other"
address = "sip:7@example.com"

[[account]]
id = "main"
address = "sip:142@sip.example.com" # asked of IT
transport = "tls"   # never without
server = 'edge.example.com:5061'
username = "desk142"
name = "Desk \"A\""
voicemail = "*97"
publish = true
auto_answer = true
auto_answer_headers = true

[dial]
region = "US"
# the end
`

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPutAccountChangesItsLinesAlone(t *testing.T) {
	c, err := Parse([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change   func(*call.Account)
		old, new string
	}{
		"nothing":          {func(*call.Account) {}, "", ""},
		"a value":          {func(a *call.Account) { a.Transport = "udp" }, `transport = "tls"`, `transport = "udp"`},
		"in single quotes": {func(a *call.Account) { a.Server = "edge.example.com" }, "'edge.example.com:5061'", `"edge.example.com"`},
		"removed":          {func(a *call.Account) { a.AutoAnswer = false }, "auto_answer = true\n", ""},
		"of the other":     {func(a *call.Account) { *a = c.Accounts[0]; a.Username = "x" }, "sip:7@example.com\"\n", "sip:7@example.com\"\nusername = \"x\"\n"},
		"a further one":    {func(a *call.Account) { *a = call.Account{ID: "new", Address: "sip:8@example.com"} }, "# the end\n", "# the end\n\n[[account]]\nid = \"new\"\naddress = \"sip:8@example.com\"\n"},
	} {
		a := c.Accounts[1]
		test.change(&a)
		path := file(t, full)
		if err := PutAccount(path, a); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b, err := os.ReadFile(path)
		if want := strings.Replace(full, test.old, test.new, 1); err != nil || string(b) != want {
			t.Errorf("%s: %v\n%s", name, err, b)
		}
		if back, err := Load(path); err != nil || !reflect.DeepEqual(back, c.With(a)) {
			t.Errorf("%s: %+v %v", name, back, err)
		}
	}
}

// TestEverySettingOfAnAccountIsWritten: a field that is added to the account is not forgotten here.
func TestEverySettingOfAnAccountIsWritten(t *testing.T) {
	a := call.Account{ID: "main", Address: "sip:142@example.com"}
	v := reflect.ValueOf(&a).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Bool {
			f.SetBool(true)
		}
	}
	a.Transport, a.Server, a.Username, a.Name, a.Voicemail = "wss", "wss://example.com/ws", "desk", "Desk \\ \"A\" é", "*97"
	a.Encryption, a.Keys, a.ICE, a.Profile = "required", "dtls", "on", "webrtc"
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Fatalf("%s is not tested", v.Type().Field(i).Name)
		}
	}
	path := filepath.Join(t.TempDir(), "new", "config.toml")
	if err := PutAccount(path, a); err != nil {
		t.Fatal(err)
	}
	back, err := Load(path)
	if err != nil || len(back.Accounts) != 1 || back.Accounts[0] != a {
		t.Errorf("%+v %v", back, err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("something was left beside the file: %v %v", left, err)
	}
}

// TestPutAccountLosesNothing: what cannot be changed line by line, and what is wrong, stays as it is.
func TestPutAccountLosesNothing(t *testing.T) {
	const good = "[[account]]\nid = 'main'\naddress = 'sip:142@example.com'\n"
	a := call.Account{ID: "main", Address: "sip:143@example.com"}
	for text, says := range map[string]string{
		"account = [ { id = 'main', address = 'sip:142@example.com' } ]\n":      "not written as one setting a line",
		"[[account]]\nid = 'main'\naddress = \"\"\"sip:142@example.com\"\"\"\n": "not written as one setting a line",
		good + "[sip]\nprot = 1\n": "are wrong now: line 5: ",
	} {
		path := file(t, text)
		if err := PutAccount(path, a); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != text {
			t.Errorf("%q became %q %v", text, b, err)
		}
	}
	path := file(t, good)
	if err := PutAccount(path, call.Account{ID: "main", Address: "nonsense"}); err == nil || !strings.Contains(err.Error(), "must look like") {
		t.Error(err)
	}
	crlf := strings.ReplaceAll(good, "\n", "\r\n")
	path = file(t, crlf)
	if err := PutAccount(path, call.Account{ID: "main", Address: "sip:143@example.com", Transport: "tcp"}); err != nil {
		t.Error(err)
	}
	want := strings.Replace(crlf, "'sip:142@example.com'\r\n", "\"sip:143@example.com\"\r\ntransport = \"tcp\"\r\n", 1)
	if b, err := os.ReadFile(path); err != nil || string(b) != want {
		t.Errorf("%q %v", b, err)
	}
}

// changes changes each account of a file that was read: the file holds what was wanted then, or is as before.
func changes(t *testing.T, b []byte, c Config) {
	for _, a := range append(c.Accounts, call.Account{ID: "fuzz", Address: "sip:1@example.com"}) {
		path := file(t, string(b))
		a.Transport, a.Publish = "tcp", !a.Publish
		err := PutAccount(path, a)
		back, bad := Load(path)
		if bad != nil || err == nil && !reflect.DeepEqual(back, c.With(a)) || err != nil && !reflect.DeepEqual(back, c) {
			t.Fatalf("%q: %v %v", b, err, bad)
		}
	}
}
