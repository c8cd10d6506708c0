package sip

import (
	"net/netip"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// callerOf names the caller as the network asserts it (RFC 3325 §9.1, or the older Remote-Party-ID), else as the caller does: the
// request came by our server, which is trusted to have checked an assertion, or to have taken it out. An asserted identity that
// shall be private is not shown.
func callerOf(req *sipmsg.Request) call.Party {
	claimed := partyFrom(req.From())
	if strings.EqualFold(req.From().Address.Host, "anonymous.invalid") { // RFC 3323 §4.1.1.3
		claimed.Name, claimed.Number = "Anonymous", ""
	}
	if keepsPrivate(req) {
		return claimed
	}
	for _, v := range append(headerValues(req, "P-Asserted-Identity"), headerValues(req, "Remote-Party-ID")...) {
		var asserted sipmsg.FromHeader
		params := sipmsg.NewParams()
		name, err := sipmsg.ParseAddressValue(v, &asserted.Address, &params)
		asserted.DisplayName = name
		p := partyFrom(&asserted)
		if err != nil || p.Number == "" || strings.EqualFold(params.GetOr("privacy", ""), "full") {
			continue
		}
		if p.Name == "" && p.Number == claimed.Number {
			p.Name = claimed.Name
		}
		return p
	}
	return claimed
}

// keepsPrivate reports whether an asserted identity shall not be shown (RFC 3325 §9.3).
func keepsPrivate(req *sipmsg.Request) bool {
	for _, v := range headerValues(req, "Privacy") {
		for word := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			if strings.EqualFold(word, "id") {
				return true
			}
		}
	}
	return false
}

// partyFrom names the caller as the From header does (RFC 3261 §20.20). Every field is a stranger's text, bounded and
// without control characters.
func partyFrom(from *sipmsg.FromHeader) call.Party {
	if from == nil {
		return call.Party{}
	}
	uri := from.Address.Clone()
	uri.Headers = nil
	uri.Password = ""
	number := uri.User
	if uri.Raw() != "" { // tel: and other schemes keep their text whole
		number, _, _ = strings.Cut(uri.Raw(), ";")
	}
	return call.Party{
		Name:   printable(unescape(from.DisplayName)),
		Number: printable(percentDecode(number)),
		URI:    printable(uri.String()),
	}
}

// unescape undoes the quoted-pairs of a quoted-string (RFC 3261 §25.1).
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// percentDecode undoes %HH escapes; a broken escape stays as it is.
func percentDecode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := hexDigit(s[i+1]), hexDigit(s[i+2])
			if hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func hexDigit(c byte) int {
	if c >= 'A' && c <= 'F' {
		c += 'a' - 'A'
	}
	return strings.IndexByte("0123456789abcdef", c)
}

// printable bounds a stranger's text to 128 characters and drops what could move a cursor or break a line.
func printable(s string) string { return clean(s, 128) }

func clean(s string, most int) string {
	n := 0
	return strings.Map(func(r rune) rune {
		if n >= most || r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		n++
		return r
	}, strings.ToValidUTF8(s, ""))
}

// targetURI makes the Request-URI of an outgoing call: a number belongs to the account's domain, a sip: URI is taken
// as it is. # is not allowed in a user part and is escaped (RFC 3261 §25.1).
func targetURI(target string, a *account) (sipmsg.Uri, error) {
	var uri sipmsg.Uri
	if strings.HasPrefix(target, "sip:") {
		err := sipmsg.ParseUri(target, &uri)
		return uri, err
	}
	uri = a.domain()
	uri.User = strings.ReplaceAll(target, "#", "%23")
	return uri, nil
}

// lastTwo is how much of a number may be written to the log.
func lastTwo(number string) string {
	if len(number) <= 2 {
		return "…"
	}
	return "…" + number[len(number)-2:]
}

// hostLiteral reads the address of a URI's host, if it is one.
func hostLiteral(uri sipmsg.Uri) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(strings.Trim(uri.Host, "[]"))
	return ip.Unmap(), err == nil
}
