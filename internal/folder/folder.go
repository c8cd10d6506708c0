// Package folder puts a set of files into a folder of their own and never touches what somebody else put there.
//
// A hidden list beside the files says which are ours and what was in them. While files are being written a note that people
// see says so: a crash leaves the note, and the next run finishes the work.
package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
)

// ErrStranger says that the folder holds what this command did not write.
var ErrStranger = errors.New("nothing was written")

// The names in the folder that are not among the files.
const (
	listName = ".sidetone-files.json"
	tempName = ".sidetone-files.new"
	// NoteName is the note that the folder is not complete.
	NoteName = "NOT-FINISHED.txt"
)

const note = "Not every file here has been written. Run the same command again, and use nothing before this note is gone.\n"

// Set is what the folder shall hold.
type Set struct {
	Kind  string            // what it is, "kustomer export": one kind never replaces another
	Files map[string][]byte // by their names, with slashes
}

// list is what the folder knows of itself: the files and the contents we gave them, as SHA-256.
type list struct {
	Kind     string              `json:"kind"`
	Complete bool                `json:"complete"`
	Files    map[string][]string `json:"files"` // two contents while one replaces the other
}

// Put writes the files into dir, which it makes, and removes those of an earlier run that are no more in the set. The folder
// must be empty or hold an earlier set of the same kind, unchanged; else the error is ErrStranger with a sentence, and nothing
// was touched. What others added under other names stays. Links that lead out of the folder are not followed.
func Put(dir string, s Set) error { return put(dir, s, func() error { return nil }) }

// put runs before in front of each file, where a test can crash.
func put(dir string, s Set, before func() error) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the folder %s cannot be made: %w", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("the folder %s cannot be opened: %w", dir, err)
	}
	defer root.Close()
	old, err := look(root, dir, s)
	if err != nil {
		return err
	}
	w := writer{root: root, before: before}
	if err := w.replace(old, s); err != nil {
		return fmt.Errorf("the folder %s is not complete: %w. Run the command again", dir, err)
	}
	return nil
}

// look reads what the folder knows of itself and refuses what is not ours.
func look(root *os.Root, dir string, s Set) (list, error) {
	old := list{Kind: s.Kind, Files: map[string][]string{}}
	text, err := root.ReadFile(listName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return old, empty(root, dir)
	case err == nil:
		err = json.Unmarshal(text, &old)
	}
	if err != nil {
		return old, fmt.Errorf("%w: %s in %s cannot be read: %w. Choose another folder", ErrStranger, listName, dir, err)
	}
	if old.Kind != s.Kind {
		return old, fmt.Errorf("%w: %s holds another kind of files (%s). Choose another folder", ErrStranger, dir, old.Kind)
	}
	for _, name := range slices.Sorted(maps.Keys(old.Files)) {
		if was, err := sum(root, name); err != nil || was != "" && !slices.Contains(old.Files[name], was) {
			return old, fmt.Errorf("%w: %s in %s was changed by somebody else. Move it away or choose another folder", ErrStranger, name, dir)
		}
	}
	for name := range s.Files {
		if _, err := root.Lstat(name); err == nil && old.Files[name] == nil {
			return old, fmt.Errorf("%w: %s in %s was put there by somebody else. Move it away or choose another folder", ErrStranger, name, dir)
		}
	}
	return old, nil
}

// empty refuses a folder without a list that holds anything but our own first, unfinished file.
func empty(root *os.Root, dir string) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return fmt.Errorf("the folder %s cannot be read: %w", dir, err)
	}
	for _, e := range entries {
		if e.Name() != tempName {
			return fmt.Errorf("%w: %s is not empty and was not written by this command. Choose a new or an empty folder", ErrStranger, dir)
		}
	}
	return nil
}

// sum is the SHA-256 of a file, "" if there is none.
func sum(root *os.Root, name string) (string, error) {
	b, err := root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return digest(b), err
}

func digest(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// writer carries a set into a folder that was looked at.
type writer struct {
	root   *os.Root
	before func() error
}

// replace goes from the old files to the new ones. The list first names both contents, so that whatever a crash leaves is
// known to be ours.
func (w writer) replace(old list, s Set) error {
	next := list{Kind: s.Kind, Complete: true, Files: map[string][]string{}}
	both := list{Kind: s.Kind, Files: maps.Clone(old.Files)}
	for name, b := range s.Files {
		next.Files[name] = []string{digest(b)}
		both.Files[name] = append(slices.Clone(old.Files[name]), digest(b))
	}
	if err := w.list(both); err != nil {
		return err
	}
	if err := w.file(NoteName, []byte(note)); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(s.Files)) {
		if err := w.file(name, s.Files[name]); err != nil {
			return err
		}
	}
	for name := range old.Files {
		if s.Files[name] == nil {
			if err := w.remove(name); err != nil {
				return err
			}
		}
	}
	if err := w.list(next); err != nil {
		return err
	}
	return w.remove(NoteName)
}

func (w writer) list(l list) error {
	b, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	return w.file(listName, append(b, '\n'))
}

// file writes one file so that it is the old or the new one at any moment.
func (w writer) file(name string, b []byte) error {
	if err := w.before(); err != nil {
		return err
	}
	if err := w.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := w.root.Create(tempName)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return w.root.Rename(tempName, name)
}

// remove takes a file away and the folder it leaves empty.
func (w writer) remove(name string) error {
	if err := w.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if up := path.Dir(name); up != "." {
		_ = w.root.Remove(up) // it stays if it is not empty
	}
	return nil
}
