package wire

import (
	"errors"
	"strings"
	"time"

	"sidetone/internal/call"
)

// What a page says of Kustomer's customers. Customer comes from the widget that speaks, Popped from the one that was asked.
type (
	// Customer answers the question N about a call's number; see Lookup.
	Customer struct {
		Call    string  `json:"call"`
		N       uint64  `json:"n"`
		State   string  `json:"state"`             // found, unknown or failed
		Matches []Match `json:"matches,omitempty"` // of found, at most five
		Host    string  `json:"host,omitempty"`    // origin of the page that frames the widget
		Status  int     `json:"status,omitempty"`  // of failed: the HTTP status, 0: no answer
		More    bool    `json:"more,omitempty"`    // the same comes again with companies and conversations
	}
	// Match is one customer. Texts are as Kustomer has them, cut short.
	Match struct {
		ID       string    `json:"id"`
		Name     string    `json:"name,omitempty"`
		Company  string    `json:"company,omitempty"`
		Last     string    `json:"last,omitempty"` // id of the last conversation
		LastName string    `json:"last_name,omitempty"`
		LastOpen bool      `json:"last_open,omitempty"`
		LastAt   time.Time `json:"last_at,omitzero"`
	}
	// Popped says whether the customer of Pop N was opened.
	Popped struct {
		N  uint64 `json:"n"`
		OK bool   `json:"ok"`
	}
)

type (
	// Lookup is what is known of a call's other side. A widget that speaks answers the question N, once: who has Number if
	// State is searching; and, if it is creating, a new customer with it.
	Lookup struct {
		N       uint64  `json:"n"`
		Number  string  `json:"number"` // E.164
		State   string  `json:"state"`  // searching, creating, found, unknown or failed
		Matches []Match `json:"matches,omitempty"`
		Chosen  string  `json:"chosen,omitempty"` // id of the one that is meant
		Status  int     `json:"status,omitempty"` // of failed: the HTTP status, 0: no answer
	}
	// Pop is a customer to open, once for each N, by the widget that has it in its State.
	Pop struct {
		N            uint64 `json:"n"`
		Customer     string `json:"customer"`
		Conversation string `json:"conversation,omitempty"`
	}
)

// maxMatches bounds what is told of one number.
const maxMatches = 5

func (c *Customer) check() error {
	switch {
	case !token(c.Call):
		return errors.New("call is not a call")
	case !oneOf(c.State, "found unknown failed"):
		return errors.New("state is not one")
	case c.State == "found" && len(c.Matches) == 0 || c.State != "found" && len(c.Matches) > 0 || len(c.Matches) > maxMatches:
		return errors.New("matches are none or too many")
	case c.Host != "" && place(c.Host, "") != nil:
		return errors.New("host is not an origin")
	case c.Status < 0 || c.Status > 599:
		return errors.New("status is not one of HTTP")
	}
	for _, m := range c.Matches {
		if err := m.check(); err != nil {
			return err
		}
	}
	return nil
}

func (m Match) check() error {
	switch {
	case !token(m.ID) || m.Last != "" && !token(m.Last):
		return errors.New("an id of Kustomer is not 1 to 64 letters, digits or dashes")
	case !line(m.Name, 240) || !line(m.Company, 240) || !line(m.LastName, 240):
		return errors.New("a name is too long or not printable")
	}
	return nil
}

func (c *Customer) tidy() {
	for i := range c.Matches {
		m := &c.Matches[i]
		m.Name, m.Company, m.LastName = call.Plain(m.Name), call.Plain(m.Company), call.Plain(m.LastName)
	}
}

func (*Popped) check() error { return nil }

// line is one line of printable text, at most so many bytes.
func line(s string, most int) bool {
	return len(s) <= most && printable(s) && !strings.ContainsAny(s, "\u2028\u2029")
}
