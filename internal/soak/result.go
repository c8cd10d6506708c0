package soak

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Result is what a run has counted.
type Result struct {
	Seed       uint64         `json:"seed"`
	Events     int            `json:"events"`
	InKustomer int            `json:"chosen_in_kustomer"`
	InApp      int            `json:"chosen_in_sidetone"`
	Calls      int            `json:"calls_begun_or_ended"`
	WrapUps    int            `json:"wrap_up_commands"`
	Drops      int            `json:"connections_dropped"`
	Reloads    int            `json:"page_reloads"`
	Agreed     int            `json:"agreed"` // how often both ends were looked at and were the same
	Slowest    float64        `json:"slowest_agreement_s"`
	Wishes     int            `json:"wishes"` // what the model decided to push
	Pushes     int            `json:"pushes"` // what reached Kustomer
	Pushed     map[string]int `json:"wishes_by_cause"`
}

// Beyond is how many pushes reached Kustomer that the model had not decided.
func (r Result) Beyond() int { return max(0, r.Pushes-r.Wishes) }

// String is the result for people.
func (r Result) String() string {
	var causes []string
	for _, c := range slices.Sorted(maps.Keys(r.Pushed)) {
		causes = append(causes, fmt.Sprintf("%s %d", c, r.Pushed[c]))
	}
	return fmt.Sprintf(`%d events, seed %d: %d choices in Kustomer, %d in Sidetone, %d calls begun or ended, %d wrap-up commands, %d connections
dropped, %d page reloads.
Both ends looked at %d times, the same each time; the longest wait for it %.1f s.
%d wishes of the model (%s), %d pushes at Kustomer: %d beyond the model's count.
`, r.Events, r.Seed, r.InKustomer, r.InApp, r.Calls, r.WrapUps, r.Drops, r.Reloads, r.Agreed, r.Slowest, r.Wishes, strings.Join(causes, ", "), r.Pushes, r.Beyond())
}
