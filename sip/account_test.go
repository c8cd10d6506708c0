package sip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

const md5Challenge = `WWW-Authenticate: Digest realm="a", nonce="n1", algorithm=MD5, qop="auth"`

func TestRegister(t *testing.T) {
	t.Parallel()
	s := newPeer(t)
	p := newPhone(t, func(c *Config) { c.Expires = 120 })
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	reg := s.request(sipmsg.REGISTER)
	if reg.Recipient.User != "" || headerValue(reg, "Expires") != "120" || reg.Contact().Address.Host != "127.0.0.1" ||
		reg.Contact().Address.Port == 0 || reg.Contact().Address.User != "1001" {
		t.Errorf("REGISTER %s", reg)
	}
	s.reply(reg, 401, "x", md5Challenge)
	second := s.request(sipmsg.REGISTER)
	if second.CallID().Value() != reg.CallID().Value() || second.CSeq().SeqNo != reg.CSeq().SeqNo+1 {
		t.Errorf("second REGISTER %s", second)
	}
	s.reply(second, 200, "x", "Contact: "+second.Contact().Value()+";expires=1", "Expires: 3600")
	p.line(call.LineReady)
	s.reply(s.request(sipmsg.REGISTER), 200, "x", "Expires: 3600") // the refresh: our contact's own time counts
}

func TestUnregisterOnExitTakesOnlyOurContact(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	p.farewell = politeness
	gone := make(chan error, 1)
	go func() { gone <- p.stop() }()
	un := s.request(sipmsg.REGISTER)
	if headerValue(un, "Expires") != "0" || un.Contact() == nil || un.Contact().Address.Wildcard || un.Contact().Address.Port == 0 {
		t.Errorf("un-REGISTER %s", un)
	}
	s.reply(un, 401, "x", md5Challenge)
	s.reply(s.request(sipmsg.REGISTER), 200, "x")
	if err := <-gone; err != nil {
		t.Error(err)
	}
}

func TestExitHangsUpEverything(t *testing.T) {
	t.Parallel()
	p, s, _ := talking(t)
	p.farewell = politeness
	p.Do(call.Invite{ID: "c2", Account: "work", Target: "9408"})
	s.reply(s.request(sipmsg.INVITE), 180, "far2")
	event[call.RemoteProgress](p, "c2")
	gone := make(chan error, 1)
	go func() { gone <- p.stop() }()
	s.reply(s.request(sipmsg.BYE), 200, "")
	s.reply(s.request(sipmsg.CANCEL), 200, "")
	s.reply(s.request(sipmsg.REGISTER), 200, "x")
	if err := <-gone; err != nil {
		t.Error(err)
	}
	seen := map[call.ID]bool{}
	for len(seen) < 2 {
		h := next(p, "end", func(h call.Happened) bool { _, ok := h.Event.(call.RemoteEnded); return ok })
		seen[h.ID] = true
	}
}

func TestExitDoesNotWaitForTheDead(t *testing.T) {
	t.Parallel()
	p, s, _ := talking(t)
	_ = s
	began := time.Now()
	p.farewell = politeness
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	event[call.RemoteEnded](p, "c1")
	if took := time.Since(began); took > patience/2 {
		t.Errorf("leaving took %v", took)
	}
}

// A wrong password must not lock the account at the server: one attempt, then silence until somebody asks.
func TestWrongPasswordNoStorm(t *testing.T) {
	t.Parallel()
	s := newPeer(t)
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	s.reply(s.request(sipmsg.REGISTER), 401, "x", md5Challenge)
	s.reply(s.request(sipmsg.REGISTER), 401, "x", strings.Replace(md5Challenge, "n1", "n2", 1))
	line := p.line(call.LineRefused)
	if !line.Retry.IsZero() || !strings.Contains(line.Detail, "password") {
		t.Errorf("line %+v", line)
	}
	for m := s.read(20 * testT1); m != nil; m = s.read(20 * testT1) {
		if req := m.(*sipmsg.Request); !s.seen[req.Via().Params.GetOr("branch", "")+"REGISTER"] {
			t.Fatalf("after the refusal came %s", req)
		}
	}
	p.Do(call.Reregister{Account: "work"})
	s.reply(s.request(sipmsg.REGISTER), 200, "x", "Expires: 300")
	p.line(call.LineReady)
}

