package kustomersim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// asking is a state with a ringing call whose number is to be looked up.
func asking(n int, number, state string) object {
	s := inCall("incoming", object{"direction": "incoming", "name": "", "number": number, "customer": object{"n": n, "number": number, "state": state}})
	s["speaks"] = true
	return s
}

func matches(m object) []any { list, _ := m["matches"].([]any); return list }

func TestWhoCalls(t *testing.T) {
	s := open(t, choice{})
	s.bridge.send(t, asking(1, "+12025550142", "searching"))
	first := s.sent(object{"type": "customer", "n": 1, "state": "found", "more": true})
	if m := matches(first)[0].(object); m["id"] != "customer-1" || m["name"] != "Customer A. Example" || first["host"] != s.host || first["call"] != "c1" {
		t.Errorf("%v", first)
	}
	full := s.bridge.wait(s.ctx, t, "the details", func(m object) bool { return m["type"] == "customer" && m["n"] == 1.0 && m["more"] == nil })
	if m := matches(full)[0].(object); m["company"] != "Example Ltd" || m["last"] != "talk-1" || m["last_name"] != "Where is my order?" || m["last_open"] != true || m["last_at"] == "" {
		t.Errorf("an older open conversation goes before a newer one that is done: %v", m)
	}
	s.bridge.send(t, asking(2, "+12025550177", "searching"))
	s.bridge.wait(s.ctx, t, "two who share a number", func(m object) bool {
		return m["n"] == 2.0 && m["more"] == nil && len(matches(m)) == 2 && matches(m)[1].(object)["last_name"] == "Invoice of May"
	})
	s.bridge.send(t, asking(3, "+12025550155", "searching"))
	s.sent(object{"type": "customer", "n": 3, "state": "unknown"})
	s.bridge.send(t, asking(3, "+12025550155", "searching")) // the same question again
	quiet := asking(4, "+12025550155", "searching")
	quiet["speaks"] = false
	s.bridge.send(t, quiet)
	s.bridge.send(t, asking(5, "+12025550155", "searching"))
	s.sent(object{"type": "customer", "n": 5})
	count := map[float64]int{}
	for _, m := range s.bridge.all("customer") {
		count[m["n"].(float64)]++
	}
	if count[3] != 1 || count[4] != 0 || count[5] != 1 {
		t.Errorf("answers by question: %v", count)
	}
}

func TestKustomerDoesNotSayWhoCalls(t *testing.T) {
	s := open(t, choice{})
	for n, api := range []string{"401", "403", "429", "500"} {
		s.fail(api, "/v1/customers/phone")
		s.bridge.send(t, asking(n+1, "+12025550142", "searching"))
		s.sent(object{"type": "customer", "n": n + 1, "state": "failed", "status": api})
	}
	s.fail("malformed", "/v1/customers/phone")
	s.bridge.send(t, asking(10, "+12025550155", "searching"))
	s.sent(object{"type": "customer", "n": 10, "state": "unknown"})
	s.fail("403", "/v1/customers/search") // an agent who may not search
	s.bridge.send(t, asking(11, "+12025550177", "searching"))
	s.sent(object{"type": "customer", "n": 11, "state": "unknown"})
	s.fail("403", "/conversations") // one who may read customers only
	s.bridge.send(t, asking(12, "+12025550142", "searching"))
	full := s.bridge.wait(s.ctx, t, "the customer", func(m object) bool { return m["n"] == 12.0 && m["more"] == nil })
	if m := matches(full)[0].(object); m["company"] != "Example Ltd" || m["last"] != nil {
		t.Errorf("%v", m)
	}
}

func (s *stage) fail(api, only string) {
	f := s.sim.Faults()
	f.API, f.Only = api, only
	s.sim.SetFaults(f)
}

