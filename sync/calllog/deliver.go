package calllog

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"sidetone/internal/call"
)

// Stage is a step of what a widget does with a task.
type Stage string

// The stages. At each Kustomer may say no.
const (
	AtLookup       Stage = "lookup"       // is the message there already?
	AtCustomer     Stage = "customer"     // who has the number; 404: nobody
	AtConversation Stage = "conversation" // find or begin one
	AtMessage      Stage = "message"      // write it
)

// How long is waited.
const (
	within     = 90 * time.Second // for a widget to carry out a task: nine requests of ten seconds
	firstWait  = 2 * time.Second  // after a failure, doubled each time
	unsureWait = 5 * time.Second  // at least, when Kustomer may have it and the answer is lost
	longest    = 5 * time.Minute
	refusedFor = time.Hour       // somebody must change a right first
	breath     = 2 * time.Second // between a failure and the next task, whichever
)

// several is what a widget says where more than one customer has the number, in place of an HTTP status.
const several = 300

// Linked says whether a widget speaks. One that begins to gets what an earlier one failed at without waiting long.
func (l *Log) Linked(on bool, now time.Time) {
	if l.linked == on {
		return
	}
	l.linked, l.quiet = on, time.Time{}
	if !on {
		l.given = given{}
		l.quiet = now.Add(unsureWait) // what it had in hand may still arrive
		return
	}
	for i := range l.entries {
		if e := &l.entries[i]; e.State == Due && e.Next.After(now.Add(unsureWait)) {
			e.Next = now.Add(unsureWait)
		}
	}
}

// Step gives up a task that took too long and gives out the next: the oldest call that is due. It returns the entry to write
// down, if one changed. It is due at Deadline, and after every other method.
func (l *Log) Step(now time.Time) (Entry, bool) {
	changed, any := Entry{}, false
	if l.given.call != "" && !now.Before(l.given.until) {
		changed, any = l.Failed(l.given.call, l.given.try, Failure{}, now)
	}
	if l.given.call != "" || !l.linked || now.Before(l.quiet) {
		return changed, any
	}
	i := slices.IndexFunc(l.entries, func(e Entry) bool { return l.tried(e) && !now.Before(e.Next) })
	if i >= 0 {
		e := &l.entries[i]
		e.Tries++
		l.given = given{e.Call, e.Tries, now.Add(within)}
	}
	return changed, any
}

// tried reports whether an entry is tried without being asked.
func (l *Log) tried(e Entry) bool { return e.State == Due || e.State == Refused }

// Deadline is when Step is due next; false: not before something else happens.
func (l *Log) Deadline() (time.Time, bool) {
	if l.given.call != "" {
		return l.given.until, true
	}
	var at time.Time
	found := false
	for _, e := range l.entries {
		if l.tried(e) && (!found || e.Next.Before(at)) {
			at, found = e.Next, true
		}
	}
	if at.Before(l.quiet) {
		at = l.quiet
	}
	return at, found && l.linked
}

// Logged says that Kustomer has a call, as a widget says of the try it was given. It returns the entry to write down.
func (l *Log) Logged(id call.ID, try int, message, conversation, customer string) (Entry, bool) {
	if l.given.call != id || l.given.try != try {
		return Entry{}, false
	}
	l.given = given{}
	e := *l.at(id)
	e.State, e.Message, e.Conversation, e.Candidates, e.Failing, e.Next = Sent, message, conversation, nil, false, time.Time{}
	e.Customer = cmp.Or(customer, e.Customer)
	l.entries = slices.DeleteFunc(l.entries, func(e Entry) bool { return e.Call == id })
	return e, true
}

// Failure is why a try came to nothing. The zero value is no answer.
type Failure struct {
	Stage      Stage
	Status     int         // of HTTP, 0: no answer
	Candidates []Candidate // where several customers have the number
}

// Failed says that a try came to nothing. It returns the entry to write down.
func (l *Log) Failed(id call.ID, try int, f Failure, now time.Time) (Entry, bool) {
	if l.given.call != id || l.given.try != try {
		return Entry{}, false
	}
	l.given, l.quiet = given{}, now.Add(breath)
	e := l.at(id)
	e.Stage, e.Status, e.Candidates, e.Failing = f.Stage, f.Status, f.Candidates, true
	switch {
	case f.Stage == AtCustomer && (f.Status == 404 || f.Status == several):
		e.State, e.Failing = Nobody, false
	case passing(f.Status):
		e.State, e.Next = Due, now.Add(wait(*e))
	default:
		e.State, e.Next = Refused, now.Add(refusedFor)
	}
	return *e, true
}

// passing reports whether a failure may be over by itself.
func passing(status int) bool {
	return status == 0 || status == 401 || status == 408 || status == 409 || status == 429 || status >= 500
}

// wait is the time to the next try: doubled each time, a quarter more or less, so that not all computers of a company come at
// once when Kustomer is back.
func wait(e Entry) time.Duration {
	d := min(firstWait<<min(max(e.Tries-1, 0), 16), longest)
	h := fnv.New32a()
	h.Write([]byte(string(e.Call) + strconv.Itoa(e.Tries)))
	d = d - d/4 + time.Duration(h.Sum32()%1000)*d/2000
	if e.Status == 0 {
		d = max(d, unsureWait)
	}
	return d
}

// View is how the log stands, for people.
type View struct {
	Waiting      int      `json:"waiting"` // calls that Kustomer does not have yet
	Refused      int      `json:"refused,omitempty"`
	Nobody       int      `json:"nobody,omitempty"` // calls of nobody in Kustomer
	Why          string   `json:"why,omitempty"`    // one sentence: why the oldest refused one was, and what to do
	Dispositions []string `json:"dispositions,omitempty"`
}

// View is the present one.
func (l *Log) View() View {
	v := View{Dispositions: slices.Clone(l.Rules.Dispositions)}
	for _, e := range l.entries {
		switch e.State {
		case Refused:
			v.Refused++
			if v.Why == "" {
				v.Why = e.Why()
			}
		case Nobody:
			v.Nobody++
		default:
			v.Waiting++
		}
	}
	return v
}
