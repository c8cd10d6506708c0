package sip

import (
	"fmt"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// A server that was started again may have forgotten its phones and still answer whether it is there. So it is asked which
// bindings it has: by REGISTER without a contact (RFC 3261 §10.2.3), which changes nothing.

// roll is what a server's lists of bindings are worth. The zero value: nothing, it has not shown ours when it took it.
type roll struct {
	shows  bool // it has
	missed int  // how often in a row ours was missing in a list
}

const (
	rollEvery  = 3 // of so many looks at the server the first is a roll call: one in a minute
	mostMissed = 3 // in a row; a server that shows us otherwise in its lists is not asked any more
	doubtFor   = 10 * time.Minute
)

// asks reports whether a roll call tells anything.
func (r roll) asks() bool { return r.shows && r.missed < mostMissed }

// rollCall asks the server for its bindings. One that does not answer is asked for any answer at all.
func (b *binding) rollCall() {
	b.look(&exchange{req: b.bareRegister(), nextSeq: b.nextSeq}, b.ask, func(res *sipmsg.Response) {
		var lost bool
		b.roll, lost = b.roll.next(res.StatusCode, b.bound(res) != nil)
		if !b.roll.asks() {
			b.doubted = time.Now()
		}
		if lost {
			b.u.note("line " + b.account.conf.ID + ": the server has forgotten this phone")
			b.u.cfg.Log.Warn("the server has forgotten this phone", "account", b.account.conf.ID)
			b.account.softWay = "" // and what it was told beside
			b.register()
			return
		}
		b.watch()
	})
}

// next takes an answer: its status, and whether it has our binding. lost reports that the phone has to register again.
func (r roll) next(status int, ours bool) (after roll, lost bool) {
	switch ok := status >= 200 && status < 300; {
	case ok && ours:
		r.missed = 0
	case ok:
		r.missed++
		return r, r.asks()
	case status < 500: // it does not say; 5xx: it is busy, perhaps
		r.missed = mostMissed
	}
	return r, false
}

// shown takes what the server shows when it takes us. What was in doubt is believed again after a while.
func (b *binding) shown(ours bool) {
	b.looks = 0
	b.roll.shows = ours
	if !b.roll.asks() && time.Since(b.doubted) > doubtFor {
		b.roll.missed, b.doubted = 0, time.Now()
	}
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
