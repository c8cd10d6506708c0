package customer

import (
	"net/url"
	"slices"
	"strings"
)

// IsID reports whether a text has the form of an identifier in Kustomer. Only such a text becomes part of an address.
func IsID(s string) bool {
	return s != "" && len(s) <= 64 &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// kustomer is where every organisation has a host.
const kustomer = ".kustomerapp.com"

// IsHost reports whether an origin is one Kustomer is opened at: https and a host below kustomerapp.com, or byte for byte
// one of those that IT has allowed.
func IsHost(origin string, allowed []string) bool {
	if slices.Contains(allowed, origin) {
		return true
	}
	host, ok := strings.CutPrefix(origin, "https://")
	name, below := strings.CutSuffix(host, kustomer)
	return ok && below && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == "" && !strings.Contains(name, "..") &&
		name[0] != '.' && name[len(name)-1] != '.'
}

// Link is the address of a customer in Kustomer's own pages, at its last conversation if that is open. It is "" without a
// host, and for identifiers that are none.
func Link(host string, m Match) string {
	if host == "" || !IsID(m.ID) {
		return ""
	}
	link := host + "/app/customers/" + url.PathEscape(m.ID)
	if m.Last.Open && IsID(m.Last.ID) {
		link += "/event/" + url.PathEscape(m.Last.ID)
	}
	return link
}
