package sip

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/notice"
	"sidetone/sip/softstate"
)

// softExpires is how long a subscription or publication is asked for, in seconds.
const softExpires = 1800

// soft is one subscription or publication of an account: when it is sent is package softstate's, how is here. It lives on the
// owner's goroutine.
type soft struct {
	account *account
	state   softstate.State
	stop    func()    // the timer of a Wait
	hush    func()    // the timer of a Listen
	attempt *exchange // under way
	send    func(fresh bool, expires int) *exchange
	over    func() // the server has nothing of it any more
	doubt   func() // it keeps it and tells nothing
}

func newSoft(a *account) *soft {
	return &soft{account: a, state: softstate.State{Expires: softExpires}, stop: func() {}, hush: func() {}, over: func() {}, doubt: func() {}}
}

// happens lets the state decide, and carries out what it decides.
func (s *soft) happens(e softstate.Event) {
	var act softstate.Action
	s.state, act = s.state.Next(e, rand.Float64)
	switch act := act.(type) { // these leave the timer of a Wait alone
	case softstate.Listen:
		s.hush()
		s.hush = s.account.u.after(act.For, func() { s.happens(softstate.Unheard{}) })
		return
	case softstate.Doubt:
		s.doubt()
		return
	}
	if act != nil || s.state.Phase == softstate.Off || s.state.Phase == softstate.Refused {
		s.stop()
	}
	switch act := act.(type) {
	case softstate.Send:
		s.attempt = s.begin(act.Fresh, s.state.Expires)
	case softstate.Wait:
		s.stop = s.account.u.after(act.For, func() { s.happens(softstate.Due{}) })
	case softstate.Quit:
		s.attempt = s.begin(false, 0)
	}
}

// begin sends a request; only the outcome of the latest counts.
func (s *soft) begin(fresh bool, expires int) *exchange {
	x := s.send(fresh, expires)
	done := x.done
	x.done = func(res *sipmsg.Response, err error) {
		if x != s.attempt {
			return
		}
		s.attempt = nil
		done(res, err)
		s.answered(res, err)
		if s.attempt == nil && s.state.Phase != softstate.Held {
			s.over()
		}
	}
	x.start(s.account.u)
	return x
}

func (s *soft) answered(res *sipmsg.Response, err error) {
	if err != nil {
		s.happens(softstate.Failed{})
		return
	}
	granted := seconds(headerValue(res, "Expires"))
	if granted < 0 {
		granted = s.state.Expires
	}
	s.happens(softstate.Answered{
		Status: res.StatusCode, Granted: granted, Least: seconds(headerValue(res, "Min-Expires")),
		After: time.Duration(max(0, seconds(headerValue(res, "Retry-After")))) * time.Second,
	})
}

// subscription is a SUBSCRIBE of ours and its dialog (RFC 6665 §4.1).
type subscription struct {
	*soft
	event, accept string
	target        sipmsg.Uri
	dlg           dialog
	number        string // that is watched; empty: the own mailbox
	dialogs       notice.Dialogs
	beside        *subscription // to the same colleague's presence, while the server tells nothing of their calls
}

// subscribe makes a subscription; it begins when the account is registered.
func (a *account) subscribe(s *subscription) *subscription {
	s.soft = newSoft(a)
	s.send, s.over, s.doubt = s.request, s.refused, s.alsoPresence
	return s
}

