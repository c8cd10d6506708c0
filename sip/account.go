package sip

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// account is one identity and its registration (RFC 3261 §10). It lives on the owner's goroutine.
type account struct {
	u    *UA
	conf call.Account
	user string
	host string
	port int

	line    call.Line
	route   *route
	link    *link    // nil until there is a way to the server
	spent   bool     // the link did not take the registration: another is looked for
	failed  string   // why the best target did not take the registration, while others are tried
	routes  []string // Service-Route of the registration (RFC 3608), for requests outside dialogs
	named   bool     // the registrar is told Config.Instance
	callID  string
	fromTag string
	seq     uint32
	expires int           // seconds to ask for
	backoff time.Duration // before the next try after the next failure
	attempt *exchange     // REGISTER under way
	turn    int           // counts tries: what an older one still delivers is ignored
	bound   bool          // the server may hold a binding of ours
	leaving bool          // un-registering
	left    func()        // called once un-registered, may be nil
	stop    func()        // the timer of the next refresh or retry

	stopWatch func() // the timer of the next look at the server

	waiting []func() // calls that wait for the first flow
}

const (
	firstBackoff = 2 * time.Second
	mostBackoff  = 60 * time.Second
)

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
		u: u, conf: c, callID: token(12), fromTag: token(6), expires: u.cfg.Expires, backoff: firstBackoff, stop: func() {}, stopWatch: func() {},
		named: u.cfg.Instance != "",
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
		a.tell(call.LineRefused, sentence(err.Error()), time.Time{})
	case before != nil && before.leaving:
		a.tell(call.LineRegistering, "", time.Time{})
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
	if !replaced {
		a.tell(call.LineOff, "", time.Time{})
	}
}

