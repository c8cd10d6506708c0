package sip

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// named is a phone with a name, which finds these servers, and what it told of its line.
func named(t *testing.T, z zone) (*phone, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var notes []string
	p := newPhone(t, func(c *Config) {
		c.Resolver, c.Instance = z, "00000000-0000-4000-8000-000000000001"
		c.Trace = func(w Wire) {
			mu.Lock()
			defer mu.Unlock()
			if strings.HasPrefix(w.Note, "line ") && !strings.Contains(w.Note, "sees this phone") {
				notes = append(notes, w.Note)
			}
		}
	})
	p.Do(call.UseAccounts{Accounts: []call.Account{{ID: "work", Address: "sip:1001@example.com"}}})
	return p, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(notes)
	}
}

// steady asserts that nobody saw more of a line than that it registered.
func steady(t *testing.T, notes []string) {
	t.Helper()
	if want := []string{"line work: registering", "line work: ready"}; !slices.Equal(slices.Compact(notes), want) {
		t.Errorf("the line went %q, want %q", notes, want)
	}
}

// bound answers a REGISTER as a server does that keeps flows.
func (s *tcpPeer) bound(req *sipmsg.Request) {
	s.t.Helper()
	res := sipmsg.NewResponseFromRequest(req, 200, "OK", nil)
	res.AppendHeader(sipmsg.NewHeader("Require", "outbound"))
	io.WriteString(s.conn, res.String())
}

// mailbox answers the question after one.
func (s *tcpPeer) mailbox() {
	s.t.Helper()
	s.ok(s.request(sipmsg.SUBSCRIBE))
}

// call sends an INVITE to the phone.
func (s *tcpPeer) call(contact sipmsg.Uri, callID string) {
	fmt.Fprintf(s.conn, "INVITE %s SIP/2.0\r\nVia: SIP/2.0/TCP a.example.com;branch=z9hG4bK%s;rport\r\nFrom: <sip:2@example.com>;tag=far\r\n"+
		"To: <sip:1001@example.com>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\nContact: <sip:far@a.example.com;transport=tcp>\r\nContent-Length: 0\r\n\r\n",
		contact.String(), token(6), callID)
}

// numbered checks which of the bindings a REGISTER is for.
func numbered(t *testing.T, req *sipmsg.Request, id string) *sipmsg.Request {
	t.Helper()
	contact := firstContact(req)
	if text := req.Contact().Value(); !strings.Contains(text, ";reg-id="+id) || !strings.Contains(text, "+sip.instance=") {
		t.Errorf("%s (%v) is not binding %s", text, contact, id)
	}
	return req
}

