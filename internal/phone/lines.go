package phone

import (
	"net/netip"
	"slices"
	"time"

	"sidetone/internal/call"
)

// registered takes the state of an account's registration.
func (p *Phone) registered(n call.Registered, now time.Time) {
	for i := range p.state.lines {
		if p.state.lines[i].ID == n.Account {
			p.state.lines[i].Line = n.Line
		}
	}
	if n.Line.State == call.LineReady {
		p.moved(n, now)
	}
}

// moved tells the calls of an account that this computer has another address there than before.
func (p *Phone) moved(n call.Registered, now time.Time) {
	before := p.state.local[n.Account]
	if !n.Local.IsValid() || before == n.Local {
		return
	}
	if p.state.local == nil {
		p.state.local = map[string]netip.Addr{}
	}
	p.state.local[n.Account] = n.Local
	for _, c := range slices.Clone(p.state.calls) {
		if before.IsValid() && c.Account == n.Account {
			p.happened(call.Happened{ID: c.ID, Event: call.Moved{}}, now)
		}
	}
}
