package config

import (
	"slices"
	"strings"
	"testing"
)

const winding = `# port = 1
top = """
[sip]
port = 2 \"""
end"""""
'quo.ted' . "key" = '''
port = 3'''
list = [ # [
  "port = 4 ] \" [",
  { port = 5 }, [
] ]
[sip] # port = 6
port = 7
[[account]]
id = 'a\'
[[account]]
name = "x"
[account.more]
deep = 1
[[other]]
[[account]]
id = "c"
`

func TestLineOf(t *testing.T) {
	if _, err := Parse([]byte(winding)); err == nil || !strings.HasPrefix(err.Error(), `line 2: "top" is not`) {
		t.Fatalf("the text must be one that the reader understands: %v", err)
	}
	lines := strings.Split(winding, "\n")
	for _, c := range []struct {
		nth  int
		keys string
		want string // the whole line
	}{
		{anyTable, "sip port", "port = 7"}, {anyTable, "SIP Port", "port = 7"}, {anyTable, "quo.ted key", `'quo.ted' . "key" = '''`},
		{anyTable, "list port", "list = [ # ["}, {anyTable, "account id", `id = 'a\'`}, {0, "account id", `id = 'a\'`},
		{1, "account name", `name = "x"`}, {2, "account id", `id = "c"`}, {1, "account more deep", "deep = 1"}, {anyTable, "sip gone", "[sip] # port = 6"},
	} {
		n := lineOf(winding, place{c.nth, strings.Fields(c.keys)})
		if n == 0 || lines[n-1] != c.want {
			t.Errorf("%s of %d is said to be on line %d, want %q", c.keys, c.nth, n, c.want)
		}
	}
	if n := lineOf(winding, place{1, []string{"account", "id"}}); n != slices.Index(lines, `name = "x"`) {
		t.Errorf("the second account begins on line %d", n)
	}
	if n := lineOf(winding, place{anyTable, []string{"nowhere"}}); n != 0 {
		t.Errorf("nowhere is on line %d", n)
	}
}
