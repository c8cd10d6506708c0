package call

import (
	"slices"
	"strings"
	"unicode"
)

// Bounds of a stranger's text.
const (
	maxPlain = 80 // runes of one line
	maxMarks = 4  // accents and the like on one letter
)

// Plain makes a stranger's text safe to draw on one line: no control, format or direction characters, no piles of accents, at most
// 80 runes, cut between two letters. The joiners of Persian, Indic and emoji stay where they join something.
func Plain(s string) string {
	return strings.TrimRight(strings.TrimSpace(string(short(plain(s, false)))), "\u200c\u200d ")
}

// PlainText is Plain for text of several lines and any length.
func PlainText(s string) string {
	return string(plain(s, true))
}

func plain(s string, lines bool) []rune {
	var out []rune
	marks := 0
	for _, r := range strings.ToValidUTF8(s, "") {
		switch {
		case isJoiner(r), lines && r == '\n':
		case unicode.In(r, unicode.Zl, unicode.Zp):
			r = ' '
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point):
			continue
		}
		if !unicode.IsMark(r) && !isJoiner(r) {
			marks = 0
		} else if unicode.IsMark(r) {
			marks++
		}
		if marks <= maxMarks {
			out = append(out, r)
		}
	}
	return joined(out)
}

// isJoiner reports whether a rune says how its neighbours are drawn: U+200C and U+200D.
func isJoiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

// joined leaves the joiners between what can be joined.
func joined(in []rune) []rune {
	joins := func(i int) bool {
		return i >= 0 && i < len(in) && (unicode.IsLetter(in[i]) || unicode.IsMark(in[i]) || unicode.IsSymbol(in[i]))
	}
	out := make([]rune, 0, len(in))
	for i, r := range in {
		if !isJoiner(r) || joins(i-1) && joins(i+1) {
			out = append(out, r)
		}
	}
	return out
}

// short cuts a line where a letter with all that belongs to it ends.
func short(in []rune) []rune {
	if len(in) <= maxPlain {
		return in
	}
	n := maxPlain
	for n > 0 && (unicode.IsMark(in[n]) || isJoiner(in[n]) || isJoiner(in[n-1])) {
		n--
	}
	if n == 0 {
		n = maxPlain // one heap of joined signs: no letter of anybody's
	}
	return slices.Clip(in[:n])
}
