package sip

import (
	"math/rand/v2"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/register"
)

// The times of a watch. A connection asks for signs of life below the messages (package flow); where that tells nothing, and
// over UDP, OPTIONS does (RFC 3261 §11). It also keeps a way through the NAT open.
const (
	probeEvery = 20 * time.Second // of a registered account
	probeTries = 8                // times T1 until silence is death: four datagrams
)

// watch plans the next look at the way to the server.
func (b *binding) watch() {
	b.stopWatch()
	wait := probeEvery - time.Duration(rand.Int64N(int64(probeEvery/5)))
	wait = time.Duration(float64(wait) * float64(b.u.cfg.T1) / float64(500*time.Millisecond))
	turn := b.turn
	b.stopWatch = b.u.after(wait, func() {
		if turn == b.turn && b.reg.Line.State == call.LineReady && b.account.leaving == 0 {
			b.probe()
		}
	})
}

// probe asks the server for any answer.
func (b *binding) probe() {
	if c := b.link.conn; c != nil && c.conn.Strict() {
		b.watch()
		return
	}
	from := b.account.identity(token(6))
	req := newRequest(sipmsg.OPTIONS, b.account.domain(), from, &sipmsg.ToHeader{Address: b.account.domain()})
	setCallID(req, token(12))
	setCSeq(req, 1)
	req.AppendHeader(b.link.contact(b.account.user))
	b.u.sign(req)
	b.link.address(req, b.link.remote)
	turn := b.turn
	x := &exchange{account: b.account, link: b.link, req: req, last: true, nextSeq: func() uint32 { return 1 }}
	stop := b.u.after(probeTries*b.u.cfg.T1, func() {
		x.abandon()
		if turn == b.turn {
			b.silent()
		}
	})
	x.done = func(res *sipmsg.Response, err error) {
		stop()
		switch {
		case turn != b.turn:
		case err != nil:
			b.silent()
		case b.link.public.IsValid() && b.learn(res):
			b.register()
		default:
			b.watch()
		}
	}
	x.start(b.u)
}

// checkWay looks after the network has changed or the computer has slept.
func (b *binding) checkWay(slept bool) {
	if !b.link.alive() {
		b.happens(register.Moved{Slept: slept})
		return
	}
	ip, err := localIPFor(b.link.server)
	same := err == nil && ip == b.link.local.Addr()
	if same && b.link.conn != nil {
		b.link.conn.conn.Check()
	}
	b.happens(register.Moved{Same: same, Slept: slept})
}

// silent is a server that no longer answers.
func (b *binding) silent() {
	b.happens(register.Silent{Why: sentence("The server at " + b.route.name() + " does not answer any more.")})
}
