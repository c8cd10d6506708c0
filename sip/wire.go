package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/sip/locate"
	"sidetone/sip/register"
	"sidetone/sip/tidy"
)

// errOwnDial is what the transport layer gets when it tries to open a connection by itself: connections are ours.
var errOwnDial = errors.New("connections are opened by their owner only")

// maxDatagram is what UDP can carry at all over IPv4, in bytes. What does not fit a frame of the network goes in fragments, as RFC
// 3261 §18.1.1 asks every element to bear.
const maxDatagram = 65507

// Prepare sets what sipgo keeps process-wide: the size up to which it sends over UDP, raised from 1300 bytes to all, how long it
// waits before it answers an INVITE with 100 in our place, which we do ourselves, and its own log, which is silenced. Call it once
// at the start of the program, before the first UA runs. Without it UAs work too, within 1300 bytes, and sipgo warns on the
// default log when connections close.
func Prepare() {
	sipmsg.UDPMTUSize = maxDatagram + 200 // the library keeps 200 bytes away from it
	sipmsg.Timer_1xx = time.Hour          // it would read the request while we do
	sipmsg.SetDefaultLogger(slog.New(slog.DiscardHandler))
}

// wire is the socket, the connections and sipgo's two layers on top of them.
type wire struct {
	udp     *datagrams // of IPv4, or of the family of Config.Local
	udp6    *datagrams // nil if the computer has no IPv6, or Config.Local names an address
	tcp     *handover
	sieve   sieve
	layer   *sipmsg.TransportLayer
	txs     *sipmsg.TransactionLayer
	serving sync.WaitGroup
}

// openWire binds the local port and starts to read.
func openWire(u *UA) (*wire, error) {
	w := &wire{sieve: sieve{tidy.Reader{Allow: allowed, Server: u.cfg.UserAgent}, sipmsg.NewParser()}, tcp: newHandover()}
	udp, err := listenUDP(u.listen, u.cfg.Local, u.cfg.Port, w.sieve)
	if err != nil {
		return nil, err
	}
	w.udp = udp
	if !u.cfg.Local.IsValid() {
		w.udp6, _ = listenUDP(u.listen, netip.IPv6Unspecified(), udp.addr.Port, w.sieve) // without it servers with IPv6 only are out of reach, and said so
	}
	quiet := slog.New(slog.DiscardHandler) // the library logs whole messages, numbers included
	refuse := func(net.Addr) net.Dialer {
		return net.Dialer{Control: func(string, string, syscall.RawConn) error { return errOwnDial }}
	}
	w.layer = sipmsg.NewTransportLayer(net.DefaultResolver, w.sieve.parser, nil,
		sipmsg.WithTransportLayerLogger(quiet),
		sipmsg.WithTransportLayerTransports(sipmsg.TransportsConfig{TCP: &sipmsg.TransportTCP{DialerCreate: refuse}}))
	w.txs = sipmsg.NewTransactionLayer(w.layer,
		sipmsg.WithTransactionLayerLogger(quiet),
		sipmsg.WithTransactionLayerUnhandledResponseHandler(func(*sipmsg.Response) {}),
		sipmsg.WithTransactionLayerTerminateOnConnClose())
	w.txs.OnRequest(u.received)
	for _, d := range w.sockets() {
		d.trace, d.gate = u.cfg.Trace, u.gate
		d.mapped = func(from netip.AddrPort, id stunID, at netip.AddrPort) {
			u.box.post(func() { u.stunned(from, id, at) })
		}
		known := make(chan struct{})
		d.known = sync.OnceFunc(func() { close(known) })
		w.serving.Go(func() { w.layer.ServeUDP(d) })
		<-known // before that the layer would open a socket of its own for the first request
	}
	w.serving.Go(func() { w.layer.ServeTCP(w.tcp) })
	return w, nil
}

func (w *wire) sockets() []*datagrams {
	return slices.DeleteFunc([]*datagrams{w.udp, w.udp6}, func(d *datagrams) bool { return d == nil })
}

// socket is the one that speaks an address' family, nil if there is none.
func (w *wire) socket(ip netip.Addr) *datagrams {
	for _, d := range w.sockets() {
		if bound, ok := netip.AddrFromSlice(d.addr.IP); ok && bound.Unmap().Is4() == ip.Is4() {
			return d
		}
	}
	return nil
}

// close ends transactions, connections and the socket, and waits for the readers.
func (w *wire) close() {
	w.txs.Close()
	w.tcp.Close()
	for _, d := range w.sockets() {
		d.Close()
	}
	w.layer.Close()
	w.serving.Wait()
}

// link is the way to a server as messages see it: where requests go and what we call ourselves there. It is a flow (RFC 5626
// §3.3), or our UDP socket and an address.
type link struct {
	transport locate.Transport
	server    netip.AddrPort // or the web proxy before it
	remote    netip.AddrPort // where the layer sends: the server, or its name for the connection
	local     netip.AddrPort // our address as the server sees it without NAT
	public    netip.AddrPort // what a NAT makes of local; invalid: not known to be another
	host      string         // what Via and Contact show as ours: the local address, or a name (RFC 7118 §5)
	key       net.UDPAddr    // the layer's name for our socket or connection
	name      string         // of the server, for sentences
	conn      *lent          // nil for UDP
	held      int            // large requests that went over it a moment ago
	dead      bool
}

