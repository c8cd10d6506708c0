package sip

import (
	"math/rand/v2"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
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
		if turn == a.turn && a.line.State == call.LineReady && !a.leaving {
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
	x.done = func(_ *sipmsg.Response, err error) {
		stop()
		switch {
		case turn != a.turn:
		case err != nil:
			a.silent()
		default:
			a.watch()
		}
	}
	x.start(a.u)
}

// checkWay makes sure that the server reaches this phone, after the network has changed or the computer has slept: NATs and
// servers have forgotten connections over that, and nobody says so.
func (a *account) checkWay(slept bool) {
	switch a.line.State {
	case call.LineRegistering, call.LineUnreachable:
		a.backoff = firstBackoff
		a.route.forget()
		a.register()
	case call.LineReady:
		if ip, err := localIPFor(a.link.server); err == nil && ip == a.link.local.Addr() && !slept {
			if a.link.conn != nil {
				a.link.conn.conn.Check()
			}
			a.probe()
			return
		}
		if a.link.conn != nil {
			a.u.drop(a.link)
		}
		a.route.forget()
		a.register()
	}
}

// silent is a server that no longer answers: the phone registers anew, at another one first if there is one.
func (a *account) silent() {
	if a.line.State != call.LineReady || a.leaving {
		return
	}
	a.failed = sentence("The server at " + a.route.name() + " does not answer any more.")
	a.route.avoid(a.link.server)
	a.spent = true
	a.tell(call.LineRegistering, a.failed, time.Time{})
	a.register()
}
