//go:build linux

package gather

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sidetone/internal/browserpolicy"
	"sidetone/internal/doctor"
)

// TestSocketsOfTheKernel finds this test's own listeners under its own name.
func TestSocketsOfTheKernel(t *testing.T) {
	for _, host := range append(loopbacks(t.Context()), "0.0.0.0") {
		l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		want := l.Addr().(*net.TCPAddr).AddrPort()
		all, seen := sockets()
		i := slices.IndexFunc(all, func(s doctor.Socket) bool {
			return s.At.Port() == want.Port() && (s.At.Addr().Unmap() == want.Addr().Unmap() || s.At.Addr().IsUnspecified() && want.Addr().IsUnspecified())
		})
		if !seen || i < 0 || !strings.Contains(all[i].Holder, "(process ") {
			t.Errorf("%s: %v %v", want, seen, all)
		}
	}
	if all, seen := socketsIn(t.TempDir()); seen || len(all) > 0 {
		t.Error("sockets without a kernel")
	}
}

func TestListening(t *testing.T) {
	for line, want := range map[string]string{
		"   0: 0100007F:460B 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1":                                               "127.0.0.1:17931 4242",
		"   1: 00000000000000000000000001000000:460B 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 43 1": "[::1]:17931 43",
		"   2: 0100007F:460B 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000        0 4242 1":                                               "",
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode":                                                "",
		"   3: 01:460B 0:0 0A 0 0 0 0 0 1": "", "   4: 0100007F 0:0 0A 0 0 0 0 0 1": "", "": "",
	} {
		at, inode, ok := listening(line)
		got := ""
		if ok {
			got = at.String() + " " + inode
		}
		if got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func put(t *testing.T, root, name, text string) {
	t.Helper()
	p := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestPoliciesWhereTheReadmeSays puts our own files where README.txt says and reads them back.
func TestPoliciesWhereTheReadmeSays(t *testing.T) {
	root := t.TempDir()
	files, err := browserpolicy.Files(browserpolicy.Request{Orgs: []string{"acme"}, WidgetHost: "widget.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	placed := 0
	for _, line := range strings.Split(string(files["README.txt"]), "\n") {
		name, to, ok := strings.Cut(strings.TrimSpace(line), " to /etc/")
		if name = strings.TrimSpace(name); ok && files[name] != nil {
			put(t, root, "etc/"+to+filepath.Base(name), string(files[name]))
			placed++
		}
	}
	f := doctor.Facts{Orgs: []string{"acme"}, WidgetHosts: []string{"widget.example.com"}, Browsers: browsersBelow(root)}
	lets := 0
	for _, found := range doctor.Examine(f) {
		if found.Check == "browser" && found.State == doctor.OK && strings.Contains(found.Text, "lets") {
			lets++
		}
	}
	if placed != 4 || lets != 4 {
		t.Errorf("%d files placed, %d browsers let Kustomer in: %+v", placed, lets, doctor.Examine(f))
	}
}

func TestOtherPolicyFiles(t *testing.T) {
	root := t.TempDir()
	put(t, root, "etc/chromium/policies/managed/a.json", `{"LoopbackNetworkAllowedForUrls":["https://a.example.com"],"Other":1}`)
	put(t, root, "etc/chromium/policies/managed/b.json", `{"LoopbackNetworkAllowedForUrls":["https://b.example.com"]}`)
	put(t, root, "etc/opt/edge/policies/managed/torn.json", `{`)
	put(t, root, "usr/lib/firefox-esr/distribution/policies.json", `{"policies":{"LocalNetworkAccess":{"SkipDomains":["127.0.0.1"]}}}`)
	all := browsersBelow(root)
	chromium, edge, firefox := all[1], all[2], all[3]
	if len(chromium.Twice) != 1 || len(chromium.Policy) != 2 || chromium.Policy["LoopbackNetworkAllowedForUrls"].([]any)[0] != "https://b.example.com" {
		t.Errorf("%+v", chromium)
	}
	if len(edge.Problems) != 1 || !strings.Contains(edge.Problems[0], "torn.json") {
		t.Errorf("%+v", edge)
	}
	if found := doctor.Examine(doctor.Facts{Browsers: []doctor.Browser{firefox}}); !doctor.Ill(found) {
		t.Errorf("%+v", found)
	}
	put(t, root, "etc/firefox/policies/policies.json", `[`)
	if got := browsersBelow(root)[3]; len(got.Problems) != 1 || got.Policy != nil {
		t.Errorf("%+v", got)
	}
}
