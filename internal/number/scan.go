package number

import (
	"slices"
	"strings"
	"unicode"
)

// parts are the pieces of a text.
type parts struct {
	head   string // the number: digits, a + and separators
	vanity string // the same and the word behind it as digits, if letters may be part of the number
	mixed  bool   // digits stand behind the word, so that head alone is not the whole number
	post   string // digits written behind the number: an extension at the far end
	code   string // a feature code with nothing else in the text; head is empty then
}

// scan takes labels, an extension at the far end and words away. It refuses what is an address and what holds two numbers.
func scan(s string) (parts, error) {
	if strings.Contains(s, "@") || strings.Contains(strings.ToLower(s), "sip:") || strings.Contains(strings.ToLower(s), "sips:") {
		return parts{}, refuse(CodeAddress)
	}
	s, post, err := parameters(s)
	if err != nil {
		return parts{}, err
	}
	if s, err = onlyLine(s); err != nil {
		return parts{}, err
	}
	label, body, found := cutLabel(s)
	if !found {
		return parts{}, refuse(CodeEmpty)
	}
	if !isLabel(label) {
		return parts{}, refuse(CodeNotANumber)
	}
	head, behind := cutPost(body)
	if behind != "" && post != "" {
		return parts{}, refuse(CodeTwo)
	}
	if len(post)+len(behind) > maxPostDial {
		return parts{}, refuse(CodeTooLong)
	}
	if strings.ContainsAny(head, "*#") {
		code, err := codeOf(label, head)
		return parts{code: code}, err
	}
	p := parts{post: post + behind}
	return p, p.cutWords(head)
}

// parameters takes ";ext=" of RFC 3966 away and refuses every other parameter.
func parameters(s string) (rest, post string, err error) {
	rest, parameter, some := strings.Cut(s, ";")
	if !some {
		return s, "", nil
	}
	if !hasFold(parameter, "ext=") {
		return "", "", refuse(CodeAddress)
	}
	post = parameter[len("ext="):]
	if post == "" || !allDigits(post) {
		return "", "", refuse(CodeAddress)
	}
	return rest, post, nil
}

// onlyLine is the one line that has digits.
func onlyLine(s string) (string, error) {
	found := ""
	for _, line := range strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '|' || r == '&' }) {
		if !strings.ContainsFunc(line, isDigit) {
			continue
		}
		if found != "" {
			return "", refuse(CodeTwo)
		}
		found = line
	}
	return strings.TrimSpace(found), nil
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isSeparator(r rune) bool { return strings.ContainsRune(" -./()", r) }

// cutLabel splits before the number: its first digit, and what stands before that and belongs to it.
func cutLabel(s string) (label, body string, found bool) {
	first := strings.IndexFunc(s, isDigit)
	if first < 0 {
		return "", "", false
	}
	start := first
	for start > 0 && strings.ContainsRune("+*#( ", rune(s[start-1])) {
		start--
	}
	return strings.TrimSpace(s[:start]), strings.TrimSpace(s[start:]), true
}

// isLabel accepts what people write before or behind a number: words and a little punctuation, no address of a page.
func isLabel(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(" .:-/()',\u2019_", r) {
			return false
		}
	}
	return !strings.Contains(s, "//")
}

// cutPost takes an extension at the far end away: "ext. 12", "x12", "#12", ",,12". A number of at least five digits stands
// before it.
func cutPost(body string) (head, post string) {
	count := 0
	for i, r := range body {
		if isDigit(r) {
			count++
		}
		if count < 5 || isDigit(r) || isSeparator(r) {
			continue
		}
		tail := body[i:]
		if mark := markOf(tail); mark > 0 {
			if post = behindMark(tail[mark:]); post != "" {
				return strings.TrimRight(body[:i], " -("), post
			}
		}
		return body, ""
	}
	return body, ""
}

// markOf is the length of the mark an extension begins with, in bytes, or 0.
func markOf(tail string) int {
	word := tail
	if i := strings.IndexFunc(tail, func(r rune) bool { return !unicode.IsLetter(r) }); i >= 0 {
		word = tail[:i]
	}
	if slices.Contains(extensionWords(), strings.ToLower(word)) {
		return len(word)
	}
	if tail[0] == '#' {
		return 1
	}
	return len(tail) - len(strings.TrimLeft(tail, ","))
}

