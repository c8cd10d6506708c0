package pbx

import (
	"strings"
	"sync"
	"testing"
	"time"

	"sidetone/internal/call"
)

func TestRegistersOverBothTransports(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		for _, algs := range [][]string{nil, {"MD5"}, {"SHA-256"}, {"MD5", "SHA-256"}} {
			b := newLab(t, func(c *Config) { c.Algorithms = algs })
			p := b.phone("1001", transport)
			if !b.Registered("1001") || b.Registered("1002") {
				t.Errorf("%s %v: not registered", transport, algs)
			}
			p.Do(call.UseAccounts{})
			if err := b.WaitRegistered(b.ctx, "1001", false); err != nil {
				t.Errorf("%s %v: still registered: %v", transport, algs, err)
			}
		}
	}
}

func TestStaleNonce(t *testing.T) {
	b := newLab(t, nil)
	p := b.phone("1001", "udp")
	b.ForgetNonces()
	p.Do(call.Invite{ID: "c", Account: "a", Target: "9486", SDP: p.sdp("sendrecv")})
	if r := event[call.RemoteEnded](p, "c").Reason; r.Cause != call.Busy {
		t.Errorf("ended %+v", r)
	}
}

func TestNumbersThatRefuse(t *testing.T) {
	b := newLab(t, nil)
	p := b.phone("1001", "udp")
	for number, want := range map[string]call.Cause{"9486": call.Busy, "9603": call.Declined, "12": call.NotFound, "1002": call.NoAnswer} {
		id := call.ID("c" + number)
		p.Do(call.Invite{ID: id, Account: "a", Target: number, SDP: p.sdp("sendrecv")})
		if r := event[call.RemoteEnded](p, id).Reason; r.Cause != want {
			t.Errorf("%s ended with %+v", number, r)
		}
	}
	p.Do(call.Invite{ID: "sdes", Account: "a", Target: "9100", SDP: []byte(strings.Replace(string(p.sdp("sendrecv")), "RTP/AVP", "RTP/SAVP", 1))})
	if r := event[call.RemoteEnded](p, "sdes").Reason; r.Cause != call.NotAcceptable {
		t.Errorf("SAVP ended with %+v", r)
	}
}

func TestNumberThatNeverAnswers(t *testing.T) {
	b := newLab(t, nil)
	p := b.phone("1001", "udp")
	p.Do(call.Invite{ID: "c", Account: "a", Target: "9408", SDP: p.sdp("sendrecv")})
	event[call.RemoteProgress](p, "c")
	p.Do(call.End{ID: "c"})
	if r := event[call.RemoteEnded](p, "c").Reason; r.Cause != call.Cancelled {
		t.Errorf("ended %+v", r)
	}
	l, err := b.WaitLeg(b.ctx, 0)
	if err != nil || l.Wait(b.ctx, Over) != nil {
		t.Errorf("the lab did not notice: %v", err)
	}
}

// dial calls a number and returns the lab's description and conversation.
func (b *lab) dial(p *phone, id call.ID, number string) (string, *Leg) {
	b.t.Helper()
	n := len(b.Legs())
	p.Do(call.Invite{ID: id, Account: "a", Target: number, SDP: p.sdp("sendrecv")})
	answer := event[call.RemoteAnswered](p, id)
	l, err := b.WaitLeg(b.ctx, n)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := l.Wait(b.ctx, Established); err != nil {
		b.t.Fatal(err)
	}
	return string(answer.SDP), l
}

func TestToneNumber(t *testing.T) {
	b := newLab(t, nil)
	p := b.phone("1001", "tcp")
	_, l := b.dial(p, "c", "9101")
	if got := power(p.listen(4000), 1004); got < 0.9 {
		t.Errorf("1004 Hz is %.2f of the sound", got)
	}
	p.Do(call.End{ID: "c"})
	if r := event[call.RemoteEnded](p, "c").Reason; r.Cause != call.Completed {
		t.Errorf("ended %+v", r)
	}
	if err := l.Wait(b.ctx, Over); err != nil {
		t.Error(err)
	}
}

