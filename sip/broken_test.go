package sip

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// rungTCP is a phone whose server is reached by a connection, over which a call has come in.
func rungTCP(t *testing.T) (p *phone, s *tcpPeer, l net.Listener, contact string, id call.ID) {
	t.Helper()
	l, account := listenTCP(t)
	p = newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{account}})
	s = accept(t, l)
	reg := s.request(sipmsg.REGISTER)
	s.ok(reg)
	p.line(call.LineReady)
	contact = reg.Contact().Address.String()
	s.says("INVITE", contact, "<sip:1001@example.com>", "Contact: <sip:far@"+l.Addr().String()+";transport=tcp>\r\nContent-Type: application/sdp\r\n", "v=0 offer")
	return p, s, l, contact, next[call.Arrived](p, "incoming call", nil).ID
}

// says writes a request of the far end.
func (s *tcpPeer) says(method, uri, to, more, body string) {
	fmt.Fprintf(s.conn, "%s %s SIP/2.0\r\nVia: SIP/2.0/TCP a.example.com;branch=z9hG4bK%s;rport\r\nFrom: <sip:2@example.com>;tag=far\r\nTo: %s\r\n"+
		"Call-ID: x\r\nCSeq: 1 %s\r\n%sContent-Length: %d\r\n\r\n%s", method, uri, method, to, method, more, len(body), body)
}

// talkingTCP is the same with the call answered.
func talkingTCP(t *testing.T) (*phone, *tcpPeer, net.Listener, call.ID) {
	t.Helper()
	p, s, l, contact, id := rungTCP(t)
	p.Do(call.Accept{ID: id, SDP: []byte("v=0 answer")})
	s.says("ACK", contact, s.status(200).To().Value(), "", "")
	return p, s, l, id
}

// TestConnectionLostInAnOffer: the far end and the sound are still there, and the offer has failed, no more.
func TestConnectionLostInAnOffer(t *testing.T) {
	t.Parallel()
	p, s, l, id := talkingTCP(t)
	p.Do(call.Reoffer{ID: id, SDP: []byte("v=0 hold")})
	s.request(sipmsg.INVITE)
	s.conn.Close()
	event[call.OfferRefused](p, id)
	again := accept(t, l)
	again.ok(again.request(sipmsg.REGISTER))
	p.line(call.LineReady)
	p.Do(call.Reoffer{ID: id, SDP: []byte("v=0 hold")})
	if re := again.request(sipmsg.INVITE); string(re.Body()) != "v=0 hold" {
		t.Errorf("%s", re)
	}
}

// TestOfferWithoutAServer: nobody answers anything; that is the server's silence, not the far end's.
func TestOfferWithoutAServer(t *testing.T) {
	t.Parallel()
	p, _, _ := talking(t)
	p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 hold")})
	event[call.OfferRefused](p, "c1")
}

// TestGoodbyeOverTheNextConnection: who hangs up while the connection breaks is rid of the call at once, and the far end hears of it
// when the line is back.
func TestGoodbyeOverTheNextConnection(t *testing.T) {
	t.Parallel()
	for name, hangUp := range map[string]func(*phone, *tcpPeer, call.ID){
		"while it is away": func(p *phone, s *tcpPeer, id call.ID) {
			s.conn.Close()
			p.line(call.LineUnreachable)
			p.Do(call.End{ID: id})
		},
		"before its answer": func(p *phone, s *tcpPeer, id call.ID) {
			p.Do(call.End{ID: id})
			s.request(sipmsg.BYE)
			s.conn.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s, l, id := talkingTCP(t)
			hangUp(p, s, id)
			p.ended(id, call.Completed)
			again := accept(t, l)
			again.ok(again.request(sipmsg.REGISTER))
			again.ok(again.request(sipmsg.BYE))
		})
	}
}

// TestRingingOverALostConnection: nothing we say would reach who calls any more.
func TestRingingOverALostConnection(t *testing.T) {
	t.Parallel()
	p, s, _, _, id := rungTCP(t)
	s.conn.Close()
	p.ended(id, call.Lost)
}

// unsteady is a socket that cannot send one message, as when a network has just gone.
type unsteady struct {
	net.PacketConn
	begins string
	failed atomic.Bool
}

func (u *unsteady) WriteTo(b []byte, to net.Addr) (int, error) {
	if strings.HasPrefix(string(b), u.begins) && u.failed.CompareAndSwap(false, true) {
		return 0, io.ErrClosedPipe
	}
	return u.PacketConn.WriteTo(b, to)
}

// TestResponseThatCannotBeSent is as one that was lost on the way: the INVITE comes again, and all goes on.
func TestResponseThatCannotBeSent(t *testing.T) {
	t.Parallel()
	for _, begins := range []string{"SIP/2.0 100", "SIP/2.0 180", "SIP/2.0 200"} {
		t.Run(begins, func(t *testing.T) {
			t.Parallel()
			s := newPeer(t)
			p := newPhoneOver(t, nil, func(network string, at *net.UDPAddr) (net.PacketConn, error) {
				c, err := listenNet(network, at)
				return &unsteady{PacketConn: c, begins: begins}, err
			})
			p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
			s.reply(s.request(sipmsg.REGISTER), 200, "reg", "Expires: 300")
			p.line(call.LineReady)
			f := &far{callID: "in", from: "<sip:2@example.com>;tag=far", to: "<sip:1001@example.com>", uri: fmt.Sprintf("sip:1001@%s", s.from)}
			s.send(f, "INVITE", "i1", "SDP v=0 offer")
			in := next[call.Arrived](p, "call", nil)
			p.Do(call.SendRinging{ID: in.ID})
			p.Do(call.Accept{ID: in.ID, SDP: []byte("v=0 answer")})
			f.seq--
			s.send(f, "INVITE", "i1", "SDP v=0 offer")
			f.to = s.response(200, sipmsg.INVITE).To().Value()
			s.send(f, "ACK", "a1")
			p.Do(call.End{ID: in.ID})
			s.reply(s.request(sipmsg.BYE), 200, "")
			p.ended(in.ID, call.Completed)
		})
	}
}
