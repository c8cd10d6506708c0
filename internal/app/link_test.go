package app

import "testing"

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
