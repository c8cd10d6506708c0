// Package calllog decides when each finished call goes into Kustomer's timeline, what it says there, and when it is tried again.
//
// It is pure: times are passed in, nothing is read or written. internal/phone owns the one Log; what its methods return is
// written down (internal/store) before anybody is told, so that a call is never only in memory; the bridge carries one Task at
// a time to the widget that speaks and brings back what became of it. A task is safe to carry out twice: the widget looks for
// the message of this call first.
package calllog

import (
	"errors"
	"slices"
	"time"

	"sidetone/internal/call"
)

// Outcome is what a call came to.
type Outcome string

// The outcomes a rule can name.
const (
	Answered Outcome = "answered" // somebody talked, whoever called
	Missed   Outcome = "missed"   // it rang here and nobody took it
	Declined Outcome = "declined" // the agent turned it away
	Failed   Outcome = "failed"   // the agent called and nobody was reached
)

// Outcomes returns every outcome.
func Outcomes() []Outcome { return []Outcome{Answered, Missed, Declined, Failed} }

// Rules are the organisation's. The zero value logs nothing.
type Rules struct {
	Log          []Outcome
	New          bool     // every call begins a conversation; else it goes into the customer's last open one, if there is one
	Status       string   // of a conversation begun for a call: "open", "done", or "": open for a missed call, else done
	Create       bool     // a caller who is not in Kustomer becomes a customer by themselves
	Dispositions []string // what the agent may choose from, in this order
}

// State is where an entry stands.
type State string

// The states of an entry.
const (
	Waiting State = "waiting" // for the end of the wrap-up
	Due     State = "due"     // Kustomer shall have it
	Sent    State = "sent"    // Kustomer has it
	Refused State = "refused" // Kustomer says no, and trying again soon would not help
	Nobody  State = "nobody"  // no customer has the number; the agent may name one
)

// Entry is one call on its way into Kustomer.
type Entry struct {
	Call        call.ID        `json:"call"`
	Direction   call.Direction `json:"direction"`
	Number      string         `json:"number,omitempty"` // E.164; empty: withheld
	Name        string         `json:"name,omitempty"`   // of the other side, as it was shown
	Line        string         `json:"line,omitempty"`   // of ours
	CreatedAt   time.Time      `json:"created_at"`
	AnsweredAt  time.Time      `json:"answered_at,omitzero"`
	EndedAt     time.Time      `json:"ended_at"`
	Outcome     Outcome        `json:"outcome"`
	Reason      call.Reason    `json:"reason"`
	Note        string         `json:"note,omitempty"`
	Disposition string         `json:"disposition,omitempty"`
	Customer    string         `json:"customer,omitempty"` // Kustomer's id of the one the agent means
	Create      bool           `json:"create,omitempty"`   // the agent wants a customer with Number, if there is none
	Candidates  []Candidate    `json:"candidates,omitempty"`

	State        State     `json:"state"`
	Tries        int       `json:"tries,omitempty"`
	Next         time.Time `json:"next,omitzero"`     // not before
	Stage        Stage     `json:"stage,omitempty"`   // where it failed last
	Status       int       `json:"status,omitempty"`  // and the HTTP status; 0: no answer
	Failing      bool      `json:"failing,omitempty"` // it failed when it was last tried
	Message      string    `json:"message,omitempty"` // Kustomer's id, once sent
	Conversation string    `json:"conversation,omitempty"`
}

// Candidate is one of several customers who have the number of a call of nobody.
type Candidate struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Facts are what a call does not know of itself.
type Facts struct {
	Number   string // E.164
	Name     string
	Line     string
	Customer string // that is meant, "" if none or several
	Wrapping bool   // the agent is wrapping it up
}

// Draft is what the agent has typed about a call.
type Draft struct {
	Call        call.ID `json:"call"`
	Note        string  `json:"note,omitempty"`
	Disposition string  `json:"disposition,omitempty"`
}

