package main

const engine = "./sync/presence"

// status is every rule of the status engine.
func status() []mutant {
	return slicesOf(echoes(), overruns(), reads(), hearing(), news(), choices(), pushes(), calls(), memories(), covers())
}

// echoes is what tells an echo from a choice.
func echoes() []mutant {
	f := "sync/presence/report.go"
	return []mutant{
		{"status: a read older than a push", f, `if e.After < s.Want.Called {`, `if e.After < 0*s.Want.Called {`, engine, ""},
		{"status: a read tells which pushes were called", f, `		s = applied(s, e.After, false, now)
`, ``, engine, ""},
		{"status: the first word is no choice", f, `if s.believed == "" && s.echo(e) < 0 && s.doubtful(e) < 0 {`, `if s.believed == "" && s.echo(e) < -1 {`, engine, ""},
		{"status: the first word may be our own push", f, ` && s.echo(e) < 0 && s.doubtful(e) < 0 {`, ` {`, engine, ""},
		{"status: an echo is known", f, `if i := s.echo(e); i >= 0 {`, `if i := s.echo(e); i >= 99 {`, engine, ""},
		{"status: an echo is of a push that was called", f, `func(p push) bool { return p.called && p.fits(e) })
}

// fits`, `func(p push) bool { return p.fits(e) })
}

// fits`, engine, ""},
		{"status: an own status is no echo", f, `p.kind == e.Status.Kustomer() && !e.other(p.ref) && (`, `p.kind == e.Status.Kustomer() && (`, engine, ""},
		{"status: an echo comes once", f, ` && (!p.seen || p.shown == e.Ref || e.System)`, ``, engine, ""},
		{"status: an echo takes the older ones along", f, `	s.pushes = s.pushes[i:] // Kustomer is past those before it
`, `	newest, i = newest-i, 0
`, engine, ""},
		{"status: an echo after its read is no news", f, `	if p.read {
		return s, ""
	}
`, ``, engine, ""},
		{"status: an older push's echo changes nothing", f, `if p.seen || i < newest {`, `if p.seen {`, engine, ""},
		{"status: a widget that reads is waited for", f, `	if s.reads {
		return s, "" // a read follows: more may be on its way
	}
`, ``, engine, ""},
	}
}

// overruns is what follows when a push overran a choice.
func overruns() []mutant {
	f := "sync/presence/report.go"
	return []mutant{
		{"status: only a crossed choice is put back", f, `case s.open(), !p.crossed && kind(s) == p.kind:`, `case s.open():`, engine, ""},
		{"status: nothing is put back before a newer push", f, `case s.open(), !p.crossed && kind(s) == p.kind:`, `case !p.crossed && kind(s) == p.kind:`, engine, ""},
		{"status: a choice here stands", f, `case p.crossed && p.manual.made() && s.Chosen.By == InKustomer:`, `case p.crossed && !p.manual.made() && p.manual.made():`, engine, ""},
		{"status: a call covers again", f, `case s.Busy && s.Override && p.kind == string(Busy):`, `case s.Busy && s.Override && p.kind == "":`, engine, ""},
		{"status: a phone out of reach covers again", f, `case s.Down.Ignored && !s.Busy && p.cover == byDown:`, `case s.Down.Ignored && s.Busy && p.cover == byDown:`, engine, ""},
		{"status: an overrun choice is put back", f, `	return s, PutBack
`, `	return s, ""
`, engine, ""},
	}
}

// reads is what a read of the work session tells.
func reads() []mutant {
	f := "sync/presence/report.go"
	return []mutant{
		{"status: what is read is believed", f, `	case p.fits(e):
		s.believed = k
`, `	case p.fits(e):
`, engine, ""},
		{"status: an ignored push is no choice", f, `case !p.seen && e.Took < p.rev && s.ignoredBy(i, e, before):`, `case p.seen && s.ignoredBy(i, e, before):`, engine, ""},
		{"status: an echo that has come is not ignored", f, `case !p.seen && e.Took < p.rev && s.ignoredBy(i, e, before):`, `case e.Took < p.rev && s.ignoredBy(i, e, before):`, engine, ""},
		{"status: a push that was seen taken is not ignored", f, `case !p.seen && e.Took < p.rev && s.ignoredBy(i, e, before):`, `case !p.seen && s.ignoredBy(i, e, before):`, engine, ""},
		{"status: ignored is said", f, `			s = s.settle(Ignored)
`, `			s = s.settle(Confirmed)
`, engine, ""},
	}
}

