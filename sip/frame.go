package sip

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// sound makes sure that a message can be handed to the library: parsed without error, with the headers a transaction
// needs (RFC 3261 §8.1.1). What the library's strict parser dislikes but a tolerant one can live without is repaired.
// Nil means the message is not worth handing on.
func sound(parser *sipmsg.Parser, raw []byte) []byte {
	if len(bytes.Trim(raw, "\r\n\x00 \t")) == 0 {
		return nil
	}
	if complete(parser, raw) {
		return raw
	}
	if mended := mend(raw); complete(parser, mended) {
		return mended
	}
	return nil
}

// complete reports whether raw parses and has the mandatory headers. A panic of the parser counts as a no.
func complete(parser *sipmsg.Parser, raw []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	msg, err := parser.ParseSIP(raw)
	if err != nil {
		return false
	}
	via, from, to := msg.Via(), msg.From(), msg.To()
	if via == nil || from == nil || to == nil || msg.CallID() == nil || msg.CSeq() == nil {
		return false
	}
	switch m := msg.(type) {
	case *sipmsg.Request:
		return m.Method == msg.CSeq().MethodName && len(msg.String()) > 0
	case *sipmsg.Response:
		return m.StatusCode >= 100 && m.StatusCode <= 699 && len(msg.String()) > 0
	}
	return false
}

// mend rewrites line ends to CRLF and drops the header lines that are known to make the whole message be refused although
// nothing needs them: lines without a colon or a value, unquoted display names in Contact, odd Max-Forwards.
func mend(raw []byte) []byte {
	head, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !found {
		head, body, _ = bytes.Cut(raw, []byte("\n\n"))
	}
	var out bytes.Buffer
	for i, line := range strings.Split(strings.ReplaceAll(string(head), "\r\n", "\n"), "\n") {
		if i > 0 && useless(line) {
			continue
		}
		out.WriteString(line + "\r\n")
	}
	out.WriteString("\r\n")
	out.Write(body)
	return out.Bytes()
}

func useless(line string) bool {
	if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
		return false // the rest of a folded header
	}
	name, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	if !ok {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "max-forwards":
		return value == "" || strings.Trim(value, "0123456789") != ""
	case "contact", "m":
		before, _, _ := strings.Cut(value, "<")
		return value == "" || strings.Contains(before, ",") && !strings.Contains(before, `"`)
	case "content-type", "c", "referred-by", "refer-to":
		return value == ""
	}
	return false
}

// framed gives a message the one true Content-Length: the frame of a WebSocket makes it needless (RFC 7118 §5), and where it is
// false the layer, which takes everything for a stream, would lose every message after this one. Nil is a message that was cut off.
func framed(m []byte) []byte {
	head, body, found := bytes.Cut(m, []byte("\r\n\r\n"))
	if !found {
		return m
	}
	var out bytes.Buffer
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if n := string(bytes.ToLower(bytes.TrimSpace(name))); n != "content-length" && n != "l" {
			out.Write(append(line[:len(line):len(line)], "\r\n"...))
			continue
		}
		n, err := strconv.Atoi(string(bytes.TrimSpace(value)))
		if err != nil || n < 0 || n > len(body) {
			return nil
		}
		body = body[:n] // RFC 3261 §18.3
	}
	fmt.Fprintf(&out, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return out.Bytes()
}

// received answers the rport of a request's first Via with where the request truly came from (RFC 3581 §4): the layer would
// put in the name it knows the connection by.
func received(m []byte, from netip.AddrPort) []byte {
	if bytes.HasPrefix(m, []byte("SIP/2.0 ")) {
		return m
	}
	head, body, _ := bytes.Cut(m, []byte("\r\n\r\n"))
	lines := bytes.SplitAfter(head, []byte("\r\n"))
	for i, line := range lines {
		name, value, _ := strings.Cut(string(line), ":")
		if n := strings.ToLower(strings.TrimSpace(name)); i == 0 || n != "via" && n != "v" {
			continue
		}
		lines[i] = []byte(name + ":" + reported(value, from))
		return bytes.Join([][]byte{bytes.Join(lines, nil), body}, []byte("\r\n\r\n"))
	}
	return m
}

// reported puts a value into the empty rport of the first of the Vias in a line.
func reported(value string, from netip.AddrPort) string {
	first, rest, more := strings.Cut(value, ",")
	params := strings.Split(first, ";")
	for i, p := range params {
		if name := strings.TrimSpace(p); i > 0 && strings.EqualFold(name, "rport") {
			params[i] = strings.Replace(p, name, fmt.Sprintf("rport=%d;received=%s", from.Port(), from.Addr()), 1)
		}
	}
	if first = strings.Join(params, ";"); more {
		return first + "," + rest
	}
	return first
}
