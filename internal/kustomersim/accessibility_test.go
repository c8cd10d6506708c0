package kustomersim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// axeSum is the SHA-256 of testdata/axe/axe.min.js; the README beside it says where it comes from.
const axeSum = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"

// audit loads axe-core into a frame.
func (s *stage) audit(frame string) {
	s.t.Helper()
	script, err := os.ReadFile(filepath.Join("testdata", "axe", "axe.min.js"))
	if err != nil {
		s.t.Fatal(err)
	}
	if sum := sha256.Sum256(script); hex.EncodeToString(sum[:]) != axeSum {
		s.t.Fatal("axe-core is not the one that was taken in")
	}
	s.must(s.Eval(s.ctx, frame, "(() => { "+string(script)+"\nreturn typeof axe.run; })()", nil))
}

// clean reports what axe-core finds wrong with a frame as it is now. In the dark only colours differ, so only they are looked at
// again.
func (s *stage) clean(frame, name, look string) {
	s.t.Helper()
	rules := "{}"
	if look == "dark" {
		rules = `{ runOnly: ["color-contrast", "link-in-text-block"] }`
	}
	name += " " + look
	var found []string
	s.must(s.Eval(s.ctx, frame, `axe.run(document, `+rules+`).then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html + " " + n.failureSummary).join("; ")))`, &found))
	for _, f := range found {
		s.t.Errorf("%s: %s", name, f)
	}
}

// noticed checks that axe-core finds what is wrong.
func (s *stage) noticed() {
	s.t.Helper()
	var found []string
	s.must(s.Eval(s.ctx, widget, `(() => { const i = document.createElement("input"); document.querySelector("main").append(i);
		return axe.run(document).then((r) => { i.remove(); return r.violations.map((v) => v.id); }); })()`, &found))
	if !slices.Contains(found, "label") {
		s.t.Fatalf("a field without a name is not noticed: %q", found)
	}
}

// crowded lists the texts of a page that are cut off, stick out of what they stand in, or lie over another one. Names and
// numbers of people may end in "…".
const crowded = `(() => {
	const out = [], texts = [];
	const shortened = ".who, .number, .several small, .talk";
	const boxes = "button, .notice, .warn, #plate, #wrap, #status-choice, dialog, li, #digits, #note, .known";
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	const name = (node) => JSON.stringify(node.textContent.trim().slice(0, 60));
	for (let node = walk.nextNode(); node; node = walk.nextNode()) {
		const element = node.parentElement;
		if (getComputedStyle(element).webkitLineClamp !== "none" && !element.matches(shortened) && element.scrollHeight > element.clientHeight + 2) out.push("cut off: " + name(node));
		if (!node.textContent.trim() || !element.checkVisibility() || element.closest(".unseen, .preload, script")) continue;
		if (getComputedStyle(element).textOverflow === "ellipsis" && !element.matches(shortened) && element.scrollWidth > element.clientWidth) out.push("cut off: " + name(node));
		const range = document.createRange();
		range.selectNodeContents(node);
		for (const r of range.getClientRects()) {
			const x = Math.min(innerWidth - 1, Math.max(0, r.left + r.width / 2)), y = r.top + r.height / 2;
			if (y < 0 || y >= innerHeight) continue; // it is scrolled away
			const over = document.elementFromPoint(x, y)?.closest("dialog, #status-choice, .foot");
			if (over && !over.contains(element)) continue; // something opened lies over it
			if (!element.closest(shortened) && (r.left < 0 || r.right > innerWidth + .5)) out.push("outside the page: " + name(node));
			const box = element.closest(boxes)?.getBoundingClientRect();
			if (box && !element.closest(shortened) && (r.left < box.left - .5 || r.right > box.right + .5 || r.top < box.top - 3 || r.bottom > box.bottom + 3)) out.push("sticks out: " + name(node));
			texts.push({ node, r, element });
		}
	}
	for (const [i, a] of texts.entries()) for (const b of texts.slice(i + 1)) {
		const wide = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left), high = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
		const either = a.element.matches(shortened) || b.element.matches(shortened);
		if (a.node !== b.node && wide > 1 && high > 2 && !either) out.push(name(a.node) + " lies over " + name(b.node));
	}
	if (document.documentElement.scrollWidth > innerWidth) out.push("the page is wider than its frame");
	return out;
})()`

// roomy reports what crowded finds.
func (s *stage) roomy(name string) {
	s.t.Helper()
	var found []string
	s.must(s.Eval(s.ctx, widget, crowded, &found))
	for _, f := range found {
		s.t.Errorf("%s: %s", name, f)
	}
}

