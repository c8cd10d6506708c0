package sip

import (
	"slices"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/sessiontimer"
)

// allowed are the methods we understand, for Allow (RFC 3261 §20.5).
const allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, NOTIFY, REFER"

const sdpType = "application/sdp"

// newRequest makes a request outside any dialog, without Via and Contact.
func newRequest(method sipmsg.RequestMethod, uri sipmsg.Uri, from *sipmsg.FromHeader, to *sipmsg.ToHeader) *sipmsg.Request {
	req := sipmsg.NewRequest(method, uri)
	hops := sipmsg.MaxForwardsHeader(70)
	req.AppendHeader(from)
	req.AppendHeader(to)
	req.AppendHeader(&hops)
	return req
}

// setCallID and setCSeq put or replace what makes a request unique.
func setCallID(req *sipmsg.Request, id string) {
	h := sipmsg.CallIDHeader(id)
	req.AppendHeader(&h)
}

func setCSeq(req *sipmsg.Request, seq uint32) {
	req.RemoveHeader("CSeq")
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: seq, MethodName: req.Method})
}

// setSDP attaches a session description; nil attaches nothing.
func setSDP(m sipmsg.Message, sdp []byte) {
	if sdp != nil {
		m.AppendHeader(sipmsg.NewHeader("Content-Type", sdpType))
	}
	m.SetBody(sdp)
}

// describe adds what we can do, where RFC 3261 table 2 wants it. In a call that is on nothing rings: a request there wants no
// provisional responses, reliable or not.
func (u *UA) describe(m sipmsg.Message) {
	extensions := "replaces, norefersub, timer"
	if req, ok := m.(*sipmsg.Request); !ok || tagOf(req.To().Params) == "" {
		extensions += ", " + rel + ", 199"
	}
	m.AppendHeader(sipmsg.NewHeader("Allow", allowed))
	m.AppendHeader(sipmsg.NewHeader("Supported", extensions))
	u.sign(m)
}

func (u *UA) sign(m sipmsg.Message) {
	if u.cfg.UserAgent == "" {
		return
	}
	name := "User-Agent"
	if _, ok := m.(*sipmsg.Response); ok {
		name = "Server"
	}
	m.AppendHeader(sipmsg.NewHeader(name, u.cfg.UserAgent))
}

// respond builds a response to req. Tag is our To tag, used when the request has none.
func (u *UA) respond(req *sipmsg.Request, status int, tag string) *sipmsg.Response {
	if to := req.To(); to != nil && !to.Params.Has("tag") && tag != "" && status != 100 {
		to.Params.Add("tag", tag)
	}
	res := sipmsg.NewResponseFromRequest(req, status, phrase(status), nil)
	switch {
	case status == 405 || status >= 200 && status < 300 && req.Method != sipmsg.BYE:
		u.describe(res)
	case status != 100:
		u.sign(res)
	}
	if status == 415 || status == 488 || req.Method == sipmsg.OPTIONS {
		res.AppendHeader(sipmsg.NewHeader("Accept", sdpType))
	}
	switch status {
	case 420:
		res.AppendHeader(sipmsg.NewHeader("Unsupported", strings.Join(unsupported(req), ", ")))
	case 422:
		_, least := u.sessions()
		res.AppendHeader(sipmsg.NewHeader("Min-SE", sessiontimer.Seconds(least)))
	}
	return res
}

// phrase is the reason phrase of the statuses we send (RFC 3261 §21).
func phrase(status int) string {
	known := map[int]string{
		100: "Trying", 180: "Ringing", 200: "OK", 202: "Accepted", 302: "Moved Temporarily", 400: "Bad Request", 404: "Not Found",
		405: "Method Not Allowed", 406: "Not Acceptable",
		415: "Unsupported Media Type", 420: "Bad Extension", 422: "Session Interval Too Small", 480: "Temporarily Unavailable",
		481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 486: "Busy Here", 487: "Request Terminated",
		488: "Not Acceptable Here", 489: "Bad Event", 491: "Request Pending", 500: "Server Internal Error", 504: "Server Time-out", 603: "Decline",
	}
	if p, ok := known[status]; ok {
		return p
	}
	return "Status " + strconv.Itoa(status)
}

// sdpOf is the session description of a message; ok is false when it carries something else.
func sdpOf(m message) (sdp []byte, ok bool) {
	body := m.Body()
	if len(body) == 0 {
		return nil, true
	}
	kind, _, _ := strings.Cut(headerValue(m, "Content-Type", "c"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), sdpType) {
		return nil, false
	}
	return append([]byte(nil), body...), true
}

// givenUp is why a caller gave up, as the CANCEL says, or the BYE in its place. Nil says nothing.
func givenUp(req *sipmsg.Request) call.Cause {
	if req != nil && answeredElsewhere(req) {
		return call.AnsweredElsewhere
	}
	return call.Cancelled
}

// answeredElsewhere reads the Reason of a CANCEL (RFC 3326): another phone took the call.
func answeredElsewhere(req *sipmsg.Request) bool {
	for _, v := range headerValues(req, "Reason") {
		for part := range strings.SplitSeq(v, ",") {
			flat := strings.ToLower(strings.ReplaceAll(part, " ", ""))
			if strings.HasPrefix(flat, "sip;") && strings.Contains(flat+";", ";cause=200;") ||
				strings.HasPrefix(flat, "q.850;") && strings.Contains(flat+";", ";cause=26;") { // Q.850: non-selected user clearing
				return true
			}
		}
	}
	return false
}

// lists reports whether one of the comma-separated lists has a token.
func lists(values []string, token string) bool {
	for _, v := range values {
		for one := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(one), token) {
				return true
			}
		}
	}
	return false
}

// seconds reads a delta-seconds header or parameter, -1 if it is none. What follows the number is ignored.
func seconds(s string) int {
	s = strings.TrimSpace(s)
	if n := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }); n >= 0 {
		s = s[:n]
	}
	v, err := strconv.Atoi(s)
	if err != nil || v > 1<<30 {
		return -1
	}
	return v
}

// understood are the option tags understood in Require (RFC 3261 §20.32): of RFC 3891, RFC 4488, RFC 4028, RFC 3262 and RFC 6228.
const understood = "replaces norefersub timer 100rel 199"

// unsupported lists what a request requires and nobody here understands.
func unsupported(req *sipmsg.Request) []string {
	var out []string
	for _, v := range headerValues(req, "Require") {
		for one := range strings.SplitSeq(v, ",") {
			one = strings.ToLower(strings.TrimSpace(one))
			if one != "" && !slices.Contains(strings.Fields(understood), one) {
				out = append(out, one)
			}
		}
	}
	return out
}
