package sip

import (
	"net/netip"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// way is the flow requests of this call go out on: the present one of its binding or of the other, as addresses change and
// connections die during a call.
func (l *leg) way() *link {
	b, before := l.account.via(l.binding), l.link
	b.readdress()
	if b.link.alive() {
		l.binding, l.link = b, b.link
	}
	if l.link != before {
		l.u.spare(before)
	}
	return l.link
}

// served reports whether the server is there that requests of this call go out to.
func (l *leg) served() bool { return l.account.via(l.binding).serves() }

// reaches reports whether there is a way to it.
func (l *leg) reaches() bool { return l.account.via(l.binding).link.alive() }

// whereabouts is where a Contact of ours says that we are, and our address there.
type whereabouts struct {
	host  string
	port  int
	local netip.Addr
}

func (f *link) whereabouts(c *sipmsg.ContactHeader) whereabouts {
	return whereabouts{c.Address.Host, c.Address.Port, f.local.Addr()}
}

// contact is our Contact in the call's dialog, on the flow it is on.
func (l *leg) contact() *sipmsg.ContactHeader {
	c := l.binding.contact(l.link, l.user)
	l.told = l.link.whereabouts(c)
	return c
}

// retell lets the far ends of an account's calls know where we are, if the flow they know is over, or a NAT shows us elsewhere by now. A
// new address of this computer is told by whoever sees that: sound moves with it.
func (a *account) retell() {
	for _, l := range a.u.legs {
		if l.account != a || l.state != up && l.state != accepted || !l.served() {
			continue
		}
		f := l.way()
		if now := f.whereabouts(f.contact(l.user)); now != l.told && now.local == l.told.local {
			l.told = now
			l.tell(call.Moved{})
		}
	}
}

// hop is where requests of a dialog go on a flow. A first proxy that has gone silent is gone around.
func (l *leg) hop(f *link, d *dialog) netip.AddrPort {
	to := f.hop(d.nextHop())
	if len(d.routes) > 0 && to == l.silent {
		return f.server
	}
	return to
}

// detour is the flow on which a request is sent once more that the dialog's first proxy did not answer, nil if there is no other. A
// dialog's route set never changes (RFC 3261 §12.2), and still names that proxy; but of the servers of our domain one answers now, the
// one we are registered at, and is the next to try (RFC 3263 §4.3). If it knows the silent one for its like, the call goes on.
func (l *leg) detour(silent netip.AddrPort) *link {
	f := l.way()
	if !l.served() || f.server == silent {
		return nil
	}
	l.silent = silent
	l.u.cfg.Log.Info("the call's proxy is silent, its requests go to the account's server", "call", string(l.id))
	return f
}
