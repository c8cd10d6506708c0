package sip

import (
	"fmt"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/notice"
	"sidetone/sip/softstate"
)

// publication is the agent's presence as the server has it (RFC 3903).
type publication struct {
	*soft
	etag string // of what the server has; empty: nothing
	now  call.Publish
	sent call.Publish
}

// publish is the Publish effect: every account that asks for it tells its server.
func (u *UA) publish(e call.Publish) {
	u.presence = e
	for _, a := range u.accounts {
		a.announce()
	}
}

// announce tells the account's server how the agent is, if it is to know.
func (a *account) announce() {
	now := a.u.presence
	if !a.conf.Publish || now.State == "" {
		return
	}
	p := a.publication
	if p == nil {
		p = &publication{soft: newSoft(a)}
		p.send = p.request
		a.publication = p
		p.now = now
		if a.softWay != "" {
			p.happens(softstate.Begin{})
		}
		return
	}
	if p.now != now {
		p.now = now
		p.happens(softstate.Change{})
	}
}

// request makes a PUBLISH: with the body where the server has none or another one, without where it shall only be kept.
func (p *publication) request(fresh bool, expires int) *exchange {
	a, u, b := p.account, p.account.u, p.account.best()
	if fresh {
		p.etag = ""
	}
	uri := a.domain()
	uri.User = a.user
	from := a.identity(token(6))
	req := newRequest(sipmsg.PUBLISH, uri, from, &sipmsg.ToHeader{Address: *uri.Clone()})
	seq := uint32(1)
	setCallID(req, token(12))
	setCSeq(req, seq)
	for _, r := range b.routes {
		req.AppendHeader(sipmsg.NewHeader("Route", r))
	}
	req.AppendHeader(sipmsg.NewHeader("Event", "presence"))
	req.AppendHeader(sipmsg.NewHeader("Expires", fmt.Sprint(expires)))
	if p.etag != "" {
		req.AppendHeader(sipmsg.NewHeader("SIP-If-Match", p.etag))
	}
	u.sign(req)
	said := p.now
	if expires > 0 && (p.etag == "" || said != p.sent) {
		req.AppendHeader(sipmsg.NewHeader("Content-Type", "application/pidf+xml"))
		req.SetBody(notice.WritePresence(uri.String(), "sidetone", notice.State(said.State), said.Note))
	} else {
		req.SetBody(nil)
	}
	b.link.address(req, b.link.server)
	x := &exchange{account: a, link: b.link, req: req, nextSeq: func() uint32 { seq++; return seq }}
	x.done = func(res *sipmsg.Response, err error) {
		if err == nil && res.StatusCode < 300 {
			p.sent, p.etag = said, clean(headerValue(res, "SIP-ETag"), 256)
		}
	}
	return x
}
