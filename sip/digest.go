package sip

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"
)

// errNoScheme says that a server asked for a proof we cannot give.
var errNoScheme = errors.New("the server asks for a kind of sign-in this phone does not have")

// challenge is one WWW-Authenticate or Proxy-Authenticate challenge (RFC 3261 §22, RFC 8760).
type challenge struct {
	realm     string
	nonce     string
	opaque    string
	algorithm string // as the server wrote it; empty means MD5
	qop       bool   // the server offers qop=auth
	authInt   bool   // the server offers only qops we do not do
	stale     bool   // the nonce was old, the password may be right
}

// rank orders algorithms, 0 is one we cannot do.
func (c challenge) rank() int {
	switch strings.ToUpper(c.algorithm) {
	case "SHA-256":
		return 4
	case "SHA-256-SESS":
		return 3
	case "", "MD5":
		return 2
	case "MD5-SESS":
		return 1
	}
	return 0
}

// parseChallenges reads one header value. It may hold several challenges, of any scheme; only Digest ones are returned.
func parseChallenges(value string) []challenge {
	var list []challenge
	var cur *challenge
	s := scanner{rest: value}
	for {
		word := s.token()
		if word == "" {
			return list
		}
		if !s.eat('=') {
			cur = nil
			if strings.EqualFold(word, "Digest") {
				list = append(list, challenge{})
				cur = &list[len(list)-1]
			}
			continue
		}
		v := s.value()
		if cur != nil {
			cur.set(strings.ToLower(word), v)
		}
	}
}

func (c *challenge) set(key, v string) {
	switch key {
	case "realm":
		c.realm = v
	case "nonce":
		c.nonce = v
	case "opaque":
		c.opaque = v
	case "algorithm":
		c.algorithm = v
	case "stale":
		c.stale = strings.EqualFold(v, "true")
	case "qop":
		for q := range strings.SplitSeq(v, ",") {
			c.qop = c.qop || strings.EqualFold(strings.TrimSpace(q), "auth")
		}
		c.authInt = !c.qop && strings.TrimSpace(v) != ""
	}
}

// scanner walks over auth-params (RFC 7235 §2.1): words, =, quoted strings, separated by commas and blanks.
type scanner struct{ rest string }

func (s *scanner) token() string {
	s.rest = strings.TrimLeft(s.rest, " \t\r\n,=\"")
	n := strings.IndexAny(s.rest, " \t\r\n,=\"")
	if n < 0 {
		n = len(s.rest)
	}
	word := s.rest[:n]
	s.rest = s.rest[n:]
	return word
}

func (s *scanner) eat(c byte) bool {
	t := strings.TrimLeft(s.rest, " \t\r\n")
	if t == "" || t[0] != c {
		return false
	}
	s.rest = t[1:]
	return true
}

func (s *scanner) value() string {
	if !s.eat('"') {
		s.rest = strings.TrimLeft(s.rest, " \t\r\n")
		n := strings.IndexAny(s.rest, " \t\r\n,")
		if n < 0 {
			n = len(s.rest)
		}
		v := s.rest[:n]
		s.rest = s.rest[n:]
		return v
	}
	var b strings.Builder
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			s.rest = s.rest[i+1:]
			return b.String()
		case c == '\\' && i+1 < len(s.rest):
			i++
			b.WriteByte(s.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	s.rest = ""
	return b.String()
}

// chooseChallenge picks the strongest challenge we can answer among all headers of one kind, whatever their order.
func chooseChallenge(values []string) (challenge, error) {
	var best challenge
	for _, v := range values {
		for _, c := range parseChallenges(v) {
			if c.usable() && (best.nonce == "" || c.rank() > best.rank()) {
				best = c
			}
		}
	}
	if best.nonce == "" {
		return challenge{}, errNoScheme
	}
	return best, nil
}

func (c challenge) usable() bool { return c.nonce != "" && !c.authInt && c.rank() > 0 }

// proof is what a digest response is computed over.
type proof struct {
	username string
	secret   string // see challenge.secret
	method   string
	uri      string // exactly the Request-URI
	count    uint32 // nonce count, from 1
	cnonce   string // of a -sess algorithm the same for every request with the nonce
}

// sameHash reports whether a secret for one challenge fits another of the same realm.
func (c challenge) sameHash(o challenge) bool { return (c.rank() >= 3) == (o.rank() >= 3) }

// hash is the algorithm's.
func (c challenge) hash(s string) string {
	if c.rank() >= 3 {
		return hexHash(sha256.New(), s)
	}
	return hexHash(md5.New(), s)
}

// secret is what is left of a password for one realm and algorithm: it proves the password there and nowhere else.
func (c challenge) secret(username, password string) string {
	return c.hash(username + ":" + c.realm + ":" + password)
}

// answer computes the value of an Authorization or Proxy-Authorization header (RFC 7616 §3.4).
func (c challenge) answer(p proof) string {
	sess := strings.HasSuffix(strings.ToUpper(c.algorithm), "-SESS")
	h, a1 := c.hash, p.secret
	if sess {
		a1 = h(a1 + ":" + c.nonce + ":" + p.cnonce)
	}
	a2 := h(p.method + ":" + p.uri)
	nc := fmt.Sprintf("%08x", p.count)
	response := h(a1 + ":" + c.nonce + ":" + a2)
	if c.qop {
		response = h(strings.Join([]string{a1, c.nonce, nc, p.cnonce, "auth", a2}, ":"))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Digest username=%s, realm=%s, nonce=%s, uri=%s, response=\"%s\"",
		quote(p.username), quote(c.realm), quote(c.nonce), quote(p.uri), response)
	if c.algorithm != "" {
		b.WriteString(", algorithm=" + c.algorithm)
	}
	if c.opaque != "" {
		b.WriteString(", opaque=" + quote(c.opaque))
	}
	switch {
	case c.qop:
		fmt.Fprintf(&b, ", qop=auth, nc=%s, cnonce=%s", nc, quote(p.cnonce))
	case sess:
		b.WriteString(", cnonce=" + quote(p.cnonce))
	}
	return b.String()
}

func hexHash(h hash.Hash, s string) string {
	h.Write([]byte(s))
	return hex.EncodeToString(h.Sum(nil))
}

// quote writes a quoted-string (RFC 3261 §25.1). Line ends cannot be carried and are dropped.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "", "\n", "").Replace(s) + `"`
}

// token returns 2n random hexadecimal digits, for tags, branches and nonces of ours.
func token(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}
