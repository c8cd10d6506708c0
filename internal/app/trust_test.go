package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sidetone/internal/config"
	"sidetone/internal/secret"
)

// paper is a certificate and its key, as files have them.
func paper(t *testing.T) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "phone"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// TestPhonesCertificate: its key comes from the keyring when a server asks, never from a file.
func TestPhonesCertificate(t *testing.T) {
	cert, key := paper(t)
	_, other := paper(t)
	dir := t.TempDir()
	for name, b := range map[string][]byte{"phone.pem": cert, "both.pem": append(cert, key...)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	encode := func(b []byte) string {
		text, err := secret.EncodeKey(b)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, c := range []struct {
		kept string
		err  error
		want string // part of the sentence; empty: it works
	}{
		{encode(key), nil, ""},
		{"", secret.ErrNone, "store it with sidetonectl key"},
		{"", secret.ErrNoKeyring, "no keyring"},
		{encode(other), nil, "the key of another certificate"},
		{"?", nil, "is none"},
	} {
		got, err := trust(config.SIP{TLSCert: "phone.pem"}, dir, func(_ context.Context, name string) (string, error) {
			if name != secret.TLSKey {
				t.Errorf("asked for %q", name)
			}
			return c.kept, c.err
		})
		if err != nil {
			t.Fatal(err)
		}
		made, err := got.Certificate(t.Context())
		if c.want == "" && (err != nil || len(made.Certificate) != 1) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: %v", c.want, err)
		}
	}
	never := func(context.Context, string) (string, error) { return "", errors.New("nobody asked") }
	for name, want := range map[string]string{"both.pem": "a key goes into the keyring", "none.pem": "write the path of a PEM file"} {
		if _, err := trust(config.SIP{TLSCert: name}, dir, never); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := trust(config.SIP{}, dir, never); err != nil || got.Certificate != nil {
		t.Errorf("a certificate out of nothing: %v", err)
	}
}
