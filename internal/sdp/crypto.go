package sdp

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Security is what a side asks for in its own offers, and whether it takes theirs without encryption. Offers of theirs are otherwise
// answered as they ask.
type Security uint8

// The kinds of security.
const (
	Plain    Security = iota // own offers are plain
	Offered                  // own offers carry keys that the far end may take or leave (RTP/AVP with a=crypto, RFC 8643)
	Wanted                   // own offers ask for encryption (RTP/SAVP); plain offers of theirs are answered
	Required                 // and those are refused
)

// Keying is how the keys of SRTP come to both ends.
type Keying uint8

// The kinds of keying.
const (
	NoKeys Keying = iota // plain RTP
	SDES                 // in the descriptions (RFC 4568)
	DTLS                 // by a handshake beside the sound, whose certificates the descriptions name (RFC 5764)
)

// Suite is an SRTP crypto suite by its name in a=crypto.
type Suite string

// The suites spoken here: RFC 4568 §6.2, RFC 6188 §2, RFC 7714 §14.2.
const (
	AES128SHA80 Suite = "AES_CM_128_HMAC_SHA1_80"
	AES128SHA32 Suite = "AES_CM_128_HMAC_SHA1_32"
	AES256SHA80 Suite = "AES_256_CM_HMAC_SHA1_80"
	AES256SHA32 Suite = "AES_256_CM_HMAC_SHA1_32"
	AES128GCM   Suite = "AEAD_AES_128_GCM"
	AES256GCM   Suite = "AEAD_AES_256_GCM"
)

// KeySize is how many octets Local.Key has: a master key and salt for each suite.
const KeySize = 44 + 28 + 46 + 30 + 46 + 30

// suites are all of them, in the order of our preference. Those with a short tag are taken and not offered.
func suites() []Suite {
	return []Suite{AES256GCM, AES128GCM, AES256SHA80, AES128SHA80, AES256SHA32, AES128SHA32}
}

// Sizes are the lengths of a suite's master key and salt, in octets; 0, 0 of a suite that is not spoken here.
func (s Suite) Sizes() (key, salt int) {
	switch s {
	case AES128SHA80, AES128SHA32:
		return 16, 14
	case AES256SHA80, AES256SHA32:
		return 32, 14
	case AES128GCM:
		return 16, 12
	case AES256GCM:
		return 32, 12
	}
	return 0, 0
}

// suiteNamed finds a suite by a name on the wire: the letters of the draft of RFC 6188 are still in use.
func suiteNamed(name string) (Suite, bool) {
	name = strings.ToUpper(name)
	if rest, draft := strings.CutPrefix(name, "AES_CM_256_"); draft {
		name = "AES_256_CM_" + rest
	}
	s := Suite(name)
	return s, slices.Contains(suites(), s)
}

// own is our key of a suite: each has octets of its own in Local.Key.
func (s Suite) own(stock []byte) []byte {
	if len(stock) != KeySize {
		return nil
	}
	at := 0
	for _, x := range suites() {
		key, salt := x.Sizes()
		if x == s {
			return stock[at : at+key+salt]
		}
		at += key + salt
	}
	return nil
}

// crypto is one a=crypto line (RFC 4568 §9.1).
type crypto struct {
	tag   string
	name  string // of the suite, as it is written on the wire
	suite Suite
	key   []byte // master key and salt
}

func (c crypto) String() string {
	return c.tag + " " + c.name + " inline:" + base64.StdEncoding.EncodeToString(c.key)
}

// cryptos are the a=crypto lines that can be used, in their order.
func (m Media) cryptos() (out []crypto) {
	for _, v := range m.values("crypto") {
		if c, ok := parseCrypto(v); ok {
			out = append(out, c)
		}
	}
	return out
}

// parseCrypto reads "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20". Session parameters change the cipher: such a line is not for us,
// unless they only size the window against replays (RFC 4568 §6.3.7). A master key index is in every packet: not for us either.
func parseCrypto(value string) (crypto, bool) {
	f := strings.Fields(value)
	if len(f) < 3 || slices.ContainsFunc(f[3:], func(p string) bool { return !strings.HasPrefix(strings.ToUpper(p), "WSH=") }) {
		return crypto{}, false
	}
	c := crypto{tag: f[0], name: f[1]}
	var known bool
	c.suite, known = suiteNamed(f[1])
	inline, found := strings.CutPrefix(f[2], "inline:")
	inline, params, _ := strings.Cut(inline, "|")
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(inline, "="))
	k, salt := c.suite.Sizes()
	if !known || !found || err != nil || len(key) != k+salt || strings.Contains(params, ":") || strings.Contains(params, ";") {
		return crypto{}, false
	}
	c.key = key
	return c, true
}

