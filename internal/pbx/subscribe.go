package pbx

import (
	"context"
	"fmt"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// subscribe takes a subscription to one of the users, and tells once for each request, as servers do that have little to say: nothing
// of calls (an empty NOTIFY), and of presence whether the user's phone is there.
func (s *Server) subscribe(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	user, event := bareUser(req.To().Value()), ""
	if h := req.GetHeader("Event"); h != nil {
		event = strings.TrimSpace(h.Value())
	}
	if _, known := s.cfg.Users[user]; !known || req.Contact() == nil || event != "dialog" && event != "presence" {
		s.respond(tx, sipmsg.NewResponseFromRequest(req, 489, "Bad Event", nil))
		return
	}
	expires := "0"
	if h := req.GetHeader("Expires"); h != nil {
		expires = h.Value()
	}
	l := &Leg{s: s, user: user, callID: req.CallID().Value(), localTag: tagOf(req.To().Params), remoteTag: tagOf(req.From().Params),
		local: bare(req.To().Value()), remote: bare(req.From().Value()), contact: *req.Contact().Address.Clone(),
		peer: binding{network: req.Transport(), source: req.Source()}}
	if l.localTag == "" {
		l.localTag = sipmsg.GenerateTagN(12)
		req.To().Params.Add("tag", l.localTag)
	}
	res := l.response(req, 200, "OK")
	res.AppendHeader(sipmsg.NewHeader("Expires", expires))
	s.respond(tx, res)
	s.work.Go(func() { l.tell(req.CSeq().SeqNo, event, expires) })
}

// tell sends the NOTIFY of a subscription. Its number is that of the SUBSCRIBE, which goes up too.
func (l *Leg) tell(seq uint32, event, expires string) {
	req := l.request(sipmsg.NOTIFY, seq)
	req.AppendHeader(sipmsg.NewHeader("Event", event))
	state := "active;expires=" + expires
	if expires == "0" {
		state = "terminated;reason=timeout"
	}
	req.AppendHeader(sipmsg.NewHeader("Subscription-State", state))
	if event == "presence" {
		basic := "closed"
		if l.s.Registered(l.user) {
			basic = "open"
		}
		req.AppendHeader(sipmsg.NewHeader("Content-Type", "application/pidf+xml"))
		req.SetBody(fmt.Appendf(nil, `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:%s@%s"><tuple id="a"><status><basic>%s</basic></status></tuple></presence>`,
			l.user, l.s.Addr(), basic))
	}
	if tx, err := l.s.txs.Request(context.Background(), req); err == nil {
		drain(tx, nil)
	}
}

// bareUser is the user of a From or To value.
func bareUser(v string) string {
	var uri sipmsg.Uri
	params := sipmsg.NewParams()
	if _, err := sipmsg.ParseAddressValue(v, &uri, &params); err != nil {
		return ""
	}
	return uri.User
}
