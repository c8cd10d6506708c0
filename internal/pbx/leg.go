package pbx

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// LegState is how far a conversation has come. It only moves forward.
type LegState int

// The states of a conversation.
const (
	Ringing     LegState = iota // not answered
	Established                 // the ACK was seen
	Over                        // hung up, cancelled or refused
)

// Leg is one conversation between a phone and the lab itself: a number that was dialled, or a scripted caller. All
// methods are safe for concurrent use.
type Leg struct {
	s      *Server
	callID string
	number string // dialled, or the user called
	user   string // of the Contact: the number the lab's party has
	media  *sound
	play   Play

	localTag, remoteTag string
	local, remote       string // From and To of our requests, without tags
	contact             sipmsg.Uri
	peer                binding // where our requests go

	// Guarded by s.mu.
	state    LegState
	held     bool // they hold us: sendonly or inactive was offered
	why      string
	status   int
	digits   strings.Builder
	seq      uint32
	version  int
	uas      *sipmsg.ServerTx
	first    *sipmsg.Request
	acks     chan uint32
	awaits   bool            // the ACK carries the answer
	invite   *sipmsg.Request // of a call of ours, as long as it rings
	answered bool            // our 200 is on the wire
	once     sync.Once
}

func (s *Server) newLeg(number string, play Play) (*Leg, error) {
	media, err := newSound(s.Addr().Addr(), play, s.cfg.Speech)
	if err != nil {
		return nil, err
	}
	l := &Leg{s: s, number: number, user: number, media: media, play: play, localTag: sipmsg.GenerateTagN(12), acks: make(chan uint32, 8)}
	media.more = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.touch()
	}
	media.digit = func(r rune) {
		s.mu.Lock()
		defer s.mu.Unlock()
		l.digits.WriteRune(r)
		s.touch()
	}
	return l, nil
}

func (l *Leg) enlist() {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.s.legs = append(l.s.legs, l)
	l.s.dialogs[l.callID+"\n"+l.localTag] = l
	l.s.touch()
}

// takeCall answers a call to one of the lab's own numbers.
func (s *Server) takeCall(req *sipmsg.Request, tx *sipmsg.ServerTx, p plan) {
	offer := parseSDP(string(req.Body()))
	if len(req.Body()) > 0 && !offer.usable() {
		s.respond(tx, sipmsg.NewResponseFromRequest(req, 488, "Not Acceptable Here", nil))
		return
	}
	legs := 1
	if _, fork := s.take(Fork, "INVITE"); fork {
		legs = 2
	}
	for range legs {
		l, err := s.newLeg(req.Recipient.User, p.play)
		if err != nil || req.Contact() == nil {
			s.respond(tx, sipmsg.NewResponseFromRequest(req, 500, "Server Internal Error", nil))
			return
		}
		l.belong(req, tx)
		s.work.Go(func() { l.ringThenAnswer(p, offer) })
	}
}

// belong makes the leg one end of the call that a request begins.
func (l *Leg) belong(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	l.callID, l.remoteTag = req.CallID().Value(), tagOf(req.From().Params)
	l.local, l.remote = bare(req.To().Value()), bare(req.From().Value())
	l.contact = *req.Contact().Address.Clone()
	l.peer = binding{network: req.Transport(), source: req.Source()}
	// A copy carries our tag: a CANCEL makes the transaction read the request at any time.
	l.uas, l.first, l.awaits = tx, req.Clone(), len(req.Body()) == 0
	l.first.To().Params.Add("tag", l.localTag)
	tx.OnCancel(func(*sipmsg.Request) { go l.close("the caller gave up") })
	l.enlist()
}

