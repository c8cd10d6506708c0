package app

import (
	"context"
	"time"
)

// settled is how long after the beginning of a call the threads that carry its sound are there.
const settled = time.Second

// prefer has the sound of calls run before other programs, as far as the system lets it. A busy browser would else be heard.
func (a *App) prefer(ctx context.Context) error {
	var p preference
	was, told := false, false
	for s := range a.Phone.Watch(ctx) {
		on := len(s.Calls) > 0
		if on && !was {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(settled):
			}
			if err := p.take(ctx); err != nil && !told {
				told = true
				a.log.Info("the sound of calls runs as any other program does", "why", err)
			}
		}
		was = on
	}
	return nil
}
