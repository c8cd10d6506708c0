package media

import (
	"time"

	"sidetone/internal/call"
)

// unheard is for how long nothing has come from a far end that should be heard.
type unheard struct {
	since time.Time     // its last sign of life, or when one was first waited for; zero: none is waited for
	told  time.Duration // what was told last
}

// next is what is to be told now, if anything. Heard is when the last packet came; awaited says whether the far end should send.
func (u unheard) next(now, heard time.Time, awaited bool) (unheard, call.Unheard, bool) {
	was := u.told
	switch {
	case !awaited:
		u = unheard{}
	case u.since.IsZero():
		u = unheard{since: now}
	default:
		if heard.After(u.since) {
			u.since = heard
		}
		u.told = steps(now.Sub(u.since))
	}
	return u, call.Unheard{For: u.told}, u.told != was
}

// steps is what is told of a silence that has lasted for d.
func steps(d time.Duration) time.Duration {
	switch {
	case d < call.UnheardShown:
		return 0
	case d < call.UnheardAsks:
		return call.UnheardShown
	}
	return d.Truncate(call.UnheardAsks)
}
