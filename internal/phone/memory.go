package phone

import "sidetone/sync/presence"

// memory is what the port Memory was given of the status, and how far it is written down.
type memory struct {
	given   presence.Memory
	kept    uint64 // the newest wish that is written down; it may be carried out
	problem string // sentence; empty: it is all written
}

// kept is the answer of the port Memory.
type kept struct {
	rev uint64
	err error
}

// remember hands what must outlive the program to the port, if it has changed. A wish goes out only after it: or a program that
// is killed in between would take its own doing for the agent's choice.
func (p *Phone) remember() {
	m := p.state.presence.Memory()
	if p.ports.Memory == nil {
		p.state.memory.kept = m.Rev
		return
	}
	if m == p.state.memory.given {
		return
	}
	p.state.memory.given = m
	p.ports.Memory.Remember(m, func(err error) { p.inbox.put(kept{m.Rev, err}) })
}

// kept lets the wish out. It does so too when the disk is full: the right status now is worth more than the one after a crash.
func (p *Phone) kept(k kept) {
	p.state.memory.kept, p.state.memory.problem = max(p.state.memory.kept, k.rev), ""
	if k.err != nil {
		p.state.memory.problem = k.err.Error()
	}
}
