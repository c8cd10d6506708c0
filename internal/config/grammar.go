package config

import (
	"fmt"
	"regexp"
	"strings"
)

// grammar says in plain words what the TOML reader says of a line, and which line that is: where one has no end, the reader
// names the next.
func grammar(text string, n int, message string) (line int, sentence string) {
	lines := strings.Split(text, "\n")
	if strings.Contains(message, " name") && strings.Contains(message, "but got '\\n'") {
		n--
	}
	message = strings.TrimSuffix(message, ".")
	if m := regexp.MustCompile(`^Key '(.*)' (has already been defined|was already created)`).FindStringSubmatch(message); m != nil {
		return n, again(m[1], strings.TrimSpace(lines[min(max(n, 1), len(lines))-1]), text)
	}
	if strings.HasSuffix(message, "is out of range for int64") {
		return n, "the number is too large. Mend or remove the line"
	}
	for _, w := range [...]struct{ begins, says string }{
		{"expected '.' or ']' to end table name", "the name of a table is not closed: write it as [name]"},
		{"expected end of table array name", "the name of a table is not closed: write it as [[name]]"},
		{"expected a top-level item to end", "one line is one setting, a text in quotes: remove what stands behind its end"},
		{"expected '.' or '='", "a setting is written as name = value"},
		{"expected value but found", "the value is missing: write name = value, a text in quotes"},
		{"strings cannot contain newlines", "a text ends with a quotation mark on its own line"},
	} {
		if strings.HasPrefix(message, w.begins) {
			return n, w.says // not the line itself, which may be a secret that does not belong there
		}
	}
	return n, message + ". Mend or remove the line"
}

// again is the sentence for a key or a table that is there already.
func again(key, line, text string) string {
	list, header := strings.HasPrefix(line, "[["), strings.HasPrefix(line, "[")
	one := regexp.MustCompile(`(?im)^\s*\[\s*` + regexp.QuoteMeta(key) + `\s*\]`).MatchString(text)
	many := regexp.MustCompile(`(?im)^\s*\[\[\s*` + regexp.QuoteMeta(key) + `\s*\]\]`).MatchString(text)
	switch {
	case header && !list && many:
		return fmt.Sprintf("there is a [[%s]] already: write this one with two brackets as well", key)
	case list && one:
		return fmt.Sprintf("there is a [%s] already: write either this one with one bracket or that one with two", key)
	case header:
		return fmt.Sprintf("[%s] is there twice: put its settings under the first one and remove this line", key)
	}
	return fmt.Sprintf("%s is set twice: remove one of the two lines", key)
}