func TestPopOpensTheCustomerInKustomer(t *testing.T) {
	s := open(t, choice{})
	pop := asking(1, "+12025550177", "found")
	pop["pop"] = object{"n": 7, "customer": "customer-3", "conversation": "talk-3"}
	s.bridge.send(t, pop)
	s.sent(object{"type": "popped", "n": 7, "ok": true})
	s.says("", "h1", "Customer C. Sample")
	s.says("", "#timeline .here h2", "Invoice of May")
	s.click("", `[data-tab="lab"]`)
	s.bridge.send(t, pop) // the same wish again
	pop["pop"] = object{"n": 8, "customer": "customer-2"}
	s.bridge.send(t, pop)
	s.says("", "h1", "Customer B. Sample")
	s.sent(object{"type": "popped", "n": 8, "ok": true})
	if n := len(s.bridge.all("popped")); n != 2 {
		t.Errorf("%d wishes were carried out, not two", n)
	}
	s.must(s.Eval(s.ctx, widget, `(delete window.Kustomer.openCustomerEvent, true)`, nil))
	pop["pop"] = object{"n": 9, "customer": "customer-1"}
	s.bridge.send(t, pop)
	s.sent(object{"type": "popped", "n": 9, "ok": false})
	s.must(s.Eval(s.ctx, widget, `(window.Kustomer.openCustomerEvent = () => { throw new Error("no"); }, true)`, nil))
	pop["pop"] = object{"n": 10, "customer": "customer-1"}
	s.bridge.send(t, pop)
	s.sent(object{"type": "popped", "n": 10, "ok": false})
}

// TestCreateByAClick: nobody is created but by the agent, and a number that somebody has by then leads to them.
func TestCreateByAClick(t *testing.T) {
	s := open(t, choice{})
	s.bridge.send(t, asking(1, "+12025550155", "unknown"))
	s.says(widget, "#caller", "Not known in Kustomer yet.")
	s.click(widget, "#caller .known button")
	s.sent(object{"type": "command", "do": "create", "call": "c1"})
	s.bridge.send(t, asking(2, "+12025550155", "creating"))
	made := s.sent(object{"type": "customer", "n": 2, "state": "found"})
	m := matches(made)[0].(object)
	if m["name"] != "+12025550155" || m["id"] == "" {
		t.Errorf("%v", made)
	}
	s.bridge.send(t, asking(3, "+12025550155", "creating")) // said twice
	again := s.sent(object{"type": "customer", "n": 3, "state": "found"})
	if matches(again)[0].(object)["id"] != m["id"] {
		t.Errorf("a second customer: %v", again)
	}
	s.fail("403", "POST /v1/customers")
	s.bridge.send(t, asking(4, "+12025550156", "creating"))
	s.sent(object{"type": "customer", "n": 4, "state": "failed", "status": 403})
}

// TestTheCallerInTheWidget: what is known is said, several are chosen from, and names are text.
func TestTheCallerInTheWidget(t *testing.T) {
	s := open(t, choice{})
	with := func(n int, what object) object {
		state := asking(n, "+12025550142", "found")
		c := state["calls"].([]any)[0].(object)["customer"].(object)
		for k, v := range what {
			c[k] = v
		}
		return state
	}
	evil := `<img src=x onerror="document.title='evil'">`
	s.bridge.send(t, with(1, object{"chosen": "a", "matches": []any{object{"id": "a", "name": evil, "company": evil, "last": "v", "last_name": evil, "last_open": true, "last_at": "2020-01-01T00:00:00Z"}}}))
	s.says(widget, "#caller strong", evil)
	s.says(widget, "#caller small", "years ago: "+evil)
	s.click(widget, "#caller .known button")
	s.sent(object{"type": "command", "do": "open", "call": "c1"})
	s.bridge.send(t, with(2, object{"matches": []any{object{"id": "a", "name": evil}, object{"id": "b", "name": "Customer C. Sample", "company": "Example Ltd"}}}))
	s.says(widget, "#caller strong", "2 customers have this number.")
	s.says(widget, `[data-customer="a"] strong`, evil)
	s.click(widget, `[data-customer="b"]`)
	s.sent(object{"type": "command", "do": "choose", "call": "c1", "customer": "b"})
	s.bridge.send(t, with(3, object{"state": "failed", "status": 403}))
	s.says(widget, "#caller", "Your role may not do that")
	s.bridge.send(t, inCall("incoming", nil))
	s.must(s.WaitEval(s.ctx, widget, `document.querySelector("#caller").hidden && document.title === "Sidetone"`))
}