func TestStaleNonceIsNotAWrongPassword(t *testing.T) {
	t.Parallel()
	s := newPeer(t)
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	s.reply(s.request(sipmsg.REGISTER), 401, "x", md5Challenge)
	s.reply(s.request(sipmsg.REGISTER), 401, "x", strings.Replace(md5Challenge, "n1", "n2", 1)+", stale=TRUE")
	third := s.request(sipmsg.REGISTER)
	if !strings.Contains(headerValue(third, "Authorization"), `nonce="n2"`) {
		t.Errorf("third REGISTER %s", third)
	}
	s.reply(third, 200, "x")
	p.line(call.LineReady)
}

// sipgo looks at the first challenge only.
func TestTwoChallenges(t *testing.T) {
	t.Parallel()
	for name, list := range map[string][]string{
		"MD5 then SHA-256": {md5Challenge, `WWW-Authenticate: Digest realm="a", nonce="n2", algorithm=SHA-256, qop="auth"`},
		"AKAv1-MD5 first":  {`WWW-Authenticate: Digest realm="a", nonce="n0", algorithm=AKAv1-MD5, qop="auth"`, `WWW-Authenticate: Digest realm="a", nonce="n2", algorithm=MD5-sess, qop="auth-int, auth"`},
		"Bearer first":     {`WWW-Authenticate: Bearer realm="a", scope="x", error="y"`, `WWW-Authenticate: Digest realm="a", nonce="n2"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPeer(t)
			p := newPhone(t, nil)
			p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
			s.reply(s.request(sipmsg.REGISTER), 401, "x", list...)
			second := s.request(sipmsg.REGISTER)
			if v := headerValue(second, "Authorization"); !strings.Contains(v, `nonce="n2"`) || !strings.Contains(v, `uri="`+second.Recipient.String()+`"`) {
				t.Errorf("Authorization %s", v)
			}
			s.reply(second, 200, "x")
			p.line(call.LineReady)
		})
	}
}

func TestOnlyUnknownChallenges(t *testing.T) {
	t.Parallel()
	s := newPeer(t)
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	s.reply(s.request(sipmsg.REGISTER), 401, "x", `WWW-Authenticate: Digest realm="a", nonce="n", algorithm=AKAv2-SHA-256`)
	p.line(call.LineRefused)
}

func TestNoPassword(t *testing.T) {
	t.Parallel()
	s := newPeer(t)
	p := newPhone(t, func(c *Config) {
		c.Password = func(context.Context, call.Account) (string, error) { return "", errors.New("the keyring is locked") }
	})
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	s.reply(s.request(sipmsg.REGISTER), 401, "x", md5Challenge)
	if l := p.line(call.LineRefused); !strings.Contains(l.Detail, "the keyring is locked") {
		t.Errorf("line %+v", l)
	}
}

func TestRegistrationTimeTooShort(t *testing.T) {
	t.Parallel()
	s := newPeer(t)
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	s.reply(s.request(sipmsg.REGISTER), 423, "x", "Min-Expires: 1800")
	second := s.request(sipmsg.REGISTER)
	if headerValue(second, "Expires") != "1800" {
		t.Errorf("second REGISTER %s", second)
	}
	s.reply(second, 200, "x")
	p.line(call.LineReady)
}

func TestUnreachableRegistrarIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := newPeer(t)
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	s.request(sipmsg.REGISTER)
	line := p.line(call.LineUnreachable)
	if want := fmt.Sprintf("The server at %s does not answer.", s.addr()); line.Detail != want || line.Retry.IsZero() {
		t.Errorf("line %+v, want %q", line, want)
	}
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100"})
	p.ended("c1", call.Unreachable)
	s.reply(s.request(sipmsg.REGISTER), 503, "x", "Retry-After: 1") // knocked at once
	p.line(call.LineUnreachable)
	s.reply(s.request(sipmsg.REGISTER), 200, "x")
	p.line(call.LineReady)
}

func TestUnresolvableServer(t *testing.T) {
	t.Parallel()
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{
		{ID: "a", Address: "sip:1@no.such.host.invalid"}, {ID: "b", Address: "nonsense"},
	}})
	p.Do(call.Invite{ID: "c1", Account: "a", Target: "9100"})
	p.Do(call.Invite{ID: "c2", Account: "b", Target: "9100"})
	states := map[string]call.LineState{}
	ends := 0
	for len(states) < 2 || ends < 2 {
		switch n := next[call.News](p, "state", nil).(type) {
		case call.Registered:
			if n.Line.State != call.LineRegistering {
				states[n.Account] = n.Line.State
			}
		case call.Happened:
			ends++
		}
	}
	if states["a"] != call.LineUnreachable || states["b"] != call.LineRefused {
		t.Errorf("states %v", states)
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.LocalAddr().(*net.UDPAddr).Port
	u := New(Config{Port: port, Local: taken.LocalAddr().(*net.UDPAddr).AddrPort().Addr()}, func(call.News) {})
	err = u.Run(context.Background())
	if err == nil || err.Error() != fmt.Sprintf("another program already uses the local SIP port %d", port) {
		t.Errorf("error %v", err)
	}
}

func TestAccountsComeAndGo(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	same := s.account()
	same.Name = "Ada"
	p.Do(call.UseAccounts{Accounts: []call.Account{same}}) // the server need not know
	p.Do(call.UseAccounts{Accounts: []call.Account{}})
	un := s.request(sipmsg.REGISTER)
	if headerValue(un, "Expires") != "0" {
		t.Errorf("a new name must not register anew: %s", un)
	}
	s.reply(un, 200, "x")
	p.line(call.LineOff)
}

// The same contact must not be taken off by the old account after the new one put it there.
func TestReplacedAccountLeavesBeforeTheNewOneComes(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	other := s.account()
	other.Username = "ada"
	p.Do(call.UseAccounts{Accounts: []call.Account{other}})
	un := s.request(sipmsg.REGISTER)
	if headerValue(un, "Expires") != "0" {
		t.Fatalf("first must come the farewell: %s", un)
	}
	s.reply(un, 200, "x")
	again := s.request(sipmsg.REGISTER)
	if headerValue(again, "Expires") == "0" {
		t.Fatalf("then the registration: %s", again)
	}
	s.reply(again, 200, "x")
	p.line(call.LineReady)
}

func TestPasswordIsAskedOnlyWhenChallenged(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	s := newPeer(t)
	p := newPhone(t, func(c *Config) {
		c.Password = func(context.Context, call.Account) (string, error) { asked.Add(1); return "x", nil }
	})
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	s.reply(s.request(sipmsg.REGISTER), 200, "x")
	p.line(call.LineReady)
	if asked.Load() != 0 {
		t.Error("the password was asked without a challenge")
	}
}

// TestOutbound: the phone has a name at the registrar, unless a proxy on the way cannot bear it; the registrar's routes are used
// for calls (RFC 5626, RFC 3608).
func TestOutbound(t *testing.T) {
	t.Parallel()
	s := newPeer(t)
	p := newPhone(t, func(c *Config) { c.Instance = "00000000-0000-4000-8000-000000000001" })
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	reg := s.request(sipmsg.REGISTER)
	if text := reg.String(); !strings.Contains(text, `;+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000001>";reg-id=1`) || !strings.Contains(text, "Supported: path, outbound\r\n") {
		t.Errorf("%s", text)
	}
	s.reply(reg, 439, "x")
	reg = s.request(sipmsg.REGISTER)
	if text := reg.String(); strings.Contains(text, "reg-id") || !strings.Contains(text, "Supported: path\r\n") {
		t.Errorf("%s", text)
	}
	s.reply(reg, 200, "x", "Expires: 300", "Service-Route: <sip:a.example.com;lr>, <sip:b.example.com;lr>", "Service-Route: <sip:c.example.com;lr>")
	p.line(call.LineReady)
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100", SDP: []byte("v=0")})
	if text := s.request(sipmsg.INVITE).String(); !strings.Contains(text, "Route: <sip:a.example.com;lr>\r\nRoute: <sip:b.example.com;lr>\r\nRoute: <sip:c.example.com;lr>\r\n") {
		t.Errorf("%s", text)
	}
}

// TestSilentServer: a server that took the registration and then says nothing is noticed long before the registration ends,
// and the next one takes over. An answer of any kind is a sign of life.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	first, second := newPeer(t), newPeer(t)
	p := newPhone(t, func(c *Config) { c.Resolver = zone{"_sip._udp.", []netip.AddrPort{first.addr(), second.addr()}} })
	p.Do(call.UseAccounts{Accounts: []call.Account{{ID: "work", Address: "sip:1001@example.com"}}})
	first.reply(first.request(sipmsg.REGISTER), 200, "x", "Expires: 300")
	p.line(call.LineReady)
	first.reply(first.request(sipmsg.OPTIONS), 401, "x", `WWW-Authenticate: Digest realm="r", nonce="n"`)
	first.request(sipmsg.OPTIONS) // and silence
	if line := p.line(call.LineRegistering); line.Detail != "The server at example.com does not answer any more." {
		t.Errorf("%+v", line)
	}
	second.reply(second.request(sipmsg.REGISTER), 200, "x", "Expires: 300")
	p.line(call.LineReady)
}

