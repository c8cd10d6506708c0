package sip

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/register"
)

// binding is one registration of an account and the flow that keeps it (RFC 5626 §3.2): the state is package register's, the sockets
// and messages are here. It lives on the owner's goroutine.
type binding struct {
	u       *UA
	account *account
	id      int // reg-id: the server keeps one binding for each

	reg      register.State
	route    *route
	link     *link    // nil until there is a way to the server
	outbound bool     // the server keeps the binding by its flow (RFC 5626 §6)
	routes   []string // Service-Route of the registration (RFC 3608), for requests outside dialogs
	callID   string
	fromTag  string
	learned  time.Time             // when a NAT's address of ours was news
	former   *sipmsg.ContactHeader // what the server should forget; nil: nothing

	patience time.Duration  // of the server between two signs of life over UDP, as it says (Flow-Timer); 0: it does not
	asked    stunID         // by the ping under way
	looks    int            // at the server, since it was registered over this link
	roll     roll           // what the server's lists of bindings are worth
	doubted  time.Time      // when they were worth nothing last
	proved   bool           // the password was good once
	mapped   netip.AddrPort // what the server answered last over this flow; invalid: nothing yet

	seq       uint32
	attempt   *exchange // REGISTER under way
	turn      int       // counts what was begun: what an older one still delivers is ignored
	stop      func()    // the timer of what was begun
	stopWatch func()    // the timer of the next look at the server
}

func newBinding(a *account, id int) *binding {
	return &binding{
		u: a.u, account: a, id: id, callID: token(12), fromTag: token(6), stop: func() {}, stopWatch: func() {},
		reg: register.State{Expires: a.u.cfg.Expires, Named: a.u.cfg.Instance != ""},
	}
}

// serves reports whether the server reaches this phone by it.
func (b *binding) serves() bool { return b.reg.Line.State == call.LineReady && b.link.alive() }

// contact is our Contact in a dialog over a link: where the server keeps flows, the requests of the dialog shall come by this one
// (RFC 5626 §4.3).
func (b *binding) contact(f *link, user string) *sipmsg.ContactHeader {
	c := f.contact(user)
	if b.outbound {
		if c.Address.UriParams == nil {
			c.Address.UriParams = sipmsg.NewParams()
		}
		c.Address.UriParams.Add("ob", "")
	}
	return c
}

// register starts the registration now, whatever was planned.
func (b *binding) register() { b.happens(register.Begin{}) }

// happens lets the registration decide, and carries out what it decides.
func (b *binding) happens(e register.Event) {
	if b.account.leaving > 0 || b.u.closing || !slices.Contains(b.account.bindings, b) {
		return
	}
	var act register.Action
	b.reg, act = b.reg.Next(e, time.Now(), rand.Float64)
	b.account.show(b.account.line())
	if _, probe := act.(register.Probe); probe {
		b.probe()
		return
	}
	if act != nil {
		b.interrupt()
	}
	switch act := act.(type) {
	case register.Seek:
		b.seek(act)
	case register.Send:
		b.send()
	case register.Wait:
		b.stop = b.u.after(act.For, b.register)
	}
	if b.reg.Line.State == call.LineReady {
		b.watch()
	}
	b.account.settled()
	b.account.retell()
}

// interrupt ends what was begun.
func (b *binding) interrupt() {
	b.turn++
	b.stop()
	if b.attempt != nil {
		b.attempt.abandon()
		b.attempt = nil
	}
}

func (b *binding) seek(s register.Seek) {
	if s.Avoid {
		b.route.avoid(b.link.server)
	} else if s.Anew {
		b.route.forget()
	}
	if s.Drop && b.link.alive() && b.link.conn != nil {
		b.u.drop(b.link)
	}
	turn := b.turn
	b.route.next(func(f *link, err error) {
		if turn == b.turn && b.account.leaving == 0 {
			b.reached(f, err)
		}
	})
}

func (b *binding) reached(f *link, err error) {
	if err == nil && b.taken(f.server) {
		err = errTaken
	}
	if err != nil {
		b.happens(register.Failed{Why: sentence(b.cannotReach(err)), More: b.route.more()})
		return
	}
	b.link, b.former, b.mapped, b.roll = f, nil, netip.AddrPort{}, roll{}
	b.u.server.Store(&b.account.best().link.server)
	b.account.release()
	b.happens(register.Found{})
}

// send sends REGISTER over the present link, from the address we have there now.
func (b *binding) send() {
	f, err := b.u.renew(b.link)
	if err != nil {
		b.happens(register.Failed{Why: sentence(b.cannotReach(err)), More: b.route.more()})
		return
	}
	b.link = f
	x := &exchange{account: b.account, link: b.link, req: b.registerRequest(b.reg.Expires), nextSeq: b.nextSeq}
	x.done = func(res *sipmsg.Response, err error) { b.registered(x, res, err) }
	b.attempt = x
	// The library gives up after 64*T1; nobody should look at "registering" that long.
	b.stop = b.u.after(20*b.u.cfg.T1, func() {
		if b.attempt == x {
			x.abandon()
			b.registered(x, nil, sipmsg.ErrTransactionTimeout)
		}
	})
	x.start(b.u)
}

