package pairing

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func identity(t *testing.T) (Identity, Key) {
	t.Helper()
	i, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	k, err := i.Key()
	if err != nil {
		t.Fatal(err)
	}
	return i, k
}

// browser is the page's side of pairing.
type browser struct {
	key    Key
	nonce  string
	origin string
	x      Exchange
	bound  string // T
}

func newBrowser(t *testing.T, origin string) *browser {
	_, key := identity(t)
	return &browser{key: key, nonce: NewNonce(), origin: origin}
}

func (b *browser) commitment() string { return Commitment(b.key, b.nonce) }

// shows is the digits, once the app has answered.
func (b *browser) shows(app Key, appNonce string) string {
	b.x = Exchange{Origin: b.origin, Page: b.key, App: app, PageNonce: b.nonce, AppNonce: appNonce}
	return b.x.Digits()
}

// believes checks the app's last word.
func (b *browser) believes(nonce string) bool {
	return Typed(b.key, b.x.App, b.x.Digits(), nonce) == b.bound
}

const site = "https://widget.example.com"

func begin(t *testing.T, d *Desk, n Ticket, b *browser, own Key, now time.Time) string {
	t.Helper()
	m, err := d.Begin(n, b.origin, "acme", b.key, own, b.commitment(), now)
	if err != nil {
		t.Fatal(err)
	}
	return b.shows(own, m)
}

func TestPairing(t *testing.T) {
	_, own := identity(t)
	b, now := newBrowser(t, site), time.Unix(1000, 0)
	var d Desk
	d.Arm(now)
	digits := begin(t, &d, 7, b, own, now)
	if origin, org, _, ok := d.Waiting(now); origin != site || org != "acme" || !ok {
		t.Errorf("%q %q %v", origin, org, ok)
	}
	ticket, commit, err := d.Type(digits, now)
	if err != nil || ticket != 7 {
		t.Fatal(ticket, err)
	}
	b.bound = commit
	p, err := d.Reveal(7, b.nonce, now)
	if err != nil || p.Origin != site || p.Key != b.key || p.Org != "acme" {
		t.Fatalf("%+v %v", p, err)
	}
	if !b.believes(p.Nonce) {
		t.Error("the page does not believe the app that got the digits")
	}
	if d.Armed(now) {
		t.Error("still armed")
	}
}

