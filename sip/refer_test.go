package sip

import "testing"

func TestReferTo(t *testing.T) {
	for _, c := range []struct{ in, uri, replaces string }{
		{"<sip:200@example.com>", "sip:200@example.com", ""},
		{"sip:200@example.com", "sip:200@example.com", ""},
		{`"Two" <sip:200@example.com;transport=tcp>`, "sip:200@example.com;transport=tcp", ""},
		{"<sip:200@example.com;method=INVITE>", "sip:200@example.com", ""},
		{"<sip:200@192.0.2.1:5070?Replaces=a%40b%3Bto-tag%3D7%3Bfrom-tag%3D8>", "sip:200@192.0.2.1:5070", "a@b;to-tag=7;from-tag=8"},
		{"<sip:200@192.0.2.1?Require=replaces&replaces=a%3Bfrom-tag%3D8%3Bearly-only%3Bto-tag%3D7>", "sip:200@192.0.2.1", "a;to-tag=7;from-tag=8;early-only"},
		{"<sip:200@example.com?Subject=hello>", "sip:200@example.com", ""},
		{"<sip:200@example.com;method=BYE>", "", ""},
		{"<http://example.com>", "", ""},
		{"<sip:200@192.0.2.1?Replaces=nothing>", "", ""},
		{"<sip:200@192.0.2.1?Replaces=a%0D%0ABye%3Bto-tag%3D7%3Bfrom-tag%3D8>", "", ""},
		{"", "", ""},
	} {
		r, err := parseReferTo(c.in)
		if (err != nil) != (c.uri == "") {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if err != nil {
			continue
		}
		got := ""
		if r.replaces != nil {
			got = r.replaces.String()
		}
		if r.uri.String() != c.uri || got != c.replaces {
			t.Errorf("%s: %s, replaces %q", c.in, r.uri.String(), got)
		}
		if again, err := parseReferTo(r.String()); err != nil || again.String() != r.String() {
			t.Errorf("%s: written as %s, which reads as %v %v", c.in, r, again, err)
		}
	}
}

func TestSipfrag(t *testing.T) {
	for in, want := range map[string]int{
		"SIP/2.0 180 Ringing\r\n": 180, "SIP/2.0 200 OK": 200, "\r\nsip/2.0 603 Decline\r\nTo: x": 603,
		"": 0, "SIP/2.0": 0, "SIP/2.0 99 x": 0, "SIP/2.0 700 x": 0, "HTTP/1.1 200 OK": 0,
	} {
		if got, _ := sipfrag([]byte(in)); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}

func FuzzReferTo(f *testing.F) {
	f.Add("<sip:200@192.0.2.1:5070?Replaces=a%40b%3Bto-tag%3D7%3Bfrom-tag%3D8>")
	f.Add(`"Two" <sip:200@example.com;transport=tcp>;x=y`)
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parseReferTo(s)
		if err != nil {
			return
		}
		again, err := parseReferTo(r.String())
		if err != nil || again.String() != r.String() {
			t.Errorf("%q is written as %q, which reads as %q, %v", s, r, again, err)
		}
	})
}
