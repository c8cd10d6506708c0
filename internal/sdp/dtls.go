package sdp

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Fingerprint is the hash of a certificate in a=fingerprint (RFC 8122 §5).
type Fingerprint struct {
	Hash  string // lower case: "sha-256"
	Value string // upper case with colons: "12:DF:…"
}

func (f Fingerprint) String() string { return f.Hash + " " + f.Value }

// Handshake is what the descriptions say of a DTLS association (RFC 5763, RFC 8842).
type Handshake struct {
	Theirs []Fingerprint // one of them must be that of the far end's certificate
	Client bool          // this side begins the handshake
	ID     string        // the far end's tls-id; empty if it has none
}

// Same reports whether two agreements are about one association: another needs a handshake of its own, whose keys are new (RFC 8842 §3.1).
func (h Handshake) Same(o Handshake) bool {
	return h.Client == o.Client && h.ID == o.ID && slices.Equal(h.Theirs, o.Theirs)
}

// hashSize is the length of a hash in octets; 0 of one that proves nothing (RFC 8122 §5: MD2 and MD5) or is not known.
func hashSize(name string) int {
	switch name {
	case "sha-1":
		return 20
	case "sha-256":
		return 32
	case "sha-384":
		return 48
	case "sha-512":
		return 64
	}
	return 0
}

func parseFingerprint(value string) (Fingerprint, bool) {
	hash, text, ok := strings.Cut(value, " ")
	f := Fingerprint{strings.ToLower(hash), strings.ToUpper(strings.TrimSpace(text))}
	raw, err := hex.DecodeString(strings.ReplaceAll(f.Value, ":", ""))
	if !ok || err != nil || len(raw) != hashSize(f.Hash) || len(raw) == 0 || len(f.Value) != 3*len(raw)-1 {
		return Fingerprint{}, false
	}
	return f, true
}

// mostFingerprints bounds what is kept of a description.
const mostFingerprints = 8

// fingerprints are those of a medium, or of the session if it has none, in a fixed order.
func (d Description) fingerprints(m Media) []Fingerprint {
	var out []Fingerprint
	for _, list := range [][]string{m.values("fingerprint"), Media{Attrs: d.Attrs}.values("fingerprint")} {
		for _, v := range list {
			if f, ok := parseFingerprint(v); ok && !slices.Contains(out, f) && len(out) < mostFingerprints {
				out = append(out, f)
			}
		}
		if len(out) > 0 {
			break
		}
	}
	slices.SortFunc(out, func(a, b Fingerprint) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// handshake reads what the far end says of DTLS. No fingerprint that can be checked gives false.
func (s State) handshake(d Description, m Media, answer bool) (Handshake, bool) {
	h := Handshake{Theirs: d.fingerprints(m)}
	if len(h.Theirs) == 0 || s.local.Cert == (Fingerprint{}) || answer && !s.dtls {
		return h, false
	}
	h.ID, _ = d.attr(m, "tls-id")
	setup, said := d.attr(m, "setup")
	switch setup = strings.ToLower(setup); {
	case setup == "active", !said && !answer: // who offers without a word begins (RFC 4145 §4)
	case setup == "passive", !said, setup == "actpass":
		h.Client = true
	default:
		return h, false // holdconn: not now
	}
	if answer || setup == "actpass" {
		h.Client = s.begins(h)
	}
	return h, true
}

// begins is who begins a handshake that the far end leaves open: as it was, unless it is another association. An answer leaves it open,
// too, once there is one: relays are known to write the other role in a later answer, and to go on as before.
func (s State) begins(h Handshake) bool {
	was := s.agreed.Handshake
	kept := Handshake{Theirs: h.Theirs, Client: was.Client, ID: h.ID}
	if s.up && s.agreed.Keying == DTLS && kept.Same(was) {
		return was.Client
	}
	return h.Client
}

// setup is our a=setup: an offer leaves the choice to the far end (RFC 8842 §5.2).
func (s State) setup() string {
	switch {
	case s.offered:
		return "actpass"
	case s.agreed.Handshake.Client:
		return "active"
	}
	return "passive"
}

// tlsID names our association: another of theirs makes another of ours (RFC 8842 §5.3).
func (s State) tlsID() string { return fmt.Sprintf("%s%04d", s.local.TLSID, s.associations) }

// dtlsAttrs are the lines of our description about DTLS.
func (s State) dtlsAttrs() []Attr {
	if !s.dtls {
		return nil
	}
	out := []Attr{{"fingerprint", s.local.Cert.String()}, {"setup", s.setup()}}
	if s.local.TLSID != "" && (s.offered || s.agreed.Handshake.ID != "") {
		out = append(out, Attr{"tls-id", s.tlsID()})
	}
	return out
}

// associate counts the associations that an offer of theirs has put into the place of one in force.
func (s State) associate(a Agreed) State {
	if a.Keying == DTLS && s.up && s.agreed.Keying == DTLS && !s.agreed.Handshake.Same(a.Handshake) {
		s.associations++
	}
	return s
}
