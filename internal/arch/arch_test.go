package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// source is one Go file of the tree.
type source struct {
	pkg, name, text string
	fset            *token.FileSet
	file            *ast.File
}

func tree(t *testing.T) []source {
	t.Helper()
	var out []source
	root := "../.."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "out" || d.Name() == "bin" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, b, parser.ParseComments)
		rel, _ := filepath.Rel(root, path)
		out = append(out, source{filepath.ToSlash(filepath.Dir(rel)), filepath.ToSlash(rel), string(b), fset, f})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestImportsPointOneWay(t *testing.T) {
	for _, s := range tree(t) {
		if strings.HasSuffix(s.name, "_test.go") {
			continue // tests put rooms together on purpose
		}
		for _, i := range s.file.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if wrong := imports(s.pkg, path); wrong != "" {
				t.Errorf("%s: %s", s.name, wrong)
			}
		}
	}
}

func TestStyle(t *testing.T) {
	docs, names := map[string]string{}, map[string]string{}
	for _, s := range tree(t) {
		for _, wrong := range style(s.name, s.fset, s.file, s.text) {
			t.Error(wrong)
		}
		if strings.HasSuffix(s.name, "_test.go") {
			continue
		}
		names[s.pkg] = s.file.Name.Name
		if s.file.Doc != nil {
			docs[s.pkg] = s.file.Doc.Text()
		}
	}
	for pkg, name := range names {
		if wrong := packageComment(pkg, name, docs[pkg]); wrong != "" {
			t.Error(wrong)
		}
	}
}

func TestPlantedViolations(t *testing.T) {
	for _, c := range []struct{ pkg, path, want string }{
		{"internal/call", "sidetone/sip", "bottom of the house"},
		{"sip", "sidetone/internal/phone", "never the phone"},
		{"sip", "sidetone/internal/media", "never the phone or another adapter"},
		{"ui", "sidetone/internal/store", "Do and Watch"},
		{"internal/phone", "sidetone/widgetbridge", "pure packages only"},
		{"internal/app", "sidetone/ui", "links no window"},
		{"cmd/sidetoned", "fyne.io/fyne/v2", "whose door is ui"},
		{"ui", "github.com/emiago/sipgo/sip", "whose door is sip"},
		{"widgetbridge", "github.com/pion/rtp", "whose door is internal/media"},
		{"internal/util", "sidetone/internal/call", "no room of the house"},
		{"sip", "example.com/left/pad", "without a door"},
	} {
		if got := imports(c.pkg, c.path); !strings.Contains(got, c.want) {
			t.Errorf("%s importing %s: got %q, want a sentence with %q", c.pkg, c.path, got, c.want)
		}
	}
	for _, c := range [][2]string{{"sip", "fmt"}, {"sip", "sidetone/internal/call"}, {"internal/media/jitter", "github.com/pion/rtp"}} {
		if got := imports(c[0], c[1]); got != "" {
			t.Errorf("%s may import %s, but: %s", c[0], c[1], got)
		}
	}
}

func TestPlantedStyle(t *testing.T) {
	long := "package p\n\nvar state int\n\nfunc init() {}\n\nfunc long() {\n" + strings.Repeat("\t_ = 1\n", 60) + "}\n// TO" + "DO\n"
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", long, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(style("p.go", fset, f, long), "\n")
	for _, want := range []string{"state is a global", "init runs", "long has 62 lines", "TO" + "DO"} {
		if !strings.Contains(got, want) {
			t.Errorf("no word of %q in:\n%s", want, got)
		}
	}
	if packageComment("p", "p", "") == "" {
		t.Error("a package without a comment passed")
	}
}