// Begun is a call that has begun and has no record yet, and what is typed about it: what must outlive a program that is killed.
type Begun struct {
	call.Call
	Draft Draft `json:"draft,omitzero"`
}

// MaxNote bounds a note, in characters.
const MaxNote = 1000

// What an agent may ask for in vain.
var (
	ErrNoEntry     = errors.New("there is no such call to write about")
	ErrSent        = errors.New("the call is in Kustomer already")
	ErrNotWaiting  = errors.New("no call of that name waits for Kustomer: sidetonectl log shows those that do")
	ErrWrapping    = errors.New("the call goes into Kustomer when its wrap-up is over")
	ErrUnderWay    = errors.New("the call is on its way into Kustomer: wait a moment")
	ErrNote        = errors.New("a note is at most 1000 characters of text")
	ErrKnown       = errors.New("several customers have this number: name one of them")
	ErrNoNumber    = errors.New("a customer is created with the caller's number, and this caller withheld it: name a customer")
	ErrDisposition = errors.New("that is not one of the dispositions to choose from")
)

// Log is the calls that Kustomer does not have yet. One goroutine owns it; the zero value is empty and logs nothing.
type Log struct {
	Rules Rules

	entries []Entry // oldest first
	drafts  []Draft // of calls that have not ended
	given   given
	linked  bool      // a widget speaks
	quiet   time.Time // nothing is given before
}

// given is the task that a widget has.
type given struct {
	call  call.ID // "": none
	try   int
	until time.Time
}

// Restore takes what the last run left, oldest first. What failed is tried again; what waits for the end of a wrap-up that is
// over by now hears so by Wrapped.
func (l *Log) Restore(entries []Entry) {
	l.entries = slices.Clone(entries)
	for i := range l.entries {
		e := &l.entries[i]
		e.Next = time.Time{}
		if e.State == Refused {
			e.State = Due
		}
	}
}

func (l *Log) at(id call.ID) *Entry {
	i := slices.IndexFunc(l.entries, func(e Entry) bool { return e.Call == id })
	if i < 0 {
		return nil
	}
	return &l.entries[i]
}

// outcome is what the rules say about a call; "" if it is nobody's business in Kustomer.
func outcome(c call.Call) Outcome {
	switch {
	case c.Reason.Cause == call.AnsweredElsewhere, c.Reason.Cause == call.Forwarded:
		return "" // whoever answered it has it
	case !c.AnsweredAt.IsZero():
		return Answered
	case c.Direction == call.Outgoing:
		return Failed
	case c.Reason.Cause == call.Declined:
		return Declined
	}
	return Missed
}

// Ended makes the entry of a call that is over. There is none if the rules do not name its outcome, and for a call without a
// number of the public network, unless the agent has named its customer.
func (l *Log) Ended(c call.Call, f Facts) (Entry, bool) {
	d := l.Draft(c.ID)
	l.drafts = slices.DeleteFunc(l.drafts, func(d Draft) bool { return d.Call == c.ID })
	o := outcome(c)
	if !slices.Contains(l.Rules.Log, o) || f.Number == "" && f.Customer == "" || l.at(c.ID) != nil {
		return Entry{}, false
	}
	e := Entry{
		Call: c.ID, Direction: c.Direction, Number: f.Number, Name: f.Name, Line: f.Line, CreatedAt: c.CreatedAt, AnsweredAt: c.AnsweredAt,
		EndedAt: c.EndedAt, Outcome: o, Reason: c.Reason, Note: d.Note, Disposition: d.Disposition, Customer: f.Customer, State: Due,
	}
	if f.Wrapping {
		e.State = Waiting
	}
	l.entries = append(l.entries, e)
	return e, true
}

// Wrapped says that the wrap-up is over. It returns the entries to write down.
func (l *Log) Wrapped() []Entry {
	var out []Entry
	for i := range l.entries {
		if e := &l.entries[i]; e.State == Waiting {
			e.State = Due
			out = append(out, *e)
		}
	}
	return out
}

