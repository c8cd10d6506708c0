package tidy

import (
	"fmt"
	"strconv"
	"strings"
)

// longName is the name of a header field as it is written out; unknown ones stay as they are (RFC 3261 §7.3.3).
func longName(name string) string {
	lower := strings.ToLower(name)
	if long, ok := compact()[lower]; ok {
		return long
	}
	for _, known := range []string{
		"Via", "From", "To", "Call-ID", "CSeq", "Contact", "Max-Forwards", "Route", "Record-Route", "Content-Length", "Content-Type", "Refer-To", "Referred-By",
	} {
		if strings.EqualFold(name, known) {
			return known
		}
	}
	return name
}

// compact are the short names (IANA, SIP parameters).
func compact() map[string]string {
	return map[string]string{
		"a": "Accept-Contact", "b": "Referred-By", "c": "Content-Type", "d": "Request-Disposition", "e": "Content-Encoding", "f": "From",
		"i": "Call-ID", "j": "Reject-Contact", "k": "Supported", "l": "Content-Length", "m": "Contact", "n": "Identity-Info", "o": "Event",
		"r": "Refer-To", "s": "Subject", "t": "To", "u": "Allow-Events", "v": "Via", "x": "Session-Expires", "y": "Identity",
	}
}

// isToken is the token of RFC 3261 §25.1.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r > 'z' && r != '~' || !strings.ContainsRune("-.!%*_+`'~", r) && (r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a')
	})
}

// isNumber is for digits that make a number of at most so much.
func isNumber(s string, most int) bool {
	n, err := strconv.ParseUint(s, 10, 63)
	return err == nil && n <= uint64(most) && s[0] != '+'
}

// split cuts at a character outside quotes and angle brackets, and trims what it finds.
func split(s string, at byte) []string {
	var out []string
	quoted, pointed, begin := false, false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<' || c == '>':
			pointed = c == '<'
		case c == at && !pointed:
			out = append(out, strings.Trim(s[begin:i], blank))
			begin = i + 1
		}
	}
	return append(out, strings.Trim(s[begin:], blank))
}

// elements are the values of a list. A display name whose comma should have been quoted is put together again.
func elements(f field) []string {
	parts := split(f.value, ',')
	if f.name == "Via" {
		return parts
	}
	var out []string
	begin := 0
	for i, p := range parts {
		if strings.ContainsAny(p, ":<*") || i == len(parts)-1 {
			out = append(out, strings.Join(parts[begin:i+1], ", "))
			begin = i + 1
		}
	}
	return out
}

// hop is the one form of a Via (RFC 3261 §20.42).
func hop(v string) (string, bool) {
	parts := split(v, ';')
	protocol, rest, _ := strings.Cut(parts[0], "/")
	version, rest, _ := strings.Cut(rest, "/")
	words := strings.Fields(rest)
	if len(words) < 2 {
		return "", false
	}
	protocol, version = strings.Trim(protocol, blank), strings.Trim(version, blank)
	by := strings.Join(words[1:], "")
	host, port, ok := hostPort(by)
	params, fine := parameters(parts[1:])
	if !ok || !fine || !isToken(protocol) || !isToken(version) || !isToken(words[0]) {
		return "", false
	}
	if by[0] == '[' && strings.Contains(host, ".") { // the library would take the brackets of such a one away, but for this
		if port == 0 {
			port = 5060 + strings.Count(strings.ToUpper(words[0]), "TLS")
		}
		by = fmt.Sprintf(" [%s]:%d", host, port)
	}
	return protocol + "/" + version + "/" + words[0] + " " + by + params, true
}

// sentBy is the host and port of a Via before its parameters; the port is 0 if there is none.
func sentBy(via string) (host string, port int, ok bool) {
	return hostPort(via[strings.LastIndexByte(via, ' ')+1:])
}

