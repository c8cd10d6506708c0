package sip

import (
	"errors"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

var (
	errIncomplete = errors.New("the message has no From tag, To tag or Contact")
	errOldCSeq    = errors.New("the request is older than one already seen")
)

// dialog is the state both ends of a call share (RFC 3261 §12): a value without goroutines, timers or sockets.
type dialog struct {
	callID    string
	local     sipmsg.FromHeader // us, with our tag
	remote    sipmsg.ToHeader   // them, with their tag once known
	target    sipmsg.Uri        // where requests go: their Contact
	routes    []sipmsg.Uri      // route set, in the order we send it
	localSeq  uint32            // CSeq of our last request
	remoteSeq uint32            // CSeq of their last request; 0: none yet
}

// uacDialog is the dialog a response to our INVITE makes (RFC 3261 §12.1.2).
func uacDialog(invite *sipmsg.Request, res *sipmsg.Response) (dialog, error) {
	from, to, cseq, id := invite.From(), res.To(), invite.CSeq(), invite.CallID()
	contact := firstContact(res)
	if from == nil || to == nil || cseq == nil || id == nil || contact == nil || tagOf(to.Params) == "" {
		return dialog{}, errIncomplete
	}
	d := dialog{
		callID: id.Value(), local: *cloneFrom(from), remote: *cloneTo(to), target: *contact, localSeq: cseq.SeqNo,
	}
	for _, h := range res.GetHeaders("Record-Route") {
		if r, ok := h.(*sipmsg.RecordRouteHeader); ok {
			d.routes = append([]sipmsg.Uri{*r.Address.Clone()}, d.routes...)
		}
	}
	return d, nil
}

// uasDialog is the dialog an incoming INVITE makes when we answer with tag (RFC 3261 §12.1.1).
func uasDialog(invite *sipmsg.Request, tag string) (dialog, error) {
	from, to, cseq, id := invite.From(), invite.To(), invite.CSeq(), invite.CallID()
	if from == nil || to == nil || cseq == nil || id == nil {
		return dialog{}, errIncomplete
	}
	contact := firstContact(invite)
	if contact == nil && tagOf(from.Params) == "" { // of the time before RFC 3261, when it was optional
		contact = from.Address.Clone()
	}
	if contact == nil {
		return dialog{}, errIncomplete
	}
	us := to.AsFrom()
	us.DisplayName = to.DisplayName
	us.Params = sipmsg.NewParams()
	us.Params.Add("tag", tag)
	them := from.AsTo()
	them.DisplayName = from.DisplayName
	d := dialog{callID: id.Value(), local: us, remote: them, target: *contact, remoteSeq: cseq.SeqNo}
	for _, h := range invite.GetHeaders("Record-Route") {
		if r, ok := h.(*sipmsg.RecordRouteHeader); ok {
			d.routes = append(d.routes, *r.Address.Clone())
		}
	}
	return d, nil
}

// key finds the dialog again: Call-ID and our tag. Our tag is random, so their tag only confirms the match.
func (d *dialog) key() string { return dialogKey(d.callID, tagOf(d.local.Params)) }

func dialogKey(callID, localTag string) string { return callID + "\n" + localTag }

// request makes the next request of the dialog (RFC 3261 §12.2.1.1). The Via is added when it is sent.
func (d *dialog) request(method sipmsg.RequestMethod) *sipmsg.Request {
	d.localSeq++
	return d.build(method, d.localSeq)
}

// ack makes the ACK for a 2xx to the INVITE with this CSeq (RFC 3261 §13.2.2.4): same number, whatever came between.
func (d *dialog) ack(seq uint32) *sipmsg.Request { return d.build(sipmsg.ACK, seq) }

func (d *dialog) build(method sipmsg.RequestMethod, seq uint32) *sipmsg.Request {
	uri, routes := d.target, d.routes
	if len(routes) > 0 && !routes[0].UriParams.Has("lr") {
		// A strict router: it takes the Request-URI, the target goes last.
		uri = routes[0]
		routes = append(append([]sipmsg.Uri{}, routes[1:]...), d.target)
	}
	uri.Headers = nil
	req := sipmsg.NewRequest(method, uri)
	for _, r := range routes {
		req.AppendHeader(&sipmsg.RouteHeader{Address: *r.Clone()})
	}
	id := sipmsg.CallIDHeader(d.callID)
	hops := sipmsg.MaxForwardsHeader(70)
	req.AppendHeader(cloneFrom(&d.local))
	req.AppendHeader(cloneTo(&d.remote))
	req.AppendHeader(&id)
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: seq, MethodName: method})
	req.AppendHeader(&hops)
	return req
}

// nextHop is the URI a request of this dialog is sent to.
func (d *dialog) nextHop() sipmsg.Uri {
	if len(d.routes) > 0 {
		return d.routes[0]
	}
	return d.target
}

// receive checks a request of theirs: its tags and that CSeq grows (RFC 3261 §12.2.2).
func (d *dialog) receive(req *sipmsg.Request) error {
	cseq := req.CSeq()
	if cseq == nil || d.remoteSeq != 0 && cseq.SeqNo <= d.remoteSeq {
		return errOldCSeq
	}
	d.remoteSeq = cseq.SeqNo
	return nil
}

// refresh takes a new remote target from a target refresh request or its 2xx (RFC 3261 §12.2).
func (d *dialog) refresh(m message) {
	if uri := firstContact(m); uri != nil {
		d.target = *uri
	}
}

func (d *dialog) localTag() string  { return tagOf(d.local.Params) }
func (d *dialog) remoteTag() string { return tagOf(d.remote.Params) }

// message is what requests and responses share.
type message interface {
	GetHeaders(name string) []sipmsg.Header
	Body() []byte
}

// firstContact is the first Contact's URI, nil if there is none or it cannot be a target.
func firstContact(m message) *sipmsg.Uri {
	for _, h := range m.GetHeaders("Contact") {
		if c, ok := h.(*sipmsg.ContactHeader); ok && c.Address.Host != "" && !c.Address.Wildcard {
			uri := c.Address.Clone()
			uri.Headers = nil
			return uri
		}
	}
	return nil
}

func tagOf(p sipmsg.HeaderParams) string {
	tag, _ := p.Get("tag")
	return tag
}

func cloneFrom(h *sipmsg.FromHeader) *sipmsg.FromHeader {
	return &sipmsg.FromHeader{DisplayName: h.DisplayName, Address: *h.Address.Clone(), Params: h.Params.Clone()}
}

func cloneTo(h *sipmsg.ToHeader) *sipmsg.ToHeader {
	return &sipmsg.ToHeader{DisplayName: h.DisplayName, Address: *h.Address.Clone(), Params: h.Params.Clone()}
}

// headerValue is the text of the first header with this name or its compact form, empty if there is none.
func headerValue(m message, names ...string) string {
	for _, name := range names {
		if hs := m.GetHeaders(name); len(hs) > 0 {
			return strings.TrimSpace(hs[0].Value())
		}
	}
	return ""
}

func headerValues(m message, name string) []string {
	var out []string
	for _, h := range m.GetHeaders(name) {
		out = append(out, h.Value())
	}
	return out
}
