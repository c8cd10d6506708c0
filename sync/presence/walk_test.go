package presence

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
)

// walk tells a story by chance: thousands of moves, what arrives by itself more often than what the environment does, so that
// all may happen at any time. It returns the moves up to the first that breaks a claim.
func walk(set *setting, seed uint64, steps int, look func(*world) error) ([]move, error) {
	rng := rand.New(rand.NewPCG(seed, 1))
	w, told, all := newWorld(set), []move(nil), []move(nil)
	for range steps {
		free := w.free(nil)
		all = w.moves(all[:0])
		m := all[rng.IntN(len(all))]
		if len(free) > 0 && rng.IntN(4) > 0 {
			m = free[rng.IntN(len(free))]
		}
		told = append(told, m)
		if err := w.tread(m); err != nil {
			return told, err
		}
		if look != nil {
			if err := look(w); err != nil {
				return told, err
			}
		}
	}
	return told, nil
}

// tread makes a move and checks the claims after it.
func (w *world) tread(m move) error {
	if err := w.do(m); err != nil {
		return err
	}
	if c := *w; len(c.free(nil)) == 0 {
		return c.rest()
	}
	return nil
}

// shrink leaves moves out of a story for as long as it still breaks a claim.
func shrink(set *setting, told []move, err error) ([]move, error) {
	for n := len(told) / 2; n > 0; {
		shorter := false
		for i := 0; i+n <= len(told); {
			less := slices.Delete(slices.Clone(told), i, i+n)
			if played, broke := replay(set, less); broke != nil {
				told, err, shorter = played, broke, true
			} else {
				i += n
			}
		}
		if n = min(n, len(told)) / 2; shorter && n == 0 {
			n = 1
		}
	}
	return told, err
}

// replay makes those of the moves that may be made.
func replay(set *setting, told []move) (played []move, err error) {
	w, all := newWorld(set), []move(nil)
	for _, m := range told {
		if all = w.moves(all[:0]); !slices.Contains(all, m) {
			continue
		}
		played = append(played, m)
		if err := w.tread(m); err != nil {
			return played, err
		}
	}
	return played, nil
}

// TestWalks tells long stories in every world, the last of which has every trouble there is. SIDETONE_WALKS is how many in
// each; see make explore.
func TestWalks(t *testing.T) {
	walks, _ := strconv.Atoi(os.Getenv("SIDETONE_WALKS"))
	for _, set := range settings() {
		t.Run(set.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(max(10, walks)) {
				if told, err := walk(set, seed, 5000, nil); err != nil {
					told, err = shrink(set, told, err)
					t.Fatalf("seed %d: %s", seed, story(set, told, err))
				}
			}
		})
	}
}

// TestKeyIsSound takes worlds of one key that are not the same, and lets the same happen to them: both may do the same, break
// the same, and come to worlds of one key.
func TestKeyIsSound(t *testing.T) {
	for _, set := range settings() {
		t.Run(set.name, func(t *testing.T) {
			t.Parallel()
			known, pairs := map[string]*world{}, 0
			look := func(w *world) error {
				k, c := string(w.key()), *w
				twin := known[k]
				if twin == nil {
					known[k] = &c
					return nil
				}
				pairs++
				return alike(twin, w)
			}
			for seed := range uint64(4) {
				if told, err := walk(set, seed, 1000, look); err != nil {
					t.Fatal(story(set, told, err))
				}
			}
			if pairs < 100 {
				t.Errorf("%d pairs in %d states: nothing was tried", pairs, len(known))
			}
		})
	}
}

// alike compares what may happen to two worlds; the moves of one tab are those of the other where the tabs have changed places.
func alike(a, b *world) error {
	swapped := !bytes.Equal(a.tabKey(0, a.revs()), b.tabKey(0, b.revs()))
	am, bm := a.moves(nil), b.moves(nil)
	if len(am) != len(bm) {
		return fmt.Errorf("%v is not %v:\n%+v\n%+v", am, bm, a, b)
	}
	for _, m := range am {
		x, y, n := *a, *b, m
		if swapped {
			n = m.other()
		}
		broke, breaks := x.do(m), y.do(n)
		if (broke == nil) != (breaks == nil) || !bytes.Equal(x.key(), y.key()) {
			return fmt.Errorf("after %q (%q) there are two: %v, %v\n%+v\n%+v\n%+v\n%+v", m, n, broke, breaks, a, b, &x, &y)
		}
	}
	return nil
}

// other is the move that does to the other tab what m does to one.
func (m move) other() move {
	switch {
	case m >= firstFree && m < quiet:
		return firstFree + ((m - firstFree) ^ 1)
	case m >= lose && m < firstFree:
		return lose + ((m - lose) ^ 1)
	}
	return m
}
