package demo

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sidetone/internal/pbx"
)

// TestStory builds the app as a person gets it and plays the whole story with it.
func TestStory(t *testing.T) {
	bin, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", bin, "sidetone/cmd/sidetone")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if err := Run(t.Context(), Options{Auto: true, Out: out, Bin: bin}); err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(filepath.Join(out, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		OK            bool
		Steps         []step
		ClickToInvite float64 `json:"click_to_invite_ms"`
	}
	if err := json.Unmarshal(body, &r); err != nil || !r.OK || len(r.Steps) != 27 || r.ClickToInvite <= 0 {
		t.Errorf("%+v %v", r, err)
	}
	for _, name := range []string{"report.md", "agent-heard.wav", "customer-1-heard.wav", "3-in-call-app.png", "3-in-call-kustomer.png"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSpeechIsKnownAgainAndSilenceIsNot(t *testing.T) {
	said := agentSpeech()
	quiet := make([]int16, len(said)+4000)
	copy(quiet[4000:], said)
	for i := range quiet {
		quiet[i] /= 3
	}
	if found, of, alike := recognised(said, quiet); found != of || of < 5 || alike < 0.95 {
		t.Errorf("quieter and later: %d of %d, %.2f", found, of, alike)
	}
	if found, of, _ := recognised(said, pbx.Speech()); found*4 > of {
		t.Errorf("another voice: %d of %d", found, of)
	}
	if found, _, _ := recognised(said, make([]int16, len(said))); found != 0 {
		t.Errorf("silence: %d", found)
	}
}
