package kustomersim

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// shots is where the pictures go: SIDETONE_SHOTS, or a folder that is thrown away.
func shots(t *testing.T) string {
	if dir := os.Getenv("SIDETONE_SHOTS"); dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	return t.TempDir()
}

// alone shows nothing but the widget, in so many pixels.
func (s *stage) alone(width, height int) {
	s.t.Helper()
	s.must(s.Eval(s.ctx, "", fmt.Sprintf(`(() => { const d = document.querySelector("#dock"); d.style.cssText = "position:fixed;inset:0;z-index:9;width:auto;padding:0;background:#888";
		document.querySelector("#widget-frame").style.cssText = "flex:none;border:0;border-radius:0;width:%dpx;height:%dpx"; return true; })()`, width, height), nil))
	s.must(s.WaitEval(s.ctx, widget, fmt.Sprintf("innerWidth === %d && innerHeight === %d", width, height)))
}

// picture writes what stands in the corner of the page, in so many pixels.
func (s *stage) picture(path string, width, height int) {
	s.t.Helper()
	s.must(s.Screenshot(s.ctx, path))
	b, err := os.ReadFile(path)
	s.must(err)
	whole, err := png.Decode(bytes.NewReader(b))
	s.must(err)
	part := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.Draw(part, part.Bounds(), whole, image.Point{}, draw.Src)
	var out bytes.Buffer
	s.must(png.Encode(&out, part))
	s.must(os.WriteFile(path, out.Bytes(), 0o600))
}

// chrome is more than a browser's own bars are high.
const chrome = 200

// fits says whether nothing of a frame is cut off at the side.
const fits = `document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight + 1`

// still says that no colour is on its way from one to another.
const still = `document.getAnimations().every((a) => !(a instanceof CSSTransition))`

// wrapUp is a wrap-up of which 37 seconds of a minute are left, with the decisions that led to it.
func wrapUp() object {
	now := time.Now()
	at := func(d time.Duration) string { return now.Add(d).UTC().Format(time.RFC3339Nano) }
	s := idle("wrap-up", "Wrap-up")
	s["last"] = object{"direction": "outgoing", "name": "Customer A. Example", "number_text": "(202) 555-0142", "cause": "remote-hangup", "reason": "They hung up.", "created_at": at(-5 * time.Minute)}
	s["status"] = object{
		"status": "wrap-up", "label": "Wrap-up", "because": "wrap-up", "why": "Wrap-up.", "since": at(-23 * time.Second), "until": at(37 * time.Second), "longest": at(10 * time.Minute),
		"next": object{"status": "available", "label": "Available"}, "recent": decisions(),
	}
	return s
}

// decisions are the last twenty, one of each kind and some more, newest first.
func decisions() []any {
	causes := []string{"wrap-up-started", "call-started", "chosen-here", "turned-by-kustomer", "wrap-up-done", "wrap-up-started", "call-started", "reachable", "unreachable",
		"chosen-here", "chosen-in-kustomer", "put-back", "call-ended", "call-started", "cover-again", "choice-stands", "wrap-up-ended", "wrap-up-started", "call-started", "restarted"}
	to := map[string]object{"call-started": {"status": "busy", "label": "Busy"}, "turned-by-kustomer": {"status": "unavailable", "label": "Unavailable"},
		"unreachable": {"status": "unavailable", "label": "Unavailable"}, "chosen-in-kustomer": {"status": "unavailable", "label": "Lunch"}}
	out := make([]any, 0, len(causes))
	for i, c := range causes {
		at := time.Now().Add(-time.Duration(i*17) * time.Minute)
		named := to[c]
		if named == nil {
			named = object{"status": "available", "label": "Available"}
		}
		out = append(out, object{"at": at.UTC().Format(time.RFC3339), "until": at.Add(time.Minute).UTC().Format(time.RFC3339), "cause": c, "to": named, "text": "Said in English."})
	}
	return out
}

// noticed is the agent with one thing to read at once.
func noticed(code string) object {
	s := idle("unavailable", "Unavailable")
	s["status"] = object{
		"status": "unavailable", "label": "Unavailable", "because": "kustomer", "why": "Set in Kustomer.", "since": "2026-11-22T10:35:00Z", "recent": decisions(),
		"notice": object{"code": code, "text": "Said in English.", "wanted": object{"status": "available", "label": "Available"}, "there": object{"status": "unavailable", "label": "Unavailable"},
			"at": "2026-11-22T10:35:00Z", "failure": "no-answer"},
	}
	return s
}

