package sip

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

// gate decides which datagrams are read at all: a scanner's knock, a flood, a call from a stranger past the server, and what a
// stranger says into a call gets no answer, so that nobody learns that a phone is here. What our servers send passes; into a call
// also those may speak who are a hop of it: where its requests go, and the addresses in its Contact, Record-Route and Via. That a
// sender knows a call's Call-ID and tags proves nothing. A connection needs no gate, it was opened by us.
//
// The owner's goroutine fills it, the socket's readers ask it.
type gate struct {
	mu      sync.RWMutex
	servers map[netip.Addr]int   // addresses of accounts' servers, and how many accounts have them
	calls   map[string]*speakers // by Call-ID: calls, and those that ended a moment ago
	also    []netip.Prefix       // where else calls may come from
}

// speakers are who may speak into a call.
type speakers struct {
	legs int
	hops []netip.Addr
}

// mostCalls bounds the calls, subscriptions, and those that ended a moment ago, beyond which no new call is taken.
const mostCalls = 2048

// mostHops bounds them: a call that moves and moves again forgets where it was first.
const mostHops = 32

func newGate(also []netip.Prefix) *gate {
	return &gate{servers: map[netip.Addr]int{}, calls: map[string]*speakers{}, also: also}
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

// expect begins a call.
func (g *gate) expect(callID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.calls[callID] == nil {
		g.calls[callID] = &speakers{}
	}
	g.calls[callID].legs++
}

// forget ends a call.
func (g *gate) forget(callID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p := g.calls[callID]; p != nil {
		if p.legs--; p.legs <= 0 {
			delete(g.calls, callID)
		}
	}
}

// meet lets a hop of a call speak.
func (g *gate) meet(callID string, hops ...netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.calls[callID]
	if p == nil {
		return
	}
	for _, h := range hops {
		if h = h.Unmap(); h.IsValid() && !slices.Contains(p.hops, h) {
			p.hops = append(p.hops, h)
		}
	}
	p.hops = slices.Clone(p.hops[max(0, len(p.hops)-mostHops):])
}

// knows reports whether there is such a call, or was a moment ago.
func (g *gate) knows(callID string) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.calls[callID] != nil
}

// full reports whether so many calls have come and gone a moment ago that no more can be borne in mind.
func (g *gate) full() bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.calls) >= mostCalls
}

// serves reports whether an account has a server there.
func (g *gate) serves(from netip.Addr) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.servers[from] > 0
}

// admits reports whether a datagram shall be read.
func (g *gate) admits(b []byte, from netip.Addr) bool {
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
	if len(g.calls) == 0 {
		return false
	}
	p := g.calls[callIDOf(b)]
	return p != nil && slices.Contains(p.hops, from)
}

// hops are the addresses in a dialog's target and route set; names belong to the account's server.
func (d *dialog) hops() []netip.Addr {
	var out []netip.Addr
	for _, uri := range append([]sipmsg.Uri{d.target}, d.routes...) {
		if ip, ok := hostLiteral(uri); ok {
			out = append(out, ip)
		}
	}
	return out
}

// cameBy are the addresses a request has come by, as those who passed it on saw them.
func cameBy(req *sipmsg.Request) []netip.Addr {
	var out []netip.Addr
	for _, h := range req.GetHeaders("Via") {
		v, ok := h.(*sipmsg.ViaHeader)
		if !ok {
			continue
		}
		if ip, err := netip.ParseAddr(strings.Trim(v.Params.GetOr("received", v.Host), "[]")); err == nil {
			out = append(out, ip)
		}
	}
	return out
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
