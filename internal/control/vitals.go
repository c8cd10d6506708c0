package control

import (
	"context"
	"encoding/json"
	"runtime"
	"runtime/debug"
	"time"
)

// Counts are what a phone holds: what a call leaves behind shows here.
type Counts struct {
	Goroutines  int    `json:"goroutines"`
	Heap        uint64 `json:"heap_bytes"` // in use, after a collection
	Calls       int    `json:"calls"`      // of the SIP side, those that are ending included
	Dialogs     int    `json:"dialogs"`
	Connections int    `json:"connections"`
}

// vitals replies with what the phone holds.
func (s *Server) vitals(ctx context.Context, out *json.Encoder) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var c Counts
	if s.counts != nil {
		c = s.counts(ctx)
	}
	debug.FreeOSMemory() // so that what the system counts is what is in use
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	c.Goroutines, c.Heap = runtime.NumGoroutine(), m.HeapAlloc
	return out.Encode(Reply{OK: true, Vitals: &c}) == nil
}
