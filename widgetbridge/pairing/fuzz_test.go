package pairing

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FuzzProof: what a stranger gives for a key is a point of the curve or refused, and no signature is forged.
func FuzzProof(f *testing.F) {
	own, err := NewIdentity()
	if err != nil {
		f.Fatal(err)
	}
	key, err := own.Key()
	if err != nil {
		f.Fatal(err)
	}
	about := Hello{Origin: "https://widget.example.com", Port: 17931, AppNonce: NewNonce(), PageNonce: NewNonce()}
	sig, err := about.SignPage(own)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(key), sig)
	f.Add("", "")
	f.Add("AAAA", "AAAA")
	f.Fuzz(func(t *testing.T, keyText, sigText string) {
		k, err := ParseKey(keyText)
		if err != nil {
			return
		}
		if again, err := ParseKey(string(k)); err != nil || again != k || k.ID() == "" || len(k.ID()) > 64 {
			t.Errorf("%q: %q %v", keyText, again, err)
		}
		if (k != key || sigText != sig) && about.ByPage(k, sigText) && k == key {
			t.Errorf("%q passes for a signature of ours", sigText)
		}
		if about.ByApp(k, sig) {
			t.Error("the page's signature passes for the app's")
		}
	})
}

// FuzzBook: a file that somebody else wrote is read or refused, bounded, and what is read can be used.
func FuzzBook(f *testing.F) {
	own, err := NewIdentity()
	if err != nil {
		f.Fatal(err)
	}
	key, err := own.Key()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"app":"` + string(key) + `","pages":[{"origin":"https://a.example.com","key":"` + string(key) + `"}]}`))
	f.Add([]byte(`{"app":"x","pages":null}`))
	f.Add([]byte(``))
	f.Fuzz(func(t *testing.T, body []byte) {
		path := filepath.Join(t.TempDir(), "pages.json")
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := OpenBook(path, key)
		if err != nil {
			return
		}
		if len(b.Entries()) > mostEntries {
			t.Errorf("%d entries", len(b.Entries()))
		}
		for _, e := range b.Entries() {
			if k, ok := b.Find(e.Origin, e.Key.ID()); !ok || k.ID() != e.Key.ID() {
				t.Errorf("%+v is listed and not found", e)
			}
		}
		if err := b.Add(Paired{Origin: "https://b.example.com", Key: key}, time.Unix(0, 0)); err != nil {
			t.Error(err)
		}
		if again, err := OpenBook(path, key); err != nil || len(again.Entries()) != len(b.Entries()) {
			t.Errorf("what was written is not read: %v", err)
		}
	})
}
