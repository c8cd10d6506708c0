package sip

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/register"
)

// The times of a watch. A connection asks for signs of life below the messages (package flow); where that tells nothing, and
// over UDP, OPTIONS does (RFC 3261 §11), or STUN where the server keeps flows (RFC 5626 §4.4.2). It also keeps a way through the NAT
// open.
const (
	probeEvery = 20 * time.Second // of a registered account
	pingEvery  = 29 * time.Second // of one whose server keeps flows, if it does not say
	probeTries = 8                // times T1 until silence is death: four datagrams

	mostPatience = 600 // seconds that a server may ask for
)

// watch plans the next look at the way to the server.
func (b *binding) watch() {
	b.stopWatch()
	every := probeEvery
	if b.pings() {
		every = cmp.Or(b.patience, pingEvery)
	}
	wait := every - time.Duration(rand.Int64N(int64(every/6)))
	wait = time.Duration(float64(wait) * float64(b.u.cfg.T1) / float64(500*time.Millisecond))
	turn := b.turn
	b.stopWatch = b.u.after(wait, func() {
		if turn == b.turn && b.reg.Line.State == call.LineReady && b.account.leaving == 0 {
			b.probe()
		}
	})
}

// pings reports whether STUN looks after the flow.
func (b *binding) pings() bool { return b.outbound && b.link.conn == nil }

// probe looks whether the server is still there, and now and then whether it still knows this phone.
func (b *binding) probe() {
	b.looks++
	switch c := b.link.conn; {
	case b.looks%rollEvery == 1 && b.roll.asks():
		b.rollCall()
	case c != nil && c.conn.Strict():
		b.watch()
	case b.pings():
		b.ping()
	default:
		b.ask()
	}
}

// ask asks the server for any answer.
func (b *binding) ask() {
	from := b.account.identity(token(6))
	req := newRequest(sipmsg.OPTIONS, b.account.domain(), from, &sipmsg.ToHeader{Address: b.account.domain()})
	setCallID(req, token(12))
	setCSeq(req, 1)
	req.AppendHeader(b.link.contact(b.account.user))
	x := &exchange{req: req, last: true, nextSeq: func() uint32 { return 1 }}
	b.look(x, b.silent, func(*sipmsg.Response) { b.watch() })
}

// look sends a request that looks after the server: silent if there is no answer in time. An answer may tell that a NAT has changed
// its mind.
func (b *binding) look(x *exchange, silent func(), answered func(*sipmsg.Response)) {
	b.u.sign(x.req)
	b.link.address(x.req, b.link.server)
	x.account, x.link = b.account, b.link
	turn := b.turn
	stop := b.u.after(probeTries*b.u.cfg.T1, func() {
		x.abandon()
		if turn == b.turn {
			silent()
		}
	})
	x.done = func(res *sipmsg.Response, err error) {
		stop()
		switch {
		case turn != b.turn:
		case err != nil:
			silent()
		case b.link.public.IsValid() && b.learn(res):
			b.register()
		default:
			answered(res)
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

// ping asks the server by STUN whether it is there and where it sees us. One that never answers that is asked by OPTIONS.
func (b *binding) ping() {
	b.stopWatch()
	b.asked = newStunID()
	b.pingAgain(b.u.cfg.T1)
}

// pingAgain asks, and asks again after wait: three times in all, in seven times T1.
func (b *binding) pingAgain(wait time.Duration) {
	socket := b.u.wire.socket(b.link.local.Addr())
	if socket != nil {
		socket.ping(b.asked, b.link.server)
	}
	turn := b.turn
	b.stopWatch = b.u.after(wait, func() {
		switch {
		case turn != b.turn || b.account.leaving > 0:
		case wait < 4*b.u.cfg.T1:
			b.pingAgain(2 * wait)
		case b.mapped.IsValid():
			b.silent()
		default:
			b.ask()
		}
	})
}

// stunned is the answer to a ping. A NAT that has changed its mind has cut the flow: the server has to know the new one.
func (u *UA) stunned(from netip.AddrPort, id stunID, at netip.AddrPort) {
	for _, a := range u.accounts {
		for _, b := range a.bindings {
			if b.asked == id && b.serves() && b.link.server == from {
				b.seen(at)
				return
			}
		}
	}
}

func (b *binding) seen(at netip.AddrPort) {
	moved := b.mapped.IsValid() && b.mapped != at
	b.asked, b.mapped = stunID{}, at
	b.stopWatch()
	if moved {
		b.u.note("line " + b.account.conf.ID + ": the server sees this phone at " + at.String())
		b.register()
		return
	}
	b.watch()
}
