package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sidetone/internal/audio"
)

// TestDevicesAreChosenInTheTerminal: what is chosen is in force at once and after the next start, unless the command line says otherwise.
func TestDevicesAreChosenInTheTerminal(t *testing.T) {
	dir := t.TempDir()
	open := func(o Options) *App {
		t.Helper()
		o.DataDir, o.Passwords = dir, &shelf{kept: map[string]string{}}
		a, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	shut := func(a *App) {
		t.Helper()
		if err := a.release(); err != nil {
			t.Fatal(err)
		}
	}
	a := open(Options{})
	if got := a.audio.Chosen(); got != (audio.Choice{}) {
		t.Errorf("%+v", got)
	}
	if err := (sound{a}).Use("speaker", []string{"Headset", "default"}); err != nil {
		t.Fatal(err)
	}
	want := audio.Choice{Output: "Headset\ndefault"}
	if got := a.audio.Chosen(); got != want {
		t.Errorf("%+v", got)
	}
	for _, wrong := range []struct{ kind, name, says string }{
		{"microphone", "null", "use silence"}, {"speaker", "tone:440", "is not a speaker"}, {"ringer", "", "empty name"}, {"nose", "a", "no kind of device"},
	} {
		if err := (sound{a}).Use(wrong.kind, []string{wrong.name}); err == nil || !strings.Contains(err.Error(), wrong.says) {
			t.Errorf("%s %q: %v", wrong.kind, wrong.name, err)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "config.toml"))
	if err != nil || string(b) != "[media]\nspeaker = [\"Headset\", \"default\"]\n" {
		t.Errorf("%q %v", b, err)
	}
	shut(a)
	if a = open(Options{}); a.audio.Chosen() != want {
		t.Errorf("after a start: %+v", a.audio.Chosen())
	}
	shut(a)
	a = open(Options{AudioOut: "null"})
	if got := a.audio.Chosen(); got.Output != "null" || got.Ring != "null" {
		t.Errorf("with --audio-out: %+v", got)
	}
	shut(a)
}
