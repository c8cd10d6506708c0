package app

import (
	"slices"
	"strings"
	"testing"
)

func TestLink(t *testing.T) {
	for text, want := range map[string]string{
		"tel:+12025550142": "tel:+12025550142", "TEL:100": "TEL:100", "callto:100": "callto:100", "sip:a@example.com": "sip:a@example.com",
		"sidetone:+12025550142": "tel:+12025550142", "sidetone://+12025550142/": "tel:+12025550142", "Sidetone:100": "tel:100", "sidetone:": "", "sidetone://": "", "SIDETONE:": "",
	} {
		if got, ok := Link(text); got != want || !ok {
			t.Errorf("%q: %q %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "tel:", "sidetone", "mailto:a@example.com", "100", "--help", "file:///etc/passwd"} {
		if got, ok := Link(text); ok {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// FuzzLink: whatever the system hands over as a link, what comes out is a link that is dialled as a stranger's, or nothing to dial.
func FuzzLink(f *testing.F) {
	for _, s := range []string{
		"tel:+1-202-555-0142;ext=9", "callto://100", "sip:a@example.com;transport=tcp?x=y", "sips:a@[::1]", "sidetone://+12025550142/", "SIDETONE:///", "sidetone:tel:100",
		"tel:%2B1\x00", "file:///etc/passwd", "--help", "javascript:1", "\u017fip:a@b", ":", "tel",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		number, ok := Link(text)
		scheme, rest, found := strings.Cut(text, ":")
		ours := slices.Contains([]string{"tel", "callto", "sip", "sips", "sidetone"}, strings.ToLower(scheme))
		switch {
		case !ok:
			if number != "" || ours && found && rest != "" {
				t.Errorf("%q is none: %q", text, number)
			}
			return
		case !ours || !found:
			t.Errorf("%q passes for a link: %q", text, number)
		case number == "":
			if strings.ToLower(scheme) != "sidetone" || strings.Trim(rest, "/") != "" {
				t.Errorf("%q dials nothing", text)
			}
			return
		}
		to, _, _ := strings.Cut(number, ":")
		if again, ok := Link(number); !ok || again != number || strings.EqualFold(to, "sidetone") || !strings.HasSuffix(text, strings.TrimPrefix(number, "tel:")) && !strings.HasSuffix(text, strings.TrimPrefix(number, "tel:")+"/") {
			t.Errorf("%q became %q", text, number)
		}
	})
}
