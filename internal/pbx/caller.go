package pbx

import (
	"context"
	"fmt"

	sipmsg "github.com/emiago/sipgo/sip"
)

// CallOptions say who calls whom and what they say.
type CallOptions struct {
	User       string // a registered user
	FromName   string // display name, may be empty
	FromNumber string // empty means +12025550142
	Play       Play   // what the caller sends once answered
	NoOffer    bool   // send no description: the phone makes the offer

	place *replaces        // the call of the user's whose place this one takes; nil: none
	early func(status int) // sees every provisional response; nil: nobody
}

// CallUser lets a scripted caller ring a registered user. It returns at once; Leg.Wait tells what became of it.
func (s *Server) CallUser(ctx context.Context, o CallOptions) (*Leg, error) {
	b, ok := s.lookup(o.User)
	if !ok {
		return nil, fmt.Errorf("the user %q is not registered", o.User)
	}
	if o.FromNumber == "" {
		o.FromNumber = "+12025550142"
	}
	l, err := s.newLeg(o.User, o.Play)
	if err != nil {
		return nil, err
	}
	l.user, l.callID, l.contact, l.peer = o.FromNumber, sipmsg.GenerateTagN(20), b.contact, b
	host := s.Addr().String()
	l.local = fmt.Sprintf("<sip:%s@%s>", o.FromNumber, host)
	if o.FromName != "" {
		l.local = fmt.Sprintf("%q %s", o.FromName, l.local)
	}
	l.remote = fmt.Sprintf("<sip:%s@%s>", o.User, host)
	req := l.request(sipmsg.INVITE, l.nextSeq())
	if !o.NoOffer {
		attach(req, writeSDP(l.media.local, 1, "sendrecv", nil))
	}
	if o.place != nil {
		req.AppendHeader(sipmsg.NewHeader("Replaces", o.place.String()))
		req.AppendHeader(sipmsg.NewHeader("Require", "replaces"))
	}
	l.invite = req
	l.enlist()
	tx, err := s.txs.NewClientTransaction(ctx, req)
	if err != nil {
		l.close(err.Error())
		return nil, err
	}
	tx.OnRetransmission(func(res *sipmsg.Response) { l.confirm(res, o) })
	if err := tx.Init(); err != nil {
		tx.Terminate()
		l.close(err.Error())
		return nil, err
	}
	s.work.Go(func() { l.follow(tx, o) })
	return l, nil
}

// AnsweredElsewhere takes a ringing call of the lab's away, as if another phone had answered it (RFC 3326). It returns once
// the phone agreed.
func (l *Leg) AnsweredElsewhere(ctx context.Context) error {
	l.s.mu.Lock()
	invite := l.invite
	l.s.mu.Unlock()
	if invite == nil {
		return fmt.Errorf("the call to %q does not ring", l.number)
	}
	why := sipmsg.NewRequest(sipmsg.CANCEL, l.contact)
	why.AppendHeader(sipmsg.NewHeader("Reason", `SIP;cause=200;text="Call completed elsewhere"`))
	go l.s.cancel(invite, l.peer, why)
	return l.Wait(ctx, Over)
}

// follow waits for the answer to the lab's INVITE.
func (l *Leg) follow(tx *sipmsg.ClientTx, o CallOptions) {
	res := drain(tx, func(res *sipmsg.Response) {
		if o.early != nil {
			o.early(res.StatusCode)
		}
	})
	if res == nil {
		l.close("the phone did not answer the INVITE")
		return
	}
	if res.StatusCode >= 300 {
		l.s.mu.Lock()
		l.status = res.StatusCode
		l.s.mu.Unlock()
		l.close(res.Reason)
		return
	}
	d := parseSDP(string(res.Body()))
	l.s.mu.Lock()
	l.invite, l.remoteTag = nil, tagOf(res.To().Params)
	if c := res.Contact(); c != nil {
		l.contact = *c.Address.Clone()
	}
	l.s.mu.Unlock()
	l.agree(d)
	l.media.start()
	l.confirm(res, o)
	l.set(Established, "")
}

// confirm sends the ACK, again for every repeated 2xx.
func (l *Leg) confirm(res *sipmsg.Response, o CallOptions) {
	ack := l.request(sipmsg.ACK, res.CSeq().SeqNo)
	if d := parseSDP(string(res.Body())); o.NoOffer && len(res.Body()) > 0 {
		attach(ack, writeSDP(l.media.local, 1, d.mirrored(), &d))
	}
	l.s.layer.WriteMsg(ack)
}
