package browser

import (
	"fmt"
	"strings"
)

// spotJS finds where an element can be clicked, or says why it cannot be.
const spotJS = `(selector) => {
  const e = document.querySelector(selector);
  if (!e) return {Why: "nothing matches"};
  if (e.disabled) return {Why: "it is disabled"};
  e.scrollIntoView({block: "nearest", inline: "nearest", behavior: "instant"});
  const r = e.getBoundingClientRect();
  if (r.width < 1 || r.height < 1 || getComputedStyle(e).visibility !== "visible") return {Why: "it is not visible"};
  const X = r.left + r.width / 2, Y = r.top + r.height / 2;
  const hit = document.elementFromPoint(X, Y);
  if (!hit || !(e === hit || e.contains(hit) || hit.contains(e) && hit.tagName === "LABEL")) return {X, Y, Why: "something covers it"};
  return {X, Y, Why: ""};
}`

// frameJS finds where a frame's content begins in the page.
const frameJS = `(part) => {
  const f = [...document.querySelectorAll("iframe")].find((i) => i.src.includes(part));
  if (!f) return {Why: "the page shows no such frame"};
  f.scrollIntoView({block: "nearest", inline: "nearest", behavior: "instant"});
  const r = f.getBoundingClientRect();
  if (r.width < 1 || r.height < 1 || getComputedStyle(f).visibility !== "visible") return {Why: "the frame is not visible"};
  return {X: r.left + f.clientLeft, Y: r.top + f.clientTop, Why: ""};
}`

// textJS reads what an element shows.
const textJS = `(selector) => {
  const e = document.querySelector(selector);
  if (!e) return null;
  return ["INPUT", "SELECT", "TEXTAREA"].includes(e.tagName) ? e.value : e.innerText;
}`

// selectJS chooses in a drop-down list.
const selectJS = `(selector, value) => {
  const e = document.querySelector(selector);
  if (!e || e.disabled || ![...e.options].some((o) => o.value === value)) return false;
  e.value = value;
  e.dispatchEvent(new Event("input", {bubbles: true}));
  e.dispatchEvent(new Event("change", {bubbles: true}));
  return true;
}`

func says(text *string, want string) error {
	if text == nil {
		return fmt.Errorf("%w: nothing matches", errLater)
	}
	if !strings.Contains(*text, want) {
		return fmt.Errorf("%w: it says %q", errLater, *text)
	}
	return nil
}

// passing says whether an answer of the browser only means that a page is just being replaced.
func passing(err error) bool {
	for _, s := range []string{
		"Execution context was destroyed", "Cannot find context", "execution context", "uniqueContextId not found", "Inspected target navigated",
		"Target closed", "Session with given id not found", "No target with given id", "Cannot find default execution context",
	} {
		if strings.Contains(err.Error(), s) {
			return true
		}
	}
	return false
}

// armJS watches for the next press of the mouse.
const armJS = `(() => {
  globalThis.sidetoneLastPress = false;
  addEventListener("mousedown", () => { globalThis.sidetoneLastPress = true; }, {capture: true, once: true});
  return true;
})()`
