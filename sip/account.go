package sip

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/register"
)

// account is one identity at its server, which knows it by one binding or two (RFC 3261 §10, RFC 5626 §4.2). It lives on the owner's
// goroutine.
type account struct {
	u    *UA
	conf call.Account
	user string
	host string
	port int

	bindings []*binding      // the first one, and a second where the server wants outbound and there is another server
	alone    bool            // the other server does not know outbound
	shown    call.Registered // what was told last
	narrow   time.Time       // until when no connection is tried for a large request

	signatures map[string]*signature // by header and realm

	leaving int      // bindings that are being taken off the registrar
	left    func()   // called once un-registered, may be nil
	waiting []func() // calls that wait for the first way

	softWay     string // the way that subscriptions and publication were begun or refreshed on last
	messages    *subscription
	watches     map[string]*subscription // by number
	publication *publication
}

// useAccounts replaces the set: new ones register, missing ones un-register, equal ones are left alone.
func (u *UA) useAccounts(list []call.Account) {
	wanted := map[string]bool{}
	for _, c := range list {
		wanted[c.ID] = true
	}
	for id, a := range u.accounts {
		if !wanted[id] {
			delete(u.accounts, id)
			a.retire()
			a.show(call.Line{State: call.LineOff, Since: time.Now()})
		}
	}
	for _, c := range list {
		a := u.accounts[c.ID]
		if a != nil && c.Address == a.conf.Address && c.Transport == a.conf.Transport && c.Username == a.conf.Username && c.Server == a.conf.Server {
			a.conf = c // what the server knows of it stays the same
			continue
		}
		u.addAccount(c, a)
	}
}

// addAccount starts an account, after the one it replaces took its binding off the server: the two may share a contact. It gets the
// calls that were begun under its name, which go on where they are as long as they can.
func (u *UA) addAccount(c call.Account, before *account) {
	a := &account{u: u, conf: c, signatures: map[string]*signature{}, watches: map[string]*subscription{}}
	first := newBinding(a, 1)
	a.bindings = []*binding{first}
	u.accounts[c.ID] = a
	for _, l := range u.legs {
		if l.account.conf.ID == c.ID {
			l.account = a
		}
	}
	if before != nil {
		a.waiting, before.waiting = before.waiting, nil
		before.retire()
	}
	err := c.Check()
	if err == nil {
		a.user, a.host, a.port, err = c.AOR()
	}
	if err == nil {
		first.route, err = newRoute(u, c, first.free)
	}
	switch {
	case err != nil:
		first.happens(register.Refuse{Why: sentence(err.Error())})
	case before != nil && before.leaving > 0:
		a.show(call.Line{State: call.LineRegistering, Since: time.Now()})
		before.left = func() {
			if u.accounts[c.ID] == a {
				a.register()
			}
		}
	default:
		a.register()
	}
}

// retire ends a registration whose account is gone or replaced.
func (a *account) retire() {
	a.unregister()
	if a.leaving == 0 {
		a.gone()
	}
}

// gone lets the servers of an account that has left speak no more, but for its calls.
func (a *account) gone() {
	for _, b := range a.bindings {
		if b.route != nil {
			b.route.know(nil)
		}
		a.u.spare(b.link)
	}
}

// show tells of a line that has changed.
func (a *account) show(line call.Line) {
	if line.State == a.shown.Line.State {
		line.Since = a.shown.Line.Since // whichever binding keeps it so
	}
	news := call.Registered{Account: a.conf.ID, Line: line}
	if f := a.best().link; f != nil {
		news.Local = f.local.Addr()
	}
	if news == a.shown {
		return
	}
	a.shown = news
	a.u.note(strings.TrimSuffix(fmt.Sprintf("line %s: %s. %s", a.conf.ID, line.State, line.Detail), ". "))
	a.u.cfg.Log.Info("registration", "account", a.conf.ID, "state", string(line.State), "detail", line.Detail)
	a.u.sink(news)
}

