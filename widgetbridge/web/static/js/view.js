// Draws the widget from one model. Data goes in as text only.

import { $, set, show } from "./page.js";
import { brief, clock, shown, statuses } from "./protocol.js";
import * as statusView from "./statusview.js";
import { counted, fill, timeOf, told, words } from "./strings.js";

// prepare builds menu and keypad.
export function prepare(on) {
  statusView.prepare(on);
  preload();
  for (const key of "123456789*0#") {
    const b = document.createElement("button");
    Object.assign(b, { type: "button", textContent: key });
    b.dataset.key = key;
    b.onclick = () => on.digit(key);
    $("#keypad").append(b);
  }
  dress();
}

// dress writes the words that change with the language alone.
export function dress() {
  const inside = { "#mute": words.mute, "#hold": words.hold, "#keys": words.keypad, "#answer": words.answer, "#decline": words.decline, "#hangup": words.hangup };
  for (const [selector, text] of Object.entries(inside)) set($(selector).lastElementChild, text);
  const said = {
    "#pairing h2": words.pairing, "#pairing-never": words.pairingNever, "#new-digits": words.newDigits,
    "#small-window": words.smallWindow, "#start-phone": words.startPhone, "#start-needs": words.startNeeds, "#last h2": words.lastCall,
  };
  for (const [selector, text] of Object.entries(said)) set($(selector), text);
  $("#number").placeholder = words.numberField;
  const labels = { "#number": words.numberField, "#call": words.call, "#keypad": words.keypad };
  for (const [selector, text] of Object.entries(labels)) $(selector).setAttribute("aria-label", text);
  $("#call").title = words.call;
  statusView.dress();
}

// preload fetches the pictures that only show later, so that none is missing when a call comes.
function preload() {
  const box = document.body.appendChild(document.createElement("div"));
  box.className = "preload";
  const later = ["icons/mic-off", "icons/resume", "icons/hold", "icons/incoming", "icons/outgoing", "icons/missed", "icons/warning", "icons/link"];
  for (const name of [...later, ...[...statuses, "ringing"].map((n) => "shapes/" + n)]) {
    const picture = box.appendChild(document.createElement("span"));
    picture.className = "icon";
    picture.style.setProperty("--icon", `url("${name}.svg")`);
  }
}

// draw shows the model: {link, state, note, keypad}.
export function draw(model) {
  const { link, state } = model;
  const up = link.name === "connected" && state !== null;
  const beginning = link.name === "connected" || link.name === "connecting" && !link.round;
  const pairing = link.name === "pairing";
  const wall = up || beginning || pairing ? null : obstacle(link);
  head(model, up);
  show($("#blocked"), wall !== null);
  show($("#pairing"), pairing);
  show($("#home"), wall === null && !pairing);
  if (pairing) return digits(link);
  if (wall) return block(wall, model.note);
  home(model, up ? state : null);
}

function head({ link, state }, up) {
  const shape = $("#connection").firstElementChild;
  const lined = up && state.ready;
  shape.className = "icon shape " + (lined ? "available" : up ? "ringing" : "offline");
  const text = link.name === "pairing" || link.name === "unpaired" ? words.notPaired : lined ? words.connected : up ? words.noLine : link.name === "connecting" && !link.round || link.name === "connected" ? words.connecting : words.notConnected;
  set($("#connection").lastElementChild, text);
}

