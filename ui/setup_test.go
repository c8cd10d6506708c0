package ui

import (
	"testing"

	"fyne.io/fyne/v2/test"

	"sidetone/internal/call"
	"sidetone/internal/phone"
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

// TestSetupOfSeveralLines: each can be chosen, and what is saved is the one that was.
func TestSetupOfSeveralLines(t *testing.T) {
	w, _ := newTestWindow(t, "light")
	s := spareLine()
	w.render(s, nil)
	p := w.setup
	if p.which.Hidden || p.which.Selected != "142@sip.example.com" || p.user.Text != "" {
		t.Errorf("%q, %q", p.which.Selected, p.user.Text)
	}
	p.password.SetText("of the first")
	p.which.SetSelected("142@sip.example.com (spare)")
	if p.user.Text != "spare" || p.password.Text != "" || p.how.Selected != "TLS" {
		t.Errorf("%q, %q, %q", p.user.Text, p.password.Text, p.how.Selected)
	}
	p.user.SetText("other")
	w.render(s, nil) // a second later
	if want := "other"; p.filled().Username != want || p.filled().ID != "spare" {
		t.Errorf("%+v", p.filled())
	}
	s.Accounts = s.Accounts[:1]
	w.render(s, nil)
	if !p.which.Hidden {
		t.Error("one line is offered as a choice")
	}
}

// spareLine is a phone with a second line.
func spareLine() phone.Snapshot {
	s := calmSnapshot()
	second := s.Accounts[0]
	second.ID, second.Username, second.Transport = "spare", "spare", "tls"
	s.Accounts = append(s.Accounts, second)
	return s
}

func TestPicturesOfSeveralLines(t *testing.T) {
	for _, look := range []string{"light", "dark"} {
		w, _ := newTestWindow(t, look)
		w.show(1)
		picture(t, w, spareLine())
		test.AssertImageMatches(t, look+"-setup-lines.png", w.win.Canvas().Capture())
		test.Tap(w.setup.how)
		test.AssertImageMatches(t, look+"-setup-choice.png", w.win.Canvas().Capture())
	}
}
