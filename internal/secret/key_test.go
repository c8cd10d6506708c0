package secret

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der := func(b []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for about, c := range map[string]struct {
		kind string
		der  []byte
		key  crypto.Signer
	}{
		"PKCS #8":  {"PRIVATE KEY", der(x509.MarshalPKCS8PrivateKey(r)), r},
		"PKCS #1":  {"RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(r), r},
		"SEC 1":    {"EC PRIVATE KEY", der(x509.MarshalECPrivateKey(e)), e},
		"EC in #8": {"PRIVATE KEY", der(x509.MarshalPKCS8PrivateKey(e)), e},
	} {
		text := append([]byte("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"), pem.EncodeToMemory(&pem.Block{Type: c.kind, Bytes: c.der})...)
		kept, err := EncodeKey(text)
		if err != nil || len(kept) > 2500 {
			t.Errorf("%s: %d characters, %v", about, len(kept), err)
			continue
		}
		back, err := DecodeKey(kept)
		if err != nil || !c.key.(interface{ Equal(crypto.PrivateKey) bool }).Equal(back) {
			t.Errorf("%s: %v", about, err)
		}
	}
	for text, want := range map[string]string{
		"": "must be PEM", "secret": "must be PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n": "must be PEM",
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n": "a password of its own",
	} {
		if _, err := EncodeKey([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"?", "AAAA", ""} {
		if _, err := DecodeKey(text); err == nil {
			t.Errorf("%q is a key", text)
		}
	}
}
