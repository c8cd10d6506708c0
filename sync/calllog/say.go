package calllog

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"sidetone/internal/call"
)

// Task is what a widget shall bring into Kustomer, once for each Try.
type Task struct {
	Call     call.ID
	Try      int
	External string // the message's externalId: it is there once however often it is tried
	Customer string // Kustomer's id, "": whoever has Number
	Number   string
	Name     string // for a customer who is created
	Create   bool   // if nobody has Number
	New      bool   // in a conversation of its own
	Status   string // "open" or "done", of a conversation that is begun for it
	In       bool   // the customer called
	Subject  string
	Preview  string // one line
	Entry    Entry
}

// Task is the one that a widget shall carry out now.
func (l *Log) Task() (Task, bool) {
	if l.given.call == "" {
		return Task{}, false
	}
	e := *l.at(l.given.call)
	t := Task{
		Call: e.Call, Try: l.given.try, External: "sidetone-" + string(e.Call), Customer: e.Customer, Number: e.Number, Name: e.Name, Create: l.Rules.Create || e.Create,
		New: l.Rules.New, Status: l.Rules.Status, In: e.Direction == call.Incoming, Subject: e.subject(), Preview: e.Summary(), Entry: e,
	}
	if t.Status == "" {
		t.Status = "done"
		if e.Outcome == Missed {
			t.Status = "open" // somebody has to call back
		}
	}
	return t, true
}

func (e Entry) subject() string {
	switch {
	case e.Outcome == Missed:
		return "Missed call"
	case e.Outcome == Declined:
		return "Declined call"
	case e.Direction == call.Incoming:
		return "Incoming call"
	}
	return "Outgoing call"
}

// Summary is the call on one line, as Kustomer's timeline shows it.
func (e Entry) Summary() string {
	way := "to"
	if e.Direction == call.Incoming {
		way = "from"
	}
	number := call.FormatNumber(e.Number)
	if number == "" {
		number = "a withheld number"
	}
	line := fmt.Sprintf("%s %s %s", e.subject(), way, number)
	switch e.Outcome {
	case Answered:
		line += ", " + clock(e.Talked())
	case Missed:
		line += ", rang " + clock(e.EndedAt.Sub(e.CreatedAt))
	case Failed:
		line += ": " + lower(strings.TrimSuffix(e.Reason.Sentence(e.Direction), "."))
	}
	if e.Disposition != "" {
		line += " · " + e.Disposition
	}
	if note := strings.Join(strings.Fields(e.Note), " "); note != "" {
		line += " — " + note
	}
	return line
}

// Talked is how long the two sides could talk.
func (e Entry) Talked() time.Duration {
	if e.AnsweredAt.IsZero() {
		return 0
	}
	return max(0, e.EndedAt.Sub(e.AnsweredAt))
}

// Why says in one sentence why Kustomer did not take a call, and what to do; "" if it did not fail.
func (e Entry) Why() string {
	switch {
	case e.State == Nobody && e.Status == several:
		return "Several customers in Kustomer have this number: say which one it was."
	case e.State == Nobody:
		return "Nobody in Kustomer has this number."
	case !e.Failing:
		return ""
	case e.Status == 0:
		return "Kustomer did not answer."
	case e.Status == 401:
		return "You are signed out of Kustomer."
	case e.Status == 403:
		return "Your role in Kustomer may not " + e.Stage.right() + ". Ask your Kustomer admin for it."
	case e.Status == 404:
		return "Its customer or conversation is gone from Kustomer. Choose another customer."
	case e.Status == 429:
		return "Kustomer asks to wait a minute."
	case passing(e.Status):
		return "Kustomer could not take it now."
	}
	return fmt.Sprintf("Kustomer did not take it (%s, %d). Tell your IT department.", e.Stage, e.Status)
}

// right is what an agent's role must allow for a stage, with the name an admin looks for.
func (s Stage) right() string {
	switch s {
	case AtLookup:
		return "read messages (org.permission.message.read)"
	case AtCustomer:
		return "find and create customers (org.permission.customer)"
	case AtConversation:
		return "find and begin conversations (org.permission.conversation)"
	}
	return "write messages (org.permission.message.create)"
}

// isNote accepts text of several lines.
func isNote(s string) bool {
	if len([]rune(s)) > MaxNote {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '\n' && unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Bidi_Control, r)
	})
}

// clock is a time as 3:27 or 1:03:27.
func clock(d time.Duration) string {
	s := int(max(0, d).Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
