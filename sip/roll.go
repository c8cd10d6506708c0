package sip

import (
	"fmt"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// A server that was started again may have forgotten its phones and still answer whether it is there. So it is asked which
// bindings it has: by REGISTER without a contact (RFC 3261 §10.2.3), which changes nothing.

// roll is what a server's lists of bindings are worth.
type roll int

const (
	untold    roll = iota // it has not shown ours when it took it
	promised              // it has
	good                  // and has it in its lists: if it is missing there, it is lost
	worthless             // it has none, or shows us otherwise: nothing follows from them
)

// rollEvery is of how many looks at the server the first is a roll call: one in a minute.
const rollEvery = 3

// call asks the server for its bindings. One that does not answer is asked for any answer at all.
func (b *binding) call() {
	b.look(&exchange{req: b.bareRegister(), nextSeq: b.nextSeq}, b.ask, func(res *sipmsg.Response) {
		var lost bool
		if b.roll, lost = b.roll.next(res.StatusCode, b.bound(res) != nil); lost {
			b.u.note("line " + b.account.conf.ID + ": the server has forgotten this phone")
			b.u.cfg.Log.Warn("the server has forgotten this phone", "account", b.account.conf.ID)
			b.register()
			return
		}
		b.watch()
	})
}

// next takes an answer: its status, and whether it has our binding. lost reports that the server had it once and has it no more.
func (r roll) next(status int, ours bool) (after roll, lost bool) {
	switch ok := status >= 200 && status < 300; {
	case ok && ours:
		return good, false
	case ok && r == good:
		return promised, true
	case r == good, status >= 500: // busy, perhaps
		return r, false
	}
	return worthless, false
}

// bound is our binding in the answer to REGISTER, nil if it is not there.
func (b *binding) bound(res *sipmsg.Response) *sipmsg.ContactHeader {
	ours := b.link.contact(b.account.user)
	for _, h := range res.GetHeaders("Contact") {
		c, ok := h.(*sipmsg.ContactHeader)
		if !ok || c.Address.User != ours.Address.User || strings.Trim(c.Address.Host, "[]") != strings.Trim(ours.Address.Host, "[]") || c.Address.Port != ours.Address.Port {
			continue
		}
		if id, has := c.Params.Get("reg-id"); has && b.reg.Named && id != fmt.Sprint(b.id) {
			continue
		}
		return c
	}
	return nil
}
