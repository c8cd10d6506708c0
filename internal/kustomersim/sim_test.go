package kustomersim

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestClickedNumberIsDialledOnce(t *testing.T) {
	s := open(t, choice{})
	s.connected()
	s.click("", `[data-number="+12025550142"]`)
	s.sent(object{"type": "number-dialed", "number": "+12025550142"})
	s.click("", `[data-number="(202) 555-0119"]`)
	s.sent(object{"type": "number-dialed", "number": "(202) 555-0119"})
	if n := len(s.bridge.all("number-dialed")); n != 2 {
		t.Errorf("two clicks made %d numbers", n)
	}
	if hello := s.sent(object{"type": "hello"}); hello["org"] != "acme" || hello["v"] != 1.0 {
		t.Errorf("the hello is %v", hello)
	}
	for _, e := range s.sim.Recorder().Entries() {
		if !e.Known {
			t.Errorf("an unknown message: %+v", e)
		}
	}
}

func TestStatusGoesBothWays(t *testing.T) {
	s := open(t, choice{})
	s.connected()
	s.sent(object{"type": "kustomer-status", "status": "offline", "label": "Offline"})
	s.choose("lunch")
	s.sent(object{"type": "kustomer-status", "status": "unavailable", "label": "Lunch"})
	wish := idle("busy", "Busy")
	wish["want"] = object{"rev": 3, "status": "busy"}
	s.bridge.send(t, wish)
	s.sent(object{"type": "status-applied", "rev": 3})
	s.must(s.sim.WaitStatus(s.ctx, "Busy"))
	s.sent(object{"type": "kustomer-status", "status": "busy", "label": "Busy"}) // the echo
	s.says("", "#agent-status", "Busy")
	s.bridge.send(t, wish) // the same wish again is not carried out twice
	s.bridge.send(t, object{"type": "result", "id": "nobody", "ok": true})
	s.choose("available")
	s.sent(object{"type": "kustomer-status", "status": "available"})
	if n := len(s.bridge.all("status-applied")); n != 1 {
		t.Errorf("one wish was carried out %d times", n)
	}
	if got := s.sim.AgentStatus(); got != "Available" {
		t.Errorf("the agent is %s", got)
	}
}