// whole reports a page of which something lies outside its frame.
func (s *stage) whole(name string) {
	s.t.Helper()
	var more int
	s.must(s.Eval(s.ctx, widget, `document.documentElement.scrollHeight - innerHeight`, &more))
	if more > 0 {
		s.t.Errorf("%s: %d pixels lie below the frame", name, more)
	}
}

// obstacles are everything that can stand between the widget and the app.
func obstacles() []object {
	out := []object{
		{"name": "connecting", "round": 0}, {"name": "connecting", "round": 2}, {"name": "down"}, {"name": "down", "still": true}, {"name": "down", "stranger": true},
		{"name": "ask"}, {"name": "ask", "again": true}, {"name": "unpaired"}, {"name": "pairing", "digits": "407183", "until": 4102444800000, "left": 3},
		{"name": "pairing", "digits": "407183", "until": 4102444800000, "left": 1}, {"name": "pairing", "digits": "407183", "until": 4102444800000, "left": 2},
	}
	for _, name := range []string{"not-delegated", "denied", "unsure", "no-window", "window-closed", "full", "asking", "foreign", "outside"} {
		out = append(out, object{"name": name})
	}
	for _, code := range []string{"not-armed", "busy", "expired", "cancelled", "closed", "foreign"} {
		out = append(out, object{"name": "unpaired", "code": code})
	}
	return out
}

// drawn draws what stands in the way.
func (s *stage) drawn(link object, note string) string {
	s.t.Helper()
	model, err := json.Marshal(object{"link": link, "state": nil, "note": note, "trouble": "", "keypad": false})
	s.must(err)
	s.must(s.Eval(s.ctx, widget, `import("/js/view.js").then((m) => m.draw(`+string(model)+`))`, nil))
	return "obstacle " + string(model)
}

// speak goes over to another language, as a word of Kustomer's would.
func (s *stage) speak(language string) {
	s.t.Helper()
	s.must(s.Eval(s.ctx, widget, `Promise.all(["strings", "view", "caller"].map((n) => import("/js/" + n + ".js"))).then(([m, v, c]) => { m.speak("`+language+`"); v.dress(); c.dress(); })`, nil))
}

// TestWidgetIsForEverybody: axe-core finds nothing in any state, light or dark.
func TestWidgetIsForEverybody(t *testing.T) {
	for _, look := range []string{"light", "dark"} {
		s := open(t, choice{width: 280, height: 500 + chrome, query: "?theme=" + look})
		s.alone(280, 500)
		s.audit(widget)
		s.noticed()
		for _, v := range append(views(), callerViews()...) {
			s.show(v)
			s.clean(widget, v.name, look)
		}
		s.show(views()[0])
		s.bridge.close()
		s.must(s.WaitEval(s.ctx, widget, visible("#blocked")))
		for _, o := range obstacles() {
			name := s.drawn(o, "")
			s.must(s.WaitEval(s.ctx, widget, still))
			s.clean(widget, name, look)
		}
		s.must(s.Browser.Close())
	}
}

func TestSettingsAreForEverybody(t *testing.T) {
	for _, look := range []string{"light", "dark"} {
		s := open(t, choice{noBridge: true, query: "?theme=" + look})
		s.click("", `[data-tab="settings"]`)
		s.says(settings, "#map", "Lunch")
		s.audit(settings)
		s.clean(settings, "settings", look)
		s.mapAs("lunch", "unavailable")
		s.must(s.WaitEval(s.ctx, settings, still))
		s.clean(settings, "settings changed", look)
		s.must(s.Browser.Close())
	}
}

// TestEveryLanguageFits: in 280 x 500 pixels no text is cut off, sticks out or lies over another one, and nothing lies below or
// behind the foot, in any state and language.
func TestEveryLanguageFits(t *testing.T) {
	s := open(t, choice{width: 280, height: 641 + chrome})
	all := append(views(), callerViews()...)
	for _, height := range []int{500, 641} { // the second is the least that is not drawn close together
		s.alone(280, height)
		for _, v := range all {
			s.show(v)
			for _, language := range []string{"en", "de", "fr", "es", "pt"} {
				s.speak(language)
				s.state(v.state) // what is open stays open
				name := fmt.Sprint(v.name, " ", language, " ", height)
				s.roomy(name)
				s.whole(name)
			}
		}
	}
	s.alone(280, 500)
	s.show(all[0])
	s.bridge.close()
	s.must(s.WaitEval(s.ctx, widget, visible("#blocked")))
	for _, language := range []string{"en", "de", "fr", "es", "pt"} {
		s.speak(language)
		for _, o := range obstacles() {
			name := s.drawn(o, "")
			s.roomy(name + " " + language)
			s.whole(name + " " + language)
		}
	}
}

