package web

import (
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestServersSayTheSame reads the four files back: each must say Headers, no more and no less.
func TestServersSayTheSame(t *testing.T) {
	for _, o := range []Options{
		{},
		{Ports: []int{1, 65535}, SDK: "https://sdk.example.com:8443/card.js", Ancestors: []string{"https://*.kustomerapp.com", "https://acme.kustomerapp.com", "https://desk.example.com:8443"}},
	} {
		want, err := Headers(o)
		if err != nil {
			t.Fatal(err)
		}
		all, err := Servers(o, "widget.example.com")
		if err != nil {
			t.Fatal(err)
		}
		for name, line := range map[string]string{
			"nginx.conf": `^add_header (\S+) "([^"]*)" always;$`, "apache.conf": `^Header always set (\S+) "([^"]*)"$`,
			"Caddyfile": `^\t\t(\S+) "([^"]*)"$`, "_headers": `^  (\S+): (.*)$`,
		} {
			got := http.Header{}
			for _, l := range strings.Split(string(all[name]), "\n") {
				if m := regexp.MustCompile(line).FindStringSubmatch(l); m != nil {
					got.Add(m[1], m[2])
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s says\n%v, not\n%v", name, got, want)
			}
		}
	}
}

func TestServersRefuseWhatWouldMeanMore(t *testing.T) {
	for _, a := range []string{"https://$host", "https://{env.X}", "https://a\\b", "https://%{X}e", "https://a\nb", `https://a"b`, "https://é.example.com"} {
		if all, err := Servers(Options{Ancestors: []string{a}}, "widget.example.com"); err == nil {
			t.Errorf("%q is written: %s", a, all["nginx.conf"])
		}
	}
}
