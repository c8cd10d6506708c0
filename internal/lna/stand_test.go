package lna

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/kustomersim"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
	"sidetone/widgetbridge"
	"sidetone/widgetbridge/pairing"
	"sidetone/widgetbridge/web"
)

// The names of the lab. They all lead to 127.0.0.1.
const (
	hostName   = "acme.kustomerapp.test"
	otherName  = "globex.kustomerapp.test" // another organisation
	widgetName = "widget.sidetone.test"
	evilName   = "evil.test"
)

func names() []string { return []string{hostName, otherName, widgetName, evilName} }

// stand is the pages, the bridge and a phone that counts.
type stand struct {
	t      *testing.T
	tls    int    // port of the pages over https
	plain  int    // port of the stranger's page over http
	spki   string // of the lab's certificate
	bridge *widgetbridge.Bridge
	port   int // of the bridge
	empty  int // a port nobody listens on
	phone  *counter
	seen   *sight
}

// counter is a phone that only remembers.
type counter struct {
	mu     sync.Mutex
	dials  []string
	others []phone.Verb
	snaps  chan phone.Snapshot
}

func (c *counter) Do(_ context.Context, m phone.Command) (call.ID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.Do == phone.Dial {
		c.dials = append(c.dials, m.Number)
	} else {
		c.others = append(c.others, m.Do)
	}
	return "c1", nil
}

func (c *counter) Watch(context.Context) <-chan phone.Snapshot { return c.snaps }
func (c *counter) Report(phone.Report)                         {}

func (c *counter) dialled() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.dials...)
}

// sight reads in the bridge's log what reached it.
type sight struct {
	slog.Handler
	mu      sync.Mutex
	reached int           // connections
	spoken  int           // connections, or one of them again, that brought a request
	refused map[int64]int // requests by the status of the refusal
}

func (s *sight) Enabled(context.Context, slog.Level) bool { return true }
func (s *sight) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s *sight) WithGroup(string) slog.Handler            { return s }

func (s *sight) Handle(_ context.Context, r slog.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Message {
	case "the port was reached":
		s.reached++
	case "the port was spoken to":
		s.spoken++
	case "a request was refused":
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "status" {
				s.refused[a.Value.Int64()]++
			}
			return true
		})
	}
	return nil
}

// counts are the connections and the requests so far.
func (s *sight) counts() (reached, spoken int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reached, s.spoken
}

func (s *sight) statuses() map[int64]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.refused)
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{t: t, phone: &counter{snaps: make(chan phone.Snapshot, 1)}, seen: &sight{refused: map[int64]int{}}}
	cert := s.certificate()
	secure, tlsPort := listen(t)
	plain, plainPort := listen(t)
	s.tls, s.plain, s.empty = tlsPort, plainPort, unused(t)
	s.runBridge()
	pages := s.pages()
	server := &http.Server{Handler: pages, TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
	go func() { _ = server.ServeTLS(secure, "", "") }()
	open := &http.Server{Handler: pages, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = open.Serve(plain) }()
	t.Cleanup(func() { _ = server.Close(); _ = open.Close() })
	return s
}

func listen(t *testing.T) (net.Listener, int) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l, l.Addr().(*net.TCPAddr).Port
}

// unused is a port nobody listens on.
func unused(t *testing.T) int {
	l, port := listen(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}

func (s *stand) origin(name string) string { return fmt.Sprintf("https://%s:%d", name, s.tls) }

// certificate makes one for every name of the lab.
func (s *stand) certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "Sidetone lab"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: names(),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		s.t.Fatal(err)
	}
	sum := sha256.Sum256(public)
	s.spki = base64.StdEncoding.EncodeToString(sum[:])
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (s *stand) runBridge() {
	own, err := pairing.NewIdentity()
	if err != nil {
		s.t.Fatal(err)
	}
	key, err := own.Key()
	if err != nil {
		s.t.Fatal(err)
	}
	book, err := pairing.OpenBook("", key)
	if err != nil {
		s.t.Fatal(err)
	}
	s.bridge = widgetbridge.New(widgetbridge.Config{
		Ports: []int{0}, Origins: []string{s.origin(widgetName)}, Phone: s.phone, Log: slog.New(s.seen), Version: "0.1.0",
		Keep: func(context.Context) (widgetbridge.Keeping, error) {
			return widgetbridge.Keeping{Identity: own, Book: book}, nil
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.bridge.Run(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
	if s.port, err = s.bridge.Port(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.phone.snaps <- phone.Snapshot{Seq: 1, Presence: presence.View{Status: presence.Available, Label: "Available"}, Accounts: []phone.AccountLine{{
		Account: call.Account{ID: "main", Address: "sip:1001@pbx.example.com"}, Line: call.Line{State: call.LineReady},
	}}}
}

// pages serves what belongs to the name that is asked.
func (s *stand) pages() http.Handler {
	widget, err := web.Handler(web.Options{Ports: s.ports(), SDK: "kustomer-card.js", Ancestors: []string{s.origin(hostName), s.origin(otherName)}})
	if err != nil {
		s.t.Fatal(err)
	}
	sim, err := kustomersim.New(kustomersim.Config{WidgetURL: s.origin(widgetName) + "/widget.html", SettingsURL: s.origin(widgetName) + "/settings.html"})
	if err != nil {
		s.t.Fatal(err)
	}
	widget = sim.Pages(widget)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(r.Host, ":")
		w.Header().Set("Cache-Control", "no-store")
		switch name {
		case widgetName:
			widget.ServeHTTP(w, r)
		case hostName, otherName:
			for _, h := range []string{"Cross-Origin-Opener-Policy", "Permissions-Policy"} {
				if v := r.URL.Query().Get(h); v != "" {
					w.Header().Set(h, v)
				}
			}
			file(w, "host.html")
		case evilName:
			file(w, "evil.html")
		}
	})
}

// ports are those the widget may try; which of them it does, its address says.
func (s *stand) ports() []int { return []int{s.empty, s.port} }

func file(w http.ResponseWriter, name string) {
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b)
}

// host is how the host page treats the widget.
type host struct {
	org       string // its name; "" is hostName
	delegates bool   // by the allow attribute that our app definition asks for
	sandbox   string // of the frame; "" is none
	opener    string // Cross-Origin-Opener-Policy
	features  string // Permissions-Policy
	ports     []int  // the widget tries; none: the bridge's
	frame     string // another page than the widget
}

// page is the address of a host page.
func (s *stand) page(h host) string {
	if h.org == "" {
		h.org = hostName
	}
	if len(h.ports) == 0 {
		h.ports = []int{s.port}
	}
	if h.frame == "" {
		var ports []string
		for _, p := range h.ports {
			ports = append(ports, strconv.Itoa(p))
		}
		h.frame = s.origin(widgetName) + "/widget.html?ports=" + strings.Join(ports, ",")
	}
	q := url.Values{"frame": {h.frame}}
	if h.delegates {
		q.Set("allow", web.Permissions(s.origin(widgetName)))
	}
	for name, v := range map[string]string{"sandbox": h.sandbox, "Cross-Origin-Opener-Policy": h.opener, "Permissions-Policy": h.features} {
		if v != "" {
			q.Set(name, v)
		}
	}
	return s.origin(h.org) + "/?" + q.Encode()
}
