package tidy

import (
	"fmt"
	"net/netip"
	"strings"
)

// refuse answers a request as far as it can be understood (RFC 3261 §8.2.6); responses and ACK are dropped. It keeps no state: a
// repeated request gets the same answer again.
func (r Reader) refuse(m message, from netip.AddrPort) Verdict {
	if !m.request || m.method == "ACK" {
		return Verdict{}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", m.fault, phrase(m.fault))
	via, port := m.value("Via"), from.Port()
	for i, v := range m.values("Via") {
		if i == 0 {
			v, port = answerable(v, from)
		}
		fmt.Fprintf(&b, "Via: %s\r\n", v)
	}
	for _, name := range []string{"From", "To", "Call-ID", "CSeq"} {
		v := m.value(name)
		if v == "" {
			continue
		}
		if name == "To" && !hasParam(v, "tag") {
			v += fmt.Sprintf(";tag=%08x", uint32(digest(via, m.value("Call-ID"), m.value("From")))) // RFC 3261 §8.2.7
		}
		fmt.Fprintf(&b, "%s: %s\r\n", name, v)
	}
	if m.fault == 501 {
		fmt.Fprintf(&b, "Allow: %s\r\n", r.Allow)
	}
	if r.Server != "" {
		fmt.Fprintf(&b, "Server: %s\r\n", r.Server)
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return Verdict{Refusal: []byte(b.String()), To: netip.AddrPortFrom(from.Addr(), port)}
}

// answerable notes where a request came from on its topmost Via, and finds the port its answer goes to. A Via that cannot be read
// goes back as it came, to where it came from.
func answerable(v string, from netip.AddrPort) (via string, port uint16) {
	all := split(v, ',')
	top, ok := hop(all[0])
	if !ok {
		return v, from.Port()
	}
	port = 5060
	if _, n, _ := sentBy(split(top, ';')[0]); n > 0 {
		port = uint16(n)
	}
	if hasParam(top, "rport") {
		port = from.Port()
	}
	return strings.Join(append([]string{noted(top, from)}, all[1:]...), ", "), port
}

func phrase(status int) string {
	switch status {
	case 416:
		return "Unsupported URI Scheme"
	case 501:
		return "Not Implemented"
	case 505:
		return "Version Not Supported"
	}
	return "Bad Request"
}
