package media

import (
	"context"
	"errors"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/sdp"
)

// pulse is how often packets are taken and devices served while there is any sound. Whatever comes between two beats waits for
// the next, where its sound is needed at the earliest: to wake up for each would cost more than all that is done with it.
const pulse = 10 * time.Millisecond

func (e *Engine) loop(ctx context.Context) error {
	defer context.AfterFunc(ctx, e.beat.Knock)()
	for ctx.Err() == nil {
		e.beat.Run(e.interval())
		due := e.beat.Wait()
		e.errands(time.Now())
		if due {
			e.tick(time.Now())
		} else {
			e.move(time.Now())
		}
	}
	return nil
}

// errands does what has been asked for since the last time.
func (e *Engine) errands(now time.Time) {
	effects, others := e.mail.take(), e.later.take()
	for _, effect := range effects {
		e.carryOut(now, effect)
	}
	for _, do := range others {
		do(now)
	}
	mic, ear, bell := e.mic.look(now), e.ear.look(now), e.bell.look(now)
	if len(effects)+len(others) > 0 || mic || ear || bell {
		e.settle(now)
	}
}

// shutdown leaves nothing open and nothing running.
func (e *Engine) shutdown() error {
	for id, s := range e.sessions {
		e.drop(time.Now(), s)
		delete(e.sessions, id)
	}
	close(e.in.done)
	for _, do := range e.later.end() {
		do(time.Now()) // their calls have ended: they clean up
	}
	e.readers.Wait()
	e.watching.Wait()
	return errors.Join(e.mic.shut(), e.ear.shut(), e.bell.shut(), e.beat.Close())
}

// gather hands what has arrived to the calls.
func (e *Engine) gather() {
	for {
		select {
		case d := <-e.in.ch:
			e.deliver(d)
		default:
			return
		}
	}
}

// deliver hands a datagram to its call.
func (e *Engine) deliver(d *datagram) {
	if s := d.to; !s.done {
		if digit, ok := s.receive(d.at, d.from, d.buf[:d.n], d.rtcp); ok {
			e.tell(s.id, call.DigitReceived{Digit: digit})
		}
	}
	d.to = nil
	e.in.free.Put(d)
}

func (e *Engine) tell(id call.ID, event call.Event) { e.sink(call.Happened{ID: id, Event: event}) }

func (e *Engine) fail(id call.ID, cause call.Cause, err error) {
	e.log.Warn("sound cannot be set up", "call", id, "error", err)
	e.tell(id, call.MediaFailed{Reason: call.Reason{Cause: cause, Detail: err.Error()}})
}

// carryOut does one effect.
func (e *Engine) carryOut(now time.Time, effect call.MediaEffect) {
	switch f := effect.(type) {
	case call.MakeOffer:
		e.offer(now, f)
	case call.MakeReoffer:
		e.reoffer(now, f)
	case call.MakeAnswer:
		e.answer(now, f)
	case call.Connect:
		e.connect(now, f)
	case call.AddCandidates:
		if s := e.sessions[f.ID]; s != nil {
			e.trickle(s, f.Fragments)
		}
	case call.Rollback:
		if s := e.sessions[f.ID]; s != nil {
			s.state, s.waiting = s.state.Rollback(), nil
		}
	case call.Gate:
		e.muted[f.ID] = f.On
		if s := e.sessions[f.ID]; s != nil {
			s.sender.muted = f.On
		}
	case call.Park:
		if s := e.sessions[f.ID]; s != nil {
			s.park(f.On)
		}
	case call.JoinIn:
		if s := e.sessions[f.ID]; s != nil {
			s.join(f.On)
		}
	case call.PlayDigits:
		if s := e.sessions[f.ID]; s != nil && s.up {
			s.sender.digits.add(f.Digits)
		}
	case call.PlayTone:
		e.tones[f.ID] = &tone{kind: f.Tone}
	case call.StopTone:
		delete(e.tones, f.ID)
	case call.Release:
		e.release(now, f.ID)
	}
}

