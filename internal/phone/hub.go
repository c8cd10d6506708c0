package phone

import (
	"context"
	"sync"
)

// hub hands the latest value to every watcher. Watchers come and go from any goroutine; only the phone sends.
type hub struct {
	snapshots *fan[Snapshot]
	levels    *fan[Levels]
	done      chan struct{}
}

func newHub() hub {
	return hub{snapshots: newFan[Snapshot](), levels: newFan[Levels](), done: make(chan struct{})}
}

func (h hub) watch(ctx context.Context) <-chan Snapshot     { return h.snapshots.watch(ctx, h.done) }
func (h hub) watchLevels(ctx context.Context) <-chan Levels { return h.levels.watch(ctx, h.done) }
func (h hub) sendLevels(l Levels)                           { h.levels.send(l) }
func (h hub) close()                                        { close(h.done) }

// fan keeps one slot per watcher; a new value replaces one not yet read.
type fan[T any] struct {
	mu    sync.Mutex
	last  *T
	slots map[chan T]struct{}
}

func newFan[T any]() *fan[T] { return &fan[T]{slots: map[chan T]struct{}{}} }

func (f *fan[T]) send(v T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = &v
	for slot := range f.slots {
		put(slot, v)
	}
}

func put[T any](slot chan T, v T) {
	select {
	case <-slot:
	default:
	}
	slot <- v // the slot has room: only send, under the lock, fills it
}

func (f *fan[T]) watch(ctx context.Context, done <-chan struct{}) <-chan T {
	slot, out := make(chan T, 1), make(chan T)
	f.mu.Lock()
	f.slots[slot] = struct{}{}
	if f.last != nil {
		put(slot, *f.last)
	}
	f.mu.Unlock()
	go func() {
		defer close(out)
		defer f.drop(slot)
		for {
			if !forward(ctx, done, slot, out) {
				return
			}
		}
	}()
	return out
}

func (f *fan[T]) drop(slot chan T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.slots, slot)
}

// forward moves one value from slot to out, exchanging it for newer ones while the reader is not there.
func forward[T any](ctx context.Context, done <-chan struct{}, slot chan T, out chan T) bool {
	var v T
	select {
	case <-ctx.Done():
		return false
	case <-done:
		return false
	case v = <-slot:
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case <-done:
			return false
		case v = <-slot:
		case out <- v:
			return true
		}
	}
}
