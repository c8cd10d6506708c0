package sip

import (
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// options answers a sign of life outside calls, unless an extension is required that nobody here knows (RFC 3261 §8.2.2.3).
func (u *UA) options(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	status := 200
	if len(unsupported(req)) > 0 {
		status = 420
	}
	u.reply(tx, u.respond(req, status, token(6)))
}

// acceptsSDP reports whether a caller takes a session description for an answer; one that does not say does (RFC 3261 §20.1).
func acceptsSDP(req *sipmsg.Request) bool {
	values := headerValues(req, "Accept")
	for _, v := range values {
		for one := range strings.SplitSeq(v, ",") {
			kind, _, _ := strings.Cut(strings.ToLower(one), ";")
			switch strings.TrimSpace(kind) {
			case sdpType, "application/*", "*/*":
				return true
			}
		}
	}
	return len(values) == 0
}
