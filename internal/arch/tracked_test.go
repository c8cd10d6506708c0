package arch

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// No program and nothing huge is kept in the repository: whoever clones it would carry it for ever.
func TestNoProgramIsTracked(t *testing.T) {
	const most = 1 << 20
	root := "../.."
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		t.Skip("this is no clone of the repository")
	}
	list, err := exec.Command("git", "-C", root, "ls-files", "-z").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range bytes.SplitSeq(list, []byte{0}) {
		path := filepath.Join(root, string(name))
		info, err := os.Stat(path)
		if len(name) == 0 || err != nil || info.IsDir() {
			continue // taken out and not committed yet
		}
		if info.Size() > most {
			t.Errorf("%s has %d octets, more than %d", name, info.Size(), most)
		}
		if f, err := os.Open(path); err == nil {
			head := make([]byte, 4)
			if _, err := f.Read(head); err == nil && (string(head) == "\x7fELF" || string(head[:2]) == "MZ") {
				t.Errorf("%s is a program", name)
			}
			f.Close()
		}
	}
}
