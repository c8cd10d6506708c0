// Draws who the other side of a call is in Kustomer, and the notes that go there with the call. Data goes in as text only.

import { $, refill, set, show } from "./page.js";
import { shown } from "./protocol.js";
import { counted, fill, locale, words } from "./strings.js";

const pause = 500; // milliseconds from the last key to the note's way to the app
const on = { write: () => false }; // what the agent does goes out by: write(what, extra) reports whether it left
const note = { call: "", timer: 0, dirty: false };
let last = null; // the model drawn last

// prepare takes the way out and listens to the field.
export function prepare({ write }) {
  on.write = write;
  $("#call-note").oninput = () => {
    note.dirty = true;
    clearTimeout(note.timer);
    note.timer = setTimeout(flush, pause);
  };
  $("#call-note").onblur = flush; // before the button that was pressed is heard
  $("#disposition").onchange = (e) => on.write("disposition", { call: note.call, text: e.target.value });
  dress();
}

// dress writes the words that change with the language alone.
export function dress() {
  set($("#after label"), words.notes);
  $("#call-note").placeholder = words.notes;
  $("#disposition").setAttribute("aria-label", words.disposition);
  if (last) draw(last);
}

// flush sends the note. One that cannot leave stays and is tried again with the next state.
function flush() {
  clearTimeout(note.timer);
  note.timer = 0;
  if (!note.dirty) return;
  const text = $("#call-note").value.replace(/[^\P{Cc}\n]|[\p{Cs}\p{Bidi_C}\ufffd]/gu, "");
  note.dirty = !on.write("note", { call: note.call, text });
}

// draw shows the customer of the call that is on, or of the one being wrapped up, and its notes.
export function draw(model) {
  last = model;
  const call = shown(model.state?.calls ?? []), draft = model.state?.draft ?? null;
  const about = call ? call.customer : draft?.customer?.chosen ? null : draft?.customer; // a known one needs nothing any more
  known(call?.id ?? draft?.call, model.keypad ? null : about); // the keys need the room
  notes(draft && (!call || call.id === draft.call && call.phase === "active" && !model.keypad) ? draft : null);
}

function known(call, about) {
  const lines = about && said(about);
  show($("#caller"), Boolean(lines));
  if (!lines) return;
  const { first, second, act } = lines;
  set($("#caller strong"), first);
  show($("#caller strong"), first !== "");
  set($("#caller small"), second);
  show($("#caller small"), second !== "");
  $("#caller small").classList.toggle("talk", act === "open"); // a subject may be cut, a sentence not
  const button = $("#caller .known button");
  show(button, act !== "");
  set(button, words.caller[act] ?? "");
  button.onclick = () => on.write(act, { call });
  const list = about.state === "found" && !about.chosen ? about.matches ?? [] : [];
  show($("#caller .several"), list.length > 0);
  refill($("#caller .several"), list.map((m) => [call, m]), ([call, m]) => choice(call, m));
}

// said is what the two lines say, and what the button does.
function said(about) {
  switch (about.state) {
    case "searching": return { first: "", second: words.caller.searching, act: "" };
    case "creating": return { first: "", second: words.caller.creating, act: "" };
    case "unknown": return { first: "", second: words.caller.unknown, act: "create" };
    case "failed": return { first: "", second: words.caller.failed[about.status ?? 0] ?? words.caller.failed.other, act: "" };
  }
  const m = (about.matches ?? []).find((x) => x.id === about.chosen);
  if (!m) return { first: counted(words.caller.several, about.matches?.length ?? 0), second: "", act: "" };
  return { first: m.company ?? "", second: talk(m) || words.caller.none, act: "open" };
}

// talk is the last conversation on one line: "Open · 2 days ago: Where is my order?".
function talk(m) {
  if (!m.last) return "";
  const what = [ago(m.last_at), m.last_name].filter(Boolean).join(": ");
  return m.last_open ? fill(words.caller.stillOpen, { what }) : what;
}

function choice(call, m) {
  const b = document.createElement("button");
  b.type = "button";
  b.dataset.customer = m.id;
  const name = document.createElement("strong"), more = document.createElement("small");
  name.textContent = m.name || m.id;
  more.textContent = [m.company, talk(m)].filter(Boolean).join(" · ");
  b.append(name, more);
  b.onclick = () => on.write("choose", { call, customer: m.id });
  return b;
}

// ago is how long ago something was, in words.
export function ago(iso, now = Date.now()) {
  const seconds = (Date.parse(iso) - now) / 1000;
  if (Number.isNaN(seconds)) return "";
  const steps = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const [unit, size] = steps.find(([, s]) => Math.abs(seconds) >= s) ?? ["minute", 60];
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

function notes(draft) {
  if (draft?.call !== note.call && note.dirty) flush();
  show($("#after"), draft !== null);
  if (!draft) return;
  const field = $("#call-note");
  if (draft.call !== note.call) Object.assign(note, { call: draft.call, dirty: false }), field.value = draft.note ?? "";
  else if (note.dirty && !note.timer) flush();
  else if (!note.dirty && document.activeElement !== field && field.value !== (draft.note ?? "")) field.value = draft.note ?? "";
  dispositions(draft);
}

// dispositions are chosen from in a list; its first entry takes the choice back.
function dispositions({ choices = [], disposition = "" }) {
  const list = $("#disposition");
  show(list, choices.length > 0);
  const none = disposition ? words.noDisposition : words.chooseDisposition;
  refill(list, [["", none], ...choices.map((name) => [name, name])], ([value, text]) => new Option(text, value));
  if (list.value !== disposition) list.value = disposition;
}
