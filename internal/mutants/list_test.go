package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryMutantFits: a list that is not run with every change must not fall behind the code unnoticed.
func TestEveryMutantFits(t *testing.T) {
	names := map[string]bool{}
	for _, m := range mutants() {
		text, err := os.ReadFile(filepath.Join("../..", m.file))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), m.old); n != 1 {
			t.Errorf("%s: %q stands %d times in %s", m.name, m.old, n, m.file)
		}
		if m.old == m.new || names[m.name] {
			t.Errorf("%s: it changes nothing, or is there twice", m.name)
		}
		names[m.name] = true
		for dir := range strings.FieldsSeq(m.tests) {
			if _, err := os.Stat(filepath.Join("../..", dir)); err != nil {
				t.Error(err)
			}
		}
	}
}
