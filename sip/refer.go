package sip

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

var (
	errReferTo  = errors.New("the Refer-To header names nobody a call can be made to")
	errReplaces = errors.New("the Replaces header names no dialog")
)

// replaces names a dialog whose place a call takes (RFC 3891 §6.1). The tags are as seen by who receives it: to is the
// receiver's own.
type replaces struct {
	callID, to, from string
	earlyOnly        bool
}

// parseReplaces reads the value of a Replaces header.
func parseReplaces(s string) (replaces, error) {
	id, params, _ := strings.Cut(s, ";")
	r := replaces{callID: strings.TrimSpace(id)}
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		switch value = strings.TrimSpace(value); strings.ToLower(strings.TrimSpace(name)) {
		case "to-tag":
			r.to = value
		case "from-tag":
			r.from = value
		case "early-only":
			r.earlyOnly = true
		}
	}
	if r.callID == "" || r.to == "" || r.from == "" || strings.ContainsAny(s, "\r\n, ") {
		return replaces{}, errReplaces
	}
	return r, nil
}

// String is the header's value.
func (r replaces) String() string {
	s := r.callID + ";to-tag=" + r.to + ";from-tag=" + r.from
	if r.earlyOnly {
		s += ";early-only"
	}
	return s
}

// referTo is whom a REFER names (RFC 3515 §2.1).
type referTo struct {
	uri      sipmsg.Uri // without header parameters
	replaces *replaces  // the call that waits there for us (RFC 5589 §7)
}

// parseReferTo reads the value of a Refer-To header. A method that is no INVITE is an error.
func parseReferTo(s string) (referTo, error) {
	var uri sipmsg.Uri
	params := sipmsg.NewParams()
	if _, err := sipmsg.ParseAddressValue(s, &uri, &params); err != nil || strings.ContainsAny(s, "\r\n") {
		return referTo{}, errReferTo
	}
	if uri.Scheme != "sip" && uri.Scheme != "sips" || uri.Host == "" {
		return referTo{}, errReferTo
	}
	if uri.UriParams != nil {
		if m, ok := uri.UriParams.Get("method"); ok && !strings.EqualFold(m, "INVITE") {
			return referTo{}, errReferTo
		}
		uri.UriParams.Remove("method")
	}
	out := referTo{uri: *uri.Clone()}
	out.uri.Headers, out.uri.Password = nil, ""
	bare, again := out.uri.String(), sipmsg.Uri{}
	if err := sipmsg.ParseUri(bare, &again); err != nil || again.String() != bare || again.Host != out.uri.Host || again.User != out.uri.User || strings.ContainsFunc(bare, noURI) {
		return referTo{}, errReferTo // the parser takes much for a URI
	}
	for _, kv := range headersOf(uri) {
		if !strings.EqualFold(kv[0], "Replaces") {
			continue // of the headers a URI may ask for, this one is understood (RFC 3261 §19.1.5)
		}
		r, err := parseReplaces(percentDecode(kv[1]))
		if err != nil || out.replaces != nil {
			return referTo{}, errReferTo
		}
		out.replaces = &r
	}
	return out, nil
}

// noURI reports what stands in no URI unescaped.
func noURI(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("<>\"\\^`{|}?,", r) }

// headersOf lists the header parameters of a URI, still escaped.
func headersOf(uri sipmsg.Uri) [][2]string {
	if uri.Headers == nil {
		return nil
	}
	var out [][2]string
	for kv := range strings.SplitSeq(uri.Headers.ToString('&'), "&") {
		k, v, _ := strings.Cut(kv, "=")
		out = append(out, [2]string{k, v})
	}
	return out
}

// String is the header's value.
func (r referTo) String() string {
	uri := r.uri.String()
	if r.replaces != nil {
		uri += "?Replaces=" + escapeHeader(r.replaces.String())
	}
	return "<" + uri + ">"
}

// escapeHeader writes a header's value as a URI may carry it (RFC 3261 §25.1, hvalue).
func escapeHeader(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()[]/?:+$", c) >= 0
		if plain {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// sipfrag reads the status line of a message/sipfrag body (RFC 3420), 0 if there is none.
func sipfrag(body []byte) (status int, reason string) {
	line, _, _ := bytes.Cut(bytes.TrimLeft(body, "\r\n "), []byte("\n"))
	version, rest, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
	code, reason, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(code)
	if !strings.EqualFold(version, "SIP/2.0") || err != nil || n < 100 || n > 699 {
		return 0, ""
	}
	return n, printable(reason)
}
