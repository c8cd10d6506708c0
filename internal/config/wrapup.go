package config

import (
	"cmp"
	"fmt"
	"time"
)

// WrapUp is the [wrap_up] table: how long an agent stays in wrap-up after a call, by how the call ended, written as "30s", "2m"
// or "off".
type WrapUp struct {
	Incoming string `toml:"incoming"` // after an incoming call that was talked on: 30 s
	Outgoing string `toml:"outgoing"` // after an outgoing one: 30 s
	Missed   string `toml:"missed"`   // after a call that nobody took: off
	Declined string `toml:"declined"` // after one the agent turned away: off
	Failed   string `toml:"failed"`   // after an outgoing call that came to nothing: off
	Longest  string `toml:"longest"`  // of one wrap-up with all that was added: 10 minutes
}

// WrapUpTimes are the times of a WrapUp; 0 is off.
type WrapUpTimes struct {
	Incoming, Outgoing, Missed, Declined, Failed, Longest time.Duration
}

// wrapUpMost bounds each of them: a mistyped time must not keep an agent away for a day.
const wrapUpMost = 2 * time.Hour

// Times reads the table, with the defaults in place. It fails where Check does.
func (w WrapUp) Times() (WrapUpTimes, error) {
	var t WrapUpTimes
	for _, f := range w.fields(&t) {
		d, err := wrapUpTime(cmp.Or(f.text, f.usual))
		if err != nil || f.key == "longest" && d == 0 {
			return t, at(fmt.Errorf("wrap_up.%s is %q: write it as 30s or 2m, two hours at most, or off", f.key, f.text), "wrap_up", f.key)
		}
		*f.into = d
	}
	for _, f := range w.fields(&t) {
		if *f.into > t.Longest {
			key := f.key
			if f.text == "" {
				key = "longest" // it is its own value that cannot be
			}
			return t, at(fmt.Errorf("wrap_up.%s is %s, more than wrap_up.longest, which is %s: shorten it, or raise longest", f.key, cmp.Or(f.text, f.usual), cmp.Or(w.Longest, "10m")), "wrap_up", key)
		}
	}
	return t, nil
}

type wrapUpField struct {
	key, text, usual string
	into             *time.Duration
}

func (w WrapUp) fields(t *WrapUpTimes) []wrapUpField {
	return []wrapUpField{
		{"incoming", w.Incoming, "30s", &t.Incoming}, {"outgoing", w.Outgoing, "30s", &t.Outgoing}, {"missed", w.Missed, "off", &t.Missed},
		{"declined", w.Declined, "off", &t.Declined}, {"failed", w.Failed, "off", &t.Failed}, {"longest", w.Longest, "10m", &t.Longest},
	}
}

func wrapUpTime(s string) (time.Duration, error) {
	if s == "off" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err == nil && (d < time.Second || d > wrapUpMost) {
		err = fmt.Errorf("%s is out of range", d)
	}
	return d, err
}
