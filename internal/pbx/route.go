package pbx

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Number is one thing that can be dialled, for the lab's page.
type Number struct {
	Number string
	What   string
}

// Numbers is the table of the package comment.
func Numbers() []Number {
	return []Number{
		{"9100", "talks: says a sentence over and over and records what it hears"},
		{"9101", "plays a tone of 1004 Hz"},
		{"9196", "echo: sends back what it hears"},
		{"9197", "repeats every key you press as a tone"},
		{"9408", "rings and never answers"},
		{"9486", "is busy"},
		{"9603", "declines"},
		{"+1 202 555 0142", "any telephone number: answered after half a second by the talking number"},
	}
}

// plan is what the exchange does with a call to a number.
type plan struct {
	ring   time.Duration
	answer bool
	status int // refuse with it
	play   Play

	instead *Leg // the conversation whose place the call takes; nil: none
}

// planFor reads the table; false means that the number is none of ours.
func planFor(number string) (plan, bool) {
	switch number {
	case "9100":
		return plan{ring: 300 * time.Millisecond, answer: true, play: PlaySpeech}, true
	case "9101":
		return plan{ring: 300 * time.Millisecond, answer: true, play: PlayTone}, true
	case "9196":
		return plan{answer: true, play: PlayEcho}, true
	case "9197":
		return plan{answer: true, play: PlayDigits}, true
	case "9408":
		return plan{ring: time.Hour}, true
	case "9486":
		return plan{status: 486}, true
	case "9603":
		return plan{status: 603}, true
	}
	if regexp.MustCompile(`^\+?[0-9]{7,15}$`).MatchString(number) {
		return plan{ring: 500 * time.Millisecond, answer: true, play: PlaySpeech}, true
	}
	return plan{}, false
}

// serve takes every request, each in a goroutine of the transaction layer.
func (s *Server) serve(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	if req.IsAck() {
		tx.Terminate()
		s.ack(req)
		return
	}
	if req.IsInvite() {
		go drainAcks(tx, s.ack)
	}
	if f, ok := s.take(Refuse, req.Method.String()); ok {
		s.refuse(req, tx, f)
		return
	}
	switch {
	case req.Method == sipmsg.REGISTER:
		s.register(req, tx)
	case req.Method == sipmsg.SUBSCRIBE:
		s.subscribe(req, tx)
	case tagOf(req.To().Params) != "":
		s.within(req, tx)
	case req.Method == sipmsg.INVITE:
		s.invite(req, tx)
	case req.Method == sipmsg.OPTIONS:
		res := sipmsg.NewResponseFromRequest(req, 200, "OK", nil)
		res.AppendHeader(sipmsg.NewHeader("Allow", allowed))
		res.AppendHeader(sipmsg.NewHeader("Supported", "replaces"))
		s.respond(tx, res)
	case req.Method == sipmsg.REFER:
		s.respond(tx, sipmsg.NewResponseFromRequest(req, 403, "Refer Within A Call", nil))
	case req.Method == sipmsg.CANCEL:
		s.respond(tx, sipmsg.NewResponseFromRequest(req, 481, "Call/Transaction Does Not Exist", nil))
	default:
		res := sipmsg.NewResponseFromRequest(req, 405, "Method Not Allowed", nil)
		res.AppendHeader(sipmsg.NewHeader("Allow", allowed))
		s.respond(tx, res)
	}
}

// refuse answers as a fault says.
func (s *Server) refuse(req *sipmsg.Request, tx *sipmsg.ServerTx, f Fault) {
	res := sipmsg.NewResponseFromRequest(req, f.Status, "Fault On Request", nil)
	if seconds := strconv.Itoa(int(f.After.Seconds())); f.Status == 423 {
		res.AppendHeader(sipmsg.NewHeader("Min-Expires", seconds))
	} else if f.After > 0 {
		res.AppendHeader(sipmsg.NewHeader("Retry-After", seconds))
	}
	s.respond(tx, res)
}

const allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, INFO, UPDATE, REFER, SUBSCRIBE"

// drainAcks takes ACKs that came with the branch of the INVITE.
func drainAcks(tx *sipmsg.ServerTx, ack func(*sipmsg.Request)) {
	for {
		select {
		case a := <-tx.Acks():
			ack(a)
		case <-tx.Done():
			return
		}
	}
}

func (s *Server) respond(tx *sipmsg.ServerTx, res *sipmsg.Response) {
	res.AppendHeader(sipmsg.NewHeader("Server", "sidetone-lab"))
	tx.Respond(res) // a response that cannot be sent is the peer's to miss; the log shows what was
}

// invite routes a new call.
func (s *Server) invite(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	s.respond(tx, sipmsg.NewResponseFromRequest(req, 100, "Trying", nil))
	caller := req.From().Address.User
	if !s.cfg.FreeCalls && !s.admit(req, tx, caller, 407) {
		return
	}
	place, ok := wantsPlace(req)
	if !ok {
		s.respond(tx, sipmsg.NewResponseFromRequest(req, 400, "Bad Replaces", nil))
		return
	}
	number := strings.ReplaceAll(req.Recipient.User, "%23", "#")
	_, user := s.cfg.Users[number]
	if place != nil && (!user || s.hasHad(*place)) {
		s.takePlace(req, tx, *place)
		return
	}
	if b, ok := s.lookup(number); ok {
		s.forward(req, tx, b)
		return
	}
	if user {
		s.respond(tx, sipmsg.NewResponseFromRequest(req, 480, "Temporarily Unavailable", nil))
		return
	}
	p, ok := planFor(number)
	switch {
	case !ok:
		s.respond(tx, sipmsg.NewResponseFromRequest(req, 404, "Not Found", nil))
	case p.status != 0:
		s.respond(tx, sipmsg.NewResponseFromRequest(req, p.status, "Refused By The Lab", nil))
	default:
		s.takeCall(req, tx, p)
	}
}

// within is a request inside a dialog: of a conversation of our own, or one that only passes through.
func (s *Server) within(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	if l := s.legOf(req); l != nil {
		l.within(req, tx)
		return
	}
	if b, ok := s.route(req); ok {
		s.forward(req, tx, b)
		return
	}
	s.respond(tx, sipmsg.NewResponseFromRequest(req, 481, "Call/Transaction Does Not Exist", nil))
}

// ack is an ACK for a 2xx: ours, or on its way between two phones.
func (s *Server) ack(req *sipmsg.Request) {
	if l := s.legOf(req); l != nil {
		l.acked(req)
		return
	}
	if b, ok := s.route(req); ok {
		out, _ := s.passOn(req, b)
		s.layer.WriteMsg(out)
	}
}

func (s *Server) legOf(req *sipmsg.Request) *Leg {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.dialogs[req.CallID().Value()+"\n"+tagOf(req.To().Params)]
	if l == nil || l.remoteTag != "" && l.remoteTag != tagOf(req.From().Params) {
		return nil
	}
	return l
}

// route finds the phone a request inside a dialog is for: the one registered with the Request-URI as its contact.
func (s *Server) route(req *sipmsg.Request) (binding, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.bindings {
		to := req.Recipient
		if b.contact.User == to.User && b.contact.Host == to.Host && b.contact.Port == to.Port {
			return b, true
		}
	}
	return binding{}, false
}

func tagOf(p sipmsg.HeaderParams) string {
	tag, _ := p.Get("tag")
	return tag
}