// news is what a report tells that is no echo.
func news() []mutant {
	f := "sync/presence/report.go"
	return []mutant{
		{"status: a new name is a choice", f, `return e.other(before.Ref) && before.Ref != "" }`, `return e.other(before.Ref) && before.Ref == "?" }`, engine, ""},
		{"status: what is known is no news", f, `if k == s.believed && !e.renames(before) {`, `if k == s.believed && k == "" {`, engine, ""},
		{"status: echoes keep their order", f, `s.pushes = s.without(func(p push) bool { return p.seen && p.called })`, `s.pushes = s.without(func(p push) bool { return p.seen && !p.called })`, engine, ""},
		{"status: what is wanted may be there already", f, `if there && !e.other(s.Want.Ref) {`, `if there && e.other(s.Want.Ref) {`, engine, ""},
		{"status: not while another push may come", f, ` && s.alone()
	if k`, `
	if k`, engine, ""},
		{"status: a push in doubt explains a report", f, `if i := s.doubtful(e); i >= 0 {`, `if i := s.doubtful(e); i >= 99 {`, engine, ""},
		{"status: the open wish is not in doubt", f, `!p.called && !p.seen && (p.rev != s.Want.Rev || !s.open()) && p.fits(e)`, `!p.called && !p.seen && p.fits(e)`, engine, ""},
		{"status: a push crossed by a choice", f, `p.crossed, p.read, p.before = true, `, `p.crossed, p.read, p.before = false, `, engine, ""},
	}
}

// choices is what the agent's choice in Kustomer, or the first word, does.
func choices() []mutant {
	f := "sync/presence/report.go"
	return []mutant{
		{"status: a choice ends the wish", f, `	if s.Want.Rev > 0 {
		s = s.settle(Moot)
	}
`, ``, engine, ""},
		{"status: busy in a wrap-up is no choice", f, `	case s.cover() == byWrapUp && k == kind(s) && !e.custom():
		return s, "" // a wrap-up makes busy: that is no choice
`, ``, engine, ""},
		{"status: busy ends the choice during a call", f, `	case s.Busy && k == string(Busy):
		s.Override = false // a call makes busy: that is no choice to stay so
		return s, Lifted
`, ``, engine, ""},
		{"status: a choice in Kustomer beats what was picked", f, `s.Next, s.Wrap, s.Override, s.Down.Ignored = Choice{}, Wrap{}, s.Busy, s.Down.on()`, `s.Wrap, s.Override, s.Down.Ignored = Wrap{}, s.Busy, s.Down.on()`, engine, ""},
		{"status: a choice in Kustomer beats the call", f, `= Choice{}, Wrap{}, s.Busy, s.Down.on()`, `= Choice{}, Wrap{}, false, s.Down.on()`, engine, ""},
		{"status: a choice in Kustomer beats a phone out of reach", f, `= Choice{}, Wrap{}, s.Busy, s.Down.on()`, `= Choice{}, Wrap{}, s.Busy, false`, engine, ""},
		{"status: a choice in Kustomer ends the wrap-up", f, `s.Next, s.Wrap, s.Override, s.Down.Ignored = Choice{}, Wrap{}, s.Busy, s.Down.on()`, `s.Next, s.Override, s.Down.Ignored = Choice{}, s.Busy, s.Down.on()`, engine, ""},
		{"status: the first word leaves a choice here", f, `if s.Chosen.By == AtStart && !(`, `if !(`, engine, ""},
		{"status: the first word may be a cover of before", f, `if s.Chosen.By == AtStart && !(s.cover() != byNothing && s.believed == kind(s)) {`, `if s.Chosen.By == AtStart {`, engine, ""},
	}
}