func TestWrongDigits(t *testing.T) {
	_, own := identity(t)
	now := time.Unix(1000, 0)
	var d Desk
	d.Arm(now)
	for try, want := range []error{ErrWrong, ErrWrong, ErrTries, nil} {
		b := newBrowser(t, site)
		m, err := d.Begin(1, site, "", b.key, own, b.commitment(), now)
		if want == nil {
			if !errors.Is(err, ErrNotArmed) {
				t.Errorf("a fourth try: %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		digits := []byte(b.shows(own, m))
		digits[try] = '0' + (digits[try]-'0'+1)%10
		if _, _, err := d.Type(string(digits), now); err != nil {
			t.Fatal(err)
		}
		_, err = d.Reveal(1, b.nonce, now)
		if left := []string{"Two tries left", "One try left", "three times"}; !errors.Is(err, want) || !strings.Contains(err.Error(), left[try]) {
			t.Errorf("try %d: %v, want %v", try, err, want)
		}
		now = now.Add(50 * time.Second) // slower than the two minutes in all: a person is at it
	}
}

// TestManInTheMiddle relays a page to the app with keys of its own: the digits differ, and neither end is fooled.
func TestManInTheMiddle(t *testing.T) {
	_, own := identity(t)
	_, false1 := identity(t)
	b, evil := newBrowser(t, site), newBrowser(t, site)
	now := time.Unix(1000, 0)
	var d Desk
	d.Arm(now)
	theirs := begin(t, &d, 1, evil, own, now)
	shown := b.shows(false1, NewNonce()) // what he tells the page
	for shown == theirs {                // one in a million
		shown = b.shows(false1, NewNonce())
	}
	_, commit, err := d.Type(shown, now)
	if err != nil {
		t.Fatal(err)
	}
	b.bound = commit // he passes it on, and the page reveals to him
	if _, err := d.Reveal(1, evil.nonce, now); !errors.Is(err, ErrWrong) {
		t.Errorf("the app paired with him: %v", err)
	}
	if _, err := d.Reveal(1, b.nonce, now); !errors.Is(err, ErrBroken) {
		t.Errorf("a second reveal: %v", err)
	}
	if b.believes(NewNonce()) || Typed(b.key, own, shown, d.nonce) == b.bound {
		t.Error("the page believes him")
	}
}

func TestSquatterNeverLearnsTheDigits(t *testing.T) {
	b := newBrowser(t, site)
	_, squatter := identity(t)
	digits := b.shows(squatter, NewNonce())
	nonce := NewNonce()
	b.bound = Typed(b.key, squatter, "000000", nonce) // he has to commit before the page reveals
	if digits != "000000" && b.believes(nonce) {
		t.Error("a guess was believed")
	}
	if b.bound = Typed(b.key, squatter, digits, nonce); !b.believes(nonce) {
		t.Error("the right digits were not")
	}
}

func TestDeskOrder(t *testing.T) {
	_, own := identity(t)
	now := time.Unix(1000, 0)
	armed := func() *Desk { d := &Desk{}; d.Arm(now); return d }
	one, two := newBrowser(t, site), newBrowser(t, site)
	begins := func(d *Desk, n Ticket, b *browser, at time.Time) error {
		_, err := d.Begin(n, b.origin, "", b.key, own, b.commitment(), at)
		return err
	}
	types := func(d *Desk, s string, at time.Time) error { _, _, err := d.Type(s, at); return err }
	reveals := func(d *Desk, n Ticket, nonce string, at time.Time) error {
		_, err := d.Reveal(n, nonce, at)
		return err
	}
	waiting := func() *Desk { d := armed(); begin(t, d, 1, one, own, now); return d }
	typed := func() *Desk {
		d := armed()
		if err := types(d, begin(t, d, 1, one, own, now), now); err != nil {
			t.Fatal(err)
		}
		return d
	}
	for name, c := range map[string]struct{ got, want error }{
		"not armed":                {begins(&Desk{}, 1, one, now), ErrNotArmed},
		"armed too long ago":       {begins(armed(), 1, one, now.Add(ArmedFor)), ErrNotArmed},
		"called off":               {func() error { d := armed(); d.Disarm(); return begins(d, 1, one, now) }(), ErrNotArmed},
		"a second page":            {begins(waiting(), 2, two, now), ErrBusy},
		"the same page anew":       {begins(waiting(), 1, two, now), nil},
		"after the first gave up":  {begins(waiting(), 2, two, now.Add(TypeWithin)), nil},
		"after the first has gone": {func() error { d := waiting(); d.Gone(1); return begins(d, 2, two, now) }(), nil},
		"digits for nobody":        {types(armed(), "123456", now), ErrNoPage},
		"digits twice":             {types(typed(), "123456", now), ErrNoPage},
		"too late":                 {types(waiting(), "123456", now.Add(TypeWithin)), ErrExpired},
		"five digits":              {types(waiting(), "12345", now), ErrForm},
		"seven digits":             {types(waiting(), "1234567", now), ErrForm},
		"letters":                  {types(waiting(), "12345a", now), ErrForm},
		"other digits":             {types(waiting(), "١٢٣", now), ErrForm},
		"revealed too early":       {reveals(waiting(), 1, one.nonce, now), ErrBroken},
		"revealed by another":      {reveals(typed(), 2, one.nonce, now), ErrBroken},
		"revealed too late":        {reveals(typed(), 1, one.nonce, now.Add(showWithin)), ErrExpired},
		"another nonce":            {reveals(typed(), 1, two.nonce, now), ErrBroken},
		"the right one":            {reveals(typed(), 1, one.nonce, now), nil},
		"revealed for nothing":     {reveals(armed(), 0, one.nonce, now), ErrBroken},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}

func TestHello(t *testing.T) {
	i, key := identity(t)
	_, other := identity(t)
	h := Hello{Origin: site, Port: 17931, AppNonce: NewNonce(), PageNonce: NewNonce()}
	byPage, err := h.SignPage(i)
	if err != nil {
		t.Fatal(err)
	}
	byApp, err := h.SignApp(i)
	if err != nil {
		t.Fatal(err)
	}
	if !h.ByPage(key, byPage) || !h.ByApp(key, byApp) {
		t.Error("a good signature was refused")
	}
	changed := func(f func(*Hello)) Hello { g := h; f(&g); return g }
	for name, ok := range map[string]bool{
		"another origin":     changed(func(g *Hello) { g.Origin += "x" }).ByPage(key, byPage),
		"another port":       changed(func(g *Hello) { g.Port++ }).ByPage(key, byPage),
		"another app nonce":  changed(func(g *Hello) { g.AppNonce = NewNonce() }).ByPage(key, byPage),
		"another page nonce": changed(func(g *Hello) { g.PageNonce = NewNonce() }).ByPage(key, byPage),
		"the other role":     h.ByPage(key, byApp) || h.ByApp(key, byPage),
		"another key":        h.ByPage(other, byPage),
		"no signature":       h.ByPage(key, ""),
		"zeros":              h.ByPage(key, strings.Repeat("A", 86)),
		"cut":                h.ByPage(key, byPage[:80]),
		"no key":             h.ByPage("", byPage),
	} {
		if ok {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestKeys(t *testing.T) {
	i, key := identity(t)
	secret, err := i.Secret()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseIdentity(secret)
	if err != nil {
		t.Fatal(err)
	}
	if k, _ := again.Key(); k != key || !again.Valid() || (Identity{}).Valid() {
		t.Error("the key changed on its way")
	}
	if k, err := ParseKey(string(key)); err != nil || k != key || len(key.ID()) != 22 {
		t.Errorf("%q %v", k, err)
	}
	off := []byte(key)
	off[20] ^= 1
	for _, s := range []string{"", "x", string(off), string(key) + "=", strings.Repeat("A", 87), secret} {
		if _, err := ParseKey(s); !errors.Is(err, ErrKey) {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"", "x", strings.Repeat("A", 43), string(key)} {
		if _, err := ParseIdentity(s); !errors.Is(err, ErrIdentity) || s != "" && strings.Contains(err.Error(), s) {
			t.Errorf("%q: %v", s, err)
		}
	}
	if !IsNonce(NewNonce()) || IsNonce("") || IsNonce(string(key)) {
		t.Error("nonces are not told from others")
	}
}

// TestGolden keeps the hashes as the pages compute them.
func TestGolden(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g struct{ Origin, Page, App, PageNonce, AppNonce, Typed, Commit, Digits, TypedCommit, Text string }
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	x := Exchange{Origin: g.Origin, Page: Key(g.Page), App: Key(g.App), PageNonce: g.PageNonce, AppNonce: g.AppNonce}
	got := []string{Commitment(x.Page, g.PageNonce), x.Digits(), Typed(x.Page, x.App, x.Digits(), g.Typed),
		Hello{Origin: g.Origin, Port: 17931, AppNonce: g.AppNonce, PageNonce: g.PageNonce}.text(page)}
	for i, want := range []string{g.Commit, g.Digits, g.TypedCommit, g.Text} {
		if got[i] != want {
			t.Errorf("%d: %q, want %q", i, got[i], want)
		}
	}
}

func TestBook(t *testing.T) {
	_, own := identity(t)
	_, one := identity(t)
	_, two := identity(t)
	now := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "pages.json")
	open := func(k Key) *Book {
		b, err := OpenBook(path, k)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := open(own)
	for i, k := range []Key{one, two, one} {
		if err := b.Add(Paired{Origin: site, Org: "acme", Key: k}, now.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	b = open(own)
	if e := b.Entries(); len(e) != 2 || e[0].Key != one || e[1].Key != two || e[0].Org != "acme" {
		t.Errorf("%+v", e)
	}
	if k, ok := b.Find(site, one.ID()); !ok || k != one {
		t.Error("not found")
	}
	if _, ok := b.Find("https://other.example.com", one.ID()); ok {
		t.Error("found for another origin")
	}
	if ok, err := b.Remove(one.ID()); !ok || err != nil {
		t.Error(ok, err)
	}
	if ok, err := b.Remove(one.ID()); ok || err != nil {
		t.Error(ok, err)
	}
	if n := len(open(own).Entries()); n != 1 {
		t.Errorf("%d pages after one was revoked", n)
	}
	if n := len(open(one).Entries()); n != 0 {
		t.Errorf("%d pages that know another key of ours", n)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenBook(path, own); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("half a file: %v", err)
	}
}

func TestBookIsBounded(t *testing.T) {
	b, err := OpenBook("", "")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1e9, 0)
	for i := range mostEntries + 5 {
		_, k := identity(t)
		if err := b.Add(Paired{Origin: site, Key: k}, now.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if e := b.Entries(); len(e) != mostEntries || !e[0].Created.Equal(now.Add((mostEntries+4)*time.Minute)) {
		t.Errorf("%d pages", len(e))
	}
}

func TestBookHoldsNoSecret(t *testing.T) {
	i, own := identity(t)
	_, one := identity(t)
	path := filepath.Join(t.TempDir(), "pages.json")
	b, err := OpenBook(path, own)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Add(Paired{Origin: site, Key: one, Nonce: "the-nonce"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	secret, err := i.Secret()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(text), secret) || strings.Contains(string(text), "the-nonce") {
		t.Errorf("%s %v", text, err)
	}
}
