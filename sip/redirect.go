package sip

import (
	"slices"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// mostTargets bounds how often one call is sent elsewhere.
const mostTargets = 5

// elsewhere are the places a call was sent to (RFC 3261 §8.1.3.4).
type elsewhere struct {
	tried   []string    // every place that was or will be called, the first included
	targets []place     // still to be called, best first
	asked   *place      // waits for Follow
	refusal call.Reason // what the last place said
}

// place is one Contact of a 3xx.
type place struct {
	name string
	uri  sipmsg.Uri
	q    float64
}

// add takes the Contacts of a 3xx, in the order of their q, that were not called yet and that a softphone can call: sip: over any
// server, sips: over one with TLS, tel: by the account's domain.
func (e *elsewhere) add(res *sipmsg.Response, a *account) {
	var found []place
	for _, h := range res.GetHeaders("Contact") {
		c, ok := h.(*sipmsg.ContactHeader)
		if !ok {
			continue
		}
		if uri, ok := callable(c.Address, a); ok {
			found = append(found, place{name: c.DisplayName, uri: uri, q: quality(c.Params.GetOr("q", "1"))})
		}
	}
	slices.SortStableFunc(found, func(x, y place) int {
		switch {
		case x.q > y.q:
			return -1
		case x.q < y.q:
			return 1
		}
		return 0
	})
	for _, p := range found {
		if s := p.uri.String(); len(e.tried) <= mostTargets && !slices.Contains(e.tried, s) {
			e.tried = append(e.tried, s)
			e.targets = append(e.targets, p)
		}
	}
}

// next takes the best place out.
func (e *elsewhere) next() (place, bool) {
	if len(e.targets) == 0 {
		return place{}, false
	}
	p := e.targets[0]
	e.targets = e.targets[1:]
	return p, true
}

// callable makes a Request-URI of a Contact: without what is not allowed in one (RFC 3261 §19.1.1).
func callable(c sipmsg.Uri, a *account) (sipmsg.Uri, bool) {
	uri := *c.Clone()
	uri.Headers = nil
	if uri.UriParams != nil {
		uri.UriParams = slices.DeleteFunc(uri.UriParams, func(kv sipmsg.HeaderKV) bool { return strings.EqualFold(kv.K, "method") })
	}
	if strings.ContainsAny(percentDecode(uri.User+uri.Raw()), "*#") {
		return uri, false // a code of the exchange: a stranger's word changes none of its settings
	}
	switch strings.ToLower(uri.Scheme) {
	case "sip":
		return uri, uri.Host != "" && !uri.Wildcard
	case "sips":
		return uri, uri.Host != "" && (a.conf.Transport == "tls" || a.conf.Transport == "wss")
	case "tel":
		number, _, _ := strings.Cut(uri.Raw(), ";")
		number = strings.Map(func(r rune) rune {
			if strings.ContainsRune("+0123456789ABCD", r) {
				return r
			}
			return -1
		}, number)
		to, err := targetURI(number, a)
		return to, err == nil && number != ""
	}
	return uri, false
}

// quality reads a q parameter, 0 to 1.
func quality(s string) float64 {
	q, err := strconv.ParseFloat(s, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}

// goElsewhere goes on with a call that was refused: it asks about where a 3xx sends it, or about the next of the places an earlier
// one named. It is false when that was all. A refusal everywhere is the end (RFC 3261 §21.6).
func (l *leg) goElsewhere(res *sipmsg.Response, why call.Reason) bool {
	status := 0
	if res != nil {
		status = res.StatusCode
	}
	if status >= 600 || !l.reaches() {
		return false
	}
	if status >= 300 && status <= 302 {
		l.places.add(res, l.account)
	}
	l.places.refusal = why
	return l.askNext()
}

// askNext asks whether the best place left shall be called, if there is one.
func (l *leg) askNext() bool {
	p, ok := l.places.next()
	if ok {
		l.places.asked = &p
		l.u.sink(call.Elsewhere{ID: l.id, Target: l.account.targetOf(p.uri)})
	}
	return ok
}

// follow is the Follow effect.
func (l *leg) follow(on bool) {
	p := l.places.asked
	l.places.asked = nil
	switch {
	case p == nil, l.state != calling:
	case !l.reaches(), !on && !l.askNext():
		l.over(l.places.refusal)
	case on:
		to := partyFrom(&sipmsg.FromHeader{DisplayName: p.name, Address: p.uri})
		l.u.cfg.Log.Info("the call is sent elsewhere", "call", string(l.id), "to", lastTwo(to.Number))
		l.tell(call.Redirected{To: to})
		l.inviteTo(p.uri)
	}
}
