package call

import (
	"strings"
	"testing"
	"unicode"
)

func TestPlain(t *testing.T) {
	const family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
	const persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645" // is misspelt without its joiner
	for in, want := range map[string]string{
		"Customer A. Example": "Customer A. Example", " a\tb\r\n": "ab", "\u202egpj.exe": "gpj.exe", "a\u2066b\u2069\u200e\u200f\u061c": "ab",
		"a\u00adb\u200b\ufeff\U000e0041\u3164": "ab", "a\u2028b": "a b", "\ue000\ufdd0\xff": "",
		persian: persian, "\u0915\u094d\u200d\u0937": "\u0915\u094d\u200d\u0937", family: family, "\u05e9\u05dc\u05d5\u05dd": "\u05e9\u05dc\u05d5\u05dd",
		"\u200da\u200d\u200db \u200c1\u200c2": "ab 12", "a\u200d": "a",
		"a" + strings.Repeat("\u0301", 50): "a" + strings.Repeat("\u0301", 4),
		strings.Repeat("x", 90):            strings.Repeat("x", 80), strings.Repeat("x", 79) + "e\u0301": strings.Repeat("x", 79), strings.Repeat("x", 78) + family: strings.Repeat("x", 78),
	} {
		if got := Plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := PlainText("a\u202e\nb\u2029c\x07" + strings.Repeat("y", 100)); got != "a\nb c"+strings.Repeat("y", 100) {
		t.Errorf("%q", got)
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"Customer A. Example", "\u202ea\u200d\u0301", "a" + strings.Repeat("\u0301", 90), strings.Repeat("a\u200d", 90), "\xff\n", strings.Repeat("\U0001f469\u200d", 50)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line, text := Plain(s), PlainText(s)
		if Plain(line) != line || PlainText(text) != text || len([]rune(line)) > 80 || len(text) > len(s) {
			t.Fatalf("%q: %q %q", s, line, text)
		}
		for _, r := range text + line {
			if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && !isJoiner(r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Fatalf("%q: %U stays", s, r)
			}
		}
	})
}
