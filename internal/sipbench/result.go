package sipbench

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// What is measured.
const (
	Registered = "start to registered"
	Rang       = "INVITE to 180"
	Answered   = "INVITE to 200"
)

// ours is the phone that should be ahead.
const ours = "sidetoned"

// Figures are of one phone, in milliseconds.
type Figures struct {
	Phone   string  `json:"phone"`
	Measure string  `json:"measure"`
	Count   int     `json:"count"`
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`

	ms []float64
}

// Result is what a run has measured.
type Result struct {
	Rounds  int       `json:"rounds"`
	Figures []Figures `json:"figures"`
}

func (r *Result) add(phone, measure string, d time.Duration) {
	at := slices.IndexFunc(r.Figures, func(f Figures) bool { return f.Phone == phone && f.Measure == measure })
	if at < 0 {
		at = len(r.Figures)
		r.Figures = append(r.Figures, Figures{Phone: phone, Measure: measure})
	}
	r.Figures[at].ms = append(r.Figures[at].ms, float64(d.Microseconds())/1000)
}

// sum works the quantiles out, by nearest rank.
func (r *Result) sum() {
	for i := range r.Figures {
		f := &r.Figures[i]
		slices.Sort(f.ms)
		f.Count = len(f.ms)
		f.P50, f.P99 = f.ms[int(math.Ceil(0.50*float64(f.Count)))-1], f.ms[int(math.Ceil(0.99*float64(f.Count)))-1]
	}
}

func (r Result) of(phone, measure string) (Figures, bool) {
	for _, f := range r.Figures {
		if f.Phone == phone && f.Measure == measure {
			return f, true
		}
	}
	return Figures{}, false
}

// Behind are the figures in which ours is not ahead, as sentences.
func (r Result) Behind() (out []string) {
	for _, f := range r.Figures {
		mine, ok := r.of(ours, f.Measure)
		if f.Phone == ours || !ok {
			continue
		}
		if mine.P50 > f.P50 {
			out = append(out, fmt.Sprintf("%s, p50: %.1f ms, %s %.1f ms", f.Measure, mine.P50, f.Phone, f.P50))
		}
		if mine.P99 > f.P99 {
			out = append(out, fmt.Sprintf("%s, p99: %.1f ms, %s %.1f ms", f.Measure, mine.P99, f.Phone, f.P99))
		}
	}
	return out
}

// String is the table for people. A ratio is theirs to ours: over 1 ours is faster.
func (r Result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rounds, the phones in turns at one kamailio, timed on the wire:\n\n", r.Rounds)
	for _, m := range []string{Registered, Rang, Answered} {
		fmt.Fprintf(&b, "%-20s %7s %10s %10s %8s %8s\n", m, "count", "p50", "p99", "x p50", "x p99")
		mine, _ := r.of(ours, m)
		for _, f := range r.Figures {
			if f.Measure == m {
				fmt.Fprintf(&b, "  %-18s %7d %7.1f ms %7.1f ms %8.1f %8.1f\n", f.Phone, f.Count, f.P50, f.P99, f.P50/mine.P50, f.P99/mine.P99)
			}
		}
	}
	behind := r.Behind()
	if len(behind) == 0 {
		b.WriteString("\nGoal, ahead of both everywhere: met.\n")
		return b.String()
	}
	b.WriteString("\nGoal, ahead of both everywhere: missed.\n")
	for _, s := range behind {
		fmt.Fprintf(&b, "  %s\n", s)
	}
	return b.String()
}
