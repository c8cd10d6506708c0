package widgetbridge

import (
	"sidetone/internal/call"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
	"sidetone/widgetbridge/wire"
)

// stateOf is what a widget may know of a snapshot.
func stateOf(s phone.Snapshot) wire.State {
	out := wire.State{
		Seq: s.Seq, Calls: []wire.Call{}, Line: "No line is set up.",
		Status: status(s.Presence), Called: s.Want.Called,
	}
	for _, a := range s.Accounts {
		if out.Ready {
			break
		}
		out.Line, out.Ready = line(a)
	}
	if len(s.Warnings) > 0 {
		out.Warning = s.Warnings[0].Text
	}
	for _, c := range s.Calls {
		name, text := c.Remote.Shown()
		out.Calls = append(out.Calls, wire.Call{
			ID: string(c.ID), Direction: string(c.Direction), Name: name, Number: number(c.Remote), NumberText: text, Phase: c.Phase.String(),
			Held: c.Held, RemoteHeld: c.RemoteHeld, Muted: c.Muted, CreatedAt: c.CreatedAt, AnsweredAt: c.AnsweredAt, HeldAt: c.HeldAt,
			Customer: lookup(s, c.ID),
		})
	}
	if l := s.Last; l != nil {
		name, text := l.Remote.Shown()
		out.Last = &wire.Last{
			Direction: string(l.Direction), Name: name, Number: number(l.Remote), NumberText: text, Reason: l.Reason.Sentence(),
			Missed: l.Missed(), CreatedAt: l.CreatedAt,
		}
	}
	return out
}

func status(v presence.View) wire.Status {
	out := wire.Status{
		Status: string(v.Status), Label: v.Label, Why: v.Why, Since: v.Since, Notice: v.Notice, Next: v.Follows, Until: v.Until,
	}
	for _, d := range v.Decisions {
		out.Recent = append(out.Recent, d.Sentence)
	}
	return out
}

func line(a phone.AccountLine) (string, bool) {
	user, _, _, err := a.AOR()
	switch {
	case err != nil:
		return "The line is not set up rightly.", false
	case a.Line.State == call.LineReady:
		return "Line " + user + " is ready.", true
	case a.Line.Detail != "":
		return a.Line.Detail, false
	}
	return "Line " + user + " is being registered.", false
}

func number(p call.Party) string {
	if p.Number != "" {
		return p.Number
	}
	return p.URI
}
