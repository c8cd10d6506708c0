package transact

import (
	"fmt"
	"hash/maphash"
	"slices"

	sipmsg "github.com/emiago/sipgo/sip"
)

// mostOpen bounds the requests of theirs of one crowd that are kept at a time, so that no flood takes memory. Over datagrams most are
// kept for 64*T1, in case they come again: of INVITEs no more than eight a second are taken then. What is answered and no INVITE gives
// place to what is new.
const mostOpen = 256

// crowd is what a request competes with for room: the calls that would begin, all else that belongs to no call, all that belong to
// one we do not know, or those of the same call, of which what ends it or confirms its ringing has a place of its own. So a flood
// leaves the calls that are on alone, one of them the others, and no call is kept from beginning or ending by what is neither.
func (t *Table) crowd(req *sipmsg.Request) string {
	id := req.CallID().Value()
	switch {
	case !req.To().Params.Has("tag") && req.IsInvite():
		return "calls"
	case !req.To().Params.Has("tag"):
		return "others"
	case t.core.Known == nil || !t.core.Known(id):
		return "unknown"
	case req.Method == sipmsg.BYE || req.Method == sipmsg.PRACK:
		return "last of " + id
	}
	return "call " + id
}

// spent is whose place a new request takes: the oldest of its crowd that was answered, if there is no other place. nil: nobody's. One
// that comes again after all is taken for new, and refused as old by its dialog.
func (t *Table) spent(key string, req *sipmsg.Request) *server {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.servers[key] != nil {
		return nil
	}
	crowd := t.crowds[t.crowd(req)]
	if len(crowd) < mostOpen {
		return nil
	}
	if i := slices.IndexFunc(crowd, (*server).answered); i >= 0 {
		return crowd[i]
	}
	return nil
}

// answered reports whether a request that is no INVITE has its answer, and is kept only in case it comes again (RFC 3261 §17.2.2).
func (s *server) answered() bool { return !s.tx.Origin().IsInvite() && s.by.answered() }

// leave gives a place back.
func (t *Table) leave(s *server) {
	rest := slices.DeleteFunc(t.crowds[s.crowd], func(o *server) bool { return o == s })
	if t.crowds[s.crowd] = rest; len(rest) == 0 {
		delete(t.crowds, s.crowd)
	}
}

// refuse answers a request without keeping it (RFC 3261 §8.2.7): the tag is the same each time it comes. There is no Retry-After: for so
// long a proxy would send us nothing at all (§21.5.4), and the flood may be over.
func (t *Table) refuse(key string, req *sipmsg.Request, by Way) {
	res := sipmsg.NewResponseFromRequest(req, 503, "Service Unavailable", nil)
	if to := res.To(); !req.To().Params.Has("tag") {
		to.Params.Remove("tag")
		to.Params.Add("tag", fmt.Sprintf("%016x", maphash.String(t.seed, key)))
	}
	by.Send([]byte(res.String())) // one that is lost is said again when the request comes again
}
