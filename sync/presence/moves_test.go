package presence

import (
	"fmt"
	"time"
)

// move is one thing that may happen; those of a tab come in pairs, for the first and the second.
type move uint8

// What the environment may do. These are counted.
const (
	agentAvailable move = iota
	agentLunch
	offerMissed
	chooseAvailable
	chooseUnavailable
	callStarts
	callEnds
	wrapUpEnds
	poll
	lineDown
	lineUp
	restart
	sleep
	lose
	lose2
	twice
	twice2
	drop
	drop2
	closeTab
	closeTab2
	openTab
	openTab2
	firstFree
)

// What arrives by itself, in any order. These are not counted.
const (
	hear     = firstFree + iota*2 // a page hears Kustomer's event
	take                          // the app takes in a widget's word
	obey                          // a widget takes in the app's word
	carryOut                      // Kustomer takes the call
	capture                       // Kustomer answers a read
	readDone                      // the answer reaches the widget
	join                          // a widget connects
	waited                        // the hub waits for no word any longer
	quiet                         // nothing happens for longer than an echo takes
	noMove
)

func (m move) String() string {
	names := []string{
		"the agent sets Available in Kustomer", "the agent sets Lunch in Kustomer", "Kustomer makes the agent Unavailable", "the agent chooses Available in Sidetone",
		"the agent chooses Unavailable in Sidetone", "a call starts", "the call ends", "the wrap-up is over", "the widget begins a poll", "the line goes down",
		"the line is back", "Sidetone restarts", "the computer sleeps", "an event to %d is lost", "", "an event to %d comes twice", "",
		"the connection of %d drops", "", "tab %d is closed", "", "tab %d is opened", "",
	}
	if m < firstFree {
		if names[m] == "" {
			return fmt.Sprintf(names[m-1], 2)
		}
		if m >= lose {
			return fmt.Sprintf(names[m], 1)
		}
		return names[m]
	}
	if m == quiet {
		return "a while passes"
	}
	free := []string{
		"page %d hears Kustomer", "the app takes in a word of %d", "widget %d takes in the app's word", "Kustomer is called by %d",
		"Kustomer answers a read of %d", "widget %d has read", "widget %d connects", "the hub waits no longer for %d",
	}
	return fmt.Sprintf("  "+free[(m-firstFree)/2], (m-firstFree)%2+1)
}

// free lists what may arrive now.
func (w *world) free(out []move) []move {
	for i := range w.tabs {
		t, n := &w.tabs[i], move(i)
		add := func(ok bool, m move) {
			if ok {
				out = append(out, m+n)
			}
		}
		add(len(t.heard) > 0, hear)
		add(len(t.out) > 0, take)
		add(len(t.in) > 0 && (t.call.rev == 0 || t.in[0].rev <= t.done), obey)
		add(t.call.rev > 0, carryOut)
		add(t.read.how != "" && !t.read.captured && t.call.rev == 0, capture)
		add(t.read.how != "" && t.read.captured && (w.set.late || len(t.heard) == 0), readDone) // events are faster
		add(t.open && !t.conn, join)
		add(w.set.blind && t.conn && i == w.lead && !w.told, waited)
	}
	return out
}

// may reports whether the environment can do m now.
func (w *world) may(m move) bool {
	switch m {
	case agentAvailable:
		return w.kus.val != kAvailable && w.somewhere()
	case agentLunch:
		return w.kus.val != kLunch && w.somewhere()
	case offerMissed:
		return w.kus.val == kAvailable
	case callStarts:
		return !w.s.Busy
	case callEnds:
		return w.s.Busy
	case wrapUpEnds:
		return w.s.Wrap.on()
	case poll:
		return w.canPoll()
	case lineDown:
		return !w.s.Down.on()
	case lineUp:
		return w.s.Down.on()
	case lose, lose2, twice, twice2:
		t := &w.tabs[(m-lose)%2]
		return len(t.heard) > 0 && t.conn
	case drop, drop2:
		return w.tabs[m-drop].conn
	case closeTab, closeTab2:
		return w.tabs[m-closeTab].open
	case openTab, openTab2:
		return !w.tabs[m-openTab].open
	}
	return true
}

// somewhere reports whether there is a page to choose a status in, and room for the event.
func (w *world) somewhere() bool {
	open := false
	for i := range w.tabs {
		open = open || w.tabs[i].open
		if len(w.tabs[i].heard) >= w.set.events {
			return false
		}
	}
	return open
}

