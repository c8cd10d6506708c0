package phone

import (
	"slices"

	"sidetone/internal/call"
	"sidetone/sync/presence"
)

// Colleague is somebody of the house calls can be passed on to.
type Colleague struct {
	Name   string `json:"name,omitempty"`
	Number string `json:"number"`
	State  string `json:"state,omitempty"` // see call.Watched; empty: not known
}

// UseColleagues replaces the list of colleagues.
type UseColleagues struct{ List []Colleague }

func (UseColleagues) report() {}

// Mailbox is what waits for an account; see call.Messages.
type Mailbox struct {
	Account string `json:"account"`
	Waiting bool   `json:"waiting"`
	New     int    `json:"new,omitempty"` // 0: the server does not count
	Old     int    `json:"old,omitempty"`
}

func (p *Phone) useColleagues(list []Colleague) {
	p.state.colleagues = slices.Clone(list)
	p.watchColleagues()
}

// watchColleagues asks the first account's server about them.
func (p *Phone) watchColleagues() {
	if len(p.state.lines) == 0 {
		return
	}
	numbers := []string{}
	for _, c := range p.state.colleagues {
		numbers = append(numbers, c.Number)
	}
	p.ports.Signaling.Do(call.WatchNumbers{Account: p.state.lines[0].ID, Numbers: numbers})
}

// inHouse is a party with the name the settings have for a colleague, where the network gives none.
func (p *Phone) inHouse(who call.Party) call.Party {
	if name, _ := who.Shown(); name != "" {
		return who
	}
	for _, c := range p.state.colleagues {
		if c.Number == who.Number {
			who.Name = c.Name
		}
	}
	return who
}

func (p *Phone) watched(n call.Watched) {
	for i, c := range p.state.colleagues {
		if c.Number == n.Number {
			p.state.colleagues[i].State = n.State
		}
	}
}

func (p *Phone) messages(n call.Messages) {
	m := Mailbox(n)
	for i, old := range p.state.mailboxes {
		if old.Account == n.Account {
			p.state.mailboxes[i] = m
			return
		}
	}
	p.state.mailboxes = append(p.state.mailboxes, m)
}

// announce tells the servers how the agent is, where that has changed.
func (p *Phone) announce() {
	v := presence.Show(p.state.presence)
	now := call.Publish{State: "free", Note: v.Label}
	switch {
	case v.Because == presence.BecauseCall:
		now.State = "on-call"
	case v.Status == presence.Busy, v.Status == presence.WrapUp:
		now.State = "busy"
	case v.Status != presence.Available:
		now.State = "away"
	}
	if now != p.state.announced {
		p.state.announced = now
		p.ports.Signaling.Do(now)
	}
}
