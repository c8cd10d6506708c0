package presence

import (
	"fmt"
	"hash/maphash"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The explorer walks every state the model world can come to by bursts of moves of the environment: up to setting.burst of
// them with nothing but what arrives by itself between them, in every order, then a quiet longer than echoWindow, then the
// next burst, and so on until no new state is found: stories of any length. The five claims are checked at every step
// (happens, obey, carryOut) and whenever nothing is under way (world.rest). States are told apart by 128 bits of a hash of
// their key.

// explorer walks one world.
type explorer struct {
	set    *setting
	most   int       // states at which it gives up
	until  time.Time // and when; zero: never
	seeds  [2]maphash.Seed
	seen   map[[2]uint64]struct{}
	queue  []*beginning // of bursts, from the one that is walked
	next   int          // the index in queue of the one that is walked
	rests  int          // states in which nothing is under way
	moves  int          // most moves of the environment on the way to a state
	depth  int          // most steps
	whole  bool         // every state was found
	broken string       // the story that leads to the first state that breaks a claim
}

// beginning is a world at rest, and how it was come to.
type beginning struct {
	w     world
	from  *beginning
	path  []move
	depth int
}

// visited is a state within a burst.
type visited struct {
	w    world
	from int32 // index in the burst of the state before, or -1
	m    move
	deep int32
}

// explore walks, the fewest bursts first and the shortest ways first within a burst.
func explore(set *setting, most int, until time.Time) *explorer {
	e := &explorer{set: set, most: most, until: until, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, seen: map[[2]uint64]struct{}{}}
	w := newWorld(set)
	e.fresh(w)
	e.queue = append(e.queue, &beginning{w: *w})
	for e.next = 0; e.next < len(e.queue); e.next++ {
		if !e.walk(e.queue[e.next]) {
			return e
		}
	}
	e.whole = true
	return e
}

// walk finds what one burst leads to; false means that it gave up or found a break.
func (e *explorer) walk(b *beginning) bool {
	burst := []visited{{w: b.w, from: -1}}
	b.w = world{} // only the way to it is still asked for
	var moves []move
	for i := 0; i < len(burst); i++ {
		if len(e.seen) >= e.most || i%1024 == 0 && !e.until.IsZero() && time.Now().After(e.until) {
			return false
		}
		w := burst[i].w
		burst[i].w = world{}
		e.moves, e.depth = max(e.moves, w.sofar), max(e.depth, b.depth+int(burst[i].deep))
		moves = w.moves(moves[:0])
		if moves[0] == quiet {
			e.rests++
			if c := w; e.failed(c.rest(), b, burst, i, noMove) {
				return false
			}
		}
		for _, m := range moves {
			c := w
			if e.failed(c.do(m), b, burst, i, m) {
				return false
			}
			if !e.fresh(&c) {
				continue
			}
			if m == quiet {
				e.queue = append(e.queue, &beginning{c, b, append(path(burst, i), m), b.depth + int(burst[i].deep) + 1})
				continue
			}
			burst = append(burst, visited{c, int32(i), m, burst[i].deep + 1})
		}
	}
	return true
}

func (e *explorer) fresh(w *world) bool {
	k := w.key()
	id := [2]uint64{maphash.Bytes(e.seeds[0], k), maphash.Bytes(e.seeds[1], k)}
	_, known := e.seen[id]
	e.seen[id] = struct{}{}
	return !known
}

// failed writes the story of a break.
func (e *explorer) failed(err error, b *beginning, burst []visited, i int, last move) bool {
	if err == nil {
		return false
	}
	way := path(burst, i)
	if last != noMove {
		way = append(way, last)
	}
	for ; b != nil; b = b.from {
		way = append(slices.Clone(b.path), way...)
	}
	e.broken = story(e.set, way, err)
	return true
}

// path is the moves within a burst that lead to its state i.
func path(burst []visited, i int) (out []move) {
	for ; burst[i].from >= 0; i = int(burst[i].from) {
		out = append(out, burst[i].m)
	}
	slices.Reverse(out)
	return out
}

// story plays moves again and tells of them.
func story(set *setting, moves []move, err error) string {
	var b strings.Builder
	w := newWorld(set)
	fmt.Fprintf(&b, "%s: %v\n", set.name, err)
	for _, m := range moves {
		broke := w.do(m)
		v := Show(w.s)
		fmt.Fprintf(&b, "%-42s Sidetone %s (%s) wish %d %s %s, Kustomer %s\n", m, v.Label, v.Why, w.s.Want.Rev, w.s.Want.Status, w.s.Want.Verdict, w.kus.val.said().Label)
		if broke != nil {
			break
		}
	}
	return b.String()
}

// moves lists what may happen: what arrives by itself, or a quiet where nothing does, and what the environment may do.
func (w *world) moves(out []move) []move {
	if out = w.free(out); len(out) == 0 {
		out = append(out, quiet)
	}
	if w.burst == w.set.burst {
		return out
	}
	for _, m := range w.set.env {
		if w.may(m) {
			out = append(out, m)
		}
	}
	return out
}

// How many states of a world the explorer looks at: in every run of the tests the first of a big one, always the same ones.
const (
	mostStates = 60_000_000
	firstOnes  = 8000
)

// TestExplore checks the five claims in the states of the model. SIDETONE_EXPLORE_MINUTES gives each world so many minutes
// instead of a number of states, and its longer bursts: see make explore.
func TestExplore(t *testing.T) {
	minutes, _ := strconv.Atoi(os.Getenv("SIDETONE_EXPLORE_MINUTES"))
	sets := settings()
	rows := make([]string, len(sets))
	t.Run("worlds", func(t *testing.T) {
		for i, set := range sets {
			t.Run(set.name, func(t *testing.T) {
				t.Parallel()
				began, most, until := time.Now(), mostStates, time.Time{}
				if minutes > 0 {
					until = began.Add(time.Duration(minutes) * time.Minute)
					set.burst += set.longer
				} else if set.big {
					most = firstOnes
				}
				e := explore(set, most, until)
				if e.broken != "" || minutes == 0 && e.whole == set.big {
					t.Fatalf("whole: %v %s", e.whole, e.broken)
				}
				rows[i] = fmt.Sprintf("%-36s %5d %10d %6d %6d  %-7s %8s\n", set.name, set.burst, len(e.seen), e.moves, e.depth,
					map[bool]string{true: "whole", false: "bounded"}[e.whole], time.Since(began).Round(100*time.Millisecond))
				t.Log(rows[i])
			})
		}
	})
	t.Logf("\n%-36s %5s %10s %6s %6s\n%s", "world", "burst", "states", "moves", "steps", strings.Join(rows, ""))
}