// pairTCP is a phone that two servers know, one connection each.
func pairTCP(t *testing.T) (p *phone, notes func() []string, listeners [2]net.Listener, peers [2]*tcpPeer, regs [2]*sipmsg.Request) {
	t.Helper()
	for i := range listeners {
		listeners[i], _ = listenTCP(t)
	}
	p, notes = named(t, zone{"_sip._tcp.", []netip.AddrPort{netip.MustParseAddrPort(listeners[0].Addr().String()), netip.MustParseAddrPort(listeners[1].Addr().String())}})
	for i := range peers {
		peers[i] = accept(t, listeners[i])
		regs[i] = numbered(t, peers[i].request(sipmsg.REGISTER), fmt.Sprint(i+1))
		peers[i].bound(regs[i])
	}
	fmt.Fprint(peers[1].conn, "OPTIONS sip:1001@example.com SIP/2.0\r\nVia: SIP/2.0/TCP a.example.com;branch=z9hG4bKlook\r\nFrom: <sip:2@example.com>;tag=far\r\n"+
		"To: <sip:1001@example.com>\r\nCall-ID: look\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
	peers[1].status(200) // the second binding is known
	p.line(call.LineReady)
	return p, notes, listeners, peers, regs
}

// TestTwoFlows: a call goes over the first connection, and when that dies over the second at once, as do new calls both ways; nobody
// sees a trouble. The first is opened again, and takes the next call; both are taken off in the end.
func TestTwoFlows(t *testing.T) {
	t.Parallel()
	p, notes, listeners, peers, regs := pairTCP(t)
	if regs[0].CallID().Value() == regs[1].CallID().Value() {
		t.Error("two registrations share their count of requests")
	}
	peers[0].mailbox()
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100", SDP: []byte("v=0")})
	inv := peers[0].request(sipmsg.INVITE)
	if at := inv.Contact().Address; !at.UriParams.Has("ob") || at.Port != regs[0].Contact().Address.Port || regs[0].Contact().Address.UriParams.Has("ob") {
		t.Errorf("the dialog does not ask for the flow:\n%s", inv)
	}
	res := sipmsg.NewResponseFromRequest(inv, 200, "OK", []byte("v=0"))
	res.To().Params.Add("tag", "far")
	res.AppendHeader(sipmsg.NewHeader("Contact", "<sip:far@a.example.com;transport=tcp>"))
	res.AppendHeader(sipmsg.NewHeader("Content-Type", "application/sdp"))
	io.WriteString(peers[0].conn, res.String())
	peers[0].request(sipmsg.ACK)
	event[call.RemoteAnswered](p, "c1")

	peers[0].conn.Close()
	peers[1].mailbox()               // the second is in use
	again := accept(t, listeners[0]) // and it says nothing yet
	reg := numbered(t, again.request(sipmsg.REGISTER), "1")
	if reg.CallID().Value() != regs[0].CallID().Value() {
		t.Error("the binding has another name than before")
	}
	event[call.Moved](p, "c1") // where it is now, the far end does not know
	p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0")})
	re := peers[1].request(sipmsg.INVITE)
	if at := re.Contact().Address; !at.UriParams.Has("ob") || at.Port != regs[1].Contact().Address.Port {
		t.Errorf("the far end is told another way:\n%s", re)
	}
	peers[1].ok(re)
	peers[1].request(sipmsg.ACK)
	p.Do(call.End{ID: "c1"})
	bye := peers[1].request(sipmsg.BYE)
	peers[1].ok(bye)
	p.ended("c1", call.Completed)
	peers[1].call(regs[1].Contact().Address, "in")
	in := next[call.Arrived](p, "incoming call", nil)
	p.Do(call.End{ID: in.ID, Status: 486})
	peers[1].status(486)
	p.Do(call.Invite{ID: "c2", Account: "work", Target: "9100", SDP: []byte("v=0")})
	if inv := peers[1].request(sipmsg.INVITE); inv.Contact().Address.Port != regs[1].Contact().Address.Port {
		t.Errorf("the call tells another way than it came by:\n%s", inv)
	}

	again.bound(reg)
	again.mailbox() // the first is the one in use again
	p.Do(call.Invite{ID: "c3", Account: "work", Target: "9100", SDP: []byte("v=0")})
	again.request(sipmsg.INVITE)
	steady(t, notes())

	p.Do(call.UseAccounts{})
	for i, s := range []*tcpPeer{again, peers[1]} {
		off := numbered(t, s.request(sipmsg.REGISTER), fmt.Sprint(i+1))
		if headerValue(off, "Expires") != "0" {
			t.Errorf("%s", off)
		}
		s.ok(off)
	}
}

// TestConnectionIsRenewedInACall: its far end is told where the phone is now.
func TestConnectionIsRenewedInACall(t *testing.T) {
	t.Parallel()
	l, _ := listenTCP(t)
	p, _ := named(t, zone{"_sip._tcp.", []netip.AddrPort{netip.MustParseAddrPort(l.Addr().String())}})
	s := accept(t, l)
	s.ok(s.request(sipmsg.REGISTER))
	p.line(call.LineReady)
	s.mailbox()
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100", SDP: []byte("v=0")})
	inv := s.request(sipmsg.INVITE)
	if inv.Contact().Address.UriParams.Has("ob") {
		t.Errorf("%s", inv)
	}
	res := sipmsg.NewResponseFromRequest(inv, 200, "OK", []byte("v=0"))
	res.To().Params.Add("tag", "far")
	res.AppendHeader(sipmsg.NewHeader("Contact", "<sip:far@a.example.com;transport=tcp>"))
	res.AppendHeader(sipmsg.NewHeader("Content-Type", "application/sdp"))
	io.WriteString(s.conn, res.String())
	s.request(sipmsg.ACK)
	event[call.RemoteAnswered](p, "c1")
	p.Do(call.Reregister{Account: "work"}) // which changes nothing
	s.ok(s.request(sipmsg.REGISTER))
	s.conn.Close()
	s = accept(t, l)
	reg := s.request(sipmsg.REGISTER)
	quiet[call.Moved](p, "c1")
	s.ok(reg)
	event[call.Moved](p, "c1")
	s.mailbox()
	p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0")})
	re := s.request(sipmsg.INVITE)
	if re.Contact().Address.Port != reg.Contact().Address.Port {
		t.Errorf("%s", re)
	}
	s.ok(re)
	s.request(sipmsg.ACK)
	p.Do(call.End{ID: "c1"})
	s.ok(s.request(sipmsg.BYE))
	p.ended("c1", call.Completed)
}

// TestOneCallByTwoFlows: a call that comes by both rings once (RFC 3261 §8.2.2.2), over the flow it came by first.
func TestOneCallByTwoFlows(t *testing.T) {
	t.Parallel()
	p, _, _, peers, regs := pairTCP(t)
	peers[1].call(regs[1].Contact().Address, "in")
	in := next[call.Arrived](p, "incoming call", nil)
	peers[0].call(regs[0].Contact().Address, "in")
	peers[0].status(482)
	p.Do(call.SendRinging{ID: in.ID})
	if port := peers[1].status(180).Contact().Address.Port; port != regs[1].Contact().Address.Port {
		t.Errorf("the call shall go on over port %d, it came by %d", port, regs[1].Contact().Address.Port)
	}
}

// TestSecondServerDies: the second flow is opened again beside the first, which nobody notices, and never to the first one's server.
func TestSecondServerDies(t *testing.T) {
	t.Parallel()
	p, notes, listeners, peers, _ := pairTCP(t)
	at := listeners[1].Addr().String()
	listeners[1].Close()
	peers[1].conn.Close()
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100", SDP: []byte("v=0")})
	peers[0].request(sipmsg.INVITE)
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	again := accept(t, l)
	again.bound(numbered(t, again.request(sipmsg.REGISTER), "2"))
	steady(t, notes())
}

// TestOtherServerWithoutOutbound: a binding that the other server would not tell from a stranger's is taken off.
func TestOtherServerWithoutOutbound(t *testing.T) {
	t.Parallel()
	var listeners [2]net.Listener
	var at []netip.AddrPort
	for i := range listeners {
		listeners[i], _ = listenTCP(t)
		at = append(at, netip.MustParseAddrPort(listeners[i].Addr().String()))
	}
	_, notes := named(t, zone{"_sip._tcp.", at})
	first := accept(t, listeners[0])
	first.bound(first.request(sipmsg.REGISTER))
	second := accept(t, listeners[1])
	second.ok(second.request(sipmsg.REGISTER))
	off := numbered(t, second.request(sipmsg.REGISTER), "2")
	if headerValue(off, "Expires") != "0" {
		t.Errorf("%s", off)
	}
	second.ok(off)
	if rest, err := io.ReadAll(second.r); err != nil || strings.Trim(string(rest), "\r\n") != "" {
		t.Errorf("the connection is kept: %q, %v", rest, err)
	}
	steady(t, notes())
}

// edge is a server over UDP that keeps flows and answers by itself, unless it is deaf; what is not a REGISTER or OPTIONS it keeps.
type edge struct {
	conn *net.UDPConn
	deaf atomic.Bool
	regs chan *sipmsg.Request // answered ones
	rest chan *sipmsg.Request
	from atomic.Pointer[netip.AddrPort]
	seen atomic.Pointer[netip.AddrPort] // what STUN is told; nil: it knows none
	asks atomic.Int32                   // OPTIONS that came
}

func newEdge(t *testing.T) *edge {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	e := &edge{conn: conn, regs: make(chan *sipmsg.Request, 1000), rest: make(chan *sipmsg.Request, 1000)}
	done := make(chan struct{})
	go func() { defer close(done); e.serve() }()
	t.Cleanup(func() { conn.Close(); <-done })
	return e
}

func (e *edge) addr() netip.AddrPort { return e.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

func (e *edge) serve() {
	buf := make([]byte, 65535)
	for {
		n, from, err := e.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if at := e.seen.Load(); isSTUN(buf[:n]) && at != nil && !e.deaf.Load() {
			e.conn.WriteToUDPAddrPort(stunReply(buf[:n], *at), from)
			continue
		}
		msg, err := sipmsg.ParseMessage(slices.Clone(buf[:n]))
		req, ok := msg.(*sipmsg.Request)
		if err != nil || !ok || e.deaf.Load() {
			continue
		}
		e.from.Store(&from)
		switch req.Method {
		case sipmsg.REGISTER, sipmsg.OPTIONS:
			res := sipmsg.NewResponseFromRequest(req, 200, "OK", nil)
			res.AppendHeader(sipmsg.NewHeader("Require", "outbound"))
			res.AppendHeader(sipmsg.NewHeader("Flow-Timer", "10"))
			e.conn.WriteToUDPAddrPort([]byte(res.String()), from)
			if req.Method == sipmsg.OPTIONS {
				e.asks.Add(1)
			}
			if req.Method == sipmsg.REGISTER {
				e.regs <- req
			}
		case sipmsg.SUBSCRIBE:
			res := sipmsg.NewResponseFromRequest(req, 200, "OK", nil)
			e.conn.WriteToUDPAddrPort([]byte(res.String()), from)
			e.rest <- req
		default:
			e.rest <- req
		}
	}
}

// want waits for a request among those that were kept.
func (e *edge) want(t *testing.T, method sipmsg.RequestMethod) *sipmsg.Request {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case req := <-e.rest:
			if req.Method == method {
				return req
			}
		case <-late:
			t.Fatalf("no %s came", method)
		}
	}
}

