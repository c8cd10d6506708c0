package sip

import (
	"errors"
	"math/rand/v2"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/transact"
)

// within is a request inside a dialog we know.
func (l *leg) within(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	if err := l.dlg.receive(req); err != nil {
		l.reply(req, tx, 500)
		return
	}
	l.session.missed = false
	switch req.Method {
	case sipmsg.BYE:
		l.reply(req, tx, 200)
		l.hungUp(req)
	case sipmsg.INVITE, sipmsg.UPDATE:
		l.remoteOffer(req, tx)
	case sipmsg.OPTIONS:
		l.reply(req, tx, 200)
	case sipmsg.INFO:
		l.info(req, tx)
	case sipmsg.NOTIFY:
		l.notified(req, tx)
	case sipmsg.REFER:
		l.asked(req, tx)
	case sipmsg.PRACK:
		l.confirmedRinging(req, tx)
	case sipmsg.CANCEL:
		l.reply(req, tx, 481)
	default:
		l.reply(req, tx, 405)
	}
}

// hungUp is their BYE.
func (l *leg) hungUp(bye *sipmsg.Request) {
	switch l.state {
	case offered: // they called and end the early dialog
		l.reply(l.first, l.uas, 487)
		l.over(call.Reason{Cause: givenUp(bye)})
	case leaving: // both hung up; our BYE's outcome tells the end
	default:
		l.over(call.Reason{Cause: call.RemoteHangup})
	}
}

