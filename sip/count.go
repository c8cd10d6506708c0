package sip

import "context"

// Count is how much the UA holds.
type Count struct {
	Calls       int // legs, those that are ending included
	Dialogs     int
	Connections int // to servers
}

// Count asks the goroutine of Run; it returns zeroes once ctx ends or nobody answers any more.
func (u *UA) Count(ctx context.Context) Count {
	answer := make(chan Count, 1)
	u.box.post(func() { answer <- Count{Calls: len(u.legs), Dialogs: len(u.dialogs), Connections: len(u.links)} })
	select {
	case c := <-answer:
		return c
	case <-ctx.Done():
		return Count{}
	}
}
