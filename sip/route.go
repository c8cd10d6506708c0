package sip

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"time"

	"sidetone/internal/call"
	"sidetone/sip/flow"
	"sidetone/sip/locate"
)

// The times of finding a way.
const (
	locateWithin = 10 * time.Second // the DNS
	dialWithin   = 8 * time.Second  // one target
)

// route is how an account comes to its server: the targets of RFC 3263, tried one after the other until one takes the
// registration (§4.3), and then from the first again. It lives on the owner's goroutine.
type route struct {
	u      *UA
	server locate.Server
	path   string                                    // of a WebSocket
	left   []locate.Target                           // not tried since the DNS was asked
	worst  netip.AddrPort                            // a server that has just gone silent: it is tried last
	found  []locate.Target                           // what the DNS said last
	known  []netip.Addr                              // the servers in it
	free   func(locate.Target) (locate.Target, bool) // what of a target may be used, and whether there is anything
	turn   int                                       // counts what was asked of next: an older one takes no more targets
}

func newRoute(u *UA, c call.Account, free func(locate.Target) (locate.Target, bool)) (*route, error) {
	host, port, path, err := c.Next()
	if err != nil {
		return nil, err
	}
	return &route{u: u, free: free, path: path, server: locate.Server{Host: host, Port: port, Transport: locate.Transport(c.Transport)}}, nil
}

// name is the server as people know it.
func (r *route) name() string {
	if r.server.Port == 0 {
		return r.server.Host
	}
	return net.JoinHostPort(r.server.Host, fmt.Sprint(r.server.Port))
}

// forget makes the next try begin with the best target.
func (r *route) forget() { r.left = nil }

// avoid makes the next try begin with another server than this one, if there is another.
func (r *route) avoid(server netip.AddrPort) { r.left, r.worst = nil, server }

// know lets messages of the servers that were found in, and no longer those of servers that have gone from the DNS.
func (r *route) know(found []locate.Target) {
	before := r.known
	r.found, r.known = found, nil
	for _, t := range found {
		for _, a := range t.Addrs {
			r.known = append(r.known, a.Addr())
		}
	}
	r.u.gate.know(r.known, 1)
	r.u.gate.know(before, -1)
}

// ordered is what was found, the server to be avoided last.
func (r *route) ordered(found []locate.Target) []locate.Target {
	var first, last []locate.Target
	for _, t := range found {
		if slices.Contains(t.Addrs, r.worst) {
			last = append(last, t)
		} else {
			first = append(first, t)
		}
	}
	return append(first, last...)
}

// more reports whether there are targets that have not been tried since the DNS was asked.
func (r *route) more() bool {
	return slices.ContainsFunc(r.left, func(t locate.Target) bool { _, ok := r.free(t); return ok })
}

// next finds the next target that can be reached, asking the DNS if none is left. then is called on the owner's goroutine, with
// the first error if there is none; it is never called if next is asked again before.
func (r *route) next(then func(*link, error)) {
	r.turn++
	turn := r.turn
	if len(r.left) > 0 {
		r.attempt(turn, nil, then)
		return
	}
	r.u.work(func(ctx context.Context) func() {
		ctx, cancel := context.WithTimeout(ctx, locateWithin)
		defer cancel()
		found, err := locate.Find(ctx, r.u.cfg.Resolver, r.server, rand.IntN)
		return func() {
			switch {
			case turn != r.turn:
				return
			case err != nil:
				then(nil, err)
				return
			}
			r.know(found)
			r.left, r.worst = r.ordered(found), netip.AddrPort{}
			r.attempt(turn, nil, then)
		}
	})
}

// attempt tries what is left, one target after the other.
func (r *route) attempt(turn int, first error, then func(*link, error)) {
	if turn != r.turn {
		return
	}
	if len(r.left) == 0 {
		then(nil, cmp.Or(first, errTaken))
		return
	}
	t, ok := r.free(r.left[0])
	if r.left = r.left[1:]; !ok {
		r.attempt(turn, first, then)
		return
	}
	r.u.open(t, flow.Way{Name: r.server.Host, Path: r.path, Trust: r.u.cfg.Trust, Proxy: r.u.cfg.Proxy}, func(f *link, err error) {
		if err != nil {
			r.u.note(fmt.Sprintf("%s to %s: not reached (%v)", t.Transport, t.Host, err))
			r.attempt(turn, cmp.Or(first, err), then)
			return
		}
		f.name = r.name()
		then(f, nil)
	})
}