// hearing is what becomes of the pushes when Kustomer is heard.
func hearing() []mutant {
	f := "sync/presence/report.go"
	return []mutant{
		{"status: a restart that finds Kustomer right", f, `		} else if s.open() && s.Want.Status == k && len(s.pushes) == i+2 {
			s = s.settle(Confirmed) // after a restart: the push of before did not leave, and Kustomer is right as it is
		}
`, `		}
`, engine, ""},
		{"status: old pushes explain only what is found", f, `return how != Found && !p.recent(now) && !s.waits(p)`, `return !p.recent(now) && !s.waits(p)`, engine, ""},
		{"status: found, not heard later", f, `return how != Found && !p.recent(now) && !s.waits(p)`, `return how == "" && p.rev == 0 && !s.waits(p) && !p.recent(now)`, engine, ""},
		{"status: a read tells of all before it", f, `s.pushes[i].past = s.pushes[i].past || how.read() || !s.reads`, `s.pushes[i].past = s.pushes[i].past || !s.reads`, engine, ""},
		{"status: an event does not", f, `s.pushes[i].past = s.pushes[i].past || how.read() || !s.reads`, `s.pushes[i].past = true`, engine, ""},
		{"status: a widget that begins knows nothing of the one before", f, `	if how == Found {
		return s
	}
	s.pushes`, `	s.pushes`, engine, ""},
		{"status: a push that changed nothing has no echo", f, `p.seen || p.before == p.kind || `, `p.seen || `, engine, ""},
		{"status: nothing is left of what was not taken", f, ` || !p.recent(now) || !taken`, ` || !p.recent(now)`, engine, ""},
		{"status: what was not taken may come", f, `return p.called && silent && !waits`, `return p.called && silent && (waits || !waits)`, engine, ""},
		{"status: a crossed push that is not taken", f, `p.read && e.How.read(), k`, `p.read && e.How.read(), p.before`, engine, ""},
		{"status: what was before an earlier push", f, `slices.ContainsFunc(s.pushes[:i+1], was)`, `slices.ContainsFunc(s.pushes[i:i+1], was)`, engine, ""},
		{"status: a late event puts a read in doubt", f, `p.read && e.How.read(), k`, `p.read, k`, engine, ""},
		{"status: a name comes with the choice", f, `		return relabel(s, e), ""
`, `		return s, ""
`, engine, ""},
	}
}

// pushes is when Kustomer is told, and how long a push is remembered.
func pushes() []mutant {
	f := "sync/presence/push.go"
	return []mutant{
		{"status: no push where Kustomer is there", f, `case !s.open() && there:`, `case !s.open() && there && k == "":`, engine, ""},
		{"status: no second wish for the same", f, `case s.open() && s.Want.Status == k && s.Want.Ref == ref:`, `case s.open() && s.Want.Status == k && s.Want.Ref == "?":`, engine, ""},
		{"status: an open wish may be replaced by what was", f, `case !s.open() && there:`, `case there:`, engine, ""},
		{"status: what was ignored is over", f, `			s = s.settle(Moot)
			s.pushes`, `			s.pushes`, engine, ""},
		{"status: what was ignored is in no doubt", f, `			s.pushes = s.without(func(p push) bool { return p.rev == s.Want.Rev })
`, ``, engine, ""},
		{"status: a push outlives its window until it is heard of", f, `p.recent(now) || !p.past && !p.among(out) || s.waits(p)`, `p.recent(now) || s.waits(p)`, engine, ""},
		{"status: one push in doubt of a kind", f, ` && !p.among(out) `, ` `, engine, ""},
		{"status: an older word of a call", f, `if rev > s.Want.Called {`, `if rev > 0 {`, engine, ""},
		{"status: a call is told of once", f, `		s.Want.Called = max(s.Want.Called, rev)
		return s
`, ``, engine, ""},
		{"status: a push is forgotten", f, `if p.recent(now) || !p.past`, `if p.called || p.recent(now) || !p.past`, engine, ""},
		{"status: a wish waits for its widget", f, `			p.at, p.past = now, false // until now`, `			p.past = false // until now`, engine, ""},
		{"status: a push that is read back late", f, `s.Want.Verdict == Sent || s.Want.Verdict == Ignored &&`, `s.Want.Verdict == Ignored &&`, engine, ""},
		{"status: an ignored push that comes late", f, ` || s.Want.Verdict == Ignored && s.Want.Status == kind(s))`, `)`, engine, ""},
		{"status: only while it is wanted", f, ` || s.Want.Verdict == Ignored && s.Want.Status == kind(s))`, ` || s.Want.Verdict == Ignored)`, engine, ""},
	}
}

