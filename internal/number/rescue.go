package number

import (
	"net/url"
	"strings"
)

// Rescues reports whether what a number asks the PBX for reaches an emergency number: by itself, as the user of an address, behind an
// outside line, or behind a service code such as *72 that sends calls on. Extensions that the settings list do not.
func (r Rules) Rescues(n Number) bool {
	d := desk{rules: r.filled(), origin: Agent}
	if n.Kind == Emergency {
		return true
	}
	user := userPart(n.Dial)
	if d.rules.listed(user) {
		return false
	}
	for _, part := range strings.FieldsFunc(user, func(c rune) bool { return c == '*' || c == '#' }) {
		if d.reachesRescue(part) || part != user && (d.reachesRescue(part[min(2, len(part)):]) || d.reachesRescue(part[min(3, len(part)):])) {
			return true
		}
	}
	return false
}

func (d desk) reachesRescue(digits string) bool {
	const layers = 3
	digits = strings.TrimPrefix(digits, "+")
	return len(digits) >= 3 && d.behindPrefixes(digits, d.accessCodes(), layers)
}

// userPart is the user of an address without its parameters, or the text itself if it is none (RFC 3261 §19.1.1). Visual
// separators, which a telephone number may have there (RFC 3966 §3), are left out.
func userPart(dial string) string {
	scheme, rest, found := strings.Cut(dial, ":")
	if found && (strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips")) {
		dial, _, _ = strings.Cut(rest, "@")
	}
	dial, _, _ = strings.Cut(dial, ";")
	dial, _, _ = strings.Cut(dial, ":")
	if plain, err := url.PathUnescape(dial); err == nil {
		dial = plain
	}
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune("-.() ", c) {
			return -1
		}
		return c
	}, dial)
}
