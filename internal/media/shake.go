package media

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
	"github.com/pion/srtp/v3"

	"sidetone/internal/sdp"
)

// The times of a handshake.
const (
	shakeLimit = 15 * time.Second       // then it is given up
	shakeAgain = 250 * time.Millisecond // what is not answered is sent again after this, then after twice as long (RFC 6347 §4.2.4.1)
)

// newCertificate makes the certificate of one call: only its hash counts, in the descriptions (RFC 8122). One for each call keeps calls
// from being told to be of one phone.
func newCertificate() (tls.Certificate, sdp.Fingerprint, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, sdp.Fingerprint{}, err
	}
	now := time.Now()
	// It has a name because some libraries read none without.
	form := &x509.Certificate{Subject: pkix.Name{CommonName: "sound"}, SerialNumber: big.NewInt(now.UnixNano()), NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(30 * 24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, sdp.Fingerprint{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, sdp.Fingerprint{Hash: "sha-256", Value: hashOf(der, crypto.SHA256)}, nil
}

// hashOf is the fingerprint of a certificate, as descriptions write it.
func hashOf(der []byte, h crypto.Hash) string {
	w := h.New()
	w.Write(der)
	return strings.ReplaceAll(fmt.Sprintf("% X", w.Sum(nil)), " ", ":")
}

// errStranger is a certificate that no description names.
var errStranger = errors.New("the far end's certificate is not the one that its description names")

// checked reports whether a certificate has one of the fingerprints.
func checked(der []byte, theirs []sdp.Fingerprint) error {
	for _, f := range theirs {
		h, ok := hashNamed(f.Hash)
		if ok && hashOf(der, h) == f.Value {
			return nil
		}
	}
	return errStranger
}

func hashNamed(name string) (crypto.Hash, bool) {
	switch name {
	case "sha-1":
		return crypto.SHA1, true // RFC 4572; some gateways know no other
	case "sha-256":
		return crypto.SHA256, true
	case "sha-384":
		return crypto.SHA384, true
	case "sha-512":
		return crypto.SHA512, true
	}
	return 0, false
}

// quiet keeps a library from writing where nobody asked.
func quiet() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}

// association is one DTLS handshake and its keys, of RTP or, where that has a port of its own, of RTCP. Its goroutine is Engine.shake.
type association struct {
	rtcp  bool
	with  sdp.Handshake
	peer  netip.AddrPort // the only address it speaks with; invalid: whatever the path of ICE leads to
	duct  *duct
	stop  context.CancelFunc
	keyed bool

	stranger atomic.Bool // the far end's certificate is not the one
}

// close ends the goroutine.
func (a *association) close() {
	if a == nil {
		return
	}
	a.stop()
	_ = a.duct.Close() // never fails
}

// material are the keys that came of a handshake.
type material struct {
	profile srtp.ProtectionProfile
	keys    srtp.SessionKeys
}

// perform does the handshake and returns its keys. The connection stays open: the last words may have to be repeated.
func (a *association) perform(ctx context.Context, cert tls.Certificate) (*dtls.Conn, material, error) {
	conn, err := a.open(cert)
	if err != nil {
		return nil, material{}, err
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		if a.stranger.Load() {
			err = errStranger
		}
		return conn, material{}, err
	}
	profile, ok := conn.SelectedSRTPProtectionProfile()
	state, known := conn.ConnectionState()
	if !ok || !known {
		return conn, material{}, errors.New("the far end names no kind of SRTP in the handshake")
	}
	c := srtp.Config{Profile: srtp.ProtectionProfile(profile)} // the same numbers, of one registry
	if err := c.ExtractSessionKeysFromDTLS(&state, a.with.Client); err != nil {
		return conn, material{}, err
	}
	return conn, material{c.Profile, c.Keys}, nil
}

func (a *association) open(cert tls.Certificate) (*dtls.Conn, error) {
	theirs, stranger := a.with.Theirs, &a.stranger
	both := []dtls.Option{
		dtls.WithCertificates(cert), dtls.WithLoggerFactory(quiet()), dtls.WithFlightInterval(shakeAgain),
		dtls.WithExtendedMasterSecret(dtls.RequestExtendedMasterSecret),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AES128_CM_HMAC_SHA1_32),
		// Nobody vouches for these certificates: their fingerprints do.
		dtls.WithInsecureSkipVerify(true),
		dtls.WithVerifyPeerCertificate(func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) > 0 && checked(raw[0], theirs) == nil {
				return nil
			}
			stranger.Store(true)
			return errStranger
		}),
	}
	to := net.UDPAddrFromAddrPort(a.peer)
	if a.with.Client {
		var options []dtls.ClientOption
		for _, o := range both {
			options = append(options, o)
		}
		return dtls.ClientWithOptions(a.duct, to, options...)
	}
	options := []dtls.ServerOption{dtls.WithClientAuth(dtls.RequireAnyClientCert)}
	for _, o := range both {
		options = append(options, o)
	}
	return dtls.ServerWithOptions(a.duct, to, options...)
}

// shake begins an association; keyed is told on the engine's goroutine.
func (e *Engine) shake(a *association, cert tls.Certificate, keyed func(time.Time, material, error)) {
	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	e.readers.Go(func() {
		limit, cancel := context.WithTimeout(ctx, shakeLimit)
		conn, m, err := a.perform(limit, cert)
		cancel()
		e.post(func(now time.Time) { keyed(now, m, err) })
		if conn == nil {
			return
		}
		var b [2048]byte
		for err == nil { // the library repeats the last words while it is read
			_, err = conn.Read(b[:])
		}
		_ = conn.Close() // the duct may be closed already
	})
}

// misplaced reports whether a packet begins with the first word of a side that is ours. Some relays begin a handshake before they have
// read that they shall not, and go on as agreed: the library would take that word for one of the other side's.
func (a *association) misplaced(b []byte) bool {
	const header, handshake, clientHello, serverHello, helloVerify = 13, 22, 1, 2, 3 // RFC 6347 §4.1 and §4.3.2
	if len(b) <= header || b[0] != handshake || b[3] != 0 || b[4] != 0 {
		return false
	}
	said := b[header]
	if a.with.Client {
		return said == clientHello
	}
	return said == serverHello || said == helloVerify
}

// early is a DTLS packet that came before the answer that says whom it is from.
type early struct {
	b    []byte
	from netip.AddrPort
	rtcp bool
}

// earlyRoom is how many of them are kept.
const earlyRoom = 6

// isDTLS tells the first octet of a packet (RFC 7983 §7).
func isDTLS(b []byte) bool { return len(b) > 0 && b[0] >= 20 && b[0] <= 63 }

// isSTUN does so, too.
func isSTUN(b []byte) bool { return len(b) > 0 && b[0] <= 3 }
