// Package tidy reads SIP messages off the wire before the library does: legal ones it brings into the one form that the library
// understands, illegal requests it refuses, and what deserves no answer it drops (RFC 3261 §7.3, §8.2, §18; RFC 4475).
//
// It is pure and takes strangers' bytes.
package tidy

import (
	"bytes"
	"net/netip"
	"strings"
)

// Reader is what a refusal says of us.
type Reader struct {
	Allow  string // the methods we understand
	Server string // what we are; empty: not said
}

// Verdict is what becomes of a message. One without Message and Refusal is dropped.
type Verdict struct {
	Message []byte         // to be handed on
	Refusal []byte         // a response
	To      netip.AddrPort // where a refusal of a datagram goes (RFC 3261 §18.2.2, RFC 3581 §4)
}

// Read judges one whole message: a datagram, or a frame of a stream or WebSocket. From is where it truly came from. The result
// shares no memory with raw.
func (r Reader) Read(raw []byte, from netip.AddrPort) Verdict {
	m, ok := parse(raw)
	if !ok {
		return Verdict{}
	}
	m.judge(from)
	if m.fault == 0 {
		return Verdict{Message: m.bytes()}
	}
	return r.refuse(m, from)
}

// Refuse refuses a message that was handed on, if it is a request that may be.
func (r Reader) Refuse(raw []byte, from netip.AddrPort, status int) Verdict {
	m, ok := parse(raw)
	if !ok {
		return Verdict{}
	}
	m.fault = status
	return r.refuse(m, from)
}

// message is one as far as it is understood.
type message struct {
	request bool
	method  string
	first   string  // the start line
	head    []field // as they came
	tidy    []field // as they are handed on
	body    []byte
	fault   int // the status a request is refused with; 0: none
}

// field is a header field under its long name.
type field struct{ name, value string }

// parse takes a message apart. It is false for what is no SIP.
func parse(raw []byte) (message, bool) {
	lines, body := unfold(raw)
	m := message{body: body}
	if len(lines) == 0 || !m.start(lines[0]) {
		return m, false
	}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if name = strings.Trim(name, blank); ok && isToken(name) {
			m.head = append(m.head, field{longName(name), strings.Trim(value, blank)})
		}
	}
	return m, len(m.values("Via")) > 0
}

// blank is the white space of SIP's grammar.
const blank = " \t"

// unfold splits off the body, and makes one line of every header field (RFC 3261 §7.3.1). Line ends without CR are taken for
// whole ones; a CR alone is no line end.
func unfold(raw []byte) (lines []string, body []byte) {
	raw = bytes.TrimLeft(raw, "\r\n")
	var head strings.Builder
	for len(raw) > 0 {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		raw = rest
		if line = bytes.TrimRight(line, "\r"); len(line) == 0 {
			break
		}
		text := strings.ReplaceAll(string(line), "\r", " ")
		if strings.ContainsRune(blank, rune(text[0])) {
			head.WriteString(" " + strings.Trim(text, blank))
			continue
		}
		head.WriteString("\n" + text)
	}
	if head.Len() == 0 {
		return nil, nil
	}
	return strings.Split(head.String(), "\n")[1:], raw
}

// start reads the start line. It is false for what is no SIP, and for a response that nothing can be done with.
func (m *message) start(line string) bool {
	if len(line) < 4 || !strings.EqualFold(line[:4], "SIP/") {
		return m.requestLine(strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(blank, r) }))
	}
	version, rest, _ := strings.Cut(line, " ")
	code, reason, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	if !strings.EqualFold(version, "SIP/2.0") || len(code) != 3 || !isNumber(code, 699) || code[0] == '0' {
		return false
	}
	m.first = "SIP/2.0 " + code + " " + reason
	return true
}

// requestLine bears blanks that are too many, where no doubt is left (RFC 4475 §3.1.2.9, §3.1.2.10).
func (m *message) requestLine(words []string) bool {
	n := len(words)
	if n < 3 || !isToken(words[0]) || len(words[n-1]) < 4 || !strings.EqualFold(words[n-1][:4], "SIP/") {
		return false
	}
	m.request, m.method = true, words[0]
	m.first = words[0] + " " + words[1] + " SIP/2.0"
	switch {
	case !strings.EqualFold(words[n-1], "SIP/2.0"):
		m.fault = 505
	case n > 3:
		m.fault = 400
	default:
		m.fault = uriFault(words[1])
	}
	return true
}

// values are those of a header field, as they came.
func (m *message) values(name string) []string {
	var out []string
	for _, f := range m.head {
		if f.name == name {
			out = append(out, f.value)
		}
	}
	return out
}

// first value of a header field, empty if there is none.
func (m *message) value(name string) string {
	if v := m.values(name); len(v) > 0 {
		return v[0]
	}
	return ""
}

// bytes is the message in its one form.
func (m *message) bytes() []byte {
	var b bytes.Buffer
	b.WriteString(m.first + "\r\n")
	for _, f := range m.tidy {
		b.WriteString(f.name + ": " + f.value + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(m.body)
	return b.Bytes()
}