// covered is a call with the reason of the status, as the app sends it.
func covered(phase string, more object) object {
	s := inCall(phase, more)
	status := s["status"].(object)
	status["next"], status["recent"] = object{"status": "unavailable", "label": "Lunch"}, decisions()
	return s
}

// twoCalls is a call in front and one that waits.
func twoCalls() object {
	s := covered("active", nil)
	waits := inCall("active", object{"id": "c9", "name": "Customer B. Sample", "number": "+12025550107", "held": true})["calls"].([]any)
	s["calls"] = append(s["calls"].([]any), waits...)
	return s
}

// view is one state of the widget: what the app sends, and what to do then; ready is when it has been drawn.
type view struct {
	name  string
	state object
	do    func(*stage)
	ready string
}

func visible(selector string) string {
	return `document.querySelector("` + selector + `").offsetHeight > 0`
}

// views are the states of a connected widget.
func views() []view {
	because := func(status, label, why string) object {
		s := idle(status, label)
		s["status"] = object{"status": status, "label": label, "because": why, "since": "2026-11-22T10:35:00Z", "recent": decisions()}
		return s
	}
	warned, refused := idle("available", "Available"), idle("offline", "Offline")
	warned["ready"], warned["line"], warned["line_code"] = false, "The line is not registered. Trying again in 8 seconds.", "unreachable"
	refused["warning"], refused["warning_code"] = "The server said no.", "line-refused"
	press := func(selector string) func(*stage) { return func(s *stage) { s.click(widget, selector) } }
	return []view{
		{name: "idle", state: because("available", "Available", "app"), ready: visible("#last")},
		{name: "ringing", state: inCall("incoming", object{"direction": "incoming"}), ready: visible("#answer")},
		{name: "dialing", state: covered("dialing", nil), ready: visible(".p-ring")},
		{name: "call", state: covered("active", nil), ready: visible("#mute")},
		{name: "hold", state: covered("active", object{"held": true, "held_at": time.Now().Add(-42 * time.Second).UTC().Format(time.RFC3339)}), ready: visible(".p-hold")},
		{name: "held", state: covered("active", object{"remote_held": true}), ready: visible(".p-hold")},
		{name: "two", state: twoCalls(), ready: visible("#others li")},
		{name: "long", state: covered("active", object{"name": "Customer With A Very Long Name Indeed Of Example", "muted": true}), ready: visible("[aria-pressed=true]")},
		{name: "keypad", state: covered("active", object{"id": "c3"}), do: press("#keys"), ready: visible("#keypad")},
		{name: "menu-call", state: covered("active", nil), do: press("#status"), ready: visible("#status-when")},
		{name: "wrapup", state: wrapUp(), ready: visible("#wrap")},
		{name: "why", state: wrapUp(), do: press("#why"), ready: visible("#recent")},
		{name: "turned", state: noticed("turned"), ready: visible("#notice")},
		{name: "ignored", state: noticed("ignored"), ready: visible("#notice")},
		{name: "refused", state: noticed("refused"), ready: visible("#notice")},
		{name: "warned", state: warned, ready: visible("#line")},
		{name: "line", state: refused, ready: visible("#line")},
		{name: "menu", state: because("available", "Available", "kustomer"), do: press("#status"), ready: visible("#status-menu")},
	}
}

// show brings the widget into a state, and back from what was opened before.
func (s *stage) show(v view) {
	s.t.Helper()
	s.must(s.Eval(s.ctx, widget, `[document.querySelector("#recent").close(), document.activeElement.blur()]`, nil))
	s.must(s.Keys(s.ctx, "\x1b"))
	s.state(idle("available", "Available"))
	s.state(v.state)
	if v.do != nil {
		v.do(s)
	}
	s.must(s.WaitEval(s.ctx, widget, v.ready))
	s.must(s.WaitEval(s.ctx, widget, still))
}

// state has the widget draw a state.
func (s *stage) state(m object) {
	s.t.Helper()
	s.must(s.Eval(s.ctx, widget, `document.querySelector("#status").classList.add("old")`, nil)) // until it is drawn anew
	s.bridge.send(s.t, m)
	s.must(s.WaitEval(s.ctx, widget, `!document.querySelector("#status.old")`))
}

