package sip

import (
	"net/netip"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/sip/tidy"
)

// sieve is what stands between the wire and the library: package tidy, and a look at whether the library takes what came of it.
type sieve struct {
	tidy   tidy.Reader
	parser *sipmsg.Parser
}

// read judges a message: what it hands on parses without error and has the headers a transaction needs (RFC 3261 §8.1.1). Of the
// verdict only the refusal is left.
func (s sieve) read(raw []byte, from netip.AddrPort) (sipmsg.Message, tidy.Verdict) {
	v := s.tidy.Read(raw, from)
	if v.Message == nil {
		return nil, v
	}
	if msg := complete(s.parser, v.Message); msg != nil {
		return msg, tidy.Verdict{}
	}
	return nil, s.tidy.Refuse(raw, from, 400)
}

// complete parses what has the mandatory headers and can be written again, else it gives nil. A panic of the parser counts as a no.
func complete(parser *sipmsg.Parser, raw []byte) (whole sipmsg.Message) {
	defer func() {
		if recover() != nil {
			whole = nil
		}
	}()
	msg, err := parser.ParseSIP(raw)
	if err != nil {
		return nil
	}
	via, from, to := msg.Via(), msg.From(), msg.To()
	if via == nil || from == nil || to == nil || msg.CallID() == nil || msg.CSeq() == nil || msg.String() == "" {
		return nil
	}
	switch m := msg.(type) {
	case *sipmsg.Request:
		if m.Method != msg.CSeq().MethodName {
			return nil
		}
	case *sipmsg.Response:
		if m.StatusCode < 100 || m.StatusCode > 699 {
			return nil
		}
	}
	return msg
}
