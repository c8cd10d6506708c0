package soak

import (
	"os/exec"
	"strings"
	"testing"
)

func TestBeyond(t *testing.T) {
	r := Result{Wishes: 3, Pushes: 5, Pushed: map[string]int{"chosen-here": 2, "call-started": 1}}
	if r.Beyond() != 2 || !strings.Contains(r.String(), "(call-started 1, chosen-here 2), 5 pushes at Kustomer: 2 beyond") {
		t.Error(r)
	}
	if (Result{Wishes: 5, Pushes: 3}).Beyond() != 0 {
		t.Error("a wish that a newer one replaced is no push too many")
	}
}

// TestThreeHundredEvents drives the built phone.
func TestThreeHundredEvents(t *testing.T) {
	bin := t.TempDir()
	if said, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", bin, "sidetone/cmd/sidetoned").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	r, err := Run(t.Context(), Options{Events: 300, Seed: 7, Bin: bin, Say: t.Output()})
	t.Log(r)
	if err != nil || r.Beyond() > 0 || r.Agreed != 3 || r.Pushes == 0 || r.Drops == 0 {
		t.Errorf("%v", err)
	}
}
