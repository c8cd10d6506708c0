package jitter

import "time"

// more adds to the tape, at least one sample and at most what the stream has; need is how many are missing for the listener.
func (p *Playout) more(at time.Duration, need int) {
	if !p.playing && !p.start(at) {
		p.tape.zeros(need)
		return
	}
	for h := p.shelf.first(); h != nil && h.end() <= p.next; h = p.shelf.first() {
		p.shelf.pop()
	}
	head := p.shelf.first()
	if head == nil {
		p.starve(need)
		return
	}
	hole := int(head.at-p.next)*p.ratio - p.extra
	if head.at > p.next && head.seq != p.lastSeq+1 {
		p.losses.add(at)
	}
	switch {
	case head.at <= p.next || hole <= 0 || p.overdue(at, head):
		p.voice(at)
	case head.seq == p.lastSeq+1:
		p.unsent(hole)
	default:
		p.lost(head, hole)
	}
}

// start begins to play once the oldest packet has waited long enough. Packets that came in one heap before it are left out.
func (p *Playout) start(at time.Duration) bool {
	head := p.shelf.first()
	if head == nil {
		return false
	}
	target := p.target(at)
	if p.lag(at, head.at) < target && at-head.arrived < target {
		return false
	}
	most := target + 2*p.span(int64(p.frame))
	for p.shelf.count > 1 && p.lag(at, p.shelf.first().at) > most {
		p.shelf.pop()
	}
	head = p.shelf.first()
	p.playing, p.next, p.lastSeq, p.extra = true, head.at, head.seq-1, 0
	if p.mender != nil {
		p.mender.real()
	}
	return true
}

// lag is the delay of the playout if what has the timestamp is played at that time.
func (p *Playout) lag(at time.Duration, timestamp int64) time.Duration {
	return at - p.span(timestamp) - p.delays.least()
}

// delay is the delay of what is played now.
func (p *Playout) delay(at time.Duration) time.Duration {
	return p.lag(at, p.next) + p.length(p.tape.waiting())
}

// target is the delay wanted.
func (p *Playout) target(at time.Duration) time.Duration {
	t := p.delays.spread() + 10*time.Millisecond
	if p.losses.expected(at) {
		t += p.span(int64(p.frame))
	}
	if p.delays.count < 25 {
		t = max(t, p.cfg.Start)
	}
	return min(max(t, p.cfg.Min), p.cfg.Max)
}

// overdue reports that a packet should have been played a while ago. A hole before it is not filled: were it, a full buffer
// would lose its oldest packet as fast as the hole is played, for ever.
func (p *Playout) overdue(at time.Duration, head *slot) bool {
	return p.lag(at, head.at) > p.target(at)+p.span(int64(p.frame))
}

// starve goes on with nothing to play: the stream stands still and the listener hears an extension of what was.
func (p *Playout) starve(need int) {
	if p.length(p.extra) >= starveLimit {
		p.playing, p.extra = false, 0
		p.tape.zeros(need)
		return
	}
	p.extra += p.makeUp(p.current, need)
}

// makeUp adds at least n samples, at most 20 ms, of extension, and returns how many it added.
func (p *Playout) makeUp(d Decoder, n int) int {
	from := len(p.tape.pcm)
	if h, ok := d.(Healer); ok {
		step := p.cfg.SampleRate / 100 // it fades with each piece: few are better
		p.tape.pcm = h.Conceal(p.tape.pcm, (n+step-1)/step*step)
	}
	if made := len(p.tape.pcm) - from; made < n {
		past := p.past()
		p.tape.zeros(n - made)
		if p.mender != nil {
			p.mender.extend(past, p.tape.pcm[from+made:])
		}
	}
	n = len(p.tape.pcm) - from
	p.stats.Concealed += p.length(n)
	return n
}

func (p *Playout) past() []int16 {
	if p.mender == nil {
		return nil
	}
	return p.tape.past(p.mender.pastNeeded())
}

// unsent plays silence the sender did not send.
func (p *Playout) unsent(hole int) {
	n := min(hole, p.frame*p.ratio)
	p.tape.zeros(n)
	p.pass(n)
}

// pass moves the stream on by n samples and all that was made up beyond it.
func (p *Playout) pass(n int) {
	p.next += int64((n + p.extra) / p.ratio)
	p.extra = 0
}

// lost closes a hole of samples before a packet that is here.
func (p *Playout) lost(head *slot, hole int) {
	if p.extra == 0 {
		p.stats.Lost++
	}
	if h, ok := p.decoders[head.pt].(Healer); ok {
		p.heal(h, head, hole)
		return
	}
	if p.mender == nil || hole > p.cfg.SampleRate*bridgeMS/1000 {
		p.pass(p.makeUp(p.current, min(hole, p.cfg.SampleRate/100)))
		return
	}
	p.bridge(head, hole)
}

