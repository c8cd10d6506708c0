package sip

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/register"
)

// account is one identity and its registration (RFC 3261 §10): the state is package register's, the sockets and messages are here.
// It lives on the owner's goroutine.
type account struct {
	u    *UA
	conf call.Account
	user string
	host string
	port int

	reg     register.State
	shown   call.Registered // what was told last
	route   *route
	link    *link    // nil until there is a way to the server
	routes  []string // Service-Route of the registration (RFC 3608), for requests outside dialogs
	callID  string
	fromTag string
	narrow  time.Time             // until when no connection is tried for a large request
	learned time.Time             // when a NAT's address of ours was news
	former  *sipmsg.ContactHeader // what the server should forget; nil: nothing

	signatures map[string]*signature // by header and realm

	seq     uint32
	attempt *exchange // REGISTER under way
	turn    int       // counts what was begun: what an older one still delivers is ignored
	leaving bool      // un-registering
	left    func()    // called once un-registered, may be nil
	stop    func()    // the timer of what was begun
	waiting []func()  // calls that wait for the first way

	stopWatch func() // the timer of the next look at the server

	softWay     string // the way that subscriptions and publication were begun or refreshed on last
	messages    *subscription
	watches     map[string]*subscription // by number
	publication *publication
}

// useAccounts replaces the set: new ones register, missing ones un-register, equal ones are left alone.
func (u *UA) useAccounts(list []call.Account) {
	wanted := map[string]call.Account{}
	for _, c := range list {
		wanted[c.ID] = c
	}
	leaving := map[string]*account{}
	for id, a := range u.accounts {
		c, keep := wanted[id]
		if keep && c.Address == a.conf.Address && c.Transport == a.conf.Transport && c.Username == a.conf.Username && c.Server == a.conf.Server {
			a.conf = c // what the server knows of it stays the same
			continue
		}
		delete(u.accounts, id)
		leaving[id] = a
		a.retire(keep)
	}
	for _, c := range list {
		if u.accounts[c.ID] == nil {
			u.addAccount(c, leaving[c.ID])
		}
	}
}

