package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestFailureSaysWhyAndQuits(t *testing.T) {
	for _, look := range []string{"light", "dark"} {
		a := test.NewTempApp(t)
		a.Settings().SetTheme(NewLook(look))
		quit := 0
		w := NewFailure(a, "Sidetone cannot start", "the settings /home/agent/.local/share/sidetone/config.toml are not used: line 2: sip.port: it takes a whole number, not a text in quotes. Mend or remove the line", func() { quit++ })
		test.AssertImageMatches(t, look+"-failure.png", w.Canvas().Capture())
		test.TapCanvas(w.Canvas(), fyne.NewPos(230, 230-16-20))
		if quit != 1 {
			t.Error("Quit does not quit")
		}
	}
}
