package tidy

import (
	"fmt"
	"hash/fnv"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// The largest numbers that mean something (RFC 3261 §8.1.1.5, §20.22).
const (
	mostCSeq = 1<<31 - 1
	mostHops = 255
)

// wrong keeps the first fault.
func (m *message) wrong(status int) {
	if m.fault == 0 {
		m.fault = status
	}
}

// judge brings the header fields into their one form, and finds what is wrong with the message.
func (m *message) judge(from netip.AddrPort) {
	for _, once := range []string{"From", "To", "Call-ID", "CSeq"} {
		if len(m.values(once)) != 1 {
			m.wrong(400) // missing, or nobody knows which one counts (RFC 4475 §3.3.1, §3.3.8)
		}
	}
	if !m.request && (len(m.values("Via")) > 1 || len(split(m.value("Via"), ',')) > 1) {
		m.wrong(400) // it was meant for somebody else (RFC 3261 §8.1.3.3)
	}
	for _, f := range m.head {
		m.field(f)
	}
	m.measure()
	if m.request && m.fault == 0 {
		m.arrived(from)
	}
}

// field judges one header field.
func (m *message) field(f field) {
	switch f.name {
	case "Via", "Record-Route", "Contact":
		m.list(f)
	case "From", "To":
		v, ok := address(f.value)
		if !ok {
			m.wrong(400)
		}
		m.keep(f.name, v)
	case "Call-ID":
		if f.value == "" {
			m.wrong(400)
		}
		m.keep(f.name, f.value)
	case "CSeq":
		m.cseq(f.value)
	case "Max-Forwards":
		if isNumber(f.value, mostHops) && !m.has("Max-Forwards") {
			m.keep(f.name, f.value)
		} // one that cannot be read is none (RFC 4475 §3.1.2.4)
	case "Refer-To", "Referred-By":
		if v, ok := address(f.value); ok {
			m.keep(f.name, v)
		}
	case "Content-Type":
		if f.value != "" {
			m.keep(f.name, f.value)
		}
	case "Content-Length", "Route": // one is set by measure; the other led here, and has no more to say
	default:
		m.keep(f.name, f.value)
	}
}

func (m *message) keep(name, value string) { m.tidy = append(m.tidy, field{name, value}) }

func (m *message) has(name string) bool {
	for _, f := range m.tidy {
		if f.name == name {
			return true
		}
	}
	return false
}

// list judges a field of several values, and puts each on its own line.
func (m *message) list(f field) {
	form := address
	if f.name == "Via" {
		form = hop
	}
	for _, v := range elements(f) {
		tidy, ok := form(v)
		switch {
		case ok:
			m.keep(f.name, tidy)
		case f.name != "Contact" || m.method == "REGISTER":
			m.wrong(400)
		} // a Contact that cannot be used is none
	}
}

// cseq judges the number and method of a CSeq. A request that nobody understands is refused for that (RFC 4475 §3.1.2.18).
func (m *message) cseq(value string) {
	words := strings.Fields(value)
	if len(words) != 2 || !isNumber(words[0], mostCSeq) {
		m.wrong(400)
		return
	}
	switch {
	case m.request && !known(m.method):
		m.wrong(501)
	case m.request && words[1] != m.method:
		m.wrong(400)
	}
	m.keep("CSeq", strings.TrimLeft(words[0][:len(words[0])-1], "0")+words[0][len(words[0])-1:]+" "+words[1])
}

// known reports whether a method means something to a phone, whether it follows it or not.
func known(method string) bool {
	switch method {
	case "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "PRACK", "SUBSCRIBE", "NOTIFY", "PUBLISH", "INFO", "REFER", "MESSAGE", "UPDATE":
		return true
	}
	return false
}

// measure cuts the body to its length, and states it (RFC 3261 §18.3). What is shorter than it says was cut off on the way.
func (m *message) measure() {
	length := -1
	for _, v := range m.values("Content-Length") {
		n, err := strconv.Atoi(v)
		if err != nil || !isNumber(v, len(m.body)) || length >= 0 && length != n {
			m.wrong(400)
			return
		}
		length = n
	}
	if length >= 0 {
		m.body = m.body[:length]
	}
	m.keep("Content-Length", strconv.Itoa(len(m.body)))
}

// arrived notes on the topmost Via where a request truly came from, and gives one of the time before RFC 3261 a branch, which
// is all that can tell its transactions apart.
func (m *message) arrived(from netip.AddrPort) {
	for i, f := range m.tidy {
		if f.name != "Via" {
			continue
		}
		via := noted(f.value, from)
		if !hasParam(via, "branch") && !hasParam(m.value("From"), "tag") {
			number, _, _ := strings.Cut(m.value("CSeq"), " ")
			via += fmt.Sprintf(";branch=z9hG4bK%016x", digest(m.value("Call-ID"), number, m.value("From"), f.value))
		}
		m.tidy[i].value = via
		return
	}
}

// noted is a Via with what RFC 3261 §18.2.1 and RFC 3581 §4 add to it.
func noted(via string, from netip.AddrPort) string {
	parts := split(via, ';')
	asked := slices.IndexFunc(parts, func(p string) bool { return strings.EqualFold(p, "rport") })
	if asked >= 0 {
		parts[asked] = fmt.Sprintf("rport=%d", from.Port())
	}
	host, _, _ := sentBy(parts[0])
	ip, err := netip.ParseAddr(host)
	if (asked >= 0 || err != nil || ip.Unmap() != from.Addr()) && !hasParam(via, "received") {
		parts = slices.Insert(parts, 1+max(asked, 0), "received="+from.Addr().WithZone("").String())
	}
	return strings.Join(parts, ";")
}

// digest names several texts by a number.
func digest(texts ...string) uint64 {
	h := fnv.New64a()
	for _, t := range texts {
		h.Write([]byte(t + "\n"))
	}
	return h.Sum64()
}
