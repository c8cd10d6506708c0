package ui

import (
	"testing"

	"fyne.io/fyne/v2/test"

	"sidetone/internal/call"
)

// TestSetupChangesWhatTheAgentChanged: all else of the account stays, shown or not.
func TestSetupChangesWhatTheAgentChanged(t *testing.T) {
	for _, transport := range transports() {
		full := call.Account{
			ID: "desk", Address: "sip:142@sip.example.com", Transport: transport[1], Username: "u", Name: "Desk", Voicemail: "*97",
			Publish: true, AutoAnswer: true, AutoAnswerHeaders: true,
		}
		if transport[1] == "wss" {
			full.Server = "wss://edge.example.com/ws"
		}
		w, d := newTestWindow(t, "light")
		s := calmSnapshot()
		s.Accounts[0].Account = full
		w.render(s, nil)
		if w.setup.how.Selected != transport[0] || w.setup.filled() != full {
			t.Errorf("%s is shown as %s: %+v", transport[1], w.setup.how.Selected, w.setup.filled())
		}
		w.setup.user.SetText(" other ")
		full.Username = "other"
		if w.setup.filled() != full {
			t.Errorf("%+v, want %+v", w.setup.filled(), full)
		}
		w.setup.how.SetSelected("TLS")
		test.Tap(w.setup.save)
		if transport[1] == "wss" && (w.setup.result.view.detail == "" || len(d.saved) > 0) {
			t.Error("a WebSocket's address was taken for one of TLS")
		}
	}
}