// extensionWords introduce an extension in the languages of the countries the tests cover.
func extensionWords() []string {
	return []string{
		"x", "xt", "ext", "extn", "extension", "extensión", "int", "interno", "anexo", "ramal", "poste", "durchwahl", "dw", "nst",
		"apparat", "toestel", "tst", "доб", "доп",
	}
}

// behindMark reads the digits of an extension; nothing may follow but a closing # or bracket.
func behindMark(s string) string {
	s = strings.TrimLeft(s, " .:#-")
	return digitsOnly(strings.TrimRight(s, " #()."))
}

func digitsOnly(s string) string {
	if !allDigits(s) {
		return ""
	}
	return s
}

// codeOf reads a feature code: digits, * and # with nothing else around them.
func codeOf(label, head string) (string, error) {
	code := strings.Map(func(r rune) rune {
		if isSeparator(r) {
			return -1
		}
		return r
	}, head)
	if label != "" || strings.Trim(code, "0123456789*#") != "" {
		return "", refuse(CodeFeature)
	}
	if _, post := cutPost(code); post != "" { // written tighter it would be a number with an extension
		return "", refuse(CodeNotANumber)
	}
	return code, nil
}

// cutWords takes a word behind the number away, and keeps it as digits for a number such as 1-800-FLOWERS.
func (p *parts) cutWords(head string) error {
	if strings.HasPrefix(strings.ToLower(strings.TrimLeft(head, "(")), "0xx") { // a Brazilian carrier left open
		head = strings.Replace(strings.ToLower(head), "0xx", "0", 1)
	}
	i := strings.IndexFunc(head, func(r rune) bool { return !isDigit(r) && !isSeparator(r) && r != '+' })
	if i < 0 {
		p.head = head
		return nil
	}
	tail := head[i:]
	p.head, p.vanity = strings.TrimRight(head[:i], " -./("), vanityOf(head)
	p.mixed = strings.ContainsFunc(tail, isDigit)
	if !p.mixed && !isLabel(tail) {
		return refuse(CodeNotANumber)
	}
	return nil
}

// vanityOf turns letters into the digits of their keys (ITU-T E.161), if at least three letters stand among digits.
func vanityOf(head string) string {
	letters := 0
	out := strings.Map(func(r rune) rune {
		k := keyOf(r)
		if k != 0 {
			letters++
			return k
		}
		if isDigit(r) || isSeparator(r) || r == '+' {
			return r
		}
		letters = -len(head)
		return -1
	}, head)
	if letters < 3 {
		return ""
	}
	return out
}

func keyOf(r rune) rune {
	const keys = "22233344455566677778889999"
	switch {
	case r >= 'a' && r <= 'z':
		return rune(keys[r-'a'])
	case r >= 'A' && r <= 'Z':
		return rune(keys[r-'A'])
	}
	return 0
}

// digitsOf takes the separators away. A + may stand only before the first digit.
func digitsOf(head string) (string, error) {
	var b strings.Builder
	for _, r := range head {
		switch {
		case isDigit(r):
			b.WriteRune(r)
		case r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case r == '+' && b.String() == "+": // "++49" is a slip of the finger
		case r == '+':
			return "", refuse(CodeTwo)
		case !isSeparator(r):
			return "", refuse(CodeNotANumber)
		}
	}
	if len(strings.TrimPrefix(b.String(), "+")) < 2 {
		return "", refuse(CodeNotANumber)
	}
	return b.String(), nil
}

// withoutTrunkZero takes the "(0)" of "+49 (0)30 …" away, or is empty if there is none.
func withoutTrunkZero(head string) string {
	tight := strings.ReplaceAll(head, " ", "")
	before, after, found := strings.Cut(tight, "(0)")
	if !found || before == "" {
		return ""
	}
	digits, err := digitsOf(before + after)
	if err != nil {
		return ""
	}
	return digits
}
