package media

import (
	"time"

	"sidetone/internal/call"
)

// unheard is for how long nothing has come from a far end.
type unheard struct {
	since   time.Time     // its last sign of life, or when it was begun to count; zero: not yet
	excused bool          // it need not send
	told    time.Duration // what was told last
}

// next is what is to be told now, if anything. Heard is when the last packet came; awaited says whether the far end should send.
func (u unheard) next(now, heard time.Time, awaited bool) (unheard, call.Unheard, bool) {
	was := u.told
	switch {
	case u.since.IsZero(), u.excused == awaited:
		u = unheard{since: now, excused: !awaited}
	default:
		if heard.After(u.since) {
			u.since = heard
		}
		u.told = steps(now.Sub(u.since), u.excused)
	}
	return u, call.Unheard{For: u.told, Excused: u.excused}, u.told != was
}

// steps is what is told of a silence that has lasted for d.
func steps(d time.Duration, excused bool) time.Duration {
	switch {
	case d < call.UnheardShown, d < call.UnheardAsks && excused:
		return 0
	case d < call.UnheardAsks:
		return call.UnheardShown
	}
	return d.Truncate(call.UnheardAsks)
}
