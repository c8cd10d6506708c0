package config

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSIP(t *testing.T) {
	for _, c := range []struct {
		s     SIP
		field string
	}{
		{SIP{}, ""}, {SIP{Port: 65536}, "port"}, {SIP{Proxy: "http://proxy.example.com:3128"}, ""},
		{SIP{Proxy: "proxy.example.com:3128"}, "proxy"}, {SIP{Proxy: "http://proxy.example.com"}, "proxy"},
		{SIP{Proxy: "https://proxy.example.com:3128"}, "proxy"}, {SIP{Proxy: "http://a:b@proxy.example.com:3128"}, "proxy"},
		{SIP{Also: []string{"203.0.113.0/24", "2001:db8::1"}}, ""}, {SIP{Also: []string{"203.0.113.0/33"}}, "also_from"}, {SIP{Also: []string{"pbx"}}, "also_from"},
		{SIP{DNS: "192.0.2.53:53"}, ""}, {SIP{DNS: "192.0.2.53"}, "dns"}, {SIP{DNS: "a:"}, "dns"},
		{SIP{TLSPins: []string{strings.Repeat("A", 43) + "="}}, ""}, {SIP{TLSPins: []string{"AAAA"}}, "tls_pins"}, {SIP{TLSPins: []string{"?"}}, "tls_pins"},
	} {
		if field, err := c.s.wrong(); field != c.field || (err != nil) != (c.field != "") {
			t.Errorf("%+v: %q, %v", c.s, field, err)
		}
	}
}

func TestAuthorities(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, public, private)
	if err != nil {
		t.Fatal(err)
	}
	one := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	dir := t.TempDir()
	for text, want := range map[string]string{
		"# two\n" + one + one: "", "": "holds no certificate", string(der): "holds no certificate",
		one + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n": "certificates only",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n":       "malformed",
	} {
		if err := os.WriteFile(filepath.Join(dir, "ca.pem"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := SIP{TLSCA: "ca.pem"}.Authorities(dir)
		if want == "" && (err != nil || len(got) != 2) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.30q: %d, %v", text, len(got), err)
		}
	}
	path := filepath.Join(dir, "config.toml")
	for name, text := range map[string]string{"config.toml": "[sip]\nport = 0\ntls_ca = 'nothing.pem'\ntls_certificate = 'empty.pem'\n", "empty.pem": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, gone := (SIP{TLSCA: "nothing.pem"}).Authorities(dir)
	_, broken := (SIP{TLSCert: "empty.pem"}).Chain(dir)
	for want, err := range map[string]error{"line 3: sip.tls_ca names ": gone, "line 4: sip.tls_certificate: ": broken} {
		if err == nil || strings.HasPrefix(err.Error(), "line") || !strings.HasPrefix(Locate(path, err).Error(), want) {
			t.Errorf("%v, want %q", Locate(path, err), want)
		}
		if got := Locate(filepath.Join(dir, "none.toml"), err); got.Error() != err.Error() {
			t.Errorf("without the file: %v", got)
		}
	}
}
