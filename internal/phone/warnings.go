package phone

import (
	"fmt"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/health"
)

// warnings is everything that is wrong, the worst first.
func (p *Phone) warnings() []health.Warning {
	ws := []health.Warning{}
	if len(p.state.lines) == 0 {
		ws = append(ws, health.New(health.NoAccount, "No phone line is set up yet.", "Set up"))
	}
	for _, l := range p.state.lines {
		switch l.Line.State {
		case call.LineUnreachable:
			ws = append(ws, health.New(health.LineDown, l.Line.Detail, "Try again"))
		case call.LineRefused:
			ws = append(ws, health.New(health.LineRefused, l.Line.Detail, "Set up"))
		}
	}
	if text := p.turnsAway(); text != "" {
		ws = append(ws, health.New(health.TurnsAway, text, "Take calls"))
	}
	ws = append(ws, sound(p.state.audio)...)
	for _, c := range p.state.calls {
		ws = append(ws, soundWarnings(c)...)
		if c.Phase == call.Active && c.Unresumed {
			ws = append(ws, health.New(health.Unresumed, "The other side did not take the call back from hold. Resume it once more, or call again.", ""))
		}
	}
	if text := loud(p.state.exposure); text != "" {
		ws = append(ws, health.New(health.Loud, text, ""))
	}
	if p.state.bridge.Problem != "" {
		ws = append(ws, health.New(health.BridgeDown, p.state.bridge.Problem, ""))
	}
	for _, text := range []string{p.state.unsaved, p.state.memory.problem} {
		if text != "" {
			ws = append(ws, health.New(health.NotSaved, text, ""))
		}
	}
	if p.state.renewed != "" {
		ws = append(ws, health.New(health.JournalNew, p.state.renewed, ""))
	}
	ws = append(ws, logWarning(p.state.log.View())...)
	health.Sort(ws)
	return ws
}

// soundWarnings is what is wrong with the sound of a call.
func soundWarnings(c call.Call) (ws []health.Warning) {
	if c.Phase != call.Active {
		return nil
	}
	q := c.Sound.Now
	switch {
	case c.Unheard > 0:
		ws = append(ws, health.New(health.Unheard, unheard(c.Unheard), ""))
	case c.Sound.Silent == call.FromThem:
		ws = append(ws, health.New(health.Unheard, "No sound comes from the other side at the moment.", ""))
	case c.Sound.Silent == call.FromMicrophone:
		ws = append(ws, health.New(health.Still, "The microphone gives no sound: it may be switched off at the headset.", ""))
	case c.Sound.Silent == call.ToThem:
		ws = append(ws, health.New(health.Deaf, "The other side reports that none of your sound arrives.", ""))
	case c.Sound.TalkingMuted:
		ws = append(ws, health.New(health.TalksMuted, "You are talking, and nobody hears it: the call is muted.", ""))
	case c.Sound.Poor:
		ws = append(ws, health.New(health.Poor, fmt.Sprintf("The connection is poor: %.0f %% of the sound gets lost or comes too late.", q.Lost+q.Late), ""))
	}
	return ws
}

// sound is what is wrong with the devices, or worth knowing.
func sound(a call.AudioProblem) []health.Warning {
	var ws []health.Warning
	add := func(code health.Code, text string) {
		if text != "" {
			ws = append(ws, health.New(code, text, ""))
		}
	}
	add(health.NoAudio, a.Text)
	add(health.OtherDevice, a.Instead)
	add(health.HandsFree, a.HandsFree)
	return ws
}

// loud says that the ear has had enough for today. Level is that of call.Exposure.
func loud(level int) string {
	if level == 0 {
		return ""
	}
	return fmt.Sprintf("You have heard as much today as eight hours at about %d dB(A) give: turn the headset down, or rest your ears.", level)
}

// unheard says for how long nothing has come from the other side.
func unheard(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("No sound has come from the other side for %d s.", int(d.Seconds()))
	}
	return fmt.Sprintf("No sound has come from the other side for %d min.", int(d.Minutes()))
}

// turnsAway says that no call rings here now, and why.
func (p *Phone) turnsAway() string {
	switch {
	case p.forward().Always != "":
		return "Every call goes to " + p.forward().Always + "."
	case p.state.quiet.On:
		return "Do not disturb is on: every call is turned away."
	}
	return ""
}
