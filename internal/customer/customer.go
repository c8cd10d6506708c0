// Package customer says who the other side of a call is in Kustomer, as a widget found it out, and what the agent wants opened.
//
// It is pure: no clock, no network. internal/phone owns the one Desk; the bridge brings the answers of the widget that speaks
// and carries the wishes to open a customer. Every name is a stranger's text: it is shown and never interpreted.
package customer

import (
	"errors"
	"slices"
	"time"
)

// MaxMatches is how many customers of one number are kept: more are no choice any more.
const MaxMatches = 5

// Match is one customer who has the number of a call.
type Match struct {
	ID      string       `json:"id"` // Kustomer's; see IsID
	Name    string       `json:"name,omitempty"`
	Company string       `json:"company,omitempty"`
	Last    Conversation `json:"last,omitzero"`
}

// Conversation is the last one with a customer. The zero value means that there is none.
type Conversation struct {
	ID   string    `json:"id"`
	Name string    `json:"name,omitempty"`
	Open bool      `json:"open,omitempty"`
	At   time.Time `json:"at,omitzero"` // when something was last said in it
}

// State is how far a look-up has come.
type State string

// The states of a look-up.
const (
	Searching State = "searching" // the widget that speaks shall look the number up
	Creating  State = "creating"  // it shall create a customer with the number
	Found     State = "found"
	Unknown   State = "unknown" // no customer has the number
	Failed    State = "failed"  // Kustomer could not be asked
)

// Asks reports whether a widget shall do something about it.
func (s State) Asks() bool { return s == Searching || s == Creating }

// Lookup is what is known of the other side of one call.
type Lookup struct {
	Call    string  `json:"call"`
	Number  string  `json:"number"` // E.164
	N       uint64  `json:"n"`      // number of the present question; an answer names it
	State   State   `json:"state"`
	Matches []Match `json:"matches,omitempty"` // at most MaxMatches
	Chosen  string  `json:"chosen,omitempty"`  // ID of the one that is meant: the only one, or the agent's choice
	Status  int     `json:"status,omitempty"`  // of Failed: the HTTP status, 0: no answer
	Why     string  `json:"why,omitempty"`     // and the same in one sentence

	host  string // origin of Kustomer's page
	pops  bool   // the rule may open it by itself
	taken bool   // the call was answered
	made  bool   // the agent had the customer created: it is opened
}

// Match returns the customer that is meant.
func (l Lookup) Match() (Match, bool) {
	i := slices.IndexFunc(l.Matches, func(m Match) bool { return m.ID == l.Chosen })
	if l.Chosen == "" || i < 0 {
		return Match{}, false
	}
	return l.Matches[i], true
}

// Answer is a widget's answer to the question N about a call.
type Answer struct {
	Call    string
	N       uint64
	State   State // Found, Unknown or Failed
	Matches []Match
	Host    string // origin of the page that frames the widget; "" if it is not one of Kustomer's
	Status  int    // of Failed: HTTP status, 0: no answer
	More    bool   // of Found: the same answer comes again with companies and conversations
}

// Rule says when a known caller is opened in Kustomer without being asked.
type Rule string

// The rules.
const (
	OnRing   Rule = "ring"
	OnAnswer Rule = "answer"
	OnClick  Rule = "click" // never by itself
)

// Pop is a wish to open a customer, carried out once. The zero value is none.
type Pop struct {
	N            uint64 `json:"n"`
	Call         string `json:"call"`
	Customer     string `json:"customer"`
	Conversation string `json:"conversation,omitempty"`

	link string // where a browser finds it, if no tab can open it
}

// What an agent may ask for in vain.
var (
	ErrNoLookup = errors.New("nothing is known of that caller in Kustomer")
	ErrNoMatch  = errors.New("choose a customer first")
	ErrNotOne   = errors.New("that is not one of the customers found")
	ErrKnown    = errors.New("the caller is in Kustomer already")
	ErrNotNow   = errors.New("wait a moment: Kustomer is being asked")
)

// Desk is the look-ups of the calls that are on or being wrapped up, and the newest wish. The zero value is an empty one that
// opens nothing by itself. One goroutine owns it.
type Desk struct {
	Rule Rule

	lookups []Lookup
	pop     Pop
	n       uint64
}

// Lookups is a copy, oldest first.
func (d *Desk) Lookups() []Lookup { return slices.Clone(d.lookups) }

// Pop is the wish that is not carried out yet.
func (d *Desk) Pop() Pop { return d.pop }

// Of returns the look-up of a call.
func (d *Desk) Of(call string) (Lookup, bool) {
	if l := d.at(call); l != nil {
		return *l, true
	}
	return Lookup{}, false
}

