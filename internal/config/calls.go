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
			return at(fmt.Errorf("calls.%s is %q: %w", f.key, f.text, err), "calls", f.key)
		}
	}
	if _, err := c.After(); err != nil {
		return at(err, "calls", "no_answer_after")
	}
	return nil
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
			err = fmt.Errorf("colleague.number is %q: %w", c.Number, err)
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
