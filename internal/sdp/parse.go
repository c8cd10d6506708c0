// Package sdp reads and writes session descriptions tolerantly and negotiates audio by offer and answer as pure functions.
//
// Parse takes what telephone systems really send: RFC 8866 in the wrong order, with lines missing or unknown. State is one
// side of a negotiation after RFC 3264, a value: every method returns the next State and never changes the one it is
// called on. Nothing here reads a clock, a random number or a socket.
package sdp

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// The reasons a description cannot be used. Errors of this package wrap one of them.
var (
	ErrSyntax    = errors.New("not a session description")
	ErrNoAudio   = errors.New("no audio")
	ErrNoCodec   = errors.New("no common codec")
	ErrEncrypted = errors.New("a kind of encryption this phone does not speak")
	ErrPlain     = errors.New("sound without encryption")
	ErrNoAddress = errors.New("no address to send sound to")
)

// MaxSize is the most octets Parse reads: a description fits in one SIP message.
const MaxSize = 65535

// maxMedia bounds the m= lines kept; an answer has to repeat every one.
const maxMedia = 64

// Attr is one a= line; Value is empty for a flag such as a=sendrecv.
type Attr struct{ Key, Value string }

// Description is one session description. Lines that do not matter to a telephone call are not kept.
type Description struct {
	Origin string     // the o= line as it was sent
	Name   string     // the s= line
	Conn   netip.Addr // c= of the session; the zero Addr if absent or not an IP address
	Attrs  []Attr     // a= of the session
	Media  []Media    // in order
}

// Media is one m= line and what belongs to it.
type Media struct {
	Kind    string     // "audio", "video", "image", …
	Port    int        // 0 to 65535; 0 means rejected or not wanted
	Proto   string     // "RTP/AVP", …
	Formats []string   // payload types, in order of preference
	Conn    netip.Addr // c= of this medium; the zero Addr if absent
	Attrs   []Attr
}

// Parse reads a description. It accepts bare LF or CR LF, no final line end, a missing v=, o=, s= or t=, lines in any order
// after their m= line and lines of unknown type. It refuses, wrapping ErrSyntax, only what has neither v= nor m= or is
// larger than MaxSize.
func Parse(b []byte) (Description, error) {
	var d Description
	if len(b) > MaxSize {
		return d, fmt.Errorf("%w: %d octets are too many", ErrSyntax, len(b))
	}
	seen := false
	for line := range strings.FieldsFuncSeq(string(b), func(r rune) bool { return r == '\r' || r == '\n' }) {
		line = strings.Trim(line, " \t\x00")
		if len(line) < 2 || line[1] != '=' {
			continue
		}
		value := strings.TrimSpace(line[2:])
		seen = seen || line[0] == 'v' || line[0] == 'm'
		if line[0] == 'm' && len(d.Media) == maxMedia {
			return Description{}, fmt.Errorf("%w: more than %d media", ErrSyntax, maxMedia)
		}
		d.line(line[0], value)
	}
	if !seen {
		return Description{}, ErrSyntax
	}
	return d, nil
}

// line takes one line into the description, into its latest medium if there is one.
func (d *Description) line(kind byte, value string) {
	var m *Media
	if len(d.Media) > 0 {
		m = &d.Media[len(d.Media)-1]
	}
	switch {
	case kind == 'm':
		d.Media = append(d.Media, parseMedia(value))
	case kind == 'o' && d.Origin == "":
		d.Origin = value
	case kind == 's' && d.Name == "":
		d.Name = value
	case kind == 'c' && m != nil:
		m.Conn = parseConn(value)
	case kind == 'c':
		d.Conn = parseConn(value)
	case kind == 'a' && m != nil:
		m.Attrs = append(m.Attrs, parseAttr(value))
	case kind == 'a':
		d.Attrs = append(d.Attrs, parseAttr(value))
	}
}

// parseMedia reads "audio 49170/2 RTP/AVP 0 8". What is missing gets the value of a rejected audio line.
func parseMedia(value string) Media {
	m := Media{Kind: "audio", Proto: "RTP/AVP"}
	f := strings.Fields(value)
	if len(f) > 0 {
		m.Kind = f[0]
	}
	if len(f) > 1 {
		port, _, _ := strings.Cut(f[1], "/")
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			m.Port = int(n)
		}
	}
	if len(f) > 2 {
		m.Proto = f[2]
	}
	if len(f) > 3 {
		m.Formats = f[3:]
	} else {
		m.Formats = []string{"0"}
	}
	return m
}

// parseConn reads "IN IP4 192.0.2.1/127". A host name gives the zero Addr.
func parseConn(value string) netip.Addr {
	f := strings.Fields(value)
	if len(f) < 3 {
		return netip.Addr{}
	}
	host, _, _ := strings.Cut(f[2], "/")
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

func parseAttr(value string) Attr {
	k, v, _ := strings.Cut(value, ":")
	return Attr{strings.TrimSpace(k), strings.TrimSpace(v)}
}

// Format writes the description with CR LF line ends, in the order of RFC 8866 §5. Format of what Parse read of a
// formatted description gives the same octets again.
func (d Description) Format() []byte {
	var b strings.Builder
	b.WriteString("v=0\r\n")
	line(&b, "o", or(d.Origin, "- 0 0 IN IP4 0.0.0.0"))
	line(&b, "s", or(d.Name, "-"))
	writeConn(&b, d.Conn)
	line(&b, "t", "0 0")
	writeAttrs(&b, d.Attrs)
	for _, m := range d.Media {
		line(&b, "m", fmt.Sprintf("%s %d %s %s", m.Kind, m.Port, m.Proto, strings.Join(m.Formats, " ")))
		writeConn(&b, m.Conn)
		writeAttrs(&b, m.Attrs)
	}
	return []byte(b.String())
}

func line(b *strings.Builder, kind, value string) {
	b.WriteString(kind)
	b.WriteByte('=')
	b.WriteString(value)
	b.WriteString("\r\n")
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func writeConn(b *strings.Builder, a netip.Addr) {
	if a.IsValid() {
		line(b, "c", "IN "+family(a)+" "+a.String())
	}
}

func family(a netip.Addr) string {
	if a.Is6() {
		return "IP6"
	}
	return "IP4"
}

func writeAttrs(b *strings.Builder, attrs []Attr) {
	for _, a := range attrs {
		switch {
		case a.Key == "":
		case a.Value == "":
			line(b, "a", a.Key)
		default:
			line(b, "a", a.Key+":"+a.Value)
		}
	}
}

// attr returns the value of the first a=key line of the medium, or of the session if it has none.
func (d Description) attr(m Media, key string) (string, bool) {
	for _, list := range [][]Attr{m.Attrs, d.Attrs} {
		for _, a := range list {
			if strings.EqualFold(a.Key, key) {
				return a.Value, true
			}
		}
	}
	return "", false
}

// values returns the values of every a=key line of the medium.
func (m Media) values(key string) []string {
	var out []string
	for _, a := range m.Attrs {
		if strings.EqualFold(a.Key, key) {
			out = append(out, a.Value)
		}
	}
	return out
}