// obstacle is what stands between the widget and the app.
function obstacle(link) {
  switch (link.name) {
    case "not-delegated": return { title: words.notDelegatedTitle, text: words.notDelegated, steps: words.notDelegatedSteps, button: words.tryAgain, window: true };
    case "denied": return { title: words.deniedTitle, text: words.denied, steps: words.deniedSteps, button: words.tryAgain, window: true };
    case "unsure": return { title: words.unsureTitle, text: words.unsure, steps: words.unsureSteps, button: words.tryAgain, window: true };
    case "no-window": return { title: words.noWindowTitle, text: words.noWindow, steps: words.noWindowSteps, button: words.tryAgain };
    case "window-closed": return { title: words.windowClosedTitle, text: words.windowClosed, steps: [], button: words.openWindow, calm: true };
    case "unpaired": return { title: words.unpairedTitle, text: words.refused[link.code] ?? link.text ?? words.unpaired, steps: [], button: words.connect, calm: link.code !== "foreign", bad: link.code === "foreign" };
    case "full": return { title: words.fullTitle, text: words.full, steps: [], button: words.tryAgain };
    case "ask": return { title: words.askTitle, text: link.again ? words.askAgain : words.ask, steps: [], button: words.connect, calm: true, start: link.again === true };
    case "asking": return { title: words.askTitle, text: words.asking, steps: [], button: "", calm: true };
    case "foreign": return { title: words.foreignTitle, text: words.foreign, steps: [], button: words.tryAgain, bad: true };
    case "outside": return { title: words.outsideTitle, text: words.outside, steps: [], button: "", calm: true };
    default: return { title: words.noAnswerTitle, text: link.stranger || link.still ? words.noAnswerStranger : words.noAnswer, steps: [], button: words.tryAgain, calm: true, start: true, waiting: link.name === "connecting" };
  }
}

function block(wall, note) {
  const notice = $("#blocked .notice");
  notice.classList.toggle("calm", wall.calm === true);
  notice.classList.toggle("bad", wall.bad === true);
  set(notice.querySelector("h2"), wall.title);
  set(notice.querySelector("p"), note || wall.text);
  $("#blocked ol").replaceChildren(...wall.steps.map((s) => Object.assign(document.createElement("li"), { textContent: s })));
  const button = $("#try-again");
  show(button, wall.button !== "");
  button.disabled = wall.waiting === true;
  set(button, wall.waiting ? words.trying : wall.button);
  show($("#small-window"), wall.window === true);
  for (const id of ["#start-phone", "#start-needs"]) show($(id), wall.start === true);
}

const allTries = 3; // of one pairing, as the app's package pairing has it

// digits shows what the person types into the app's window.
function digits(link) {
  set($("#pairing-once"), link.left < allTries ? counted(words.wrongDigits, link.left) : words.pairingOnce);
  const spaced = link.digits.slice(0, 3) + " " + link.digits.slice(3);
  set($("#digits"), spaced);
  $("#digits").setAttribute("aria-label", [...link.digits].join(" "));
  countdown(link);
}

// countdown writes how long the digits hold. It runs once a second.
export function countdown(link) {
  if (link.name === "pairing") set($("#digits-left").lastElementChild, fill(words.pairingLeft, { time: brief((link.until - Date.now()) / 1000) }));
}

function home(model, state) {
  const call = shown(state?.calls ?? []);
  plate(call);
  others(model.keypad ? [] : (state?.calls ?? []).filter((c) => c !== call && c.phase !== "ending")); // the keys need the room
  controls(model, call);
  statusView.draw(state);
  show($("#dial"), call === null && $("#wrap").hidden); // after the call its work comes first
  $("#number").disabled = $("#call").disabled = !state;
  set($("#note"), model.note);
  show($("#note"), model.note !== "");
  last(call || !$("#wrap").hidden ? null : state?.last);
  const warning = state ? inTheWay(state, model.trouble) : "";
  set($("#line").lastElementChild, warning);
  show($("#line"), warning !== "");
  set($("#hint"), words.hint);
  show($("#hint"), call === null && $("#wrap").hidden);
  show($(".chooser"), $("#keypad").hidden); // who types digits chooses no status, and the keypad needs the room
}

// inTheWay is the one thing that is wrong and shown: the phone's own trouble before that with Kustomer.
function inTheWay(state, trouble) {
  return told(words.warnings, state.warning) || (state.ready ? "" : told(words.lines, state.line)) || (words.troubles[trouble] ?? "");
}

const looks = { ring: ["dialing", "ringing", "incoming", "answering"] };

