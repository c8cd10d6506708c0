package widgetbridge

import (
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/phone"
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