// request makes a SUBSCRIBE: the first of a dialog, or a refresh within it.
func (s *subscription) request(fresh bool, expires int) *exchange {
	a, u, b := s.account, s.account.u, s.account.best()
	if fresh || s.dlg.callID == "" || s.dlg.remoteTag() == "" {
		s.forget()
		s.dlg = dialog{callID: token(12), local: *a.identity(token(6))}
		u.subscriptions[s.dlg.key()] = s
		u.gate.expect(s.dlg.callID)
	}
	s.dlg.localSeq++
	var req *sipmsg.Request
	to := b.link.server
	if s.dlg.remoteTag() == "" {
		req = newRequest(sipmsg.SUBSCRIBE, s.target, cloneFrom(&s.dlg.local), &sipmsg.ToHeader{Address: *s.target.Clone()})
		setCallID(req, s.dlg.callID)
		setCSeq(req, s.dlg.localSeq)
		for _, r := range b.routes {
			req.AppendHeader(sipmsg.NewHeader("Route", r))
		}
	} else {
		req = s.dlg.build(sipmsg.SUBSCRIBE, s.dlg.localSeq)
		to = b.link.hop(s.dlg.nextHop())
	}
	req.AppendHeader(b.contact(b.link, a.user))
	req.AppendHeader(sipmsg.NewHeader("Event", s.event))
	req.AppendHeader(sipmsg.NewHeader("Accept", s.accept))
	req.AppendHeader(sipmsg.NewHeader("Expires", fmt.Sprint(expires)))
	u.sign(req)
	req.SetBody(nil)
	b.link.address(req, to)
	x := &exchange{account: a, link: b.link, req: req, nextSeq: func() uint32 { s.dlg.localSeq++; return s.dlg.localSeq }}
	x.done = func(res *sipmsg.Response, err error) {
		if err != nil || res.StatusCode >= 300 || s.dlg.remoteTag() != "" {
			return
		}
		if d, err := uacDialog(x.req, res); err == nil { // else the NOTIFY makes it
			d.localSeq = s.dlg.localSeq
			s.dlg = d
		}
	}
	return x
}

// refused is what the server keeps nothing of. Where it does not tell of calls it may tell of presence.
func (s *subscription) refused() {
	s.forget()
	if s.state.Phase == softstate.Refused {
		s.alsoPresence()
	}
}

// alsoPresence asks for the presence of a colleague whose calls are not told of (RFC 3856).
func (s *subscription) alsoPresence() {
	if s.event != "dialog" || s.beside != nil {
		return
	}
	s.beside = s.account.subscribe(&subscription{event: "presence", accept: "application/pidf+xml", target: s.target, number: s.number})
	s.beside.happens(softstate.Begin{})
}

// told ends the question for presence: who tells of calls knows better.
func (s *subscription) told() {
	if s.beside != nil {
		s.beside.happens(softstate.End{})
		s.beside.hush()
		s.beside = nil
	}
}

// forget takes the dialog there was out of the books.
func (s *subscription) forget() {
	if s.dlg.callID != "" {
		delete(s.account.u.subscriptions, s.dlg.key())
		s.account.u.gate.forget(s.dlg.callID)
		s.dlg = dialog{}
	}
}

// notified is a NOTIFY of the subscription (RFC 6665 §4.1.3). A SUBSCRIBE that was forked has one dialog, the first that answered or
// told something: two who tell of one phone, or of one mailbox, would contradict each other, so that nobody else is listened to
// (§4.1.2.4, §5.4.9).
func (s *subscription) notified(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	u := s.account.u
	if known, tag := s.dlg.remoteTag(), tagOf(req.From().Params); tag == "" || known != "" && tag != known {
		u.reply(tx, u.respond(req, 481, ""))
		return
	}
	if s.dlg.remoteTag() == "" {
		if d, err := uasDialog(req, tagOf(s.dlg.local.Params)); err == nil {
			d.localSeq, d.remoteSeq = s.dlg.localSeq, 0
			s.dlg = d
		}
	}
	if err := s.dlg.receive(req); err != nil {
		u.reply(tx, u.respond(req, 500, ""))
		return
	}
	u.reply(tx, u.respond(req, 200, ""))
	s.read(req)
	state := strings.ToLower(headerValue(req, "Subscription-State"))
	switch word, params, _ := strings.Cut(state, ";"); strings.TrimSpace(word) {
	case "terminated":
		s.forget()
		s.happens(terminated(params))
		s.lost()
	case "active": // while it is pending there is nothing to tell (RFC 6665 §4.1.3)
		empty := len(req.Body()) == 0
		if s.event == "dialog" {
			s.happens(softstate.Told{Empty: empty})
		}
		if !empty {
			s.told()
		}
	}
}

