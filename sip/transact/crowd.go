package transact

import (
	"fmt"
	"hash/maphash"

	sipmsg "github.com/emiago/sipgo/sip"
)

// mostOpen bounds the requests of theirs of one crowd that are kept at a time. Over datagrams most are kept for 64*T1, in case they
// come again: no more than eight a second are taken then, and no flood takes memory.
const mostOpen = 256

// crowd is what a request competes with for room: all that would begin something, all that belong to nothing we know, or those of the
// same call. So a flood leaves the calls that are on alone, and one of them the others.
func (t *Table) crowd(req *sipmsg.Request) string {
	id := req.CallID().Value()
	switch {
	case !req.To().Params.Has("tag"):
		return "new"
	case t.core.Known == nil || !t.core.Known(id):
		return "unknown"
	}
	return "call " + id
}

// enter takes a place in a crowd; false if there is none.
func (t *Table) enter(crowd string) bool {
	if t.crowds[crowd] >= mostOpen {
		return false
	}
	t.crowds[crowd]++
	return true
}

// leave gives the place back.
func (t *Table) leave(crowd string) {
	if t.crowds[crowd]--; t.crowds[crowd] <= 0 {
		delete(t.crowds, crowd)
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
