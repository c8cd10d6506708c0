package endurance

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

func TestWhatIsWell(t *testing.T) {
	good := Result{Calls: 500, Goroutines: [2]int{20, 20}, Sockets: [2]int{5, 4}, Memory: [2]int{1000, 1100}}
	if !good.Well() {
		t.Error(good)
	}
	for name, spoil := range map[string]func(*Result){
		"no calls": func(r *Result) { r.Calls = 0 }, "stuck": func(r *Result) { r.Stuck = 1 }, "dialogs": func(r *Result) { r.Dialogs = 1 },
		"goroutines": func(r *Result) { r.Goroutines[1]++ }, "sockets": func(r *Result) { r.Sockets[1] = 6 }, "memory": func(r *Result) { r.Memory[1]++ },
		"a problem": func(r *Result) { r.Problems = []string{"call 7: not held"} },
	} {
		r := good
		if spoil(&r); r.Well() {
			t.Errorf("%s is well: %s", name, r)
		}
	}
	if s := good.String(); !strings.Contains(s, "1.10 times") || !strings.Contains(s, "0 goroutines (20, then 20), 0 sockets (5, then 4)") {
		t.Error(s)
	}
}

// TestTenCalls runs the built programs in a network of their own.
func TestTenCalls(t *testing.T) {
	bin := t.TempDir()
	if said, err := exec.Command("go", "build", "-o", bin, "sidetone/cmd/sidetoned", "sidetone/cmd/devlab").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if out, err := exec.Command("unshare", "--user", "--map-root-user", "--net", "--", "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Skipf("this machine allows no network of one's own: %v %s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), bin+"/devlab", "soak", "--calls", "10", "--over", "15s", "--bin", bin, "--json")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, &errs, &out)
	}
	var r Result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || r.Calls != 10 || r.Transfers == 0 {
		t.Errorf("%+v %v", r, err)
	}
}
