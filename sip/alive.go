package sip

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/sessiontimer"
	"sidetone/sip/transact"
)

// talk is how it is known that the far end is still there (RFC 4028), and what both sides have described last.
type talk struct {
	timer  sessiontimer.State
	sign   *exchange // the refresh under way, or the question whether they are there
	why    doubt     // that was asked
	missed bool      // the last question of a quiet call got no answer, and there was no sign of life since
	ours   []byte    // our description in force: a refresh by re-INVITE says it again
	theirs []byte
	stop   func() // the timer
}

// doubt is why the far end was asked.
type doubt int

const (
	refreshing doubt = iota // the session would expire
	wondering               // it should be heard and is not
	checking                // it is quiet, as it may be: a hold
)

func newTalk() talk { return talk{stop: func() {}} }

// heard keeps a description of theirs.
func (s *talk) heard(sdp []byte) {
	if sdp != nil {
		s.theirs = sdp
	}
}

// sessions are the time we want a session to last without a refresh, and the least we agree to.
func (u *UA) sessions() (usual, least time.Duration) {
	if u.cfg.Session > 0 {
		usual = time.Duration(u.cfg.Session) * time.Second
		return usual, min(usual, sessiontimer.Least)
	}
	return sessiontimer.Usual, sessiontimer.Least
}

// timed says in a request how long the session shall last.
func (l *leg) timed(req *sipmsg.Request) {
	terms, least := l.session.timer.Ask(l.u.sessions())
	req.AppendHeader(sipmsg.NewHeader("Session-Expires", terms.String()))
	req.AppendHeader(sipmsg.NewHeader("Min-SE", sessiontimer.Seconds(least)))
}

// wishOf is what a request of theirs says about session timers.
func wishOf(req *sipmsg.Request) sessiontimer.Offer {
	o := sessiontimer.Offer{Knows: lists(headerValues(req, "Supported"), "timer")}
	o.Terms, _ = sessiontimer.Parse(headerValue(req, "Session-Expires"))
	o.Least, _ = sessiontimer.Delta(headerValue(req, "Min-SE"))
	return o
}

// tooShort reports whether a request wants a session to be refreshed more often than we agree to.
func (u *UA) tooShort(req *sipmsg.Request) bool {
	usual, least := u.sessions()
	return sessiontimer.Answer(wishOf(req), usual, least).TooSmall
}

// grant says in the 2xx to a request of theirs how long the session lasts, and begins to count.
func (l *leg) grant(req *sipmsg.Request, res *sipmsg.Response) {
	usual, least := l.u.sessions()
	v := sessiontimer.Answer(wishOf(req), usual, least)
	if v.Interval > 0 {
		res.AppendHeader(sipmsg.NewHeader("Session-Expires", v.Terms.String()))
	}
	if v.Interval > 0 && v.Require {
		res.AppendHeader(sipmsg.NewHeader("Require", "timer"))
	}
	l.alive(sessiontimer.Agreed{Terms: v.Terms, We: sessiontimer.UAS})
}

// agreed reads how long the session lasts from the 2xx to a request of ours.
func (l *leg) agreed(res *sipmsg.Response) {
	terms, _ := sessiontimer.Parse(headerValue(res, "Session-Expires"))
	l.alive(sessiontimer.Agreed{Terms: terms, We: sessiontimer.UAC})
}

// longer takes the time a 422 asks for; false if the request shall not be sent again.
func (l *leg) longer(res *sipmsg.Response) bool {
	least, _ := sessiontimer.Delta(headerValue(res, "Min-SE"))
	var act sessiontimer.Action
	l.session.timer, act = l.session.timer.Next(sessiontimer.TooSmall{Least: least}, time.Now())
	return act == sessiontimer.Refresh
}

// alive lets the session timer decide, and carries out what it decides.
func (l *leg) alive(e sessiontimer.Event) {
	var act sessiontimer.Action
	l.session.timer, act = l.session.timer.Next(e, time.Now())
	switch act {
	case sessiontimer.Refresh:
		l.refreshSession()
	case sessiontimer.End:
		l.bye(lost("the far end did not say for too long that it is still there"))
	}
	l.session.stop()
	if at, ok := l.session.timer.Due(); ok && l.state != leaving && l.state != gone {
		l.session.stop = l.u.after(time.Until(at), func() { l.alive(sessiontimer.Tick{}) })
	}
}

