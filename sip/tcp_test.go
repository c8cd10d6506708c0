package sip

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/transact"
)

// tcpPeer is a scripted server on one TCP connection.
type tcpPeer struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func accept(t *testing.T, l net.Listener) *tcpPeer {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return &tcpPeer{t, conn, bufio.NewReader(conn)}
}

func (s *tcpPeer) read() sipmsg.Message {
	s.t.Helper()
	var raw []byte
	length := 0
	for {
		line, err := s.r.ReadString('\n')
		if err != nil {
			s.t.Fatal(err)
		}
		if len(raw) == 0 && line == "\r\n" {
			continue // a sign of life
		}
		raw = append(raw, line...)
		if v, ok := strings.CutPrefix(line, "Content-Length:"); ok {
			fmt.Sscan(v, &length)
		}
		if line == "\r\n" {
			break
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(s.r, body); err != nil {
		s.t.Fatal(err)
	}
	raw = append(raw, body...)
	msg, err := sipmsg.ParseMessage(raw)
	if err != nil {
		s.t.Fatal(err)
	}
	return msg
}

func (s *tcpPeer) request(method sipmsg.RequestMethod) *sipmsg.Request {
	s.t.Helper()
	for {
		if req, ok := s.read().(*sipmsg.Request); ok && req.Method == method {
			return req
		}
	}
}

func (s *tcpPeer) status(status int) *sipmsg.Response {
	s.t.Helper()
	for {
		if res, ok := s.read().(*sipmsg.Response); ok && res.StatusCode == status {
			return res
		}
	}
}

func (s *tcpPeer) ok(req *sipmsg.Request) {
	s.t.Helper()
	res := sipmsg.NewResponseFromRequest(req, 200, "OK", nil)
	io.WriteString(s.conn, res.String())
}

// registeredTCP is a phone that is registered over TCP, and the server's end.
func registeredTCP(t *testing.T) (net.Listener, *phone, *tcpPeer) {
	t.Helper()
	l, account := listenTCP(t)
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{account}})
	s := accept(t, l)
	s.ok(s.request(sipmsg.REGISTER))
	p.line(call.LineReady)
	return l, p, s
}

func listenTCP(t *testing.T) (net.Listener, call.Account) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, call.Account{ID: "work", Address: "sip:1001@" + l.Addr().String(), Transport: "tcp"}
}

// One connection carries the registration, survives broken messages, brings a call, and is opened anew when it dies.
func TestOneTCPConnectionBothWays(t *testing.T) {
	t.Parallel()
	l, account := listenTCP(t)
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{account}})
	s := accept(t, l)
	reg := s.request(sipmsg.REGISTER)
	if reg.Via().Transport != "TCP" || reg.Contact().Address.UriParams.GetOr("transport", "") != "tcp" {
		t.Errorf("REGISTER %s", reg)
	}
	s.ok(reg)
	p.line(call.LineReady)

	fmt.Fprintf(s.conn, "\r\n\r\nGARBAGE\r\nContent-Length: 3\r\n\r\nabc")
	contact := reg.Contact().Address
	text := fmt.Sprintf("INVITE %s SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bKx;rport\r\nFrom: <sip:2@example.com>;tag=far\r\n"+
		"To: <sip:1001@example.com>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:far@%s;transport=tcp>\r\nContent-Length: 0\r\n\r\n",
		contact.String(), l.Addr(), l.Addr())
	for _, piece := range []string{text[:20], text[20:90], text[90:]} {
		io.WriteString(s.conn, piece)
	}
	in := next[call.Arrived](p, "incoming call", nil)
	p.Do(call.End{ID: in.ID, Status: 486})
	s.status(486)
	p.ended(in.ID, call.Busy)

	s.conn.Close()
	again := accept(t, l)
	again.ok(again.request(sipmsg.REGISTER))
}

func TestTwoAccountsShareAConnection(t *testing.T) {
	t.Parallel()
	l, first := listenTCP(t)
	second := first
	second.ID, second.Address = "other", strings.Replace(first.Address, "1001", "1002", 1)
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{first, second}})
	s := accept(t, l)
	s.ok(s.request(sipmsg.REGISTER))
	s.ok(s.request(sipmsg.REGISTER))
	p.line(call.LineReady)
	p.line(call.LineReady)
}

