package phone

import "sync"

// inbox is an unbounded queue with one reader. Adapters must never wait for the phone, and nothing may be dropped: a lost
// RemoteEnded would be a ghost call.
type inbox struct {
	mu    *sync.Mutex
	items *[]any
	ready chan struct{} // holds a token while items may be waiting
}

func newInbox() inbox {
	return inbox{mu: new(sync.Mutex), items: new([]any), ready: make(chan struct{}, 1)}
}

func (q inbox) put(m any) {
	q.mu.Lock()
	*q.items = append(*q.items, m)
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

func (q inbox) take() []any {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := *q.items
	*q.items = nil
	return out
}
