package config

import (
	"fmt"
	"strings"
)

// place names where a value stands in the file: the tables and the key, and which [[account]] of several.
type place struct {
	nth  int // counted from 0, or anyTable
	keys []string
}

// anyTable stands for no particular [[account]]: the first that has the key.
const anyTable = -1

// wrong is a wrong value and its place.
type wrong struct {
	place
	err error
}

// Error returns the sentence alone: who checks a Config that was not read has no lines.
func (w *wrong) Error() string { return w.err.Error() }

// Unwrap returns what is wrong.
func (w *wrong) Unwrap() error { return w.err }

func at(err error, keys ...string) error { return &wrong{place{anyTable, keys}, err} }

// on puts the line of a place before an error.
func on(text string, p place, err error) error {
	if n := lineOf(text, p); n > 0 {
		return fmt.Errorf("line %d: %w", n, err)
	}
	return err
}

// lineOf finds the line of a key in a text that the TOML reader has understood: the reader keeps no positions. A key that is
// not on a line of its own, or not there at all, is where its table begins. It is 0 when even that is not found.
func lineOf(text string, p place) int {
	var table []string // the present one
	var open opened
	nth, best, deep := anyTable, 0, 0
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		if open.more() {
			open.scan(line)
			continue
		}
		keys, rest, header := split(line)
		switch {
		case header:
			if rest == "[[" && isPrefix(keys, p.keys) {
				nth++
			}
			table, keys = keys, nil
		case len(keys) == 0:
			continue
		default:
			open.scan(rest)
		}
		if p.nth != anyTable && nth >= 0 && nth != p.nth {
			continue
		}
		if here := append(append([]string{}, table...), keys...); isPrefix(here, p.keys) && len(here) > deep {
			best, deep = i+1, len(here)
		}
	}
	return best
}

// isPrefix compares as the TOML reader does: letters' case does not matter.
func isPrefix(keys, of []string) bool {
	if len(keys) > len(of) {
		return false
	}
	for i, k := range keys {
		if !strings.EqualFold(k, of[i]) {
			return false
		}
	}
	return true
}

// split reads the keys at the beginning of a line: of a table's header, where rest is its bracket, or of a value, where
// rest is the value. Blank lines and comments have no keys.
func split(line string) (keys []string, rest string, header bool) {
	line = strings.TrimSpace(line)
	for _, bracket := range []string{"[[", "["} {
		if body, ok := strings.CutPrefix(line, bracket); ok {
			keys, _ := dotted(body, ']')
			return keys, bracket, true
		}
	}
	if line == "" || line[0] == '#' {
		return nil, "", false
	}
	keys, rest = dotted(line, '=')
	return keys, rest, false
}

// dotted reads a key like a."b c".d up to its end and returns its parts and what follows.
func dotted(s string, end byte) (keys []string, rest string) {
	var part strings.Builder
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote == '"' && c == '\\':
			i++ // what it stands for does not matter: none of our keys needs one
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			part.WriteByte(c)
		case c == '"' || c == '\'':
			quote = c
		case c == end:
			return append(keys, part.String()), s[i+1:]
		case c == '.':
			keys = append(keys, part.String())
			part.Reset()
		case c != ' ' && c != '\t':
			part.WriteByte(c)
		}
	}
	return append(keys, part.String()), ""
}

// opened is what a value has begun and not ended: brackets, and a string of several lines.
type opened struct {
	brackets int
	text     string // """ or '''
}

func (o *opened) more() bool { return o.brackets > 0 || o.text != "" }

// scan goes on with one more line of the value.
func (o *opened) scan(line string) {
	for line != "" {
		if o.text != "" {
			line = o.inText(line)
			continue
		}
		switch c := line[0]; {
		case strings.HasPrefix(line, `"""`), strings.HasPrefix(line, `'''`):
			o.text, line = line[:3], line[3:]
			continue
		case c == '"' || c == '\'':
			line, _ = after(line[1:], line[:1])
			continue
		case c == '#':
			return
		case c == '[' || c == '{':
			o.brackets++
		case c == ']' || c == '}':
			o.brackets--
		}
		line = line[1:]
	}
}

// inText looks for the end of a string of several lines, which may have up to two quotation marks before it.
func (o *opened) inText(line string) string {
	rest, ended := after(line, o.text)
	if ended {
		rest = strings.TrimLeft(rest, o.text[:1])
		o.text = ""
	}
	return rest
}

// after is what follows a closing mark; in double quotation marks a backslash takes the next character's meaning away.
func after(s, mark string) (rest string, found bool) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && mark[0] == '"':
			i++
		case strings.HasPrefix(s[i:], mark):
			return s[i+len(mark):], true
		}
	}
	return "", false
}
