package widgetbridge

import (
	"slices"

	"sidetone/internal/call"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
	"sidetone/widgetbridge/wire"
)

// stateOf is what a widget may know of a snapshot.
func stateOf(s phone.Snapshot) wire.State {
	out := wire.State{
		Seq: s.Seq, Calls: []wire.Call{}, Status: status(s.Presence), Called: s.Want.Called, Draft: draft(s),
	}
	putLine(&out, s.Accounts)
	if len(s.Warnings) > 0 {
		out.Warning, out.WarningCode = s.Warnings[0].Text, string(s.Warnings[0].Code)
	}
	for _, c := range frontFirst(s) {
		name, text := s.Who(c)
		out.Calls = append(out.Calls, wire.Call{
			ID: string(c.ID), Direction: string(c.Direction), Name: name, Number: number(c.Remote), NumberText: text, Phase: c.Phase.String(),
			Held: c.Held, RemoteHeld: c.RemoteHeld, Muted: c.Muted, CreatedAt: c.CreatedAt, AnsweredAt: c.AnsweredAt, HeldAt: c.HeldAt,
			Customer: lookup(s, c.ID),
		})
	}
	if l := s.Last; l != nil {
		name, text := s.Who(*l)
		out.Last = &wire.Last{
			Direction: string(l.Direction), Name: name, Number: number(l.Remote), NumberText: text, Reason: l.Reason.Sentence(l.Direction), Cause: string(l.Reason.Cause),
			Missed: l.Missed(), CreatedAt: l.CreatedAt,
		}
	}
	return out
}

// frontFirst are the calls, the one the agent talks to first.
func frontFirst(s phone.Snapshot) []call.Call {
	calls := slices.Clone(s.Calls)
	slices.SortStableFunc(calls, func(a, b call.Call) int {
		switch s.Front {
		case a.ID:
			return -1
		case b.ID:
			return 1
		}
		return 0
	})
	return calls
}

func status(v presence.View) wire.Status {
	out := wire.Status{
		Status: string(v.Status), Label: v.Label, Why: v.Why, Because: string(v.Because), Since: v.Since, Until: v.Until, Longest: v.Longest,
		Next: named(presence.Named{Status: v.Return, Label: v.Follows}),
	}
	if r := v.Remark; r.Code != "" {
		out.Notice = &wire.Notice{
			Code: string(r.Code), Text: r.Text, Wanted: named(r.Wanted), There: named(r.There), At: r.At, Failure: r.Failure,
		}
	}
	for _, d := range v.Decisions {
		out.Recent = append(out.Recent, wire.Decision{
			At: d.At, Cause: string(d.Cause), To: wire.Named{Status: string(d.To), Label: d.Name}, Until: d.Until, Text: d.Sentence,
		})
	}
	return out
}

func named(n presence.Named) *wire.Named {
	if n.Status == "" {
		return nil
	}
	return &wire.Named{Status: string(n.Status), Label: n.Label}
}

// putLine says how the first line stands that calls can reach, or else the last one.
func putLine(out *wire.State, accounts []phone.AccountLine) {
	out.Line, out.LineCode = "No line is set up.", "none"
	for _, a := range accounts {
		user, _, _, err := a.AOR()
		out.LineCode, out.LineName = string(a.Line.State), user
		switch {
		case err != nil:
			out.Line, out.LineCode = "The line is not set up rightly.", "wrong"
		case a.Line.State == call.LineReady:
			out.Line, out.Ready = "Line "+user+" is ready.", true
			return
		case a.Line.Detail != "":
			out.Line = a.Line.Detail
		default:
			out.Line = "Line " + user + " is being registered."
		}
	}
}

func number(p call.Party) string {
	if p.Number != "" {
		return p.Number
	}
	return p.URI
}