func (l *Leg) ringThenAnswer(p plan, offer description) {
	_, early := l.s.take(Early, "INVITE")
	if early && !l.awaits {
		p.ring = max(p.ring, time.Second)
		res := l.response(l.first, 183, "Session Progress")
		attach(res, writeSDP(l.media.local, 1, offer.mirrored(), &offer))
		l.agree(offer)
		l.media.start()
		l.s.respond(l.uas, res)
	} else if p.ring > 0 {
		l.s.respond(l.uas, l.response(l.first, 180, "Ringing"))
	}
	select {
	case <-time.After(p.ring):
	case <-l.uas.Done():
		return
	case <-l.s.stopped:
		return
	}
	if !p.answer || l.State() == Over {
		return
	}
	res := l.response(l.first, 200, "OK")
	if l.awaits {
		attach(res, writeSDP(l.media.local, 1, "sendrecv", nil))
	} else {
		attach(res, writeSDP(l.media.local, 1, offer.mirrored(), &offer))
		l.agree(offer)
	}
	l.media.start()
	l.s.mu.Lock()
	l.answered = true
	l.s.mu.Unlock()
	l.insist(l.uas, res)
	if p.instead != nil && l.State() == Established {
		p.instead.Hangup(context.Background())
	}
}

// agree puts their description into force: we send unless they hold us.
func (l *Leg) agree(d description) {
	held := d.direction == "sendonly" || d.direction == "inactive"
	l.media.aim(d, !held)
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.held = held
	l.s.touch()
}

// insist repeats a 2xx until its ACK comes (RFC 3261 §13.3.1.4).
func (l *Leg) insist(tx *sipmsg.ServerTx, res *sipmsg.Response) {
	seq := res.CSeq().SeqNo
	wait := 500 * time.Millisecond
	for range 10 {
		if tx.Respond(res) != nil {
			return
		}
		again := time.After(wait)
		for waiting := true; waiting; {
			select {
			case n := <-l.acks:
				if n == seq {
					return
				}
			case <-again:
				waiting = false
			case <-l.s.stopped:
				return
			}
		}
		wait = min(2*wait, 4*time.Second)
	}
	l.Hangup(context.Background())
}

// acked is the ACK of a 2xx of ours.
func (l *Leg) acked(req *sipmsg.Request) {
	select {
	case l.acks <- req.CSeq().SeqNo:
	default:
	}
	if len(req.Body()) > 0 {
		l.agree(parseSDP(string(req.Body())))
	}
	l.set(Established, "")
}

func (l *Leg) set(state LegState, why string) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	if state > l.state {
		l.state, l.why = state, why
		l.s.touch()
	}
}

// close ends the conversation here; nothing is sent.
func (l *Leg) close(why string) {
	l.once.Do(func() {
		l.set(Over, why)
		l.media.stop()
	})
}

func (l *Leg) response(req *sipmsg.Request, status int, phrase string) *sipmsg.Response {
	res := sipmsg.NewResponseFromRequest(req, status, phrase, nil)
	res.AppendHeader(l.own())
	res.AppendHeader(sipmsg.NewHeader("Allow", allowed))
	res.AppendHeader(sipmsg.NewHeader("Supported", "replaces"))
	return res
}

// own is our Contact: who calls it without a word of this conversation calls the number.
func (l *Leg) own() *sipmsg.ContactHeader {
	return &sipmsg.ContactHeader{
		Address: sipmsg.Uri{Scheme: "sip", User: l.user, Host: l.s.Addr().Addr().String(), Port: int(l.s.Addr().Port())},
		Params:  sipmsg.NewParams(),
	}
}

// within is a request inside the conversation.
func (l *Leg) within(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	switch req.Method {
	case sipmsg.BYE:
		if l.State() == Over {
			l.s.respond(tx, sipmsg.NewResponseFromRequest(req, 481, "Call/Transaction Does Not Exist", nil))
			return
		}
		l.s.respond(tx, sipmsg.NewResponseFromRequest(req, 200, "OK", nil))
		l.close("the phone hung up")
	case sipmsg.INVITE:
		l.reinvited(req, tx)
	case sipmsg.REFER:
		l.refer(req, tx)
	case sipmsg.INFO, sipmsg.OPTIONS, sipmsg.UPDATE:
		l.s.respond(tx, l.response(req, 200, "OK"))
	default:
		l.s.respond(tx, l.response(req, 405, "Method Not Allowed"))
	}
}