func TestTCPRefused(t *testing.T) {
	t.Parallel()
	l, account := listenTCP(t)
	l.Close()
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{account}})
	if line := p.line(call.LineUnreachable); !strings.Contains(line.Detail, "refuses the connection") || line.Retry.IsZero() {
		t.Errorf("line %+v", line)
	}
}

// A server that accepts and closes must not be hammered.
func TestServerThatKeepsClosing(t *testing.T) {
	t.Parallel()
	l, account := listenTCP(t)
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{account}})
	accept(t, l).conn.Close()
	if line := p.line(call.LineUnreachable); line.Retry.IsZero() {
		t.Errorf("line %+v", line)
	}
	s := accept(t, l)
	s.ok(s.request(sipmsg.REGISTER))
	p.line(call.LineReady)
	s.conn.Close()
	if line := p.line(call.LineUnreachable); line.Retry.IsZero() {
		t.Errorf("line %+v", line)
	}
}

func TestTCPConnectionLostDuringRequest(t *testing.T) {
	t.Parallel()
	_, p, s := registeredTCP(t)
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100", SDP: []byte("v=0")})
	s.request(sipmsg.INVITE)
	s.conn.Close()
	p.ended("c1", call.Unreachable)
}

// The UDP socket outlives read errors: a fresh one takes its port.
func TestSocketIsRevived(t *testing.T) {
	t.Parallel()
	d, err := listenUDP(listenNet, netip.MustParseAddr("127.0.0.1"), 0, sieve{parser: sipmsg.NewParser()})
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	d.gate = newGate([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	got := make(chan string, 100)
	go d.serve(func(msg sipmsg.Message, _ transact.Way) { got <- msg.String() })
	first, _ := d.current()
	first.Close() // as if the interface had gone
	msg, _ := sieve{parser: sipmsg.NewParser()}.read([]byte(answerText), netip.AddrPort{})
	text := msg.String()
	sender, err := net.Dial("udp", d.addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	tick := time.NewTicker(testT1)
	defer tick.Stop()
	late := time.After(patience)
	for {
		select {
		case v := <-got:
			if v != text {
				t.Errorf("got %q", v)
			}
			return
		case <-tick.C:
			io.WriteString(sender, text)
		case <-late:
			t.Fatal("the socket stayed dead")
		}
	}
}

// FuzzDatagram feeds raw bytes to everything between the socket and the news. Nothing may panic, and the phone must
// still work afterwards.
func FuzzDatagram(f *testing.F) {
	lines := strings.ReplaceAll(strings.TrimLeft(inviteText, "\n"), "\n", "\r\n")
	f.Add([]byte(lines))
	f.Add([]byte(strings.ReplaceAll(strings.TrimLeft(answerText, "\n"), "\n", "\r\n")))
	for _, m := range []string{"BYE", "CANCEL", "ACK", "UPDATE", "NOTIFY", "OPTIONS", "REGISTER"} {
		f.Add([]byte(strings.ReplaceAll(lines, "INVITE", m)))
	}
	f.Add([]byte("OPTIONS sip:x SIP/2.0\nVia: SIP/2.0/UDP h\nFrom: <sip:a>\nTo: <sip:b>\nCall-ID: 1\nCSeq: 1 OPTIONS\n\n"))
	u := New(Config{Local: netip.MustParseAddr("127.0.0.1"), T1: testT1}, func(call.News) {})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- u.Run(ctx) }()
	f.Cleanup(func() { cancel(); <-ended })
	u.Do(call.UseAccounts{Accounts: []call.Account{{ID: "a", Address: "sip:1001@127.0.0.1:9"}}})
	open := make(chan *wire)
	u.box.post(func() { open <- u.wire })
	w := <-open
	f.Fuzz(func(t *testing.T, raw []byte) {
		w.udp.heard(raw, netip.MustParseAddrPort("127.0.0.1:9"), w.txs.Receive)
		done := make(chan struct{})
		u.box.post(func() { close(done) })
		select {
		case <-done:
		case <-time.After(patience):
			t.Fatal("the owner is stuck")
		}
	})
}
