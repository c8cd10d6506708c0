package jitter

import "time"

// starveLimit is how long the sound is stretched when nothing comes; after it the stream counts as stopped.
const starveLimit = 500 * time.Millisecond

// pauseLimit is how long Get may not have been called before what waits is old news: the loudspeaker was gone meanwhile.
const pauseLimit = 200 * time.Millisecond

// Get returns the next frame to be heard at now. Quiet tells that what was heard last was near silence, where a frame more
// or less is not noticed. Now must not go backwards.
func (b *Buffer) Get(now time.Time, quiet bool) Frame {
	at := now.Sub(b.epoch)
	if at-b.lastGet > pauseLimit {
		b.playing = false
	}
	b.lastGet = at
	if !b.playing && !b.start(at) {
		return Frame{Kind: Silence, Samples: b.frame}
	}
	for b.count > 0 && b.first().at+int64(b.first().samples) <= b.next {
		b.pop()
	}
	if b.count == 0 {
		return b.starve()
	}
	if f, missing := b.gap(at); missing {
		return f
	}
	b.sinceSkip++
	delay := at - b.span(b.next) - b.delays.least()
	b.stats.Delay = delay
	slack := b.span(int64(b.frame))
	short := b.target() - delay
	if quiet && short > slack && b.stretched == 0 {
		b.stats.Stretched++
		return Frame{Kind: Stretch, Samples: b.frame}
	}
	skip := b.ahead(-short, slack, quiet)
	if skip {
		b.pop()
		b.stats.Skipped++
		b.sinceSkip = 0
	}
	s := b.pop()
	b.next, b.lastSeq, b.stretched = s.at+int64(s.samples), s.seq, 0
	return Frame{Kind: Voice, PT: s.pt, Payload: s.payload[:s.size], Samples: s.samples, Skipped: skip}
}

// start begins to play once the oldest packet has waited long enough. Packets that came in one heap before it are left out.
func (b *Buffer) start(at time.Duration) bool {
	if b.count == 0 {
		return false
	}
	target := b.target()
	if at-b.span(b.first().at)-b.delays.least() < target && at-b.first().arrived < target {
		return false
	}
	most := target + 2*b.span(int64(b.frame))
	for b.count > 1 && at-b.span(b.first().at)-b.delays.least() > most {
		b.pop()
	}
	b.playing, b.next, b.lastSeq, b.stretched = true, b.first().at, b.first().seq-1, 0
	return true
}

// starve is Get with nothing in the buffer: the stream stands still and the listener hears an extension of what was.
func (b *Buffer) starve() Frame {
	if b.span(int64(b.stretched)) >= starveLimit {
		b.playing, b.stretched = false, 0
		return Frame{Kind: Silence, Samples: b.frame}
	}
	b.stretched += b.frame
	b.stats.Stretched++
	return Frame{Kind: Stretch, Samples: b.frame}
}

// gap handles a hole before the oldest packet. What was stretched already counts as having filled it. A hole between
// consecutive sequence numbers is silence the sender did not send. A hole before a packet that is overdue is not filled:
// were it, a full buffer would lose its oldest packet as fast as the hole is played, for ever.
func (b *Buffer) gap(at time.Duration) (Frame, bool) {
	s := b.first()
	hole := s.at - b.next - int64(b.stretched)
	if s.at <= b.next {
		return Frame{}, false
	}
	overdue := at-b.span(s.at)-b.delays.least() > b.target()+b.span(int64(b.frame))
	if hole <= 0 || overdue {
		b.next = s.at
		return Frame{}, false
	}
	b.next += int64(b.stretched)
	b.stretched = 0
	n := min(hole, int64(b.frame))
	b.next += n
	if s.seq == b.lastSeq+1 {
		return Frame{Kind: Silence, Samples: int(n)}, true
	}
	b.stats.Lost++
	return Frame{Kind: Lost, Samples: int(n)}, true
}

// ahead reports whether to leave out a frame because the delay is excess above its target.
func (b *Buffer) ahead(excess, slack time.Duration, quiet bool) bool {
	if b.count < 2 || excess <= slack {
		return false
	}
	if b.slots[b.order[1]].at != b.first().at+int64(b.first().samples) {
		return false
	}
	return quiet || (excess > slack+40*time.Millisecond && b.sinceSkip >= 10)
}
