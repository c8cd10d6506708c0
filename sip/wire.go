package sip

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/locate"
	"sidetone/sip/register"
	"sidetone/sip/tidy"
	"sidetone/sip/transact"
)

// Prepare sets what sipgo keeps process-wide: how long it waits before it answers an INVITE with 100 in our place, which we do
// ourselves. Call it once at the start of the program, before the first UA runs. Without it UAs work too, but the library reads a
// request while we do.
func Prepare() { sipmsg.Timer_1xx = time.Hour }

// wire is the sockets, the connections and the transactions on top of them.
type wire struct {
	udp     *datagrams // of IPv4, or of the family of Config.Local
	udp6    *datagrams // nil if the computer has no IPv6, or Config.Local names an address
	sieve   sieve
	txs     *transact.Table
	serving sync.WaitGroup

	mu      sync.Mutex
	streams map[*stream]bool // open connections; nil: closed
}

// openWire binds the local port and starts to read.
func openWire(u *UA) (*wire, error) {
	w := &wire{sieve: sieve{tidy.Reader{Allow: allowed, Server: u.cfg.UserAgent}, sipmsg.NewParser()}, streams: map[*stream]bool{}}
	w.txs = transact.New(u.core())
	udp, err := listenUDP(u.listen, u.cfg.Local, u.cfg.Port, w.sieve)
	if err != nil {
		return nil, err
	}
	w.udp = udp
	if !u.cfg.Local.IsValid() {
		w.udp6, _ = listenUDP(u.listen, netip.IPv6Unspecified(), udp.addr.Port, w.sieve) // without it servers with IPv6 only are out of reach, and said so
	}
	for _, d := range w.sockets() {
		d.scribe, d.gate = u.scribe, u.gate
		d.mapped = func(from netip.AddrPort, id stunID, at netip.AddrPort) {
			u.box.post(func() { u.stunned(from, id, at) })
		}
		w.serving.Go(func() { d.serve(w.txs.Receive) })
	}
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

// read reads a connection until it is over, in a goroutine of its own; false if the wire is closed.
func (w *wire) read(s *stream) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.streams == nil {
		return false
	}
	w.streams[s] = true
	w.serving.Go(func() {
		why := s.serve(w.txs.Receive)
		w.mu.Lock()
		delete(w.streams, s)
		w.mu.Unlock()
		s.lost(why)
		w.txs.Lost(s, why)
	})
	return true
}

// close ends transactions, connections and sockets, and waits for the readers.
func (w *wire) close() {
	w.txs.Close()
	w.mu.Lock()
	streams := w.streams
	w.streams = nil
	w.mu.Unlock()
	for s := range streams {
		s.close()
	}
	for _, d := range w.sockets() {
		d.close()
	}
	w.serving.Wait()
}

// link is the way to a server as messages see it: where requests go and what we call ourselves there. It is a flow (RFC 5626
// §3.3), or our UDP socket and an address.
type link struct {
	transport locate.Transport
	server    netip.AddrPort // or the web proxy before it
	local     netip.AddrPort // our address as the server sees it without NAT
	public    netip.AddrPort // what a NAT makes of local; invalid: not known to be another
	host      string         // what Via and Contact show as ours: the local address, or a name (RFC 7118 §5)
	name      string         // of the server, for sentences
	socket    *datagrams     // nil for a connection
	conn      *stream        // nil for UDP
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
	for _, l := range u.legs {
		if l.state == offered && f.conn != nil && transact.WayOf(l.uas) == transact.Way(f.conn) {
			l.over(call.Reason{Cause: call.Lost, Detail: "the connection it came by is lost"}) // nothing we say would reach who calls
		}
	}
	u.reopen(f)
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
	f.conn.close()
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

// address puts the Via on a request and says where it goes.
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
	req.SetDestination(to.String())
}

// way is how a request gets to its destination.
func (f *link) way(req *sipmsg.Request) (transact.Way, error) {
	if f.dead {
		return nil, net.ErrClosed
	}
	if f.conn != nil {
		return f.conn, nil
	}
	to, err := netip.ParseAddrPort(req.Destination())
	return datagram{f.socket, to}, err
}

// brought reports whether a request came over the connection, or in a datagram from the server.
func (f *link) brought(tx *sipmsg.ServerTx) bool {
	if f.conn != nil {
		return transact.WayOf(tx) == transact.Way(f.conn)
	}
	return tx.Origin().Source() == f.server.String()
}

// hop is where a request to uri is sent. A connection goes where it goes; over UDP a literal address is
// taken at its word and a name belongs to the server the account is on.
func (f *link) hop(uri sipmsg.Uri) netip.AddrPort {
	ip, ok := hostLiteral(uri)
	if f.conn != nil || !ok {
		return f.server
	}
	port := uri.Port
	if port <= 0 || port > 65535 {
		port = 5060
	}
	return netip.AddrPortFrom(ip, uint16(port))
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

// transact sends req in a client transaction, whose outcome is told on the owner's goroutine. stop abandons it without a word on
// the wire.
func (u *UA) transact(f *link, req *sipmsg.Request, o transact.Outcome) (stop func(), err error) {
	way, err := f.way(req)
	if err != nil {
		return nil, err
	}
	u.meet(req)
	return u.wire.txs.Request(req, way, transact.Outcome{
		Response: func(res *sipmsg.Response) { u.box.post(func() { o.Response(res) }) },
		Again:    func(res *sipmsg.Response) { u.box.post(func() { o.Again(res) }) },
		Over:     func(err error) { u.box.post(func() { o.Over(err) }) },
	})
}

// write sends an ACK: it has no transaction (RFC 3261 §13.2.2.4).
func (u *UA) write(f *link, req *sipmsg.Request) {
	way, err := f.way(req)
	if err == nil {
		u.meet(req)
		err = way.Send([]byte(req.String()))
	}
	if err != nil && !f.dead {
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
func (u *UA) note(text string) { u.scribe.note(text) }
