package sip

import (
	"net/netip"
	"strconv"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// seenAt is our address as who answered saw it (RFC 3581 §4); invalid if it does not say.
func seenAt(res *sipmsg.Response) netip.AddrPort {
	via := res.Via()
	if via == nil {
		return netip.AddrPort{}
	}
	ip, err := netip.ParseAddr(via.Params.GetOr("received", ""))
	port, wrong := strconv.ParseUint(via.Params.GetOr("rport", ""), 10, 16)
	if err != nil || wrong != nil || port == 0 || ip.IsUnspecified() || ip.IsMulticast() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(port))
}

// learn takes over where a NAT lets our server see us, and reports whether that is news: then the server has to hear of it, as it
// would call us at an address that is none there. Over a connection it calls where we called it, and so does one that supports
// outbound. The server's answers to our signs of life tell when a NAT has changed its mind, as STUN would (RFC 5626 §4.4.2), and
// every server gives them.
func (b *binding) learn(res *sipmsg.Response) bool {
	at := seenAt(res)
	if b.link.conn != nil || !at.IsValid() || at == b.link.public || !b.link.public.IsValid() && at == b.link.local {
		return false
	}
	if time.Since(b.learned) < 10*b.u.cfg.T1 { // who is seen elsewhere all the time stays where he is for now
		return false
	}
	b.learned, b.former = time.Now(), b.link.contact(b.account.user)
	b.link.public = at
	b.u.note("line " + b.account.conf.ID + ": the server sees this phone at " + at.String())
	return true
}