// Draft is what was typed about a call so far.
func (l *Log) Draft(id call.ID) Draft {
	if e := l.at(id); e != nil {
		return Draft{id, e.Note, e.Disposition}
	}
	for _, d := range l.drafts {
		if d.Call == id {
			return d
		}
	}
	return Draft{Call: id}
}

// Resume takes what the last run had typed about a call that was on, and that ends now.
func (l *Log) Resume(d Draft) {
	if d.Call != "" && isNote(d.Note) {
		l.drafts = append(l.drafts, d)
	}
}

// Write replaces what is typed about a call, one that is on if live. It returns the entry to write down, if there is one.
func (l *Log) Write(d Draft, live bool) (Entry, bool, error) {
	if !isNote(d.Note) {
		return Entry{}, false, ErrNote
	}
	if was := l.Draft(d.Call).Disposition; d.Disposition != "" && d.Disposition != was && !slices.Contains(l.Rules.Dispositions, d.Disposition) {
		return Entry{}, false, ErrDisposition
	}
	if live {
		l.drafts = append(slices.DeleteFunc(l.drafts, func(o Draft) bool { return o.Call == d.Call }), d)
		return Entry{}, false, nil
	}
	e, err := l.open(d.Call)
	if err != nil {
		return Entry{}, false, err
	}
	e.Note, e.Disposition = d.Note, d.Disposition
	return *e, true, nil
}

// open returns an entry that may still be changed.
func (l *Log) open(id call.ID) (*Entry, error) {
	e := l.at(id)
	switch {
	case e == nil:
		return nil, ErrNoEntry
	case l.given.call == id:
		return nil, ErrUnderWay
	}
	return e, nil
}

// Assign names the customer of a call. It returns the entry to write down.
func (l *Log) Assign(id call.ID, customer string) (Entry, error) {
	e, err := l.open(id)
	if err != nil {
		return Entry{}, err
	}
	e.Customer = customer
	if e.State != Waiting {
		e.State, e.Next = Due, time.Time{} // the tries count on: each has a number of its own
	}
	return *e, nil
}

// Create has a customer made of the caller of a call, if nobody has the number when it is tried. It returns the entry to write
// down.
func (l *Log) Create(id call.ID) (Entry, error) {
	e, err := l.open(id)
	switch {
	case err != nil:
		return Entry{}, err
	case e.State == Nobody && e.Status == several:
		return Entry{}, ErrKnown
	case e.Number == "":
		return Entry{}, ErrNoNumber
	}
	e.Create = true
	if e.State != Waiting {
		e.State, e.Next = Due, time.Time{}
	}
	return *e, nil
}

// Suggest names the customer of a call that nobody has named yet, as a look-up found it. It returns the entry to write down; false
// if there is nothing to write.
func (l *Log) Suggest(id call.ID, customer string) (Entry, bool) {
	if e := l.at(id); e == nil || e.Customer != "" {
		return Entry{}, false
	}
	e, err := l.Assign(id, customer)
	return e, err == nil
}

// Wrapping is the call that is being wrapped up, the newest if there are several; false: none that Kustomer shall have.
func (l *Log) Wrapping() (call.ID, bool) {
	for _, e := range slices.Backward(l.entries) {
		if e.State == Waiting {
			return e.Call, true
		}
	}
	return "", false
}

// Retry lets a call be tried again now, or every one if id is empty. It returns the entries to write down; the error says why a call
// that was named is none of them.
func (l *Log) Retry(id call.ID) ([]Entry, error) {
	switch e := l.at(id); {
	case id == "":
	case e == nil:
		return nil, ErrNotWaiting
	case l.given.call == id:
		return nil, ErrUnderWay
	case e.State == Waiting:
		return nil, ErrWrapping
	}
	var out []Entry
	for i := range l.entries {
		e := &l.entries[i]
		if id != "" && e.Call != id || e.State == Waiting || l.given.call == e.Call {
			continue
		}
		e.State, e.Next = Due, time.Time{}
		out = append(out, *e)
	}
	l.quiet = time.Time{}
	return out, nil
}