// registered waits for a REGISTER that was answered.
func (e *edge) registered(t *testing.T, id string) *sipmsg.Request {
	t.Helper()
	select {
	case req := <-e.regs:
		return numbered(t, req, id)
	case <-time.After(patience):
		t.Fatalf("binding %s is not registered", id)
		return nil
	}
}

// TestTwoFlowsOverUDP: the same without connections. A server that says nothing any more is noticed by OPTIONS.
func TestTwoFlowsOverUDP(t *testing.T) {
	t.Parallel()
	first, second := newEdge(t), newEdge(t)
	p, notes := named(t, zone{"_sip._udp.", []netip.AddrPort{first.addr(), second.addr()}})
	first.registered(t, "1")
	reg := second.registered(t, "2")
	p.line(call.LineReady)
	first.want(t, sipmsg.SUBSCRIBE)
	first.deaf.Store(true)
	second.want(t, sipmsg.SUBSCRIBE) // the second is in use
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100", SDP: []byte("v=0")})
	second.want(t, sipmsg.INVITE)
	fmt.Fprintf(udpTo{second.conn, *second.from.Load()}, "INVITE sip:1001@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKx;rport\r\nFrom: <sip:2@example.com>;tag=far\r\n"+
		"To: <sip:1001@example.com>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:far@%s>\r\nContent-Length: 0\r\n\r\n", reg.Contact().Address.HostPort(), second.addr(), second.addr())
	next[call.Arrived](p, "incoming call", nil)
	first.deaf.Store(false)
	first.registered(t, "1")
	first.want(t, sipmsg.SUBSCRIBE)
	p.Do(call.Invite{ID: "c2", Account: "work", Target: "9100", SDP: []byte("v=0")})
	first.want(t, sipmsg.INVITE)
	steady(t, notes())
}

