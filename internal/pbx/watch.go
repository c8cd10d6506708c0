package pbx

import (
	"context"
	"fmt"
)

// Wait waits until the conversation has come at least as far as state.
func (l *Leg) Wait(ctx context.Context, state LegState) error {
	if err := l.s.wait(ctx, func() bool { return l.state >= state }); err != nil {
		return fmt.Errorf("the conversation with %s did not get that far: %w", l.number, err)
	}
	return nil
}

// WaitHeld waits until the phone holds the lab (or, with want false, does not).
func (l *Leg) WaitHeld(ctx context.Context, want bool) error {
	return l.s.wait(ctx, func() bool { return l.held == want })
}

// WaitDigits waits until at least n digits were heard and returns all of them.
func (l *Leg) WaitDigits(ctx context.Context, n int) (string, error) {
	err := l.s.wait(ctx, func() bool { return l.digits.Len() >= n })
	return l.Digits(), err
}

// State is how far the conversation has come.
func (l *Leg) State() LegState {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	return l.state
}

// Held reports whether the phone holds the lab.
func (l *Leg) Held() bool {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	return l.held
}

// Digits are the RFC 4733 digits heard so far.
func (l *Leg) Digits() string {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	return l.digits.String()
}

// Heard is what the phone sent so far, 8 kHz mono, in order of arrival, at most two minutes.
func (l *Leg) Heard() []int16 {
	l.media.mu.Lock()
	defer l.media.mu.Unlock()
	return append([]int16(nil), l.media.heard...)
}

// WaitHeard waits until at least n samples were heard and returns all of them.
func (l *Leg) WaitHeard(ctx context.Context, n int) ([]int16, error) {
	err := l.s.wait(ctx, func() bool {
		l.media.mu.Lock()
		defer l.media.mu.Unlock()
		return len(l.media.heard) >= n
	})
	return l.Heard(), err
}

// SendDigits sends RFC 4733 events, if the phone takes them.
func (l *Leg) SendDigits(digits string) {
	l.media.mu.Lock()
	defer l.media.mu.Unlock()
	l.media.keys = append(l.media.keys, []rune(digits)...)
}

// Number is what was dialled, or the user who was called.
func (l *Leg) Number() string { return l.number }

// CallID is the SIP Call-ID.
func (l *Leg) CallID() string { return l.callID }

// Why says how the conversation ended, and with which status if a call of the lab's was refused.
func (l *Leg) Why() (string, int) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	return l.why, l.status
}
