package sip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// testT1 makes everything that waits for timers ten times faster than on the street.
const testT1 = 50 * time.Millisecond

// patience is how long a test waits for something that must come. It is generous: machines are slow and shared.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	Prepare()
	sipmsg.SetDefaultLogger(slog.New(slog.DiscardHandler)) // of what the tests run of the library themselves
	sipmsg.SetTimers(testT1, 8*testT1, 10*testT1)
	os.Exit(m.Run())
}

// phone is a running UA and the news it told.
type phone struct {
	*UA
	t    *testing.T
	news chan call.News
	stop func() error // ends Run and returns its error
}

// newPhone starts a UA on loopback. It is stopped with the test.
func newPhone(t *testing.T, change func(*Config)) *phone {
	t.Helper()
	return newPhoneOver(t, change, listenNet)
}

// newPhoneOver does it with sockets of the test's.
func newPhoneOver(t *testing.T, change func(*Config), listen listener) *phone {
	t.Helper()
	p := &phone{t: t, news: make(chan call.News, 1000)}
	cfg := Config{
		Local: netip.MustParseAddr("127.0.0.1"), UserAgent: "Sidetone/test", T1: testT1,
		Password: func(context.Context, call.Account) (string, error) { return "secret", nil },
	}
	if change != nil {
		change(&cfg)
	}
	p.UA = New(cfg, func(n call.News) { p.news <- n })
	p.farewell, p.listen = 2*testT1, listen
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.UA.Run(ctx) }()
	stopped := false
	p.stop = func() error {
		cancel()
		if stopped {
			return nil
		}
		stopped = true
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			return errors.New("Run did not return")
		}
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return p
}

// next waits for news of type T that ok accepts and skips everything else.
func next[T call.News](p *phone, what string, ok func(T) bool) T {
	p.t.Helper()
	late := time.After(patience)
	for {
		select {
		case n := <-p.news:
			if v, is := n.(T); is && (ok == nil || ok(v)) {
				return v
			}
		case <-late:
			p.t.Fatalf("no %s came", what)
		}
	}
}

// event waits for an event of type E on a call.
func event[E call.Event](p *phone, id call.ID) E {
	p.t.Helper()
	var e E
	h := next(p, fmt.Sprintf("%T", e), func(h call.Happened) bool {
		_, is := h.Event.(E)
		return is && h.ID == id
	})
	return h.Event.(E)
}

func (p *phone) line(state call.LineState) call.Line {
	p.t.Helper()
	return next(p, "line "+string(state), func(r call.Registered) bool { return r.Line.State == state }).Line
}

func (p *phone) ended(id call.ID, cause call.Cause) call.Reason {
	p.t.Helper()
	r := event[call.RemoteEnded](p, id).Reason
	if r.Cause != cause {
		p.t.Fatalf("the call ended with %+v, want %s", r, cause)
	}
	return r
}

// quiet asserts that no further event of type E of this call is among the news told so far.
func quiet[E call.Event](p *phone, id call.ID) {
	p.t.Helper()
	for {
		select {
		case n := <-p.news:
			if h, ok := n.(call.Happened); ok && h.ID == id {
				if e, is := h.Event.(E); is {
					p.t.Fatalf("unexpected %T %+v", e, e)
				}
			}
		default:
			return
		}
	}
}

// peer is a scripted SIP server: the test reads and writes every message by hand.
type peer struct {
	t    *testing.T
	conn *net.UDPConn
	from netip.AddrPort // of the last message
	seen map[string]bool
	held []sipmsg.Message // read while looking for something else
}

func newPeer(t *testing.T) *peer {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &peer{t: t, conn: conn, seen: map[string]bool{}}
}

