package transact

import (
	"fmt"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// request carries a request to its transaction, or to the core in a new one.
func (t *Table) request(req *sipmsg.Request, by Way) {
	key := serverKey(req, req.Method)
	switch {
	case key == "":
		return // package tidy lets none of these through
	case req.IsAck():
		t.ack(req)
		return
	case req.IsCancel():
		t.cancel(req, by)
		return
	}
	if s := t.spent(key, req); s != nil {
		s.tx.Terminate()
	}
	if s := t.begin(key, req, by); s != nil {
		s.tx.Receive(req) // says again what was said
	}
}

// begin tells the core of a new request. One that is known already is given back. The core hears of it before anybody can cancel it.
func (t *Table) begin(key string, req *sipmsg.Request, by Way) (again *server) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.servers[key]; s != nil || t.closed {
		return s
	}
	crowd := t.crowd(req)
	if len(t.crowds[crowd]) >= mostOpen {
		t.refuse(key, req, by)
		return nil
	}
	tell := t.core.Request
	if to := req.To(); req.IsInvite() && !to.Params.Has("tag") {
		// The state machine makes its own 487 from the request, whenever it wants: the tag must be on it before anybody answers.
		to.Params.Add("tag", t.core.Tag())
		tell = t.core.Invite
	}
	s := &server{by: &courier{way: by}, crowd: crowd}
	s.tx = sipmsg.NewServerTx(key, req, s.by, t.log)
	if s.tx.Init() != nil {
		return nil
	}
	s.tx.OnTerminate(func(string, error) { t.done(key) })
	if req.IsInvite() {
		s.tx.OnCancel(func(cancel *sipmsg.Request) { t.core.Cancelled(s.tx, cancel) })
	}
	t.servers[key], t.crowds[crowd] = s, append(t.crowds[crowd], s)
	tell(req, s.tx)
	return nil
}

func (t *Table) done(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.servers[key]; s != nil {
		t.leave(s)
	}
	delete(t.servers, key)
}

// known is the transaction of an INVITE that another request means, nil if there is none.
func (t *Table) known(req *sipmsg.Request) *server {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.servers[serverKey(req, sipmsg.INVITE)]
}

// ack is that of a refusal, which its transaction waits for, or that of a 2xx, which has none (RFC 3261 §17). A careless far end gives
// the latter the branch of the INVITE.
func (t *Table) ack(req *sipmsg.Request) {
	if s := t.known(req); s != nil && s.by.refused() {
		s.tx.Receive(req)
		return
	}
	t.core.Ack(req)
}

// cancel answers a CANCEL (RFC 3261 §9.2). One that means no INVITE is refused each time it comes: it needs no transaction.
func (t *Table) cancel(req *sipmsg.Request, by Way) {
	s := t.known(req)
	if s == nil {
		by.Send([]byte(sipmsg.NewResponseFromRequest(req, 481, "Call/Transaction Does Not Exist", nil).String()))
		return
	}
	res := sipmsg.NewResponseFromRequest(req, 200, "OK", nil)
	if tag, ok := s.tx.Origin().To().Params.Get("tag"); ok {
		res.To().Params.Add("tag", tag)
	}
	s.by.WriteMsg(res)
	s.tx.Receive(req)
}

// serverKey is what requests of one transaction have in common (RFC 3261 §17.2.3), with the method that is meant; "" if the request
// lacks what it takes.
func serverKey(req *sipmsg.Request, method sipmsg.RequestMethod) string {
	via, seq, from, id := req.Via(), req.CSeq(), req.From(), req.CallID()
	if via == nil || seq == nil || from == nil || id == nil || req.To() == nil {
		return ""
	}
	branch := via.Params.GetOr("branch", "")
	if after, ok := strings.CutPrefix(branch, sipmsg.RFC3261BranchMagicCookie); ok && after != "" {
		return strings.Join([]string{branch, strings.ToLower(fmt.Sprint(via.Host, ":", via.Port)), string(method)}, " ")
	}
	return strings.Join([]string{via.String(), from.Params.GetOr("tag", ""), id.Value(), strconv.Itoa(int(seq.SeqNo)), string(method)}, " ") // RFC 2543
}

// WayOf is how a request came.
func WayOf(tx *sipmsg.ServerTx) Way {
	if c, ok := tx.Connection().(*courier); ok {
		return c.way
	}
	return nil
}
