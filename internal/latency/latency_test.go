package latency

import (
	"os/exec"
	"strings"
	"testing"
)

func TestFigures(t *testing.T) {
	var ms []float64
	for i := range 200 {
		ms = append(ms, float64(200-i))
	}
	if f := figures(ms); f != (Figures{100, 198, 200}) {
		t.Errorf("%+v", f)
	}
	if f := figures([]float64{3}); f != (Figures{3, 3, 3}) {
		t.Errorf("%+v", f)
	}
	if f := figures(nil); f != (Figures{}) {
		t.Errorf("%+v", f)
	}
}

func TestGoal(t *testing.T) {
	r := Result{Clicks: 1, Click: Figures{P99: 7}, Echo: Figures{P99: 1}, Goal: 7}
	if !r.Met() || !strings.Contains(r.String(), "met.") {
		t.Error(r)
	}
	r.Click.P99 = 7.1
	if r.Met() || !strings.Contains(r.String(), "missed.") {
		t.Error(r)
	}
	if (Result{Goal: 5}).Met() {
		t.Error("no click met the goal")
	}
}

// TestThreeClicks measures the built phone; what it finds is not judged.
func TestThreeClicks(t *testing.T) {
	bin := t.TempDir()
	if said, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", bin, "sidetone/cmd/sidetoned").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	r, err := Run(t.Context(), Options{Clicks: 3, Bin: bin, Say: t.Output()})
	if err != nil || r.Clicks != 3 || r.Click.P50 <= 0 || r.Echo.P50 <= 0 || r.Click.Max > 5000 {
		t.Errorf("%+v, %v", r, err)
	}
}