func TestPicturesOfTheWidget(t *testing.T) {
	if os.Getenv("SIDETONE_SHOTS") == "" {
		t.Skip("pictures are made for those who name a folder in SIDETONE_SHOTS; that everything fits is another test")
	}
	dir := shots(t)
	for _, p := range []struct {
		look, locale  string
		width, height int
	}{{"light", "en_us", 320, 660}, {"dark", "en_us", 280, 500}, {"light", "de_de", 280, 500}} {
		s := open(t, choice{width: p.width, height: p.height + chrome, query: "?theme=" + p.look + "&locale=" + p.locale})
		s.greeted()
		s.alone(p.width, p.height)
		for _, v := range append(views(), callerViews()...) {
			s.show(v)
			s.picture(filepath.Join(dir, strings.Join([]string{"widget", v.name, p.look, p.locale, strconv.Itoa(p.width)}, "-")+".png"), p.width, p.height)
		}
		s.must(s.Browser.Close())
	}
}

func TestPicturesOfTheHostPage(t *testing.T) {
	dir := shots(t)
	for _, look := range []string{"light", "dark"} {
		s := open(t, choice{width: 1280, height: 800, query: "?theme=" + look, callAgent: func(string) error { return nil }})
		s.connected()
		s.choose("busy")
		s.bridge.send(t, inCall("active", nil))
		s.says(widget, "#plate", "Live")
		s.must(s.WaitEval(s.ctx, widget, still))
		s.must(s.Screenshot(s.ctx, filepath.Join(dir, "host-"+look+".png")))
		s.click("", "#log-toggle")
		s.must(s.Screenshot(s.ctx, filepath.Join(dir, "host-log-"+look+".png")))
		s.click("", "#log-toggle")
		for _, id := range []string{"available", "busy", "unavailable", "offline"} {
			s.sim.SetExternalStatusMap("status-"+id, map[string]string{"sidetone_voice": id})
		}
		s.click("", `[data-tab="settings"]`)
		s.says(settings, "#map", "Lunch")
		s.must(s.Select(s.ctx, settings, `[data-row="status-lunch"] select`, "unavailable"))
		s.says(settings, "#save", "Save 1 change")
		s.must(s.WaitEval(s.ctx, settings, still))
		s.must(s.Screenshot(s.ctx, filepath.Join(dir, "settings-"+look+".png")))
		s.click("", `[data-tab="lab"]`)
		s.must(s.WaitEval(s.ctx, "", still))
		s.must(s.Screenshot(s.ctx, filepath.Join(dir, "lab-"+look+".png")))
		s.must(s.Browser.Close())
	}
}

func TestPicturesOfABlockedWidget(t *testing.T) {
	s := open(t, choice{unpaired: true, width: 320, height: 500 + chrome, faults: func(f *Faults) { f.WithoutAccess = true }})
	s.says(widget, "#blocked", "does not let")
	s.alone(320, 500)
	s.must(s.WaitEval(s.ctx, widget, fits))
	s.picture(filepath.Join(shots(t), "widget-blocked-light.png"), 320, 500)
	s.must(s.Browser.Close())
	s = open(t, choice{noBridge: true, width: 280, height: 500 + chrome, query: "?locale=de_de"})
	s.must(s.WaitEval(s.ctx, widget, visible("#start-phone")))
	s.alone(280, 500)
	s.must(s.WaitEval(s.ctx, widget, fits))
	s.picture(filepath.Join(shots(t), "widget-no-answer-light.png"), 280, 500)
}

func TestPicturesOfPairing(t *testing.T) {
	dir := shots(t)
	for _, look := range []string{"light", "dark"} {
		s := open(t, choice{unpaired: true, width: 280, height: 500 + chrome, query: "?theme=" + look})
		s.says(widget, "#connection", "Not paired")
		s.alone(280, 500)
		s.must(s.WaitEval(s.ctx, widget, fits))
		s.picture(filepath.Join(dir, "widget-unpaired-"+look+".png"), 280, 500)
		s.click(widget, "#try-again")
		s.digits()
		s.must(s.WaitEval(s.ctx, widget, fits))
		s.must(s.WaitEval(s.ctx, widget, still))
		s.picture(filepath.Join(dir, "widget-pairing-"+look+".png"), 280, 500)
		s.must(s.Browser.Close())
	}
}
