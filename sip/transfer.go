package sip

import (
	"fmt"
	"slices"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// fragType is what NOTIFY tells about a REFER in (RFC 3515 §2.4.5).
const fragType = "message/sipfrag;version=2.0"

// referPatience is how long, in T1, a transfer may take before the call is ours again: 3 minutes, more than anybody lets a phone ring.
const referPatience = 360

// referring is a REFER of ours that the far end follows.
type referring struct {
	by    *exchange
	back  bool   // the agent has taken the call back
	taken bool   // the far end has accepted it
	name  string // the id its NOTIFYs have; empty: none had one yet
	stop  func() // of the patience
}

// referral is a REFER of theirs that waits for the agent, or for the call it asked for.
type referral struct {
	event string // of its NOTIFY
	quiet bool   // they want no NOTIFY (RFC 4488)
	to    referTo
	by    string // Referred-By, as it came
	told  int    // the last status told
}

// refer is the Refer effect.
func (l *leg) refer(e call.Refer) {
	to, err := l.u.referTarget(l, e)
	if err != nil || l.state != up || slices.ContainsFunc(l.refers, func(r *referring) bool { return !r.back }) {
		l.tell(call.TransferFailed{Reason: call.Reason{Cause: call.Failed, Detail: "the call cannot be passed on now"}})
		return
	}
	r := &referring{}
	r.by = l.inWith(&l.dlg, sipmsg.REFER, func(req *sipmsg.Request) {
		req.AppendHeader(sipmsg.NewHeader("Refer-To", to.String()))
		req.AppendHeader(sipmsg.NewHeader("Referred-By", "<"+l.account.aor()+">"))
		req.SetBody(nil)
	}, func(_ *exchange, res *sipmsg.Response, err error) {
		if slices.Contains(l.refers, r) { // else a NOTIFY was faster
			l.referred(r, res, err)
		}
	})
	r.stop = l.u.after(referPatience*l.u.cfg.T1, func() {
		l.referFailed(r, call.Reason{Cause: call.Failed, Detail: "the far end did not say how it went"})
	})
	l.refers = append(l.refers, r)
	r.by.start(l.u)
}

// forsake is the Forsake effect. A REFER cannot be called back, and with its subscription the word would go that it has arrived all
// the same: it is left to itself, and only that word is passed on.
func (l *leg) forsake() {
	for _, r := range l.refers {
		r.back = true
	}
}

// referTarget says whom a REFER names: a number, or the far end of another call in our place.
func (u *UA) referTarget(l *leg, e call.Refer) (referTo, error) {
	if e.Other == "" {
		uri, err := targetURI(e.Target, l.account)
		return referTo{uri: uri}, err
	}
	o := u.legs[e.Other]
	if o == nil || o.state != up {
		return referTo{}, errReferTo
	}
	r := replaces{callID: o.dlg.callID, to: o.dlg.remoteTag(), from: tagOf(o.dlg.local.Params)}
	to := referTo{uri: *o.dlg.target.Clone(), replaces: &r}
	to.uri.Headers = nil
	return to, nil
}

// referred is the answer to our REFER. What it came to is told by NOTIFY.
func (l *leg) referred(r *referring, res *sipmsg.Response, err error) {
	if err != nil || res.StatusCode >= 300 && !r.by.old(res) {
		l.referFailed(r, reasonOf(res, err, l.link.name))
		return
	}
	r.taken = true
	l.referGoes(r, 100)
}

// referGoes is a transfer under way.
func (l *leg) referGoes(r *referring, status int) {
	if !r.back {
		l.tell(call.TransferProgress{Status: status})
	}
}

// referFailed is a transfer that came to nothing.
func (l *leg) referFailed(r *referring, why call.Reason) {
	l.referOver(r)
	if !r.back {
		l.tell(call.TransferFailed{Reason: why})
	}
}

func (l *leg) referOver(r *referring) {
	r.stop()
	l.settled = append(l.settled, r.id())
	if r.name != "" {
		l.settled = append(l.settled, r.name)
	}
	l.refers = slices.DeleteFunc(l.refers, func(x *referring) bool { return x == r })
}

// id is how a NOTIFY names the REFER it is about (RFC 3515 §2.4.6).
func (r *referring) id() string { return fmt.Sprint(r.by.req.CSeq().SeqNo) }

// referOf finds the REFER of ours that a NOTIFY is about, nil if there is none. Of several each has its CSeq as id, or one that a server
// between has made its own: that is of the oldest that has none yet. What is over says its end once more.
func (l *leg) referOf(params string) *referring {
	id := ""
	for p := range strings.SplitSeq(params, ";") {
		if name, value, _ := strings.Cut(p, "="); strings.EqualFold(strings.TrimSpace(name), "id") {
			id = strings.TrimSpace(value)
		}
	}
	switch {
	case len(l.refers) == 0:
		return nil
	case id == "":
		return l.unnamed()
	}
	i := slices.IndexFunc(l.refers, func(r *referring) bool { return r.id() == id || r.name == id })
	if i < 0 && slices.Contains(l.settled, id) {
		return nil
	}
	if i < 0 {
		i = max(0, slices.IndexFunc(l.refers, func(r *referring) bool { return r.name == "" }))
	}
	l.refers[i].name = id
	return l.refers[i]
}

// unnamed is the REFER that a NOTIFY without an id is about. Only the first of a call may be without, but some far ends never have
// one: the newest that they have accepted, and not named at once, as they would.
func (l *leg) unnamed() *referring {
	for _, r := range slices.Backward(l.refers) {
		if r.taken && r.name == "" {
			return r
		}
	}
	return l.refers[0]
}

// notified is a NOTIFY within the call: of a REFER, or one that only keeps the way open.
func (l *leg) notified(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	event, params, _ := strings.Cut(headerValue(req, "Event", "o"), ";")
	if !strings.EqualFold(strings.TrimSpace(event), "refer") {
		l.reply(req, tx, notifyStatus(req))
		return
	}
	l.reply(req, tx, 200)
	r := l.referOf(params)
	if r == nil {
		return
	}
	status, phrase := sipfrag(req.Body())
	state := strings.ToLower(headerValue(req, "Subscription-State"))
	switch {
	case status >= 200 && status < 300:
		l.referOver(r)
		l.tell(call.TransferDone{TakenBack: r.back})
	case status >= 300:
		l.referFailed(r, call.FromStatus(status, phrase))
	case strings.HasPrefix(state, "terminated"):
		l.referFailed(r, call.Reason{Cause: call.Failed, Detail: "the far end did not say how it went"})
	case status > 0:
		l.referGoes(r, status)
	}
}

// asked is a REFER of theirs (RFC 3515 §2.4.2).
func (l *leg) asked(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	values := append(headerValues(req, "Refer-To"), headerValues(req, "r")...)
	to, err := referTo{}, errReferTo
	if len(values) == 1 {
		to, err = parseReferTo(values[0])
	}
	switch {
	case err != nil:
		l.reply(req, tx, 400)
		return
	case l.state != up || l.referral != nil:
		l.reply(req, tx, 491)
		return
	}
	r := &referral{event: fmt.Sprintf("refer;id=%d", req.CSeq().SeqNo), to: to}
	r.quiet = strings.EqualFold(headerValue(req, "Refer-Sub"), "false")
	r.by = clean(headerValue(req, "Referred-By", "b"), 512)
	res := l.u.respond(req, 202, l.tag)
	l.way()
	res.AppendHeader(l.contact())
	if r.quiet {
		res.AppendHeader(sipmsg.NewHeader("Refer-Sub", "false"))
	}
	l.u.reply(tx, res)
	l.referral = r
	l.report(100, "Trying")
	l.u.sink(call.Asked{ID: l.id, Target: l.account.targetOf(to.uri), Joins: to.replaces != nil, By: l.referrer(r.by)})
}

// referrer is who asks, as Referred-By names them.
func (l *leg) referrer(by string) call.Party {
	var from sipmsg.FromHeader
	params := sipmsg.NewParams()
	name, err := sipmsg.ParseAddressValue(by, &from.Address, &params)
	if by == "" || err != nil {
		return call.Party{}
	}
	from.DisplayName = name
	return partyFrom(&from)
}

// report tells the far end how the call it asked for goes; a final status ends the telling.
func (l *leg) report(status int, phrase string) {
	r := l.referral
	if r == nil {
		return
	}
	if status >= 200 {
		l.referral = nil
	}
	if r.quiet || r.told == status || l.state != up {
		return
	}
	r.told = status
	l.notify(r.event, status, phrase, func() {
		// What we said next overtook it, on the way or in the far end: how it ended must not get lost.
		l.notify(r.event, status, phrase, func() {})
	})
}

// notify sends a status; overtaken is told if the far end refuses a last one as out of order (RFC 3261 §12.2.2).
func (l *leg) notify(event string, status int, phrase string, overtaken func()) {
	x := l.inWith(&l.dlg, sipmsg.NOTIFY, func(req *sipmsg.Request) {
		state := "active;expires=180"
		if status >= 200 {
			state = "terminated;reason=noresource"
		}
		req.AppendHeader(sipmsg.NewHeader("Event", event))
		req.AppendHeader(sipmsg.NewHeader("Subscription-State", state))
		req.AppendHeader(sipmsg.NewHeader("Content-Type", fragType))
		req.SetBody([]byte(fmt.Sprintf("SIP/2.0 %d %s\r\n", status, phrase)))
	}, func(_ *exchange, res *sipmsg.Response, err error) {
		if err == nil && res.StatusCode == 500 && status >= 200 && l.state == up {
			overtaken()
		}
	})
	x.start(l.u)
}

// stay is the Stay effect.
func (l *leg) stay() { l.report(603, phrase(603)) }

// forward is the Forward effect: an unanswered call goes elsewhere (RFC 3261 §21.3).
func (l *leg) forward(target string) {
	if l.state != offered {
		return
	}
	uri, err := targetURI(target, l.account)
	if err != nil {
		l.decline(480)
		return
	}
	res := l.u.respond(l.first, 302, l.tag)
	res.AppendHeader(&sipmsg.ContactHeader{Address: uri, Params: sipmsg.NewParams()})
	if l.conclude(res) {
		l.over(call.Reason{Cause: call.Forwarded, Status: 302})
	}
}

// replaced finds the call whose place an INVITE takes (RFC 3891 §3), or the status that refuses it. Without a Replaces header
// both are nothing.
func (u *UA) replaced(req *sipmsg.Request) (call.ID, int) {
	values := headerValues(req, "Replaces")
	if len(values) == 0 {
		return "", 0
	}
	r, err := parseReplaces(values[0])
	if err != nil || len(values) > 1 {
		return "", 400
	}
	l := u.dialogs[dialogKey(r.callID, r.to)]
	switch {
	case l == nil:
		return "", 481
	case l.state == calling: // ours, and not answered: any of the phones that ring may be meant
		return l.id, 0
	case l.dlg.remoteTag() != r.from || l.state == offered:
		return "", 481
	case l.state != up:
		return "", 603
	case r.earlyOnly:
		return "", 486
	}
	return l.id, 0
}

// aor is the account's address of record as a URI.
func (a *account) aor() string {
	uri := a.domain()
	uri.User = a.user
	return uri.String()
}

// targetOf is what is dialled to reach a URI: the number, where it is one of the account's own domain or server.
func (a *account) targetOf(uri sipmsg.Uri) string {
	local := strings.EqualFold(uri.Host, a.host) || slices.ContainsFunc(a.bindings, func(b *binding) bool { return b.link != nil && uri.Host == literal(b.link.server.Addr()) })
	if local && uri.User != "" {
		return percentDecode(uri.User)
	}
	return uri.String()
}

// whom says where a call of ours goes, and the headers a transfer adds: a far end that asked for it named both.
func (l *leg) whom(e call.Invite) (sipmsg.Uri, []sipmsg.Header, error) {
	if e.For == "" {
		uri, err := targetURI(e.Target, l.account)
		return uri, nil, err
	}
	asker := l.u.legs[e.For]
	if asker == nil || asker.referral == nil {
		return sipmsg.Uri{}, nil, errReferTo
	}
	l.asker = asker
	r := asker.referral
	var hs []sipmsg.Header
	if r.to.replaces != nil {
		// Whoever cannot put us through to that call shall refuse, not ring (RFC 3891 §4, RFC 5589 §7).
		hs = append(hs, sipmsg.NewHeader("Replaces", r.to.replaces.String()), sipmsg.NewHeader("Require", "replaces"))
	}
	if r.by != "" {
		hs = append(hs, sipmsg.NewHeader("Referred-By", r.by))
	}
	return r.to.uri, hs, nil
}

// reportFor tells who asked for this call how it goes.
func (l *leg) reportFor(status int, reason string) {
	if l.asker == nil {
		return
	}
	l.asker.report(status, printable(reason))
	if status >= 200 {
		l.asker = nil
	}
}

// failedFor does it for a call that was never answered. After an answer the telling is over.
func (l *leg) failedFor(r call.Reason) {
	if l.asker == nil {
		return
	}
	status := r.Status
	if status < 300 {
		status = 487
		if r.Cause == call.Unreachable {
			status = 503
		}
	}
	l.asker.report(status, phrase(status))
	l.asker = nil
}