// TestNotesInTheWidget: what is typed leaves within a second, is not overwritten by its own echo, and goes before Done.
func TestNotesInTheWidget(t *testing.T) {
	s := open(t, choice{})
	draft := func(note, outcome string) object {
		state := idle("wrap-up", "Wrap-up")
		state["draft"] = object{"call": "c1", "note": note, "disposition": outcome, "choices": []any{"Solved", "Call back"}, "customer": object{"n": 1, "number": "+12025550155", "state": "unknown"}}
		return state
	}
	s.bridge.send(t, draft("", ""))
	s.says(widget, "#after label", "Notes for Kustomer")
	s.must(s.Type(s.ctx, widget, "#call-note", "Order 1042."))
	s.sent(object{"type": "command", "do": "note", "call": "c1", "text": "Order 1042."})
	s.bridge.send(t, draft("Order", "")) // an echo of half of it
	s.must(s.Keys(s.ctx, " Refund sent."))
	s.sent(object{"type": "command", "do": "note", "text": "Order 1042. Refund sent."})
	s.must(s.Select(s.ctx, widget, "#disposition", "Call back"))
	s.sent(object{"type": "command", "do": "disposition", "call": "c1", "text": "Call back"})
	s.bridge.send(t, draft("Order 1042. Refund sent.", "Call back"))
	s.must(s.WaitEval(s.ctx, widget, `document.querySelector("#disposition").value === "Call back"`))
	s.must(s.Select(s.ctx, widget, "#disposition", ""))
	s.sent(object{"type": "command", "do": "disposition", "text": ""})
	s.bridge.first = draft("Order 1042. Refund sent.", "")
	s.must(s.Eval(s.ctx, widget, `(() => { const f = document.querySelector("#call-note"); f.focus(); f.setSelectionRange(99, 99); return true; })()`, nil))
	s.must(s.Keys(s.ctx, " And more."))
	s.bridge.drop() // before it has left
	s.bridge.wait(s.ctx, t, "what was typed meanwhile", func(m object) bool { return m["do"] == "note" && strings.HasSuffix(m["text"].(string), "And more.") })
}

// task is a call to log, as the app gives it out.
func task(call string, try int, more object) object {
	l := object{
		"call": call, "try": try, "external_id": "sidetone-" + call, "number": "+12025550142", "status": "done", "direction": "in", "subject": "Incoming call",
		"preview": "Incoming call from (202) 555-0142, 3:27 · Solved — Order 1042.", "sent_at": "2026-03-04T10:42:00Z", "meta": object{"outcome": "answered", "durationSeconds": 207},
	}
	for k, v := range more {
		l[k] = v
	}
	s := idle("available", "Available")
	s["speaks"], s["log"] = true, l
	return s
}

