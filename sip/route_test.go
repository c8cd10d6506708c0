package sip

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/locate"
)

// zone answers every SRV question of one transport with these addresses, the first the best.
type zone struct {
	transport string // "_sip._udp."
	servers   []netip.AddrPort
}

func (z zone) NAPTR(context.Context, string) ([]locate.NAPTR, error) { return nil, nil }

func (z zone) SRV(_ context.Context, name string) (out []locate.SRV, err error) {
	for i, s := range z.servers {
		if strings.HasPrefix(name, z.transport) {
			out = append(out, locate.SRV{Priority: uint16(i), Host: fmt.Sprintf("s%d.%s", i, name), Port: s.Port()})
		}
	}
	return out, nil
}

func (z zone) Addrs(_ context.Context, host string) ([]netip.Addr, error) {
	for i, s := range z.servers {
		if strings.HasPrefix(host, fmt.Sprintf("s%d.", i)) {
			return []netip.Addr{s.Addr()}, nil
		}
	}
	return nil, nil
}

// TestFailover: the first server is silent, the second refuses for now, the third takes the phone. When that one goes, the
// first is tried again.
func TestFailover(t *testing.T) {
	t.Parallel()
	silent, full, good := newPeer(t), newPeer(t), newPeer(t)
	p := newPhone(t, func(c *Config) {
		c.Resolver = zone{"_sip._udp.", []netip.AddrPort{silent.addr(), full.addr(), good.addr()}}
		c.Expires = 2
	})
	p.Do(call.UseAccounts{Accounts: []call.Account{{ID: "work", Address: "sip:1001@example.com"}}})
	first := silent.request(sipmsg.REGISTER)
	full.reply(full.request(sipmsg.REGISTER), 503, "x", "Retry-After: 600")
	reg := good.request(sipmsg.REGISTER)
	if reg.Recipient.Host != "example.com" || reg.CallID().Value() != first.CallID().Value() || reg.CSeq().SeqNo <= first.CSeq().SeqNo {
		t.Errorf("one registration at every server:\n%s\n%s", first, reg)
	}
	good.reply(reg, 200, "x", "Expires: 2")
	if line := p.line(call.LineReady); line.Detail != "" {
		t.Errorf("%+v", line)
	}
	good.reply(good.request(sipmsg.REGISTER), 503, "x") // the refresh
	again := silent.request(sipmsg.REGISTER)
	for again.CSeq().SeqNo <= first.CSeq().SeqNo+2 { // what was sent before
		again = silent.request(sipmsg.REGISTER)
	}
	silent.reply(again, 200, "x", "Expires: 300")
	p.line(call.LineReady)
}

// TestNobodyAnswers: when every server was tried the line says what was wrong with the best of them.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shut := netip.MustParseAddrPort(l.Addr().String())
	l.Close()
	busy := newPeer(t)
	p := newPhone(t, func(c *Config) { c.Resolver = zone{"_sip._tcp.", []netip.AddrPort{shut, busy.addr()}} })
	p.Do(call.UseAccounts{Accounts: []call.Account{{ID: "work", Address: "sip:1001@example.com"}}})
	if line := p.line(call.LineUnreachable); line.Detail != "The server at example.com refuses the connection." || line.Retry.IsZero() {
		t.Errorf("%+v", line)
	}
	p.Do(call.UseAccounts{Accounts: []call.Account{{ID: "work", Address: "sip:1001@example.com", Transport: "udp"}}})
	if line := p.line(call.LineUnreachable); line.Detail != "The name example.com cannot be found." {
		t.Errorf("%+v", line)
	}
}

// safe is a listener with a certificate of an authority of its own.
func safe(t *testing.T, name string) (net.Listener, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return l, c
}