func TestEveryShapeOfPayload(t *testing.T) {
	s := open(t, choice{})
	again := func(f func(*Faults)) {
		t.Helper()
		s.connected()
		faults := s.sim.Faults()
		f(&faults)
		s.sim.SetFaults(faults)
		s.sim.setStatus(func(st status) bool { return st.Name == "Offline" })
		s.must(s.Navigate(s.ctx, s.host))
		s.connected()
		s.sent(object{"type": "kustomer-status", "label": "Offline"})
		s.bridge.forget()
	}
	for _, shape := range []string{"resource", "id", "name", "object", "session"} {
		again(func(f *Faults) { f.Status = shape })
		s.choose("training")
		s.sent(object{"type": "kustomer-status", "status": "unavailable", "label": "Training"})
	}
	again(func(f *Faults) { f.Status = "type" })
	s.choose("lunch")
	s.sent(object{"type": "kustomer-status", "status": "unavailable"})
	for _, shape := range []string{"string", "number", "phone"} {
		again(func(f *Faults) { f.Number = shape })
		s.click("", `[data-number="9196"]`)
		s.sent(object{"type": "number-dialed", "number": "9196"})
	}
	for _, shape := range []string{"empty", "null"} {
		again(func(f *Faults) { f.Number = shape })
		s.click("", `[data-number="9196"]`)
		s.says(widget, "#note", "without a number")
		if n := s.bridge.all("number-dialed"); len(n) > 0 {
			t.Errorf("nothing was clicked, but %v was dialled", n)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	s := open(t, choice{noBridge: true})
	s.says(widget, "#connection", "Not connected")
	s.says(widget, "#blocked", "Sidetone does not answer")
	s.click("", `[data-number="9196"]`)
	s.says(widget, "#blocked", "The number was not dialled")
}

// TestStartsThePhoneByAClick: the link that starts the program is followed when the agent clicks it and at no other time, and the
// widget stays.
func TestStartsThePhoneByAClick(t *testing.T) {
	s := open(t, choice{noBridge: true})
	s.says(widget, "#blocked", "Sidetone does not answer")
	s.must(s.Eval(s.ctx, widget, `(window.went = [], navigation.addEventListener("navigate", (e) => window.went.push([e.destination.url, e.userInitiated])), true)`, nil))
	s.click(widget, "#try-again")
	s.must(s.WaitEval(s.ctx, widget, `document.querySelector("#try-again").disabled === false`))
	went := func(want string) {
		t.Helper()
		s.must(s.WaitEval(s.ctx, widget, `JSON.stringify(window.went) === '`+want+`'`))
	}
	went(`[]`)
	s.says(widget, "#start-needs", "where it is installed")
	s.click(widget, "#start-phone")
	went(`[["sidetone:",true]]`)
	s.says(widget, "#blocked", "Sidetone does not answer")
	s.must(s.Eval(s.ctx, widget, `import("/js/view.js").then((m) => m.draw({ link: { name: "foreign" }, state: null, note: "", trouble: "" }))`, nil))
	s.must(s.WaitEval(s.ctx, widget, `document.querySelector("#start-phone").hidden`)) // where it would not help
}

func TestWithoutAccessThereIsNoAttempt(t *testing.T) {
	s := open(t, choice{unpaired: true, faults: func(f *Faults) { f.WithoutAccess = true }})
	s.says(widget, "#blocked", "does not let this widget in")
	s.click(widget, "#try-again")
	s.says(widget, "#connection", "Not connected")
	if n := s.bridge.all("hello"); len(n) > 0 {
		t.Errorf("the widget connected all the same: %v", n)
	}
}

func TestStatusesMayBeForbidden(t *testing.T) {
	s := open(t, choice{faults: func(f *Faults) { f.API, f.Only = "403", "/v1/routing" }})
	s.connected()
	s.click("", `[data-number="9486"]`)
	s.sent(object{"type": "number-dialed", "number": "9486"})
}

func TestReconnectsAndSaysWhereTheAgentIs(t *testing.T) {
	s := open(t, choice{})
	s.connected()
	s.choose("lunch")
	s.sent(object{"type": "kustomer-status", "label": "Lunch"})
	s.bridge.drop()
	s.bridge.wait(s.ctx, t, "a second hello and Lunch", func(object) bool {
		hellos, n := 0, 0
		for _, m := range append(s.bridge.all("hello"), s.bridge.all("kustomer-status")...) {
			if m["type"] == "hello" {
				hellos++
			} else if m["label"] == "Lunch" {
				n++
			}
		}
		return hellos == 2 && n == 2
	})
	s.connected()
}

func TestControlsOfACall(t *testing.T) {
	s := open(t, choice{})
	s.connected()
	s.click("", "#widget-toggle") // put away; a call brings it back
	s.bridge.send(t, inCall("incoming", object{"direction": "incoming"}))
	s.says(widget, "#plate", "Incoming call")
	if _, err := s.sim.Recorder().Wait(s.ctx, func(e Entry) bool { return e.Type == "OPEN" && e.Dir == FromFrame }); err != nil {
		t.Fatal(err)
	}
	s.click(widget, "#answer")
	s.sent(object{"type": "command", "do": "answer", "call": "c1"})
	s.bridge.send(t, inCall("active", nil))
	s.says(widget, "#plate .timer", "03:2")
	s.click(widget, "#mute")
	s.sent(object{"type": "command", "do": "mute"})
	s.click(widget, "#hold")
	s.sent(object{"type": "command", "do": "hold"})
	s.bridge.send(t, inCall("active", object{"held": true, "muted": true}))
	s.says(widget, "#hold", "Resume")
	s.click(widget, "#hold")
	s.sent(object{"type": "command", "do": "resume"})
	s.click(widget, "#mute")
	s.sent(object{"type": "command", "do": "unmute"})
	s.click(widget, "#keys")
	s.click(widget, `[data-key="5"]`)
	s.sent(object{"type": "command", "do": "dtmf", "digits": "5"})
	s.click(widget, "#hangup")
	s.sent(object{"type": "command", "do": "hangup", "call": "c1"})
	s.bridge.send(t, inCall("incoming", object{"id": "c2"}))
	s.click(widget, "#decline")
	s.sent(object{"type": "command", "do": "decline", "call": "c2"})
}

// TestSaysWhatTheWindowSays: talking time and hold time are two figures, and a number and a past call's time are written as
// the window writes them.
func TestSaysWhatTheWindowSays(t *testing.T) {
	s := open(t, choice{})
	s.connected()
	missed := idle("available", "Available")
	began := time.Now().Add(-time.Hour)
	missed["last"] = object{
		"direction": "incoming", "number": "+12025550119", "number_text": "(202) 555-0119", "missed": true, "reason": "Nobody answered.",
		"created_at": began.UTC().Format(time.RFC3339), "ended_at": began.Add(time.Minute).UTC().Format(time.RFC3339),
	}
	s.bridge.send(t, missed)
	s.says(widget, "#last .who", "(202) 555-0119")
	s.says(widget, "#last time", began.Local().Format("15:04"))
	held := inCall("active", object{"held": true, "held_at": time.Now().Add(-42 * time.Second).UTC().Format(time.RFC3339)})
	s.bridge.send(t, held)
	s.says(widget, "#plate .number", "(202) 555-0142")
	s.says(widget, "#plate .phase", "On hold 0:4")
	s.says(widget, "#plate .timer", "03:2")
	s.bridge.send(t, inCall("incoming", object{"name": ""}))
	s.says(widget, "#plate .who", "(202) 555-0142")
}

func TestDialsAndChoosesInTheWidget(t *testing.T) {
	s := open(t, choice{})
	s.connected()
	s.must(s.WaitEval(s.ctx, widget, `[...document.querySelectorAll("#status-menu button")].map((b) => b.dataset.choose).join() === "available,busy,wrap-up,unavailable,offline"`)) // as in the window
	s.must(s.Type(s.ctx, widget, "#number", "+12025550142\r"))
	m := s.sent(object{"type": "number-dialed", "number": "+12025550142"})
	s.bridge.send(t, object{"type": "result", "id": m["id"], "ok": false, "code": "in-call", "text": "There is a call already: hang up before dialling another number."})
	s.says(widget, "#note", "There is a call already")
	s.click(widget, "#status")
	s.must(s.Keys(s.ctx, "\r")) // the present status has the focus
	s.sent(object{"type": "command", "do": "presence", "status": "available"})
	s.click(widget, "#status")
	s.click(widget, `[data-choose="unavailable"]`)
	s.sent(object{"type": "command", "do": "presence", "status": "unavailable"})
}

func TestMappedStatusReachesTheApp(t *testing.T) {
	s := open(t, choice{})
	s.connected()
	s.sim.SetExternalStatusMap("status-lunch", map[string]string{"sidetone_voice": "wrap-up"})
	s.must(s.Navigate(s.ctx, s.host))
	s.connected()
	s.choose("lunch")
	s.sent(object{"type": "kustomer-status", "status": "wrap-up", "label": "Lunch"})
}

func TestCallTheAgent(t *testing.T) {
	called := make(chan string, 4)
	s := open(t, choice{callAgent: func(number string) error {
		called <- number
		if number == "+12025550119" {
			return errors.New("the line is not registered")
		}
		return nil
	}})
	s.click("", `[data-caller="+12025550142"]`)
	if n := <-called; n != "+12025550142" {
		t.Errorf("%s called", n)
	}
	s.click("", `[data-caller="+12025550119"]`)
	s.says("", "#call-note", "not registered")
}

func TestOtherPagesCannotTurnTheKnobs(t *testing.T) {
	sim, err := New(Config{WidgetURL: "http://a.localhost/w", SettingsURL: "http://a.localhost/s"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/lab/status", strings.NewReader(`{"id":"status-lunch"}`))
	r.Header.Set("Origin", "http://evil.localhost")
	w := httptest.NewRecorder()
	sim.Host().ServeHTTP(w, r)
	if w.Code != http.StatusForbidden || sim.AgentStatus() != "Offline" {
		t.Errorf("%d, the agent is %s", w.Code, sim.AgentStatus())
	}
	if _, err := New(Config{WidgetURL: "widget"}); !errors.Is(err, ErrConfig) {
		t.Errorf("a relative address: %v", err)
	}
}
