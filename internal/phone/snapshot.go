package phone

import (
	"slices"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/customer"
	"sidetone/internal/health"
	"sidetone/sync/calllog"
	"sidetone/sync/presence"
)

// AccountLine is an account and how its registration stands.
type AccountLine struct {
	call.Account
	Line call.Line `json:"line"`
}

// Levels are the sound levels of one call; see call.Levels.
type Levels call.Levels

// Snapshot is everything a front end shows, complete and immutable. Snapshots are numbered; the latest wins.
type Snapshot struct {
	Seq        uint64           `json:"seq"`
	At         time.Time        `json:"at"`
	Accounts   []AccountLine    `json:"accounts"`
	Calls      []call.Call      `json:"calls"`           // live ones, oldest first
	Front      call.ID          `json:"front,omitempty"` // the call the agent talks to
	Quiet      Quiet            `json:"quiet,omitzero"`  // calls that are turned away
	Colleagues []Colleague      `json:"colleagues,omitempty"`
	Mailboxes  []Mailbox        `json:"mailboxes,omitempty"`
	Last       *call.Call       `json:"last,omitempty"`       // the call that ended last in this run
	Unrecorded []call.Call      `json:"unrecorded,omitempty"` // ended ones the journal does not have yet, oldest first
	Asking     *Proposal        `json:"asking,omitempty"`     // a call that waits for the agent's word
	Refused    *Refused         `json:"refused,omitempty"`    // the last call from elsewhere that was not made
	Presence   presence.View    `json:"presence"`
	Want       presence.Want    `json:"want"` // what the widget should set in Kustomer
	Bridge     Bridge           `json:"bridge"`
	Warnings   []health.Warning `json:"warnings"` // worst first
	Records    uint64           `json:"records"`  // number of the newest journal record
	Raised     uint64           `json:"raised"`   // how often the window was asked to the front

	Customers []customer.Lookup `json:"customers,omitempty"` // of the calls that are on and the one being wrapped up
	Pop       customer.Pop      `json:"pop,omitzero"`        // what a widget should open in Kustomer
	Log       calllog.View      `json:"log"`                 // the calls that go into Kustomer
	Draft     *calllog.Draft    `json:"draft,omitempty"`     // what is typed about the call that is on or being wrapped up
	Wrapped   *call.Call        `json:"wrapped,omitempty"`   // the call being wrapped up, where Kustomer shall have it
	Task      *calllog.Task     `json:"-"`                   // what the widget that speaks should bring into Kustomer

	Held bool `json:"-"` // Want is not written down yet: nobody may carry it out
}

// Report is what front ends tell the phone: Bridge, KustomerStatus, StatusApplied, StatusFailed, Reachable,
// StatusRules, UseAccounts, UseRules, CallRules, UseColleagues, PopRule, CustomerFound, Popped, LogRules, Logged, LogFailed or Closing.
type Report interface{ report() }

// Bridge is the state of the widget bridge.
type Bridge struct {
	Port    int      `json:"port,omitempty"`    // where it listens on loopback; 0: it does not
	Problem string   `json:"problem,omitempty"` // one sentence if it does not
	Widgets []Widget `json:"widgets,omitempty"` // the connected ones
	Pages   []Page   `json:"pages,omitempty"`   // the pages that may connect
	Pairing Pairing  `json:"pairing,omitzero"`
}

// Page is a browser's page that was paired and may connect.
type Page struct {
	ID      string    `json:"id"` // of its key
	Origin  string    `json:"origin"`
	Org     string    `json:"org,omitempty"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used"`
}

// Pairing is how the pairing with a page stands.
type Pairing struct {
	Armed  bool      `json:"armed,omitempty"`  // a page may ask now
	Origin string    `json:"origin,omitempty"` // the page that waits for its digits; "": none
	Org    string    `json:"org,omitempty"`
	Until  time.Time `json:"until,omitzero"` // when the digits are due
	Left   int       `json:"left,omitempty"` // how many wrong tries there may be
}

