package phone

import (
	"errors"

	"sidetone/internal/call"
	"sidetone/internal/customer"
	"sidetone/internal/number"
)

// What bears on the customers of the calls and comes from outside; see package customer.
type (
	// PopRule says when a known caller is opened in Kustomer by itself.
	PopRule customer.Rule
	// CustomerFound is what the widget that speaks found out about a call's number.
	CustomerFound customer.Answer
	// Popped says whether a widget opened the customer of the wish N.
	Popped struct {
		N  uint64
		OK bool
	}
)

func (PopRule) report()       {}
func (CustomerFound) report() {}
func (Popped) report()        {}

// Customer returns what is known of a call's other side.
func (s Snapshot) Customer(id call.ID) (customer.Lookup, bool) {
	for _, l := range s.Customers {
		if l.Call == string(id) {
			return l, true
		}
	}
	return customer.Lookup{}, false
}

// Who is a call's other side as every front end writes it: the customer's name where Kustomer knows one, else the network's.
func (s Snapshot) Who(c call.Call) (name, number string) {
	name, number = c.Remote.Shown()
	if l, ok := s.Customer(c.ID); ok {
		if m, ok := l.Match(); ok && m.Name != "" {
			name = m.Name
		}
	}
	return name, number
}

// known is a call's other side with the customer's name where the network gave none: the history finds it by it.
func (p *Phone) known(c call.Call) call.Party {
	if name, _ := c.Remote.Shown(); name != "" {
		return c.Remote
	}
	if l, ok := p.state.desk.Of(string(c.ID)); ok {
		if m, ok := l.Match(); ok {
			c.Remote.Name = m.Name
		}
	}
	return c.Remote
}

// recognize asks who calls, where the network tells a number of the public network: an extension is no customer's.
func (p *Phone) recognize(c call.Call) {
	if n := p.e164(c); n != "" {
		p.state.desk.Begin(string(c.ID), n, true)
	}
}

// e164 is the number of a call as the network wrote it, "" if it is none of the public network.
func (p *Phone) e164(c call.Call) string {
	n, err := number.Read(c.Remote.Number, number.Agent, p.state.dialling.rules.Rules)
	if err != nil {
		return ""
	}
	return n.E164
}

// keepCustomers forgets the customers of calls that are over and wrapped up.
func (p *Phone) keepCustomers() {
	last, wrapped := p.state.last, p.state.wrapped
	p.state.desk.Keep(func(id string) bool {
		return p.index(call.ID(id)) >= 0 || last != nil && string(last.ID) == id && p.wrapping() || wrapped != nil && string(wrapped.ID) == id
	})
}

// found takes what a widget says of a number. The call may be over and wait for its customer.
func (p *Phone) found(a customer.Answer) {
	p.state.desk.Heard(a)
	if l, ok := p.state.desk.Of(a.Call); ok && l.Chosen != "" {
		if e, ok := p.state.log.Suggest(call.ID(a.Call), l.Chosen); ok { // one on its way already is looked up by the widget
			p.keep(e)
		}
	}
}

// onCustomer carries out what the agent asks about a call's customer.
func (p *Phone) onCustomer(c Command) (call.ID, error) {
	id := c.Call
	if list := p.state.desk.Lookups(); id == "" && len(list) > 0 {
		id = call.ID(list[len(list)-1].Call) // the call of now, or the one being wrapped up
	}
	if id == "" {
		return "", noCall(c.Do)
	}
	var err error
	switch c.Do {
	case Open:
		err = p.state.desk.Open(string(id))
	case Choose:
		return id, p.choose(id, c.Customer)
	case Create:
		return id, p.create(id)
	}
	switch {
	case errors.Is(err, customer.ErrNoLookup):
		return "", refuse(CodeNoCall, "%s.", sentence(err))
	case err != nil:
		return "", refuse(CodeNotNow, "%s.", sentence(err))
	}
	return id, nil
}

// create makes a customer of a call's other side: at once while it is looked up, else with its entry in the log.
func (p *Phone) create(id call.ID) error {
	err := p.state.desk.Create(string(id))
	if errors.Is(err, customer.ErrNoLookup) {
		e, err := p.state.log.Create(id)
		if err == nil {
			p.keep(e)
		}
		return refusal(err)
	}
	if err != nil {
		return refuse(CodeNotNow, "%s.", sentence(err))
	}
	return nil
}

// noCall says what is missing where a command about a call names none and there is none now.
func noCall(v Verb) *Refusal {
	if v == Open {
		return refuse(CodeNoCall, "There is no call now and none is being wrapped up: a customer is opened during one of the two.")
	}
	return refuse(CodeNoCall, "There is no call now and none is being wrapped up: name a call that the log still has.")
}

// choose says which customer a call was with: one of those found, or, for a call that is in the log already, any.
func (p *Phone) choose(id call.ID, who string) error {
	if !customer.IsID(who) {
		return refuse(CodeBadCommand, "That is not the ID of a customer.")
	}
	logged, err := p.assign(id, who)
	if err != nil {
		return err
	}
	if err := p.state.desk.Choose(string(id), who); err != nil && !logged {
		return refuse(CodeNotNow, "%s.", sentence(err))
	}
	return nil
}

// popped lets the browser open what no widget could.
func (p *Phone) popped(r Popped) {
	if link := p.state.desk.Popped(r.N, r.OK); link != "" && p.ports.Browser != nil {
		p.ports.Browser.Open(link)
	}
}
