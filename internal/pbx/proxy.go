package pbx

import (
	"context"

	sipmsg "github.com/emiago/sipgo/sip"
)

// passOn is the request as it leaves towards b (RFC 3261 §16.6): one hop less, our Record-Route and Via on top, our Route
// gone. The second result is the branch we gave it.
func (s *Server) passOn(req *sipmsg.Request, b binding) (*sipmsg.Request, string) {
	out := req.Clone()
	out.Recipient = *b.contact.Clone()
	if h := out.MaxForwards(); h != nil && h.Val() > 0 {
		h.Dec()
	}
	for range out.GetHeaders("Route") {
		out.RemoveHeader("Route") // the lab is the only proxy there is
	}
	out.RemoveHeader("Proxy-Authorization")
	if req.Method == sipmsg.INVITE {
		uri := sipmsg.Uri{Scheme: "sip", Host: s.Addr().Addr().String(), Port: int(s.Addr().Port()), UriParams: sipmsg.NewParams()}
		uri.UriParams.Add("lr", "")
		out.PrependHeader(&sipmsg.RecordRouteHeader{Address: uri})
	}
	via := s.via(b.network)
	out.PrependHeader(via)
	s.aim(out, b)
	return out, via.Params.GetOr("branch", "")
}

func (s *Server) via(network string) *sipmsg.ViaHeader {
	params := sipmsg.NewParams()
	params.Add("branch", sipmsg.GenerateBranch())
	params.Add("rport", "")
	return &sipmsg.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: network,
		Host: s.Addr().Addr().String(), Port: int(s.Addr().Port()), Params: params,
	}
}

// aim says over which socket a request goes where: UDP from the listening port, TCP over the phone's own connection.
func (s *Server) aim(req *sipmsg.Request, b binding) {
	req.SetTransport(b.network)
	req.SetSource("")
	req.SetDestination(b.source)
	req.Laddr = sipmsg.Addr{}
	if b.network == "UDP" {
		req.Laddr = sipmsg.Addr{IP: s.home.Addr().AsSlice(), Port: int(s.home.Port())} // the socket is known by it
	}
}

// forward is a stateful proxy for one request (RFC 3261 §16). Its goroutine lives as long as the client transaction.
func (s *Server) forward(req *sipmsg.Request, tx *sipmsg.ServerTx, b binding) {
	out, _ := s.passOn(req, b)
	back := func(res *sipmsg.Response) {
		if res.StatusCode == 100 {
			return
		}
		fwd := res.Clone()
		fwd.RemoveHeader("Via")
		fwd.SetTransport(req.Transport())
		fwd.SetDestination(req.Source())
		tx.Respond(fwd)
	}
	if req.IsInvite() {
		tx.OnCancel(func(cancel *sipmsg.Request) { go s.cancel(out, b, cancel) })
	}
	client, err := s.txs.NewClientTransaction(context.Background(), out)
	if err == nil {
		client.OnRetransmission(back)
		err = client.Init()
	}
	if err != nil {
		s.respond(tx, sipmsg.NewResponseFromRequest(req, 480, "Temporarily Unavailable", nil))
		return
	}
	answered := false
	for {
		select {
		case res := <-client.Responses():
			answered = answered || res.StatusCode >= 200
			back(res)
		case <-client.Done():
			if !answered {
				s.respond(tx, sipmsg.NewResponseFromRequest(req, 408, "Request Timeout", nil))
			}
			return
		}
	}
}

// cancel passes a CANCEL on, with its Reason. why may be nil.
func (s *Server) cancel(invite *sipmsg.Request, b binding, why *sipmsg.Request) {
	req := sipmsg.NewRequest(sipmsg.CANCEL, *invite.Recipient.Clone())
	req.AppendHeader(invite.Via().Clone())
	sipmsg.CopyHeaders("From", invite, req)
	sipmsg.CopyHeaders("To", invite, req)
	sipmsg.CopyHeaders("Call-ID", invite, req)
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sipmsg.CANCEL})
	hops := sipmsg.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	if why != nil {
		sipmsg.CopyHeaders("Reason", why, req)
	}
	req.SetBody(nil)
	s.aim(req, b)
	if tx, err := s.txs.Request(context.Background(), req); err == nil {
		drain(tx, nil)
	}
}

// drain reads a client transaction to its end and returns its final response, nil if none came. early sees every
// provisional response and may be nil.
func drain(tx *sipmsg.ClientTx, early func(*sipmsg.Response)) *sipmsg.Response {
	for {
		select {
		case res := <-tx.Responses():
			if res.StatusCode >= 200 {
				return res
			}
			if early != nil {
				early(res)
			}
		case <-tx.Done():
			return nil
		}
	}
}