// offered are the lines of an offer of ours: first is the suite in force, which keeps its keys, or empty.
func offered(stock []byte, first Suite) (out []crypto) {
	list := suites()[:4]
	if first != "" {
		list = slices.Insert(slices.DeleteFunc(list, func(s Suite) bool { return s == first }), 0, first)
	}
	for i, s := range list {
		if key := s.own(stock); key != nil {
			out = append(out, crypto{strconv.Itoa(i + 1), string(s), s, key})
		}
	}
	return out
}

// secure settles how the sound of one audio line of the far end is encrypted.
func (s State) secure(d Description, m Media, a *Agreed, answer bool) error {
	p, known := profileOf(m.Proto)
	if !known {
		return fmt.Errorf("%s is %w", clip(m.Proto), ErrEncrypted)
	}
	shake, can := s.handshake(d, m, answer)
	ours, _ := profileOf(s.proto)
	switch {
	case can && (p.dtls || !p.secure): // of two kinds beside plain sound the better one (RFC 8643 §3.2)
		a.Keying, a.Handshake = DTLS, shake
	case p.dtls:
		return fmt.Errorf("%s without a certificate that can be checked is %w", m.Proto, ErrEncrypted)
	case s.sdes(m, a, answer):
	case can: // the profile of the time before RFC 5764
		a.Keying, a.Handshake = DTLS, shake
	case p.secure:
		return fmt.Errorf("%s without an a=crypto line of a suite we speak is %w", m.Proto, ErrEncrypted)
	case answer && ours.secure:
		return fmt.Errorf("the answer changes %s to %s: %w is not what was offered", s.proto, m.Proto, ErrPlain)
	case s.local.Security == Required:
		return fmt.Errorf("%s is %w, and this line takes encrypted sound only", m.Proto, ErrPlain)
	}
	return nil
}

// sdes takes the first key of theirs of a suite that is spoken here.
func (s State) sdes(m Media, a *Agreed, answer bool) bool {
	for _, c := range m.cryptos() {
		if ours := c.suite.own(s.local.Key); ours != nil && (!answer || s.offers(c.suite)) {
			a.Keying, a.Suite, a.RecvKey, a.SendKey = SDES, c.suite, c.key, ours
			return true
		}
	}
	return false
}

// offers reports whether our description has a key for the suite.
func (s State) offers(suite Suite) bool {
	return slices.ContainsFunc(s.cryptos, func(c crypto) bool { return c.suite == suite })
}

// answering is the a=crypto line of our answer: with the tag and the name of the one of theirs that was chosen.
func answering(m Media, a Agreed) crypto {
	for _, c := range m.cryptos() {
		if c.suite == a.Suite {
			c.key = a.SendKey
			return c
		}
	}
	return crypto{}
}

// profile is what the profile of an m= line says of keys. Feedback (AVPF, SAVPF) changes when reports are sent, which nobody is held to.
type profile struct{ secure, dtls bool }

func profileOf(proto string) (p profile, known bool) {
	switch strings.ToUpper(proto) {
	case "RTP/AVP", "RTP/AVPF":
		return profile{}, true
	case "RTP/SAVP", "RTP/SAVPF":
		return profile{secure: true}, true
	case "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF":
		return profile{secure: true, dtls: true}, true
	}
	return profile{}, false
}

// wishes sets how our offer is encrypted: as it is in force, at first as this side wants it.
func (s State) wishes() State {
	s.cryptos, s.dtls = nil, false
	keying := s.agreed.Keying
	if !s.up && s.local.Security != Plain {
		keying = s.local.keying()
	}
	if !s.up && s.local.Security >= Wanted {
		s.proto = s.local.proto(keying)
	}
	switch keying {
	case SDES:
		s.cryptos = offered(s.local.Key, s.agreed.Suite)
	case DTLS:
		s.dtls = true
	}
	return s
}

// keying is what own offers have of the kinds this side is able to do.
func (l Local) keying() Keying {
	switch {
	case l.Cert != (Fingerprint{}) && (l.OfferDTLS || len(l.Key) != KeySize):
		return DTLS
	case len(l.Key) == KeySize:
		return SDES
	}
	return NoKeys
}

func (l Local) proto(k Keying) string {
	switch {
	case k == DTLS && l.ICE.Ufrag != "":
		return "UDP/TLS/RTP/SAVPF" // what WebRTC writes (RFC 8829 §5.1.2)
	case k == DTLS:
		return "UDP/TLS/RTP/SAVP"
	case k == SDES:
		return "RTP/SAVP"
	}
	return "RTP/AVP"
}
