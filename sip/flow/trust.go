package flow

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
)

// Trust is which servers are believed. The zero value believes those that the operating system does. Nothing here believes
// everybody.
type Trust struct {
	Company []*x509.Certificate // authorities of the company, beside the operating system's
	Pins    []string            // if any: base64 of the SHA-256 of a public key that must be in the server's chain (RFC 7469 §2.4)

	// Certificate gives this phone's, when a server wants one; nil: there is none.
	Certificate func(context.Context) (*tls.Certificate, error)
}

// Pin is how a certificate's public key is written in Trust.Pins.
func Pin(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// greeting is a handshake with a server, and what is known of it when the connection ends: with TLS 1.3 a server says what it
// thinks of our certificate, or of having none, after that.
type greeting struct {
	name   string
	trust  Trust
	wanted atomic.Bool // the server has asked for our certificate
}

// secure makes a connection safe, or says in a sentence what is wrong with the server's certificate and who can mend it.
func (g *greeting) secure(ctx context.Context, raw net.Conn) (net.Conn, error) {
	conf, err := g.trust.config(g.name)
	if err != nil {
		return nil, err
	}
	conf.GetClientCertificate = g.certificate
	conn := tls.Client(raw, conf)
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, g.mistrust(err)
	}
	return conn, nil
}

// certificate is ours for a server that wants it. One that can do without gets none where we have none.
func (g *greeting) certificate(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	g.wanted.Store(true)
	if g.trust.Certificate == nil {
		return new(tls.Certificate), nil
	}
	c, err := g.trust.Certificate(info.Context())
	if err != nil {
		return nil, fault(err, "The server %s wants this phone's certificate, which cannot be used: %v.", g.name, err)
	}
	return c, nil
}

func (t Trust) config(name string) (*tls.Config, error) {
	conf := &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12}
	if len(t.Company) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			return nil, fmt.Errorf("this computer's list of certificate authorities cannot be read: %w", err)
		}
		for _, c := range t.Company {
			pool.AddCert(c)
		}
		conf.RootCAs = pool
	}
	if len(t.Pins) > 0 {
		conf.VerifyConnection = t.pinned
	}
	return conf, nil
}

var errPin = errors.New("not one of the pinned keys")

// pinned checks the chains that were verified, after everything else was found good.
func (t Trust) pinned(s tls.ConnectionState) error {
	for _, chain := range s.VerifiedChains {
		if slices.ContainsFunc(chain, func(c *x509.Certificate) bool { return slices.Contains(t.Pins, Pin(c)) }) {
			return nil
		}
	}
	return errPin
}

// Fault is why a flow cannot be opened or kept where a person can mend it. Its text is one sentence that says who, and how.
type Fault struct {
	Text string
	Err  error
}

func (f *Fault) Error() string { return f.Text }

// Unwrap is the error below.
func (f *Fault) Unwrap() error { return f.Err }

func fault(err error, format string, args ...any) error {
	return &Fault{fmt.Sprintf(format, args...), err}
}

// mistrust turns the failure of a handshake into a sentence.
func (g *greeting) mistrust(err error) error {
	name := g.name
	var known *Fault
	var stranger x509.UnknownAuthorityError
	var other x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, errPin):
		return fault(err, "The server %s has another key than the one IT pinned: if it was changed on purpose, IT must put the new one into tls_pins.", name)
	case errors.As(err, &stranger) && selfSigned(stranger.Cert):
		return fault(err, "The certificate of %s is self-signed, and this computer does not know it: IT must add it to tls_ca, or give the server one of a known authority.", name)
	case errors.As(err, &stranger):
		return fault(err, "The certificate of %s is from %s, which this computer does not know: IT must add that authority to tls_ca, or give the server a certificate of a known one.",
			name, issuer(stranger.Cert))
	case errors.As(err, &other):
		return fault(err, "The server that answers for %s has a certificate for %s: IT must give it one with the name %s, or correct the account's server.",
			name, names(other.Certificate), name)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fault(err, "The certificate of %s is valid from %s to %s: IT must renew it, or this computer's clock is wrong.",
			name, invalid.Cert.NotBefore.Format("2 January 2006"), invalid.Cert.NotAfter.Format("2 January 2006"))
	case errors.As(err, &invalid):
		return fault(err, "The certificate of %s cannot be used for a server: IT must replace it.", name)
	case alerted(err):
		return g.refused(err)
	case errors.As(err, &record):
		return fault(err, "What answers at %s does not speak TLS: use the server's TLS port, or another transport.", name)
	}
	return fmt.Errorf("no safe connection to %s: %w", name, err)
}

// refused is a server that ended the handshake, or the connection right after it, in the way of TLS.
func (g *greeting) refused(err error) error {
	switch {
	case !g.wanted.Load():
		return fault(err, "The server %s ended the handshake: IT must see whether it speaks TLS 1.2 or newer.", g.name)
	case g.trust.Certificate == nil:
		return fault(err, "The server %s wants a certificate of this phone, which has none: IT must name one by tls_certificate, and store its key with sidetonectl key.", g.name)
	}
	return fault(err, "The server %s does not accept this phone's certificate: IT must see whether the one that tls_certificate names is valid there.", g.name)
}

// late is what a server says after the handshake.
func (g *greeting) late(err error) error {
	if g != nil && alerted(err) {
		return g.refused(err)
	}
	return err
}

// alerted reports whether the server ended the connection with a TLS alert. The standard library has no other name for it.
func alerted(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// selfSigned reports whether a certificate names itself as its authority.
func selfSigned(c *x509.Certificate) bool { return c != nil && c.Issuer.String() == c.Subject.String() }

func issuer(c *x509.Certificate) string {
	switch {
	case c == nil:
		return "an unknown authority"
	case c.Issuer.CommonName != "":
		return "“" + c.Issuer.CommonName + "”"
	}
	return "“" + c.Issuer.String() + "”"
}

func names(c *x509.Certificate) string {
	all := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "no name at all"
	}
	return strings.Join(all[:min(3, len(all))], ", ")
}
