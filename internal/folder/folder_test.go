package folder

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func set(kind string, pairs ...string) Set {
	s := Set{Kind: kind, Files: map[string][]byte{}}
	for i := 0; i < len(pairs); i += 2 {
		s.Files[pairs[i]] = []byte(pairs[i+1])
	}
	return s
}

// holds reads the visible files of a folder.
func holds(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		b, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		out[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestPutReplacesItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	if err := Put(dir, set("a", "x.txt", "1", "old/y.txt", "2")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "theirs.txt", "stays")
	if err := Put(dir, set("a", "x.txt", "3", "sub/z.txt", "4")); err != nil {
		t.Fatal(err)
	}
	got := holds(t, dir)
	if len(got) != 3 || got["x.txt"] != "3" || got["sub/z.txt"] != "4" || got["theirs.txt"] != "stays" {
		t.Errorf("%v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "old")); err == nil {
		t.Error("the folder that became empty is still there")
	}
}

func TestPutLeavesStrangersAlone(t *testing.T) {
	full := t.TempDir()
	write(t, full, "x.txt", "theirs")
	other := t.TempDir()
	if err := Put(other, set("b", "x.txt", "b")); err != nil {
		t.Fatal(err)
	}
	changed := t.TempDir()
	if err := Put(changed, set("a", "x.txt", "ours")); err != nil {
		t.Fatal(err)
	}
	write(t, changed, "x.txt", "edited")
	added := t.TempDir()
	if err := Put(added, set("a", "y.txt", "ours")); err != nil {
		t.Fatal(err)
	}
	write(t, added, "x.txt", "added")
	torn := t.TempDir()
	write(t, torn, listName, "{")
	for name, dir := range map[string]string{"not ours": full, "another kind": other, "edited": changed, "added": added, "a torn list": torn} {
		before := holds(t, dir)
		if err := Put(dir, set("a", "x.txt", "new", "w.txt", "new")); !errors.Is(err, ErrStranger) {
			t.Errorf("%s: %v", name, err)
		}
		after := holds(t, dir)
		if len(after) != len(before) || after["x.txt"] != before["x.txt"] {
			t.Errorf("%s: %v became %v", name, before, after)
		}
	}
	if err := Put(filepath.Join(full, "x.txt"), set("a")); err == nil {
		t.Error("a file was taken for a folder")
	}
}

// TestACrashLeavesAWord stops at every file in turn: either nothing has changed or the note says so, and the next run mends it.
func TestACrashLeavesAWord(t *testing.T) {
	crash := errors.New("the power went")
	for at := 0; ; at++ {
		dir := t.TempDir()
		if err := Put(dir, set("a", "x.txt", "1", "y.txt", "1")); err != nil {
			t.Fatal(err)
		}
		n := 0
		err := put(dir, set("a", "x.txt", "2", "z.txt", "2"), func() error {
			if n++; n > at {
				return crash
			}
			return nil
		})
		if err == nil {
			return
		}
		got := holds(t, dir)
		same := len(got) == 2 && got["x.txt"] == "1" && got["y.txt"] == "1"
		if !errors.Is(err, crash) || !same && got[NoteName] == "" {
			t.Fatalf("after %d files: %v, %v", at, err, got)
		}
		if err := Put(dir, set("a", "x.txt", "2", "z.txt", "2")); err != nil {
			t.Fatalf("after %d files it is not mended: %v", at, err)
		}
		if got := holds(t, dir); len(got) != 2 || got["x.txt"] != "2" || got["z.txt"] != "2" {
			t.Fatalf("after %d files: %v", at, got)
		}
	}
}

// TestTheFirstFileOfAllMayBeTorn: a crash before the list is there leaves a folder that is still free.
func TestTheFirstFileOfAllMayBeTorn(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, tempName, "{")
	if err := Put(dir, set("a", "x.txt", "1")); err != nil {
		t.Error(err)
	}
}

func TestLinksThatLeadOutAreNotFollowed(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	if err := Put(dir, set("a", "x.txt", "1")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(out, filepath.Join(dir, "sub")); err != nil {
		t.Fatal(err)
	}
	if err := Put(dir, set("a", "x.txt", "1", "sub/y.txt", "2")); err == nil {
		t.Error("a link out of the folder was followed")
	}
	if got := holds(t, out); len(got) != 0 {
		t.Errorf("written outside: %v", got)
	}
}