// domain is the address of record without its user: the Request-URI of REGISTER.
func (a *account) domain() sipmsg.Uri {
	uri := sipmsg.Uri{Scheme: "sip", Host: a.host}
	if a.port != 0 && a.port != 5060 {
		uri.Port = a.port
	}
	return uri
}

// identity is the address of record as From shows it.
func (a *account) identity(tag string) *sipmsg.FromHeader {
	uri := a.domain()
	uri.User = a.user
	params := sipmsg.NewParams()
	params.Add("tag", tag)
	name := quote(a.conf.Name) // escaped; the library adds the quotes again
	name = name[1 : len(name)-1]
	return &sipmsg.FromHeader{DisplayName: name, Address: uri, Params: params}
}

// line is what people see: the better of the bindings' states.
func (a *account) line() call.Line {
	line := a.bindings[0].reg.Line
	for _, b := range a.bindings[1:] {
		if rank(b.reg.Line.State) > rank(line.State) {
			line = b.reg.Line
		}
	}
	return line
}

func rank(s call.LineState) int {
	return slices.Index([]call.LineState{call.LineRefused, call.LineUnreachable, call.LineRegistering, call.LineReady}, s)
}

// best is the binding that new requests go over: the first one that is good, else the first one with a way at all.
func (a *account) best() *binding {
	for _, ok := range []func(*binding) bool{(*binding).serves, func(b *binding) bool { return b.link.alive() }} {
		if i := slices.IndexFunc(a.bindings, ok); i >= 0 {
			return a.bindings[i]
		}
	}
	return a.bindings[0]
}

// via is the binding that a call goes on over: its own as long as that is good. One of an account that this one took the place of is
// looked after no more: it is left for one at the same server, and else when its connection is lost.
func (a *account) via(b *binding) *binding {
	best := a.best()
	switch {
	case b == nil:
		return best
	case b.account == a && b.serves() && slices.Contains(a.bindings, b):
		return b
	case b.account == a || !b.link.alive():
		return best
	case best.serves() && best.link.server == b.link.server:
		return best
	}
	return b
}

// cameBy is the binding that a request came by, nil if by none.
func (a *account) cameBy(tx *sipmsg.ServerTx) *binding {
	for _, b := range a.bindings {
		if b.link != nil && b.link.brought(tx) {
			return b
		}
	}
	return nil
}

// by is the binding that a call came by, or the one that calls go out over.
func (a *account) by(tx *sipmsg.ServerTx) *binding { return cmp.Or(a.cameBy(tx), a.best()) }

// uses reports whether a binding has its server over a connection.
func (a *account) uses(f *link) bool {
	return slices.ContainsFunc(a.bindings, func(b *binding) bool { return b.link == f })
}

// register starts every registration now, whatever was planned.
func (a *account) register() {
	a.alone = false
	for _, b := range slices.Clone(a.bindings) {
		b.register()
	}
}

// settled does what follows from the state of the bindings.
func (a *account) settled() {
	line := a.line()
	a.show(line)
	switch line.State {
	case call.LineReady:
		a.follow()
		a.announce()
		return
	case call.LineRefused, call.LineUnreachable:
		a.release()
	}
	a.softWay = "" // the server may have forgotten
}

// release lets calls go on that waited for a flow.
func (a *account) release() {
	waiting := a.waiting
	a.waiting = nil
	for _, f := range waiting {
		f()
	}
}

// unregister takes our contacts, and only ours, off the registrar (RFC 3261 §10.2.2).
func (a *account) unregister() {
	for _, b := range a.bindings {
		b.rest()
	}
	a.release()
	a.unfollow()
	if a.leaving > 0 {
		return
	}
	for _, b := range a.bindings {
		if b.takeOff(a.tookOff) {
			a.leaving++
		}
	}
}

// tookOff is that the registrar has answered about one of them.
func (a *account) tookOff() {
	if a.leaving--; a.leaving > 0 {
		return
	}
	if a.u.accounts[a.conf.ID] != a {
		a.gone()
	}
	if a.left != nil {
		a.left()
	}
}
