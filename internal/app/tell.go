package app

import (
	"context"
	"fmt"
	"io"

	"sidetone/internal/phone"
)

// Tell writes how the lines stand and what is wrong, a sentence a line, whenever that changes: a program that says nothing
// looks as if it worked. It returns when ctx ends or the phone stops.
func (a *App) Tell(ctx context.Context, out io.Writer) {
	said := map[string]bool{}
	accounts := len(a.Config().Accounts)
	for s := range a.Phone.Watch(ctx) {
		if len(s.Accounts) < accounts {
			continue // they are still on their way
		}
		now := map[string]bool{}
		for _, text := range standing(s) {
			if now[text] = true; !said[text] && ctx.Err() == nil {
				fmt.Fprintln(out, text)
			}
		}
		said = now
	}
}

// standing is a sentence for every line without trouble and one for every warning, the worst first.
func standing(s phone.Snapshot) []string {
	var out []string
	for _, w := range s.Warnings {
		out = append(out, fmt.Sprintf("%s: %s", w.Severity, w.Text))
	}
	for _, l := range s.Accounts {
		if l.Line.Detail == "" {
			out = append(out, fmt.Sprintf("line %s is %s", l.ID, l.Line.State))
		}
	}
	return out
}
