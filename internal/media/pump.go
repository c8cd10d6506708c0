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
			return
		}
		if e.micHave += n; e.micHave < block {
			return
		}
		e.micHave, e.micAt = 0, now
		e.speak()
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

// serve gives a sink the blocks it wants by now, at most a fifth of a second at once.
func serve(d *dock[audio.Sink], now time.Time, fill func([]int16), room *[block]int16) {
	if !d.has {
		return
	}
	space, err := d.device.Space(now)
	for ; err == nil && space >= block; space -= block {
		fill(room[:])
		_, err = d.device.Write(room[:])
	}
	if err != nil {
		d.failed(now, err)
	}
}
