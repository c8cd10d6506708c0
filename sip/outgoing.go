package sip

import (
	"fmt"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/transact"
)

// invite is the Invite effect.
func (u *UA) invite(e call.Invite) {
	a := u.accounts[e.Account]
	l := newLeg(u, e.ID, a)
	l.ours, l.state = true, calling
	u.legs[e.ID] = l
	u.cfg.Log.Info("outgoing call", "call", string(e.ID), "account", e.Account, "to", lastTwo(e.Target))
	switch {
	case u.closing:
		l.over(call.Reason{Cause: call.Cancelled})
	case a == nil:
		l.over(call.Reason{Cause: call.Failed, Detail: fmt.Sprintf("there is no account %q", e.Account)})
	case a.line().State == call.LineRegistering && !a.best().link.alive():
		a.waiting = append(a.waiting, func() { l.begin(e) })
	case a.line().State == call.LineUnreachable:
		// Waiting half a minute for a server that was silent a moment ago helps nobody; knock again for the next call.
		l.over(call.Reason{Cause: call.Unreachable, Detail: a.line().Detail})
		a.register()
	default:
		l.begin(e)
	}
}

// begin sends the INVITE.
func (l *leg) begin(e call.Invite) {
	a := l.account
	if l.state != calling {
		return
	}
	if l.giveUp {
		l.over(call.Reason{Cause: call.Cancelled})
		return
	}
	if !a.best().link.alive() {
		l.over(call.Reason{Cause: call.Unreachable, Detail: a.line().Detail})
		return
	}
	uri, place, err := l.whom(e)
	if err != nil {
		l.over(call.Reason{Cause: call.NotFound, Detail: err.Error()})
		return
	}
	l.user, l.called, l.place, l.session.ours = a.user, uri, place, e.SDP
	l.places.tried = []string{uri.String()}
	callID := token(12)
	l.dlg = dialog{callID: callID, local: *a.identity(token(6))}
	l.u.dialogs[l.dlg.key()] = l
	l.u.gate.expect(callID)
	l.tell(call.Named{CallID: callID})
	l.inviteTo(uri)
}

// inviteTo sends the INVITE to uri: the first, or again with the next CSeq when a server wants it changed or sent elsewhere.
func (l *leg) inviteTo(uri sipmsg.Uri) {
	l.way()
	l.forks, l.heard, l.far = nil, nil, call.FarEnd{} // of the one before
	nextSeq := func() uint32 {
		l.dlg.localSeq++
		return l.dlg.localSeq
	}
	req := newRequest(sipmsg.INVITE, uri, cloneFrom(&l.dlg.local), &sipmsg.ToHeader{Address: *l.called.Clone()})
	setCallID(req, l.dlg.callID)
	setCSeq(req, nextSeq())
	for _, r := range l.binding.routes {
		req.AppendHeader(sipmsg.NewHeader("Route", r)) // RFC 3608 §6.1
	}
	req.AppendHeader(l.contact())
	for _, h := range l.place {
		req.AppendHeader(h)
	}
	l.u.describe(req)
	l.timed(req)
	setSDP(req, l.session.ours)
	l.link.address(req, l.link.server)
	x := &exchange{account: l.binding.account, link: l.link, req: req, nextSeq: nextSeq}
	x.early, x.again, x.done = l.progress, l.repeated, l.answered
	l.invite = x
	x.start(l.u)
}

// answered is the final response to our INVITE, or its failure.
func (l *leg) answered(res *sipmsg.Response, err error) {
	l.stopWait()
	if err == nil && res.StatusCode < 300 {
		l.confirmed(res)
		return
	}
	switch why := reasonOf(res, err, l.link.name); {
	case l.giveUp:
		l.over(call.Reason{Cause: call.Cancelled})
	case err == nil && res.StatusCode == 422 && l.longer(res) && l.reaches():
		l.inviteTo(l.invite.req.Recipient)
	case !l.goElsewhere(res, why):
		l.over(why)
	}
}

