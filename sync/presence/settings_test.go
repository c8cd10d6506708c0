package presence

import "time"

// settings are the worlds that are explored: each adds to calls and choices one kind of trouble, and the last has them all.
func settings() []*setting {
	wrap := Rules{AnsweredIn: time.Second}
	calls, choices := []move{callStarts, callEnds}, []move{agentAvailable, agentLunch, chooseAvailable, chooseUnavailable}
	people := add(calls, choices...)
	with := func(more ...move) []move { return add(people, more...) }
	all := with(offerMissed, wrapUpEnds, poll, lineDown, lineUp, restart, sleep, lose, lose2, twice, twice2, drop, drop2, closeTab, closeTab2, openTab, openTab2)
	return []*setting{
		{name: "calls only", env: add(calls, poll, wrapUpEnds), burst: 4, events: 4, single: true, rules: wrap},
		{name: "agent on both sides", env: add(choices, poll), burst: 3, events: 3, single: true},
		{name: "agent and calls", env: with(poll), burst: 2, longer: 1, events: 3, single: true},
		{name: "two tabs", big: true, env: people, burst: 2, events: 2},
		{name: "wrap-up, unreachable, missed offers", big: true, env: with(wrapUpEnds, lineDown, lineUp, offerMissed), burst: 2, events: 3, rules: wrap, single: true},
		{name: "drops and reconnects", big: true, env: with(drop, closeTab, openTab), burst: 2, events: 2, lossy: true, single: true},
		{name: "drops, two tabs", big: true, env: with(drop, drop2, closeTab, closeTab2, openTab, openTab2), burst: 2, events: 2, lossy: true},
		{name: "nobody there at first", big: true, env: with(restart, drop), burst: 2, longer: 1, events: 2, lossy: true, idle: true, single: true},
		{name: "restarts", env: with(restart, wrapUpEnds), burst: 2, longer: 1, events: 2, rules: wrap, lossy: true, single: true},
		{name: "sleep", big: true, env: with(sleep, wrapUpEnds, lineDown, lineUp), burst: 2, events: 2, rules: wrap, lossy: true, single: true},
		{name: "restarts and sleep, two tabs", big: true, env: with(restart, sleep, wrapUpEnds), burst: 2, events: 2, rules: wrap, lossy: true},
		{name: "lost and repeated words", big: true, env: with(lose, twice, poll), burst: 2, longer: 1, events: 3, lossy: true, single: true},
		{name: "widgets that may not read", big: true, env: with(twice), burst: 3, events: 3, blind: true, single: true},
		{name: "Kustomer ignores busy", env: with(poll, wrapUpEnds), burst: 2, longer: 1, events: 2, deaf: "busy", rules: wrap, single: true},
		{name: "Kustomer takes busy only", env: with(poll), burst: 2, longer: 1, events: 2, deaf: "available", single: true},
		{name: "Kustomer refuses, and says so", env: with(poll), burst: 2, longer: 1, events: 2, deaf: "all", frank: true, single: true},
		{name: "events later than reads", big: true, env: with(poll), burst: 2, longer: 1, events: 3, late: true, lossy: true, single: true},
		{name: "everything", big: true, env: all, burst: 2, events: 2, lossy: true, rules: wrap},
	}
}