// TestTLS: an unknown certificate is refused with a sentence; of a known one come a registration and a call, in whose messages
// stand our true addresses.
func TestTLS(t *testing.T) {
	t.Parallel()
	l, authority := safe(t, "example.com")
	at := netip.MustParseAddrPort(l.Addr().String())
	account := call.Account{ID: "work", Address: "sip:1001@example.com"}
	resolver := zone{"_sips._tcp.", []netip.AddrPort{at}}
	stranger := newPhone(t, func(c *Config) { c.Resolver = resolver })
	stranger.Do(call.UseAccounts{Accounts: []call.Account{account}})
	go func() {
		if c, err := l.Accept(); err == nil {
			io.Copy(io.Discard, c)
		}
	}()
	if line := stranger.line(call.LineUnreachable); !strings.Contains(line.Detail, "is self-signed, and this computer does not know it: IT must") {
		t.Errorf("%+v", line)
	}
	stranger.stop()

	p := newPhone(t, func(c *Config) {
		c.Resolver = resolver
		c.Trust.Company = []*x509.Certificate{authority}
	})
	p.Do(call.UseAccounts{Accounts: []call.Account{account}})
	s := accept(t, l)
	reg := s.request(sipmsg.REGISTER)
	contact := reg.Contact().Address
	us := s.conn.RemoteAddr().String()
	if reg.Via().Transport != "TLS" || contact.UriParams.GetOr("transport", "") != "tls" || fmt.Sprintf("%s:%d", contact.Host, contact.Port) != us {
		t.Errorf("REGISTER from %s:\n%s", us, reg)
	}
	s.ok(reg)
	p.line(call.LineReady)
	fmt.Fprintf(s.conn, "INVITE %s SIP/2.0\r\nVia: SIP/2.0/TLS proxy.example.com;branch=z9hG4bKx;rport;i=1, SIP/2.0/UDP b;branch=z9hG4bKy;rport\r\nFrom: <sip:2@example.com>;tag=far\r\n"+
		"To: <sip:1001@example.com>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:far@example.com;transport=tls>\r\nContent-Length: 0\r\n\r\n", contact.String())
	in := next[call.Arrived](p, "incoming call", nil)
	p.Do(call.End{ID: in.ID, Status: 486})
	res := s.status(486)
	vias := res.GetHeaders("Via")
	want := fmt.Sprintf(";rport=%d;received=%s;", at.Port(), at.Addr())
	if len(vias) != 2 || !strings.Contains(vias[0].Value()+";", want) || !strings.HasSuffix(vias[1].Value(), ";rport") {
		t.Errorf("Via %v, want %s", vias, want)
	}
	p.ended(in.ID, call.Busy)
}

// TestWebSocketAccount registers and calls over WSS (RFC 7118).
func TestWebSocketAccount(t *testing.T) {
	t.Parallel()
	l, authority := safe(t, "127.0.0.1.example.com")
	from, to := make(chan string, 10), make(chan string, 10)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"sip"}})
		if err != nil {
			return
		}
		defer ws.CloseNow()
		go func() {
			for m := range to {
				ws.Write(r.Context(), websocket.MessageText, []byte(m))
			}
		}()
		for {
			_, b, err := ws.Read(r.Context())
			if err != nil {
				return
			}
			from <- string(b)
		}
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Close(); close(to) })
	at := netip.MustParseAddrPort(l.Addr().String())
	p := newPhone(t, func(c *Config) {
		c.Resolver = hosts{"127.0.0.1.example.com": at.Addr()}
		c.Trust.Company = []*x509.Certificate{authority}
	})
	p.Do(call.UseAccounts{Accounts: []call.Account{{
		ID: "work", Address: "sip:1001@example.com", Transport: "wss", Server: fmt.Sprintf("wss://127.0.0.1.example.com:%d/ws", at.Port()),
	}}})
	reg := parsed(t, <-from)
	contact := reg.Contact().Address
	if reg.Via().Transport != "WSS" || !strings.HasSuffix(reg.Via().Host, ".invalid") || contact.Host != reg.Via().Host || contact.UriParams.GetOr("transport", "") != "ws" {
		t.Errorf("%s", reg)
	}
	to <- sipmsg.NewResponseFromRequest(reg, 200, "OK", nil).String()
	p.line(call.LineReady)
	for _, length := range []string{"5000", "2", "x"} { // false ones cost the message they are in, and no other
		to <- "OPTIONS sip:1001@example.com SIP/2.0\r\nVia: SIP/2.0/WSS a;branch=z9hG4bKy" + length + "\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n" +
			"Call-ID: y\r\nCSeq: 1 OPTIONS\r\nContent-Length: " + length + "\r\n\r\nabc\r\n"
	}
	to <- fmt.Sprintf("INVITE %s SIP/2.0\r\nVia: SIP/2.0/WSS proxy.example.com;branch=z9hG4bKx\r\nFrom: <sip:2@example.com>;tag=far\r\n"+
		"To: <sip:1001@example.com>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:far@example.com;transport=ws>\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n", contact.String())
	in := next[call.Arrived](p, "incoming call", nil)
	if string(in.Offer) != "v=0\r\n" {
		t.Errorf("the body has no length but the frame's: %q", in.Offer)
	}
	p.Do(call.End{ID: in.ID, Status: 486})
	for {
		if m := <-from; strings.HasPrefix(m, "SIP/2.0 486") {
			break
		}
	}
}