// addAccount starts an account, after the one it replaces took its binding off the server: the two may share a contact.
func (u *UA) addAccount(c call.Account, before *account) {
	a := &account{
		u: u, conf: c, callID: token(12), fromTag: token(6), stop: func() {}, stopWatch: func() {}, signatures: map[string]*signature{}, watches: map[string]*subscription{},
		reg: register.State{Expires: u.cfg.Expires, Named: u.cfg.Instance != ""},
	}
	u.accounts[c.ID] = a
	err := c.Check()
	if err == nil {
		a.user, a.host, a.port, err = c.AOR()
	}
	if err == nil {
		a.route, err = newRoute(u, c)
	}
	switch {
	case err != nil:
		a.happens(register.Refuse{Why: sentence(err.Error())})
	case before != nil && before.leaving:
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
func (a *account) retire(replaced bool) {
	a.unregister()
	if !a.leaving {
		a.gone()
	}
	if !replaced {
		a.show(call.Line{State: call.LineOff, Since: time.Now()})
	}
}

// gone lets the servers of an account that has left speak no more.
func (a *account) gone() {
	if a.route != nil {
		a.route.know(nil)
	}
}

// show tells of a line that has changed.
func (a *account) show(line call.Line) {
	news := call.Registered{Account: a.conf.ID, Line: line}
	if a.link != nil {
		news.Local = a.link.local.Addr()
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

// register starts a registration now, whatever was planned.
func (a *account) register() { a.happens(register.Begin{}) }

// happens lets the registration decide, and carries out what it decides.
func (a *account) happens(e register.Event) {
	if a.leaving || a.u.closing {
		return
	}
	var act register.Action
	a.reg, act = a.reg.Next(e, time.Now(), rand.Float64)
	a.show(a.reg.Line)
	if _, probe := act.(register.Probe); probe {
		a.probe()
		return
	}
	if act != nil {
		a.interrupt()
	}
	switch act := act.(type) {
	case register.Seek:
		a.seek(act)
	case register.Send:
		a.send()
	case register.Wait:
		a.stop = a.u.after(act.For, a.register)
	}
	if a.reg.Line.State != call.LineReady {
		a.softWay = "" // the server may have forgotten
	}
	switch a.reg.Line.State {
	case call.LineRefused, call.LineUnreachable:
		a.release()
	case call.LineReady:
		a.watch()
		a.follow()
		a.announce()
	}
}

// interrupt ends what was begun.
func (a *account) interrupt() {
	a.turn++
	a.stop()
	if a.attempt != nil {
		a.attempt.abandon()
		a.attempt = nil
	}
}

func (a *account) seek(s register.Seek) {
	if s.Avoid {
		a.route.avoid(a.link.server)
	} else if s.Anew {
		a.route.forget()
	}
	if s.Drop && a.link.alive() && a.link.conn != nil {
		a.u.drop(a.link)
	}
	turn := a.turn
	a.route.next(func(f *link, err error) {
		if turn == a.turn && !a.leaving {
			a.reached(f, err)
		}
	})
}

func (a *account) reached(f *link, err error) {
	if err != nil {
		a.happens(register.Failed{Why: sentence(a.cannotReach(err)), More: a.route.more()})
		return
	}
	a.link, a.former = f, nil
	a.u.server.Store(&f.server)
	a.release()
	a.happens(register.Found{})
}

// release lets calls go on that waited for a flow.
func (a *account) release() {
	waiting := a.waiting
	a.waiting = nil
	for _, f := range waiting {
		f()
	}
}

// send sends REGISTER over the present link, from the address we have there now.
func (a *account) send() {
	f, err := a.u.renew(a.link)
	if err != nil {
		a.happens(register.Failed{Why: sentence(a.cannotReach(err)), More: a.route.more()})
		return
	}
	a.link = f
	x := &exchange{account: a, link: a.link, req: a.registerRequest(a.reg.Expires), nextSeq: a.nextSeq}
	x.done = func(res *sipmsg.Response, err error) { a.registered(x, res, err) }
	a.attempt = x
	// The library gives up after 64*T1; nobody should look at "registering" that long.
	a.stop = a.u.after(20*a.u.cfg.T1, func() {
		if a.attempt == x {
			x.abandon()
			a.registered(x, nil, sipmsg.ErrTransactionTimeout)
		}
	})
	x.start(a.u)
}

func (a *account) registerRequest(expires int) *sipmsg.Request {
	from := a.identity(a.fromTag)
	to := from.AsTo()
	to.Params = nil
	req := newRequest(sipmsg.REGISTER, a.domain(), from, &to)
	setCallID(req, a.callID)
	setCSeq(req, a.nextSeq())
	contact, extensions := a.link.contact(a.user), "path"
	if a.reg.Named {
		contact.Params.Add("+sip.instance", fmt.Sprintf("\"<urn:uuid:%s>\"", a.u.cfg.Instance))
		contact.Params.Add("reg-id", "1")
		extensions += ", outbound"
	}
	req.AppendHeader(contact)
	if a.former != nil {
		a.former.Params.Add("expires", "0")
		req.AppendHeader(a.former.Clone())
	}
	req.AppendHeader(sipmsg.NewHeader("Expires", fmt.Sprint(expires)))
	req.AppendHeader(sipmsg.NewHeader("Allow", allowed))
	req.AppendHeader(sipmsg.NewHeader("Supported", extensions))
	a.u.sign(req)
	a.link.address(req, a.link.remote)
	return req
}

func (a *account) nextSeq() uint32 {
	a.seq++
	return a.seq
}

// registered reads the outcome of a REGISTER.
func (a *account) registered(x *exchange, res *sipmsg.Response, err error) {
	if a.attempt != x || a.leaving {
		return
	}
	a.attempt = nil
	a.stop()
	var locked noPassword
	switch {
	case errors.As(err, &locked):
		a.happens(register.Refuse{Why: sentence("The password is missing: " + locked.err.Error())})
	case errors.Is(err, errNoScheme):
		a.happens(register.Refuse{Why: sentence(err.Error())})
	case err != nil:
		a.happens(register.Failed{Why: sentence(a.cannotReach(err)), More: a.route.more()})
	default:
		a.answered(x, res)
	}
}

func (a *account) answered(x *exchange, res *sipmsg.Response) {
	if res.StatusCode/100 == 4 && a.former != nil { // perhaps one that bears a single contact: the former one will run out
		a.former = nil
		a.send()
		return
	}
	news := false
	if res.StatusCode < 300 {
		a.former = nil
		news = !lists(headerValues(res, "Require"), "outbound") && a.learn(res)
		a.routes = headerValues(res, "Service-Route")
		if c := a.link.conn; c != nil && lists(headerValues(res, "Require"), "outbound") {
			c.conn.Answers() // RFC 5626 §4.4
		}
	}
	a.happens(register.Answered{More: a.route.more(), Answer: register.Answer{
		Status: res.StatusCode, Granted: a.granted(res), Least: seconds(headerValue(res, "Min-Expires")),
		After: time.Duration(max(0, seconds(headerValue(res, "Retry-After")))) * time.Second, Text: a.meaning(x, res),
	}})
	if news && a.reg.Line.State == call.LineReady {
		a.register()
	}
}

// granted is for how many seconds the registrar keeps our contact (RFC 3261 §10.2.4).
func (a *account) granted(res *sipmsg.Response) int {
	ours := a.link.contact(a.user)
	for _, h := range res.GetHeaders("Contact") {
		c, ok := h.(*sipmsg.ContactHeader)
		if !ok || c.Address.User != ours.Address.User || strings.Trim(c.Address.Host, "[]") != strings.Trim(ours.Address.Host, "[]") || c.Address.Port != ours.Address.Port {
			continue
		}
		if v, has := c.Params.Get("expires"); has && seconds(v) >= 0 {
			return seconds(v)
		}
	}
	if v := seconds(headerValue(res, "Expires")); v >= 0 {
		return v
	}
	return a.reg.Expires
}

// unregister takes our contact, and only ours, off the registrar (RFC 3261 §10.2.2).
func (a *account) unregister() {
	a.interrupt()
	a.stopWatch()
	a.release()
	a.unfollow()
	if !a.link.alive() || !a.reg.Bound || a.leaving {
		return
	}
	a.leaving = true
	x := &exchange{account: a, link: a.link, req: a.registerRequest(0), nextSeq: a.nextSeq}
	x.done = func(*sipmsg.Response, error) {
		a.leaving, a.reg.Bound = false, false
		if a.u.accounts[a.conf.ID] != a {
			a.gone()
		}
		if a.left != nil {
			a.left()
		}
	}
	x.start(a.u)
}
