package main

import (
	"errors"
	"fmt"
	"strings"

	"sidetone/internal/control"
	"sidetone/internal/customer"
	"sidetone/internal/phone"
	"sidetone/sync/calllog"
)

// customerRequest is what concerns a call's customer and its note, if the verb does.
func customerRequest(req control.Request, verb string, words []string) (control.Request, bool, error) {
	takes := map[string]int{"open": 0, "create": 0, "choose": 1, "note": 1, "disposition": 1}
	want, ours := takes[verb]
	switch {
	case verb == "log":
		req, err := logRequest(req, words)
		return req, true, err
	case !ours:
		return req, false, nil
	case len(words) != want:
		return req, true, miscounted(verb)
	case verb == "choose":
		req.Customer = words[0]
	case want == 1:
		req.Text = words[0]
	}
	req.Do = phone.Verb(verb)
	return req, true, nil
}

// logRequest is what concerns the calls that go into Kustomer.
func logRequest(req control.Request, words []string) (control.Request, error) {
	switch {
	case len(words) == 0:
		req.Do = control.Log
	case words[0] == "retry" && len(words) <= 2:
		req.Do = phone.Retry
		if len(words) == 2 {
			req.Call = callID(words[1])
		}
	case words[0] == "assign" && len(words) == 3:
		req.Do, req.Call, req.Customer = phone.Choose, callID(words[1]), words[2]
	case words[0] == "create" && len(words) == 2:
		req.Do, req.Call = phone.Create, callID(words[1])
	default:
		return req, errors.New("write: sidetonectl log, log retry [CALL], log assign CALL CUSTOMER or log create CALL")
	}
	return req, nil
}

// callers is a line for each customer who has a call's number, with the ID that choose takes, or one that says why there is none.
func callers(l customer.Lookup) string {
	if len(l.Matches) == 0 {
		return strings.TrimRight(fmt.Sprintf("  customer of %s: %s  %s", l.Call, l.State, plain(l.Why)), " ") + "\n"
	}
	var b strings.Builder
	for _, m := range l.Matches {
		sign := " "
		if m.ID == l.Chosen {
			sign = "*"
		}
		fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf("  customer%s %s  %s  %s  %s", sign, m.ID, plain(m.Name), plain(m.Company), plain(m.Last.Name)), " "))
	}
	return b.String()
}

// outbox prints the calls that go into Kustomer, newest first.
func (p printer) outbox(entries []calllog.Entry) {
	if p.json {
		p.object(map[string]any{"log": entries})
		return
	}
	if len(entries) == 0 {
		fmt.Fprintln(p.out, "no calls")
	}
	for _, e := range entries {
		line := fmt.Sprintf("%s  %s  %-7s  %s", e.Call, e.CreatedAt.Local().Format("2006-01-02 15:04"), e.State, plain(e.Summary()))
		if why := e.Why(); why != "" {
			line += "  (" + strings.TrimSuffix(why, ".") + ")"
		}
		fmt.Fprintln(p.out, line)
		p.nobody(e)
	}
}

// nobody says what can be done about a call of no one customer.
func (p printer) nobody(e calllog.Entry) {
	if e.State != calllog.Nobody {
		return
	}
	for _, c := range e.Candidates {
		fmt.Fprintln(p.out, strings.TrimRight(fmt.Sprintf("  customer %s  %s", c.ID, plain(c.Name)), " "))
	}
	if len(e.Candidates) == 0 && e.Number != "" {
		fmt.Fprintf(p.out, "  write sidetonectl log create %s, or\n", e.Call)
	}
	fmt.Fprintf(p.out, "  write sidetonectl log assign %s CUSTOMER\n", e.Call)
}

// waiting says how many calls Kustomer does not have, on one line; nothing if it has all.
func (p printer) waiting(v calllog.View) {
	var parts []string
	for _, n := range []struct {
		count int
		what  string
	}{{v.Waiting, "waiting for Kustomer"}, {v.Refused, "refused by Kustomer"}, {v.Nobody, "of nobody in Kustomer"}} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.what))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(p.out, "  calls %s: sidetonectl log\n", strings.Join(parts, ", "))
	}
}
