package pbx

import (
	"context"
	"net/url"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// replaces names the dialog whose place a call takes, with the tags as its receiver sees them (RFC 3891 §6.1).
type replaces struct {
	callID, to, from string
	earlyOnly        bool
}

// parseReplaces reads the value of a Replaces header. It is refused unless it has a Call-ID and both tags.
func parseReplaces(v string) (r replaces, ok bool) {
	id, params, _ := strings.Cut(v, ";")
	r.callID = strings.TrimSpace(id)
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		switch strings.ToLower(name) {
		case "to-tag":
			r.to = value
		case "from-tag":
			r.from = value
		case "early-only":
			r.earlyOnly = true
		}
	}
	return r, r.callID != "" && r.to != "" && r.from != "" && !strings.ContainsAny(v, ", \r\n")
}

// String is the header's value.
func (r replaces) String() string {
	s := r.callID + ";to-tag=" + r.to + ";from-tag=" + r.from
	if r.earlyOnly {
		s += ";early-only"
	}
	return s
}

// wantsPlace reads the Replaces header of an INVITE; nil if there is none. A header that cannot be read is an error.
func wantsPlace(req *sipmsg.Request) (r *replaces, ok bool) {
	hs := req.GetHeaders("Replaces")
	if len(hs) == 0 {
		return nil, true
	}
	one, ok := parseReplaces(hs[0].Value())
	return &one, ok && len(hs) == 1
}

// placeIn reads the Replaces that the URI of a Refer-To asks for (RFC 3261 §19.1.5); nil if there is none. A URI that asks for
// anything else is refused.
func placeIn(to sipmsg.Uri) (r *replaces, ok bool) {
	if to.Headers == nil || to.Headers.Length() == 0 {
		return nil, true
	}
	name, value, _ := strings.Cut(to.Headers.ToString('&'), "=")
	value, err := url.PathUnescape(value)
	if err != nil || !strings.EqualFold(name, "Replaces") {
		return nil, false
	}
	one, ok := parseReplaces(value)
	return &one, ok
}

// hasHad reports whether a conversation of the lab's is meant: one between two phones is theirs to judge.
func (s *Server) hasHad(r replaces) bool {
	_, status := s.place(r)
	return status != 481
}

// place finds the conversation of the lab's that is meant, whatever number was dialled; or the status that refuses it (RFC 3891 §3).
func (s *Server) place(r replaces) (*Leg, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.dialogs[r.callID+"\n"+r.to]
	switch {
	case l == nil || l.remoteTag != r.from:
		return nil, 481
	case l.state == Over:
		return nil, 603
	case l.state == Ringing && !l.answered: // only who calls may give an early call's place away
		return nil, 481
	case r.earlyOnly:
		return nil, 486
	}
	return l, 0
}

// takePlace answers a call that takes the place of a conversation with the lab, which is hung up then; or refuses it.
func (s *Server) takePlace(req *sipmsg.Request, tx *sipmsg.ServerTx, r replaces) {
	l, status := s.place(r)
	if status != 0 {
		phrase := map[int]string{481: "Call/Transaction Does Not Exist", 486: "Busy Here", 603: "Declined"}[status]
		s.respond(tx, sipmsg.NewResponseFromRequest(req, status, phrase, nil))
		return
	}
	s.takeCall(req, tx, plan{answer: true, play: l.play, instead: l})
}

// joinElsewhere puts the lab's party through to whom the phone talks to in another call, and returns the status that came to.
// Two parties of the lab's go on unheard; a user's phone gets a call that names the place it takes.
func (l *Leg) joinElsewhere(user string, r replaces, tell func(status int)) int {
	other, status := l.s.place(r)
	if status == 0 {
		ctx, cancel := context.WithTimeout(context.Background(), longestRing)
		defer cancel()
		if other.Hangup(ctx) != nil {
			return 500
		}
		return 200
	}
	if _, known := l.s.cfg.Users[user]; known {
		return l.callUser(user, &r, tell)
	}
	return status
}