func TestCallBecomesAVoiceMessage(t *testing.T) {
	s := open(t, choice{})
	s.bridge.send(t, task("c1", 1, nil))
	done := s.sent(object{"type": "logged", "call": "c1", "try": 1, "conversation": "talk-1", "customer": "customer-1"})
	m := s.sim.Messages()
	if len(m) != 1 || m[0].ID != done["message"] || m[0].External != "sidetone-c1" || m[0].Channel != "voice" || m[0].Direction != "in" || m[0].Kind != "initial-in" ||
		m[0].Subject != "Incoming call" || m[0].Meta["durationSeconds"] != 207.0 || m[0].SentAt.Format("15:04") != "10:42" || s.sim.ConversationStatus("talk-1") != "open" {
		t.Fatalf("%+v", m)
	}
	s.says("", `[data-call="sidetone-c1"]`, "3:27 · Solved — Order 1042.")
	s.bridge.send(t, task("c1", 1, nil)) // the same try again
	s.bridge.send(t, task("c1", 2, nil)) // another try: it is there
	s.sent(object{"type": "logged", "try": 2, "message": m[0].ID, "conversation": "talk-1"})
	s.bridge.send(t, task("c2", 1, object{"new": true}))
	second := s.sent(object{"type": "logged", "call": "c2"})
	if id := fmt.Sprint(second["conversation"]); id == "talk-1" || s.sim.ConversationStatus(id) != "done" {
		t.Errorf("a conversation of its own: %s is %q", id, s.sim.ConversationStatus(id))
	}
	s.bridge.send(t, task("c3", 1, object{"new": true, "status": "open", "customer": "customer-2"}))
	third := s.sent(object{"type": "logged", "call": "c3", "customer": "customer-2"})
	if got := s.sim.ConversationStatus(fmt.Sprint(third["conversation"])); got != "open" {
		t.Errorf("a missed call's conversation is %q", got)
	}
	if m := s.sim.Messages(); len(m) != 3 {
		t.Errorf("three calls are %d messages", len(m))
	}
}

func TestWhoseCallItWas(t *testing.T) {
	s := open(t, choice{})
	s.bridge.send(t, task("c1", 1, object{"number": "+12025550177"}))
	if all, ok := s.sent(object{"type": "log-failed", "call": "c1", "at": "customer", "status": 300})["candidates"].([]any); !ok || len(all) != 2 || all[0].(object)["id"] != "customer-2" || all[0].(object)["name"] == "" {
		t.Errorf("the candidates are %v", all)
	}
	s.bridge.send(t, task("c2", 1, object{"number": "+12025550155"}))
	s.sent(object{"type": "log-failed", "call": "c2", "at": "customer", "status": 404})
	s.bridge.send(t, task("c3", 1, object{"number": "+12025550155", "create": true, "name": "Customer D. Sample"}))
	made := s.sent(object{"type": "logged", "call": "c3"})
	s.bridge.send(t, task("c4", 1, object{"number": "+12025550155"}))
	s.sent(object{"type": "logged", "call": "c4", "customer": made["customer"]})
	s.bridge.send(t, task("c5", 1, object{"customer": "customer-99"}))
	s.sent(object{"type": "log-failed", "call": "c5", "at": "conversation", "status": 404})
	s.bridge.send(t, task("c6", 1, object{"number": ""}))
	s.sent(object{"type": "log-failed", "call": "c6", "at": "customer", "status": 404})
}

// TestLogSurvivesEveryFailure: Kustomer fails at each request, before and after it did what was asked; the widget is loaded anew.
// In the end every call is there once.
func TestLogSurvivesEveryFailure(t *testing.T) {
	s := open(t, choice{})
	calls := 0
	for _, only := range []string{"GET /v1/messages", "GET /v1/customers/phone", "GET /v1/conversations", "GET /v1/customers/customer-1", "POST /v1/customers/customer-1/conv", "POST /v1/conversations", "PUT /v1/conversations"} {
		for _, api := range []string{"403", "429", "malformed", "500"} {
			calls++
			id := fmt.Sprintf("c%d", calls)
			s.fail(api, only)
			s.bridge.send(t, task(id, 1, object{"new": calls%2 == 0}))
			s.bridge.wait(s.ctx, t, "a word of "+id, func(m object) bool {
				return (m["type"] == "logged" || m["type"] == "log-failed") && m["call"] == id && m["try"] == 1.0
			})
			s.fail("", "")
			s.bridge.send(t, task(id, 2, object{"new": calls%2 == 0}))
			s.sent(object{"type": "logged", "call": id, "try": 2})
		}
	}
	externals := []string{}
	for _, m := range s.sim.Messages() {
		externals = append(externals, m.External)
	}
	slices.Sort(externals)
	if n := len(slices.Compact(externals)); n != calls || len(externals) != calls {
		t.Errorf("%d calls are %d messages, %d different", calls, len(externals), n)
	}
}

