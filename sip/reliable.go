package sip

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// rel is the option tag of responses that are repeated until a PRACK confirms them (RFC 3262).
const rel = "100rel"

// order is the RSeq of the last reliable response of one early dialog; 0: there was none.
type order uint32

// takes reports whether the response with this RSeq is the next one, and remembers it. One that came before was confirmed
// already; one that overtook another must wait for its repetition (RFC 3262 §4).
func (o *order) takes(rseq uint32) bool {
	if *o != 0 && rseq != uint32(*o)+1 {
		return false
	}
	*o = order(rseq)
	return true
}

// rseqOf is the RSeq of a response that wants a PRACK.
func rseqOf(res *sipmsg.Response) (rseq uint32, ok bool) {
	if res.StatusCode <= 100 || res.StatusCode >= 200 || !lists(headerValues(res, "Require"), rel) {
		return 0, false
	}
	n, err := strconv.ParseUint(headerValue(res, "RSeq"), 10, 32)
	return uint32(n), err == nil && n > 0
}

// rack is what a PRACK confirms (RFC 3262 §7.2).
type rack struct {
	rseq, cseq uint32
	method     sipmsg.RequestMethod
}

func (r rack) String() string {
	return strconv.FormatUint(uint64(r.rseq), 10) + " " + strconv.FormatUint(uint64(r.cseq), 10) + " " + string(r.method)
}

// readRack reads an RAck header; ok is false if it is none.
func readRack(s string) (r rack, ok bool) {
	f := strings.Fields(s)
	if len(f) != 3 {
		return rack{}, false
	}
	rseq, err1 := strconv.ParseUint(f[0], 10, 32)
	cseq, err2 := strconv.ParseUint(f[1], 10, 32)
	if err1 != nil || err2 != nil || rseq == 0 {
		return rack{}, false
	}
	return rack{uint32(rseq), uint32(cseq), sipmsg.RequestMethod(f[2])}, true
}

// ringing is our 180, repeated until the caller confirms it.
type ringing struct {
	rack
	confirmed bool
	stop      func()
}

// ringReliably sends the 180 of a caller who requires that (RFC 3262 §3). It carries no description. A caller who also wants
// our offer would have to get it in here, before anybody has answered: that one is left to wait for the 200.
func (l *leg) ringReliably(res *sipmsg.Response) {
	if l.offerless || l.rings != nil {
		return
	}
	r := &ringing{rack: rack{1 + rand.Uint32N(1<<30), l.first.CSeq().SeqNo, sipmsg.INVITE}}
	res.AppendHeader(sipmsg.NewHeader("Require", rel))
	res.AppendHeader(sipmsg.NewHeader("RSeq", strconv.FormatUint(uint64(r.rseq), 10)))
	l.rings = r
	l.u.reply(l.uas, res)
	interval, deadline := l.u.cfg.T1, time.Now().Add(64*l.u.cfg.T1)
	var repeat func()
	repeat = func() {
		if !time.Now().Before(deadline) {
			l.unheard()
			return
		}
		l.uas.Respond(res) // the first one was checked
		interval *= 2
		r.stop = l.u.after(min(interval, time.Until(deadline)+time.Millisecond), repeat)
	}
	r.stop = l.u.after(interval, repeat)
}

// unheard is 64*T1 without a PRACK for our 180 (RFC 3262 §3).
func (l *leg) unheard() {
	if l.state == offered {
		l.reply(l.first, l.uas, 504)
		l.over(lost("the caller never confirmed that it rings here"))
	}
}

// hush ends the repetitions of the 180: it was confirmed, or a final response says more.
func (l *leg) hush() {
	if l.rings != nil {
		l.rings.stop()
	}
}

// confirmedRinging is a PRACK. What it confirms must be the 180 nobody has confirmed yet.
func (l *leg) confirmedRinging(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	r, ok := readRack(headerValue(req, "RAck"))
	switch {
	case !ok || l.rings == nil || l.rings.confirmed || r != l.rings.rack:
		l.reply(req, tx, 481)
	case len(req.Body()) > 0: // an offer while theirs is unanswered (RFC 3262 §5)
		l.reply(req, tx, 488)
	default:
		l.rings.confirmed = true
		l.hush()
		l.reply(req, tx, 200)
	}
}
