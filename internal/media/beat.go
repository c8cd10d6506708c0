package media

import (
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/devices"
)

// watch is how often everything is looked after while devices that wake the engine by themselves carry the sound.
const watch = 5 * pulse

// interval is how often tick is due: 0 is never.
func (e *Engine) interval() time.Duration {
	switch {
	case !e.busy():
		return 0
	case e.mic.wakes() && e.ear.wakes() && !e.bell.needs():
		return watch
	}
	return pulse
}

// busy reports whether anything needs the clock.
func (e *Engine) busy() bool {
	return len(e.sessions) > 0 || len(e.tones) > 0 || e.mic.has || e.ear.has || e.bell.has
}

// speaking reports whether any call has sound.
func (e *Engine) speaking() bool {
	for _, s := range e.sessions {
		if s.up {
			return true
		}
	}
	return false
}

// ringing splits the tones that play by the device they need.
func (e *Engine) ringing() (bell, ear bool) {
	for _, t := range e.tones {
		if t.onBell() {
			bell = true
		} else {
			ear = true
		}
	}
	return bell, ear
}

// settle opens and closes devices as the calls need them, and tells what is wrong with them.
func (e *Engine) settle(now time.Time) {
	speaking := e.speaking()
	bell, ear := e.ringing()
	if g := e.cfg.Audio.Generation(); g != e.generation {
		e.generation = g
		e.mic.offer(e.cfg.Audio.Targets(audio.Mic))
		e.ear.offer(e.cfg.Audio.Targets(audio.Speech))
		e.bell.offer(e.cfg.Audio.Targets(audio.Ring))
	}
	e.cfg.Audio.InUse(speaking || ear || bell)
	e.mic.want(now, speaking)
	e.ear.want(now, speaking || ear)
	e.bell.want(now, bell)
	if e.ear.real {
		e.console.Suit(e.cfg.Processing, e.speaker())
	}
	if state := e.sound(); state != e.told {
		e.told = state
		e.sink(state)
	}
}

// speaker is the name of the device that the agent hears, nothing for one made of files or silence.
func (e *Engine) speaker() string {
	if len(e.ear.used.Devices) == 0 || devices.Made(e.ear.used.Devices[0].ID) {
		return ""
	}
	return e.ear.used.Devices[0].Name
}

// sound is what the agent should know of the devices.
func (e *Engine) sound() call.AudioProblem {
	p := call.AudioProblem{Text: trouble(e.mic.problem, e.ear.problem, e.bell.problem)}
	if e.mic.used.Instead || e.ear.used.Instead || e.bell.used.Instead {
		p.Instead = sentences(devices.Standing("microphone", e.mic.used), devices.Standing("speaker", e.ear.used), devices.Standing("ring device", e.bell.used))
	}
	p.HandsFree = e.cfg.Audio.HandsFree(e.mic.used, e.ear.used)
	return p
}

// play gives the speaker and the ring device what they want.
func (e *Engine) play(now time.Time) {
	serve(&e.ear, now, func(out []int16) { e.mixEar(now, out) }, &e.out)
	serve(&e.bell, now, e.mixBell, &e.out)
}

// move serves the devices that wake the engine by themselves.
func (e *Engine) move(now time.Time) {
	if e.mic.wakes() {
		e.listen(now)
	}
	if e.ear.wakes() || e.bell.wakes() {
		e.gather()
		e.play(now)
	}
}

// tick moves sound between devices and calls.
func (e *Engine) tick(now time.Time) {
	e.gather()
	e.listen(now)
	e.play(now)
	if (e.mic.stuck(now) || e.ear.stuck(now)) && now.Sub(e.refreshed) > 2*stalled {
		e.refreshed = now
		e.cfg.Audio.Refresh()
	}
	still := e.mic.real && !audio.IsSilence(e.mic.device) && e.console.Dead(now)
	for _, s := range e.sessions {
		if !s.up {
			continue
		}
		e.overdue(now, s)
		if !now.Before(s.reportAt) {
			s.report(now, false)
			s.reportAt = now.Add(nextReport())
		}
		if u, ok := s.silence(now); ok {
			e.tell(s.id, u)
		}
		if l, ok := s.levels(now); ok {
			e.sink(l)
		}
		if m, ok := s.measure(now, still, e.console.TalkingMuted()); ok {
			e.sink(m)
		}
	}
	if x, ok := e.console.Exposure(now); ok {
		e.sink(x)
	}
	e.settle(now)
}
