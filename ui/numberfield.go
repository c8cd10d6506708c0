package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// bigText is the theme of the number field: the same look, larger letters.
type bigText struct{}

func (bigText) base() fyne.Theme { return fyne.CurrentApp().Settings().Theme() }

// Color implements fyne.Theme.
func (b bigText) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	return b.base().Color(n, v)
}

// Font implements fyne.Theme.
func (b bigText) Font(s fyne.TextStyle) fyne.Resource { return b.base().Font(s) }

// Icon implements fyne.Theme.
func (b bigText) Icon(n fyne.ThemeIconName) fyne.Resource { return b.base().Icon(n) }

// Size implements fyne.Theme.
func (b bigText) Size(n fyne.ThemeSizeName) float32 {
	if n == theme.SizeNameText {
		return sizeHeading
	}
	return b.base().Size(n)
}

// softFocus is the theme of a choice: Fyne fills one that has the focus with the colour of outlines, on which nobody can read.
type softFocus struct{ bigText }

// Color implements fyne.Theme.
func (b softFocus) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if n == theme.ColorNameFocus {
		n = roleSoftAccent
	}
	return b.base().Color(n, v)
}

// Size implements fyne.Theme.
func (b softFocus) Size(n fyne.ThemeSizeName) float32 { return b.base().Size(n) }

// numberEntry is the field a number is typed into: Enter calls, Esc clears.
type numberEntry struct {
	widget.Entry
	escape func() // what Esc does
}

func newNumberEntry(submit func()) *numberEntry {
	e := &numberEntry{}
	e.escape = func() { e.SetText("") }
	e.ExtendBaseWidget(e)
	e.PlaceHolder = "Number"
	e.OnSubmitted = func(string) { submit() }
	e.ActionItem = newIconButton("backspace", 32, func() {
		if r := []rune(e.Text); len(r) > 0 {
			e.SetText(string(r[:len(r)-1]))
		}
	})
	return e
}

// TypedKey implements fyne.Focusable.
func (e *numberEntry) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		e.escape()
		return
	}
	e.Entry.TypedKey(k)
}

// append puts keys behind what is typed already.
func (e *numberEntry) append(keys string) {
	e.SetText(e.Text + keys)
	e.CursorColumn = len([]rune(e.Text))
	e.Refresh()
}

// isKey reports whether a rune is a key of a telephone.
func isKey(r rune) bool { return r >= '0' && r <= '9' || r == '*' || r == '#' }
