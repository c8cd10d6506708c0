package demo

import (
	"context"
	"errors"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/phone"
)

// colleagueNumber is whom the agent asks.
const colleagueNumber = "9100"

// askColleague calls somebody while the customer waits.
func (s *stage) askColleague(ctx context.Context) (string, error) {
	if err := s.window.click(ctx, transferSpot()); err != nil {
		return "", err
	}
	if err := s.window.shows(ctx, asking()); err != nil {
		return "", err
	}
	if err := s.window.typed(ctx, colleagueNumber); err != nil {
		return "", err
	}
	p, err := s.until(ctx, "the customer to wait while a colleague talks", func(p phone.Snapshot) bool {
		return len(p.Calls) == 2 && p.Calls[0].Held && p.Calls[1].Consults == p.Calls[0].ID && p.Calls[1].Phase == call.Active
	})
	if err != nil {
		return "", err
	}
	return p.Calls[1].Remote.Number + " answered", nil
}

// handPause is how long a hand looks before it presses what has just come under it; the window takes no sooner click.
const handPause = 700 * time.Millisecond

// backToCustomer gives the colleague up.
func (s *stage) backToCustomer(ctx context.Context) (string, error) {
	if err := pause(ctx, handPause); err != nil {
		return "", err
	}
	if err := s.window.click(ctx, cancelSpot()); err != nil {
		return "", err
	}
	_, err := s.until(ctx, "the customer alone again", func(p phone.Snapshot) bool {
		return len(p.Calls) == 1 && !p.Calls[0].Held && p.Calls[0].Pending == call.Settled && p.Calls[0].Phase == call.Active
	})
	return "", errors.Join(err, pause(ctx, handPause))
}
