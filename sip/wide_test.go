package sip

import (
	"net"
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// wideSDP makes an INVITE that does not fit a frame.
func wideSDP() []byte { return []byte("v=0\r\n" + strings.Repeat("a=x\r\n", 300)) }

// TestLargeInviteOverTCP: what would be fragmented has a connection of its own to the server; the call stays where it was.
func TestLargeInviteOverTCP(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	l, err := net.Listen("tcp", s.addr().String())
	if err != nil {
		t.Skipf("the port is taken: %v", err)
	}
	defer l.Close()
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100", SDP: wideSDP()})
	c := accept(t, l)
	inv := c.request(sipmsg.INVITE)
	if inv.Via().Transport != "TCP" || strings.Contains(firstContact(inv).String(), "tcp") || len(inv.Body()) != len(wideSDP()) {
		t.Errorf("INVITE %s", inv)
	}
	res := sipmsg.NewResponseFromRequest(inv, 200, "OK", nil)
	res.AppendHeader(&sipmsg.ContactHeader{Address: sipmsg.Uri{Scheme: "sip", Host: "127.0.0.1", Port: int(s.addr().Port())}})
	c.conn.Write([]byte(res.String()))
	event[call.RemoteAnswered](p, "c1")
	s.request(sipmsg.ACK)
	p.Do(call.Invite{ID: "c2", Account: "work", Target: "9100", SDP: wideSDP()})
	second := c.request(sipmsg.INVITE)
	c.conn.Write([]byte(sipmsg.NewResponseFromRequest(second, 180, "Ringing", nil).String()))
	event[call.RemoteProgress](p, "c2")
	p.Do(call.End{ID: "c2"})
	c.request(sipmsg.CANCEL)
	p.Do(call.End{ID: "c1"})
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended("c1", call.Completed)
}

// TestLargeInviteWithoutTCP: a server that has no TCP gets fragments, and is not asked for TCP again.
func TestLargeInviteWithoutTCP(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	for _, id := range []call.ID{"c1", "c2"} {
		p.Do(call.Invite{ID: id, Account: "work", Target: "9100", SDP: wideSDP()})
		inv := s.request(sipmsg.INVITE)
		if len(inv.Body()) != len(wideSDP()) || inv.Via().Transport != "UDP" {
			t.Errorf("INVITE %s", inv)
		}
		s.reply(inv, 486, "far")
		p.ended(id, call.Busy)
	}
	if p.counted(func(u *UA) int { return len(u.links) + len(u.opening) }) != 0 {
		t.Error("connections are left")
	}
}

// TestLargeInviteGivenUp before the server has said whether it has TCP.
func TestLargeInviteGivenUp(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100", SDP: wideSDP()})
	p.Do(call.End{ID: "c1"})
	p.ended("c1", call.Cancelled)
	unheard(t, s, s)
}
