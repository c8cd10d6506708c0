package config

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
)

// SIP is the [sip] table.
type SIP struct {
	Port    int      `toml:"port"`            // local UDP port, 0: any free one
	TLSCA   string   `toml:"tls_ca"`          // file of the company's certificate authorities, PEM; relative to the settings file
	TLSCert string   `toml:"tls_certificate"` // file of this phone's certificate and its chain, PEM, for servers that want one; its key is in the keyring
	TLSPins []string `toml:"tls_pins"`        // if any: base64 SHA-256 of public keys, one of which servers must show
	Proxy   string   `toml:"proxy"`           // web proxy for TCP, TLS and WebSocket: "http://host:port"
	Also    []string `toml:"also_from"`       // where calls may come from over UDP, beside the accounts' servers: "203.0.113.0/24"
	DNS     string   `toml:"dns"`             // name server to ask for SIP servers, "host:port"; empty: the computer's own
}

// wrong is the first wrong field and what is wrong with it.
func (s SIP) wrong() (field string, err error) {
	if s.Port < 0 || s.Port > 65535 {
		return "port", fmt.Errorf("sip.port is %d: use 0 to 65535", s.Port)
	}
	for _, p := range s.TLSPins {
		if b, err := base64.StdEncoding.DecodeString(p); err != nil || len(b) != 32 {
			return "tls_pins", fmt.Errorf("sip.tls_pins has %q: write the SHA-256 of a public key in base64, 44 characters", p)
		}
	}
	if _, err := s.ProxyURL(); err != nil {
		return "proxy", err
	}
	if _, err := s.AlsoFrom(); err != nil {
		return "also_from", err
	}
	if _, port, err := net.SplitHostPort(s.DNS); s.DNS != "" && (err != nil || port == "") {
		return "dns", fmt.Errorf("sip.dns is %q: write it as host:port, the port of name servers is 53", s.DNS)
	}
	return "", nil
}

// AlsoFrom are the networks of Also.
func (s SIP) AlsoFrom() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range s.Also {
		p, err := netip.ParsePrefix(text)
		if a, single := netip.ParseAddr(text); single == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("sip.also_from has %q: write an address or a network, 203.0.113.0/24", text)
		}
		out = append(out, p)
	}
	return out, nil
}

// ProxyURL is the web proxy, nil if there is none.
func (s SIP) ProxyURL() (*url.URL, error) {
	if s.Proxy == "" {
		return nil, nil
	}
	u, err := url.Parse(s.Proxy)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" || u.Port() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("sip.proxy is %q: write it as http://host:port", s.Proxy)
	}
	return u, nil
}

// Authorities reads the company's certificate authorities. dir is the folder of the settings file. Locate knows the line of an
// error.
func (s SIP) Authorities(dir string) ([]*x509.Certificate, error) {
	return certificates("tls_ca", s.TLSCA, dir)
}

// Chain reads this phone's certificate and what stands above it. dir is the folder of the settings file. Locate knows the line
// of an error.
func (s SIP) Chain(dir string) ([]*x509.Certificate, error) {
	return certificates("tls_certificate", s.TLSCert, dir)
}

// certificates reads the file of them that a field of the table names; none if it is empty.
func certificates(field, path, dir string) ([]*x509.Certificate, error) {
	if path == "" {
		return nil, nil
	}
	list, err := readCertificates("sip."+field, path, dir)
	if err != nil {
		return nil, at(err, "sip", field)
	}
	return list, nil
}

func readCertificates(field, path, dir string) ([]*x509.Certificate, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	rest, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s names %s, which does not exist: write the path of a PEM file, whole or relative to the settings file", field, path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", field, err)
	}
	var out []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("%s: %s has a %s: it must hold certificates only; a key goes into the keyring, with sidetonectl key", field, path, block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", field, path, err)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: %s holds no certificate: it must be PEM, which begins with -----BEGIN CERTIFICATE-----", field, path)
	}
	return out, nil
}
