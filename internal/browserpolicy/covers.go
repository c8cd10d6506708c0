package browserpolicy

import (
	"net/netip"
	"strings"
)

// Covers reports whether an entry of a list of Chrome or Edge covers a site such as "https://acme.kustomerapp.com". Entries are
// content-setting patterns: scheme and port may be missing or *, [*.] in front of a name means it and all below it, a path
// counts for nothing.
func Covers(pattern, site string) bool {
	if pattern == "*" {
		return true
	}
	scheme, host, port := split(site)
	wantScheme, wantHost, wantPort := split(pattern)
	if wantScheme != "" && wantScheme != "*" && wantScheme != scheme || wantPort != "" && wantPort != "*" && orDefault(wantPort) != orDefault(port) {
		return false
	}
	if below, ok := strings.CutPrefix(wantHost, "[*.]"); ok {
		return host == below || strings.HasSuffix(host, "."+below)
	}
	return wantHost == "*" || wantHost == host
}

// split takes a pattern or an address apart; what is missing is "".
func split(s string) (scheme, host, port string) {
	s = strings.ToLower(s)
	if before, after, ok := strings.Cut(s, "://"); ok {
		scheme, s = before, after
	}
	s, _, _ = strings.Cut(s, "/")
	if i := strings.LastIndex(s, ":"); i >= 0 && !strings.HasSuffix(s, "]") {
		s, port = s[:i], s[i+1:]
	}
	return scheme, s, port
}

func orDefault(port string) string {
	if port == "" {
		return "443"
	}
	return port
}

// Everyone reports whether an entry covers every site on the web.
func Everyone(pattern string) bool {
	_, host, _ := split(pattern)
	return host == "*" || host == "[*.]"
}

// Skips reports whether an entry of Firefox's SkipDomains covers a host: the name itself, or with *. in front the name and all
// below it.
func Skips(entry, host string) bool {
	entry, host = strings.ToLower(entry), strings.ToLower(host)
	if below, ok := strings.CutPrefix(entry, "*."); ok {
		return host == below || strings.HasSuffix(host, "."+below)
	}
	return entry == host
}

// ThisComputer reports whether an entry of SkipDomains names this computer. It is matched with the target as well, so every
// site on the web would be let in.
func ThisComputer(entry string) bool {
	name := strings.Trim(strings.ToLower(strings.TrimPrefix(entry, "*.")), "[]")
	a, err := netip.ParseAddr(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || err == nil && (a.IsLoopback() || a.IsUnspecified())
}
