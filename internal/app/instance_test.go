package app

import (
	"os"
	"path/filepath"
	"testing"
)

func TestInstance(t *testing.T) {
	dir := t.TempDir()
	first := instance(dir)
	if len(first) != 36 || instance(dir) != first {
		t.Errorf("%q is not kept", first)
	}
	if other := instance(t.TempDir()); other == first {
		t.Error("two phones of one name")
	}
	if err := os.WriteFile(filepath.Join(dir, "instance"), []byte("x\" y"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := instance(dir); len(again) != 36 || again == first {
		t.Errorf("%q after a damaged file", again)
	}
	if none := instance(filepath.Join(dir, "nowhere")); none != "" {
		t.Errorf("%q cannot be kept", none)
	}
}
