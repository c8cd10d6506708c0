package widgetbridge

import (
	"slices"
	"time"
)

// bucket is a token bucket: burst at once, then rate a second. Time is passed in.
type bucket struct {
	rate, burst float64
	tokens      float64
	last        time.Time
}

func newBucket(rate, burst float64) *bucket { return &bucket{rate: rate, burst: burst, tokens: burst} }

func (b *bucket) take(now time.Time) bool {
	if !b.last.IsZero() {
		b.tokens = min(b.burst, b.tokens+now.Sub(b.last).Seconds()*b.rate)
	}
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// How close two reports of one number must be to mean one click: Kustomer tells every open tab, and a hand that clicks twice
// means once. Times are those of the clicks, not of their arrival: a page that lost its connection says it again.
const (
	sameClick   = 1500 * time.Millisecond // from different widgets
	doubleClick = 700 * time.Millisecond  // from one
)

// clickLife is how long a click may come again, and mostClicks bounds what is remembered of them.
const (
	clickLife  = 30 * time.Second
	mostClicks = 64
)

// clicks recognises one click that is reported more than once.
type clicks struct{ recent []click }

type click struct {
	key    string // what names it to the phone
	digits string
	widget uint64
	at     time.Time
}

// first returns the key under which the click was reported first: its own, if it is new, and then it is remembered.
func (c *clicks) first(n click, now time.Time) string {
	c.recent = slices.DeleteFunc(c.recent[max(0, len(c.recent)-mostClicks):], func(o click) bool { return now.Sub(o.at) > clickLife })
	for _, o := range c.recent {
		within := sameClick
		if o.widget == n.widget {
			within = doubleClick
		}
		if o.key == n.key || o.digits == n.digits && n.at.Sub(o.at).Abs() < within {
			return o.key
		}
	}
	c.recent = append(c.recent, n)
	return n.key
}