// terminated reads why a subscription is over, and when it may be asked for again.
func terminated(params string) softstate.Terminated {
	var t softstate.Terminated
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		switch name {
		case "reason":
			t.ForGood = value == "rejected" || value == "noresource"
		case "retry-after":
			t.After = time.Duration(max(0, seconds(value))) * time.Second
		}
	}
	return t
}

// read tells what a NOTIFY says. A body that cannot be read says nothing.
func (s *subscription) read(req *sipmsg.Request) {
	kind, _, _ := strings.Cut(strings.ToLower(headerValue(req, "Content-Type", "c")), ";")
	body := req.Body()
	switch strings.TrimSpace(kind) {
	case "application/simple-message-summary":
		s.account.mailbox(body)
	case "application/dialog-info+xml":
		if d, err := s.dialogs.Apply(body); err == nil && s.number != "" {
			s.dialogs = d
			s.watched(d.State())
		}
	case "application/pidf+xml":
		if state, err := notice.ReadPresence(body); err == nil && s.number != "" {
			s.watched(state)
		}
	}
}

func (s *subscription) watched(state notice.State) {
	s.account.u.sink(call.Watched{Number: s.number, State: string(state)})
}

// lost says that nothing is known any more.
func (s *subscription) lost() {
	s.dialogs = notice.Dialogs{}
	if s.number != "" {
		s.watched(notice.Unknown)
	}
}

// mailbox tells what waits in the account's mailbox.
func (a *account) mailbox(body []byte) {
	if m, err := notice.ReadSummary(body); err == nil {
		a.u.sink(call.Messages{Account: a.conf.ID, Waiting: m.Waiting, New: m.New, Old: m.Old})
	}
}

// unasked is a NOTIFY nobody subscribed to: servers announce messages that way, and keep a path open.
func (u *UA) unasked(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	status := notifyStatus(req)
	u.reply(tx, u.respond(req, status, token(6)))
	if a := u.accountFor(req, tx); status == 200 && a != nil && strings.EqualFold(headerValue(req, "Event", "o"), "message-summary") {
		a.mailbox(req.Body())
	}
}

// follow keeps an account's subscriptions and its publication alive on the present way to the server.
func (a *account) follow() {
	f := a.best().link
	way := fmt.Sprint(f.transport, f.local, f.server)
	if way == a.softWay {
		return
	}
	a.softWay = way
	if a.messages == nil {
		uri := a.domain()
		uri.User = a.user
		a.messages = a.subscribe(&subscription{event: "message-summary", accept: "application/simple-message-summary", target: uri})
	}
	for _, s := range a.softs() {
		s.happens(softstate.Begin{})
	}
}

// softs are all that an account keeps alive at its server.
func (a *account) softs() []*soft {
	var out []*soft
	if a.messages != nil {
		out = append(out, a.messages.soft)
	}
	for _, s := range a.watches {
		out = append(out, s.soft)
		if s.beside != nil {
			out = append(out, s.beside.soft)
		}
	}
	if a.publication != nil {
		out = append(out, a.publication.soft)
	}
	return out
}

// unfollow gives them up.
func (a *account) unfollow() {
	for _, s := range a.softs() {
		if a.best().link.alive() {
			s.happens(softstate.End{})
		}
		s.stop()
		s.hush()
	}
	a.softWay = ""
}

// watchNumbers is the WatchNumbers effect: whose calls shall be told of.
func (u *UA) watchNumbers(e call.WatchNumbers) {
	a := u.accounts[e.Account]
	if a == nil {
		return
	}
	wanted := map[string]bool{}
	for _, n := range e.Numbers {
		wanted[n] = true
		if a.watches[n] != nil {
			continue
		}
		uri, err := targetURI(n, a)
		if err != nil {
			continue
		}
		s := a.subscribe(&subscription{event: "dialog", accept: "application/dialog-info+xml, application/pidf+xml", target: uri, number: n})
		a.watches[n] = s
		if a.softWay != "" {
			s.happens(softstate.Begin{})
		}
	}
	for n, s := range a.watches {
		if !wanted[n] {
			s.happens(softstate.End{})
			s.told()
			delete(a.watches, n)
		}
	}
}
