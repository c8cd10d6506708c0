package widgetbridge

import (
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/health"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
	"sidetone/widgetbridge/wire"
)

// TestStateSaysWhatTheWindowSays: the widget cannot share the window's code, so it is told a number's text and a call's
// beginning.
func TestStateSaysWhatTheWindowSays(t *testing.T) {
	began := time.Date(2026, 3, 4, 10, 42, 0, 0, time.UTC)
	live := call.Call{ID: "c1", Remote: call.Party{Name: "+12025550142", Number: "+12025550142"}, Phase: call.Active}
	past := call.Call{ID: "c0", Remote: call.Party{Number: "+12025550119"}, Phase: call.Ended, CreatedAt: began, EndedAt: began.Add(time.Minute)}
	s := stateOf(phone.Snapshot{Calls: []call.Call{live}, Last: &past})
	if c := s.Calls[0]; c.Name != "" || c.Number != "+12025550142" || c.NumberText != "(202) 555-0142" {
		t.Errorf("%+v", c)
	}
	if l := s.Last; l.Number != "+12025550119" || l.NumberText != "(202) 555-0119" || !l.CreatedAt.Equal(began) {
		t.Errorf("%+v", l)
	}
}

// TestStateCanBeSaidInAnotherLanguage: beside every sentence stands what it is made of.
func TestStateCanBeSaidInAnotherLanguage(t *testing.T) {
	at := time.Date(2026, 3, 4, 10, 42, 0, 0, time.UTC)
	p := presence.Start(at, presence.Memory{Rev: 1})
	for _, e := range []presence.Event{
		presence.Rules{AnsweredIn: time.Minute}, presence.Said{Status: presence.Available, How: presence.Found},
		presence.Calls{On: true}, presence.Failed{Rev: 2, Why: "Kustomer did not answer.", Code: "no-answer"},
		presence.Queued{Status: presence.Unavailable, Label: "Lunch"}, presence.Calls{Outcome: presence.AnsweredIn},
	} {
		p = presence.Reduce(p, e, at)
	}
	ended := call.Call{Phase: call.Ended, Reason: call.Reason{Cause: call.RemoteHangup}}
	s := stateOf(phone.Snapshot{
		Presence: presence.Show(p), Last: &ended, Warnings: []health.Warning{health.New(health.NoAudio, "No microphone.", "")},
		Accounts: []phone.AccountLine{{Account: call.Account{ID: "a", Address: "sip:142@example.com"}, Line: call.Line{State: call.LineRefused, Detail: "No."}}},
	})
	if s.Ready || s.Line != "No." || s.LineCode != "refused" || s.LineName != "142" || s.WarningCode != "no-audio" || s.Last.Cause != "remote-hangup" {
		t.Errorf("%+v", s)
	}
	st := s.Status
	if st.Because != "wrap-up" || !st.Until.Equal(at.Add(time.Minute)) || st.Longest.Before(st.Until) || *st.Next != (wire.Named{Status: "unavailable", Label: "Lunch"}) {
		t.Errorf("%+v", st)
	}
	if d := st.Recent[0]; d.Cause != "wrap-up-started" || d.To.Status != "wrap-up" || !d.Until.Equal(st.Until) || d.Text == "" || !d.At.Equal(at) {
		t.Errorf("%+v", d)
	}
	if n := st.Notice; n == nil || n.Code != "pending" || n.Failure != "no-answer" || n.Wanted.Status != "busy" || n.Text == "" {
		t.Errorf("%+v", n)
	}
	if s := stateOf(phone.Snapshot{}); s.LineCode != "none" || s.Status.Notice != nil || s.Status.Next != nil {
		t.Errorf("%+v", s)
	}
}

// TestCallInFrontComesFirst: a widget shows the one the agent talks to, and below it the others in their order.
func TestCallInFrontComesFirst(t *testing.T) {
	s := stateOf(phone.Snapshot{Calls: []call.Call{{ID: "a", Held: true}, {ID: "b", Held: true}, {ID: "c"}}, Front: "c"})
	got := ""
	for _, c := range s.Calls {
		got += c.ID
	}
	if got != "cab" {
		t.Errorf("%q", got)
	}
}
