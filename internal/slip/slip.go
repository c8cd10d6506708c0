// Package slip says what is wrong with a command line, and which word was meant. Pure.
package slip

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Meant ends a sentence about a word that is not known with the nearest that is; it is empty if none is near.
func Meant(word string, known []string) string {
	if n := nearest(word, known); n != "" {
		return ": did you mean " + n + "?"
	}
	return ""
}

// nearest is the known word that takes the fewest letters put right, at most a third of them.
func nearest(word string, known []string) (best string) {
	most := max(1, len([]rune(word))/3)
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d <= most {
			best, most = k, d-1
		}
	}
	return best
}

// distance is how many letters are wrong, missing, too many or swapped with the next.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if max(len(x), len(y)) > 64 {
		return 64 // nobody types that
	}
	before, last := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := range x {
		now := make([]int, len(y)+1)
		now[0] = i + 1
		for j := range y {
			wrong := 1
			if x[i] == y[j] {
				wrong = 0
			}
			now[j+1] = min(last[j]+wrong, last[j+1]+1, now[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				now[j+1] = min(now[j+1], before[j-1]+1)
			}
		}
		before, last = last, now
	}
	return last[len(y)]
}

// Option makes a sentence of an error that fs.Parse returned: what is wrong with which option, and what to write.
func Option(fs *flag.FlagSet, err error) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		return fmt.Errorf("--%s is not an option%s", name, Meant("--"+name, options(fs)))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return fmt.Errorf("--%s needs a value%s", name, form(fs, name, ""))
	}
	m := regexp.MustCompile(`(?s)^invalid (?:boolean )?value (".*") for (?:flag )?-([^ ":]*): (.*)$`).FindStringSubmatch(text)
	if m == nil {
		return err
	}
	return fmt.Errorf("--%s is %s%s", m[2], m[1], form(fs, m[2], m[3]))
}

// See adds to a sentence where to read on: the help of a command.
func See(err error, command string) error {
	if strings.HasSuffix(err.Error(), "?") {
		return fmt.Errorf("%w See %s --help", err, command)
	}
	return fmt.Errorf("%w. See %s --help", err, command)
}

// form says what to write for an option. own is what the option itself said of a value.
func form(fs *flag.FlagSet, name, own string) string {
	var value any
	if f := fs.Lookup(name); f != nil {
		if g, ok := f.Value.(flag.Getter); ok {
			value = g.Get()
		}
	}
	switch value.(type) {
	case time.Duration:
		return ": write a time, as in 500ms, 12s or 2m"
	case int, uint64:
		return ": write a whole number"
	case bool:
		return ": write it alone, without a value"
	}
	if own == "" {
		return ""
	}
	return ": " + own
}

// options are all of a set, as they are written.
func options(fs *flag.FlagSet) (out []string) {
	fs.VisitAll(func(f *flag.Flag) { out = append(out, "--"+f.Name) })
	return slices.Concat(out, []string{"--help"})
}