type udpTo struct {
	conn *net.UDPConn
	to   netip.AddrPort
}

func (u udpTo) Write(b []byte) (int, error) { return u.conn.WriteToUDPAddrPort(b, u.to) }

// TestOneFlow: nobody makes a second one where the server does not ask for it, does not know the phone's name, or has no other.
func TestOneFlow(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]func(s *peer){
		"no outbound": func(s *peer) { s.reply(s.request(sipmsg.REGISTER), 200, "x", "Expires: 300") },
		"no name": func(s *peer) {
			s.reply(s.request(sipmsg.REGISTER), 439, "x")
			s.reply(s.request(sipmsg.REGISTER), 200, "x", "Expires: 300", "Require: outbound")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, other := newPeer(t), newPeer(t)
			p, _ := named(t, zone{"_sip._udp.", []netip.AddrPort{s.addr(), other.addr()}})
			script(s)
			p.line(call.LineReady)
			p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100", SDP: []byte("v=0")})
			s.request(sipmsg.INVITE)
			if m := other.read(4 * testT1); m != nil {
				t.Errorf("the other server got\n%s", m)
			}
		})
	}
	t.Run("no other server", func(t *testing.T) {
		t.Parallel()
		s := newPeer(t)
		p, _ := named(t, zone{"_sip._udp.", []netip.AddrPort{s.addr()}})
		s.reply(s.request(sipmsg.REGISTER), 200, "x", "Expires: 300", "Require: outbound")
		p.line(call.LineReady)
		p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100", SDP: []byte("v=0")})
		s.request(sipmsg.INVITE)
		for _, m := range s.held {
			if req, ok := m.(*sipmsg.Request); ok && req.Method == sipmsg.REGISTER {
				t.Errorf("a second binding at the same server:\n%s", req)
			}
		}
	})
}
