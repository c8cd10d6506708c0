package number

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// opened is a text without its scheme, every character folded to the plain one it stands for.
type opened struct {
	body string
	sip  bool // it was a SIP address; body is the address with its scheme, not folded
}

// open bounds a text, takes a scheme away and folds what is left.
func open(text string) (opened, error) {
	if len(text) > maxText {
		return opened{}, refuse(CodeTooLong)
	}
	s := strings.TrimSpace(text)
	if hasFold(s, "sip:") || hasFold(s, "sips:") {
		return opened{body: s, sip: true}, nil
	}
	for _, scheme := range []string{"tel:", "callto:", "phone:"} {
		if !hasFold(s, scheme) {
			continue
		}
		plain, err := url.PathUnescape(strings.TrimPrefix(s[len(scheme):], "//"))
		if err != nil {
			return opened{}, refuse(CodeNotANumber)
		}
		s = plain
		break
	}
	body, ok := fold(s)
	if !ok {
		return opened{}, refuse(CodeNotANumber)
	}
	return opened{body: strings.TrimSpace(body)}, nil
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// fold writes digits of every script, full-width forms, odd spaces and dashes as their ASCII counterparts. It is false for
// what no number holds: control characters, broken UTF-8, and the override that shows a number backwards.
func fold(s string) (string, bool) {
	var b strings.Builder
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return "", false
			}
		}
		f, keep, ok := foldRune(r)
		if !ok {
			return "", false
		}
		if keep {
			b.WriteRune(f)
		}
	}
	return b.String(), true
}

func foldRune(r rune) (folded rune, keep, ok bool) {
	const (
		override  = '\u202e' // right-to-left override
		wideFirst = '\uff01'
		wideLast  = '\uff5e'
		wideShift = 0xfee0
	)
	if r >= wideFirst && r <= wideLast {
		r -= wideShift
	}
	switch {
	case r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
		return r, true, true
	case strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r):
		return '\n', true, true
	case r == '\t' || unicode.Is(unicode.Zs, r):
		return ' ', true, true
	case r == override:
		return 0, false, false
	case unicode.Is(unicode.Cf, r): // soft hyphens, zero-width spaces, marks of direction
		return 0, false, true
	case unicode.IsControl(r):
		return 0, false, false
	case unicode.Is(unicode.Nd, r):
		return digitOf(r), true, true
	case unicode.Is(unicode.Pd, r), strings.ContainsRune("~\u2043\u2212\u30fc\uff70", r):
		return '-', true, true
	}
	return punctuation(r), true, true
}

func punctuation(r rune) rune {
	switch r {
	case '\ufe62':
		return '+'
	case '\u00b7', '\u2022', '\u2024', '\u30fb':
		return '.'
	case '[', '{':
		return '('
	case ']', '}':
		return ')'
	}
	return r
}

// digitOf counts from the zero of the digit's own script: Unicode lays the ten decimal digits of a script side by side.
func digitOf(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	return r
}
