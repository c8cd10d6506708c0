package phone

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/health"
	"sidetone/sync/calllog"
)

// What bears on the calls that go into Kustomer and comes from outside; see package calllog.
type (
	// LogRules says which calls go into Kustomer, and how.
	LogRules calllog.Rules
	// Logged says that Kustomer has a call.
	Logged struct {
		Call                            call.ID
		Try                             int
		Message, Conversation, Customer string // Kustomer's ids
	}
	// LogFailed says that a try came to nothing.
	LogFailed struct {
		Call call.ID
		Try  int
		calllog.Failure
	}
)

func (LogRules) report()  {}
func (Logged) report()    {}
func (LogFailed) report() {}

// RestoreLog gives the phone the calls that Kustomer does not have yet, oldest first. It must come before Run.
func (p *Phone) RestoreLog(entries []calllog.Entry) { p.state.log.Restore(entries) }

// logReport takes what bears on the log.
func (p *Phone) logReport(r Report, now time.Time) {
	switch r := r.(type) {
	case LogRules:
		p.state.log.Rules = calllog.Rules(r)
	case Logged:
		if e, ok := p.state.log.Logged(r.Call, r.Try, r.Message, r.Conversation, r.Customer); ok {
			p.keep(e)
		}
	case LogFailed:
		if e, ok := p.state.log.Failed(r.Call, r.Try, r.Failure, now); ok {
			p.keep(e)
		}
	}
}

// record gives an ended call to the journal, and with it what Kustomer shall have.
func (p *Phone) record(c call.Call) {
	p.state.unrecorded = append(p.state.unrecorded, c)
	if e, ok := p.state.log.Ended(c, p.facts(c)); ok {
		if e.State == calllog.Waiting {
			p.state.wrapped = &c
		}
		p.ports.Journal.Append(c, &e)
		return
	}
	p.ports.Journal.Append(c, nil)
}

// Interrupted are the calls of the last run that were on when it was killed, as they ended, and what was typed about them. They come
// once, after the rules and accounts and before any call.
type Interrupted []calllog.Begun

func (Interrupted) report() {}

// interrupted gives them to the journal as it would have any other.
func (p *Phone) interrupted(calls Interrupted) {
	for _, b := range calls {
		c := b.Call
		c.Remote = p.known(c)
		p.state.log.Resume(b.Draft)
		p.record(c)
	}
}

// begun is what was written down last of a call that is on.
type begun struct {
	answered, over bool
	draft          calllog.Draft
}

// begin writes down which calls are on, that somebody answered, what is typed about them, and that they were hung up here.
func (p *Phone) begin() {
	for _, c := range p.state.calls {
		is := begun{answered: !c.AnsweredAt.IsZero(), over: c.Phase == call.Ending, draft: p.state.log.Draft(c.ID)}
		if p.state.begun[c.ID] == is {
			continue
		}
		p.state.begun[c.ID] = is
		c.Remote = p.known(c)
		p.ports.Journal.Begin(calllog.Begun{Call: c, Draft: is.draft})
	}
	maps.DeleteFunc(p.state.begun, func(id call.ID, _ begun) bool { return p.index(id) < 0 })
}

// facts are what the log must know of a call beside the call.
func (p *Phone) facts(c call.Call) calllog.Facts {
	f := calllog.Facts{Number: p.e164(c), Wrapping: p.wrapping() || p.state.presence.Busy && !c.AnsweredAt.IsZero()}
	f.Name, _ = c.Remote.Shown()
	if l, ok := p.state.desk.Of(string(c.ID)); ok {
		f.Number, f.Customer = l.Number, l.Chosen
		if m, ok := l.Match(); ok && m.Name != "" {
			f.Name = m.Name
		}
	}
	for _, l := range p.state.lines {
		if user, _, _, err := l.AOR(); err == nil && l.ID == c.Account {
			f.Line = user
		}
	}
	return f
}

