package sip

import (
	"net/netip"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/sip/flow"
	"sidetone/sip/locate"
)

// widest is what fits an Ethernet frame unfragmented, in bytes: 1500 less the IPv4 and UDP headers. A request to the server that is
// larger goes over TCP, if the server has that, else over UDP in fragments (RFC 3261 §18.1.1). The RFC would draw the line at 1300,
// but up to here nothing is fragmented, a challenged INVITE easily has as much, and servers that know a phone over UDP do not always
// know it over TCP: the change is for what might not arrive otherwise.
const widest = 1472

// The times of a connection for large requests.
const (
	wideWithin = 500 * time.Millisecond // a server that does not take the connection by then gets fragments
	narrowFor  = 10 * time.Minute       // in which a server that took none is not asked again
	wideAfter  = 32 * time.Second       // it is kept after the last of its requests: 64*T1, for what comes again
)

// tooWide reports whether a request should have a connection.
func (x *exchange) tooWide(req *sipmsg.Request) bool {
	return x.link.conn == nil && req.Destination() == x.link.server.String() && len(req.String()) > widest && time.Now().After(x.account.narrow)
}

// widen looks for a connection to the server, and then sends the request over what there is.
func (x *exchange) widen(u *UA, req *sipmsg.Request) {
	settled := false
	settle := func(f *link, err error) {
		if settled || x.over {
			return
		}
		if settled = true; err != nil {
			x.account.narrow = time.Now().Add(narrowFor)
		} else {
			x.hold(u, f)
			f.address(req, f.server)
		}
		x.launch(u, req)
	}
	stop := u.after(wideWithin, func() { settle(nil, flow.ErrSilent) })
	t := locate.Target{Transport: locate.TCP, Host: x.link.server.Addr().String(), Addrs: []netip.AddrPort{x.link.server}}
	u.open(t, flow.Way{Name: t.Host}, func(f *link, err error) {
		stop()
		settle(f, err)
	})
}

// hold takes a connection for an exchange, and lets it go a while after.
func (x *exchange) hold(u *UA, f *link) {
	x.link = f
	f.held++
	x.release = func() {
		x.release = func() {}
		u.after(wideAfter, func() {
			if f.held--; !f.dead && !u.uses(f) {
				u.drop(f)
			}
		})
	}
}
