package widgetbridge

import (
	"testing"
	"time"
)

// TestClicks: what counts as the same click, and what as another.
func TestClicks(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(1000, 0).Add(time.Duration(ms) * time.Millisecond) }
	for _, c := range []struct {
		about string
		then  click // after a click "k1" on 5550100 in widget 1 at 0 ms
		want  string
	}{
		{"said again", click{"k1", "5550100", 1, at(0)}, "k1"},
		{"said again by a page whose clock has moved", click{"k1", "5550100", 1, at(9000)}, "k1"},
		{"a double click", click{"k2", "5550100", 1, at(699)}, "k1"},
		{"a second click", click{"k2", "5550100", 1, at(700)}, "k2"},
		{"another tab's word of it", click{"k2", "5550100", 2, at(1499)}, "k1"},
		{"another tab's word that comes first", click{"k2", "5550100", 2, at(-1499)}, "k1"},
		{"a click in another tab", click{"k2", "5550100", 2, at(1500)}, "k2"},
		{"another number", click{"k2", "5550101", 1, at(1)}, "k2"},
		{"long after", click{"k1", "5550100", 1, at(30_001)}, "k1"},
	} {
		var k clicks
		k.first(click{"k1", "5550100", 1, at(0)}, at(0))
		if got := k.first(c.then, c.then.at); got != c.want {
			t.Errorf("%s: %s", c.about, got)
		}
		if n := len(k.recent); c.want == "k1" && n != 1 {
			t.Errorf("%s: %d are remembered", c.about, n)
		}
	}
	var k clicks
	for i := range 3 * mostClicks {
		k.first(click{string(rune('a' + i)), string(rune('a' + i)), 1, at(i)}, at(i))
	}
	if len(k.recent) > mostClicks+1 {
		t.Errorf("%d are remembered", len(k.recent))
	}
}
