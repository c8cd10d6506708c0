package pairing

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/big"
)

// Sizes in octets.
const (
	pointSize     = 65 // an uncompressed P-256 point (SEC 1 §2.3.3)
	signatureSize = 64 // r and s, as WebCrypto writes ECDSA signatures
	NonceSize     = 32
)

var (
	// ErrKey says that a text is no P-256 public key.
	ErrKey = errors.New("that is not a P-256 public key")
	// ErrIdentity says that what the keyring holds is not our key.
	ErrIdentity = errors.New("the keyring's entry for the bridge is not a key")
)

// Key is a P-256 public key in its wire form: an uncompressed point in base64url without padding. A Key that ParseKey
// returned is a point on the curve.
type Key string

// ParseKey reads a public key. The error is ErrKey.
func ParseKey(text string) (Key, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != pointSize {
		return "", ErrKey
	}
	if _, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), b); err != nil {
		return "", ErrKey
	}
	return Key(text), nil
}

// ID is the short name of a key in messages and lists: 16 octets of its SHA-256 in base64url.
func (k Key) ID() string {
	sum := sha256.Sum256([]byte(k))
	return encode(sum[:16])
}

// verifies reports whether sig is the key's ECDSA signature, with SHA-256, of text.
func (k Key) verifies(text, sig string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(string(k))
	if err != nil {
		return false
	}
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), b)
	if err != nil {
		return false
	}
	s, err := base64.RawURLEncoding.Strict().DecodeString(sig)
	if err != nil || len(s) != signatureSize {
		return false
	}
	sum := sha256.Sum256([]byte(text))
	half := signatureSize / 2
	return ecdsa.Verify(pub, sum[:], new(big.Int).SetBytes(s[:half]), new(big.Int).SetBytes(s[half:]))
}

// Identity is the app's own key pair. The zero value has none.
type Identity struct{ private *ecdsa.PrivateKey }

// NewIdentity makes a key pair.
func NewIdentity() (Identity, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return Identity{k}, err
}

// ParseIdentity reads what Secret wrote. The error is ErrIdentity and never repeats what was read.
func ParseIdentity(secret string) (Identity, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(secret)
	if err != nil {
		return Identity{}, ErrIdentity
	}
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), b)
	if err != nil {
		return Identity{}, ErrIdentity
	}
	return Identity{k}, nil
}

// Secret is the private key as text, for the keyring and nowhere else.
func (i Identity) Secret() (string, error) {
	b, err := i.private.Bytes()
	if err != nil {
		return "", err
	}
	return encode(b), nil
}

// Valid reports whether there is a key.
func (i Identity) Valid() bool { return i.private != nil }

// Key is the public half.
func (i Identity) Key() (Key, error) {
	b, err := i.private.PublicKey.Bytes()
	return Key(encode(b)), err
}

func (i Identity) sign(text string) (string, error) {
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, i.private, sum[:])
	if err != nil {
		return "", err
	}
	out := make([]byte, signatureSize)
	r.FillBytes(out[:signatureSize/2])
	s.FillBytes(out[signatureSize/2:])
	return encode(out), nil
}

// NewNonce returns 32 random octets in base64url.
func NewNonce() string {
	b := make([]byte, NonceSize)
	rand.Read(b) // never fails since Go 1.24
	return encode(b)
}

// IsNonce reports whether a text has the form of a nonce or of a commitment: 32 octets in base64url.
func IsNonce(text string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(b) == NonceSize
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
