package interop

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// built is sidetoned with the race detector.
func built(t *testing.T) Program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sidetoned")
	if said, err := exec.Command("go", "build", "-race", "-o", path, "sidetone/cmd/sidetoned").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return Program{Path: path}
}

// TestQuick plays a part of the matrix; make interop plays it all.
func TestQuick(t *testing.T) {
	p := built(t)
	for _, s := range Scenarios() {
		if s.Quick {
			t.Run(s.Name(), func(t *testing.T) {
				s.Play(t, p, func(feature string) { t.Log(feature) })
			})
		}
	}
}

func TestStageKeepsWhatWentWrong(t *testing.T) {
	s := newStage(t.Context())
	cleaned := ""
	rows := s.play(Scenario{Peer: "nobody", setup: func(b *bed) { b.Cleanup(func() { cleaned += "1" }); b.Cleanup(func() { cleaned += "2" }) }, steps: []step{
		{"well", func(b *bed) {}},
		{"wrong", func(b *bed) { b.Error("first"); b.Error("second") }},
		{"ends it", func(b *bed) { b.Fatalf("the %s", "end\nand more") }},
		{"never", func(b *bed) { t.Error("played on") }},
	}}, Program{})
	want := []string{"", "first", "the end", "it did not get that far"}
	for i, r := range rows {
		if r.Reason != want[i] || r.Peer != "nobody" {
			t.Errorf("%+v, want %q", r, want[i])
		}
	}
	if len(rows) != 4 || cleaned != "21" || s.Failed() != true {
		t.Errorf("%d rows, cleaned %s", len(rows), cleaned)
	}
	r := Report{Programs: []string{"x 1"}, Rows: rows}
	if r.Failed() != 3 || !strings.Contains(r.Markdown(), "| nobody |  |  | wrong | first |\n") || !strings.Contains(r.Markdown(), "1 of 4 rows are ok") || !strings.Contains(r.String(), "1 of 4 ok") {
		t.Errorf("%s\n%s", r, r.Markdown())
	}
}

func TestSetupThatFails(t *testing.T) {
	s := newStage(t.Context())
	rows := s.play(Scenario{setup: func(b *bed) { b.Fatal("no server") }, steps: []step{{"one", nil}, {"two", nil}}}, Program{})
	if len(rows) != 2 || rows[0].Reason != "no server" || rows[1].Reason != "no server" {
		t.Errorf("%+v", rows)
	}
}

func TestNamesAreUnlike(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Scenarios() {
		if seen[s.Name()] {
			t.Errorf("two scenarios are called %s", s.Name())
		}
		seen[s.Name()] = true
	}
}
