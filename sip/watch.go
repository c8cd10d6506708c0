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
func (a *account) watch() {
	a.stopWatch()
	wait := probeEvery - time.Duration(rand.Int64N(int64(probeEvery/5)))
	wait = time.Duration(float64(wait) * float64(a.u.cfg.T1) / float64(500*time.Millisecond))
	turn := a.turn
	a.stopWatch = a.u.after(wait, func() {
		if turn == a.turn && a.reg.Line.State == call.LineReady && !a.leaving {
			a.probe()
		}
	})
}

// probe asks the server for any answer.
func (a *account) probe() {
	if c := a.link.conn; c != nil && c.conn.Strict() {
		a.watch()
		return
	}
	from := a.identity(token(6))
	req := newRequest(sipmsg.OPTIONS, a.domain(), from, &sipmsg.ToHeader{Address: a.domain()})
	setCallID(req, token(12))
	setCSeq(req, 1)
	req.AppendHeader(a.link.contact(a.user))
	a.u.sign(req)
	a.link.address(req, a.link.remote)
	turn := a.turn
	x := &exchange{account: a, link: a.link, req: req, last: true, nextSeq: func() uint32 { return 1 }}
	stop := a.u.after(probeTries*a.u.cfg.T1, func() {
		x.abandon()
		if turn == a.turn {
			a.silent()
		}
	})
	x.done = func(res *sipmsg.Response, err error) {
		stop()
		switch {
		case turn != a.turn:
		case err != nil:
			a.silent()
		case a.link.public.IsValid() && a.learn(res):
			a.register()
		default:
			a.watch()
		}
	}
	x.start(a.u)
}

// checkWay looks after the network has changed or the computer has slept.
func (a *account) checkWay(slept bool) {
	if !a.link.alive() {
		a.happens(register.Moved{Slept: slept})
		return
	}
	ip, err := localIPFor(a.link.server)
	same := err == nil && ip == a.link.local.Addr()
	if same && a.link.conn != nil {
		a.link.conn.conn.Check()
	}
	a.happens(register.Moved{Same: same, Slept: slept})
}

// silent is a server that no longer answers.
func (a *account) silent() {
	a.happens(register.Silent{Why: sentence("The server at " + a.route.name() + " does not answer any more.")})
}