func (w *world) canPoll() bool {
	if w.lead < 0 || w.set.blind {
		return false
	}
	t := &w.tabs[w.lead]
	return w.told && t.lead && t.read.how == "" && t.call.rev == 0
}

// do carries out a move and returns what it breaks.
func (w *world) do(m move) error {
	if m == quiet {
		w.rested()
		return nil
	}
	if m >= firstFree {
		return w.arrive((m-firstFree)/2*2+firstFree, int(m-firstFree)%2)
	}
	w.burst, w.sofar = w.burst+1, w.sofar+1
	if w.set.lossy || m <= offerMissed {
		w.tokens = min(w.tokens+1, 3)
	}
	switch m {
	case agentAvailable:
		w.agent(kAvailable)
	case agentLunch:
		w.agent(kLunch)
	case offerMissed:
		w.agent(kUnavailable)
	case chooseAvailable:
		return w.choose(Available)
	case chooseUnavailable:
		return w.choose(Unavailable)
	case callStarts:
		return w.happens(Calls{On: true})
	case callEnds:
		return w.happens(Calls{Outcome: AnsweredIn})
	case wrapUpEnds:
		w.now = later(w.now, w.s.Wrap.Until)
		return w.happens(Tick{})
	case poll:
		t := &w.tabs[w.lead]
		t.read = reading{how: Polled, after: max(t.known, t.done)}
	case lineDown:
		return w.happens(Reachable{Why: "The server does not answer."})
	case lineUp:
		return w.happens(Reachable{OK: true})
	case restart:
		return w.restart()
	case sleep:
		return w.sleep()
	}
	w.disturb(m)
	return nil
}

// rested lets a while pass in which nothing happens; a wrap-up goes on, as the agent may extend it.
func (w *world) rested() {
	w.now, w.burst = w.now.Add(echoWindow+time.Second), 0
	w.s.pushes = w.s.alive(w.now)
	if w.s.Wrap.on() {
		w.s.Wrap = Wrap{Since: w.now, Until: w.now.Add(time.Second)}
	}
	w.settled()
}

// disturb is what happens to words and tabs.
func (w *world) disturb(m move) {
	switch m {
	case lose, lose2:
		t := &w.tabs[m-lose]
		t.heard, w.blurred = t.heard[1:], true
	case twice, twice2:
		t := &w.tabs[m-twice]
		t.heard = add(t.heard[:1], t.heard...)
	case drop, drop2:
		w.cut(int(m - drop))
	case closeTab, closeTab2:
		w.closeTab(int(m - closeTab))
	case openTab, openTab2:
		w.tabs[m-openTab].open = true
	}
}

func (w *world) restart() error {
	rev := w.s.Want.Rev
	if w.s = Start(w.now, w.s.Memory()); w.s.Want.Rev > rev {
		w.wished()
	}
	for i := range w.tabs {
		w.cut(i)
	}
	return w.happens(w.set.rules)
}

// sleep stops everything: connections drop, events are missed, and a long time passes.
func (w *world) sleep() error {
	for i := range w.tabs {
		w.cut(i)
		w.tabs[i].heard, w.tabs[i].slow = nil, w.tabs[i].call.rev > 0
	}
	w.now = w.now.Add(time.Hour)
	return w.happens(Tick{})
}

func (w *world) arrive(m move, i int) error {
	t := &w.tabs[i]
	switch m {
	case hear:
		e := t.heard[0]
		t.heard = t.heard[1:]
		t.read.stale = true
		if t.conn && t.lead {
			t.out = add(t.out, report{w: e, how: Changed})
		}
	case take:
		return w.take(i)
	case obey:
		return w.obey(i)
	case carryOut:
		return w.carryOut(i)
	case capture:
		t.read.captured, t.read.w = true, w.kus
	case readDone:
		r := t.read
		t.read = reading{}
		if r.stale {
			t.read = reading{how: r.how, after: max(t.known, t.done)}
		} else if t.conn {
			t.out = add(t.out, report{w: r.w, how: r.how, after: r.after})
			w.blurred = w.blurred || len(t.heard) > 0
		}
	case join:
		w.connect(i)
	case waited:
		w.told = true
		w.tell()
	}
	return nil
}
