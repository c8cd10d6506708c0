package audio

import "time"

const (
	widest  = 6 * Period       // of a cushion, in samples
	calm    = 20 * time.Second // without a gap, after which it is tried with a step less
	restive = 10 * time.Minute // the longest that a cushion waits after steps that were too small
)

// cushion decides how many samples wait in front of a speaker. It grows with each gap that was heard and becomes smaller again; where
// less has been too little it waits twice as long before it tries again.
type cushion struct {
	least, step int // in samples
	size        int
	since       time.Time     // of the last change
	wait        time.Duration // until the next step back
	tried       bool          // the last change was a step back
}

func newCushion(least, step int) cushion {
	return cushion{least: least, step: step, size: least, wait: calm}
}

// next takes whether there was a gap since it was last asked, and reports whether the size has changed.
func (c *cushion) next(now time.Time, gap bool) bool {
	switch {
	case c.since.IsZero():
		c.since = now
		return false
	case gap:
		if c.tried {
			c.wait = min(2*c.wait, restive)
		}
		c.since, c.tried = now, false
		grown := min(c.size+c.step, widest)
		changed := grown != c.size
		c.size = grown
		return changed
	case c.size > c.least && now.Sub(c.since) >= c.wait:
		c.size, c.since, c.tried = c.size-c.step, now, true
		return true
	}
	return false
}
