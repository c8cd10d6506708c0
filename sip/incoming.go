package sip

import (
	"errors"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/transact"
)

// core is what the transactions tell of requests, in order. They stay open until the owner answers, however late: nothing waits
// here.
func (u *UA) core() transact.Core {
	return transact.Core{
		Invite:    func(req *sipmsg.Request, tx *sipmsg.ServerTx) { u.box.post(func() { u.ringIn(req, tx) }) },
		Request:   func(req *sipmsg.Request, tx *sipmsg.ServerTx) { u.box.post(func() { u.request(req, tx) }) },
		Ack:       func(req *sipmsg.Request) { u.box.post(func() { u.acknowledged(req) }) },
		Cancelled: func(tx *sipmsg.ServerTx, cancel *sipmsg.Request) { u.box.post(func() { u.cancelled(tx, cancel) }) },
		Tag:       func() string { return token(6) },
		Known:     u.gate.knows,
	}
}

// reply sends a response in its transaction. A CANCEL may have ended it meanwhile: then the 487 must stay its last word.
// What is too large for UDP does not reach the transaction, which would think it sent and refuse every other response.
func (u *UA) reply(tx *sipmsg.ServerTx, res *sipmsg.Response) error {
	if !transact.WayOf(tx).Reliable() && len(res.String()) > transact.MaxDatagram {
		u.cfg.Log.Warn("a response is too large for UDP", "status", res.StatusCode)
		return transact.ErrTooLarge
	}
	err := tx.Respond(res)
	if err != nil && !errors.Is(err, sipmsg.ErrTransactionCanceled) {
		u.cfg.Log.Warn("a response could not be sent", "status", res.StatusCode, "error", err)
	}
	return err
}

// request sorts what came in (RFC 3261 §8.2, §12.2.2).
func (u *UA) request(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	tag := tagOf(req.To().Params)
	if tag != "" {
		l := u.dialogs[dialogKey(req.CallID().Value(), tag)]
		s := u.subscriptions[dialogKey(req.CallID().Value(), tag)]
		switch {
		case s != nil && req.Method == sipmsg.NOTIFY:
			s.notified(req, tx)
		case l != nil && l.state == calling:
			l.early(req, tx)
		case l == nil || l.dlg.remoteTag() != tagOf(req.From().Params):
			u.reply(tx, u.respond(req, 481, ""))
		default:
			l.within(req, tx)
		}
		return
	}
	switch req.Method {
	case sipmsg.OPTIONS:
		u.options(req, tx)
	case sipmsg.NOTIFY:
		u.unasked(req, tx)
	case sipmsg.CANCEL, sipmsg.BYE, sipmsg.UPDATE, sipmsg.INFO, sipmsg.PRACK:
		u.reply(tx, u.respond(req, 481, token(6)))
	default:
		u.reply(tx, u.respond(req, 405, token(6)))
	}
}

// notifyStatus is polite to servers that keep a path open with NOTIFY or announce messages nobody subscribed to.
func notifyStatus(req *sipmsg.Request) int {
	switch event := strings.ToLower(headerValue(req, "Event", "o")); event {
	case "keep-alive", "message-summary":
		return 200
	default:
		return 489
	}
}

// ringIn is an INVITE outside a dialog, with the tag we gave it.
func (u *UA) ringIn(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	tag := tagOf(req.To().Params)
	a := u.accountFor(req, tx)
	sdp, isSDP := sdpOf(req)
	dlg, err := uasDialog(req, tag)
	place, status := u.replaced(req)
	switch { // a request for nobody here first, then one that is not understood, then the moment
	case status != 0:
	case a == nil:
		status = 404
	case err != nil:
		status = 400
	case !isSDP:
		status = 415
	case !acceptsSDP(req):
		status = 406
	case len(unsupported(req)) > 0:
		status = 420
	case u.tooShort(req):
		status = 422
	case u.gate.full():
		status = 503
	case u.closing || !a.by(tx).link.alive(): // nothing of ours to put into Contact yet
		status = 480
	case u.seen(req):
		status = 482
	}
	res := u.respond(req, max(status, 100), tag)
	if status != 0 {
		u.reply(tx, res)
		return
	}
	u.reply(tx, res)
	l := newLeg(u, call.NewID(), a)
	l.binding = a.by(tx)
	l.link, l.user, l.state = l.binding.link, req.Recipient.User, offered
	l.tag, l.uas, l.first, l.offerless = tag, tx, req, sdp == nil
	l.confirms, l.allows = lists(headerValues(req, "Require"), rel), allowOf(req, nil)
	l.session.heard(sdp)
	u.arrive(l, dlg, call.Arrived{Offer: sdp, Replaces: place})
}