// remoteOffer is a re-INVITE or UPDATE (RFC 3261 §14.2, RFC 3311 §5.2).
func (l *leg) remoteOffer(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	sdp, isSDP := sdpOf(req)
	r := &request{req: req, tx: tx, sdp: sdp, dlg: &l.dlg}
	switch {
	case !isSDP:
		l.reply(req, tx, 415)
	case len(unsupported(req)) > 0:
		l.reply(req, tx, 420)
	case l.u.tooShort(req):
		l.reply(req, tx, 422)
	case req.Method == sipmsg.UPDATE && sdp == nil: // only a new address or a sign of life
		l.answer(r, nil)
	case l.theirs != nil && !l.theirs.void || l.parked != nil || l.state == offered: // an offer of theirs is unanswered
		l.refuseBusy(req, tx)
	case l.twoxx != nil || l.theirs != nil:
		l.park(r)
	case l.state != up || l.reinvite != nil: // one of ours is
		l.reply(req, tx, 491)
	default:
		l.consider(r)
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

// park keeps an offer that overtook the ACK before it, as datagrams may, until the ACK is there, or for a round trip.
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

// answerOffer is the AnswerOffer effect. The answer to an offer that was cancelled meanwhile comes too late.
func (l *leg) answerOffer(sdp []byte) {
	r := l.theirs
	if r == nil {
		return
	}
	l.theirs = nil
	switch {
	case r.void || !l.answer(r, sdp):
		l.u.cfg.Log.Info("an offer was withdrawn", "call", string(l.id))
		l.tell(call.OfferWithdrawn{})
		l.unpark()
	case r.sdp != nil:
		if r.fork != nil && l.state == calling { // what it plays now is heard
			r.fork.sdp, l.heard = r.sdp, r.fork
		}
		l.session.heard(r.sdp)
		l.tell(call.AnswerSent{})
	}
	l.dequeue()
}

// answer sends the 200 to a re-INVITE or UPDATE, and reports whether it went out.
func (l *leg) answer(r *request, sdp []byte) bool {
	res := l.u.respond(r.req, 200, l.tag)
	l.way()
	res.AppendHeader(l.contact())
	if l.state == up {
		l.allows = allowOf(r.req, l.allows)
		l.grant(r.req, res)
	}
	setSDP(res, sdp)
	l.awaitFrom(r.dlg, r.req)
	if err := l.u.reply(r.tx, res); err != nil {
		l.reply(r.req, r.tx, 500)
		return false
	}
	l.refresh(r.dlg, r.req)
	if sdp != nil {
		l.session.ours = sdp
	}
	if r.req.Method == sipmsg.INVITE {
		l.twoxx = l.u.insist(r.tx, res, l.unconfirmed)
		l.twoxx.offer = r.sdp == nil
	}
	return true
}

// refuseOffer is the RefuseOffer effect.
func (l *leg) refuseOffer(status int) {
	if r := l.theirs; r != nil {
		l.theirs = nil
		if status < 300 || status > 699 {
			status = 488
		}
		l.reply(r.req, r.tx, status)
		l.unpark()
		l.dequeue()
	}
}

// reoffer is the Reoffer effect: a re-INVITE, or before the answer an UPDATE, if the far end takes one then (RFC 3311 §5.1). One that
// crosses theirs inside this phone waits: who made it has not heard of theirs yet, and will refuse it.
func (l *leg) reoffer(sdp []byte) {
	early := l.state == calling && !l.giveUp && l.heard != nil && l.far.Offers
	switch {
	case l.reinvite != nil && l.reinvite == l.session.sign, l.state == accepted, l.twoxx != nil && !l.twoxx.offer, l.theirs != nil && l.state == up:
		l.queued = sdp
	case l.state != up && !early || l.reinvite != nil || l.theirs != nil || l.twoxx != nil:
		l.tell(call.OfferRefused{Reason: call.FromStatus(491, "another change of the call is under way")})
	default:
		l.offer, l.tries = sdp, 0
		l.sendReoffer()
	}
}

// dequeue sends the offer that had to wait for what is over now.
func (l *leg) dequeue() {
	if sdp := l.queued; sdp != nil && l.state == up {
		l.queued = nil
		l.reoffer(sdp)
	}
}

func (l *leg) sendReoffer() {
	if l.state == calling {
		l.reinvite = l.in(&l.heard.dlg, sipmsg.UPDATE, l.offer, l.reofferedEarly)
	} else {
		l.reinvite = l.inviteAgain(l.offer, l.reoffered)
	}
	l.reinvite.start(l.u)
}

// errUnfinished is a re-INVITE of ours that was answered provisionally, and cancelled in vain.
var errUnfinished = errors.New("the far end did not say whether it agrees")

// inviteAgain makes a re-INVITE. A far end that answers it with 1xx only is not waited for: after 64*T1 it is cancelled, and after
// as long again, in which both ends still come to the same end, it is over (RFC 3261 §9.1).
func (l *leg) inviteAgain(sdp []byte, done func(*exchange, *sipmsg.Response, error)) *exchange {
	var progressed *sipmsg.Request
	x := l.inDialog(sipmsg.INVITE, sdp, func(x *exchange, res *sipmsg.Response, err error) {
		l.stopReinvite()
		done(x, res, err)
	})
	x.again = func(res *sipmsg.Response) { l.reacknowledge(res) }
	x.early = func(*sipmsg.Response) {
		if progressed == x.req {
			return
		}
		progressed = x.req
		l.stopReinvite()
		l.stopReinvite = l.u.after(64*l.u.cfg.T1, func() {
			x.last = true
			l.u.cancel(x)
			l.stopReinvite = l.u.after(64*l.u.cfg.T1, func() {
				x.abandon()
				x.done(nil, errUnfinished)
			})
		})
	}
	return x
}

// reofferedEarly is the outcome of an UPDATE of ours that was sent before the answer. What was refused is offered again once the
// call is on. An answer that came meanwhile had to wait for it.
func (l *leg) reofferedEarly(x *exchange, res *sipmsg.Response, err error) {
	if l.reinvite != x {
		return
	}
	l.reinvite = nil
	if err == nil && res.StatusCode < 300 {
		sdp, _ := sdpOf(res)
		l.session.ours = l.offer
		if f := l.heard; f != nil {
			l.refresh(&f.dlg, res)
			f.sdp = sdp
		}
		l.tell(call.OfferAnswered{SDP: sdp})
	} else {
		l.tell(call.OfferRefused{Reason: reasonOf(res, err, l.link.name)})
	}
	if l.late != nil {
		l.tell(call.RemoteAnswered{SDP: *l.late})
		l.late = nil
	}
}

// reoffered is the outcome of our re-INVITE (RFC 3261 §14.1).
func (l *leg) reoffered(x *exchange, res *sipmsg.Response, err error) {
	ok := err == nil && res.StatusCode < 300
	if ok {
		l.refresh(&l.dlg, res)
		l.acknowledge(&l.dlg, x.req) // also when the call is ending: the far end repeats until it hears it
	}
	if l.reinvite != x || l.state != up {
		l.reinvite = nil
		return
	}
	l.reinvite = nil
	switch {
	case ok:
		sdp, _ := sdpOf(res)
		l.session.ours = l.offer
		l.allows = allowOf(res, l.allows)
		l.agreed(res)
		l.tell(call.OfferAnswered{SDP: sdp})
	case err == nil && l.later(res):
	case x.old(res): // it may be in force there: it is offered anew
		l.sendReoffer()
	case res != nil && res.StatusCode != 481 && res.StatusCode != 408, errors.Is(err, transact.ErrTooLarge):
		l.tell(call.OfferRefused{Reason: reasonOf(res, err, l.link.name)})
	case errors.Is(err, errUnfinished):
		l.tell(call.OfferRefused{Reason: call.FromStatus(408, err.Error())})
	case err != nil && (!errors.Is(err, sipmsg.ErrTransactionTimeout) || !l.served()):
		// The way broke, or the server is away: that says nothing of the far end, and sound may go past the server.
		l.told.host = "" // it is told again when the line is back
		l.tell(call.OfferRefused{Reason: reasonOf(res, err, l.link.name)})
	default:
		r := reasonOf(res, err, l.link.name)
		l.bye(call.Reason{Cause: call.Lost, Status: r.Status, Detail: r.Detail})
	}
}

// mostTries bounds how often an offer of ours that meets glare is sent again, which takes half a minute at most.
const mostTries = 8

// later sends a re-INVITE again whose time had not come: after glare, as often as it takes within bounds, once when the far end says
// when, or at once with the time that a 422 wants.
func (l *leg) later(res *sipmsg.Response) bool {
	after := seconds(headerValue(res, "Retry-After"))
	switch {
	case res.StatusCode == 422 && l.longer(res):
		l.sendReoffer()
	case res.StatusCode == 491 && l.tries < mostTries:
		l.glare()
	case res.StatusCode == 500 && l.tries == 0 && after >= 0 && after <= 10: // RFC 3261 §14.2, RFC 3311 §5.3
		l.tries++
		l.backedOff = true
		l.stopGlare = l.u.after(time.Duration(after)*time.Second, l.tryAgain)
	default:
		return false
	}
	return true
}

// glare waits as RFC 3261 §14.1 says: who made the Call-ID 2.1–4 s, the other 0–2 s, in steps of 10 ms. Meanwhile the
// far end may offer: then ours is over (consider).
func (l *leg) glare() {
	l.tries++
	l.backedOff = true
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
