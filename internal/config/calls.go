package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/number"
)

// Calls is the [calls] table: what becomes of incoming calls that nobody takes at once.
type Calls struct {
	WhenBusy        string `toml:"when_busy"`         // a call while another is on: "wait" (default) or "turn-away"
	ForwardAlways   string `toml:"forward_always"`    // the number every call goes to
	ForwardBusy     string `toml:"forward_busy"`      // the number of calls that are turned away because another is on
	ForwardNoAnswer string `toml:"forward_no_answer"` // the number of calls that nobody answers
	NoAnswerAfter   string `toml:"no_answer_after"`   // how long they ring before that: 20 s
}

// noAnswerMost is how long a call may ring before it goes elsewhere: servers give up about then.
const noAnswerMost = time.Minute

// After is how long a call rings before it goes where ForwardNoAnswer says. It fails where Check does.
func (c Calls) After() (time.Duration, error) {
	d, err := time.ParseDuration(cmp.Or(c.NoAnswerAfter, "20s"))
	if err != nil || d < time.Second || d > noAnswerMost {
		return 0, fmt.Errorf("calls.no_answer_after is %q: write it as 20s, a minute at most", c.NoAnswerAfter)
	}
	return d, nil
}

// Target is what is dialled for one of the numbers, "" for none.
func (c Calls) Target(text string, rules number.Rules) (string, error) {
	if text == "" {
		return "", nil
	}
	n, err := number.Read(text, number.Agent, rules)
	if err == nil && n.Kind == number.Emergency {
		err = errors.New("calls are never sent to an emergency number")
	}
	return n.Dial, err
}

func (c Calls) check(rules number.Rules, accounts []call.Account) error {
	if !slices.Contains([]string{"", "wait", "turn-away"}, c.WhenBusy) {
		return at(fmt.Errorf("calls.when_busy is %q: use wait or turn-away", c.WhenBusy), "calls", "when_busy")
	}
	for _, f := range [...]struct{ key, text string }{
		{"forward_always", c.ForwardAlways}, {"forward_busy", c.ForwardBusy}, {"forward_no_answer", c.ForwardNoAnswer},
	} {
		to, err := c.Target(f.text, rules)
		if slices.ContainsFunc(accounts, func(a call.Account) bool { return a.Answers(to) }) {
			err = errors.New("it is this phone's own number, and a call that is sent there comes back")
		}
		if err != nil {
			return at(fmt.Errorf("calls.%s is %q: %s. Write the number calls go to, %s, or \"\" to forward none", f.key, f.text, unread(err), numberForms), "calls", f.key)
		}
	}
	if _, err := c.After(); err != nil {
		return at(err, "calls", "no_answer_after")
	}
	return nil
}

// numberForms are what a setting that names a number may hold.
const numberForms = "such as +12025550142 or an extension, or an address such as sip:name@example.com"

// unread says why a setting names no number. The words of package number speak to whoever dials.
func unread(err error) string {
	var no *number.Refusal
	if !errors.As(err, &no) {
		return err.Error()
	}
	switch no.Code {
	case number.CodeEmpty:
		return "there is no number in it"
	case number.CodeTooLong:
		return "it has more digits than any telephone number"
	case number.CodeTwo:
		return "there is more than one number in it"
	case number.CodeAddress:
		return "it is no whole address, or there is more than a number in it"
	case number.CodePlan:
		return "dial.plan turns it into something that cannot be dialled"
	}
	return "it cannot be read as a telephone number"
}

// Colleague is one [[colleague]] table: somebody calls are passed on to, and whose phone is watched.
type Colleague struct {
	Name   string `toml:"name"`
	Number string `toml:"number"`
}

// mostColleagues bounds them: each is a subscription at the server.
const mostColleagues = 200

func checkColleagues(list []Colleague, rules number.Rules) error {
	if len(list) > mostColleagues {
		return at(fmt.Errorf("there are %d colleagues: %d are the most", len(list), mostColleagues), "colleague")
	}
	seen := map[string]bool{}
	for i, c := range list {
		n, err := number.Read(c.Number, number.Agent, rules)
		switch {
		case err != nil:
			err = fmt.Errorf("colleague.number is %q: %s. Write the colleague's number, %s", c.Number, unread(err), numberForms)
		case seen[n.Dial]:
			err = fmt.Errorf("two colleagues have the number %s: remove one", c.Number)
		}
		if err != nil {
			return &wrong{place{i, []string{"colleague", "number"}}, err}
		}
		seen[n.Dial] = true
	}
	return nil
}