// Widget is one connected widget.
type Widget struct {
	Origin string    `json:"origin"`
	Org    string    `json:"org,omitempty"`
	Since  time.Time `json:"since"`
}

// What bears on the agent's status and comes from outside; see the types of package presence.
type (
	// KustomerStatus is a routing-status-change, or a read of the work session, translated to our words.
	KustomerStatus presence.Said
	// StatusApplied says the widget called requestUpdateUserStatus for the wish Rev.
	StatusApplied presence.Applied
	// StatusFailed says the widget could not, or Kustomer refused.
	StatusFailed presence.Failed
	// Reachable says whether calls can reach this phone, after whoever says it has waited out a short trouble.
	Reachable presence.Reachable
	// StatusRules replaces the rules of the wrap-up.
	StatusRules presence.Rules
)

func (Bridge) report()         {}
func (KustomerStatus) report() {}
func (StatusApplied) report()  {}
func (StatusFailed) report()   {}
func (Reachable) report()      {}
func (StatusRules) report()    {}

// UseAccounts replaces the accounts; the phone passes them on to signalling.
type UseAccounts struct{ Accounts []call.Account }

func (UseAccounts) report() {}

// Moved says that the network of the computer has changed, or how long the computer has slept; signalling is told to look.
type Moved struct{ Slept time.Duration }

func (Moved) report() {}

// Closing says that the program ends: the phone hangs up every call, also one that has not left yet.
type Closing struct{}

func (Closing) report() {}

func (p *Phone) useAccounts(list []call.Account) {
	lines := make([]AccountLine, 0, len(list))
	for _, a := range list {
		line := call.Line{State: call.LineRegistering}
		for _, old := range p.state.lines {
			if old.Account == a {
				line = old.Line
			}
		}
		lines = append(lines, AccountLine{Account: a, Line: line})
	}
	p.state.lines = lines
	p.state.mailboxes = slices.DeleteFunc(p.state.mailboxes, func(m Mailbox) bool {
		return !slices.ContainsFunc(list, func(a call.Account) bool { return a.ID == m.Account })
	})
	p.ports.Signaling.Do(call.UseAccounts{Accounts: slices.Clone(list)})
	p.watchColleagues()
}

// publish sends a snapshot if anything changed since the last. Everything in it is a copy.
func (p *Phone) publish() {
	if !p.changed {
		return
	}
	p.changed = false
	p.remember()
	p.state.seq++
	s := Snapshot{
		Seq: p.state.seq, At: time.Now(),
		Accounts: append([]AccountLine{}, p.state.lines...),
		Calls:    append([]call.Call{}, p.state.calls...), // none is an empty list, not null
		Front:    p.state.front, Quiet: p.state.quiet,
		Colleagues: slices.Clone(p.state.colleagues), Mailboxes: slices.Clone(p.state.mailboxes),
		Last: p.state.last, Unrecorded: slices.Clone(p.state.unrecorded),
		Asking:   p.state.dialling.asking,
		Refused:  p.state.dialling.refused,
		Raised:   p.state.raised,
		Presence: presence.Show(p.state.presence),
		Want:     p.state.presence.Want,
		Bridge:   p.state.bridge,
		Warnings: p.warnings(),
		Records:  p.state.records,
		Held:     p.state.memory.kept < p.state.presence.Want.Rev,

		Customers: p.state.desk.Lookups(),
		Pop:       p.state.desk.Pop(),
		Log:       p.state.log.View(),
	}
	if id, ok := p.draftOf(); ok {
		d := p.state.log.Draft(id)
		s.Draft = &d
		if w := p.state.wrapped; w != nil && w.ID == id {
			s.Wrapped = w
		}
	}
	if t, ok := p.state.log.Task(); ok {
		s.Task = &t
	}
	s.Bridge.Widgets = slices.Clone(s.Bridge.Widgets)
	p.hub.snapshots.send(s)
}