// refreshSession asks the far end whether it is still there: by UPDATE if it takes that, else by saying our description again.
// It waits for what else is being agreed, and for a way to the server.
func (l *leg) refreshSession() {
	s := &l.session
	switch {
	case l.state != up || s.sign != nil || l.negotiating() || !l.reaches():
		l.alive(sessiontimer.Postponed{})
		return
	case lists(l.allows, "UPDATE"):
		s.sign = l.inDialog(sipmsg.UPDATE, nil, l.refreshed)
	default:
		s.sign = l.inviteAgain(s.ours, l.refreshed)
		l.reinvite = s.sign
	}
	s.sign.start(l.u)
}

// probe asks a far end nothing is heard of whether it still knows this call: by UPDATE if it takes that, which refreshes the session
// as well, else by OPTIONS, which changes nothing. While the server is away nobody can be asked.
func (l *leg) probe(excused bool) {
	s := &l.session
	switch {
	case l.state != up || s.sign != nil || !l.served():
		return
	case lists(l.allows, "UPDATE") && !l.negotiating():
		s.sign = l.inDialog(sipmsg.UPDATE, nil, l.refreshed)
	default:
		s.sign = l.inDialog(sipmsg.OPTIONS, nil, l.probed)
	}
	if s.why = wondering; excused {
		s.why = checking
	}
	s.sign.start(l.u)
}

// probed is the answer to OPTIONS: any but that there is nobody is a sign of life.
func (l *leg) probed(_ *exchange, res *sipmsg.Response, err error) {
	if l.state != up {
		l.session.sign = nil
		return
	}
	if l.nobody(res, err) {
		l.bye(lost("the far end is not there any more"))
		return
	}
	l.dequeue()
}

// nobody ends the question, and reports whether its outcome says that the far end is gone. A way that broke, or a server that is away,
// says nothing of it.
func (l *leg) nobody(res *sipmsg.Response, err error) bool {
	s, status := &l.session, silence
	switch {
	case err == nil:
		status = res.StatusCode
	case !errors.Is(err, sipmsg.ErrTransactionTimeout), !l.served():
		status = unknown
	}
	is := absent(status, s.why, s.missed)
	s.sign, s.missed, s.why = nil, absent(status, s.why, true), refreshing
	return is
}

// What came of a question beside a response.
const (
	silence = 0  // nobody answered
	unknown = -1 // who should have answered was not reached
)

// absent reports whether the answer to a question, by its status, says that nobody is there. Where nothing is heard of the far end either, a
// server that cannot reach it says so as well (kamailio's own words for that are 477 and 478), and no answer at all: else that may
// pass. Who is on hold has done nothing to be doubted: only what says that there is no such call ends it at once, all else
// must have been so the time before.
func absent(status int, why doubt, before bool) bool {
	sure := why != checking || before
	switch status {
	case 481:
		return true
	case 408:
		return sure
	case silence, 477, 478, 502, 504:
		return sure && why != refreshing
	}
	return false
}

// negotiating reports whether an offer is under way, whoever's.
func (l *leg) negotiating() bool {
	return l.reinvite != nil || l.backedOff || l.theirs != nil || l.twoxx != nil
}

// refreshed is the outcome of a refresh (RFC 4028 §10).
func (l *leg) refreshed(x *exchange, res *sipmsg.Response, err error) {
	dead := l.nobody(res, err)
	if l.reinvite == x {
		l.reinvite = nil
	}
	ok := err == nil && res.StatusCode < 300
	if ok {
		l.refresh(&l.dlg, res)
	}
	if ok && x.req.Method == sipmsg.INVITE {
		l.acknowledge(&l.dlg, x.req)
	}
	if l.state != up {
		return
	}
	switch {
	case ok:
		l.agreed(res)
		l.allows = allowOf(res, l.allows)
		if sdp, _ := sdpOf(res); sdp != nil && !bytes.Equal(sdp, l.session.theirs) && l.queued == nil {
			l.tell(call.Refreshed{SDP: sdp})
		}
	case dead:
		l.bye(lost("the far end is not there any more"))
	default:
		l.notRefreshed(x, res, err)
	}
	l.dequeue()
}

// notRefreshed tells a far end that is gone from one that does not like to be asked: whoever answers is alive.
func (l *leg) notRefreshed(x *exchange, res *sipmsg.Response, err error) {
	status := 0
	if res != nil {
		status = res.StatusCode
	}
	switch {
	case status == 422 && l.longer(res):
		l.refreshSession()
	case x.req.Method == sipmsg.UPDATE && (status == 405 || status == 501):
		l.allows = slices.DeleteFunc(strings.Split(strings.Join(l.allows, ","), ","), func(m string) bool {
			return strings.EqualFold(strings.TrimSpace(m), "UPDATE")
		})
		l.refreshSession()
	case status == 491, status == 0 && !errors.Is(err, transact.ErrTooLarge):
		l.alive(sessiontimer.Postponed{})
	default:
		l.alive(sessiontimer.Refused{})
	}
}
