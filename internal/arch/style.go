package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

// The bounds of a file and of a function, in lines.
const (
	maxFile     = 400
	maxFunction = 50
)

// style checks how one file is written and returns a sentence for each thing that is wrong.
func style(name string, fset *token.FileSet, f *ast.File, text string) []string {
	var out []string
	say := func(at token.Pos, format string, args ...any) {
		out = append(out, fmt.Sprintf("%s:%d: %s", name, fset.Position(at).Line, fmt.Sprintf(format, args...)))
	}
	test := strings.HasSuffix(name, "_test.go")
	if n := strings.Count(text, "\n"); n > maxFile && !test {
		say(f.Pos(), "the file has %d lines, more than %d: move a decision into a package of its own", n, maxFile)
	}
	for _, word := range []string{"TO" + "DO", "FIX" + "ME", "no" + "lint"} {
		if i := strings.Index(text, word); i >= 0 {
			say(f.Pos(), "%q stands in it: finish it or note it elsewhere", word)
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			function(d, fset, test, say)
		case *ast.GenDecl:
			if d.Tok == token.VAR && !test {
				globals(d, say)
			}
		}
	}
	return out
}

func function(d *ast.FuncDecl, fset *token.FileSet, test bool, say func(token.Pos, string, ...any)) {
	if d.Name.Name == "init" && d.Recv == nil {
		say(d.Pos(), "init runs before anybody asked: build it in a constructor")
	}
	lines := fset.Position(d.End()).Line - fset.Position(d.Pos()).Line + 1
	if lines > maxFunction && !test {
		say(d.Pos(), "%s has %d lines, more than %d", d.Name.Name, lines, maxFunction)
	}
}

// globals allows sentinel errors, embedded files, compiled patterns and the blank identifier; everything else is state
// that nobody owns.
func globals(d *ast.GenDecl, say func(token.Pos, string, ...any)) {
	embedded := d.Doc != nil && regexp.MustCompile(`(?m)^//go:embed`).MatchString(commentText(d.Doc))
	for _, s := range d.Specs {
		v := s.(*ast.ValueSpec)
		embeddedHere := embedded || v.Doc != nil && strings.Contains(commentText(v.Doc), "//go:embed")
		for _, n := range v.Names {
			if n.Name != "_" && !embeddedHere && !strings.HasPrefix(strings.ToLower(n.Name), "err") {
				say(n.Pos(), "%s is a global variable: give it an owner", n.Name)
			}
		}
	}
}

func commentText(g *ast.CommentGroup) string {
	var b strings.Builder
	for _, c := range g.List {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

// packageComment checks the sentence a package is known by.
func packageComment(pkg, name, doc string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(doc), "\n\n")
	want := "Package " + name + " "
	if name == "main" {
		want = "Command "
	}
	if !strings.HasPrefix(first, want) || !strings.Contains(first, ".") {
		return fmt.Sprintf("%s has no package comment that begins with %q and is a sentence", pkg, want)
	}
	return ""
}
