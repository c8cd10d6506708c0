package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// errOwnDial is what the transport layer gets when it tries to open a connection by itself: connections are ours.
var errOwnDial = errors.New("connections are opened by their owner only")

// maxDatagram is what fits an Ethernet frame unfragmented: 1500 bytes less the IPv4 and UDP headers. RFC 3261 §18.1.1 would
// send more than 1300 bytes over TCP; an account has one transport, and a challenged INVITE easily has 1300 bytes.
const maxDatagram = 1472

// Prepare sets what sipgo keeps process-wide: the size up to which it sends over UDP, raised from 1300 to 1472 bytes, and
// its own log, which is silenced. Call it once at the start of the program, before the first UA runs. Without it UAs
// work too, within 1300 bytes, and sipgo warns on the default log when connections close.
func Prepare() {
	sipmsg.UDPMTUSize = maxDatagram + 200 // the library keeps 200 bytes away from it
	sipmsg.SetDefaultLogger(slog.New(slog.DiscardHandler))
}

// wire is the socket, the connections and sipgo's two layers on top of them.
type wire struct {
	udp     *datagrams
	tcp     *handover
	parser  *sipmsg.Parser
	layer   *sipmsg.TransportLayer
	txs     *sipmsg.TransactionLayer
	serving sync.WaitGroup
}

// openWire binds the local port and starts to read.
func openWire(u *UA) (*wire, error) {
	w := &wire{parser: sipmsg.NewParser(), tcp: newHandover()}
	udp, err := listenUDP(u.cfg.Local, u.cfg.Port, w.parser)
	if err != nil {
		return nil, err
	}
	w.udp = udp
	quiet := slog.New(slog.DiscardHandler) // the library logs whole messages, numbers included
	refuse := func(net.Addr) net.Dialer {
		return net.Dialer{Control: func(string, string, syscall.RawConn) error { return errOwnDial }}
	}
	w.layer = sipmsg.NewTransportLayer(net.DefaultResolver, w.parser, nil,
		sipmsg.WithTransportLayerLogger(quiet),
		sipmsg.WithTransportLayerTransports(sipmsg.TransportsConfig{TCP: &sipmsg.TransportTCP{DialerCreate: refuse}}))
	w.txs = sipmsg.NewTransactionLayer(w.layer,
		sipmsg.WithTransactionLayerLogger(quiet),
		sipmsg.WithTransactionLayerUnhandledResponseHandler(func(*sipmsg.Response) {}),
		sipmsg.WithTransactionLayerTerminateOnConnClose())
	w.txs.OnRequest(u.received)
	known := make(chan struct{})
	w.udp.known = sync.OnceFunc(func() { close(known) })
	w.serving.Go(func() { w.layer.ServeUDP(w.udp) })
	w.serving.Go(func() { w.layer.ServeTCP(w.tcp) })
	<-known // before that the layer would open a socket of its own for the first request
	return w, nil
}

// close ends transactions, connections and the socket, and waits for the readers.
func (w *wire) close() {
	w.txs.Close()
	w.tcp.Close()
	w.udp.Close()
	w.layer.Close()
	w.serving.Wait()
}

// flow is a way to a server: where requests go and what we call ourselves there (RFC 5626 §3.3 has the word).
type flow struct {
	network string // "UDP" or "TCP"
	remote  netip.AddrPort
	local   netip.AddrPort // our address as the server sees it without NAT: Via and Contact
	key     net.UDPAddr    // the layer's name for our socket or connection
	name    string         // of the server, for sentences
	conn    *stream
	ready   bool // connected; before that only the goroutine that dials touches the fields above
	dead    bool
	waiting []func(*flow, error)
}

// connect finds or opens the way to a server. then is called on the owner's goroutine.
func (u *UA) connect(network, host string, port int, then func(*flow, error)) {
	name := net.JoinHostPort(host, fmt.Sprint(port))
	if network == "UDP" {
		u.work(func(ctx context.Context) func() {
			f, err := u.udpFlow(ctx, host, port)
			return func() { then(f, err) }
		})
		return
	}
	if f := u.flows[name]; f != nil {
		if f.ready {
			then(f, nil)
			return
		}
		f.waiting = append(f.waiting, then)
		return
	}
	f := &flow{network: "TCP", name: name, waiting: []func(*flow, error){then}}
	u.flows[name] = f
	u.work(func(ctx context.Context) func() {
		err := u.dial(ctx, f, host, port)
		return func() { u.connected(f, err) }
	})
}

