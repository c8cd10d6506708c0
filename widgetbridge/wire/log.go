package wire

import (
	"errors"
	"time"
)

// What a page says of the call log. It comes from the widget that was given the call.
type (
	// Logged says that Kustomer has the call of a Log.
	Logged struct {
		Call         string `json:"call"`
		Try          int    `json:"try"`
		Message      string `json:"message"` // Kustomer's ids
		Conversation string `json:"conversation,omitempty"`
		Customer     string `json:"customer,omitempty"`
	}
	// LogFailed says that a try came to nothing: at which step, and what Kustomer answered.
	LogFailed struct {
		Call       string      `json:"call"`
		Try        int         `json:"try"`
		At         string      `json:"at"`     // lookup, customer, conversation or message
		Status     int         `json:"status"` // of HTTP, 0: no answer; 404 at customer: nobody has the number, 300: several
		Candidates []Candidate `json:"candidates,omitempty"`
	}
	// Candidate is one of several who have the number.
	Candidate struct {
		ID   string `json:"id"`
		Name string `json:"name,omitempty"`
	}
)

type (
	// Log is a finished call to bring into Kustomer, once for each Try, by the widget that has it in its State. It looks for
	// External first: another try may have brought it already.
	Log struct {
		Call      string    `json:"call"`
		Try       int       `json:"try"`
		External  string    `json:"external_id"`
		Customer  string    `json:"customer,omitempty"` // Kustomer's id; absent: whoever has Number
		Number    string    `json:"number,omitempty"`   // E.164
		Name      string    `json:"name,omitempty"`     // for a customer who is created
		Create    bool      `json:"create,omitempty"`   // if nobody has Number
		New       bool      `json:"new,omitempty"`      // in a conversation of its own; else in the last open one
		Status    string    `json:"status"`             // open or done, of a conversation begun for it
		Direction string    `json:"direction"`          // in or out
		Subject   string    `json:"subject"`
		Preview   string    `json:"preview"` // one line
		SentAt    time.Time `json:"sent_at"`
		Meta      LogMeta   `json:"meta"` // goes along as it is
	}
	// LogMeta is a call's facts for programs that read Kustomer.
	LogMeta struct {
		Outcome     string    `json:"outcome"`
		Disposition string    `json:"disposition,omitempty"`
		Notes       string    `json:"notes,omitempty"`
		Number      string    `json:"number,omitempty"`
		Line        string    `json:"line,omitempty"`
		StartedAt   time.Time `json:"startedAt"`
		AnsweredAt  time.Time `json:"answeredAt,omitzero"`
		EndedAt     time.Time `json:"endedAt"`
		Seconds     int       `json:"durationSeconds"` // talked
		Reason      string    `json:"reason,omitempty"`
	}
	// Draft is what is typed about the call that is on or being wrapped up.
	Draft struct {
		Call        string   `json:"call"`
		Note        string   `json:"note,omitempty"`
		Disposition string   `json:"disposition,omitempty"`
		Choices     []string `json:"choices,omitempty"`  // dispositions to choose from
		Customer    *Lookup  `json:"customer,omitempty"` // of a call that is over
	}
)

func (l *Logged) check() error {
	if !token(l.Call) || l.Try < 1 || !token(l.Message) || l.Conversation != "" && !token(l.Conversation) || l.Customer != "" && !token(l.Customer) {
		return errors.New("call, try or an id of Kustomer is not one")
	}
	return nil
}

func (l *LogFailed) check() error {
	if !token(l.Call) || l.Try < 1 || !oneOf(l.At, "lookup customer conversation message") || l.Status < 0 || l.Status > 599 {
		return errors.New("call, try, at or status is not one")
	}
	if len(l.Candidates) > maxMatches {
		return errors.New("candidates are too many")
	}
	for _, c := range l.Candidates {
		if err := (Match{ID: c.ID, Name: c.Name}).check(); err != nil {
			return err
		}
	}
	return nil
}