// TestCrowdedIsNoticed: the check itself must be able to fail.
func TestCrowdedIsNoticed(t *testing.T) {
	s := open(t, choice{noBridge: true, width: 280})
	s.must(s.WaitEval(s.ctx, widget, visible("#blocked")))
	for name, js := range map[string]string{
		"cut off": `document.querySelector("#blocked h2").style.cssText = "width:20px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"`,
		"outside": `document.querySelector("#blocked h2").style.cssText = "position:fixed;left:250px;width:300px"`,
		"over":    `document.querySelector("#blocked p").style.cssText = "margin-top:-20px"`,
	} {
		var found []string
		s.must(s.Eval(s.ctx, widget, js, nil))
		s.must(s.Eval(s.ctx, widget, crowded, &found))
		if len(found) == 0 {
			t.Errorf("%s is not noticed", name)
		}
		s.must(s.Eval(s.ctx, widget, `document.querySelectorAll("#blocked *").forEach((e) => { e.style.cssText = ""; })`, nil))
	}
}

// TestNamesHaveTwoLines: a name of 19 letters is whole in the least width, and one that is cut says so in its title.
func TestNamesHaveTwoLines(t *testing.T) {
	s := open(t, choice{width: 280, height: 641 + chrome})
	for _, height := range []int{500, 641} {
		s.alone(280, height)
		for selector, state := range map[string]object{"#plate .who": covered("active", nil), "#wrap .who": wrapUp(), "#caller strong": callerViews()[0].state} {
			s.state(state)
			s.must(s.WaitEval(s.ctx, widget, `[document.querySelector("`+selector+`")].every((e) => e.offsetHeight > 0 && e.scrollHeight <= e.offsetHeight + 2 && e.scrollWidth <= e.offsetWidth)`))
		}
	}
}

// TestMoreBelowIsMarked: where something lies below the foot, the foot has an edge until the page is scrolled to its end.
func TestMoreBelowIsMarked(t *testing.T) {
	s := open(t, choice{width: 280, height: 500 + chrome})
	edge := `getComputedStyle(document.querySelector("#home .foot")).borderTopColor === "rgba(0, 0, 0, 0)"`
	s.alone(280, 500)
	s.state(covered("active", nil))
	s.must(s.WaitEval(s.ctx, widget, edge))
	s.alone(280, 300)
	s.must(s.WaitEval(s.ctx, widget, "!("+edge+")"))
	s.must(s.Eval(s.ctx, widget, `window.scrollTo(0, 9999)`, nil))
	s.must(s.WaitEval(s.ctx, widget, edge))
}

// TestKeyboardReachesEverything: Tab goes through what can be done, in the order it is seen, and shows where it is; what was opened
// closes with Escape and gives the focus back.
func TestKeyboardReachesEverything(t *testing.T) {
	s := open(t, choice{width: 280, height: 500 + chrome})
	s.alone(280, 500)
	by := map[string]view{}
	for _, v := range views() {
		by[v.name] = v
	}
	for name, want := range map[string][]string{
		"idle": {"status", "why", "number", "call"}, "ringing": {"status", "answer", "decline"}, "call": {"status", "mute", "hold", "keys", "hangup"},
		"wrapup": {"status", "why", "more", "done"},
	} {
		s.show(by[name])
		s.must(s.Eval(s.ctx, widget, `document.querySelector("#status").focus()`, nil))
		for i, id := range want {
			if i > 0 {
				s.must(s.Keys(s.ctx, "\t"))
			}
			var at struct {
				ID    string
				Shown bool
			}
			s.must(s.Eval(s.ctx, widget, `({ ID: document.activeElement.id, Shown: parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 2 })`, &at))
			if at.ID != id || i > 0 && !at.Shown {
				t.Errorf("%s, after %d times Tab: %+v, want %s", name, i, at, id)
			}
		}
	}
	s.show(by["idle"])
	s.must(s.Eval(s.ctx, widget, `document.querySelector("#status").focus()`, nil))
	s.must(s.Keys(s.ctx, "\r"))
	s.must(s.WaitEval(s.ctx, widget, `document.activeElement.dataset.choose === "available"`))
	s.must(s.Keys(s.ctx, "\x1b"))
	s.must(s.WaitEval(s.ctx, widget, `document.querySelector("#status-choice").hidden && document.activeElement.id === "status"`))
}