func TestTalkingNumberTalksAndListens(t *testing.T) {
	b := newLab(t, nil)
	p := b.phone("1001", "udp")
	sdp, l := b.dial(p, "c", "+12025550142")
	heard := p.listen(8000)
	loud := 0
	for _, v := range heard {
		if v > 2000 || v < -2000 {
			loud++
		}
	}
	if loud < 400 {
		t.Errorf("only %d loud samples in a second of speech", loud)
	}
	for i := range 25 {
		payload := make([]byte, frame)
		for j, v := range tone(i*frame, 700) {
			payload[j] = encodeULaw(v)
		}
		p.speak(sdp, 0, i, uint32(i*frame), payload)
	}
	recorded, err := l.WaitHeard(b.ctx, 25*frame)
	if got := power(recorded, 700); got < 0.9 || err != nil {
		t.Errorf("700 Hz is %.2f of what was recorded (%v)", got, err)
	}
	if err := l.Hangup(b.ctx); err != nil {
		t.Error(err)
	}
	if r := event[call.RemoteEnded](p, "c").Reason; r.Cause != call.RemoteHangup {
		t.Errorf("ended %+v", r)
	}
}

func TestEcho(t *testing.T) {
	b := newLab(t, nil)
	p := b.phone("1001", "udp")
	sdp, _ := b.dial(p, "c", "9196")
	stop := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			payload := make([]byte, frame)
			for j, v := range tone(i*frame, 500) {
				payload[j] = encodeULaw(v)
			}
			p.speak(sdp, 0, i, uint32(i*frame), payload)
		}
	})
	defer work.Wait()
	defer close(stop)
	for range 100 {
		if power(p.listen(frame), 500) > 0.9 {
			return
		}
	}
	t.Error("the echo never came")
}

func TestDigitsComeBackAsTones(t *testing.T) {
	b := newLab(t, nil)
	p := b.phone("1001", "udp")
	sdp, l := b.dial(p, "c", "9197")
	for i, code := range []byte{5, 11} { // 5 and #
		for k := range 3 {
			p.speak(sdp, 101, i*3+k, uint32(1000*i), []byte{code, 0x8a, 3, 0x20})
		}
	}
	if got, err := l.WaitDigits(b.ctx, 2); got != "5#" {
		t.Fatalf("digits %q, %v", got, err)
	}
	for range 200 {
		x := p.listen(frame)
		if power(x, 770)+power(x, 1336) > 0.8 {
			return
		}
	}
	t.Error("the tone of 5 never came back")
}

func TestHold(t *testing.T) {
	b := newLab(t, nil)
	p := b.phone("1001", "udp")
	_, l := b.dial(p, "c", "9101")
	for direction, want := range map[string]string{"sendonly": "recvonly", "inactive": "inactive"} {
		p.Do(call.Reoffer{ID: "c", SDP: p.sdp(direction)})
		if got := parseSDP(string(event[call.OfferAnswered](p, "c").SDP)).direction; got != want || !l.Held() {
			t.Errorf("%s was answered %s, held %v", direction, got, l.Held())
		}
		p.Do(call.Reoffer{ID: "c", SDP: p.sdp("sendrecv")})
		event[call.OfferAnswered](p, "c")
		if err := l.WaitHeld(b.ctx, false); err != nil {
			t.Error(err)
		}
	}
}

func TestScriptedCaller(t *testing.T) {
	for _, noOffer := range []bool{false, true} {
		b := newLab(t, nil)
		p := b.phone("1001", "udp")
		l, err := b.CallUser(b.ctx, CallOptions{User: "1001", FromName: "Ada Lovelace", FromNumber: "+12025550143", Play: PlayTone, NoOffer: noOffer})
		if err != nil {
			t.Fatal(err)
		}
		in := next[call.Arrived](p, "call", nil)
		if in.Remote.Name != "Ada Lovelace" || in.Remote.Number != "+12025550143" || (in.Offer == nil) != noOffer {
			t.Errorf("arrived %+v", in)
		}
		p.Do(call.SendRinging{ID: in.ID})
		p.Do(call.Accept{ID: in.ID, SDP: p.sdp("sendrecv")})
		if noOffer {
			event[call.RemoteAnswered](p, in.ID)
		}
		if err := l.Wait(b.ctx, Established); err != nil {
			t.Fatal(err)
		}
		if got := power(p.listen(4000), 1004); got < 0.9 {
			t.Errorf("1004 Hz is %.2f of the sound", got)
		}
		p.changeFromTheLab(b, l, in.ID)
		if err := l.Hangup(b.ctx); err != nil {
			t.Error(err)
		}
		event[call.RemoteEnded](p, in.ID)
	}
}

