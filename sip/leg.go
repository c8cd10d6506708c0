package sip

import (
	"errors"
	"net/netip"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// legState is how far the INVITE of a call has come.
type legState int

const (
	calling  legState = iota // our INVITE has no final response
	offered                  // their INVITE has no final response
	accepted                 // we sent 200 and wait for the ACK
	up                       // the dialog is confirmed
	leaving                  // our BYE is under way
	gone                     // RemoteEnded was told
)

// leg is our end of one call: its INVITE, its dialog and what is being negotiated in it. It lives on the owner's
// goroutine. After gone it still answers late messages of its transactions.
type leg struct {
	u       *UA
	id      call.ID
	account *account
	binding *binding       // whose flow it is on
	link    *link          // that flow, or the last there was
	user    string         // of our Contact
	told    whereabouts    // where the far end has heard that we are
	silent  netip.AddrPort // the first proxy of its route set, once that did not answer; invalid: it does
	state   legState
	ours    bool // we called
	dlg     dialog

	// An INVITE of ours.
	invite     *exchange
	progressed *sipmsg.Request         // the INVITE a provisional response came for: it may be cancelled
	giveUp     bool                    // End came before a final response
	cancelSent bool                    // CANCEL is on the wire
	stopWait   func()                  // the timer of a CANCEL without an end
	acks       map[ack]*sipmsg.Request // by To tag and CSeq: what is sent again when a 2xx comes again
	forks      []*fork                 // its early dialogs
	heard      *fork                   // the one whose answer is in force; nil: none
	called     sipmsg.Uri              // whom the agent called
	place      []sipmsg.Header         // whose place the call shall take, and who asked for it
	places     elsewhere               // where the call was sent instead

	// An INVITE of theirs.
	tag       string
	uas       *sipmsg.ServerTx
	first     *sipmsg.Request
	offerless bool // the INVITE had no SDP: the answer comes in the ACK
	hangAfter bool // End came before the ACK: BYE follows it
	twoxx     *insisting
	confirms  bool     // the 180 is repeated until a PRACK confirms it
	rings     *ringing // that 180, nil if it was not sent

	// What the far end takes.
	allows []string    // its Allow, once the dialog is confirmed
	far    call.FarEnd // what was told of it

	digits   string // still to be sent by INFO
	dialling bool   // one of them is under way

	session talk // how it is known that the far end is still there

	// Offers during the call (RFC 3261 §14, RFC 3311).
	reinvite     *exchange // ours
	tries        int       // how often ours was in the way of something
	offer        []byte    // ours, for the repetition
	queued       []byte    // the next one of ours, behind a refresh of the session or an ACK
	late         *[]byte   // the answer of a 2xx that overtook the end of an UPDATE of ours
	stopGlare    func()
	stopReinvite func()   // the timer of one of ours that is answered by 1xx only
	backedOff    bool     // ours met glare and waits to be tried again
	theirs       *request // theirs, waiting for AnswerOffer or RefuseOffer
	parked       *request // theirs, waiting for the ACK it overtook
	stopPark     func()

	// Transfers (RFC 3515).
	refers   []*referring // ours, oldest first: at most one, and those that were taken back
	settled  []string     // the ids of those that are over
	referral *referral    // theirs
	asker    *leg         // the call whose far end asked for this one
}

// ack names the 2xx an ACK is for.
type ack struct {
	tag string
	seq uint32
}

// request is a request of theirs that waits for an answer.
type request struct {
	req  *sipmsg.Request
	tx   *sipmsg.ServerTx
	sdp  []byte
	dlg  *dialog // it belongs to
	fork *fork   // the same, of an early one
	void bool    // they have cancelled it
}

// newLeg is a call that has not begun.
func newLeg(u *UA, id call.ID, a *account) *leg {
	return &leg{
		u: u, id: id, account: a, acks: map[ack]*sipmsg.Request{}, stopWait: func() {}, stopGlare: func() {}, stopReinvite: func() {}, session: newTalk(),
	}
}

// over tells the end, once, and forgets the call.
func (l *leg) over(r call.Reason) {
	if l.state == gone {
		return
	}
	l.state = gone
	l.stopWait()
	l.stopGlare()
	l.stopReinvite()
	l.session.stop()
	l.hush()
	if l.twoxx != nil {
		l.twoxx.stop()
	}
	for _, r := range []*request{l.theirs, l.parked} {
		if r != nil {
			l.reply(r.req, r.tx, 487)
		}
	}
	if l.parked != nil {
		l.stopPark()
	}
	l.theirs, l.parked = nil, nil
	for _, r := range l.refers {
		r.stop()
	}
	l.failedFor(r)
	if id := l.dlg.callID; id != "" { // late messages of it are still answered for as long as they may be repeated
		l.u.after(64*l.u.cfg.T1, func() { l.u.gate.forget(id) })
	}
	delete(l.u.legs, l.id)
	delete(l.u.dialogs, l.dlg.key())
	l.u.spare(l.link)
	l.u.cfg.Log.Info("call over", "call", string(l.id), "cause", string(r.Cause), "status", r.Status)
	l.u.happened(l.id, call.RemoteEnded{Reason: r})
}

// tell passes an event of a call that is not over.
func (l *leg) tell(e call.Event) {
	switch e := e.(type) {
	case call.RemoteProgress:
		l.session.heard(e.SDP)
	case call.RemoteAnswered:
		l.session.heard(e.SDP)
	case call.Refreshed:
		l.session.heard(e.SDP)
	case call.OfferAnswered:
		l.session.heard(e.SDP)
	}
	if l.state != gone {
		l.u.happened(l.id, e)
	}
}

// adopt makes dlg the dialog of this call.
func (l *leg) adopt(d dialog) {
	l.dlg = d
	l.u.dialogs[d.key()] = l
	l.u.gate.meet(d.callID, d.hops()...)
}

// refresh takes a new target of a dialog from a request of theirs or the 2xx to one of ours.
func (l *leg) refresh(d *dialog, m message) {
	if d != nil {
		d.refresh(m)
		l.u.gate.meet(d.callID, d.hops()...)
	}
}

// awaitFrom lets the new target that a request names speak before the request has its 2xx: who has that may speak from there at once.
func (l *leg) awaitFrom(d *dialog, req *sipmsg.Request) {
	if uri := firstContact(req); d != nil && uri != nil {
		if ip, ok := hostLiteral(*uri); ok {
			l.u.gate.meet(d.callID, ip)
		}
	}
}

// inDialog sends a request within the dialog and follows its challenges.
func (l *leg) inDialog(method sipmsg.RequestMethod, sdp []byte, done func(*exchange, *sipmsg.Response, error)) *exchange {
	return l.in(&l.dlg, method, sdp, done)
}

// in does the same for a dialog that may be another phone's (RFC 3261 §13.2.2.4).
func (l *leg) in(d *dialog, method sipmsg.RequestMethod, sdp []byte, done func(*exchange, *sipmsg.Response, error)) *exchange {
	return l.inWith(d, method, func(req *sipmsg.Request) { setSDP(req, sdp) }, done)
}

// inWith does it for a request with whatever fill puts into it.
func (l *leg) inWith(d *dialog, method sipmsg.RequestMethod, fill func(*sipmsg.Request), done func(*exchange, *sipmsg.Response, error)) *exchange {
	f, u := l.way(), l.u
	req := d.request(method)
	switch method {
	case sipmsg.INVITE, sipmsg.UPDATE: // they may change where we are, and refresh the session
		req.AppendHeader(l.contact())
		u.describe(req)
		if l.state == up {
			l.timed(req)
		}
	case sipmsg.REFER, sipmsg.NOTIFY: // these change where we are
		req.AppendHeader(l.contact())
		u.sign(req)
	default:
		u.sign(req)
	}
	fill(req)
	to := l.hop(f, d)
	f.address(req, to)
	x := &exchange{account: l.binding.account, link: f, req: req, nextSeq: func() uint32 {
		d.localSeq++
		return d.localSeq
	}}
	if len(d.routes) > 0 {
		x.detour = func() *link {
			if over := l.state == leaving || l.state == gone; over && method != sipmsg.BYE {
				return nil // nobody wants it any more
			}
			return l.detour(to)
		}
	}
	x.done = func(res *sipmsg.Response, err error) {
		if err == nil && !absent(res.StatusCode, wondering, true) {
			l.session.missed = false // whoever answers is alive
		}
		done(x, res, err)
	}
	return x
}

// bye ends the dialog and then tells why. The answer to BYE does not matter: the call is over (RFC 3261 §15.1.1). A 100
// on the way is no answer; a challenge is answered. A far end that is gone is not waited for.
func (l *leg) bye(r call.Reason) {
	l.state = leaving
	l.stopGlare()
	l.session.stop()
	l.farewell(r, time.Now().Add(64*l.u.cfg.T1))
	if r.Cause == call.Lost {
		l.over(r)
	}
}

// farewell sends BYE. One that meets a broken connection is sent again over the next one, until it is too late; here the call is over.
// A proxy is not waited for: to hang up twice does no harm.
func (l *leg) farewell(r call.Reason, until time.Time) {
	x := l.inDialog(sipmsg.BYE, nil, func(_ *exchange, _ *sipmsg.Response, err error) {
		if l.state != gone {
			l.over(r)
		}
		if err != nil && !errors.Is(err, sipmsg.ErrTransactionTimeout) && time.Now().Before(until) && !l.u.closing {
			l.u.after(2*l.u.cfg.T1, func() { l.farewell(r, until) })
		}
	})
	x.hurry = 2 * l.u.cfg.T1
	x.start(l.u)
}

// hangup is the End effect, in any state.
func (l *leg) hangup(status int) {
	switch l.state {
	case calling:
		l.cancel()
	case offered:
		l.decline(status)
	case accepted:
		l.hangAfter = true // BYE must wait for the ACK (RFC 3261 §15)
	case up:
		l.bye(call.Reason{Cause: call.Completed})
	}
}

// acknowledge sends the ACK for the 2xx to an INVITE and keeps it for when the 2xx comes again. The server gets the INVITE's
// credentials with it (RFC 3261 §13.2.2.4); a far end that is reached past the server has no use for them.
func (l *leg) acknowledge(d *dialog, invite *sipmsg.Request) {
	f, seq := l.way(), invite.CSeq().SeqNo
	req, to := d.ack(seq), l.hop(f, d)
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		for _, v := range headerValues(invite, name) {
			if to == f.server {
				req.AppendHeader(sipmsg.NewHeader(name, v))
			}
		}
	}
	l.u.sign(req)
	f.address(req, to)
	of := ack{d.remoteTag(), seq}
	l.acks[of] = req
	l.u.after(64*l.u.cfg.T1, func() { delete(l.acks, of) }) // for so long may its 2xx come again (RFC 6026 §7.2)
	l.u.write(f, req)
}

