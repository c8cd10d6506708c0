package media

import (
	"math"
	"math/rand/v2"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/call"
)

// nextReport is a random time of 2.5 to 7.5 s, so that reports of many phones do not meet (RFC 3550 §6.2).
func nextReport() time.Duration { return 2500*time.Millisecond + rand.N(5*time.Second) }

// listen takes what the microphone has and gives every call its blocks.
func (e *Engine) listen(now time.Time) {
	for e.mic.has {
		n, err := e.mic.device.Read(now, e.micBlock[e.micHave:])
		if err != nil {
			e.missed(int(now.Sub(e.micAt) / (10 * time.Millisecond)))
			e.mic.failed(now, err)
			e.cfg.Audio.Refresh()
			continue
		}
		if e.micHave += n; e.micHave < block {
			if e.mic.better && e.mic.stuck(now) {
				e.mic.swap()
				continue
			}
			return
		}
		e.micHave, e.micAt, e.mic.moved = 0, now, now
		e.takeOver(now)
		if e.mic.fresh && e.mic.wakes() {
			fadeIn(e.micBlock[:])
		}
		e.mic.fresh = false
		e.console.PickUp(now, e.micBlock[:], e.hushed())
		e.speak()
	}
}

// takeOver lets the sound of a better microphone come in while that of the present one goes out, once the better one has some.
func (e *Engine) takeOver(now time.Time) {
	if !e.mic.better {
		return
	}
	n, err := e.mic.next.Read(now, e.backlog[:])
	if err != nil {
		e.mic.discard(now)
		return
	}
	if n < block {
		return
	}
	fadeOut(e.micBlock[:])
	latest := e.backlog[n-block : n]
	fadeIn(latest)
	for i, v := range latest {
		e.micBlock[i] += v
	}
	e.mic.swap()
	e.mic.fresh = false
}

// fadeIn lets a block begin in silence.
func fadeIn(p []int16) {
	for i := range p {
		p[i] = int16(int(p[i]) * i / len(p))
	}
}

// fadeOut lets a block end in silence. With fadeIn of the same sound it adds up to no more than that sound.
func fadeOut(p []int16) {
	for i := range p {
		p[i] = int16(int(p[i]) * (len(p) - i) / len(p))
	}
}

// speak gives every call 10 ms of the microphone, and every joined one the others' sound with it. A call that has answered itself
// gets silence while its beep warns the agent.
func (e *Engine) speak() {
	clear(e.joint[:])
	for _, s := range e.sessions {
		s.relay.next(e.joint[:])
	}
	for id, s := range e.sessions {
		mic := e.micBlock[:]
		if t := e.tones[id]; t != nil && t.kind == call.AnswerBeep {
			mic = e.silence[:]
		}
		if s.up {
			s.speak(mic, e.joint[:])
		}
	}
}

// hushed reports whether the agent is muted towards every call that would hear the microphone.
func (e *Engine) hushed() bool {
	muted := false
	for _, s := range e.sessions {
		if !s.up || s.parked || !s.agreed.Send {
			continue
		}
		if !s.sender.muted {
			return false
		}
		muted = true
	}
	return muted
}

// missed lets time pass for every call, in blocks, when a microphone died and its watchdog took a while to see it: what is
// sent next must not look like sound that was on its way all that time.
func (e *Engine) missed(blocks int) {
	for _, s := range e.sessions {
		if s.up && !e.micAt.IsZero() {
			s.sender.pass(blocks)
		}
	}
}

// mixEar fills one block for the ear: every call that may be heard, and the tones.
func (e *Engine) mixEar(now time.Time, out []int16) {
	clear(e.sum[:])
	for _, s := range e.sessions {
		if !s.up || !s.agreed.Recv {
			continue
		}
		s.player.pull(now, s.heard[:])
		if s.parked {
			continue
		}
		s.relay.put(s.heard[:])
		for i, v := range s.heard {
			e.sum[i] += int32(v)
		}
	}
	e.addTones(false)
	e.limit(out)
	e.console.Play(out, e.ear.real)
}

// mixBell fills one block for the bell.
func (e *Engine) mixBell(out []int16) {
	clear(e.sum[:])
	e.addTones(true)
	e.limit(out)
}

// addTones adds the tones of one device to the sum and forgets those that ended.
func (e *Engine) addTones(bell bool) {
	for id, t := range e.tones {
		if t.onBell() == bell && !t.mix(e.sum[:]) {
			delete(e.tones, id)
		}
	}
}

func (e *Engine) limit(out []int16) {
	for i, v := range e.sum {
		out[i] = clip(v)
	}
}

func clip(v int32) int16 { return int16(min(max(v, math.MinInt16), math.MaxInt16)) }

// serve gives a sink the blocks it wants by now, at most a fifth of a second at once. A device that begins is filled with silence up
// to the last block that it wants, so that no sound is taken from the calls earlier than it is needed.
func serve(d *dock[audio.Sink], now time.Time, fill func([]int16), room *[block]int16) {
	if !d.has {
		return
	}
	space, err := d.device.Space(now)
	if err == nil && d.fresh && d.wakes() {
		space, err = prime(d.device, space, room)
	}
	if err == nil && space < block && d.better && d.stuck(now) {
		d.swap()
		serve(d, now, fill, room)
		return
	}
	for ; err == nil && space >= block; space -= block {
		d.moved = now
		fill(room[:])
		if d.fresh && d.wakes() {
			fadeIn(room[:])
		}
		d.fresh = false
		if d.better && handOver(d, now, room) {
			return
		}
		_, err = d.device.Write(room[:])
	}
	if err != nil {
		d.failed(now, err)
	}
}

// prime fills a sink up to its last block with silence.
func prime(sink audio.Sink, space int, room *[block]int16) (int, error) {
	clear(room[:])
	for space >= 2*block {
		if _, err := sink.Write(room[:]); err != nil {
			return 0, err
		}
		space -= block
	}
	return space, nil
}

// handOver lets a block go out at the present sink while it comes in at the better one, and reports whether that took over.
func handOver(d *dock[audio.Sink], now time.Time, room *[block]int16) bool {
	ending := *room
	space, err := d.next.Space(now)
	if err == nil {
		_, err = prime(d.next, space, room)
	}
	if err == nil {
		*room = ending
		fadeIn(room[:])
		_, err = d.next.Write(room[:])
	}
	if err != nil {
		*room = ending
		d.discard(now)
		return false
	}
	fadeOut(ending[:])
	_, _ = d.device.Write(ending[:]) // it is given up either way
	d.swap()
	d.fresh = false
	return true
}
