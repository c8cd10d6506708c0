package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestListFits: a mutant that the code has outgrown proves nothing any more.
func TestListFits(t *testing.T) {
	for _, m := range mutants() {
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(m.file)))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), m.old); n != 1 || m.old == m.new {
			t.Errorf("%s: its line stands %d times in %s, not once", m.name, n, m.file)
		}
	}
}
