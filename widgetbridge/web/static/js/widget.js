// The widget: puts Kustomer, the connection and the view together.

import { Agent } from "./agent.js";
import { CallLog } from "./calllog.js";
import * as caller from "./caller.js";
import { Connection } from "./connection.js";
import { Customers } from "./customers.js";
import * as read from "./kustomer.js";
import { choices } from "./mapping.js";
import { $ } from "./page.js";
import { Keys } from "./pairing.js";
import { command, dialable, numberDialed, shown } from "./protocol.js";
import { Records } from "./records.js";
import * as sdk from "./sdk.js";
import * as statusView from "./statusview.js";
import { fill, speak, told, words } from "./strings.js";
import * as view from "./view.js";

const noteFor = 8000; // milliseconds
const model = { link: { name: "connecting", round: 0 }, state: null, note: "", trouble: "", keypad: false };
const parts = { link: null, agent: null, K: null, customers: null, log: null };
const asked = new Map(); // orders without a result yet: id to {number, at}
const repeatWithin = 10000; // milliseconds a click is said again after a lost connection: later the agent has given up on it
let noteTimer = 0;
const guard = 700; // milliseconds in which Done, which stands where Hang up was, takes no click
let opened = ""; // what this widget has come forward for: a call that rings, or what Kustomer did to the status
let wrapping = 0; // when the wrap-up was first shown

const draw = () => { view.draw(model); caller.draw(model); below(); };

// below marks a page of which something lies below its foot.
function below() {
  const { scrollHeight, scrollTop, clientHeight } = document.documentElement;
  document.body.classList.toggle("more", scrollHeight - scrollTop - clientHeight > 1);
}

function say(text) {
  clearTimeout(noteTimer);
  model.note = text;
  if (text) noteTimer = setTimeout(() => say(""), noteFor);
  draw();
}

// write sends one order and reports whether it left.
function write(what, extra) {
  const id = crypto.randomUUID();
  if (!parts.link?.send(command(id, what, extra))) return false;
  asked.set(id, {});
  return true;
}

function order(what, extra) {
  if (!write(what, { call: shown(model.state?.calls ?? [])?.id, ...extra })) say(words.dialNotSent);
}

function dial(number) {
  if (!dialable(number)) return say(words.results["too-long"]);
  const id = crypto.randomUUID();
  if (!parts.link?.send(numberDialed(id, number))) return say(words.dialNotSent);
  asked.set(id, { number, at: performance.now() });
  say("");
}

// repeat says again what may have been lost with a connection. Its id makes sure that it dials once.
function repeat() {
  for (const [id, { number, at }] of asked) {
    const age = performance.now() - at;
    if (!number || age > repeatWithin) {
      asked.delete(id);
      if (number) say(fill(words.dialUnsure, { number }));
    } else {
      parts.link.send(numberDialed(id, number, age));
    }
  }
}

function onMessage(m) {
  if (m.type === "result") return result(m);
  if (m.type !== "state" || model.state && m.seq < model.state.seq) return;
  model.state = m;
  if (!m.calls.some((c) => c.phase === "active")) model.keypad = false;
  comeForward(m);
  parts.agent.follow(m);
  parts.customers.serve(m);
  parts.log.serve(m.log);
  draw();
  if ($("#wrap").hidden) wrapping = 0;
  else wrapping ||= performance.now();
}

// comeForward shows a widget that was put away, once for each thing the agent must see at once.
function comeForward({ calls, status }) {
  const ring = calls.find((c) => c.phase === "incoming")?.id;
  const turned = status?.notice?.code === "turned" ? status.notice.at : "";
  const urgent = ring ?? turned;
  if (urgent && urgent !== opened) parts.K.open?.();
  opened = urgent;
}

function result(m) {
  const number = asked.get(m.id)?.number ?? "";
  if (asked.delete(m.id) && !m.ok && m.code !== "duplicate") say(told(words.results, { ...m, number }) || words.notDone);
}

function onState(link) {
  model.link = link;
  if (link.name === "connected") {
    repeat();
    parts.customers.reconnected();
    parts.log.reconnected();
  } else {
    model.state = null;
    parts.agent.follow(null);
  }
  draw();
}

