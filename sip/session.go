package sip

import (
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// within is a request inside a dialog we know.
func (l *leg) within(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	if err := l.dlg.receive(req); err != nil {
		l.reply(req, tx, 500)
		return
	}
	switch req.Method {
	case sipmsg.BYE:
		l.reply(req, tx, 200)
		l.hungUp()
	case sipmsg.INVITE, sipmsg.UPDATE:
		l.remoteOffer(req, tx)
	case sipmsg.OPTIONS:
		l.reply(req, tx, 200)
	case sipmsg.INFO:
		l.reply(req, tx, infoStatus(req))
	case sipmsg.NOTIFY:
		l.notified(req, tx)
	case sipmsg.REFER:
		l.asked(req, tx)
	case sipmsg.PRACK, sipmsg.CANCEL:
		l.reply(req, tx, 481)
	default:
		l.reply(req, tx, 405)
	}
}

// early is a request in one of the early dialogs of our INVITE: its offer is still unanswered, so nothing can be changed
// (RFC 3311 §5.2), and the INVITE's own final response tells how it ends.
func (l *leg) early(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	status := 481
	switch req.Method {
	case sipmsg.BYE, sipmsg.OPTIONS:
		status = 200
	case sipmsg.UPDATE, sipmsg.INVITE:
		status = 491
		if len(req.Body()) == 0 && req.Method == sipmsg.UPDATE {
			status = 200
		}
	case sipmsg.INFO:
		status = infoStatus(req)
	case sipmsg.NOTIFY:
		status = notifyStatus(req)
	}
	res := l.u.respond(req, status, l.tag)
	if req.Method == sipmsg.UPDATE {
		res.AppendHeader(l.way().contact(l.user))
	}
	l.u.reply(tx, res)
}

// infoStatus takes DTMF by INFO politely (nobody here listens to it) and refuses other payloads.
func infoStatus(req *sipmsg.Request) int {
	kind, _, _ := strings.Cut(headerValue(req, "Content-Type", "c"), ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "", "application/dtmf-relay", "application/dtmf":
		return 200
	}
	return 415
}

// hungUp is their BYE.
func (l *leg) hungUp() {
	switch l.state {
	case offered: // they called and end the early dialog
		l.reply(l.first, l.uas, 487)
		l.over(call.Reason{Cause: call.Cancelled})
	case leaving: // both hung up; our BYE's outcome tells the end
	default:
		l.over(call.Reason{Cause: call.RemoteHangup})
	}
}

// remoteOffer is a re-INVITE or UPDATE (RFC 3261 §14.2, RFC 3311 §5.2).
func (l *leg) remoteOffer(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	sdp, isSDP := sdpOf(req)
	update := req.Method == sipmsg.UPDATE
	switch {
	case !isSDP:
		l.reply(req, tx, 415)
	case update && sdp == nil: // only a new address or a sign of life
		l.refresh(req)
		l.answer(&request{req: req, tx: tx}, nil)
	case l.theirs != nil || l.parked != nil:
		l.refuseBusy(req, tx)
	case l.twoxx != nil:
		l.park(&request{req: req, tx: tx, sdp: sdp})
	case l.state != up || l.reinvite != nil:
		l.reply(req, tx, 491)
	default:
		l.consider(&request{req: req, tx: tx, sdp: sdp})
	}
}

// consider passes an offer on and waits for AnswerOffer or RefuseOffer.
func (l *leg) consider(r *request) {
	l.theirs = r
	if r.req.Method == sipmsg.INVITE {
		l.reply(r.req, r.tx, 100)
	}
	l.stopGlare()
	before := l.backedOff
	l.backedOff = false
	l.tell(call.RemoteOffer{SDP: r.sdp, Before: before})
}

// park keeps an offer that overtook the ACK before it (the layer handles every message in a goroutine of its own) until
// the ACK is there, or for a round trip.
func (l *leg) park(r *request) {
	l.parked = r
	l.stopPark = l.u.after(l.u.cfg.T1, func() {
		l.parked = nil
		l.reply(r.req, r.tx, 491)
	})
}

// unpark goes on with an offer once the ACK before it came.
func (l *leg) unpark() {
	r := l.parked
	if r == nil {
		return
	}
	l.stopPark()
	l.parked = nil
	if l.state != up || l.reinvite != nil {
		l.reply(r.req, r.tx, 491)
		return
	}
	l.consider(r)
}

// refuseBusy refuses a second offer while the first waits, with a time to come back (RFC 3261 §14.2).
func (l *leg) refuseBusy(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	res := l.u.respond(req, 500, l.tag)
	res.AppendHeader(sipmsg.NewHeader("Retry-After", []string{"1", "2", "3", "4", "5"}[rand.IntN(5)]))
	l.u.reply(tx, res)
}

// answerOffer is the AnswerOffer effect.
func (l *leg) answerOffer(sdp []byte) {
	if r := l.theirs; r != nil {
		l.theirs = nil
		l.refresh(r.req)
		l.answer(r, sdp)
	}
}

// answer sends the 200 to a re-INVITE or UPDATE.
func (l *leg) answer(r *request, sdp []byte) {
	res := l.u.respond(r.req, 200, l.tag)
	res.AppendHeader(l.way().contact(l.user))
	setSDP(res, sdp)
	if err := l.u.reply(r.tx, res); err != nil {
		l.reply(r.req, r.tx, 500)
		return
	}
	if r.req.Method == sipmsg.INVITE {
		l.twoxx = l.u.insist(r.tx, res, l.unconfirmed)
		l.twoxx.offer = r.sdp == nil
	}
}

// refuseOffer is the RefuseOffer effect.
func (l *leg) refuseOffer(status int) {
	if r := l.theirs; r != nil {
		l.theirs = nil
		if status < 300 || status > 699 {
			status = 488
		}
		l.reply(r.req, r.tx, status)
	}
}

// reoffer is the Reoffer effect: a re-INVITE.
func (l *leg) reoffer(sdp []byte) {
	if l.state != up || l.reinvite != nil || l.theirs != nil {
		l.tell(call.OfferRefused{Reason: call.FromStatus(491, "another change of the call is under way")})
		return
	}
	l.offer, l.retried = sdp, false
	l.sendReoffer()
}

func (l *leg) sendReoffer() {
	x := l.inDialog(sipmsg.INVITE, l.offer, l.reoffered)
	x.again = func(res *sipmsg.Response) { l.reacknowledge(res) }
	l.reinvite = x
	x.start(l.u)
}

// reoffered is the outcome of our re-INVITE (RFC 3261 §14.1).
func (l *leg) reoffered(x *exchange, res *sipmsg.Response, err error) {
	if err == nil && res.StatusCode < 300 {
		l.refresh(res)
		l.acknowledge(&l.dlg, x.req) // also when the call is ending: the far end repeats until it hears it
	}
	if l.reinvite != x || l.state != up {
		l.reinvite = nil
		return
	}
	l.reinvite = nil
	switch {
	case err == nil && res.StatusCode < 300:
		sdp, _ := sdpOf(res)
		l.tell(call.OfferAnswered{SDP: sdp})
	case err == nil && res.StatusCode == 491 && !l.retried:
		l.glare()
	case res != nil && res.StatusCode != 481 && res.StatusCode != 408, errors.Is(err, sipmsg.ErrUDPMTUCongestion):
		l.tell(call.OfferRefused{Reason: reasonOf(res, err, l.link.name)})
	default:
		r := reasonOf(res, err, l.link.name)
		l.bye(call.Reason{Cause: call.Lost, Status: r.Status, Detail: r.Detail})
	}
}

// glare waits as RFC 3261 §14.1 says: who made the Call-ID 2.1–4 s, the other 0–2 s, in steps of 10 ms. Meanwhile the
// far end may offer: then ours is over (consider).
func (l *leg) glare() {
	l.retried, l.backedOff = true, true
	wait := time.Duration(rand.IntN(201)) * 10 * time.Millisecond
	if l.ours {
		wait = 2100*time.Millisecond + time.Duration(rand.IntN(191))*10*time.Millisecond
	}
	wait = time.Duration(float64(wait) * float64(l.u.cfg.T1) / float64(500*time.Millisecond))
	l.stopGlare = l.u.after(wait, l.tryAgain)
}

// tryAgain sends the re-INVITE that met glare once more, unless something else is being agreed by now.
func (l *leg) tryAgain() {
	l.backedOff = false
	if l.state != up || l.reinvite != nil {
		return
	}
	if l.theirs != nil || l.twoxx != nil {
		l.tell(call.OfferRefused{Reason: call.FromStatus(491, "the far end changed the call at the same time")})
		return
	}
	l.sendReoffer()
}