// changeFromTheLab lets the lab hold the phone and ask it for an offer.
func (p *phone) changeFromTheLab(b *lab, l *Leg, id call.ID) {
	p.t.Helper()
	for _, direction := range []string{"sendonly", ""} {
		status := make(chan int, 1)
		go func() {
			n, _ := l.Reoffer(b.ctx, direction)
			status <- n
		}()
		event[call.RemoteOffer](p, id)
		p.Do(call.AnswerOffer{ID: id, SDP: p.sdp("recvonly")})
		if n := <-status; n != 200 {
			p.t.Errorf("the offer was answered with %d", n)
		}
		if direction == "" {
			event[call.OfferAnswered](p, id)
		}
	}
}

func TestScriptedCallerGivesUpAndIsRefused(t *testing.T) {
	b := newLab(t, nil)
	p := b.phone("1001", "tcp")
	l, err := b.CallUser(b.ctx, CallOptions{User: "1001"})
	if err != nil {
		t.Fatal(err)
	}
	in := next[call.Arrived](p, "call", nil)
	p.Do(call.SendRinging{ID: in.ID})
	if err := l.Hangup(b.ctx); err != nil {
		t.Fatal(err)
	}
	if r := event[call.RemoteEnded](p, in.ID).Reason; r.Cause != call.Cancelled {
		t.Errorf("ended %+v", r)
	}
	if l, err = b.CallUser(b.ctx, CallOptions{User: "1001"}); err != nil {
		t.Fatal(err)
	}
	in = next[call.Arrived](p, "call", nil)
	p.Do(call.End{ID: in.ID, Status: 486})
	if err := l.Wait(b.ctx, Over); err != nil {
		t.Fatal(err)
	}
	if _, status := l.Why(); status != 486 {
		t.Errorf("status %d", status)
	}
	if l, err = b.CallUser(b.ctx, CallOptions{User: "1001"}); err != nil {
		t.Fatal(err)
	}
	in = next[call.Arrived](p, "call", nil)
	p.Do(call.SendRinging{ID: in.ID})
	if err := l.AnsweredElsewhere(b.ctx); err != nil {
		t.Fatal(err)
	}
	if r := event[call.RemoteEnded](p, in.ID).Reason; r.Cause != call.AnsweredElsewhere {
		t.Errorf("ended %+v", r)
	}
	if _, err := b.CallUser(b.ctx, CallOptions{User: "1002"}); err == nil {
		t.Error("a user who is not registered was called")
	}
}

// Two phones talk through the proxy, over different transports; every kind of request passes both ways.
func TestUserCallsUser(t *testing.T) {
	b := newLab(t, nil)
	one, two := b.phone("1001", "udp"), b.phone("1002", "tcp")
	one.Do(call.Invite{ID: "c", Account: "a", Target: "1002", SDP: one.sdp("sendrecv")})
	in := next[call.Arrived](two, "call", nil)
	if string(in.Offer) != string(one.sdp("sendrecv")) || in.Remote.Number != "1001" {
		t.Errorf("arrived %+v", in)
	}
	two.Do(call.SendRinging{ID: in.ID})
	event[call.RemoteProgress](one, "c")
	two.Do(call.Accept{ID: in.ID, SDP: two.sdp("sendrecv")})
	event[call.RemoteAnswered](one, "c")

	one.Do(call.Reoffer{ID: "c", SDP: one.sdp("sendonly")})
	event[call.RemoteOffer](two, in.ID)
	two.Do(call.AnswerOffer{ID: in.ID, SDP: two.sdp("recvonly")})
	event[call.OfferAnswered](one, "c")

	two.Do(call.End{ID: in.ID})
	if r := event[call.RemoteEnded](one, "c").Reason; r.Cause != call.RemoteHangup {
		t.Errorf("ended %+v", r)
	}
	if r := event[call.RemoteEnded](two, in.ID).Reason; r.Cause != call.Completed {
		t.Errorf("ended %+v", r)
	}

	one.Do(call.Invite{ID: "d", Account: "a", Target: "1002", SDP: one.sdp("sendrecv")})
	in = next[call.Arrived](two, "call", nil)
	two.Do(call.SendRinging{ID: in.ID})
	event[call.RemoteProgress](one, "d")
	one.Do(call.End{ID: "d"})
	event[call.RemoteEnded](one, "d")
	event[call.RemoteEnded](two, in.ID)
}

