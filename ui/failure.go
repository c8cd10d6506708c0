package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// NewFailure is the window of a phone that cannot start or go on, for an agent who sees no terminal: what, why, and a button that
// quits. Why can be selected and copied. Like New it does not show the window.
func NewFailure(a fyne.App, what, why string, quit func()) fyne.Window {
	w := a.NewWindow("Sidetone")
	text := widget.NewLabel(sentence(why))
	text.Wrapping, text.Selectable = fyne.TextWrapWord, true
	button := newButton(buttonPrimary, "Quit", "", quit)
	inset := container.New(layout.NewCustomPaddedLayout(4, 12, -8, -8), container.NewVScroll(text)) // labels have an edge of their own
	body := container.NewBorder(newTitle(what), button, nil, nil, inset)
	w.SetContent(container.NewStack(newBackdrop(roleCard), container.New(layout.NewCustomPaddedLayout(16, 16, 16, 16), body)))
	w.SetPadded(false)
	w.Resize(fyne.NewSize(460, 230))
	return w
}

// sentence is an error's text as a sentence.
func sentence(text string) string {
	first, n := utf8.DecodeRuneInString(text)
	return strings.TrimSuffix(string(unicode.ToUpper(first))+text[n:], ".") + "."
}
