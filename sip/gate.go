package sip

import (
	"bytes"
	"net/netip"
	"sync"
)

// gate decides which datagrams are read at all: a scanner's knock, a flood, or a call from a stranger past the server gets no
// answer, so that nobody learns that a phone is here. Messages of our servers pass, and those of calls that are on,
// whoever sends them: the far end of a call may speak to us past the server, and knows its Call-ID. Responses pass as well: the
// transactions know what they wait for. A connection needs no gate, it was opened by us.
//
// The owner's goroutine fills it, the socket's readers ask it.
type gate struct {
	mu      sync.RWMutex
	servers map[netip.Addr]int // addresses of accounts' servers, and how many accounts have them
	calls   map[string]int     // Call-IDs of calls, and of those that ended a moment ago
	also    []netip.Prefix     // where else calls may come from
}

func newGate(also []netip.Prefix) *gate {
	return &gate{servers: map[netip.Addr]int{}, calls: map[string]int{}, also: also}
}

// know counts an account's servers; by is 1 or -1.
func (g *gate) know(servers []netip.Addr, by int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range servers {
		if g.servers[s] += by; g.servers[s] <= 0 {
			delete(g.servers, s)
		}
	}
}

// expect counts a call; by is 1 or -1.
func (g *gate) expect(callID string, by int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.calls[callID] += by; g.calls[callID] <= 0 {
		delete(g.calls, callID)
	}
}

// admits reports whether a datagram shall be read.
func (g *gate) admits(b []byte, from netip.Addr) bool {
	if bytes.HasPrefix(b, []byte("SIP/2.0 ")) {
		return true
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.servers[from] > 0 {
		return true
	}
	for _, p := range g.also {
		if p.Contains(from) {
			return true
		}
	}
	return len(g.calls) > 0 && g.calls[callIDOf(b)] > 0
}

// callIDOf finds the Call-ID of a message that nobody has parsed yet.
func callIDOf(b []byte) string {
	for len(b) > 0 {
		line := b
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			line, b = b[:i], b[i+1:]
		} else {
			b = nil
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			return "" // the headers are over
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if name = bytes.TrimSpace(name); ok && (bytes.EqualFold(name, []byte("Call-ID")) || bytes.EqualFold(name, []byte("i"))) {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}