// TestTabClosedInTheMiddle: the widget is gone after Kustomer was asked to write; the next one finds what was written.
func TestTabClosedInTheMiddle(t *testing.T) {
	s := open(t, choice{})
	s.fail("lost", "POST /v1/conversations")
	s.bridge.send(t, task("c1", 1, nil))
	if _, err := s.sim.Recorder().Wait(s.ctx, func(e Entry) bool {
		return strings.Contains(e.Detail, "sidetone-c1") && strings.Contains(e.Detail, "/messages\"")
	}); err != nil {
		t.Fatal(err)
	}
	s.must(s.WaitEval(s.ctx, "", `fetch("lab/customer/customer-1").then((a) => a.text()).then((x) => x.includes("sidetone-c1"))`))
	s.fail("", "")
	s.bridge.first = task("c1", 2, nil)
	s.must(s.Navigate(s.ctx, s.host))
	s.sent(object{"type": "logged", "call": "c1", "try": 2})
	if m := s.sim.Messages(); len(m) != 1 {
		t.Errorf("%d messages", len(m))
	}
}

// callerViews are the widget's states with a customer and with notes.
func callerViews() []view {
	match := func(id, name, company, last string, open bool) object {
		return object{"id": id, "name": name, "company": company, "last": "v", "last_name": last, "last_open": open, "last_at": time.Now().Add(-49 * time.Hour).UTC().Format(time.RFC3339)}
	}
	with := func(what object) object {
		return inCall("incoming", object{"direction": "incoming", "name": what["name"], "number": what["number"], "number_text": what["text"], "customer": what})
	}
	one := object{"n": 1, "state": "found", "chosen": "a", "number": "+12025550142", "text": "(202) 555-0142", "name": "Customer A. Example", "matches": []any{match("a", "Customer A. Example", "Example Ltd", "Where is my order?", true)}}
	two := object{"n": 1, "state": "found", "number": "+12025550177", "text": "(202) 555-0177", "name": "", "matches": []any{match("a", "Customer B. Sample", "", "Invoice of May", false), match("b", "Customer C. Sample", "Example Ltd", "A very long subject of a conversation that does not fit", true)}}
	wrap := wrapUp()
	wrap["draft"] = object{"call": "c1", "note": "Refund for order 1042 was sent on Friday. The bank needs 3 more days.", "disposition": "Refund explained", "customer": one,
		"choices": []any{"Refund explained", "Refund sent", "Call back", "Wrong number"}}
	live := covered("active", object{"customer": one})
	live["draft"] = object{"call": "c1", "note": "", "choices": []any{"Refund explained", "Refund sent", "Call back", "Wrong number"}}
	full := covered("active", object{"customer": one, "name": "Customer With A Very Long Name Indeed Of Example", "muted": true})
	full["draft"] = object{"call": "c1", "note": "Order 1042 arrived broken.", "disposition": "Refund explained", "choices": []any{"Refund explained"}}
	unknown := wrapUp()
	unknown["last"].(object)["name"], unknown["last"].(object)["number_text"] = "", "(202) 555-0155"
	unknown["draft"] = object{"call": "c1", "note": "", "choices": []any{"Refund explained"}, "customer": object{"n": 1, "state": "unknown"}}
	return []view{
		{name: "full", state: full, ready: visible("#after")}, {name: "wrap-up-unknown", state: unknown, ready: visible("#caller")},
		{name: "known", state: with(one), ready: visible("#caller .known")}, {name: "several", state: with(two), ready: visible("#caller .several")},
		{name: "wrap-up-notes", state: wrap, ready: visible("#after")}, {name: "unknown", state: with(object{"n": 1, "state": "unknown", "number": "+12025550155", "text": "(202) 555-0155", "name": ""}), ready: visible("#caller")},
		{name: "notes-in-call", state: live, ready: visible("#after")},
	}
}
