package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// languages are those the pages speak, English first.
func languages() []string { return []string{"en", "de", "fr", "es", "pt"} }

// table reads one file of words: strict JSON behind the word export, so that JavaScript and this test read the same.
func table(t *testing.T, b []byte) map[string]any {
	t.Helper()
	text, ok := strings.CutPrefix(string(b), "export default ")
	if !ok {
		t.Fatal("it does not begin with the export")
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(strings.TrimSuffix(strings.TrimSpace(text), ";")), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// flat is every sentence by the path of its keys.
func flat(prefix string, v any, into map[string]string) {
	switch v := v.(type) {
	case string:
		into[prefix] = v
	case []any:
		for i, x := range v {
			flat(fmt.Sprintf("%s[%d]", prefix, i), x, into)
		}
	case map[string]any:
		for k, x := range v {
			flat(strings.TrimPrefix(prefix+"."+k, "."), x, into)
		}
	default:
		into[prefix] = fmt.Sprintf("%T", v)
	}
}

// gaps are the names of a sentence's gaps, each once.
func gaps(sentence string) []string {
	found := regexp.MustCompile(`\{\w+\}`).FindAllString(sentence, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// wrong says what is wrong with a language beside English.
func wrong(english, other map[string]string) []string {
	var out []string
	for key, sentence := range english {
		theirs, ok := other[key]
		switch {
		case !ok:
			out = append(out, key+" is missing")
		case !slices.Equal(gaps(sentence), gaps(theirs)):
			out = append(out, fmt.Sprintf("%s has the gaps %v, in English %v", key, gaps(theirs), gaps(sentence)))
		case ends(sentence) != ends(theirs):
			out = append(out, fmt.Sprintf("%s ends in %q, in English in %q", key, ends(theirs), ends(sentence)))
		}
	}
	for key, sentence := range other {
		if english[key] == "" {
			out = append(out, key+" is not in English")
		}
		if strings.TrimSpace(sentence) != sentence || sentence == "" || strings.ContainsFunc(sentence, unicode.IsControl) || strings.ContainsAny(sentence, `"!`) {
			out = append(out, key+" is empty, has blanks around it, a straight quote or an exclamation mark")
		}
	}
	return out
}

// ends is the mark a sentence ends in, if it is one.
func ends(sentence string) string {
	for _, mark := range []string{"…", ".", "?", ":"} {
		if strings.HasSuffix(sentence, mark) {
			return mark
		}
	}
	return ""
}

func TestEveryLanguageSaysEverything(t *testing.T) {
	said := map[string]map[string]string{}
	for _, l := range languages() {
		b, err := os.ReadFile(filepath.Join("static", "js", "words", l+".js"))
		if err != nil {
			t.Fatal(err)
		}
		said[l] = map[string]string{}
		flat("", table(t, b), said[l])
	}
	b, err := os.ReadFile(filepath.Join("..", "pipe", "pipe-words.js"))
	if err != nil {
		t.Fatal(err)
	}
	pipe := table(t, b)
	if got := slices.Sorted(maps.Keys(pipe)); !slices.Equal(got, slices.Sorted(slices.Values(languages()))) {
		t.Errorf("the small window speaks %v", got)
	}
	for _, l := range languages() {
		for _, w := range wrong(said["en"], said[l]) {
			t.Errorf("%s: %s", l, w)
		}
		english, other := map[string]string{}, map[string]string{}
		flat("", pipe["en"], english)
		flat("", pipe[l], other)
		for _, w := range wrong(english, other) {
			t.Errorf("the small window, %s: %s", l, w)
		}
	}
}

// TestMissingWordsAreNoticed: the check itself must be able to fail.
func TestMissingWordsAreNoticed(t *testing.T) {
	english := map[string]string{"a": "{time} left", "b": "Done."}
	for name, other := range map[string]map[string]string{
		"a key too few": {"a": "{time}"}, "a gap too few": {"a": "left", "b": "Done."}, "another gap": {"a": "{zeit}", "b": "Done."},
		"a key too many": {"a": "{time}", "b": "Done.", "c": "x"}, "no full stop": {"a": "{time}", "b": "Done"}, "nothing": {"a": "{time}", "b": ""},
	} {
		if len(wrong(english, other)) == 0 {
			t.Errorf("%s is not noticed", name)
		}
	}
	if w := wrong(english, map[string]string{"a": "Noch {time}", "b": "Fertig."}); len(w) > 0 {
		t.Error(w)
	}
}

// TestEveryWordIsUsed: a sentence nobody shows is a sentence nobody mends.
func TestEveryWordIsUsed(t *testing.T) {
	var code strings.Builder
	names, err := filepath.Glob(filepath.Join("static", "js", "*.js"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(b)
	}
	b, err := os.ReadFile(filepath.Join("static", "js", "words", "en.js"))
	if err != nil {
		t.Fatal(err)
	}
	words := table(t, b)
	settings, ok := words["settings"].(map[string]any)
	if !ok {
		t.Fatal("the settings page has no words")
	}
	for prefix, list := range map[string]map[string]any{`\bwords`: words, `\bsay\(\)`: settings} {
		said := map[string]bool{}
		for _, m := range regexp.MustCompile(prefix+`\.(\w+)`).FindAllStringSubmatch(code.String(), -1) {
			said[m[1]] = true
			if list[m[1]] == nil {
				t.Errorf("%s is said, and there is no such sentence", m[0])
			}
		}
		for key := range list {
			if !said[key] {
				t.Errorf("%s is never said", key)
			}
		}
	}
}
