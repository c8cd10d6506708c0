package pbx

import (
	"context"
	"fmt"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// longestRing is how long who was passed on waits for an answer.
const longestRing = time.Minute

// refer has the lab's party call whom REFER names (RFC 3515): a number of the lab or a user, or one of
// them in another call of the phone's (RFC 5589 §7).
func (l *Leg) refer(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	var to sipmsg.Uri
	params := sipmsg.NewParams()
	h := req.GetHeader("Refer-To")
	if h == nil {
		l.s.respond(tx, l.response(req, 400, "Missing Refer-To"))
		return
	}
	_, err := sipmsg.ParseAddressValue(h.Value(), &to, &params)
	place, ok := placeIn(to)
	if err != nil || to.User == "" || !ok {
		l.s.respond(tx, l.response(req, 405, "Method Not Allowed"))
		return
	}
	l.s.respond(tx, l.response(req, 202, "Accepted"))
	tell := func(status int) { l.notify(req.CSeq().SeqNo, status) }
	l.s.work.Go(func() {
		tell(100)
		if place != nil {
			tell(l.joinElsewhere(to.User, *place, tell))
			return
		}
		tell(l.callElsewhere(to.User, tell))
	})
}

// callElsewhere calls a number and returns the status the call came to.
func (l *Leg) callElsewhere(number string, tell func(status int)) int {
	if _, known := l.s.cfg.Users[number]; known {
		return l.callUser(number, nil, tell)
	}
	p, ok := planFor(number)
	switch {
	case !ok:
		return 404
	case p.status != 0:
		return p.status
	case p.ring > 0:
		tell(180)
	}
	// Both ends would be the lab's own from here on: nobody hears them.
	select {
	case <-time.After(min(p.ring, longestRing)):
	case <-l.s.stopped:
	}
	if !p.answer {
		return 480
	}
	return 200
}

// callUser calls a user's phone and returns the status that came to. place, if any, is the call whose place it takes there.
func (l *Leg) callUser(user string, place *replaces, tell func(status int)) int {
	ctx, cancel := context.WithTimeout(context.Background(), longestRing) // the server's end ends it sooner
	defer cancel()
	var from sipmsg.Uri
	params := sipmsg.NewParams()
	if _, err := sipmsg.ParseAddressValue(l.local, &from, &params); err != nil {
		return 500
	}
	next, err := l.s.CallUser(ctx, CallOptions{User: user, FromNumber: from.User, Play: l.play, place: place, early: func(status int) {
		if status > 100 {
			tell(status)
		}
	}})
	if err != nil {
		return 480 // not registered
	}
	if err := next.Wait(ctx, Established); err != nil {
		l.s.work.Go(func() { next.Hangup(context.Background()) })
		return 408
	}
	if _, status := next.Why(); status != 0 {
		return status
	}
	if next.State() == Over {
		return 487
	}
	return 200
}

// notify tells whoever asked for it how far the call has come (RFC 3515 §2.4.5).
func (l *Leg) notify(id uint32, status int) {
	req := l.request(sipmsg.NOTIFY, l.nextSeq())
	req.AppendHeader(sipmsg.NewHeader("Event", fmt.Sprintf("refer;id=%d", id)))
	state := "active;expires=60"
	if status >= 200 {
		state = "terminated;reason=noresource"
	}
	req.AppendHeader(sipmsg.NewHeader("Subscription-State", state))
	req.AppendHeader(sipmsg.NewHeader("Content-Type", "message/sipfrag;version=2.0"))
	req.SetBody(fmt.Appendf(nil, "SIP/2.0 %d Told By The Lab\r\n", status))
	if tx, err := l.s.txs.Request(context.Background(), req); err == nil {
		drain(tx, nil)
	}
}