// connected tells everybody who waited for a TCP connection. The waiting list belongs to the owner's goroutine.
func (u *UA) connected(f *flow, err error) {
	waiting := f.waiting
	f.waiting = nil
	if f.dead && err == nil {
		err = net.ErrClosed
	}
	if err != nil {
		delete(u.flows, f.name)
	}
	f.ready = err == nil
	for _, then := range waiting {
		if err != nil {
			then(nil, err)
			continue
		}
		then(f, nil)
	}
}

// dial opens a TCP connection and lends it to the layer, in a goroutine of its own.
func (u *UA) dial(ctx context.Context, f *flow, host string, port int) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	remote, err := resolve(ctx, host, port)
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", remote.String())
	if err != nil {
		return err
	}
	local := conn.LocalAddr().(*net.TCPAddr)
	s := newStream(conn, u.wire.parser, func() { u.box.post(func() { u.lost(f) }) })
	f.remote, f.local = remote, unmap(local.AddrPort())
	f.key = net.UDPAddr{IP: local.IP, Port: local.Port}
	f.conn = s
	if !u.wire.tcp.give(s) {
		s.Close()
		return net.ErrClosed
	}
	return nil
}

// lost is told when a connection is over: accounts on it register anew. A server that keeps closing is given the same
// pauses as one that does not answer, and one that refused an account is left alone.
func (u *UA) lost(f *flow) {
	if f.dead {
		return
	}
	f.dead = true
	if u.flows[f.name] == f {
		delete(u.flows, f.name)
	}
	for _, a := range u.accounts {
		if a.flow == f && !u.closing {
			a.disconnected()
		}
	}
}

func (u *UA) udpFlow(ctx context.Context, host string, port int) (*flow, error) {
	remote, err := resolve(ctx, host, port)
	if err != nil {
		return nil, err
	}
	ip, err := localIPFor(remote)
	if err != nil {
		return nil, err
	}
	bound := u.wire.udp.addr
	return &flow{
		network: "UDP", remote: remote, local: netip.AddrPortFrom(ip, uint16(bound.Port)), key: *bound,
		name: net.JoinHostPort(host, fmt.Sprint(port)),
	}, nil
}

// resolve turns a host into the address requests are sent to; IPv4 is preferred, as the UDP socket speaks it.
func resolve(ctx context.Context, host string, port int) (netip.AddrPort, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(ip.Unmap(), uint16(port)), nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(ips) == 0 {
		return netip.AddrPort{}, fmt.Errorf("the name %s cannot be resolved: %w", host, err)
	}
	best := ips[0]
	if i := slices.IndexFunc(ips, func(ip netip.Addr) bool { return ip.Unmap().Is4() }); i >= 0 {
		best = ips[i]
	}
	return netip.AddrPortFrom(best.Unmap(), uint16(port)), nil
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
func (f *flow) address(req *sipmsg.Request, to netip.AddrPort) {
	req.RemoveHeader("Via")
	params := sipmsg.NewParams()
	params.Add("branch", sipmsg.RFC3261BranchMagicCookie+token(10))
	params.Add("rport", "")
	req.PrependHeader(&sipmsg.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: f.network,
		Host: f.local.Addr().String(), Port: int(f.local.Port()), Params: params,
	})
	if req.ContentLength() == nil {
		req.SetBody(nil)
	}
	f.direct(req, to)
}

func (f *flow) direct(req *sipmsg.Request, to netip.AddrPort) {
	req.SetTransport(f.network)
	req.Laddr = sipmsg.Addr{IP: f.key.IP, Port: f.key.Port}
	req.SetDestination(to.String())
}

// hop is where a request to uri is sent. Over TCP it is always the connection we have; over UDP a literal address is
// taken at its word and a name belongs to the server the account is on.
func (f *flow) hop(uri sipmsg.Uri) netip.AddrPort {
	ip, ok := hostLiteral(uri)
	if f.network == "TCP" || !ok {
		return f.remote
	}
	port := uri.Port
	if port <= 0 || port > 65535 {
		port = 5060
	}
	return netip.AddrPortFrom(ip, uint16(port))
}

// contact is our address in a dialog or registration on this flow.
func (f *flow) contact(user string) *sipmsg.ContactHeader {
	uri := sipmsg.Uri{Scheme: "sip", User: user, Host: f.local.Addr().String(), Port: int(f.local.Port())}
	if f.network == "TCP" {
		uri.UriParams = sipmsg.NewParams()
		uri.UriParams.Add("transport", "tcp")
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
func (u *UA) transact(f *flow, req *sipmsg.Request, o outcome) (stop func(), err error) {
	if f.dead {
		return nil, net.ErrClosed
	}
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
func (u *UA) write(f *flow, req *sipmsg.Request) {
	if f.dead {
		return
	}
	if err := u.wire.layer.WriteMsg(req); err != nil {
		u.cfg.Log.Warn("an ACK could not be sent", "error", err)
	}
}