// hostPort splits a host from its port, 0 if there is none. The host of IPv6 comes without its brackets, and may have the three
// colons that RFC 3261's grammar allows (RFC 5118 §4.10).
func hostPort(s string) (host string, port int, ok bool) {
	host, after := s, ""
	if strings.HasPrefix(s, "[") {
		inner, rest, closed := strings.Cut(s[1:], "]")
		if host, after = inner, rest; !closed || rest != "" && rest[0] != ':' || strings.Trim(inner, "0123456789abcdefABCDEF:.") != "" {
			return "", 0, false
		}
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, after = s[:i], s[i:]
	}
	if after != "" {
		if !isNumber(after[1:], 65535) {
			return "", 0, false
		}
		port, _ = strconv.Atoi(after[1:])
	}
	return host, port, host != "" && !strings.ContainsAny(host, "<>\"@ /\\")
}

// parameters is the one form of those after the first semicolon. It is false when one is empty or has no name.
func parameters(parts []string) (string, bool) {
	var b strings.Builder
	for _, p := range parts {
		name, value, has := strings.Cut(p, "=")
		name, value = strings.Trim(name, blank), strings.Trim(value, blank)
		if !isToken(name) && !(strings.HasPrefix(name, "+") && name != "+") {
			return "", false
		}
		b.WriteString(";" + name)
		if has {
			b.WriteString("=" + value)
		}
	}
	return b.String(), true
}

// hasParam reports whether a value has a parameter of a name.
func hasParam(v, name string) bool {
	for _, p := range split(v, ';')[1:] {
		n, _, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.Trim(n, blank), name) {
			return true
		}
	}
	return false
}

// address is the one form of a name-addr or addr-spec and its parameters (RFC 3261 §20.10): the URI in angle brackets, the name
// quoted.
func address(v string) (string, bool) {
	if v == "*" {
		return v, true
	}
	name, rest, ok := displayName(v)
	if !ok {
		return "", false
	}
	var uri string
	if strings.HasPrefix(rest, "<") {
		if uri, rest, ok = strings.Cut(rest[1:], ">"); !ok {
			return "", false
		}
	} else {
		uri, rest, _ = strings.Cut(rest, ";")
		if strings.ContainsAny(uri, "?,") { // it should have stood in brackets (RFC 3261 §20)
			return "", false
		}
		rest = ";" + rest
	}
	uri = strings.Trim(uri, blank)
	if !strings.Contains(uri, ":") || strings.ContainsAny(uri, " \t<>\"") {
		return "", false
	}
	var parts []string
	for _, p := range split(rest, ';')[1:] {
		if p != "" { // a semicolon too many does no harm here
			parts = append(parts, p)
		}
	}
	params, ok := parameters(parts)
	return name + "<" + uri + ">" + params, ok
}

// displayName splits off the name, quoted and with a blank after it; one that should have been quoted is (RFC 4475 §3.1.2.15).
func displayName(v string) (name, rest string, ok bool) {
	if !strings.HasPrefix(v, `"`) {
		i := strings.IndexByte(v, '<')
		if name = strings.Trim(v[:max(i, 0)], blank); name == "" {
			return "", v[max(i, 0):], v != ""
		}
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `" `, v[i:], true
	}
	for i := 1; i < len(v); i++ {
		switch v[i] {
		case '\\':
			i++
		case '"':
			rest = strings.Trim(v[i+1:], blank)
			return v[:i+1] + " ", rest, strings.HasPrefix(rest, "<")
		}
	}
	return "", "", false
}

// uriFault is the status a request to a URI is refused with, 0 if none (RFC 3261 §8.2.2.1, §19.1.1).
func uriFault(uri string) int {
	scheme, rest, ok := strings.Cut(uri, ":")
	switch lower := strings.ToLower(scheme); {
	case !ok || strings.ContainsAny(uri, "<>\""):
		return 400
	case lower == "tel":
		return 0
	case lower != "sip" && lower != "sips":
		return 416
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	if strings.Contains(rest, "?") {
		return 400
	}
	host, _, _ := strings.Cut(rest, ";")
	if _, _, ok := hostPort(host); !ok {
		return 400
	}
	return 0
}