// reinvited answers a new offer, hold and resume among them.
func (l *Leg) reinvited(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	res := l.response(req, 200, "OK")
	if len(req.Body()) == 0 {
		attach(res, writeSDP(l.media.local, l.nextVersion(), "sendrecv", nil))
		l.insist(tx, res)
		return
	}
	d := parseSDP(string(req.Body()))
	if !d.usable() {
		l.s.respond(tx, l.response(req, 488, "Not Acceptable Here"))
		return
	}
	attach(res, writeSDP(l.media.local, l.nextVersion(), d.mirrored(), &d))
	l.agree(d)
	l.insist(tx, res)
}

func (l *Leg) nextVersion() int {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.version++
	return l.version + 1
}

// attach gives a message its description.
func attach(m sipmsg.Message, sdp []byte) {
	m.AppendHeader(sipmsg.NewHeader("Content-Type", "application/sdp"))
	m.SetBody(sdp)
}

// bare takes the parameters, and so the tag, off a From or To value.
func bare(v string) string {
	if i := strings.LastIndex(v, ">"); i >= 0 {
		return v[:i+1]
	}
	v, _, _ = strings.Cut(v, ";")
	return "<" + v + ">"
}

// request makes a request of ours inside the dialog.
func (l *Leg) request(method sipmsg.RequestMethod, seq uint32) *sipmsg.Request {
	req := sipmsg.NewRequest(method, *l.contact.Clone())
	req.AppendHeader(l.s.via(l.peer.network))
	req.AppendHeader(sipmsg.NewHeader("From", l.local+";tag="+l.localTag))
	to := l.remote
	if l.remoteTag != "" {
		to += ";tag=" + l.remoteTag
	}
	req.AppendHeader(sipmsg.NewHeader("To", to))
	id := sipmsg.CallIDHeader(l.callID)
	req.AppendHeader(&id)
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: seq, MethodName: method})
	hops := sipmsg.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	req.AppendHeader(l.own())
	req.SetBody(nil)
	l.s.aim(req, l.peer)
	return req
}

func (l *Leg) nextSeq() uint32 {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.seq++
	return l.seq
}

// Hangup ends the conversation from the lab's side by whatever its state needs: BYE, CANCEL or 480. It returns once the
// phone agreed or ctx ended.
func (l *Leg) Hangup(ctx context.Context) error {
	l.s.mu.Lock()
	state, invite, uas, first, answered := l.state, l.invite, l.uas, l.first, l.answered
	l.s.mu.Unlock()
	switch {
	case state == Over:
		return nil
	case state == Ringing && invite != nil:
		go l.s.cancel(invite, l.peer, nil)
		return l.Wait(ctx, Over)
	case state == Ringing && uas != nil && !answered:
		uas.Respond(l.response(first, 480, "Temporarily Unavailable"))
		l.close("the lab gave up")
		return nil
	}
	tx, err := l.s.txs.Request(ctx, l.request(sipmsg.BYE, l.nextSeq()))
	l.close("the lab hung up")
	if err != nil {
		return err
	}
	if res := drain(tx, nil); res == nil || res.StatusCode >= 300 {
		return errors.New("the phone did not agree to hang up")
	}
	return nil
}

// Reoffer sends a re-INVITE with a direction: "sendonly" holds the phone, "sendrecv" takes it back. Empty sends no
// description at all. It returns the status of the phone's answer.
func (l *Leg) Reoffer(ctx context.Context, direction string) (int, error) {
	seq := l.nextSeq()
	req := l.request(sipmsg.INVITE, seq)
	if direction != "" {
		attach(req, writeSDP(l.media.local, l.nextVersion(), direction, nil))
	}
	tx, err := l.s.txs.Request(ctx, req)
	if err != nil {
		return 0, err
	}
	res := drain(tx, nil)
	if res == nil {
		return 0, errors.New("the phone did not answer")
	}
	if res.StatusCode >= 300 {
		return res.StatusCode, nil
	}
	ack := l.request(sipmsg.ACK, seq)
	d := parseSDP(string(res.Body()))
	if direction == "" && len(res.Body()) > 0 {
		attach(ack, writeSDP(l.media.local, l.nextVersion(), d.mirrored(), &d))
	}
	again := ack.Clone()
	tx.OnRetransmission(func(*sipmsg.Response) { l.s.layer.WriteMsg(again) })
	return res.StatusCode, l.s.layer.WriteMsg(ack)
}