func (s *peer) addr() netip.AddrPort { return s.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

func (s *peer) account() call.Account {
	return call.Account{ID: "work", Address: fmt.Sprintf("sip:1001@%s", s.addr())}
}

// read returns the next message; a silent phone ends the test, unless within is over first and positive.
func (s *peer) read(within time.Duration) sipmsg.Message {
	s.t.Helper()
	wait := patience
	if within > 0 {
		wait = within
	}
	return s.readUntil(time.Now().Add(wait), within > 0)
}

func (s *peer) readUntil(late time.Time, may bool) sipmsg.Message {
	s.t.Helper()
	buf := make([]byte, 65535)
	s.conn.SetReadDeadline(late)
	n, from, err := s.conn.ReadFromUDPAddrPort(buf)
	if err != nil {
		if may {
			return nil
		}
		s.t.Fatalf("the phone sent nothing: %v", err)
	}
	if isSTUN(buf[:n]) {
		return s.readUntil(late, may) // this server speaks SIP only
	}
	msg, err := sipmsg.ParseMessage(bytes.Clone(buf[:n]))
	if err != nil {
		s.t.Fatalf("the phone sent what is no SIP: %v\n%s", err, buf[:n])
	}
	s.from = from
	if req, ok := msg.(*sipmsg.Request); ok && may && (req.Method == sipmsg.SUBSCRIBE || req.Method == sipmsg.OPTIONS) {
		return s.readUntil(late, may) // the phone asks about its mailbox, and whether the server is there, whatever else is going on
	}
	return msg
}

// request waits for a new request of this method; retransmissions are skipped, other messages kept for later.
func (s *peer) request(method sipmsg.RequestMethod) *sipmsg.Request {
	s.t.Helper()
	for i, m := range s.held {
		if req, ok := m.(*sipmsg.Request); ok && req.Method == method {
			s.held = append(s.held[:i], s.held[i+1:]...)
			return req
		}
	}
	for {
		msg := s.read(0)
		req, ok := msg.(*sipmsg.Request)
		if !ok {
			s.held = append(s.held, msg)
			continue
		}
		key := req.Via().Params.GetOr("branch", "") + string(req.Method)
		if s.seen[key] && req.Method != sipmsg.ACK {
			continue
		}
		s.seen[key] = true
		if req.Method == method {
			return req
		}
		s.held = append(s.held, msg)
	}
}

// response waits for a response with this status to a method.
func (s *peer) response(status int, method sipmsg.RequestMethod) *sipmsg.Response {
	s.t.Helper()
	match := func(m sipmsg.Message) (*sipmsg.Response, bool) {
		res, ok := m.(*sipmsg.Response)
		return res, ok && res.StatusCode == status && res.CSeq().MethodName == method
	}
	for i, m := range s.held {
		if res, ok := match(m); ok {
			s.held = append(s.held[:i], s.held[i+1:]...)
			return res
		}
	}
	for {
		msg := s.read(0)
		if res, ok := match(msg); ok {
			return res
		}
		s.held = append(s.held, msg)
	}
}

// answer waits for the next response to a method, whatever its status.
func (s *peer) answer(method sipmsg.RequestMethod) *sipmsg.Response {
	s.t.Helper()
	for {
		msg := s.read(0)
		if res, ok := msg.(*sipmsg.Response); ok && res.CSeq().MethodName == method {
			return res
		}
		s.held = append(s.held, msg)
	}
}

// reply answers a request. tag becomes the To tag, extra are whole header lines; a line "SDP" attaches a description.
func (s *peer) reply(req *sipmsg.Request, status int, tag string, extra ...string) {
	s.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d Scripted\r\n", status)
	for _, v := range req.GetHeaders("Via") {
		fmt.Fprintf(&b, "Via: %s\r\n", v.Value())
	}
	to := req.To().Value()
	if tag != "" && !strings.Contains(to, "tag=") {
		to += ";tag=" + tag
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n", req.From().Value(), to, req.CallID().Value(), req.CSeq().Value())
	body := ""
	contact := false
	for _, line := range extra {
		if text, ok := strings.CutPrefix(line, "SDP "); ok {
			body = text
			b.WriteString("Content-Type: application/sdp\r\n")
			continue
		}
		contact = contact || strings.HasPrefix(line, "Contact:")
		b.WriteString(line + "\r\n")
	}
	if !contact && req.Method == sipmsg.INVITE {
		fmt.Fprintf(&b, "Contact: <sip:far@%s>\r\n", s.addr())
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	s.write(b.String())
}

func (s *peer) write(text string) {
	s.t.Helper()
	if _, err := s.conn.WriteToUDPAddrPort([]byte(text), s.from); err != nil {
		s.t.Fatal(err)
	}
}

// far is the far end's side of a dialog, for requests the script sends.
type far struct {
	callID, from, to string // From and To with tags
	uri              string // the phone's Contact
	seq              int
}

// send writes a request of the far end. Extra are header lines, "SDP …" a description.
func (s *peer) send(f *far, method, branch string, extra ...string) {
	s.t.Helper()
	if method != "ACK" && method != "CANCEL" {
		f.seq++
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\n", method, f.uri, s.addr(), branch)
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:far@%s>\r\n", f.from, f.to, f.callID, f.seq, method, s.addr())
	body := ""
	for _, line := range extra {
		if text, ok := strings.CutPrefix(line, "SDP "); ok {
			body = text
			b.WriteString("Content-Type: application/sdp\r\n")
			continue
		}
		if text, ok := strings.CutPrefix(line, "BODY "); ok { // its type, a blank, and the text
			kind := ""
			kind, body, _ = strings.Cut(text, " ")
			b.WriteString("Content-Type: " + kind + "\r\n")
			continue
		}
		b.WriteString(line + "\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	s.write(b.String())
}

// registered brings a phone up on the scripted server: one REGISTER, answered.
func registered(t *testing.T) (*phone, *peer) { return registeredAt(t, testT1) }

// registeredAt is registered, with a T1 of its own for what takes long.
func registeredAt(t *testing.T, t1 time.Duration) (*phone, *peer) {
	t.Helper()
	s := newPeer(t)
	p := newPhone(t, func(c *Config) { c.T1 = t1 })
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	s.reply(s.request(sipmsg.REGISTER), 200, "reg", "Expires: 300")
	p.line(call.LineReady)
	return p, s
}

// dialled sends an INVITE and returns what arrived of it.
func dialled(t *testing.T) (*phone, *peer, *sipmsg.Request) {
	t.Helper()
	return dialledAt(t, testT1)
}

func dialledAt(t *testing.T, t1 time.Duration) (*phone, *peer, *sipmsg.Request) {
	t.Helper()
	p, s := registeredAt(t, t1)
	s.reply(s.request(sipmsg.SUBSCRIBE), 489, "reg") // it knows of no mailbox
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "+12025550142", SDP: []byte("v=0\r\n")})
	return p, s, s.request(sipmsg.INVITE)
}

// talking is an outgoing call that was answered and acknowledged.
func talking(t *testing.T) (*phone, *peer, *far) { return talkingAt(t, testT1) }

func talkingAt(t *testing.T, t1 time.Duration) (*phone, *peer, *far) {
	t.Helper()
	p, s, inv := dialledAt(t, t1)
	s.reply(inv, 200, "far", "SDP v=0 answer")
	s.request(sipmsg.ACK)
	event[call.RemoteAnswered](p, "c1")
	return p, s, &far{
		callID: inv.CallID().Value(), from: inv.To().Value() + ";tag=far", to: inv.From().Value(),
		uri: firstContact(inv).String(),
	}
}

// rung is an incoming call that rings.
func rung(t *testing.T, extra ...string) (*phone, *peer, *far, call.Arrived) {
	t.Helper()
	p, s := registered(t)
	f := &far{
		callID: "in-" + token(4), from: `"Ada \"Countess\" Lovelace" <sip:+12025550143@example.com>;tag=far`,
		to: "<sip:1001@example.com>", uri: fmt.Sprintf("sip:1001@%s", s.from),
	}
	s.send(f, "INVITE", "in1", extra...)
	s.response(100, sipmsg.INVITE)
	return p, s, f, next[call.Arrived](p, "incoming call", nil)
}
