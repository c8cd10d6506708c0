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

// read judges a message: what it hands on parses without error and has the headers a transaction needs (RFC 3261 §8.1.1).
func (s sieve) read(raw []byte, from netip.AddrPort) tidy.Verdict {
	v := s.tidy.Read(raw, from)
	if v.Message != nil && !complete(s.parser, v.Message) {
		return s.tidy.Refuse(raw, from, 400)
	}
	return v
}

// complete reports whether raw parses and has the mandatory headers. A panic of the parser counts as a no.
func complete(parser *sipmsg.Parser, raw []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	msg, err := parser.ParseSIP(raw)
	if err != nil {
		return false
	}
	via, from, to := msg.Via(), msg.From(), msg.To()
	if via == nil || from == nil || to == nil || msg.CallID() == nil || msg.CSeq() == nil {
		return false
	}
	switch m := msg.(type) {
	case *sipmsg.Request:
		return m.Method == msg.CSeq().MethodName && len(msg.String()) > 0
	case *sipmsg.Response:
		return m.StatusCode >= 100 && m.StatusCode <= 699 && len(msg.String()) > 0
	}
	return false
}