func (d *Desk) at(call string) *Lookup {
	i := slices.IndexFunc(d.lookups, func(l Lookup) bool { return l.Call == call })
	if i < 0 {
		return nil
	}
	return &d.lookups[i]
}

// Begin asks who has the number, in E.164, of a new call. An incoming call may open the customer by itself.
func (d *Desk) Begin(call, number string, incoming bool) {
	d.n++
	d.lookups = append(d.lookups, Lookup{Call: call, Number: number, N: d.n, State: Searching, pops: incoming})
}

// Keep forgets the calls for which keep is false, and a wish to open one of them.
func (d *Desk) Keep(keep func(call string) bool) {
	d.lookups = slices.DeleteFunc(d.lookups, func(l Lookup) bool { return !keep(l.Call) })
	if d.pop.N > 0 && d.at(d.pop.Call) == nil {
		d.pop = Pop{}
	}
}

// Taken says that the call was answered.
func (d *Desk) Taken(call string) {
	if l := d.at(call); l != nil && !l.taken {
		l.taken = true
		d.byRule(l)
	}
}

// Heard takes an answer. One to another question than the present one is late, and no harm.
func (d *Desk) Heard(a Answer) {
	l := d.at(a.Call)
	if l == nil || l.N != a.N || !l.State.Asks() && l.State != Found {
		return
	}
	l.State, l.host, l.Matches = a.State, a.Host, a.Matches[:min(len(a.Matches), MaxMatches)]
	l.Status, l.Why = a.Status, ""
	switch {
	case a.State == Failed:
		l.Why = sentence(a.Status, l.made)
	case a.State == Found && len(l.Matches) == 0:
		l.State = Unknown
	case len(l.Matches) == 1:
		l.Chosen = l.Matches[0].ID
	}
	if _, ok := l.Match(); !ok {
		l.Chosen = ""
	}
	if a.More {
		return
	}
	if l.made {
		d.wish(l)
	}
	l.made = false
	d.byRule(l)
}

// byRule opens the customer if the rule says so, once for each call.
func (d *Desk) byRule(l *Lookup) {
	due := d.Rule == OnRing || d.Rule == OnAnswer && l.taken
	if _, ok := l.Match(); ok && due && l.pops {
		d.wish(l)
	}
}

// wish opens the customer that is meant.
func (d *Desk) wish(l *Lookup) {
	m, ok := l.Match()
	if !ok {
		return
	}
	l.pops = false
	d.n++
	d.pop = Pop{N: d.n, Call: l.Call, Customer: m.ID, link: Link(l.host, m)}
	if m.Last.Open {
		d.pop.Conversation = m.Last.ID
	}
}

// Choose says which of several customers is meant. It is opened at once if the rule would have opened the only one.
func (d *Desk) Choose(call, id string) error {
	l := d.at(call)
	switch {
	case l == nil:
		return ErrNoLookup
	case !slices.ContainsFunc(l.Matches, func(m Match) bool { return m.ID == id }):
		return ErrNotOne
	}
	l.Chosen = id
	d.byRule(l)
	return nil
}

// Open opens the customer that is meant, as the agent clicked.
func (d *Desk) Open(call string) error {
	l := d.at(call)
	if l == nil {
		return ErrNoLookup
	}
	if _, ok := l.Match(); !ok {
		return ErrNoMatch
	}
	d.wish(l)
	return nil
}

// Create asks for a new customer with the number of a call. It is opened when it is there.
func (d *Desk) Create(call string) error {
	l := d.at(call)
	switch {
	case l == nil:
		return ErrNoLookup
	case l.State == Found:
		return ErrKnown
	case l.State.Asks():
		return ErrNotNow
	}
	d.n++
	l.N, l.State, l.Why, l.made = d.n, Creating, "", true
	return nil
}

// Popped says what became of the wish n. It returns where a browser shall go instead, "" if the customer is open or nothing
// can be done.
func (d *Desk) Popped(n uint64, ok bool) string {
	if n == 0 || n != d.pop.N {
		return ""
	}
	link := d.pop.link
	d.pop = Pop{}
	if ok {
		return ""
	}
	return link
}

// sentence says why Kustomer could not be asked.
func sentence(status int, creating bool) string {
	switch {
	case status == 401:
		return "You are signed out of Kustomer."
	case status == 403 && creating:
		return "Your role in Kustomer may not create customers."
	case status == 403:
		return "Your role in Kustomer may not look up customers."
	case status == 409:
		return "Somebody else has the number in Kustomer."
	case status == 429:
		return "Kustomer asks to wait a minute."
	case status == 0:
		return "Kustomer did not answer."
	}
	return "Kustomer did not say who that is."
}
