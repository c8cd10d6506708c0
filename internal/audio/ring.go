package audio

import "sync/atomic"

// ringSize is the number of samples a ring holds: a power of two, 341 ms.
const ringSize = 1 << 14

// ring carries samples from one goroutine or thread to another without a lock (single producer, single consumer).
type ring struct {
	samples [ringSize]int16
	head    atomic.Uint64 // samples ever put; moved by the producer
	tail    atomic.Uint64 // samples ever taken; moved by the consumer
}

// fill is how many samples wait.
func (r *ring) fill() int { return int(r.head.Load() - r.tail.Load()) }

// put adds what fits and returns how many samples that was.
func (r *ring) put(p []int16) int {
	head := r.head.Load()
	n := min(len(p), ringSize-int(head-r.tail.Load()))
	at := int(head % ringSize)
	k := copy(r.samples[at:], p[:n])
	copy(r.samples[:], p[k:n])
	r.head.Store(head + uint64(n))
	return n
}

// take removes up to len(p) samples and returns how many it was.
func (r *ring) take(p []int16) int {
	tail := r.tail.Load()
	n := min(len(p), int(r.head.Load()-tail))
	at := int(tail % ringSize)
	k := copy(p[:n], r.samples[at:])
	copy(p[k:n], r.samples[:])
	r.tail.Store(tail + uint64(n))
	return n
}

// drop removes the oldest samples until at most keep are left. Only the consumer may call it.
func (r *ring) drop(keep int) {
	if over := r.fill() - keep; over > 0 {
		r.tail.Add(uint64(over))
	}
}
