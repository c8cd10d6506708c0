package browserpolicy

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const profileHead = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
`

// profile is the macOS configuration profile: one payload for each browser's preferences. Its identifiers follow from the
// organisations and the widget's host alone, so that a profile made anew replaces the old one.
func (r Request) profile() []byte {
	firefox := r.firefox()
	firefox["EnterprisePoliciesEnabled"] = true // Firefox looks at nothing without it
	payloads := []any{
		r.payload("com.google.Chrome", "Google Chrome", r.chromium()),
		r.payload("com.microsoft.Edge", "Microsoft Edge", r.chromium()),
		r.payload("org.mozilla.firefox", "Firefox", firefox),
	}
	top := r.payload("Configuration", "Sidetone in the browser", map[string]any{
		"PayloadContent":           payloads,
		"PayloadDescription":       "Lets Kustomer's pages reach Sidetone on this computer.",
		"PayloadScope":             "System",
		"PayloadRemovalDisallowed": false,
	})
	var b strings.Builder
	b.WriteString(profileHead)
	plist(&b, top, "")
	b.WriteString("</plist>\n")
	return []byte(b.String())
}

// payload adds to the values what every payload has.
func (r Request) payload(kind, title string, values map[string]any) map[string]any {
	name := strings.Join(append(r.sites(), r.WidgetHost, kind), " ")
	out := maps.Clone(values)
	out["PayloadType"] = kind
	out["PayloadVersion"] = 1
	out["PayloadDisplayName"] = title
	out["PayloadUUID"] = uuid(name)
	out["PayloadIdentifier"] = "sidetone.browser-policy." + uuid(name)
	return out
}

// uuid is a version 5 UUID (RFC 9562, section 5.5) of a name in the namespace of URLs.
func uuid(name string) string {
	space := []byte{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	h := sha1.Sum(append(space, name...))
	h[6], h[8] = h[6]&0x0f|0x50, h[8]&0x3f|0x80
	s := strings.ToUpper(hex.EncodeToString(h[:16]))
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// plist writes a value as a property list.
func plist(b *strings.Builder, v any, indent string) {
	switch v := v.(type) {
	case map[string]any:
		b.WriteString(indent + "<dict>\n")
		for _, name := range slices.Sorted(maps.Keys(v)) {
			b.WriteString(indent + "\t<key>" + escaped(name) + "</key>\n")
			plist(b, v[name], indent+"\t")
		}
		b.WriteString(indent + "</dict>\n")
	case []any:
		array(b, v, indent)
	case []string:
		array(b, v, indent)
	case []launch:
		array(b, v, indent)
	case launch:
		plist(b, map[string]any{"protocol": v.Protocol, "allowed_origins": v.Origins}, indent)
	case bool:
		fmt.Fprintf(b, "%s<%t/>\n", indent, v)
	case int:
		fmt.Fprintf(b, "%s<integer>%d</integer>\n", indent, v)
	case string:
		b.WriteString(indent + "<string>" + escaped(v) + "</string>\n")
	}
}

func array[T any](b *strings.Builder, list []T, indent string) {
	b.WriteString(indent + "<array>\n")
	for _, v := range list {
		plist(b, v, indent+"\t")
	}
	b.WriteString(indent + "</array>\n")
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder takes everything
	return b.String()
}
