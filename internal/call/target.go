package call

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNotANumber says that a text cannot be dialled.
var ErrNotANumber = errors.New("not a number that can be dialled")

// ParseTarget turns what a person typed or clicked into something to dial: digits with an optional leading +, * and #, or
// a whole sip: URI. Spaces, dots, dashes, slashes, brackets and a tel: prefix are taken away. Anything else is refused, so
// that no text from outside can add a parameter or a header to a request (RFC 3261 §25).
func ParseTarget(text string) (string, error) {
	s := strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(s, "sip:"); ok {
		return parseURI(s, rest)
	}
	s = strings.TrimPrefix(s, "tel:")
	var b strings.Builder
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9', r == '*', r == '#', r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case strings.ContainsRune(" -./()\u00a0\u2011\u2013", r):
		default:
			return "", fmt.Errorf("%q is %w: remove %q at place %d", clip(text), ErrNotANumber, r, i+1)
		}
	}
	digits := strings.TrimPrefix(b.String(), "+")
	if digits == "" {
		return "", fmt.Errorf("%q is %w: it has no digits", clip(text), ErrNotANumber)
	}
	if len(digits) > 32 {
		return "", fmt.Errorf("%q is %w: it is too long", clip(text), ErrNotANumber)
	}
	return b.String(), nil
}

// userChars are the characters of a URI's user part we accept: unreserved of RFC 3261 §25.1, and +.
const userChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()+"

func parseURI(whole, rest string) (string, error) {
	user, host, ok := strings.Cut(rest, "@")
	if !ok || user == "" || host == "" || len(whole) > 255 ||
		strings.Trim(user, userChars) != "" || strings.Trim(host, userChars+":[]") != "" {
		return "", fmt.Errorf("%q is %w: a SIP address looks like sip:name@host", clip(whole), ErrNotANumber)
	}
	return whole, nil
}

func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