func (a *account) tell(state call.LineState, detail string, retry time.Time) {
	since := a.line.Since
	if state != a.line.State {
		since = time.Now()
	}
	line := call.Line{State: state, Detail: detail, Retry: retry, Since: since}
	if line == a.line {
		return
	}
	a.line = line
	a.u.cfg.Log.Info("registration", "account", a.conf.ID, "state", string(state), "detail", detail)
	a.u.sink(call.Registered{Account: a.conf.ID, Line: line})
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
func (a *account) register() {
	if a.route == nil || a.leaving || a.u.closing {
		return
	}
	a.stop()
	if a.attempt != nil {
		a.attempt.abandon()
		a.attempt = nil
	}
	a.turn++
	turn := a.turn
	if a.line.State != call.LineReady {
		a.tell(call.LineRegistering, "", time.Time{})
	}
	reached := func(f *link, err error) {
		if turn != a.turn || a.leaving {
			return
		}
		if err != nil {
			a.unreachable(a.cannotReach(err), 0)
			return
		}
		a.link, a.spent = f, false
		a.u.server.Store(&f.server)
		a.release()
		a.sendRegister(a.expires)
	}
	if a.link.alive() && !a.spent {
		reached(a.u.renew(a.link))
		return
	}
	a.route.next(reached)
}

// release lets calls go on that waited for a flow.
func (a *account) release() {
	waiting := a.waiting
	a.waiting = nil
	for _, f := range waiting {
		f()
	}
}

func (a *account) sendRegister(expires int) {
	x := &exchange{account: a, link: a.link, req: a.registerRequest(expires), nextSeq: a.nextSeq}
	x.done = func(res *sipmsg.Response, err error) { a.registered(x, res, err) }
	a.attempt, a.bound = x, true
	turn := a.turn
	// The library gives up after 64*T1; nobody should look at "registering" that long.
	a.stop = a.u.after(20*a.u.cfg.T1, func() {
		if turn == a.turn && !x.over {
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
	if a.named {
		contact.Params.Add("+sip.instance", fmt.Sprintf("\"<urn:uuid:%s>\"", a.u.cfg.Instance))
		contact.Params.Add("reg-id", "1")
		extensions += ", outbound"
	}
	req.AppendHeader(contact)
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
		a.refused("The password is missing: " + locked.err.Error())
	case errors.Is(err, errNoScheme):
		a.refused(err.Error())
	case err != nil:
		a.unreachable(a.cannotReach(err), 0)
	default:
		a.judge(x, res)
	}
}

// judge turns a final response to REGISTER into the state of the line.
func (a *account) judge(x *exchange, res *sipmsg.Response) {
	status := res.StatusCode
	switch {
	case status < 300:
		a.ready(res)
	case status == 423:
		if least := seconds(headerValue(res, "Min-Expires")); least > a.expires && least <= 1<<20 {
			a.expires = least
			a.sendRegister(a.expires)
			return
		}
		a.refused("The server does not accept the registration time.")
	case status == 439 && a.named: // a proxy on the way does not know outbound (RFC 5626 §6)
		a.named = false
		a.sendRegister(a.expires)
	case status == 401, status == 407, status == 403 && x.credentialed():
		a.refused("The server at " + a.route.name() + " does not accept the user name or password.")
	case status == 404:
		a.refused("The server at " + a.route.name() + " does not know this account.")
	case status == 408, status >= 500 && status < 600, status == 480:
		wait := time.Duration(max(0, seconds(headerValue(res, "Retry-After")))) * time.Second
		a.unreachable(fmt.Sprintf("The server at %s cannot register this phone now (%d).", a.route.name(), status), wait)
	default:
		a.refused(fmt.Sprintf("The server at %s refused the registration (%d %s).", a.route.name(), status, printable(res.Reason)))
	}
}

func (a *account) ready(res *sipmsg.Response) {
	a.backoff, a.failed = firstBackoff, ""
	granted := a.granted(res)
	if granted <= 0 {
		a.unreachable("The server at "+a.route.name()+" ended the registration at once.", 0)
		return
	}
	a.routes = headerValues(res, "Service-Route")
	if c := a.link.conn; c != nil && lists(headerValues(res, "Require"), "outbound") {
		c.conn.Answers() // RFC 5626 §4.4
	}
	a.tell(call.LineReady, "", time.Time{})
	// Refresh after 80 % of the time, a little earlier at random so that phones started together do not stay together.
	share := 0.8 - 0.1*rand.Float64()
	wait := time.Duration(float64(granted) * share * float64(time.Second))
	a.stop = a.u.after(wait, a.register)
	a.watch()
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
	return a.expires
}

func (a *account) refused(detail string) {
	a.bound = false
	a.tell(call.LineRefused, sentence(detail), time.Time{})
	a.release()
}

// unreachable goes on with the next target of the server (RFC 3263 §4.3). Where none is left it plans the next round: after 2 s
// doubling up to 60 s with up to 20 % added at random, never before the server's wish.
func (a *account) unreachable(detail string, atLeast time.Duration) {
	const patience = time.Hour // with a server that names a time itself
	detail = cmp.Or(a.failed, detail)
	a.spent = true // calls may still come that way
	if a.route.more() {
		a.failed = detail
		a.tell(call.LineRegistering, "", time.Time{})
		a.register()
		return
	}
	a.failed = ""
	a.route.forget()
	wait := max(a.backoff+time.Duration(rand.Int64N(int64(a.backoff)/5)), min(atLeast, patience))
	a.backoff = min(2*a.backoff, mostBackoff)
	a.tell(call.LineUnreachable, sentence(detail), time.Now().Add(wait))
	a.stop = a.u.after(wait, a.register)
	a.release()
}

// disconnected is told when the connection of the account is over.
func (a *account) disconnected(why error) {
	const settled = 5 * time.Second
	switch {
	case a.line.State == call.LineRefused || a.leaving:
	case a.line.State == call.LineReady && time.Since(a.line.Since) > settled:
		a.route.forget()
		a.register()
	case a.line.State != call.LineUnreachable:
		a.stop()
		if a.attempt != nil {
			a.attempt.abandon()
			a.attempt = nil
		}
		a.turn++
		a.unreachable(a.cannotKeep(why), 0)
	}
}

// unregister takes our contact, and only ours, off the registrar (RFC 3261 §10.2.2).
func (a *account) unregister() {
	a.stop()
	a.turn++
	if a.attempt != nil {
		a.attempt.abandon()
		a.attempt = nil
	}
	a.release()
	if !a.link.alive() || !a.bound || a.leaving {
		return
	}
	a.leaving = true
	x := &exchange{account: a, link: a.link, req: a.registerRequest(0), nextSeq: a.nextSeq}
	x.done = func(*sipmsg.Response, error) {
		a.leaving, a.bound = false, false
		if a.left != nil {
			a.left()
		}
	}
	x.start(a.u)
}