// confirmed is the first 2xx: it is acknowledged whatever we want by now; after a CANCEL that crossed it, it is hung up
// (RFC 3261 §9.1).
func (l *leg) confirmed(res *sipmsg.Response) {
	d, err := uacDialog(l.invite.req, res)
	if err != nil {
		l.over(call.Reason{Cause: call.Failed, Status: res.StatusCode, Detail: "the answer named no address to talk to"})
		return
	}
	d.localSeq = l.dlg.localSeq
	sdp, ok := l.answeredBy(&d, res)
	l.adopt(d)
	l.state = up
	l.acknowledge(&l.dlg, l.invite.req)
	switch {
	case l.giveUp:
		l.bye(call.Reason{Cause: call.Cancelled, Detail: "the far end answered while the call was being cancelled"})
		return
	case !ok:
		l.bye(call.Reason{Cause: call.NotAcceptable, Detail: "the far end answered without a description"})
		return
	}
	l.reportFor(res.StatusCode, res.Reason)
	l.agreed(res)
	l.describeFar(l.allows, false)
	if l.reinvite != nil {
		l.late = &sdp
		return
	}
	l.tell(call.RemoteAnswered{SDP: sdp})
}

// repeated is a 2xx after the first one: the same again wants its ACK again, another phone's is hung up (§13.2.2.4).
func (l *leg) repeated(res *sipmsg.Response) {
	if !l.reacknowledge(res) {
		l.dismiss(res)
	}
}

// dismiss acknowledges a 2xx nobody wants and ends its dialog, without touching the call.
func (l *leg) dismiss(res *sipmsg.Response) {
	d, err := uacDialog(l.invite.req, res)
	if err != nil || len(l.acks) >= mostForks {
		return
	}
	l.acknowledge(&d, l.invite.req)
	l.in(&d, sipmsg.BYE, nil, func(*exchange, *sipmsg.Response, error) {}).start(l.u)
}

// cancel gives up an INVITE of ours. CANCEL must wait for a provisional response (RFC 3261 §9.1).
func (l *leg) cancel() {
	if l.giveUp {
		return
	}
	l.giveUp = true
	switch {
	case l.invite == nil: // not sent yet: the flow is still being opened
		l.over(call.Reason{Cause: call.Cancelled})
	case !l.invite.open: // between a challenge and its answer: nothing is on the wire
		l.invite.abandon()
		l.over(call.Reason{Cause: call.Cancelled})
	default:
		l.invite.last = true
		if l.progressed == l.invite.req {
			l.sendCancel()
		}
	}
}

// sendCancel sends CANCEL for our first INVITE.
func (l *leg) sendCancel() {
	if l.cancelSent {
		return
	}
	l.cancelSent = true
	// The end is the final response to INVITE; if none comes within 64*T1 the INVITE counts as cancelled (§9.1).
	l.stopWait = l.u.after(64*l.u.cfg.T1, func() {
		l.invite.abandon()
		l.over(call.Reason{Cause: call.Cancelled, Detail: "the far end did not confirm"})
	})
	l.u.cancel(l.invite)
}

// cancel sends CANCEL on the very way an INVITE took: same Request-URI, same Via, same hop. Route and Contact of a provisional
// response have no say in it.
func (u *UA) cancel(x *exchange) {
	invite := x.req
	req := sipmsg.NewRequest(sipmsg.CANCEL, *invite.Recipient.Clone())
	req.AppendHeader(invite.Via().Clone())
	for _, r := range invite.GetHeaders("Route") {
		req.AppendHeader(sipmsg.HeaderClone(r))
	}
	hops := sipmsg.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	req.AppendHeader(cloneFrom(invite.From()))
	req.AppendHeader(cloneTo(invite.To()))
	setCallID(req, invite.CallID().Value())
	setCSeq(req, invite.CSeq().SeqNo)
	u.sign(req)
	req.SetBody(nil)
	req.SetDestination(invite.Destination())
	ignore := transact.Outcome{Response: func(*sipmsg.Response) {}, Again: func(*sipmsg.Response) {}, Over: func(error) {}}
	if _, err := u.transact(x.link, req, ignore); err != nil {
		u.cfg.Log.Warn("CANCEL could not be sent", "error", err)
	}
}
