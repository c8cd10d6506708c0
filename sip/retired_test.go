package sip

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/locate"
)

// savedDuring is an incoming call over TCP that is on while the accounts are changed.
type savedDuring struct {
	*phone
	server  net.Listener
	account call.Account
	s       *tcpPeer // the connection that the call came by
	id      call.ID
}

func callOverTCP(t *testing.T) *savedDuring {
	t.Helper()
	l, account := listenTCP(t)
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{account}})
	s := accept(t, l)
	reg := s.request(sipmsg.REGISTER)
	s.ok(reg)
	p.line(call.LineReady)
	say := func(method, to, more string) {
		fmt.Fprintf(s.conn, "%s %s SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bK%s;rport\r\nFrom: <sip:2@example.com>;tag=far\r\nTo: %s\r\nCall-ID: x\r\n"+
			"CSeq: 1 %s\r\nContact: <sip:far@%s;transport=tcp>\r\n%s", method, reg.Contact().Address.String(), l.Addr(), method, to, method, l.Addr(), more)
	}
	say("INVITE", "<sip:1001@example.com>", "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0 o")
	in := next[call.Arrived](p, "incoming call", nil)
	p.Do(call.Accept{ID: in.ID, SDP: []byte("v=0 answer")})
	say("ACK", s.status(200).To().Value(), "Content-Length: 0\r\n\r\n")
	return &savedDuring{phone: p, server: l, account: account, s: s, id: in.ID}
}

// use changes the accounts and sees the registration off.
func (c *savedDuring) use(accounts ...call.Account) {
	c.t.Helper()
	c.Do(call.UseAccounts{Accounts: accounts})
	off := c.s.request(sipmsg.REGISTER)
	if headerValue(off, "Expires") != "0" {
		c.t.Errorf("%s", off)
	}
	c.s.ok(off)
}

// registers takes a registration, if one is due.
func (c *savedDuring) registers(s *tcpPeer) {
	c.t.Helper()
	s.ok(s.request(sipmsg.REGISTER))
	c.line(call.LineReady)
}

// goesOn changes the call and ends it, both over one connection.
func (c *savedDuring) goesOn(s *tcpPeer) {
	c.t.Helper()
	c.Do(call.Reoffer{ID: c.id, SDP: []byte("v=0 hold")})
	s.ok(s.request(sipmsg.INVITE))
	event[call.OfferAnswered](c.phone, c.id)
	c.Do(call.End{ID: c.id})
	s.ok(s.request(sipmsg.BYE))
	c.ended(c.id, call.Completed)
}

// closes waits until the phone has closed a connection.
func (s *tcpPeer) closes() {
	s.t.Helper()
	if _, err := io.Copy(io.Discard, s.r); err != nil {
		s.t.Errorf("the connection is still open: %v", err)
	}
}

// TestAccountIsCorrectedInACall: the call goes on, also over the connection that the corrected account opens when the one it was on is lost.
func TestAccountIsCorrectedInACall(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprint("lost ", lost), func(t *testing.T) {
			t.Parallel()
			c := callOverTCP(t)
			changed := c.account
			changed.Username = "other"
			c.use(changed)
			c.registers(c.s)
			s := c.s
			if lost {
				s.conn.Close()
				s = accept(t, c.server)
				c.registers(s)
				event[call.Moved](c.phone, c.id)
			}
			c.goesOn(s)
		})
	}
}

// TestAccountMovesInACall: the account has another server from now on. The call stays with the old one, where its dialog is, over a new
// connection if need be; that connection is closed once the call is over.
func TestAccountMovesInACall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		removed bool // the account has no server at all from now on
		lost    bool
	}{{"moved", false, false}, {"moved, connection lost", false, true}, {"removed", true, false}, {"removed, connection lost", true, true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			on := callOverTCP(t)
			if c.removed {
				on.use()
			} else {
				server, moved := listenTCP(t)
				on.use(moved)
				on.registers(accept(t, server))
			}
			s := on.s
			if c.lost {
				s.conn.Close()
				s = accept(t, on.server)
				event[call.Moved](on.phone, on.id)
			}
			on.goesOn(s)
			s.closes()
		})
	}
}

// TestCallOutlivesTheServerItsAccountLeft: the old server is gone for good. What the call has to say goes to the account's new one.
func TestCallOutlivesTheServerItsAccountLeft(t *testing.T) {
	t.Parallel()
	c := callOverTCP(t)
	server, moved := listenTCP(t)
	c.use(moved)
	s := accept(t, server)
	c.registers(s)
	c.server.Close()
	c.s.conn.Close()
	for dead := make(chan bool); ; {
		c.box.post(func() { dead <- c.legs[c.id].link.dead })
		if <-dead {
			break
		}
	}
	c.goesOn(s)
}

// TestOldConnectionIsClosed: an account that moves leaves nothing open behind it.
func TestOldConnectionIsClosed(t *testing.T) {
	t.Parallel()
	_, p, s := registeredTCP(t)
	other, moved := listenTCP(t)
	p.Do(call.UseAccounts{Accounts: []call.Account{moved}})
	s.ok(s.request(sipmsg.REGISTER))
	again := accept(t, other)
	again.ok(again.request(sipmsg.REGISTER))
	p.line(call.LineReady)
	s.closes()
}

// stuck is a DNS that never answers.
type stuck struct{ zone }

func (stuck) NAPTR(ctx context.Context, _ string) ([]locate.NAPTR, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestCallWaitsForTheCorrectedAccount: a call that was asked for before there was a way goes out by the account that is saved meanwhile.
func TestCallWaitsForTheCorrectedAccount(t *testing.T) {
	t.Parallel()
	s := newPeer(t)
	p := newPhone(t, func(c *Config) { c.Resolver = stuck{} })
	wrong := s.account()
	wrong.Address = "sip:1001@example.com"
	p.Do(call.UseAccounts{Accounts: []call.Account{wrong}})
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "1002", SDP: []byte("v=0")})
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	s.reply(s.request(sipmsg.REGISTER), 200, "reg", "Expires: 300")
	s.reply(s.request(sipmsg.INVITE), 486, "far")
	p.ended("c1", call.Busy)
}