// TestMoved: after sleep every connection is opened anew; where nothing has changed the server is asked at once whether it is
// still there.
func TestMoved(t *testing.T) {
	t.Parallel()
	l, p, s := registeredTCP(t)
	p.Do(call.CheckWay{})
	s.ok(s.request(sipmsg.OPTIONS))
	p.Do(call.CheckWay{Slept: true})
	again := accept(t, l)
	again.ok(again.request(sipmsg.REGISTER))
	if rest, err := io.ReadAll(s.r); errors.Is(err, os.ErrDeadlineExceeded) || strings.Trim(string(rest), "\r\n") != "" {
		t.Errorf("the connection of before the sleep is not ended: %q, %v", rest, err)
	}
}

// TestProofsAreReused: the second request answers before it is asked, with the nonce's next count; a new nonce is answered without
// asking for the password again; one that was changed meanwhile is asked for once.
func TestProofsAreReused(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked, password := 0, "old"
	s := newPeer(t)
	p := newPhone(t, func(c *Config) {
		c.Expires = 2
		c.Password = func(context.Context, call.Account) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			asked++
			return password, nil
		}
	})
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	proofOf := func(req *sipmsg.Request) string { return headerValue(req, "Authorization") }
	challenge := func(req *sipmsg.Request, nonce string) {
		s.reply(req, 401, "x", `WWW-Authenticate: Digest realm="r", nonce="`+nonce+`", qop="auth"`)
	}
	want := func(req *sipmsg.Request, parts ...string) *sipmsg.Request {
		t.Helper()
		for _, part := range parts {
			if got := proofOf(req); !strings.Contains(got, part) {
				t.Fatalf("%q has no %s", got, part)
			}
		}
		return req
	}
	first := s.request(sipmsg.REGISTER)
	if proofOf(first) != "" {
		t.Error("a proof that nobody has asked for")
	}
	challenge(first, "n1")
	s.reply(want(s.request(sipmsg.REGISTER), `nonce="n1"`, "nc=00000001"), 200, "x", "Expires: 2")
	again := want(s.request(sipmsg.REGISTER), `nonce="n1"`, "nc=00000002")
	challenge(again, "n2")
	s.reply(want(s.request(sipmsg.REGISTER), `nonce="n2"`, "nc=00000001"), 200, "x", "Expires: 2")
	mu.Lock()
	if asked != 1 {
		t.Errorf("the password was asked for %d times", asked)
	}
	password = "new"
	mu.Unlock()
	third := want(s.request(sipmsg.REGISTER), `nonce="n2"`, "nc=00000002")
	challenge(third, "n3")
	refused := want(s.request(sipmsg.REGISTER), `nonce="n3"`)
	challenge(refused, "n4")
	fresh := want(s.request(sipmsg.REGISTER), `nonce="n4"`)
	a, _ := chooseChallenge([]string{`Digest realm="r", nonce="n4", qop="auth"`})
	cnonce := parameter(proofOf(fresh), "cnonce")
	proof := a.answer(proof{username: "1001", secret: a.secret("1001", "new"), method: "REGISTER", uri: fresh.Recipient.String(), count: 1, cnonce: cnonce})
	if got := parameter(proofOf(fresh), "response"); got != parameter(proof, "response") {
		t.Errorf("it does not prove the new password: %s", got)
	}
	s.reply(fresh, 200, "x", "Expires: 300")
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100", SDP: []byte("v=0")})
	invite := s.request(sipmsg.INVITE)
	if proofOf(invite) != "" {
		t.Error("what proves a registration is sent with other requests")
	}
	challenge(invite, "n5")
	s.request(sipmsg.ACK)
	s.reply(want(s.request(sipmsg.INVITE), `nonce="n5"`, "nc=00000001"), 486, "x")
	p.ended("c1", call.Busy)
	p.Do(call.Invite{ID: "c2", Account: "work", Target: "9100", SDP: []byte("v=0")})
	want(s.request(sipmsg.INVITE), `nonce="n5"`, "nc=00000002")
	mu.Lock()
	defer mu.Unlock()
	if asked != 2 {
		t.Errorf("the password was asked for %d times", asked)
	}
}

