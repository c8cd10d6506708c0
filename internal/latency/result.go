package latency

import (
	"fmt"
	"math"
	"slices"
)

// Figures are quantiles in milliseconds.
type Figures struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// Result is what a run has measured.
type Result struct {
	Clicks int     `json:"clicks"`
	Click  Figures `json:"click_to_invite"`
	Echo   Figures `json:"websocket_echo"`
	Goal   float64 `json:"goal_p99_ms"` // twice the echo's p99 and 5 ms more
}

func (b *bench) result() Result {
	r := Result{Clicks: len(b.clicks), Click: figures(b.clicks), Echo: figures(b.echoes)}
	r.Goal = 2*r.Echo.P99 + 5
	return r
}

// Met reports whether the clicks reached the goal.
func (r Result) Met() bool { return r.Clicks > 0 && r.Click.P99 <= r.Goal }

// String is the result for people.
func (r Result) String() string {
	verdict := "met"
	if !r.Met() {
		verdict = "missed"
	}
	return fmt.Sprintf(`%d clicks, each followed by an echo in the same page:

                                  p50       p99       max
number-dialed -> INVITE   %8.1f  %8.1f  %8.1f ms
bare WebSocket echo       %8.1f  %8.1f  %8.1f ms

Goal, p99 at most twice the echo's and 5 ms more: %.1f ms, %s.
`, r.Clicks, r.Click.P50, r.Click.P99, r.Click.Max, r.Echo.P50, r.Echo.P99, r.Echo.Max, r.Goal, verdict)
}

// figures are the quantiles by nearest rank.
func figures(ms []float64) Figures {
	if len(ms) == 0 {
		return Figures{}
	}
	s := slices.Sorted(slices.Values(ms))
	rank := func(q float64) float64 { return s[int(math.Ceil(q*float64(len(s))))-1] }
	return Figures{P50: rank(0.50), P99: rank(0.99), Max: s[len(s)-1]}
}