// heal closes a hole, or its beginning, with what the codec has for it: the packet behind it may carry the one before.
func (p *Playout) heal(h Healer, head *slot, hole int) {
	frame := head.units * p.ratio
	if hole > frame {
		p.pass(min(p.makeUp(h, min(hole-frame, p.cfg.SampleRate/50)), hole))
		return
	}
	from := len(p.tape.pcm)
	pcm, ok := h.Recover(p.tape.pcm, head.sound(), frame)
	if !ok {
		p.pass(min(p.makeUp(h, hole), hole))
		return
	}
	p.tape.pcm = pcm
	p.tape.cut(from, frame-hole) // that much was made up already
	p.pass(hole)
}

// bridge closes a hole between what was heard and the packet behind it, and plays that too.
func (p *Playout) bridge(head *slot, hole int) {
	from := len(p.tape.pcm)
	past := p.past()
	p.tape.zeros(hole)
	p.next = head.at
	p.extra = 0
	p.decode()
	for len(p.tape.pcm)-from-hole < p.cfg.SampleRate/50 {
		if h := p.shelf.first(); h == nil || h.at != p.next || p.mended(h) {
			break
		}
		p.decode()
	}
	p.stats.Concealed += p.length(hole)
	future := p.tape.pcm[from+hole:]
	if len(future) < p.cfg.SampleRate/100 {
		p.mender.extend(past, p.tape.pcm[from:from+hole])
		return
	}
	p.mender.bridge(past, future, p.tape.pcm[from:from+hole])
}

// mended reports whether the decoder of a packet conceals by itself.
func (p *Playout) mended(s *slot) bool {
	_, ok := p.decoders[s.pt].(Healer)
	return ok
}

// decode adds the oldest packet to the tape.
func (p *Playout) decode() {
	s := p.shelf.pop()
	p.current = p.decoders[s.pt]
	from := len(p.tape.pcm)
	again := max(0, int(p.next-s.at)*p.ratio) // heard already, in a packet that runs over into this one
	if p.current != nil {
		p.tape.pcm = p.current.Decode(p.tape.pcm, s.sound())
	}
	want := s.units * p.ratio
	if got := len(p.tape.pcm) - from; got < want {
		p.tape.zeros(want - got)
	}
	p.tape.cut(from, min(again, len(p.tape.pcm)-from))
	p.next, p.lastSeq = s.end(), s.seq
}

// voice plays the oldest packet.
func (p *Playout) voice(at time.Duration) {
	from := len(p.tape.pcm)
	p.next = max(p.next, p.shelf.first().at)
	p.stats.Delay = p.delay(at)
	joined := p.extra > 0
	p.extra = 0
	p.decode()
	if joined {
		p.held = at + holdTime
		if p.mender != nil && !p.healing() {
			p.rejoin(from)
		}
	}
	p.pace(from)
}

func (p *Playout) healing() bool {
	_, ok := p.current.(Healer)
	return ok
}

// rejoin puts what came after what was made up.
func (p *Playout) rejoin(from int) {
	n := copy(p.mender.frame, p.tape.pcm[from:])
	p.tape.pcm = p.mender.join(p.tape.pcm[:from], p.mender.frame[:n])
}

// After nothing came in time the delay that this made is kept for a while, because stalls come again; but not all of a long one.
const (
	holdTime = 10 * time.Second
	holdMost = 250 * time.Millisecond
)

// pace puts in or leaves out a pitch period where the delay is not what it should be. What was added last begins at from.
func (p *Playout) pace(from int) {
	p.unpaced += len(p.tape.pcm) - from
	excess := p.stats.Delay - p.target(p.pulled)
	if p.pulled < p.held {
		excess = min(excess, max(0, p.stats.Delay-holdMost))
	}
	room := p.tape.pcm[p.tape.heard:]
	hurry := excess > 60*time.Millisecond
	if (excess < 5*time.Millisecond && excess > -5*time.Millisecond) || (p.unpaced < p.cfg.SampleRate/10 && !hurry) {
		return
	}
	if len(room) < 2*p.pacer.shortest() {
		return
	}
	most := len(room) / 2
	if excess > 0 {
		most = min(most, int(excess*time.Duration(p.cfg.SampleRate)/time.Second))
	}
	if most < p.pacer.shortest() {
		return
	}
	lag, alike, level := p.pacer.like(room, most)
	quiet := level < 64
	if lag == 0 || !quiet && alike < likeEnough(excess) {
		return
	}
	p.unpaced = 0
	if excess > 0 {
		p.pacer.shorten(&p.tape, p.tape.heard, lag)
		p.stats.Shortened += p.length(lag)
		return
	}
	p.pacer.lengthen(&p.tape, p.tape.heard, lag)
	p.stats.Lengthened += p.length(lag)
}

// likeEnough is how much two pitch periods must be alike to take one out or put one in: the more the delay is off, the less.
func likeEnough(excess time.Duration) float32 {
	switch {
	case excess > 60*time.Millisecond:
		return 0.5
	case excess > 15*time.Millisecond || excess < 0:
		return 0.85
	}
	return 0.95
}

// losses tells whether packets get lost on this path: after one, for the next twenty seconds.
type losses struct{ until time.Duration }

func (l *losses) add(at time.Duration) { l.until = at + 20*time.Second }

func (l *losses) expected(at time.Duration) bool { return at < l.until }
