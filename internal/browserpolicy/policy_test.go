package browserpolicy

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

var update = flag.Bool("update", false, "write the golden files anew")

func plain() Request { return Request{Orgs: []string{"acme"}, WidgetHost: "widget.example.com"} }

func everything() Request {
	return Request{
		Orgs: []string{"globex", "acme", "acme"}, Sites: []string{"https://desk.example.com"}, WidgetHost: "widget.example.com:8443",
		NotDelegated: true, Popups: true, Links: true, OldVersions: true,
	}
}

func files(t *testing.T, r Request) map[string][]byte {
	t.Helper()
	out, err := Files(r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Files(r)
	if err != nil || !maps.EqualFunc(out, again, bytes.Equal) {
		t.Error("the same request gives other bytes", err)
	}
	return out
}

func TestFilesAreGolden(t *testing.T) {
	for name, r := range map[string]Request{"plain": plain(), "everything": everything()} {
		for file, got := range files(t, r) {
			golden := filepath.Join("testdata", name, filepath.FromSlash(file))
			if *update {
				if err := errors.Join(os.MkdirAll(filepath.Dir(golden), 0o755), os.WriteFile(golden, got, 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s of %s has changed:\n%s", file, name, got)
			}
		}
	}
}

// TestEveryFormSaysTheSame reads the registry file and the profile back: they say what the JSON files say.
func TestEveryFormSaysTheSame(t *testing.T) {
	for _, r := range []Request{plain(), everything()} {
		all := files(t, r)
		var chrome map[string]any
		var firefox struct{ Policies map[string]any }
		if err := errors.Join(json.Unmarshal(all["linux/edge/sidetone.json"], &chrome), json.Unmarshal(all["windows/firefox/policies.json"], &firefox)); err != nil {
			t.Fatal(err)
		}
		reg := readRegistry(t, string(all["windows/sidetone.reg"]))
		profile := readProfile(t, all["macos/sidetone.mobileconfig"])
		for _, c := range []struct {
			name string
			want map[string]any
			key  []string
			id   string
		}{
			{"Chrome", chrome, []string{"Google", "Chrome"}, "com.google.Chrome"}, {"Edge", chrome, []string{"Microsoft", "Edge"}, "com.microsoft.Edge"},
			{"Firefox", firefox.Policies, []string{"Mozilla", "Firefox"}, "org.mozilla.firefox"},
		} {
			got := reg
			for _, k := range append([]string{"HKEY_LOCAL_MACHINE", "SOFTWARE", "Policies"}, c.key...) {
				got, _ = got[k].(map[string]any)
			}
			if !reflect.DeepEqual(listed(got), c.want) {
				t.Errorf("the registry of %s says\n%v, not\n%v", c.name, listed(got), c.want)
			}
			if got := payloadOf(profile, c.id); !reflect.DeepEqual(got, c.want) {
				t.Errorf("the profile of %s says\n%v, not\n%v", c.name, got, c.want)
			}
		}
	}
}

// listed makes JSON's values of the registry's: keys with the values "1", "2", ... are lists, 1 is true, strings may hold JSON.
func listed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v["1"] != nil {
			var out []any
			for _, k := range slices.Sorted(maps.Keys(v)) {
				out = append(out, v[k])
			}
			return out
		}
		out := map[string]any{}
		for k, e := range v {
			out[k] = listed(e)
		}
		return out
	case string:
		var structure any
		if json.Unmarshal([]byte(v), &structure) == nil {
			return structure
		}
	}
	return v
}

// readRegistry holds a .reg file to its rules: its first line, line ends of CR and LF, ASCII, keys in brackets, values of the
// three kinds we write.
func readRegistry(t *testing.T, text string) map[string]any {
	t.Helper()
	if !strings.HasPrefix(text, "Windows Registry Editor Version 5.00\r\n\r\n") || !strings.HasSuffix(text, "\r\n") ||
		strings.Count(text, "\n") != strings.Count(text, "\r\n") || strings.ContainsFunc(text, func(r rune) bool { return r > 126 }) {
		t.Fatalf("this is no registry file:\n%q", text)
	}
	root := map[string]any{}
	key := root
	for _, line := range strings.Split(strings.ReplaceAll(text, "\\\r\n  ", ""), "\r\n")[1:] {
		if m := regexp.MustCompile(`^\[(.+)\]$`).FindStringSubmatch(line); m != nil {
			key = root
			for _, part := range strings.Split(m[1], `\`) {
				if key[part] == nil {
					key[part] = map[string]any{}
				}
				key = key[part].(map[string]any)
			}
			continue
		}
		if line == "" {
			continue
		}
		m := regexp.MustCompile(`^"([A-Za-z0-9]+)"=(?:dword:0000000([01])|hex\(7\):([0-9a-f,]+)|"((?:[^"\\]|\\["\\])*)")$`).FindStringSubmatch(line)
		switch {
		case m == nil:
			t.Fatalf("%q is no line of a registry file", line)
		case m[2] != "":
			key[m[1]] = m[2] == "1"
		case m[3] != "":
			b, err := hex.DecodeString(strings.ReplaceAll(m[3], ",", ""))
			u := make([]uint16, len(b)/2)
			if err := errors.Join(err, binary.Read(bytes.NewReader(b), binary.LittleEndian, u)); err != nil {
				t.Fatal(err)
			}
			s, ended := strings.CutSuffix(string(utf16.Decode(u)), "\x00\x00")
			if !ended {
				t.Errorf("%q does not end in two zeros", s)
			}
			key[m[1]] = s
		default:
			key[m[1]] = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(m[4])
		}
	}
	for _, line := range strings.Split(text, "\r\n") {
		if len(line) > 80 && strings.Contains(line, ",") && !strings.Contains(line, "\\\"") {
			t.Errorf("a line of hex has %d characters", len(line))
		}
	}
	return root
}

// readProfile walks a property list strictly and returns its dictionary.
func readProfile(t *testing.T, b []byte) map[string]any {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = true
	var root any
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local != "plist" {
			root = plistValue(t, d, start)
		}
	}
	return root.(map[string]any)
}

func plistValue(t *testing.T, d *xml.Decoder, start xml.StartElement) any {
	t.Helper()
	var children []any
	text := ""
	for {
		token, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			children = append(children, plistValue(t, d, token))
			continue
		case xml.CharData:
			text += string(token)
			continue
		case xml.EndElement:
		}
		break
	}
	switch start.Name.Local {
	case "key", "string":
		return text
	case "integer":
		return text
	case "true", "false":
		return start.Name.Local == "true"
	case "array":
		return children
	case "dict":
		out := map[string]any{}
		for i := 0; i+1 < len(children); i += 2 {
			out[children[i].(string)] = children[i+1]
		}
		return out
	}
	t.Fatalf("<%s> is nothing of a property list", start.Name.Local)
	return nil
}

// payloadOf is one payload without what every payload has.
func payloadOf(profile map[string]any, kind string) map[string]any {
	for _, p := range profile["PayloadContent"].([]any) {
		p := p.(map[string]any)
		if p["PayloadType"] != kind {
			continue
		}
		maps.DeleteFunc(p, func(k string, v any) bool {
			return strings.HasPrefix(k, "Payload") || k == "EnterprisePoliciesEnabled" && v == true
		})
		return p
	}
	return nil
}

func TestProfileHasItsIdentifiers(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range []Request{plain(), everything()} {
		p := readProfile(t, files(t, r)["macos/sidetone.mobileconfig"])
		for _, one := range append([]any{p}, p["PayloadContent"].([]any)...) {
			one := one.(map[string]any)
			id, _ := one["PayloadUUID"].(string)
			if !regexp.MustCompile(`^[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$`).MatchString(id) || seen[id] {
				t.Errorf("%v is no UUID of its own", id)
			}
			seen[id] = true
			if one["PayloadVersion"] != "1" || one["PayloadIdentifier"] == "" || one["PayloadDisplayName"] == "" {
				t.Errorf("%v", one)
			}
		}
	}
	more := plain()
	more.Popups = true
	if a, b := readProfile(t, plain().profile()), readProfile(t, more.profile()); a["PayloadUUID"] != b["PayloadUUID"] {
		t.Error("another flag makes another profile: the old one would stay beside it")
	}
	// RFC 9562 has no vector in this namespace; the value is another implementation's.
	if got := uuid("https://example.com"); got != "4FD35A71-71EF-5A55-A9D9-AA75C889A6D0" {
		t.Errorf("uuid: %s", got)
	}
}

func TestHostileNamesAreRefused(t *testing.T) {
	for _, evil := range []string{
		"", " ", "*", "a b", "a\"b", "a\\b", "a\nb", "a\r\nb", "a</string>", "a&b", "a'b", "[*.]a", "Acme", "https://acme.kustomerapp.com", "-a", "a-", "é",
		"127.0.0.1", "localhost", "[::1]", "a\x00b", strings.Repeat("a", 64), "a:0", "a.example.com:0", "a.example.com:", "a.example.com/x", "a..example.com", "x@a.example.com",
	} {
		for name, r := range map[string]Request{
			"org":  {Orgs: []string{"acme", evil}, WidgetHost: "widget.example.com"},
			"host": {Orgs: []string{"acme"}, WidgetHost: evil},
			"site": {Orgs: []string{"acme"}, Sites: []string{"https://" + evil}, WidgetHost: "widget.example.com"},
		} {
			if name == "org" && evil == "localhost" {
				continue // localhost.kustomerapp.com is a name like any other
			}
			out, err := Files(r)
			if !errors.Is(err, ErrWrong) || out != nil || strings.ContainsAny(err.Error(), "\n\r\x00") {
				t.Errorf("%s %q: %v", name, evil, err)
			}
		}
	}
	if _, err := Files(Request{WidgetHost: "widget.example.com"}); !errors.Is(err, ErrWrong) {
		t.Error("no organisation:", err)
	}
}

func FuzzFiles(f *testing.F) {
	f.Add("acme", "widget.example.com")
	f.Add("a\"", "b\\")
	f.Fuzz(func(t *testing.T, org, host string) {
		all, err := Files(Request{Orgs: []string{org}, WidgetHost: host, Popups: true, Links: true})
		if err != nil {
			return
		}
		if !json.Valid(all["linux/chrome/sidetone.json"]) || !json.Valid(all["linux/firefox/policies.json"]) {
			t.Error("not JSON")
		}
		readRegistry(t, string(all["windows/sidetone.reg"]))
		readProfile(t, all["macos/sidetone.mobileconfig"])
	})
}

func TestCovers(t *testing.T) {
	const site = "https://acme.kustomerapp.com"
	for pattern, want := range map[string]bool{
		site: true, "acme.kustomerapp.com": true, "[*.]kustomerapp.com": true, "https://[*.]kustomerapp.com": true, "https://acme.kustomerapp.com:443": true,
		"https://acme.kustomerapp.com/*": true, "https://acme.kustomerapp.com:*": true, "*": true, "https://*": true, "*://acme.kustomerapp.com": true, "HTTPS://ACME.kustomerapp.com": true,
		"[*.]acme.kustomerapp.com":    true,
		"http://acme.kustomerapp.com": false, "https://globex.kustomerapp.com": false, "https://widget.example.com": false, "https://acme.kustomerapp.com:8443": false,
		"*.kustomerapp.com": false, "kustomerapp.com": false, "[*.]merapp.com": false, "": false,
	} {
		if got := Covers(pattern, site); got != want {
			t.Errorf("%q covers %s: %v", pattern, site, got)
		}
	}
	for entry, want := range map[string]bool{
		"widget.example.com": true, "*.example.com": true, "*.widget.example.com": true, "WIDGET.example.com": true,
		"example.com": false, "*.ample.com": false, "https://widget.example.com": false, "*.kustomerapp.com": false,
	} {
		if got := Skips(entry, "widget.example.com"); got != want {
			t.Errorf("%q skips: %v", entry, got)
		}
	}
	for entry, want := range map[string]bool{
		"127.0.0.1": true, "localhost": true, "::1": true, "[::1]": true, "127.9.9.9": true, "*.localhost": true, "0.0.0.0": true,
		"widget.example.com": false, "192.0.2.1": false, "": false,
	} {
		if got := ThisComputer(entry); got != want {
			t.Errorf("%q is this computer: %v", entry, got)
		}
	}
	if !Everyone("*") || !Everyone("https://*") || Everyone("[*.]kustomerapp.com") {
		t.Error("everyone")
	}
}

// TestHostIsWrittenEitherWay: a name, or the address with https://, are the same host; Kustomer's own is refused.
func TestHostIsWrittenEitherWay(t *testing.T) {
	first, err := Files(Request{Orgs: []string{"acme"}, WidgetHost: "widget.example.com:8443", Links: true})
	if err != nil {
		t.Fatal(err)
	}
	second, err := Files(Request{Orgs: []string{"acme"}, WidgetHost: "https://widget.example.com:8443/", Links: true})
	if err != nil || len(first) != len(second) {
		t.Fatal(err)
	}
	for name, b := range first {
		if string(second[name]) != string(b) {
			t.Errorf("%s:\n%s\n%s", name, b, second[name])
		}
	}
	for _, wrong := range []string{"http://widget.example.com", "https://widget.example.com/x", "https://https://a.example.com", "https://acme.kustomerapp.com", "acme.kustomerapp.com"} {
		if _, err := Files(Request{Orgs: []string{"acme"}, WidgetHost: wrong}); !errors.Is(err, ErrWrong) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