// parameter is the value of a quoted parameter of an Authorization.
func parameter(value, name string) string {
	_, rest, _ := strings.Cut(value, name+`="`)
	v, _, _ := strings.Cut(rest, `"`)
	return v
}

// translated makes a request look as if it had come through a NAT.
func translated(req *sipmsg.Request, at netip.AddrPort) *sipmsg.Request {
	req.Via().Params.Add("rport", fmt.Sprint(at.Port()))
	req.Via().Params.Add("received", at.Addr().String())
	return req
}

// TestBehindNAT: the server hears where a NAT lets it see us, and forgets where it cannot; and so again when the NAT changes its mind.
func TestBehindNAT(t *testing.T) {
	t.Parallel()
	p, s := newPhone(t, nil), newPeer(t)
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	outside, other := netip.MustParseAddrPort("203.0.113.9:40000"), netip.MustParseAddrPort("203.0.113.9:40001")
	reg := s.request(sipmsg.REGISTER)
	inside := reg.Contact().Value()
	s.reply(translated(reg, outside), 200, "x", "Expires: 300")
	again := func(want, former string) (move func()) {
		t.Helper()
		reg := s.request(sipmsg.REGISTER)
		if c := headerValues(reg, "Contact"); len(c) != 2 || c[0] != want || c[1] != former+";expires=0" {
			t.Fatalf("contacts %q, want %s and not %s", c, want, former)
		}
		s.reply(translated(reg, outside), 200, "x", "Contact: "+want+";expires=300")
		question := s.request(sipmsg.REGISTER) // about its bindings
		if question.Contact() != nil {
			t.Fatalf("%s", question)
		}
		return func() { // its answer tells what the NAT has done meanwhile
			outside = other
			s.reply(translated(question, outside), 200, "x", "Contact: "+want+";expires=300")
		}
	}
	move := again("<sip:1001@203.0.113.9:40000>", inside)
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100", SDP: []byte("v=0")})
	if c := firstContact(s.request(sipmsg.INVITE)); c.Host != "203.0.113.9" || c.Port != 40000 {
		t.Errorf("the call's contact is %s", c)
	}
	move()
	again("<sip:1001@203.0.113.9:40001>", "<sip:1001@203.0.113.9:40000>")()
	s.reply(translated(s.request(sipmsg.OPTIONS), other), 200, "x")
	s.request(sipmsg.OPTIONS) // no REGISTER in between: nothing was news
	for _, m := range s.held {
		if req, ok := m.(*sipmsg.Request); ok && req.Method == sipmsg.REGISTER {
			t.Errorf("%s", req)
		}
	}
}

// TestNATAndOddServers: who knows the flow needs no other contact, and who bears one contact only gets one.
func TestNATAndOddServers(t *testing.T) {
	t.Parallel()
	outside := netip.MustParseAddrPort("203.0.113.9:40000")
	p, s := newPhone(t, nil), newPeer(t)
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	s.reply(translated(s.request(sipmsg.REGISTER), outside), 200, "x", "Expires: 300", "Require: outbound")
	p.line(call.LineReady)
	s.request(sipmsg.OPTIONS)
	p.Do(call.Reregister{Account: "work"})
	s.reply(translated(s.request(sipmsg.REGISTER), outside), 200, "x", "Expires: 300")
	s.reply(translated(s.request(sipmsg.REGISTER), outside), 400, "x")
	reg := s.request(sipmsg.REGISTER)
	if c := headerValues(reg, "Contact"); len(c) != 1 || c[0] != "<sip:1001@203.0.113.9:40000>" {
		t.Errorf("contacts %q", c)
	}
	s.reply(translated(reg, outside), 200, "x", "Expires: 300")
}
