package demo

import (
	"encoding/json"
	"image"
	"image/color"
	"image/png"
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
	if err := json.Unmarshal(body, &r); err != nil || !r.OK || len(r.Steps) != 29 || r.ClickToInvite <= 0 {
		t.Errorf("%+v %v", r, err)
	}
	for _, name := range []string{"report.md", "agent-heard.wav", "customer-1-heard.wav", "3-talking-app.png", "3-talking-kustomer.png", "13-two-calls-app.png"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestColourIsRead: what a picture shows at one place is told apart, and a picture that is none is an error.
func TestColourIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.png")
	img := image.NewNRGBA(image.Rect(0, 0, 4, 4))
	img.Set(2, 1, color.NRGBA{R: 0x0A, G: 0x4A, B: 0x52, A: 0xFF})
	f, err := os.Create(path)
	if err == nil {
		err = png.Encode(f, img)
	}
	if err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	if c, err := colourAt(path, spot{2, 1}); c != "0A4A52" || err != nil {
		t.Errorf("%s %v", c, err)
	}
	if c, err := colourAt(path, spot{1, 2}); c == "0A4A52" || err != nil {
		t.Errorf("%s %v", c, err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := colourAt(path, spot{}); err == nil {
		t.Error("nothing is a picture")
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
