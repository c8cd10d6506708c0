package version

import (
	"os"
	"strings"
	"testing"
)

func TestSameAsTheApps(t *testing.T) {
	b, err := os.ReadFile("../../FyneApp.toml")
	if err != nil || !strings.Contains(string(b), "Version = \""+Number+"\"") {
		t.Errorf("FyneApp.toml does not say %s: %v\n%s", Number, err, b)
	}
}
