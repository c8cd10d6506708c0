package register

import (
	"fmt"
	"testing"
	"time"

	"sidetone/internal/call"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func half() float64 { return 0.5 }

// told is a state and an action in one line.
func told(s State, a Action) string {
	line := string(s.Line.State)
	if s.Line.Detail != "" {
		line += " (" + s.Line.Detail + ")"
	}
	if !s.Line.Retry.IsZero() {
		line += fmt.Sprint(" in ", s.Line.Retry.Sub(noon))
	}
	if a == nil {
		return line + ": nothing"
	}
	return fmt.Sprintf("%s: %T%v", line, a, a)
}

func TestStories(t *testing.T) {
	ok := Answered{Answer: Answer{Status: 200, Granted: 100}}
	status := func(code int) Answered { return Answered{Answer: Answer{Status: code, Text: "No."}} }
	for _, c := range []struct {
		about  string
		events []Event
		want   string
	}{
		{"the first word", []Event{Begin{}}, "registering: register.Seek{false false false}"},
		{"a way", []Event{Begin{}, Found{}}, "registering: register.Send{}"},
		{"registered: refreshed in time", []Event{Begin{}, Found{}, ok}, "ready: register.Wait{1m15s}"},
		{"the refresh", []Event{Begin{}, Found{}, ok, Begin{}}, "ready: register.Send{}"},
		{"bound for no time at all", []Event{Begin{}, Found{}, Answered{Answer: Answer{Status: 200, Text: "Ended."}}}, "unreachable (Ended.) in 2s: register.Wait{2s}"},
		{"no way, another target", []Event{Begin{}, Failed{"Bad.", true}}, "registering: register.Seek{false false false}"},
		{"the best target's fault is told", []Event{Begin{}, Failed{"Bad.", true}, Failed{"Worse.", false}}, "unreachable (Bad.) in 2s: register.Wait{2s}"},
		{"and then looked for anew", []Event{Begin{}, Failed{"Bad.", false}, Begin{}}, "registering: register.Seek{true false false}"},
		{"the second round waits longer", []Event{Begin{}, Failed{"Bad.", false}, Begin{}, Failed{"Bad.", false}}, "unreachable (Bad.) in 4s: register.Wait{4s}"},
		{"a server that is full, and another", []Event{Begin{}, Found{}, Answered{Answer{Status: 503, After: time.Minute, Text: "Full."}, true}}, "registering: register.Seek{false false false}"},
		{"a server that names a time", []Event{Begin{}, Found{}, Answered{Answer: Answer{Status: 503, After: time.Minute, Text: "Full."}}}, "unreachable (Full.) in 1m1s: register.Wait{1m1s}"},
		{"a time beyond reason", []Event{Begin{}, Found{}, Answered{Answer: Answer{Status: 503, After: 100 * time.Hour, Text: "Full."}}}, "unreachable (Full.) in 1h0m1s: register.Wait{1h0m1s}"},
		{"too short a registration", []Event{Begin{}, Found{}, Answered{Answer: Answer{Status: 423, Least: 600}}}, "registering: register.Send{}"},
		{"too short, without a time", []Event{Begin{}, Found{}, status(423)}, "refused (No.): nothing"},
		{"a time we have offered", []Event{Begin{}, Found{}, Answered{Answer: Answer{Status: 423, Least: 300, Text: "No."}}}, "refused (No.): nothing"},
		{"a server that wants more each time", []Event{Begin{}, Found{}, Answered{Answer: Answer{Status: 423, Least: 301}}, Answered{Answer: Answer{Status: 423, Least: 302, Text: "No."}}}, "refused (No.): nothing"},
		{"another server may name a time too", []Event{Begin{}, Found{}, Answered{Answer: Answer{Status: 423, Least: 301}}, Failed{"Bad.", true}, Found{}, Answered{Answer: Answer{Status: 423, Least: 600}}}, "registering: register.Send{}"},
		{"a proxy without outbound", []Event{Begin{}, Found{}, status(439)}, "registering: register.Send{}"},
		{"once", []Event{Begin{}, Found{}, status(439), status(439)}, "refused (No.): nothing"},
		{"a wrong password", []Event{Begin{}, Found{}, status(403)}, "refused (No.): nothing"},
		{"which is not tried again when the connection goes", []Event{Begin{}, Found{}, status(401), Lost{"Closed."}}, "refused (No.): nothing"},
		{"nor in another network", []Event{Begin{}, Found{}, status(401), Moved{}}, "refused (No.): nothing"},
		{"but when the agent wants it", []Event{Begin{}, Found{}, status(401), Begin{}}, "registering: register.Send{}"},
		{"refused by a server that had it", []Event{Begin{}, Found{}, ok, status(403)}, "refused (No.) in 1m0s: register.Wait{1m0s}"},
		{"and asked again", []Event{Begin{}, Found{}, ok, status(403), Begin{}}, "registering: register.Send{}"},
		{"a password that was changed there", []Event{Begin{}, Found{}, ok, status(401)}, "refused (No.): nothing"},
		{"a password that is not there", []Event{Begin{}, Found{}, Refuse{"Locked."}}, "refused (Locked.): nothing"},
		{"a connection that is lost at once", []Event{Begin{}, Found{}, ok, Lost{"Closed."}}, "unreachable (Closed.) in 2s: register.Wait{2s}"},
		{"lost at once again and again: the pauses grow", []Event{Begin{}, Found{}, ok, Lost{"Closed."}, Begin{}, Found{}, ok, Lost{"Closed."}}, "unreachable (Closed.) in 4s: register.Wait{4s}"},
		{"lost before the answer", []Event{Begin{}, Found{}, Lost{"Closed."}}, "unreachable (Closed.) in 2s: register.Wait{2s}"},
		{"lost while nothing is tried", []Event{Begin{}, Failed{"Bad.", false}, Lost{"Closed."}}, "unreachable (Bad.) in 2s: nothing"},
		{"a server that has gone silent", []Event{Begin{}, Found{}, ok, Silent{"Silent."}}, "registering (Silent.): register.Seek{true true false}"},
		{"silent, and nobody else", []Event{Begin{}, Found{}, ok, Silent{"Silent."}, Failed{"Bad.", false}}, "unreachable (Silent.) in 2s: register.Wait{2s}"},
		{"silence that is known", []Event{Begin{}, Failed{"Bad.", false}, Silent{"Silent."}}, "unreachable (Bad.) in 2s: nothing"},
		{"the network has changed, not for us", []Event{Begin{}, Found{}, ok, Moved{Same: true}}, "ready: register.Probe{}"},
		{"another network", []Event{Begin{}, Found{}, ok, Moved{}}, "registering: register.Seek{true false true}"},
		{"awake", []Event{Begin{}, Found{}, ok, Moved{Same: true, Slept: true}}, "registering: register.Seek{true false true}"},
		{"a network after none", []Event{Begin{}, Failed{"Bad.", false}, Begin{}, Failed{"Bad.", false}, Moved{}, Failed{"Bad.", false}}, "unreachable (Bad.) in 2s: register.Wait{2s}"},
	} {
		s, a := State{Expires: 300, Named: true}, Action(nil)
		for _, e := range c.events {
			s, a = s.Next(e, noon, half)
		}
		if got := told(s, a); got != c.want {
			t.Errorf("%s: %s; want %s", c.about, got, c.want)
		}
	}
}

// TestLostLater: a connection that has lived is opened anew within two seconds, at random: a server that restarts loses all at
// once.
func TestLostLater(t *testing.T) {
	s, _ := State{}.Next(Begin{}, noon, half)
	s, _ = s.Next(Found{}, noon, half)
	s, _ = s.Next(Answered{Answer: Answer{Status: 200, Granted: 100}}, noon, half)
	s, a := s.Next(Lost{"Closed."}, noon.Add(time.Minute), half)
	if got := told(s, a); got != "registering (Closed.): register.Wait{1s}" {
		t.Error(got)
	}
	if s, a = s.Next(Begin{}, noon.Add(time.Minute), half); told(s, a) != "registering: register.Seek{true false false}" {
		t.Error(told(s, a))
	}
}

// TestLastingForgets: a registration that has lasted, however it ends, makes the next pause a short one.
func TestLastingForgets(t *testing.T) {
	ok := Answered{Answer: Answer{Status: 200, Granted: 100}}
	for about, last := range map[string][]Event{
		"not refreshed": {Begin{}, Failed{"Gone.", false}}, "lost": {Lost{"Closed."}, Begin{}, Failed{"Gone.", false}}, "silent": {Silent{"Silent."}, Failed{"Gone.", false}},
	} {
		s, a := State{}, Action(nil)
		for _, e := range []Event{Begin{}, Failed{"Bad.", false}, Begin{}, Failed{"Bad.", false}, Begin{}, Found{}, ok} {
			s, _ = s.Next(e, noon, half)
		}
		for _, e := range last {
			s, a = s.Next(e, noon.Add(time.Minute), half)
		}
		if a != (Wait{2 * time.Second}) {
			t.Errorf("%s: %s", about, told(s, a))
		}
	}
}

// TestEveryEventInEveryState: whatever comes whenever, the line says something, and a phone that is not registered either has
// something under way or was refused.
func TestEveryEventInEveryState(t *testing.T) {
	events := []Event{
		Begin{}, Found{}, Failed{"F.", true}, Failed{"F.", false}, Lost{"L."}, Silent{"S."}, Moved{}, Moved{Same: true}, Moved{Slept: true}, Refuse{"R."},
	}
	for _, code := range []int{200, 302, 401, 403, 404, 408, 423, 439, 480, 500, 503, 603} {
		for _, granted := range []int{0, 60} {
			events = append(events, Answered{Answer{Status: code, Granted: granted, Least: granted * 10, Text: "A."}, granted > 0})
		}
	}
	type at struct {
		s       State
		pending bool
		depth   int
	}
	first, a := State{Expires: 300, Named: true}.Next(Begin{}, noon, half)
	queue, seen := []at{{first, a != nil, 0}}, map[string]bool{}
	for len(queue) > 0 {
		w := queue[0]
		queue = queue[1:]
		key := fmt.Sprint(told(w.s, nil), w.s.usable, w.s.anew, w.s.Named, w.s.raised, w.s.accepted, w.s.Expires, min(w.s.failures, 8), w.pending)
		if seen[key] {
			continue
		}
		seen[key] = true
		for _, e := range events {
			s, a := w.s.Next(e, noon, half)
			pending := w.pending
			if _, probe := a.(Probe); a != nil && !probe {
				pending = true
			}
			if s.Line.State == "" || s.Line.State != call.LineRefused && s.Line.State != call.LineReady && !pending {
				t.Fatalf("%+v after %T%+v: nothing is under way", s, e, e)
			}
			planned := !s.Line.Retry.IsZero()
			if s.Line.State != call.LineRefused && (s.Line.State == call.LineUnreachable) != planned || planned && !pending {
				t.Fatalf("%+v: when is it tried again?", s)
			}
			queue = append(queue, at{s, pending && (s.Line.State != call.LineRefused || planned), w.depth + 1})
		}
	}
	t.Logf("%d states", len(seen))
}
