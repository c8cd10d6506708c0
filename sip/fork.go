package sip

import (
	"bytes"
	"slices"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// fork is one early dialog of our INVITE: one of the phones it rings at (RFC 3261 §12.1.2, §13.2.2.4). Each has its own tag,
// target, route set and order of requests, and perhaps its own answer to our offer.
type fork struct {
	dlg     dialog
	seen    order    // its reliable responses
	allows  []string // its Allow
	sdp     []byte   // its answer so far
	bound   bool     // the answer came reliably: a later one in a response does not count (RFC 3262 §5), they may offer anew
	settled bool     // and they know that we have it: we may (RFC 3311 §5.1)
}

// mostForks bounds what a server can make us remember, and how many phones that answer too we hang up on.
const mostForks = 32

// forkOf is the early dialog a provisional response belongs to, made if need be; nil if it makes none.
func (l *leg) forkOf(res *sipmsg.Response) *fork {
	to := res.To()
	if to == nil || tagOf(to.Params) == "" {
		return nil
	}
	f := l.forkWith(tagOf(to.Params))
	if f != nil {
		l.refresh(&f.dlg, res)
	} else if len(l.forks) < mostForks {
		d, err := uacDialog(l.invite.req, res)
		if err != nil {
			return nil
		}
		f = &fork{dlg: d}
		l.forks = append(l.forks, f)
		l.u.gate.meet(d.callID, d.hops()...)
	}
	if f != nil {
		f.allows = allowOf(res, f.allows)
	}
	return f
}

func (l *leg) forkWith(tag string) *fork {
	for _, f := range l.forks {
		if f.dlg.remoteTag() == tag {
			return f
		}
	}
	return nil
}

// progress is a 1xx. There may be any number of them, from several phones at once.
func (l *leg) progress(res *sipmsg.Response) {
	if l.state != calling {
		return
	}
	if l.progressed != l.invite.req {
		l.forks, l.heard = nil, nil // of an INVITE before this one
	}
	l.progressed = l.invite.req
	if l.giveUp {
		l.sendCancel()
		return
	}
	if res.StatusCode == 100 {
		return
	}
	l.reportFor(res.StatusCode, res.Reason)
	f := l.forkOf(res)
	switch {
	case !l.reliably(f, res):
	case f == nil:
		sdp, _ := sdpOf(res)
		l.tell(call.RemoteProgress{Status: res.StatusCode, SDP: sdp})
	case res.StatusCode == 199:
		l.forkOver(f)
	default:
		l.advance(f, res)
	}
}

// advance tells what one of the phones says. What it played before is not told again: it would silence a phone that came later.
func (l *leg) advance(f *fork, res *sipmsg.Response) {
	sdp, _ := sdpOf(res)
	_, reliable := rseqOf(res)
	if f.bound || bytes.Equal(sdp, f.sdp) {
		f.bound = f.bound || reliable && sdp != nil
		sdp = nil
	}
	if sdp != nil {
		f.sdp, f.bound, l.heard = sdp, reliable, f
	}
	if l.heard == f || l.heard == nil {
		l.describeFar(f.allows, f.settled)
	}
	l.tell(call.RemoteProgress{Status: res.StatusCode, SDP: sdp})
}

// reliably confirms a response that wants it. It is false for one that must not be looked at: it came before, or too early.
func (l *leg) reliably(f *fork, res *sipmsg.Response) bool {
	rseq, reliable := rseqOf(res)
	if !reliable || f == nil {
		return true
	}
	if !f.seen.takes(rseq) {
		return false
	}
	invite := l.invite.req
	answer, _ := sdpOf(res)
	x := l.in(&f.dlg, sipmsg.PRACK, nil, func(_ *exchange, res *sipmsg.Response, err error) {
		if err == nil && res.StatusCode < 300 && (answer != nil || f.bound) {
			l.settle(f)
		}
	})
	x.req.AppendHeader(sipmsg.NewHeader("RAck", rack{rseq, invite.CSeq().SeqNo, sipmsg.INVITE}.String()))
	x.start(l.u)
	return true
}

// settle is that an early dialog has its answer and both sides know.
func (l *leg) settle(f *fork) {
	f.settled = true
	if l.state == calling && l.heard == f {
		l.describeFar(f.allows, true)
	}
}

// describeFar tells what the far end takes when that has changed.
func (l *leg) describeFar(allows []string, settled bool) {
	now := call.FarEnd{Info: lists(allows, "INFO"), Offers: settled && lists(allows, "UPDATE")}
	if now != l.far {
		l.far = now
		l.tell(now)
	}
}

// forkOver ends an early dialog alone (RFC 6228): what it played is over, what another plays or ringing takes its place.
func (l *leg) forkOver(f *fork) {
	l.forks = slices.DeleteFunc(l.forks, func(o *fork) bool { return o == f })
	if f == nil || l.heard != f {
		return
	}
	l.heard = nil
	for _, o := range slices.Backward(l.forks) {
		if o.sdp != nil {
			l.heard = o
			l.describeFar(o.allows, o.settled)
			l.tell(call.RemoteProgress{Status: 183, SDP: o.sdp})
			return
		}
	}
	l.describeFar(nil, false)
	l.tell(call.RemoteProgress{Status: 199})
}

// early is a request in one of the early dialogs of our INVITE; the INVITE's own final response tells how it ends. One that
// overtook the response that makes its dialog is answered as far as that is possible.
func (l *leg) early(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	f := l.forkWith(tagOf(req.From().Params))
	if f != nil && f.dlg.receive(req) != nil {
		l.reply(req, tx, 500)
		return
	}
	switch req.Method {
	case sipmsg.BYE: // RFC 3261 §15 forbids it; it happens
		l.reply(req, tx, 200)
		l.forkOver(f)
	case sipmsg.OPTIONS:
		l.reply(req, tx, 200)
	case sipmsg.UPDATE:
		l.earlyUpdate(f, req, tx)
	case sipmsg.INVITE:
		l.reply(req, tx, 491)
	case sipmsg.INFO:
		l.info(req, tx)
	case sipmsg.NOTIFY:
		l.reply(req, tx, notifyStatus(req))
	default:
		l.reply(req, tx, 481)
	}
}

// earlyUpdate is an UPDATE before the answer (RFC 3311 §5.2): an offer in it must wait until ours has its answer.
func (l *leg) earlyUpdate(f *fork, req *sipmsg.Request, tx *sipmsg.ServerTx) {
	sdp, isSDP := sdpOf(req)
	r := &request{req: req, tx: tx, sdp: sdp}
	if f != nil {
		r.dlg, r.fork = &f.dlg, f
	}
	switch {
	case !isSDP:
		l.reply(req, tx, 415)
	case sdp == nil:
		l.answer(r, nil)
	case l.theirs != nil:
		l.refuseBusy(req, tx)
	case f == nil || !f.bound || l.reinvite != nil:
		l.reply(req, tx, 491)
	default:
		l.consider(r)
	}
}

// answeredBy makes the confirmed dialog out of the early one the 2xx belongs to, whichever was heard so far (RFC 3261
// §13.2.2.4), and returns the answer it brings, nil if that is in force already. ok is false if there is none at all.
func (l *leg) answeredBy(d *dialog, res *sipmsg.Response) (sdp []byte, ok bool) {
	sdp, _ = sdpOf(res)
	f := l.forkWith(d.remoteTag())
	others := l.heard
	l.forks, l.heard = nil, nil
	var allows []string
	if f != nil {
		d.localSeq, d.remoteSeq, allows = max(f.dlg.localSeq, d.localSeq), f.dlg.remoteSeq, f.allows
		if f.bound || sdp == nil {
			sdp = f.sdp
		}
	}
	l.allows = allowOf(res, allows)
	switch {
	case f != nil && others == f && (f.bound || bytes.Equal(sdp, f.sdp)):
		return nil, true
	case sdp == nil:
		return nil, others == nil
	}
	return sdp, true
}

// allowOf is the Allow of a message, or what was known before if it has none.
func allowOf(m message, before []string) []string {
	if v := headerValues(m, "Allow"); len(v) > 0 {
		return v
	}
	return before
}