// calls is what the word of a call does.
func calls() []mutant {
	f := "sync/presence/push.go"
	return []mutant{
		{"status: Kustomer is believed once called", f, `s.Want.Called, s.believed = rev, p.kind`, `s.Want.Called = rev`, engine, ""},
		{"status: a wish is carried out once", f, `s.Want.Done, s.Want.Verdict = true, Sent`, `s.Want.Verdict = Sent`, engine, ""},
		{"status: what is called is told to all", f, `s.Want.Called, s.believed = rev, p.kind`, `s.believed = p.kind`, engine, ""},
		{"status: a refused push moved nothing", f, `		s.believed = s.pushes[i].before
	}
	return s`, `		s.believed = s.pushes[i].kind
	}
	return s`, engine, ""},
		{"status: a late refusal says nothing", f, ` || s.Want.Verdict == Confirmed || s.Want.Verdict == Moot {`, ` {`, engine, ""},
	}
}

// memories is what outlives the program.
func memories() []mutant {
	m := "sync/presence/memory.go"
	return []mutant{
		{"status: a push under way is remembered", m, `if !p.seen && !p.read && !known {`, `if p.seen && !known {`, engine, ""},
		{"status: a push that is over is not remembered", m, `if !p.seen && !p.read && !known {`, `if !p.read && !known {`, engine, ""},
		{"status: where Kustomer was is remembered", m, `		m.Kustomer = doubts[i].before
`, `		m.Kustomer = doubts[i].kind
`, engine, ""},
		{"status: a restart puts back", m, `		s = newWish(s, "", "", now)
`, ``, engine, ""},
		{"status: a restart that finds all well is silent", m, `if moved || m.Kustomer != kind(s) && (m.Kustomer != "" || m.Pending != "") {`, `if moved || m.Kustomer != "" {`, engine, ""},
		{"status: a restart ends the wrap-up in time", m, `if s.Wrap.on() && !now.Before(s.Wrap.Until) {`, `if s.Wrap.on() {`, engine, ""},
		{"status: a restart knows the name of the status", m, `s.believed, s.Kustomer.Ref = m.Kustomer, m.Ref`, `s.believed = m.Kustomer`, engine, ""},
	}
}

// covers is what stands before the agent's choice, and what is a decision.
func covers() []mutant {
	c, p := "sync/presence/covers.go", "sync/presence/presence.go"
	return []mutant{
		{"status: the choice here waits for the call", c, `	if s.cover() == byCall {
		s.Next = c
		return s, ""
	}
`, ``, engine, ""},
		{"status: a choice here beats a phone out of reach", c, `	s.Down.Ignored = s.Down.on()
	return s, ChoseHere`, `	return s, ChoseHere`, engine, ""},
		{"status: an agent who is offline is not signed in", c, `case s.Down.on() && !s.Down.Ignored && s.Chosen.Status == Available:`, `case s.Down.on() && !s.Down.Ignored:`, engine, ""},
		{"status: no wrap-up for who is not there", c, `	case s.Chosen.Status != Available:
		return s, "" // nobody was waiting for this call
`, ``, engine, ""},
		{"status: no wrap-up over the agent's choice", c, `d > 0 && !overridden {`, `d > 0 && (overridden || !overridden) {`, engine, ""},
		{"status: only what changes is pushed", p, `cause.ours() && kind(was) != kind(s):`, `cause.ours():`, engine, ""},
	}
}