// TestPassedOn: the lab's parties call whom they are told to, and tell how that goes.
func TestPassedOn(t *testing.T) {
	b := newLab(t, func(c *Config) { c.FreeCalls = true })
	p := b.phone("1001", "udp")
	for number, want := range map[string]struct{ rings, fails int }{
		"9101": {180, 0}, "9196": {0, 0}, "9486": {0, 486}, "9999": {0, 404}, "1002": {0, 480},
	} {
		id := call.ID("to-" + number)
		_, l := b.dial(p, id, "9100")
		p.Do(call.Refer{ID: id, Target: number})
		for want.rings > 0 && event[call.TransferProgress](p, id).Status != want.rings {
		}
		if want.fails > 0 {
			if r := event[call.TransferFailed](p, id).Reason; r.Status != want.fails {
				t.Errorf("%s: %+v, want %d", number, r, want.fails)
			}
		} else {
			event[call.TransferDone](p, id)
		}
		p.Do(call.End{ID: id})
		if err := l.Wait(t.Context(), Over); err != nil {
			t.Error(err)
		}
	}
}

// TestPassedOnToAUser: the second phone rings with the number of the one that is passed on.
func TestPassedOnToAUser(t *testing.T) {
	b := newLab(t, func(c *Config) { c.FreeCalls = true })
	one, two := b.phone("1001", "udp"), b.phone("1002", "udp")
	b.dial(one, "c", "9100")
	one.Do(call.Refer{ID: "c", Target: "1002"})
	in := next[call.Arrived](two, "call", nil)
	if in.Remote.Number != "9100" {
		t.Errorf("%+v calls", in.Remote)
	}
	two.Do(call.SendRinging{ID: in.ID})
	for event[call.TransferProgress](one, "c").Status != 180 {
	}
	two.Do(call.Accept{ID: in.ID, SDP: two.sdp("sendrecv")})
	event[call.TransferDone](one, "c")
	one.Do(call.End{ID: "c"})
	l, err := b.WaitLeg(t.Context(), 1)
	if err != nil || l.Number() != "1002" {
		t.Fatal(l, err)
	}
}

func TestFaults(t *testing.T) {
	var mu sync.Mutex
	invites := 0
	b := newLab(t, func(c *Config) {
		c.FreeCalls = true
		c.Log = func(e Entry) {
			mu.Lock()
			defer mu.Unlock()
			if e.Inbound && strings.HasPrefix(e.Message, "INVITE") {
				invites++
			}
		}
	})
	p := b.phone("1001", "udp")
	b.Break(Fault{Name: Refuse, Method: "INVITE", Times: 1, Status: 503})
	p.Do(call.Invite{ID: "c", Account: "a", Target: "9100", SDP: p.sdp("sendrecv")})
	if r := event[call.RemoteEnded](p, "c").Reason; r.Cause != call.ServerTrouble || r.Status != 503 {
		t.Errorf("ended %+v", r)
	}
	b.dial(p, "d", "9100")
	mu.Lock()
	defer mu.Unlock()
	if invites < 2 {
		t.Errorf("the log saw %d INVITEs", invites)
	}
}
