package launch

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"sidetone/internal/app"
	"sidetone/internal/phone"
	"sidetone/internal/version"
)

// outcome is what a program did with its arguments.
type outcome struct {
	code     int
	out, err string
	lived    bool
	told     string // in a window
}

func start(t *testing.T, p Program, in string, args ...string) outcome {
	t.Helper()
	var o outcome
	var out, errs strings.Builder
	live := p.Live
	p.Tell = func(why string) { o.told += why }
	p.Name, p.Usage = "phone", "How to use it.\n"
	p.Live = func(ctx context.Context, a *app.App) error {
		o.lived = true
		if live != nil {
			return live(ctx, a)
		}
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return a.Run(ctx)
	}
	o.code = p.run(t.Context(), args, Streams{In: strings.NewReader(in), Out: &out, Err: &errs})
	o.out, o.err = out.String(), errs.String()
	return o
}

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.toml")
	if err := os.WriteFile(bad, []byte("[sip\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	blocked := filepath.Join(dir, "blocked")
	if err := os.MkdirAll(filepath.Join(blocked, "journal.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	wrong := Program{Check: func() error { return errors.New("the theme is wrong") }}
	noDisplay := Program{Ready: func() error { return errors.New("there is no display") }}
	failing := Program{Live: func(context.Context, *app.App) error { return errors.New("the phone broke") }}
	for name, c := range map[string]struct {
		program Program
		in      string
		args    []string
		code    int
		says    string // on standard error, or on standard output for 0
		lives   bool
		told    bool // in a window as well
	}{
		"help":             {args: []string{"--help"}, says: "How to use it."},
		"the word help":    {args: []string{"help"}, says: "How to use it."},
		"version":          {args: []string{"--version"}, says: "phone " + version.Number + "\n"},
		"ended":            {args: []string{"--data-dir", dir + "/a"}, lives: true},
		"unknown option":   {args: []string{"--volume=11"}, code: 2, says: "phone: --volume is not an option. See phone --help"},
		"a slip":           {args: []string{"--verbos"}, code: 2, says: "phone: --verbos is not an option: did you mean --verbose? See phone --help"},
		"a word":           {args: []string{"now"}, code: 2, says: `"now" is not an option`},
		"no data folder":   {args: []string{"--data-dir", ""}, code: 2, says: "--data-dir is empty: name a folder, or leave it out for the usual one. See phone --help"},
		"no journal":       {args: []string{"--data-dir", blocked}, code: 1, says: "journal.db cannot be used", told: true},
		"own check":        {program: wrong, code: 2, says: "the theme is wrong. See phone --help"},
		"not ready":        {program: noDisplay, args: []string{"--data-dir", dir + "/b"}, code: 1, says: "there is no display"},
		"no settings":      {args: []string{"--data-dir", dir + "/c", "--config", dir + "/none.toml"}, code: 2, says: "none.toml", told: true},
		"bad settings":     {args: []string{"--data-dir", dir + "/d", "--config", bad}, code: 2, says: "bad.toml are not used", told: true},
		"bad microphone":   {args: []string{"--data-dir", dir + "/e", "--audio-in", "file:/none.wav"}, code: 2, says: "/none.wav", told: true},
		"no password came": {args: []string{"--data-dir", dir + "/f", "--password-stdin"}, code: 2, says: "held no password", told: true},
		"failed":           {program: failing, args: []string{"--data-dir", dir + "/g"}, code: 1, says: "the phone broke", lives: true},
	} {
		t.Run(name, func(t *testing.T) {
			got := start(t, c.program, c.in, c.args...)
			said := got.err
			if c.code == 0 {
				said = got.out
			}
			if got.code != c.code || !strings.Contains(said, c.says) || got.lived != c.lives {
				t.Errorf("%+v", got)
			}
			if c.told != (got.told != "") || !strings.Contains(got.err, got.told) {
				t.Errorf("a window says %q", got.told)
			}
			if c.code != 0 && strings.Count(got.err, "\n") != 1 {
				t.Errorf("more than one sentence: %q", got.err)
			}
		})
	}
}

func TestOneFolderOnePhone(t *testing.T) {
	dir := t.TempDir()
	var second outcome
	first := start(t, Program{Live: func(context.Context, *app.App) error {
		second = start(t, Program{}, "", "--data-dir", dir)
		return nil
	}}, "", "--data-dir", dir)
	if first.code != 0 || second.code != 3 || second.lived || !strings.Contains(second.err, "already running") {
		t.Errorf("%+v, %+v", first, second)
	}
}

func TestOwnOptionsAndPasswords(t *testing.T) {
	dir := t.TempDir()
	theme := ""
	p := Program{Add: func(fs *flag.FlagSet) { fs.StringVar(&theme, "theme", "", "") }}
	if got := start(t, p, "s3cret\n", "--data-dir", dir, "--theme", "dark", "--password-stdin"); got.code != 0 || theme != "dark" {
		t.Errorf("%+v, theme %q", got, theme)
	}
}

// TestSecondStartHandsOver starts the program while it runs: the first gets the link, and its window is asked to the front.
func TestSecondStartHandsOver(t *testing.T) {
	dir := t.TempDir()
	var second, third, wrong outcome
	var seen phone.Snapshot
	first := start(t, Program{Live: func(ctx context.Context, a *app.App) error {
		ctx, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- a.Run(ctx) }()
		snaps := a.Phone.Watch(ctx)
		<-snaps // it runs
		second = start(t, Program{Links: true}, "", "--data-dir", dir, "tel:+1-900-555-0100")
		third = start(t, Program{Links: true}, "", "--data-dir", dir, "sidetone:")
		wrong = start(t, Program{Links: true}, "", "--data-dir", dir, "mailto:help@example.com")
		for s := range snaps {
			if seen = s; s.Raised == 2 {
				break
			}
		}
		cancel()
		return <-done
	}}, "", "--data-dir", dir)
	if first.code != 0 || second.code != 0 || third.code != 0 || wrong.code != 2 || second.lived || third.lived {
		t.Errorf("%+v, %+v, %+v, %+v", first, second, third, wrong)
	}
	if r := seen.Refused; r == nil || r.Number != "tel:+1-900-555-0100" {
		t.Errorf("%+v", r)
	}
}

func TestLinksAreArgumentsOfTheWindowAlone(t *testing.T) {
	if got := start(t, Program{}, "", "--data-dir", t.TempDir(), "tel:+12025550142"); got.code != 2 || !strings.Contains(got.err, "is not an option") {
		t.Errorf("%+v", got)
	}
	var link string
	got := start(t, Program{Links: true, Live: func(_ context.Context, a *app.App) error { link = a.Link(); return nil }}, "", "--data-dir", t.TempDir(), "sidetone:+12025550142")
	if got.code != 0 || link != "tel:+12025550142" {
		t.Errorf("%+v %q", got, link)
	}
}

// TestStartWhileTheFirstEnds: a phone that holds its folder and listens no more is waited for, and the start goes on.
func TestStartWhileTheFirstEnds(t *testing.T) {
	dir := t.TempDir()
	lock := flock.New(filepath.Join(dir, "lock"))
	if got, err := lock.TryLock(); err != nil || !got {
		t.Fatal(got, err)
	}
	time.AfterFunc(300*time.Millisecond, func() { _ = lock.Unlock() })
	if got := start(t, Program{Links: true}, "", "--data-dir", dir); got.code != 0 || !got.lived {
		t.Errorf("%+v", got)
	}
}

// TestStartBesideOneThatNeverEnds: that is said, with what to do.
func TestStartBesideOneThatNeverEnds(t *testing.T) {
	dir := t.TempDir()
	lock := flock.New(filepath.Join(dir, "lock"))
	if got, err := lock.TryLock(); err != nil || !got {
		t.Fatal(got, err)
	}
	defer lock.Unlock()
	if got := start(t, Program{Links: true}, "", "--data-dir", dir); got.code != 3 || got.lived || !strings.Contains(got.told, "wait a moment and start it again") {
		t.Errorf("%+v", got)
	}
}
