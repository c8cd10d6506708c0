// Draws the agent's status: what it is and why, what follows, the wrap-up, what Kustomer did to it, and its last changes.

import { $, refill, set, show } from "./page.js";
import { brief, statuses } from "./protocol.js";
import { fill, statusName, timeOf, told, words } from "./strings.js";

const left = (s) => Math.max(0, Date.parse(s.until) - Date.now()); // of a wrap-up, in milliseconds
const written = (milliseconds) => brief(Math.round(milliseconds / 1000));
const nameOf = (named) => named ? statusName(named.status, named.label) : "";

// covered says whether something lies over the agent's own choice that will end: a call or a wrap-up.
export const covered = (status) => status?.because === "call" || status?.because === "wrap-up";

// prepare builds the menu; on is {choose(status), menuKeys}.
export function prepare(on) {
  for (const name of statuses) {
    const b = document.createElement("button");
    const shape = document.createElement("span");
    shape.className = "icon shape " + name;
    Object.assign(b, { type: "button", tabIndex: -1 });
    b.setAttribute("role", "menuitemradio");
    b.dataset.choose = name;
    b.append(shape, document.createElement("span"));
    b.onclick = () => on.choose(name);
    $("#status-menu").append(b);
  }
  $("#why").onclick = () => $("#recent").showModal();
  $("#recent-close").onclick = () => $("#recent").close();
  dress();
}

// dress writes the words that change with the language alone.
export function dress() {
  $("#status-menu").setAttribute("aria-label", words.statusMenu);
  for (const b of $("#status-menu").children) set(b.lastElementChild, words.statuses[b.dataset.choose]);
  set($("#more").lastElementChild, words.moreTime);
  set($("#done").lastElementChild, words.done);
  set($("#recent-title"), words.whyTitle);
  $("#recent-close").setAttribute("aria-label", words.close);
  $("#recent-close").title = words.close;
}

// draw shows the status of a state; null while there is none.
export function draw(state) {
  const s = state?.status ?? null;
  const shown = s?.status ?? "offline", name = s ? nameOf(s) : words.connecting;
  $("#status").className = "s-" + shown;
  $("#status").disabled = !s;
  $("#status").firstElementChild.className = "icon shape " + shown;
  set($("#status strong"), name);
  set($("#status small"), s ? why(s) : "");
  set($("#said-status"), s ? name : "");
  chooser(s);
  wrapUp(state);
  const text = s?.notice ? notice(s.notice) : "";
  set($("#notice").lastElementChild, text);
  show($("#notice"), text !== "");
  recent(s, name);
}

function why(s) {
  const own = words.because[s.because];
  return own ? fill(own, { time: timeOf(s.since), left: written(left(s)), next: nameOf(s.next) }) : s.why;
}

function chooser(s) {
  const now = covered(s) ? s.next?.status : s?.status;
  for (const b of $("#status-menu").children) b.setAttribute("aria-checked", String(b.dataset.choose === now));
  const when = covered(s) ? s.because === "call" ? words.afterCall : words.afterWrapUp : "";
  set($("#status-when"), when);
  show($("#status-when"), when !== "");
}

// notice says what Kustomer did, and with a wish it did not take, why.
function notice(n) {
  if (n.code.startsWith("unreachable")) return told(words.notices, n);
  const sentence = words.notices[n.code];
  if (!sentence) return n.text;
  const because = n.code === "refused" || n.code === "pending" ? " " + (words.wantFailed[n.failure] ?? words.wantFailed.other) : "";
  return fill(sentence, { wanted: nameOf(n.wanted), there: nameOf(n.there), time: timeOf(n.at) }) + because;
}

function wrapUp(state) {
  const s = state?.status;
  const on = s?.because === "wrap-up" && !state.calls.length;
  for (const id of ["#wrap", "#more", "#done"]) show($(id), on);
  if (!on) return;
  const { last } = state;
  set($("#wrap .state"), words.statuses["wrap-up"]);
  set($("#wrap .who"), String(last?.name || last?.number_text || last?.number || words.unknownCaller));
  set($("#wrap .then"), fill(words.then, { next: nameOf(s.next) }));
  $("#more").disabled = !(Date.parse(s.until) < Date.parse(s.longest));
  tick(state);
}

// tick writes how much of the wrap-up is left. It runs once a second.
export function tick(state) {
  const s = state?.status;
  if ($("#wrap").hidden || !s) return;
  const still = left(s);
  set($("#wrap .left"), written(still));
  set($("#status small"), why(s));
  $("#wrap .ring").style.setProperty("--part", String(Math.min(1, still / Math.max(1, Date.parse(s.until) - Date.parse(s.since)))));
}

// recent fills the list behind "Why am I …?". It closes for a call that rings; during a call the status itself says why.
function recent(s, name) {
  show($("#why"), Boolean(s?.recent.length) && $("#plate").hidden);
  const plain = s && s.status !== "wrap-up" && name === words.statuses[s.status];
  set($("#why"), fill(plain ? words.whyAmI : words.whyIs, { status: name }));
  if (!s) return $("#recent").close();
  refill($("#recent ol"), s.recent.map((d) => [timeOf(d.at), decided(d)]), ([time, sentence]) => {
    const row = document.createElement("li");
    row.append(Object.assign(document.createElement("time"), { textContent: time }), Object.assign(document.createElement("span"), { textContent: sentence }));
    return row;
  });
}

function decided(d) {
  const own = words.decided[d.cause];
  return own ? fill(own, { status: nameOf(d.to), until: timeOf(d.until, "2-digit") }) : d.text;
}

// menu opens or closes the status menu.
export function menu(open) {
  const button = $("#status"), box = $("#status-choice"), list = $("#status-menu");
  if (!open && box.contains(document.activeElement)) button.focus();
  show(box, open);
  button.setAttribute("aria-expanded", String(open));
  if (open) (list.querySelector('[aria-checked="true"]') ?? list.firstElementChild).focus();
}