// errNoSession says that the phone asks for something a call without sound cannot do.
var errNoSession = errors.New("the call has no sound set up")

// offer makes the first offer of a call.
func (e *Engine) offer(now time.Time, f call.MakeOffer) {
	s, _, err := e.obtain(f.ID, f.Account, nil)
	if err != nil {
		e.fail(f.ID, call.NoSound, err)
		return
	}
	e.when(now, s, func(time.Time) { e.offerOf(s, false) })
}

// reoffer makes a later one.
func (e *Engine) reoffer(now time.Time, f call.MakeReoffer) {
	s := e.sessions[f.ID]
	if s == nil {
		e.fail(f.ID, call.NoSound, errNoSession)
		return
	}
	e.follow(s)
	e.when(now, s, func(time.Time) { e.offerOf(s, f.Hold) })
}

func (e *Engine) offerOf(s *session, hold bool) {
	var text []byte
	s.state, text = s.state.Offer(hold)
	e.tell(s.id, call.LocalSDP{SDP: text})
}

// unusable is why a description of theirs cannot be used.
func unusable(err error) call.Cause {
	if errors.Is(err, sdp.ErrPlain) {
		return call.Unencrypted
	}
	return call.NotAcceptable
}

func (e *Engine) answer(now time.Time, f call.MakeAnswer) {
	s, fresh, err := e.obtain(f.ID, f.Account, f.Offer)
	if err != nil {
		e.fail(f.ID, call.NoSound, err)
		return
	}
	e.follow(s)
	switch {
	case s.webrtc:
		err = e.meet(s, f.Offer)
	case s.ice != nil && s.ice.conn != nil && s.state.Restarts(f.Offer):
		e.again(s, sdp.ICE{})
	}
	if err != nil {
		e.refuse(now, s, fresh, err)
		return
	}
	e.when(now, s, func(now time.Time) { e.answerOf(now, s, f, fresh) })
}

func (e *Engine) answerOf(now time.Time, s *session, f call.MakeAnswer, fresh bool) {
	state, text, err := s.state.Answer(f.Offer)
	if err != nil {
		e.refuse(now, s, fresh, err)
		return
	}
	s.state = state
	if s.up { // Connect puts it into force
		e.tell(f.ID, call.LocalSDP{SDP: text})
		return
	}
	if err := e.apply(now, s); err != nil {
		e.fail(f.ID, call.NotAcceptable, err)
		return
	}
	e.tell(f.ID, call.LocalSDP{SDP: text})
	e.announce(now, s, false)
}

// refuse gives up an offer of theirs, and a call that begins with it.
func (e *Engine) refuse(now time.Time, s *session, fresh bool, err error) {
	if fresh {
		e.drop(now, s)
		delete(e.sessions, s.id)
	}
	e.fail(s.id, unusable(err), err)
}

func (e *Engine) connect(now time.Time, f call.Connect) {
	s := e.sessions[f.ID]
	if s == nil {
		e.fail(f.ID, call.NoSound, errNoSession)
		return
	}
	was := s.state
	state, err := was.Accept(f.Answer)
	if err == nil {
		s.state = state
		err = e.apply(now, s)
	}
	switch {
	case err == nil:
		e.announce(now, s, f.Refresh)
		return
	case f.Refresh:
		e.log.Warn("what the far end says to a refresh cannot be used", "call", f.ID, "error", err)
	default:
		e.fail(f.ID, unusable(err), err)
	}
	s.state = was
}

func (e *Engine) release(now time.Time, id call.ID) {
	delete(e.muted, id)
	if t := e.tones[id]; t != nil && t.kind != call.BusyTone {
		delete(e.tones, id)
	}
	if s := e.sessions[id]; s != nil {
		e.drop(now, s)
		delete(e.sessions, id)
	}
}
