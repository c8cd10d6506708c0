package widgetbridge

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sidetone/widgetbridge/web"
)

// TestEveryCodeHasWords: whatever the app sends as a code, the pages can say in the agent's language.
func TestEveryCodeHasWords(t *testing.T) {
	files, err := web.Files(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(string(files["js/words/en.js"]), "export default ")), ";")
	var words map[string]any
	if err := json.Unmarshal([]byte(text), &words); err != nil {
		t.Fatal(err)
	}
	unsaid := map[string]string{"duplicate": "nothing happened", "bad-command": "the widget has no such button"}
	for _, c := range []struct{ table, folder, kind string }{
		{"because", "../sync/presence", "Because"}, {"decided", "../sync/presence", "Cause"}, {"notices", "../sync/presence", "RemarkCode"},
		{"statuses", "../sync/presence", "Status"}, {"reasons", "../internal/call", "Cause"}, {"lines", "../internal/call", "LineState"},
		{"warnings", "../internal/health", "Code"}, {"results", "../internal/phone", "Code"}, {"results", "../internal/number", "Code"},
	} {
		said, ok := words[c.table].(map[string]any)
		codes := constants(t, c.folder, c.kind)
		if !ok || len(codes) < 4 {
			t.Errorf("%s: %d codes in %s", c.table, len(codes), c.folder)
		}
		for _, code := range codes {
			if said[code] == nil && unsaid[code] == "" {
				t.Errorf("%s has no words for %s of %s", c.table, code, c.folder)
			}
		}
	}
}

// constants are the values of a package's constants of one type.
func constants(t *testing.T, folder, kind string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 {
				return true
			}
			if typed, ok := v.Type.(*ast.Ident); !ok || typed.Name != kind {
				return true
			}
			if lit, ok := v.Values[0].(*ast.BasicLit); ok {
				code, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, code)
			}
			return true
		})
	}
	return out
}
