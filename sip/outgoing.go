package sip

import (
	"fmt"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// invite is the Invite effect.
func (u *UA) invite(e call.Invite) {
	a := u.accounts[e.Account]
	l := &leg{
		u: u, id: e.ID, account: a, ours: true, state: calling,
		acks: map[ack]*sipmsg.Request{}, stopWait: func() {}, stopGlare: func() {},
	}
	u.legs[e.ID] = l
	u.cfg.Log.Info("outgoing call", "call", string(e.ID), "account", e.Account, "to", lastTwo(e.Target))
	switch {
	case u.closing:
		l.over(call.Reason{Cause: call.Cancelled})
	case a == nil:
		l.over(call.Reason{Cause: call.Failed, Detail: fmt.Sprintf("there is no account %q", e.Account)})
	case a.reg.Line.State == call.LineRegistering && !a.link.alive():
		a.waiting = append(a.waiting, func() { l.begin(e) })
	case a.reg.Line.State == call.LineUnreachable:
		// Waiting half a minute for a server that was silent a moment ago helps nobody; knock again for the next call.
		l.over(call.Reason{Cause: call.Unreachable, Detail: a.reg.Line.Detail})
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
	if !a.link.alive() {
		l.over(call.Reason{Cause: call.Unreachable, Detail: a.reg.Line.Detail})
		return
	}
	uri, place, err := l.whom(e)
	if err != nil {
		l.over(call.Reason{Cause: call.NotFound, Detail: err.Error()})
		return
	}
	l.link, l.user = a.link, a.user
	from := a.identity(token(6))
	req := newRequest(sipmsg.INVITE, uri, from, &sipmsg.ToHeader{Address: *uri.Clone()})
	callID, seq := token(12), uint32(1)
	setCallID(req, callID)
	setCSeq(req, seq)
	for _, r := range a.routes {
		req.AppendHeader(sipmsg.NewHeader("Route", r)) // RFC 3608 §6.1
	}
	req.AppendHeader(l.link.contact(l.user))
	for _, h := range place {
		req.AppendHeader(h)
	}
	l.u.describe(req)
	setSDP(req, e.SDP)
	l.link.address(req, l.link.remote)
	l.dlg = dialog{callID: callID, local: *cloneFrom(from), localSeq: seq}
	l.u.dialogs[l.dlg.key()] = l
	l.u.gate.expect(callID)
	l.tell(call.Named{CallID: callID})
	x := &exchange{account: a, link: l.link, req: req, nextSeq: func() uint32 {
		l.dlg.localSeq++
		return l.dlg.localSeq
	}}
	x.early, x.again, x.done = l.progress, l.repeated, l.answered
	l.invite = x
	x.start(l.u)
}

// progress is a 1xx. There may be any number of them, from several phones at once.
func (l *leg) progress(res *sipmsg.Response) {
	if l.state != calling {
		return
	}
	l.progressed = l.invite.req
	if l.giveUp {
		l.sendCancel()
		return
	}
	if res.StatusCode == 100 {
		return
	}
	sdp, _ := sdpOf(res)
	l.reportFor(res.StatusCode, res.Reason)
	l.tell(call.RemoteProgress{Status: res.StatusCode, SDP: sdp})
}

// answered is the final response to our INVITE, or its failure.
func (l *leg) answered(res *sipmsg.Response, err error) {
	l.stopWait()
	if err == nil && res.StatusCode < 300 {
		l.confirmed(res)
		return
	}
	if l.giveUp {
		l.over(call.Reason{Cause: call.Cancelled})
		return
	}
	l.over(reasonOf(res, err, l.link.name))
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
	l.adopt(d)
	l.state = up
	l.acknowledge(&l.dlg, l.invite.req)
	if l.giveUp {
		l.bye(call.Reason{Cause: call.Cancelled, Detail: "the far end answered while the call was being cancelled"})
		return
	}
	sdp, _ := sdpOf(res)
	l.reportFor(res.StatusCode, res.Reason)
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
	if err != nil {
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

// sendCancel sends CANCEL on the very way the INVITE took: same Request-URI, same Via, same hop. Route and Contact of a
// provisional response have no say in it.
func (l *leg) sendCancel() {
	if l.cancelSent {
		return
	}
	l.cancelSent = true
	invite := l.invite.req
	req := sipmsg.NewRequest(sipmsg.CANCEL, *invite.Recipient.Clone())
	req.AppendHeader(invite.Via().Clone())
	hops := sipmsg.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	req.AppendHeader(cloneFrom(invite.From()))
	req.AppendHeader(cloneTo(invite.To()))
	setCallID(req, invite.CallID().Value())
	setCSeq(req, invite.CSeq().SeqNo)
	l.u.sign(req)
	req.SetBody(nil)
	l.invite.link.direct(req, l.invite.link.remote)
	// The end is the final response to INVITE; if none comes within 64*T1 the INVITE counts as cancelled (§9.1).
	l.stopWait = l.u.after(64*l.u.cfg.T1, func() {
		l.invite.abandon()
		l.over(call.Reason{Cause: call.Cancelled, Detail: "the far end did not confirm"})
	})
	ignore := outcome{response: func(*sipmsg.Response) {}, over: func(error) {}}
	if _, err := l.u.transact(l.invite.link, req, ignore); err != nil {
		l.u.cfg.Log.Warn("CANCEL could not be sent", "error", err)
	}
}