func (b *binding) registerRequest(expires int) *sipmsg.Request {
	req := b.bareRegister()
	contact, extensions := b.link.contact(b.account.user), "path"
	if b.reg.Named {
		contact.Params.Add("+sip.instance", fmt.Sprintf("\"<urn:uuid:%s>\"", b.u.cfg.Instance))
		contact.Params.Add("reg-id", fmt.Sprint(b.id))
		extensions += ", outbound"
	}
	req.AppendHeader(contact)
	if b.former != nil {
		b.former.Params.Add("expires", "0")
		req.AppendHeader(b.former.Clone())
	}
	req.AppendHeader(sipmsg.NewHeader("Expires", fmt.Sprint(expires)))
	req.AppendHeader(sipmsg.NewHeader("Allow", allowed))
	req.AppendHeader(sipmsg.NewHeader("Supported", extensions))
	b.u.sign(req)
	b.link.address(req, b.link.server)
	return req
}

// bareRegister is a REGISTER that changes nothing: it has no contact yet.
func (b *binding) bareRegister() *sipmsg.Request {
	from := b.account.identity(b.fromTag)
	to := from.AsTo()
	to.Params = nil
	req := newRequest(sipmsg.REGISTER, b.account.domain(), from, &to)
	setCallID(req, b.callID)
	setCSeq(req, b.nextSeq())
	return req
}

func (b *binding) nextSeq() uint32 {
	b.seq++
	return b.seq
}

// registered reads the outcome of a REGISTER.
func (b *binding) registered(x *exchange, res *sipmsg.Response, err error) {
	if b.attempt != x || b.account.leaving > 0 {
		return
	}
	b.attempt = nil
	b.stop()
	var locked noPassword
	switch {
	case errors.As(err, &locked):
		b.happens(register.Refuse{Why: sentence("The password is missing: " + locked.err.Error())})
	case errors.Is(err, errNoScheme):
		b.happens(register.Refuse{Why: sentence(err.Error())})
	case err != nil:
		b.happens(register.Failed{Why: sentence(b.cannotReach(err)), More: b.route.more()})
	default:
		b.answered(x, res)
	}
}

func (b *binding) answered(x *exchange, res *sipmsg.Response) {
	if res.StatusCode/100 == 4 && b.former != nil { // perhaps one that bears a single contact: the former one will run out
		b.former = nil
		b.send()
		return
	}
	news := false
	if res.StatusCode < 300 {
		b.former, b.outbound = nil, lists(headerValues(res, "Require"), "outbound")
		news = !b.outbound && b.learn(res)
		b.routes = headerValues(res, "Service-Route")
		b.shown(b.bound(res) != nil)
		b.proved = b.proved || x.credentialed()
		b.patience = time.Duration(max(0, min(seconds(headerValue(res, "Flow-Timer")), mostPatience))) * time.Second
		if c := b.link.conn; c != nil && b.outbound {
			c.conn.Answers() // RFC 5626 §4.4
		}
	}
	b.happens(register.Answered{More: b.route.more(), Answer: register.Answer{
		Status: res.StatusCode, Granted: b.granted(res), Least: seconds(headerValue(res, "Min-Expires")),
		After: time.Duration(max(0, seconds(headerValue(res, "Retry-After")))) * time.Second, Text: b.meaning(x, res),
	}})
	if b.reg.Line.State != call.LineReady {
		return
	}
	if news {
		b.register()
	}
	b.account.pair(b)
}

// granted is for how many seconds the registrar keeps our contact (RFC 3261 §10.2.4).
func (b *binding) granted(res *sipmsg.Response) int {
	if c := b.bound(res); c != nil {
		if v, has := c.Params.Get("expires"); has && seconds(v) >= 0 {
			return seconds(v)
		}
	}
	if v := seconds(headerValue(res, "Expires")); v >= 0 {
		return v
	}
	return b.reg.Expires
}

// rest ends what was begun and what was planned.
func (b *binding) rest() {
	b.interrupt()
	b.stopWatch()
}

// takeOff takes our contact off the registrar, if there is a way to it and it may hold one. done is called with the answer.
func (b *binding) takeOff(done func()) bool {
	if !b.link.alive() || !b.reg.Bound {
		return false
	}
	x := &exchange{account: b.account, link: b.link, req: b.registerRequest(0), nextSeq: b.nextSeq}
	x.done = func(*sipmsg.Response, error) {
		b.reg.Bound = false
		done()
	}
	x.start(b.u)
	return true
}