// again does what the button under an obstacle says.
function again() {
  switch (model.link.name) {
    case "unpaired": return parts.link.pair();
    case "no-window": case "window-closed": return parts.link.window();
    default: return parts.link?.start(true);
  }
}

// choose sets the status, or during a call and its wrap-up what follows.
function choose(status) {
  statusView.menu(false);
  order(statusView.covered(model.state?.status) ? "next" : "presence", { call: "", status });
}

function menuKeys(e) {
  const entries = [...$("#status-menu").children];
  const at = entries.indexOf(document.activeElement), count = entries.length;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + count, Home: 0, End: count - 1 }[e.key];
  if (e.key === "Tab") return statusView.menu(false);
  if (to === undefined) return;
  e.preventDefault();
  entries[to % count].focus();
}

function wire() {
  const click = { "#answer": "answer", "#decline": "decline", "#hangup": "hangup" };
  for (const [selector, what] of Object.entries(click)) $(selector).onclick = () => order(what);
  $("#mute").onclick = () => order(shown(model.state.calls)?.muted ? "unmute" : "mute");
  $("#hold").onclick = () => order(shown(model.state.calls)?.held ? "resume" : "hold");
  $("#keys").onclick = () => { model.keypad = !model.keypad; draw(); $("#keypad").scrollIntoView({ block: "nearest" }); };
  $("#try-again").onclick = again;
  $("#small-window").onclick = () => parts.link.window();
  $("#new-digits").onclick = () => parts.link.pair();
  $("#status").onclick = () => statusView.menu($("#status-choice").hidden);
  $("#more").onclick = () => order("more", { call: "" });
  $("#done").onclick = () => { if (performance.now() - wrapping > guard) order("done", { call: "" }); };
  $("#status-menu").onkeydown = menuKeys;
  $("#dial").onsubmit = (e) => {
    e.preventDefault();
    const number = $("#number").value.trim();
    if (!number) return say(words.noNumber);
    dial(number);
    $("#number").value = "";
  };
  for (const what of ["scroll", "resize"]) addEventListener(what, below);
  document.addEventListener("keydown", (e) => { if (e.key === "Escape") statusView.menu(false); });
  document.addEventListener("pointerdown", (e) => { if (!e.target.closest(".chooser")) statusView.menu(false); });
  setInterval(() => { view.tick(shown(model.state?.calls ?? [])); view.countdown(model.link); statusView.tick(model.state); }, 1000);
}

function look(context, config) {
  const theme = read.theme(context, config);
  if (theme) document.documentElement.dataset.theme = theme;
  const language = read.language(context, config);
  if (language) {
    speak(language);
    view.dress();
    caller.dress();
    draw();
  }
}

function listen(K) {
  K.on("context", (context) => look(context));
  K.on("number-dialed", (payload) => {
    const number = read.number(payload);
    if (number) dial(number);
    else say(words.emptyNumber);
  });
  K.on("routing-status-change", (payload) => parts.agent.changed(payload));
}

async function start() {
  speak();
  view.prepare({ choose, digit: (digits) => order("dtmf", { digits }) });
  caller.prepare({ write });
  wire();
  draw();
  const parentUrl = new URLSearchParams(location.search).get("parentUrl") ?? "";
  if (!parentUrl) return halt({ name: "outside" });
  const config = await sdk.config();
  const K = parts.K = await sdk.load(config.sdk);
  const send = (message) => parts.link?.send(message);
  const trouble = (code) => { model.trouble = code; draw(); };
  parts.agent = new Agent({ K, queue: config.queue, choices: choices(config.statuses), send, say, trouble });
  const records = new Records(K);
  parts.customers = new Customers({ K, records, host: read.origin(parentUrl), send });
  parts.log = new CallLog({ records, send });
  listen(K);
  const answer = await sdk.initialize(K);
  look(answer.context, answer.config);
  const keys = await new Keys().open();
  parts.link = new Connection({ ports: config.ports, org: read.org(parentUrl), keys, onState, onMessage });
  parts.link.start();
}

function halt(link) {
  model.link = link;
  draw();
}

start().catch(() => halt({ name: "outside" }));
