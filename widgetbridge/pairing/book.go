package pairing

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Entry is one paired page. Nothing in it is secret.
type Entry struct {
	Origin  string    `json:"origin"`
	Key     Key       `json:"key"`
	Org     string    `json:"org,omitempty"` // as the page named it, for show
	Created time.Time `json:"created"`
	Used    time.Time `json:"used"` // the last connection; kept to the day, so that not every connection writes
}

// mostEntries bounds the book; the one used longest ago makes room.
const mostEntries = 32

// maxBook bounds the file, in octets.
const maxBook = 64 << 10

// Book is the paired pages, kept in a file of mode 0600. One goroutine owns it.
type Book struct {
	path    string // "": for this run only
	own     Key    // the app's key these pages know
	entries []Entry
}

// file is the book as it is written.
type file struct {
	App   Key     `json:"app"`
	Pages []Entry `json:"pages"`
}

// OpenBook reads the pages that know the app's key. A page that was paired with another key of ours could not check us and is
// forgotten. With path "" the book is kept for this run only. The error names the file and says what to do; the file stays.
func OpenBook(path string, own Key) (*Book, error) {
	b := &Book{path: path, own: own}
	if path == "" {
		return b, nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	var f file
	var text []byte
	if err == nil && info.Size() > maxBook {
		err = errors.New("it is too long")
	}
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	if err != nil {
		return nil, fmt.Errorf("the list of connected Kustomer pages %s cannot be read: %w. Remove it and connect them anew", path, err)
	}
	if f.App == own {
		b.entries = slices.DeleteFunc(f.Pages, func(e Entry) bool { _, err := ParseKey(string(e.Key)); return err != nil || e.Origin == "" })
	}
	return b, nil
}

// Entries is a copy of the list, the one paired last first.
func (b *Book) Entries() []Entry {
	out := slices.Clone(b.entries)
	slices.SortStableFunc(out, func(x, y Entry) int { return y.Created.Compare(x.Created) })
	return out
}

// Find returns the key of a page by the key's ID.
func (b *Book) Find(origin, id string) (Key, bool) {
	for _, e := range b.entries {
		if e.Origin == origin && e.Key.ID() == id {
			return e.Key, true
		}
	}
	return "", false
}

// Add keeps a page that was paired. An error means that it is known for this run only.
func (b *Book) Add(p Paired, now time.Time) error {
	b.remove(func(e Entry) bool { return e.Origin == p.Origin && e.Key == p.Key })
	for len(b.entries) >= mostEntries {
		oldest := slices.MinFunc(b.entries, func(x, y Entry) int { return x.Used.Compare(y.Used) })
		b.remove(func(e Entry) bool { return e.Key == oldest.Key && e.Origin == oldest.Origin })
	}
	b.entries = append(b.entries, Entry{Origin: p.Origin, Key: p.Key, Org: p.Org, Created: now, Used: now})
	return b.save()
}

// Touch notes that a page has connected.
func (b *Book) Touch(origin, id string, now time.Time) error {
	for i := range b.entries {
		e := &b.entries[i]
		if e.Origin != origin || e.Key.ID() != id || now.Sub(e.Used) < 24*time.Hour && !now.Before(e.Used) {
			continue
		}
		e.Used = now
		return b.save()
	}
	return nil
}

// Remove forgets the page whose key has this ID and reports whether there was one.
func (b *Book) Remove(id string) (bool, error) {
	if !b.remove(func(e Entry) bool { return e.Key.ID() == id }) {
		return false, nil
	}
	return true, b.save()
}

func (b *Book) remove(which func(Entry) bool) bool {
	before := len(b.entries)
	b.entries = slices.DeleteFunc(b.entries, which)
	return len(b.entries) < before
}

// save writes the file so that a crash leaves the old or the new one.
func (b *Book) save() (err error) {
	if b.path == "" {
		return nil
	}
	text, err := json.MarshalIndent(file{App: b.own, Pages: b.entries}, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(b.path), ".pages-*") // mode 0600
	if err != nil {
		return fmt.Errorf("the list of connected Kustomer pages cannot be written: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), b.path)
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("the list of connected Kustomer pages cannot be written: %w", err), os.Remove(f.Name()))
	}
	return err
}