// reacknowledge answers a repeated 2xx; false if no ACK was ever sent for it.
func (l *leg) reacknowledge(res *sipmsg.Response) bool {
	to, cseq := res.To(), res.CSeq()
	if to == nil || cseq == nil {
		return true // nothing can be done with it
	}
	known, ok := l.acks[ack{tagOf(to.Params), cseq.SeqNo}]
	if ok {
		l.u.write(l.way(), known)
	}
	return ok
}

// lost is the end of a call whose far end is gone.
func lost(detail string) call.Reason { return call.Reason{Cause: call.Lost, Detail: detail} }

// reply sends a bodiless final or provisional response.
func (l *leg) reply(req *sipmsg.Request, tx *sipmsg.ServerTx, status int) {
	l.u.reply(tx, l.u.respond(req, status, l.tag))
}

// insisting repeats a 2xx until its ACK comes (RFC 3261 §13.3.1.4), over every transport.
type insisting struct {
	seq   uint32 // CSeq of the INVITE
	offer bool   // the 2xx carries an offer: the ACK must bring the answer
	stop  func()
}

// insist sends res now and again. lost is called when 64*T1 pass without an ACK.
func (u *UA) insist(tx *sipmsg.ServerTx, res *sipmsg.Response, lost func()) *insisting {
	n := &insisting{seq: res.CSeq().SeqNo}
	interval := u.cfg.T1
	deadline := time.Now().Add(64 * u.cfg.T1)
	var repeat func()
	repeat = func() {
		if !time.Now().Before(deadline) {
			lost()
			return
		}
		tx.Respond(res) // the first one was checked; a repetition that fails is the peer's to miss
		interval = min(2*interval, 8*u.cfg.T1)
		n.stop = u.after(min(interval, time.Until(deadline)+time.Millisecond), repeat)
	}
	n.stop = u.after(interval, repeat)
	return n
}
