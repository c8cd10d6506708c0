package peers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"time"
)

// Kamailio is a registrar and record-routing proxy for one address. The password of user N is secret-N.
type Kamailio struct {
	*Program
	IP         string
	Addr, Safe string // of UDP and TCP; of TLS and WebSocket
	CA         string // file of the authority that signed its certificate

	config string
	port   int      // of Addr, if it has to be that one
	words  []string // replaced in its configuration
	defs   []string // and defined there
}

//go:embed kamailio.cfg
var kamailioConfig string

//go:embed edge.cfg
var edgeConfig string

// certify makes an authority, a certificate of it for an address, and the file in which kamailio looks for them.
func certify(t T, dir, ip string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Example Company CA"}, IPAddresses: []net.IP{net.ParseIP(ip)},
		IsCA: true, BasicConstraintsValid: true, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(crand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{
		"ca.pem":  string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		"key.pem": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})),
		"tls.cfg": fmt.Sprintf("[server:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\nprivate_key = %s/key.pem\ncertificate = %s/ca.pem\n", dir, dir),
	})
}

// StartKamailio runs a server on loopback.
func StartKamailio(t T, with ...With) *Kamailio { return StartKamailioAt(t, "127.0.0.1", with...) }

// With is something more a server does.
type With func(*Kamailio)

// define switches a part of the configuration on and names what it needs.
func (k *Kamailio) define(name, value string) {
	k.defs = append(k.defs, name)
	k.words = append(k.words, name, value)
}

// EdgeOf makes the server a proxy before another, which learns the way back from Path (RFC 3327).
func EdgeOf(other *Kamailio) With {
	return func(k *Kamailio) { k.config, k.words = edgeConfig, append(k.words, "BEHIND", other.Addr) }
}

// AtPort gives the server a port, for one that comes back.
func AtPort(port int) With { return func(k *Kamailio) { k.port = port } }

// StartKamailioAt runs a server at an address of this machine and waits until it answers.
func StartKamailioAt(t T, ip string, with ...With) *Kamailio {
	t.Helper()
	for range 5 {
		dir, word := t.TempDir(), fmt.Sprintf("Listening-%x", rand.Uint64())
		k := &Kamailio{config: kamailioConfig, IP: ip, Safe: fmt.Sprintf("%s:%d", ip, FreePort(t)), CA: filepath.Join(dir, "ca.pem")}
		for _, more := range with {
			more(k)
		}
		if k.port == 0 {
			k.port = FreePort(t)
		}
		k.Addr = fmt.Sprintf("%s:%d", ip, k.port)
		certify(t, dir, ip)
		words := append(k.words, "ADDR", k.Addr, "SAFE", k.Safe, "DIR", dir, "WORD", word)
		write(t, dir, map[string]string{"kamailio.cfg": strings.NewReplacer(words...).Replace(k.config)})
		args := []string{"-f", filepath.Join(dir, "kamailio.cfg"), "-DD", "-E", "-m", "64", "-M", "8", "-w", dir, "-Y", dir, "-P", filepath.Join(dir, "pid")}
		for _, d := range k.defs {
			args = append(args, "-A", "with_"+strings.ToLower(d))
		}
		k.Program = Start(t, "kamailio", args...)
		k.Asked("listening", func() bool { return k.Gone() || strings.Contains(k.try(""), word) })
		if !k.Gone() {
			return k
		}
		if !strings.Contains(k.Said(), "in use") {
			t.Fatalf("kamailio does not start:\n%s", k.Said())
		}
	}
	t.Fatal("kamailio found no free port")
	return nil
}

// Over is what the settings say of an account that uses a transport.
func (k *Kamailio) Over(transport string) string {
	text := fmt.Sprintf("transport = %q\n", transport)
	switch transport {
	case "tls":
		text += fmt.Sprintf("server = %q\n[sip]\ntls_ca = %q\n", k.Safe, k.CA)
	case "wss":
		text += fmt.Sprintf("server = \"wss://%s/sip\"\n[sip]\ntls_ca = %q\n", k.Safe, k.CA)
	}
	return text
}

// try asks for the options of a user, or of kamailio itself, and returns the final response, empty if none came in time.
func (k *Kamailio) try(user string) string {
	k.t.Helper()
	conn, err := net.Dial("udp", k.Addr)
	if err != nil {
		k.t.Fatal(err)
	}
	defer conn.Close()
	to, id := "sip:"+k.Addr, rand.Uint64()
	if user != "" {
		to = "sip:" + user + "@" + k.Addr
	}
	from := fmt.Sprintf("<sip:probe@%s>;tag=%x", conn.LocalAddr(), id)
	_, err = fmt.Fprintf(conn, "OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%x;rport\r\nMax-Forwards: 9\r\n"+
		"From: %s\r\nTo: <%s>\r\nCall-ID: %x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", to, conn.LocalAddr(), id, from, to, id)
	if err = errors.Join(err, conn.SetReadDeadline(time.Now().Add(2*time.Second))); err != nil {
		return ""
	}
	for b := make([]byte, 4096); ; {
		n, err := conn.Read(b)
		if err != nil {
			return "" // nobody listens yet, or nobody answers
		}
		if res := string(b[:n]); !strings.HasPrefix(res, "SIP/2.0 1") {
			return res
		}
	}
}

// Reach is what a user answers OPTIONS with through kamailio, or kamailio in the user's place.
func (k *Kamailio) Reach(user string) (res string) {
	k.t.Helper()
	k.Asked("answering for "+user, func() bool {
		res = k.try(user)
		return res != ""
	})
	return res
}

// Knows reports whether anything is registered for a user, reachable or not.
func (k *Kamailio) Knows(user string) bool {
	k.t.Helper()
	return !strings.HasPrefix(k.try(user), "SIP/2.0 404 ")
}

// Registered reports whether a user answers.
func (k *Kamailio) Registered(user string) bool {
	k.t.Helper()
	return strings.HasPrefix(k.Reach(user), "SIP/2.0 200 ")
}
