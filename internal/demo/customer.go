package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sidetone/internal/customer"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
)

// The caller of the second call, whom the network names not and Kustomer does, and what the agent notes of it.
const (
	callerNumber = "+12025550188"
	callerName   = "Customer D. Example"
	note         = "A new handle is sent today."
)

// named waits until the app knows from Kustomer who calls.
func (s *stage) named(ctx context.Context) (string, error) {
	p, err := s.until(ctx, "the caller to be known from Kustomer", func(p phone.Snapshot) bool {
		return len(p.Customers) == 1 && p.Customers[0].State == customer.Found && p.Customers[0].Matches[0].Last.ID != ""
	})
	if err != nil {
		return "", err
	}
	m, _ := p.Customers[0].Match()
	if m.Name != callerName {
		return "", fmt.Errorf("the app takes the caller for %q", m.Name)
	}
	return fmt.Sprintf("%s, %s, last: %s", m.Name, m.Company, m.Last.Name), nil
}

// popped waits until Kustomer shows the caller, at the open conversation.
func (s *stage) popped(ctx context.Context) (string, error) {
	return "", errors.Join(s.chrome.WaitText(ctx, "", "h1", callerName), s.chrome.WaitText(ctx, "", "#timeline .here h2", "The handle is loose"))
}

// noted types a note in the wrap-up, in the app's window.
func (s *stage) noted(ctx context.Context) (string, error) {
	if _, err := s.until(ctx, "the wrap-up", func(p phone.Snapshot) bool { return p.Presence.Status == presence.WrapUp }); err != nil {
		return "", err
	}
	if err := s.window.shows(ctx, wrapping()); err != nil { // a hand waits until it sees where to click
		return "", err
	}
	if err := s.window.click(ctx, noteSpot()); err != nil {
		return "", err
	}
	if err := s.window.keys(ctx, note); err != nil {
		return "", err
	}
	p, err := s.until(ctx, "the note", func(p phone.Snapshot) bool { return p.Draft != nil && p.Draft.Note == note })
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%q, kept as it is typed", p.Draft.Note), nil
}

// logged waits until both calls are in their customers' timelines, and the note with the second.
func (s *stage) logged(ctx context.Context) (string, error) {
	if _, err := s.until(ctx, "both customers' calls in Kustomer's log", func(p phone.Snapshot) bool { return p.Log.Waiting+p.Log.Refused+p.Log.Nobody == 0 && p.Records >= 3 }); err != nil {
		return "", err
	}
	m := s.lab.Kustomer.Messages()
	if len(m) != 2 || !strings.HasSuffix(m[1].Preview, " — "+note) {
		return "", fmt.Errorf("there are %d voice messages in Kustomer, the last without the note", len(m))
	}
	return m[1].Preview, s.chrome.WaitText(ctx, "", "#timeline .here .voice", note)
}