function plate(call) {
  show($("#plate"), call !== null);
  if (!call) return set($("#said-call"), "");
  if (call.phase === "incoming") $("#recent").close();
  const ring = looks.ring.includes(call.phase);
  const held = call.held || call.remote_held;
  $("#plate").className = ring ? "p-ring" : held ? "p-hold" : "p-call";
  $("#plate .shape").className = "icon shape " + (ring ? "ringing" : held ? "hold" : "busy");
  set($("#plate .direction"), call.phase === "incoming" ? "" : words.direction[call.direction] ?? ""); // the phase says it
  const number = numberOf(call), name = call.name || number || words.unknownCaller;
  set($("#plate .who"), name);
  $("#plate .who").title = name;
  set($("#plate .number"), call.name ? number : "");
  set($("#said-call"), words.phase[held ? call.held ? "held" : "heldThere" : call.phase] + ", " + name);
  tick(call);
}

// others lists the calls beside the one on the plate.
function others(calls) {
  show($("#others"), calls.length > 0);
  $("#others").replaceChildren(...calls.map((call) => {
    const row = document.createElement("li"), picture = document.createElement("span"), who = document.createElement("strong"), what = document.createElement("small");
    const held = call.held || call.remote_held, ring = looks.ring.includes(call.phase);
    row.className = ring ? "p-ring" : held ? "p-hold" : "p-call";
    picture.className = "icon shape " + (ring ? "ringing" : held ? "hold" : "busy");
    picture.setAttribute("aria-hidden", "true");
    who.textContent = who.title = call.name || numberOf(call) || words.unknownCaller;
    what.textContent = words.phase[call.phase === "active" && held ? call.held ? "held" : "heldThere" : call.phase];
    row.append(picture, who, what);
    return row;
  }));
}

// numberOf is the number as the window writes it too: the app formats it.
const numberOf = (party) => String(party.number_text || party.number || "");

// tick writes the call's times, as the window shows them: how long the talk lasts, which a hold does not stop, and how
// long the hold. It runs once a second.
export function tick(call) {
  set($("#plate .timer"), call?.answered_at ? since(call.answered_at, clock) : "");
  if (call) set($("#plate .phase"), phase(call));
}

function phase(call) {
  if (call.phase !== "active") return words.phase[call.phase];
  if (call.held) return words.phase.held + (call.held_at ? " " + since(call.held_at, brief) : "");
  return call.remote_held ? words.phase.heldThere : call.muted ? words.muted : words.phase.active;
}

function since(iso, form) {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? "" : form((Date.now() - at) / 1000);
}

function controls({ keypad }, call) {
  const live = call?.phase === "active";
  show($("#controls"), live);
  show($("#keypad"), live && keypad);
  toggle($("#mute"), call?.muted, call?.muted ? words.muted : words.mute);
  toggle($("#hold"), call?.held, call?.held ? words.resume : words.hold);
  toggle($("#keys"), keypad, words.keypad);
  const incoming = call?.phase === "incoming";
  show($("#ring"), incoming);
  show($("#hangup"), call !== null && !incoming);
  $("#hangup").disabled = call?.phase === "ending";
}

function toggle(button, on, text) {
  button.setAttribute("aria-pressed", String(on === true));
  set(button.lastElementChild, text);
}

function last(l) {
  show($("#last"), l !== null && l !== undefined);
  if (!l) return;
  const direction = l.direction === "incoming" ? "incoming" : "outgoing";
  $("#last .icon").className = "icon " + (l.missed ? "missed" : direction);
  set($("#last .who"), String(l.name || numberOf(l) || words.unknownCaller));
  const own = direction === "outgoing" && l.reason.code === "cancelled"; // we hung up, not a caller
  set($("#last small"), l.missed ? words.missed : told(words.reasons, own ? { ...l.reason, code: "given-up" } : l.reason) || numberOf(l));
  set($("#last time"), timeOf(l.created_at));
}
