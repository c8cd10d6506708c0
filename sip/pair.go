package sip

import (
	"errors"
	"net/netip"
	"slices"

	"sidetone/internal/call"
	"sidetone/sip/locate"
)

// errTaken is that no server is left but the one that the other binding has.
var errTaken = errors.New("the other binding has this server")

// other is the account's other binding, nil if there is none.
func (b *binding) other() *binding {
	for _, o := range b.account.bindings {
		if o != b {
			return o
		}
	}
	return nil
}

// taken reports whether a server is the other binding's: two ways to one server would die together.
func (b *binding) taken(server netip.AddrPort) bool {
	o := b.other()
	return o != nil && o.holds() && o.link.server == server
}

// holds reports whether a binding has a server, or hopes for the one it had.
func (b *binding) holds() bool {
	return b.link != nil && (b.reg.Line.State == call.LineReady || b.reg.Line.State == call.LineRegistering)
}

// free is what of a target the other binding leaves. Both go over the same transport, so that none is less safe.
func (b *binding) free(t locate.Target) (locate.Target, bool) {
	o := b.other()
	if o == nil || !o.holds() {
		return t, true
	}
	t.Addrs = slices.DeleteFunc(slices.Clone(t.Addrs), func(a netip.AddrPort) bool { return a == o.link.server })
	return t, len(t.Addrs) > 0 && t.Transport == o.link.transport
}

// pair begins a second binding once the server has said that it keeps several of a phone's (RFC 5626 §4.2.1), and another server
// takes it; it ends the second one where a server does not. b has just been registered. Behind a web proxy nobody knows which
// server a connection has reached.
func (a *account) pair(b *binding) {
	first, several := a.bindings[0], b.outbound && b.reg.Named
	switch {
	case len(a.bindings) == 2 && !several && first.serves():
		a.alone = b != first
		a.dismiss()
	case len(a.bindings) == 1 && several && !a.alone && !(a.u.cfg.Proxy != nil && b.link.conn != nil):
		a.second()
	}
}

// second begins the second binding, if there is another server.
func (a *account) second() {
	b := newBinding(a, 2)
	another := slices.ContainsFunc(a.bindings[0].route.found, func(t locate.Target) bool { _, ok := b.free(t); return ok })
	route, err := newRoute(a.u, a.conf, b.free)
	if !another || err != nil {
		return
	}
	b.route = route
	a.bindings = append(a.bindings, b)
	b.register()
}

// dismiss ends the second binding. A server that does not tell it from the first by its number would take both off if they had one
// contact; then it runs out.
func (a *account) dismiss() {
	first, b := a.bindings[0], a.bindings[1]
	a.bindings = a.bindings[:1:1]
	b.rest()
	over := func() {
		b.route.know(nil)
		a.u.spare(b.link)
	}
	if same := b.link == nil || b.link.contact(a.user).Address.String() == first.link.contact(a.user).Address.String(); same || !b.takeOff(over) {
		over()
	}
}
