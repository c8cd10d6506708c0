package app

import (
	"slices"
	"testing"

	"sidetone/internal/call"
	"sidetone/internal/phone"
	"sidetone/internal/trace"
	"sidetone/sip"
)

// TestNotes: each change of a call is kept once, under its Call-ID, and nothing says who it is with.
func TestNotes(t *testing.T) {
	a := &App{trace: trace.NewLog()}
	a.traced(sip.Wire{Note: "line work: ready"})
	a.traced(sip.Wire{Text: []byte("OPTIONS sip:example.com SIP/2.0\r\nCall-ID: x\r\n\r\n")})
	c := call.Call{ID: "0a1b2c3d4e", Remote: call.Party{Number: "+12025550142"}, Direction: call.Outgoing}
	said := map[call.ID]string{}
	see := func(s phone.Snapshot) { said = a.note(s, said) }
	see(phone.Snapshot{Calls: []call.Call{c}})
	c.CallID = "one@example.com"
	see(phone.Snapshot{Calls: []call.Call{c}})
	see(phone.Snapshot{Calls: []call.Call{c}})
	c.Phase, c.Held = call.Active, true
	see(phone.Snapshot{Calls: []call.Call{c}})
	c.Phase, c.Reason = call.Ended, call.Reason{Cause: call.RemoteHangup}
	see(phone.Snapshot{Unrecorded: []call.Call{c}, Last: &c})
	see(phone.Snapshot{Last: &c})
	away := call.Call{ID: "1b2c3d4e5f", CallID: "two@example.com", Direction: call.Incoming, Phase: call.Ending, Reason: call.Reason{Cause: call.Forwarded, Status: 302}}
	see(phone.Snapshot{Calls: []call.Call{away}})
	away.Phase = call.Ended
	see(phone.Snapshot{Last: &away})
	away.ID, away.Direction, away.Reason = "2c3d4e5f6a", call.Outgoing, call.FromStatus(302, "Moved Temporarily")
	see(phone.Snapshot{Last: &away})
	var got []string
	kept, _ := a.trace.After(0)
	for _, m := range kept {
		if m.Note != "" && (m.CallID != "") == (m.Note[:4] == "call") {
			got = append(got, m.Note)
		}
	}
	want := []string{"line work: ready", "call 0a1b2c: dialing", "call 0a1b2c: active, held here", "call 0a1b2c: ended. They hung up.",
		"call 1b2c3d: forwarded", "call 2c3d4e: ended. They forwarded it."}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
