package app

import (
	"context"
	"strings"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/phone"
)

// Link returns the number of a tel:, callto:, sip:, sips: or sidetone: link as package number reads it. ok is false if the
// text is no such link. The number of a bare sidetone: is "": it shows the window and dials nothing.
func Link(text string) (number string, ok bool) {
	scheme, rest, found := strings.Cut(text, ":")
	switch strings.ToLower(scheme) {
	case "tel", "callto", "sip", "sips":
		if rest == "" {
			return "", false
		}
		return text, true
	case "sidetone":
		rest = strings.TrimSuffix(strings.TrimPrefix(rest, "//"), "/") // some browsers write it so
		if rest == "" {
			return "", found
		}
		return "tel:" + rest, found
	}
	return "", false
}

// Link is the link the program was started with, "" if none.
func (a *App) Link() string { return a.options.Link }

// lineWithin is how long a link waits for a line when it has started the program.
const lineWithin = 20 * time.Second

// openLink dials the link the program was started with, once a line is ready; without one the agent hears why not.
func (a *App) openLink(ctx context.Context) error {
	defer func() { <-ctx.Done() }()
	if a.options.Link == "" {
		return nil
	}
	wait, cancel := context.WithTimeout(ctx, lineWithin)
	defer cancel()
	for s := range a.Phone.Watch(wait) {
		if len(s.Accounts) > 0 && s.Accounts[0].Line.State != call.LineRegistering {
			break
		}
	}
	if _, err := a.Phone.Do(ctx, phone.Command{Do: phone.Dial, Number: a.options.Link, Origin: "link"}); err != nil {
		a.log.Info("the link was not dialled at once", "reason", err)
	}
	return nil
}
