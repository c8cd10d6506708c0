package widgetbridge

import "time"

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

// sameClick is how close two widgets must report the same number to mean one click: Kustomer tells every open tab.
const sameClick = 1500 * time.Millisecond

// clicks recognises one click that reached several widgets.
type clicks struct {
	number string
	widget uint64
	at     time.Time
}

// again reports whether the number was dialled a moment ago from another widget; if not, it remembers this one.
func (c *clicks) again(number string, widget uint64, now time.Time) bool {
	if number == c.number && widget != c.widget && now.Sub(c.at) < sameClick {
		return true
	}
	c.number, c.widget, c.at = number, widget, now
	return false
}
