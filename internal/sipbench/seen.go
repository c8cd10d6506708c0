package sipbench

import (
	"net/netip"
	"strings"
	"sync"
	"time"
)

// datagram is one that was seen on its way.
type datagram struct {
	at       time.Time
	from, to netip.AddrPort
	text     string
}

// seen keeps the times of what matters between the server and one phone. Its methods may be called from any goroutine.
type seen struct {
	server netip.AddrPort
	tester netip.AddrPort // the caller, whose own messages do not matter

	mu         sync.Mutex
	changed    chan struct{}
	registered time.Time          // the first 200 to a REGISTER
	calls      map[string]*invite // by Call-ID
	order      []string           // of the calls
}

// invite is one call to the phone; a zero time is not yet.
type invite struct{ asked, ringing, answered time.Time }

func newSeen(server, tester netip.AddrPort) *seen {
	return &seen{server: server, tester: tester, changed: make(chan struct{}), calls: map[string]*invite{}}
}

// forget begins anew, with another phone.
func (s *seen) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.registered, s.calls, s.order = time.Time{}, map[string]*invite{}, nil
}

// see takes one datagram.
func (s *seen) see(d datagram) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.from == s.tester || d.to == s.tester || d.from != s.server && d.to != s.server {
		return
	}
	line, _, _ := strings.Cut(d.text, "\r\n")
	method := header(d.text, "CSeq")
	_, method, _ = strings.Cut(method, " ")
	toPhone := d.from == s.server
	switch {
	case toPhone && strings.HasPrefix(line, "SIP/2.0 200") && method == "REGISTER":
		first(&s.registered, d.at)
	case toPhone && strings.HasPrefix(line, "INVITE "):
		id := header(d.text, "Call-ID")
		if s.calls[id] == nil {
			s.calls[id] = &invite{}
			s.order = append(s.order, id)
		}
		first(&s.calls[id].asked, d.at)
	default:
		c := s.calls[header(d.text, "Call-ID")]
		switch {
		case c == nil || toPhone:
		case strings.HasPrefix(line, "SIP/2.0 180") && method == "INVITE":
			first(&c.ringing, d.at)
		case strings.HasPrefix(line, "SIP/2.0 200") && method == "INVITE":
			first(&c.answered, d.at)
		}
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

func first(t *time.Time, at time.Time) {
	if t.IsZero() {
		*t = at
	}
}

// header is a header's value.
func header(text, name string) string {
	for line := range strings.SplitSeq(text, "\r\n") {
		if n, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.TrimSpace(n), name) {
			return strings.TrimSpace(value)
		}
		if line == "" {
			break
		}
	}
	return ""
}

// wait blocks until ok, which is called with the lock held, holds; false if that took too long.
func (s *seen) wait(ok func() bool, limit time.Duration) bool {
	late := time.After(limit)
	for {
		s.mu.Lock()
		done, again := ok(), s.changed
		s.mu.Unlock()
		if done {
			return true
		}
		select {
		case <-again:
		case <-late:
			return false
		}
	}
}
