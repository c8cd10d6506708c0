// Package assets holds icons, shapes and the mark, embedded.
package assets

import "embed"

//go:embed icons/*.svg shapes/*.svg mark.svg logo.svg icon.png
var files embed.FS

// Icon is one of the line icons, by file name without ending: "phone". It panics on a name that does not exist: names are
// written in code, never taken from outside.
func Icon(name string) []byte { return must("icons/" + name + ".svg") }

// Shape is one of the status shapes: available, busy, wrap-up, unavailable, offline, ringing; unknown is a colleague's alone.
func Shape(name string) []byte { return must("shapes/" + name + ".svg") }

// Mark is the product's mark in one colour, as SVG.
func Mark() []byte { return must("mark.svg") }

// Logo is the mark on its tile, as SVG.
func Logo() []byte { return must("logo.svg") }

// AppIcon is the logo as a PNG of 256 × 256.
func AppIcon() []byte { return must("icon.png") }

func must(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return b
}