// arrive tells of a new call: n is what is known beside the leg.
func (u *UA) arrive(l *leg, dlg dialog, n call.Arrived) {
	u.legs[l.id] = l
	u.gate.expect(dlg.callID)
	u.gate.meet(dlg.callID, append(cameBy(l.first), l.link.server.Addr())...)
	l.adopt(dlg)
	from := callerOf(l.first)
	u.cfg.Log.Info("incoming call", "call", string(l.id), "account", l.account.conf.ID, "from", lastTwo(from.Number))
	n.ID, n.Account, n.Remote, n.Diverted, n.CallID = l.id, l.account.conf.ID, from, divertedFrom(l.first), l.dlg.callID
	if n.AutoAnswer = l.account.conf.AutoAnswer; !n.AutoAnswer && l.account.conf.AutoAnswerHeaders {
		n.AnswerAfter, n.AutoAnswer = selfAnswering(l.first)
	}
	u.sink(n)
	l.describeFar(l.allows, false)
}

// accountFor finds whom an INVITE is for: the user part of its Request-URI, and the server it came from if several
// accounts have the same.
func (u *UA) accountFor(req *sipmsg.Request, tx *sipmsg.ServerTx) *account {
	var found *account
	for _, a := range u.accounts {
		if a.user == "" || !strings.EqualFold(percentDecode(a.user), percentDecode(req.Recipient.User)) {
			continue
		}
		if a.cameBy(tx) != nil {
			return a
		}
		if found == nil || a.conf.ID < found.conf.ID {
			found = a
		}
	}
	return found
}

// seen reports whether this call already rings here by another path (RFC 3261 §8.2.2.2).
func (u *UA) seen(req *sipmsg.Request) bool {
	for _, l := range u.legs {
		if !l.ours && l.dlg.callID == req.CallID().Value() && l.dlg.remoteTag() == tagOf(req.From().Params) {
			return true
		}
	}
	return false
}

// ring is the SendRinging effect.
func (l *leg) ring() {
	if l.state != offered {
		return
	}
	res := l.u.respond(l.first, 180, l.tag)
	res.AppendHeader(l.contact())
	if l.confirms {
		l.ringReliably(res)
		return
	}
	l.u.reply(l.uas, res)
}

// accept is the Accept effect.
func (l *leg) accept(sdp []byte) {
	if l.state != offered {
		return
	}
	res := l.u.respond(l.first, 200, l.tag)
	res.AppendHeader(l.contact())
	l.grant(l.first, res)
	setSDP(res, sdp)
	l.hush()
	l.session.ours = sdp
	if !l.conclude(res) {
		return
	}
	l.state = accepted
	l.twoxx = l.u.insist(l.uas, res, l.unconfirmed)
	l.twoxx.offer = l.offerless
}

// conclude gives their INVITE its final response; false if that was not said, and the call is over, or about to be.
func (l *leg) conclude(res *sipmsg.Response) bool {
	err := l.u.reply(l.uas, res)
	if errors.Is(err, sipmsg.ErrTransactionCanceled) {
		l.reply(l.first, l.uas, 487)
		return false // the news of the CANCEL is in the mailbox
	}
	if errors.Is(err, transact.ErrTooLarge) {
		l.reply(l.first, l.uas, 500)
	}
	if err != nil {
		l.over(reasonOf(nil, err, l.link.name))
	}
	return err == nil
}

// unconfirmed is 64*T1 without an ACK for our 200 (RFC 3261 §13.3.1.4).
func (l *leg) unconfirmed() {
	l.twoxx = nil
	if l.state == leaving || l.state == gone {
		return
	}
	l.bye(call.Reason{Cause: call.Lost, Detail: "the far end never confirmed the answer"})
}

// decline refuses an unanswered call.
func (l *leg) decline(status int) {
	if status < 400 || status > 699 {
		status = 603
	}
	l.reply(l.first, l.uas, status)
	r := call.FromStatus(status, phrase(status))
	r.Detail = "refused here: " + r.Detail
	l.over(r)
}

// cancelled is a CANCEL for an INVITE of theirs; its transaction has answered both, with 200 and 487.
func (u *UA) cancelled(tx *sipmsg.ServerTx, cancel *sipmsg.Request) {
	for _, l := range u.legs {
		if l.theirs != nil && l.theirs.tx == tx {
			l.theirs.void = true
			return
		}
		if l.uas != tx || l.state != offered {
			continue
		}
		l.over(call.Reason{Cause: givenUp(cancel)})
		return
	}
}

// acknowledged is an ACK for a 2xx of ours.
func (u *UA) acknowledged(req *sipmsg.Request) {
	to, cseq := req.To(), req.CSeq()
	l := u.dialogs[dialogKey(req.CallID().Value(), tagOf(to.Params))]
	if l == nil || l.dlg.remoteTag() != tagOf(req.From().Params) || l.twoxx == nil || l.twoxx.seq != cseq.SeqNo {
		return
	}
	waited := l.twoxx
	waited.stop()
	l.twoxx = nil
	sdp, _ := sdpOf(req)
	initial := l.state == accepted
	if initial {
		l.state = up
	}
	switch {
	case l.hangAfter:
		l.bye(call.Reason{Cause: call.Completed})
	case waited.offer && initial:
		l.tell(call.RemoteAnswered{SDP: sdp})
	case waited.offer:
		l.tell(call.OfferAnswered{SDP: sdp})
	}
	l.unpark()
	l.dequeue()
}