// wrapping reports whether a wrap-up is on. A call that was answered and ends while others are on is wrapped up with them: what is
// left to write of a customer's call must not be lost to a colleague's that happened to end last.
func (p *Phone) wrapping() bool { return !p.state.presence.Wrap.Until.IsZero() }

// tidy does what follows from whatever happened: calls that are over are forgotten, what is wrapped up is due in Kustomer, and
// the next one is given out.
func (p *Phone) tidy(now time.Time) {
	p.arrange(now)
	p.begin()
	p.announce()
	p.keepCustomers()
	if !p.wrapping() && !p.state.presence.Busy {
		p.state.wrapped = nil
		p.keep(p.state.log.Wrapped()...)
	}
	p.state.log.Linked(len(p.state.bridge.Widgets) > 0, now)
	if e, ok := p.state.log.Step(now); ok {
		p.keep(e)
	}
}

// keep writes entries down.
func (p *Phone) keep(entries ...calllog.Entry) {
	for _, e := range entries {
		p.ports.Journal.Keep(e)
	}
}

// draftOf is the call that can be written about now: the one that is on, else the one being wrapped up. False: there is none
// that Kustomer would have.
func (p *Phone) draftOf() (call.ID, bool) {
	if len(p.state.log.Rules.Log) == 0 {
		return "", false
	}
	if c, ok := p.subject(); ok {
		_, known := p.state.desk.Of(string(c.ID))
		return c.ID, known
	}
	if p.wrapping() {
		return p.state.log.Wrapping()
	}
	return "", false
}

// onLog carries out what the agent asks about the log.
func (p *Phone) onLog(c Command) (call.ID, error) {
	if c.Do == Retry {
		again, err := p.state.log.Retry(c.Call)
		p.keep(again...)
		return c.Call, refusal(err)
	}
	id := c.Call
	if id == "" {
		id, _ = p.draftOf()
	}
	if id == "" {
		return "", noCall(c.Do)
	}
	d := p.state.log.Draft(id)
	if c.Do == Note {
		d.Note = c.Text
	} else {
		d.Disposition = c.Text
	}
	e, ok, err := p.state.log.Write(d, p.index(id) >= 0)
	if ok {
		p.keep(e)
	}
	if errors.Is(err, calllog.ErrDisposition) {
		return id, refuse(CodeBadCommand, "%s.", p.choices(sentence(err)))
	}
	return id, refusal(err)
}

// choices is what is wrong with a disposition, and the ones there are.
func (p *Phone) choices(wrong string) string {
	if all := p.state.log.Rules.Dispositions; len(all) > 0 {
		return wrong + ": " + strings.Join(all, ", ")
	}
	return "The settings name no dispositions to choose from"
}

// assign names the customer of a call that is over, and reports whether there is such a call in the log.
func (p *Phone) assign(id call.ID, customer string) (bool, error) {
	e, err := p.state.log.Assign(id, customer)
	switch {
	case err == nil:
		p.keep(e)
	case errors.Is(err, calllog.ErrNoEntry):
		return false, nil
	}
	return true, refusal(err)
}

// refusal is an error of the log as an answer to a command.
func refusal(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, calllog.ErrNoEntry), errors.Is(err, calllog.ErrNotWaiting):
		return refuse(CodeNoCall, "%s.", sentence(err))
	case errors.Is(err, calllog.ErrUnderWay), errors.Is(err, calllog.ErrWrapping):
		return refuse(CodeNotNow, "%s.", sentence(err))
	}
	return refuse(CodeBadCommand, "%s.", sentence(err))
}

// logWarning says that calls are missing in Kustomer and what to do.
func logWarning(v calllog.View) []health.Warning {
	if v.Refused == 0 {
		return nil
	}
	text := "A call is not in Kustomer's log. "
	if v.Refused > 1 {
		text = fmt.Sprintf("%d calls are not in Kustomer's log. ", v.Refused)
	}
	return []health.Warning{health.New(health.LogRefused, text+v.Why, "Try again")}
}
