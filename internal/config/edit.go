package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sidetone/internal/call"
)

// With returns the settings with an account in place of the one of the same id, or behind the others.
func (c Config) With(a call.Account) Config {
	c.Accounts = slices.Clone(c.Accounts)
	if i := c.nth(a.ID); i < len(c.Accounts) {
		c.Accounts[i] = a
	} else {
		c.Accounts = append(c.Accounts, a)
	}
	return c
}

// nth is the place of an account among the others, their number if it is none of them.
func (c Config) nth(id string) int {
	i := slices.IndexFunc(c.Accounts, func(a call.Account) bool { return a.ID == id })
	if i < 0 {
		return len(c.Accounts)
	}
	return i
}

// PutAccount changes one account in the file, or adds it. Only the lines of what changed are written: comments, order and all else stay.
// A crash leaves either the old file or the new one. A file that cannot be read, or whose account is not written as one setting a
// line, is left as it is, and the error says so in one sentence.
func PutAccount(path string, a call.Account) error {
	_, err := amend(path, "the account "+a.ID, func(c Config) Config { return c.With(a) }, func(text string, c Config) string { return edited(text, c, a) })
	return err
}

// amend changes the file as write does, if that makes of its settings what with does, and returns these. Nothing is written where they
// are so already. What is named in an error.
func amend(path, what string, with func(Config) Config, write func(text string, c Config) string) (Config, error) {
	b, err := read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Config{}, fmt.Errorf("the settings %s cannot be read: %w", path, err)
	}
	c, err := Parse(b)
	if err != nil {
		return Config{}, fmt.Errorf("the settings %s were changed and are wrong now: %w", path, err)
	}
	want := with(c)
	if err := want.Check(); err != nil || reflect.DeepEqual(want, c) {
		return want, err
	}
	text := write(string(b), c)
	if got, err := Parse([]byte(text)); err != nil || !reflect.DeepEqual(got, want) {
		return Config{}, fmt.Errorf("%s is not written as one setting a line: change it in %s by hand", what, path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Config{}, fmt.Errorf("the settings %s cannot be written: %w", path, err)
	}
	return want, replace(path, []byte(text))
}

// edited is the text of the settings c with the account a.
func edited(text string, c Config, a call.Account) string {
	nth := c.nth(a.ID)
	if nth == len(c.Accounts) {
		return text + added(text, a)
	}
	was := settingsOf(c.Accounts[nth])
	for i, s := range settingsOf(a) {
		if s != was[i] {
			text = set(text, nth, s)
		}
	}
	return text
}

// added is what is put behind a text for a further account.
func added(text string, a call.Account) string {
	out := "[[account]]\n"
	if text != "" {
		out = "\n" + out
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		out = "\n" + out
	}
	for _, s := range settingsOf(a) {
		if s.value != "" {
			out += s.line() + "\n"
		}
	}
	return out
}

// setting is one line of the file.
type setting struct{ key, value string } // value is as TOML writes it; empty: the default, which is not written

func (s setting) line() string { return s.key + " = " + s.value }

// settingsOf are all settings of an account, in the order of their declaration.
func settingsOf(a call.Account) []setting {
	var out []setting
	v := reflect.ValueOf(a)
	for i := range v.NumField() {
		s := setting{key: v.Type().Field(i).Tag.Get("toml")}
		switch x := v.Field(i).Interface().(type) {
		case string:
			if x != "" {
				s.value = strconv.Quote(x)
			}
		case bool:
			if x {
				s.value = "true"
			}
		}
		out = append(out, s)
	}
	return out
}

// set changes, adds or removes one line of an account. A value over several lines is left alone.
func set(text string, nth int, s setting) string {
	lines := strings.Split(text, "\n")
	at := lineOf(text, place{nth, []string{"account", s.key}}) - 1
	head := lineOf(text, place{nth, []string{"account"}}) - 1
	switch {
	case at < 0 || head < 0:
		return text
	case at == head: // it is not there: the address always is
		at = lineOf(text, place{nth, []string{"account", "address"}})
		end := strings.TrimSuffix(lines[at-1], "\r")
		return strings.Join(slices.Insert(lines, at, s.line()+lines[at-1][len(end):]), "\n")
	case s.value == "":
		return strings.Join(slices.Delete(lines, at, at+1), "\n")
	}
	if m := regexp.MustCompile(`^([^=]*=\s*)(?:"(?:[^"\\]|\\.)*"|'[^']*'|true|false)(\s*(?:#.*)?)$`).FindStringSubmatch(lines[at]); m != nil {
		lines[at] = m[1] + s.value + m[2]
	}
	return strings.Join(lines, "\n")
}
