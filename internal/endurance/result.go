package endurance

import (
	"fmt"
	"strings"
)

// Result is what a run has counted. Of two figures the first is from the beginning, the second from the end.
type Result struct {
	Seed       uint64    `json:"seed"`
	Calls      int       `json:"calls"`
	Outgoing   int       `json:"outgoing"`
	Holds      int       `json:"holds"`
	Transfers  int       `json:"transfers"`
	Moves      int       `json:"network_changes"`
	Restarts   int       `json:"server_restarts"`
	Took       float64   `json:"took_s"`
	Stuck      int       `json:"stuck"`
	Dialogs    int       `json:"dialogs_left"`
	Goroutines [2]int    `json:"goroutines"`
	Sockets    [2]int    `json:"sockets"`
	Memory     [2]int    `json:"memory_kb"`  // after the first 50 calls and at the end
	Heap       [2]uint64 `json:"heap_bytes"` // the same, what is in use
	Problems   []string  `json:"problems"`
}

// mostMemory is how much more memory the end may take than the first calls.
const mostMemory = 1.1

// Growth is the memory of the end as a share of that after the first calls.
func (r Result) Growth() float64 { return float64(r.Memory[1]) / float64(max(1, r.Memory[0])) }

// Well reports whether the calls left nothing behind and all of them went as they should.
func (r Result) Well() bool {
	return r.Calls > 0 && r.Stuck == 0 && r.Dialogs == 0 && len(r.Problems) == 0 && r.Goroutines[1] <= r.Goroutines[0] &&
		r.Sockets[1] <= r.Sockets[0] && r.Growth() <= mostMemory
}

// String is the result for people.
func (r Result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d calls in %.0f s, seed %d: %d out, %d holds, %d transfers, %d network changes, %d restarts of the server.\n",
		r.Calls, r.Took, r.Seed, r.Outgoing, r.Holds, r.Transfers, r.Moves, r.Restarts)
	fmt.Fprintf(&b, "Left behind: %d stuck calls, %d dialogs, %d goroutines (%d, then %d), %d sockets (%d, then %d).\n", r.Stuck, r.Dialogs,
		max(0, r.Goroutines[1]-r.Goroutines[0]), r.Goroutines[0], r.Goroutines[1], max(0, r.Sockets[1]-r.Sockets[0]), r.Sockets[0], r.Sockets[1])
	fmt.Fprintf(&b, "Memory %d kB after the first %d calls, %d kB at the end: %.2f times (at most %.1f). In use %d kB, then %d kB.\n",
		r.Memory[0], first, r.Memory[1], r.Growth(), mostMemory, r.Heap[0]/1024, r.Heap[1]/1024)
	for _, p := range r.Problems {
		fmt.Fprintf(&b, "  %s\n", p)
	}
	return b.String()
}
