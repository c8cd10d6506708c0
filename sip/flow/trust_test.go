package flow

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sidetone/sip/locate"
)

// echoTLS is a server that sends back what it gets.
func echoTLS(t *testing.T, conf *tls.Config) locate.Target {
	t.Helper()
	target := serve(t, tls.NewListener(listen(t), conf), func(c net.Conn) { io.Copy(c, c) })
	target.Transport = locate.TLS
	return target
}

// TestCertificates: what is believed, and what is said when it is not.
func TestCertificates(t *testing.T) {
	ours, other := newAuthority(t), newAuthority(t)
	company := []*x509.Certificate{ours.cert}
	good := ours.issue(t, "pbx.example.com")
	phone := ours.issue(t, "phone")
	alone := tls.Certificate{}
	{
		a := authority{key: newKey(t)}
		leaf := a.sign(t, &x509.Certificate{DNSNames: []string{"pbx.example.com"}}, a.key)
		alone = tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: a.key}
	}
	server := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	asks := server(good)
	asks.ClientAuth, asks.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
	asks.ClientCAs.AddCert(ours.cert)
	may := asks.Clone()
	may.ClientAuth = tls.VerifyClientCertIfGiven
	has := func(c tls.Certificate, err error) func(context.Context) (*tls.Certificate, error) {
		return func(context.Context) (*tls.Certificate, error) { return &c, err }
	}
	old := server(good)
	old.MaxVersion = tls.VersionTLS11
	old.MinVersion = tls.VersionTLS10
	for _, c := range []struct {
		about  string
		server *tls.Config
		trust  Trust
		want   string // part of the sentence; empty: it works
	}{
		{"of the company", server(good), Trust{Company: company}, ""},
		{"of nobody this computer knows", server(good), Trust{}, "is from “Example Company CA”, which this computer does not know: IT must add that authority to tls_ca"},
		{"of itself", server(alone), Trust{Company: company}, "is self-signed, and this computer does not know it"},
		{"of another authority of the same name", server(other.issue(t, "pbx.example.com")), Trust{Company: company}, "does not know"},
		{"for another name", server(ours.issue(t, "mail.example.com")), Trust{Company: company}, "has a certificate for mail.example.com: IT must give it one with the name pbx.example.com"},
		{"for no name", server(ours.issue(t, "", func(c *x509.Certificate) { c.DNSNames = nil })), Trust{Company: company}, "has a certificate for no name at all"},
		{"ended", server(ours.issue(t, "pbx.example.com", func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2021, 1, 2, 0, 0, 0, 0, time.UTC)
		})), Trust{Company: company}, "is valid from 2 January 2020 to 2 January 2021: IT must renew it"},
		{"not for servers", server(ours.issue(t, "pbx.example.com", func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
		})), Trust{Company: company}, "cannot be used for a server"},
		{"pinned", server(good), Trust{Company: company, Pins: []string{"AAAA", Pin(good.Leaf)}}, ""},
		{"pinned to the authority", server(good), Trust{Company: company, Pins: []string{Pin(ours.cert)}}, ""},
		{"pinned to another key", server(good), Trust{Company: company, Pins: []string{Pin(other.cert)}}, "has another key than the one IT pinned"},
		{"pinned, and of nobody", server(good), Trust{Pins: []string{Pin(good.Leaf)}}, "which this computer does not know"},
		{"wants ours", asks, Trust{Company: company, Certificate: has(phone, nil)}, ""},
		{"wants ours, and gets none", asks, Trust{Company: company}, "which has none: IT must name one by tls_certificate"},
		{"wants ours, and gets another", asks, Trust{Company: company, Certificate: has(alone, nil)}, "does not accept this phone's certificate"},
		{"wants ours, and there is no key", asks, Trust{Company: company, Certificate: has(alone, errors.New("no key"))}, "which cannot be used: no key."},
		{"asks for ours, and can do without", may, Trust{Company: company}, ""},
		{"too old a protocol", old, Trust{Company: company}, "speaks TLS 1.2 or newer"},
	} {
		got := ""
		conn, err := Dial(soon(t), echoTLS(t, c.server), Way{Name: "pbx.example.com", Trust: c.trust})
		if err == nil {
			conn.Send([]byte(hello))
			var b []byte
			if b, err = conn.Next(); err == nil && string(b) != hello {
				t.Errorf("%s: %q", c.about, b)
			}
			conn.Close()
		}
		if err != nil {
			got = err.Error()
		}
		if c.want == "" && err != nil || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.about, got, c.want)
		}
	}
}

// TestNoTLSThere: a TLS account on a port that speaks plain SIP.
func TestNoTLSThere(t *testing.T) {
	target := serve(t, listen(t), func(c net.Conn) { io.WriteString(c, "SIP/2.0 400 Bad Request\r\n\r\n") })
	target.Transport = locate.TLS
	_, err := Dial(soon(t), target, Way{Name: "pbx.example.com"})
	if err == nil || !strings.Contains(err.Error(), "does not speak TLS") {
		t.Error(err)
	}
}

// gateway is a WebSocket server behind TLS. It sends a ping with a payload before each message.
func gateway(t *testing.T, a authority, handle http.HandlerFunc) locate.Target {
	t.Helper()
	l := tls.NewListener(listen(t), &tls.Config{Certificates: []tls.Certificate{a.issue(t, "pbx.example.com")}})
	target := serve(t, l, func(c net.Conn) {
		once := &onlyOne{conn: c, gone: make(chan struct{})}
		(&http.Server{Handler: handle, ConnState: once.state}).Serve(once)
	})
	target.Transport = locate.WSS
	return target
}

