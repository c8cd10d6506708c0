package phone

import (
	"slices"
	"time"

	"sidetone/internal/call"
	"sidetone/sync/presence"
)

// cutOff is a trouble in which no line can be called; the zero value means that there is none.
type cutOff struct {
	since time.Time
	told  bool // it has lasted, and the status knows
}

// reach follows whether any line can be called. A trouble shorter than Times.Unreachable is nobody's business; a longer one
// bears on the agent's status. A phone without a line claims nothing: its agent may not have set it up yet.
func (p *Phone) reach(now time.Time) {
	up := slices.ContainsFunc(p.state.lines, func(l AccountLine) bool { return l.Line.State == call.LineReady })
	p.state.wasReady = p.state.wasReady || up
	switch c := &p.state.cutOff; {
	case up, len(p.state.lines) == 0:
		if c.told && up {
			p.sound(call.LineBack)
		}
		*c = cutOff{}
		p.decide(presence.Reachable{OK: true}, now)
	case c.since.IsZero():
		c.since = now
	case c.told:
		p.decide(presence.Reachable{Why: p.cutOffWhy()}, now) // the reason may be another one
	}
}

// lasted tells the status of a trouble that has lasted.
func (p *Phone) lasted(now time.Time) {
	if at, ok := p.cutOffDeadline(); ok && !now.Before(at) {
		p.state.cutOff.told = true
		p.sound(call.LineLost)
		p.decide(presence.Reachable{Why: p.cutOffWhy()}, now)
	}
}

// sound lets the agent hear, who may look elsewhere, what becomes of the line.
func (p *Phone) sound(t call.Tone) { p.ports.Media.Do(call.PlayTone{ID: "line", Tone: t}) }

func (p *Phone) cutOffDeadline() (time.Time, bool) {
	c := p.state.cutOff
	wait := p.times.Unreachable
	if !p.state.wasReady && p.failed() {
		wait = 0 // nobody was promised anything: what has not worked yet is no short trouble
	}
	return c.since.Add(wait), !c.since.IsZero() && !c.told
}

// failed reports whether every line is known not to work; one that is being registered may do in a moment.
func (p *Phone) failed() bool {
	return !slices.ContainsFunc(p.state.lines, func(l AccountLine) bool {
		return l.Line.State != call.LineUnreachable && l.Line.State != call.LineRefused
	})
}

func (p *Phone) cutOffWhy() string {
	for _, l := range p.state.lines {
		if l.Line.Detail != "" {
			return l.Line.Detail
		}
	}
	return "The line is not registered yet."
}

// part ends every call and leaves the agent's status as a phone that is off must: what it was is put back by the next run.
func (p *Phone) part(now time.Time) {
	if len(p.state.lines) > 0 {
		p.decide(presence.Reachable{Why: "Sidetone is closed."}, now)
	}
	for _, c := range slices.Clone(p.state.calls) {
		p.happened(call.Happened{ID: c.ID, Event: call.Hangup{}}, now)
	}
	p.decide(presence.Done{}, now)
}