// opening is a connection that several may wait for.
type opening struct{ waiting []func(*link, error) }

// open finds or opens the way to one target. Accounts of one server share a connection, the bindings of one account do not.
func (u *UA) open(t locate.Target, w flow.Way, then func(*link, error)) {
	if t.Transport == locate.UDP {
		then(u.datagrams(t.Addrs))
		return
	}
	at := slices.SortedFunc(slices.Values(t.Addrs), netip.AddrPort.Compare)
	key := fmt.Sprint(t.Transport, " ", t.Host, " ", at, " ", w.Name, w.Path)
	if f := u.links[key]; f != nil {
		then(f, nil)
		return
	}
	if o := u.opening[key]; o != nil {
		o.waiting = append(o.waiting, then)
		return
	}
	o := &opening{waiting: []func(*link, error){then}}
	u.opening[key] = o
	u.work(func(ctx context.Context) func() {
		f, err := u.dial(ctx, t, w)
		return func() {
			delete(u.opening, key)
			if err == nil && !f.dead {
				u.links[key] = f
				u.note(fmt.Sprintf("%s connection to %s: up", f.transport, f.server))
			}
			for _, then := range o.waiting {
				then(f, err)
			}
			if err == nil && !f.dead && !u.uses(f) {
				u.drop(f) // who wanted it has found another way meanwhile
			}
		}
	})
}

// uses reports whether an account has its server over a connection, a call is on it, or a large request went over it.
func (u *UA) uses(f *link) bool {
	if f.held > 0 {
		return true
	}
	for _, l := range u.legs {
		if l.link == f {
			return true
		}
	}
	for _, a := range u.accounts {
		if a.uses(f) {
			return true
		}
	}
	return false
}

// spare ends a connection that nobody uses any more, once what is under way on it is over. f may be nil.
func (u *UA) spare(f *link) {
	if !f.alive() || f.conn == nil || u.uses(f) {
		return
	}
	u.after(64*u.cfg.T1, func() {
		if !f.dead && !u.uses(f) {
			u.drop(f)
		}
	})
}

// dial opens a connection and lets it be read, in a goroutine of its own.
func (u *UA) dial(ctx context.Context, t locate.Target, w flow.Way) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	conn, err := flow.Dial(ctx, t, w)
	if err != nil {
		return nil, err
	}
	f := &link{
		transport: t.Transport, server: conn.Remote, local: conn.Local, host: literal(conn.Local.Addr()),
	}
	if t.Transport == locate.WSS {
		f.host = token(6) + ".invalid" // a browser knows no address of its own, and servers expect none (RFC 7118 §5)
	}
	trace := func(sent bool, b []byte) { u.scribe.message(sent, string(t.Transport), conn.Local, conn.Remote, b) }
	f.conn = &stream{conn: conn, sieve: u.wire.sieve, trace: trace, lost: func(why error) { u.box.post(func() { u.lost(f, why) }) }}
	if !u.wire.read(f.conn) {
		f.conn.close()
		return nil, net.ErrClosed
	}
	return f, nil
}

// alive reports whether requests can go out on a link.
func (f *link) alive() bool { return f != nil && !f.dead }

// renew is a link to the same place with the address we have there now: a laptop changes networks.
func (u *UA) renew(f *link) (*link, error) {
	if f.conn != nil {
		return f, nil
	}
	again, err := u.datagrams([]netip.AddrPort{f.server})
	if err == nil {
		again.name = f.name
		if again.local == f.local {
			again.public = f.public
		}
	}
	return again, err
}

// datagrams is the way to the first of some addresses that the routing table knows one to.
func (u *UA) datagrams(addrs []netip.AddrPort) (*link, error) {
	var first error
	for _, remote := range addrs {
		ip, err := localIPFor(remote)
		if socket := u.wire.socket(ip); err == nil && socket != nil {
			return &link{
				transport: locate.UDP, server: remote, local: netip.AddrPortFrom(ip, uint16(socket.addr.Port)), host: literal(ip), socket: socket,
			}, nil
		}
		if err == nil {
			err = fmt.Errorf("the local SIP port cannot reach %s", remote.Addr())
		}
		first = cmp.Or(first, err)
	}
	return nil, first
}

// literal is an address as a URI or Via has it.
func literal(ip netip.Addr) string {
	if ip.Is6() {
		return "[" + ip.String() + "]"
	}
	return ip.String()
}