// onlyOne is a listener with one connection; it closes when that one is over.
type onlyOne struct {
	conn net.Conn
	gone chan struct{}
	took bool
}

func (o *onlyOne) Accept() (net.Conn, error) {
	if o.took {
		<-o.gone
		return nil, net.ErrClosed
	}
	o.took = true
	return &closing{Conn: o.conn, gone: o.gone}, nil
}
func (o *onlyOne) Close() error                   { return nil }
func (o *onlyOne) Addr() net.Addr                 { return o.conn.LocalAddr() }
func (o *onlyOne) state(net.Conn, http.ConnState) {}

type closing struct {
	net.Conn
	gone chan struct{}
	done bool
}

func (c *closing) Close() error {
	if !c.done {
		c.done = true
		close(c.gone)
	}
	return c.Conn.Close()
}

func TestWebSocket(t *testing.T) {
	a := newAuthority(t)
	way := Way{Name: "pbx.example.com", Path: "/ws", Trust: Trust{Company: []*x509.Certificate{a.cert}}}
	target := gateway(t, a, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ws" || r.Host == "" {
			http.NotFound(w, r)
			return
		}
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"sip"}})
		if err != nil {
			return
		}
		defer ws.CloseNow()
		for {
			kind, b, err := ws.Read(r.Context())
			if err != nil {
				return
			}
			go ws.Ping(r.Context()) // answered, or the next read here fails
			if ws.Write(r.Context(), kind, b) != nil {
				return
			}
		}
	})
	c, err := Dial(soon(t), target, way)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 20 {
		if err := c.Send([]byte(hello)); err != nil {
			t.Fatal(err)
		}
		if b, err := c.Next(); string(b) != hello || err != nil {
			t.Fatalf("%q, %v", b, err)
		}
	}
	way.Path = "/elsewhere"
	if _, err := Dial(soon(t), target, way); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("another path: %v", err)
	}
	plain := gateway(t, a, func(w http.ResponseWriter, r *http.Request) {
		if ws, err := websocket.Accept(w, r, nil); err == nil {
			ws.CloseNow()
		}
	})
	if _, err := Dial(soon(t), plain, way); err == nil || !strings.HasPrefix(err.Error(), "The address wss://pbx.example.com:") || !strings.Contains(err.Error(), "not for SIP") {
		t.Errorf("another protocol: %v", err)
	}
}

// TestWebProxy goes through a real CONNECT, by name: the proxy resolves it.
func TestWebProxy(t *testing.T) {
	target := serve(t, listen(t), func(c net.Conn) { io.Copy(c, c) })
	answer := make(chan string, 1)
	asked := make(chan string, 1)
	proxy := serve(t, listen(t), func(c net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		asked <- r.Method + " " + r.RequestURI
		says := <-answer
		io.WriteString(c, says)
		if !strings.Contains(says, " 200 ") {
			return
		}
		far, err := net.Dial("tcp", target.Addrs[0].String())
		if err != nil {
			return
		}
		defer far.Close()
		go io.Copy(far, c)
		io.Copy(c, far)
	})
	way := Way{Proxy: &url.URL{Scheme: "http", Host: proxy.Addrs[0].String()}}
	want := "CONNECT pbx.example.com:" + strings.Split(target.Addrs[0].String(), ":")[1]
	answer <- "HTTP/1.1 200 Connection established\r\n\r\n"
	c, err := Dial(soon(t), target, way)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := <-asked; got != want {
		t.Errorf("asked for %s, not %s", got, want)
	}
	c.Send([]byte(hello))
	if b, err := c.Next(); string(b) != hello {
		t.Errorf("%q, %v", b, err)
	}
	for says, sentence := range map[string]string{
		"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n": "IT must allow CONNECT to pbx.example.com:",
		"HTTP/1.1 200 OK\r\n\r\nSIP/2.0":                      "before it is asked",
		"garbage\r\n\r\n":                                     "The web proxy",
	} {
		answer <- says
		if _, err := Dial(soon(t), target, way); err == nil || !strings.Contains(err.Error(), sentence) {
			t.Errorf("%q: %v", says, err)
		}
		<-asked
	}
}

// TestWebProxyWithoutEnd: a proxy whose answer has no end is left before it fills the memory.
func TestWebProxyWithoutEnd(t *testing.T) {
	said := make(chan int, 1)
	proxy := serve(t, listen(t), func(c net.Conn) {
		sum := 0
		line := []byte("X-More: " + strings.Repeat("a", 1000) + "\r\n")
		io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		for sum < 200<<20 {
			n, err := c.Write(line)
			if sum += n; err != nil {
				break
			}
		}
		said <- sum
	})
	target := locate.Target{Transport: locate.TCP, Host: "pbx.example.com", Addrs: proxy.Addrs}
	_, err := Dial(soon(t), target, Way{Proxy: &url.URL{Scheme: "http", Host: proxy.Addrs[0].String()}})
	if err == nil || !strings.Contains(err.Error(), "The web proxy") {
		t.Error(err)
	}
	if sum := <-said; sum > 50<<20 {
		t.Errorf("%d bytes of an answer were taken", sum)
	}
}
