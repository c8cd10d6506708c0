package kustomersim

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// The directions of an Entry.
const (
	FromFrame = "in"  // from the widget or the settings page to Kustomer
	ToFrame   = "out" // from Kustomer to the widget or the settings page
)

// Entry is one message between the host page and a frame, as the host page saw it.
type Entry struct {
	At     time.Time `json:"at"`     // when the server heard of it
	Frame  string    `json:"frame"`  // "widget" or "settings"
	Dir    string    `json:"dir"`    // FromFrame or ToFrame
	Type   string    `json:"type"`   // wire name
	Detail string    `json:"detail"` // the payload as JSON
	Known  bool      `json:"known"`  // false: the pretend Kustomer does not know this type
}

// Recorder keeps every message, in the order the host page reported them. Its methods may be called from any goroutine.
type Recorder struct {
	mu      sync.Mutex
	entries []Entry
	grown   chan struct{} // closed and replaced with each entry
}

func newRecorder() *Recorder { return &Recorder{grown: make(chan struct{})} }

func (r *Recorder) add(e Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, e)
	close(r.grown)
	r.grown = make(chan struct{})
}

// Entries returns a copy of everything that was said.
func (r *Recorder) Entries() []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.entries)
}

// Wait returns the first entry that matches, old or new. It fails when ctx ends and names the last message instead.
func (r *Recorder) Wait(ctx context.Context, match func(Entry) bool) (Entry, error) {
	seen := 0
	for {
		r.mu.Lock()
		entries, grown := r.entries, r.grown
		r.mu.Unlock()
		for ; seen < len(entries); seen++ {
			if match(entries[seen]) {
				return entries[seen], nil
			}
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return Entry{}, fmt.Errorf("no message matches after %d: %w", seen, ctx.Err())
		}
	}
}