func parsed(t *testing.T, text string) *sipmsg.Request {
	t.Helper()
	m, err := sipmsg.ParseMessage([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m.(*sipmsg.Request)
}

// hosts is a resolver that knows addresses only.
type hosts map[string]netip.Addr

func (hosts) NAPTR(context.Context, string) ([]locate.NAPTR, error) { return nil, nil }
func (hosts) SRV(context.Context, string) ([]locate.SRV, error)     { return nil, nil }
func (h hosts) Addrs(_ context.Context, host string) ([]netip.Addr, error) {
	return []netip.Addr{h[host]}, nil
}

// TestIPv6 registers over UDP with a server that has no other address.
func TestIPv6(t *testing.T) {
	t.Parallel()
	conn, err := net.ListenUDP("udp6", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("[::1]:0")))
	if err != nil {
		t.Skip("this computer has no IPv6")
	}
	t.Cleanup(func() { conn.Close() })
	s := &peer{t: t, conn: conn, seen: map[string]bool{}}
	p := newPhone(t, func(c *Config) { c.Local = netip.Addr{} })
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	reg := s.request(sipmsg.REGISTER)
	if text := reg.String(); !strings.Contains(text, "\r\nVia: SIP/2.0/UDP [::1]:") || !strings.Contains(text, "\r\nContact: <sip:1001@[::1]:") {
		t.Errorf("%s", reg)
	}
	s.reply(reg, 200, "x", "Contact: "+reg.Contact().Value()+";expires=2")
	p.line(call.LineReady)
	s.request(sipmsg.REGISTER) // after two seconds, not after five minutes
}

// TestDetour: the first proxy of a call dies. What it does not answer goes to the account's server, the same request with the same route
// set; what follows goes there at once, an ACK too.
func TestDetour(t *testing.T) {
	t.Parallel()
	p, s, dead, _ := behindProxy(t)
	route := fmt.Sprintf("<sip:%s;lr>", dead.addr())
	p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 hold")})
	first := dead.request(sipmsg.INVITE)
	again := s.within(sipmsg.INVITE)
	if again.CSeq().Value() != first.CSeq().Value() || headerValue(again, "Route") != route || again.Via().Value() == first.Via().Value() || string(again.Body()) != "v=0 hold" {
		t.Errorf("%s", again)
	}
	s.reply(again, 200, "", "Record-Route: "+route, "SDP v=0 held")
	if ack := s.within(sipmsg.ACK); headerValue(ack, "Route") != route {
		t.Errorf("%s", ack)
	}
	event[call.OfferAnswered](p, "c1")
	p.Do(call.End{ID: "c1"})
	began := time.Now()
	bye := s.within(sipmsg.BYE)
	if headerValue(bye, "Route") != route || time.Since(began) > 20*testT1 {
		t.Errorf("after %v %s", time.Since(began), bye)
	}
	s.reply(bye, 200, "")
	p.ended("c1", call.Completed)
}

// behindProxy is a call of ours whose requests go through a proxy that is another than the account's server.
func behindProxy(t *testing.T) (p *phone, s, proxy *peer, f *far) {
	t.Helper()
	p, s, inv := dialled(t)
	proxy = newPeer(t)
	s.reply(inv, 200, "far", fmt.Sprintf("Record-Route: <sip:%s;lr>", proxy.addr()), "Allow: INVITE, INFO, REFER", "SDP v=0 answer")
	proxy.request(sipmsg.ACK)
	event[call.RemoteAnswered](p, "c1")
	return p, s, proxy, &far{callID: inv.CallID().Value(), from: inv.To().Value() + ";tag=far", to: inv.From().Value(), uri: firstContact(inv).String()}
}

// TestDetourOfWhatWasHeard: the proxy passed a request on before it died, so that the far end refuses the second one as old. What became
// of a transfer its NOTIFY tells, a digit has arrived, and an offer is made anew.
func TestDetourOfWhatWasHeard(t *testing.T) {
	t.Parallel()
	t.Run("transfer", func(t *testing.T) {
		t.Parallel()
		p, s, proxy, f := behindProxy(t)
		p.Do(call.Refer{ID: "c1", Target: "1002"})
		first := proxy.request(sipmsg.REFER)
		again := s.within(sipmsg.REFER)
		s.reply(again, 500, "")
		if a, b := first.CSeq().Value(), again.CSeq().Value(); a != b {
			t.Errorf("%s and then %s", a, b)
		}
		event[call.TransferProgress](p, "c1")
		s.send(f, "NOTIFY", "n1", "Event: refer", "Subscription-State: terminated;reason=noresource", "BODY message/sipfrag SIP/2.0 200 OK")
		event[call.TransferDone](p, "c1")
	})
	t.Run("digit", func(t *testing.T) {
		t.Parallel()
		p, s, proxy, _ := behindProxy(t)
		p.Do(call.SendInfo{ID: "c1", Digits: "12"})
		proxy.request(sipmsg.INFO)
		s.reply(s.within(sipmsg.INFO), 500, "")
		if next := s.within(sipmsg.INFO); !strings.HasPrefix(string(next.Body()), "Signal=2") {
			t.Errorf("%s", next)
		}
	})
	t.Run("offer", func(t *testing.T) {
		t.Parallel()
		p, s, proxy, _ := behindProxy(t)
		p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 hold")})
		proxy.request(sipmsg.INVITE)
		old := s.within(sipmsg.INVITE)
		s.reply(old, 500, "")
		anew := s.within(sipmsg.INVITE)
		if anew.CSeq().SeqNo <= old.CSeq().SeqNo || string(anew.Body()) != "v=0 hold" {
			t.Errorf("%s", anew)
		}
		s.reply(anew, 200, "", "SDP v=0 held")
		event[call.OfferAnswered](p, "c1")
	})
	t.Run("a refusal that is no such word", func(t *testing.T) {
		t.Parallel()
		p, s, proxy, _ := behindProxy(t)
		p.Do(call.Refer{ID: "c1", Target: "1002"})
		proxy.request(sipmsg.REFER)
		s.reply(s.within(sipmsg.REFER), 603, "")
		event[call.TransferFailed](p, "c1")
	})
}

// TestHangUpBehindADeadProxy: the far end hears of it at once, and of nothing that was wanted before.
func TestHangUpBehindADeadProxy(t *testing.T) {
	t.Parallel()
	p, s, proxy, _ := behindProxy(t)
	p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 hold")})
	proxy.request(sipmsg.INVITE)
	p.Do(call.End{ID: "c1"})
	began := time.Now()
	s.reply(s.within(sipmsg.BYE), 200, "")
	if took := time.Since(began); took > 20*testT1 {
		t.Errorf("the BYE came after %v", took)
	}
	p.ended("c1", call.Completed)
	if late := s.serve(70 * testT1); slices.Contains(late, sipmsg.INVITE) {
		t.Errorf("after the BYE came %s", late)
	}
}

// TestHangUpBehindALivingProxy: who says that the BYE is on its way is waited for.
func TestHangUpBehindALivingProxy(t *testing.T) {
	t.Parallel()
	p, s, proxy, _ := behindProxy(t)
	p.Do(call.End{ID: "c1"})
	bye := proxy.request(sipmsg.BYE)
	proxy.reply(bye, 100, "")
	if round := s.serve(10 * testT1); len(round) > 0 {
		t.Errorf("sent round: %s", round)
	}
	proxy.reply(bye, 200, "")
	p.ended("c1", call.Completed)
}