// lost is told when a connection is over.
func (u *UA) lost(f *link, why error) {
	if f.dead {
		return
	}
	u.drop(f)
	u.note(fmt.Sprintf("%s connection to %s: over (%v)", f.transport, f.server, why))
	for _, a := range u.accounts {
		for _, b := range slices.Clone(a.bindings) {
			if b.link == f {
				b.happens(register.Lost{Why: sentence(b.cannotKeep(why))})
			}
		}
	}
}

// drop ends a connection that nobody shall use any more.
func (u *UA) drop(f *link) {
	f.dead = true
	for key, known := range u.links {
		if known == f {
			delete(u.links, key)
		}
	}
	f.conn.Close()
}

// localIPFor asks the routing table which of our addresses faces remote. Nothing is sent.
func localIPFor(remote netip.AddrPort) (netip.Addr, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(remote))
	if err != nil {
		return netip.Addr{}, err
	}
	defer conn.Close()
	return unmap(conn.LocalAddr().(*net.UDPAddr).AddrPort()).Addr(), nil
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// address puts the Via on a request and says over which socket it goes where.
func (f *link) address(req *sipmsg.Request, to netip.AddrPort) {
	req.RemoveHeader("Via")
	params := sipmsg.NewParams()
	params.Add("branch", sipmsg.RFC3261BranchMagicCookie+token(10))
	params.Add("rport", "")
	req.PrependHeader(&sipmsg.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: strings.ToUpper(string(f.transport)),
		Host: f.host, Port: f.port(), Params: params,
	})
	if req.ContentLength() == nil {
		req.SetBody(nil)
	}
	f.direct(req, to)
}

func (f *link) direct(req *sipmsg.Request, to netip.AddrPort) {
	req.SetTransport(f.network())
	req.Laddr = sipmsg.Addr{IP: f.key.IP, Port: f.key.Port}
	req.SetDestination(to.String())
}

// hop is where a request to uri is sent. A connection goes where it goes; over UDP a literal address is
// taken at its word and a name belongs to the server the account is on.
func (f *link) hop(uri sipmsg.Uri) netip.AddrPort {
	ip, ok := hostLiteral(uri)
	if f.conn != nil || !ok {
		return f.remote
	}
	port := uri.Port
	if port <= 0 || port > 65535 {
		port = 5060
	}
	return netip.AddrPortFrom(ip, uint16(port))
}

// network is what the layer takes the link for: to it every connection is TCP.
func (f *link) network() string {
	if f.conn == nil {
		return "UDP"
	}
	return "TCP"
}

// port is that of Via and Contact; the name in those of a WebSocket has none.
func (f *link) port() int {
	if f.transport == locate.WSS {
		return 0
	}
	return int(f.local.Port())
}

// contact is our address in a dialog or registration on this link.
func (f *link) contact(user string) *sipmsg.ContactHeader {
	uri := sipmsg.Uri{Scheme: "sip", User: user, Host: f.host, Port: f.port()}
	if f.public.IsValid() {
		uri.Host, uri.Port = literal(f.public.Addr()), int(f.public.Port())
	}
	word := map[locate.Transport]string{locate.TCP: "tcp", locate.TLS: "tls", locate.WSS: "ws"}[f.transport]
	if word != "" {
		uri.UriParams = sipmsg.NewParams()
		uri.UriParams.Add("transport", word)
	}
	return &sipmsg.ContactHeader{Address: uri, Params: sipmsg.NewParams()}
}

// outcome are the callbacks of one client transaction, all on the owner's goroutine.
type outcome struct {
	response func(*sipmsg.Response) // each response once
	again    func(*sipmsg.Response) // a 2xx to INVITE after the first one, retransmitted or forked
	over     func(error)            // the transaction ended without a final response
}

// transact sends req in a client transaction. stop abandons it without a word on the wire.
func (u *UA) transact(f *link, req *sipmsg.Request, o outcome) (stop func(), err error) {
	if f.dead {
		return nil, net.ErrClosed
	}
	u.meet(req)
	tx, err := u.wire.txs.NewClientTransaction(context.Background(), req)
	if err != nil {
		return nil, err
	}
	tx.OnRetransmission(func(res *sipmsg.Response) { u.box.post(func() { o.again(res) }) })
	if err := tx.Init(); err != nil {
		tx.Terminate()
		return nil, err
	}
	go u.follow(tx, o)
	return func() { go tx.Terminate() }, nil
}

// follow passes a transaction's responses to the owner; it ends with the transaction.
func (u *UA) follow(tx *sipmsg.ClientTx, o outcome) {
	final := false
	for {
		select {
		case res := <-tx.Responses():
			final = final || res.StatusCode >= 200
			u.box.post(func() { o.response(res) })
		case <-tx.Done():
			if !final {
				err := tx.Err()
				u.box.post(func() { o.over(err) })
			}
			return
		}
	}
}

// write sends an ACK: it has no transaction (RFC 3261 §13.2.2.4).
func (u *UA) write(f *link, req *sipmsg.Request) {
	if f.dead {
		return
	}
	u.meet(req)
	if err := u.wire.layer.WriteMsg(req); err != nil {
		u.cfg.Log.Warn("an ACK could not be sent", "error", err)
	}
}

// meet lets those answer, and speak into the call, whom a request goes to.
func (u *UA) meet(req *sipmsg.Request) {
	if to, err := netip.ParseAddrPort(req.Destination()); err == nil {
		u.gate.meet(req.CallID().Value(), to.Addr())
	}
}

// note tells the trace what has happened.
func (u *UA) note(text string) {
	if u.cfg.Trace != nil {
		u.cfg.Trace(Wire{At: time.Now(), Note: text})
	}
}
