// The host page: a customer, an agent, the frames of the app and a log of every message.

import { Frame, numberAs, statusAs } from "./frames.js";
import * as timeline from "./timeline.js";

const $ = (selector) => document.querySelector(selector);
const lab = await (await fetch("lab/state")).json();
const names = await (await fetch("names.json")).json();
const frames = {};
const query = new URLSearchParams(location.search); // ?theme=dark&locale=de_de
let status = lab.statuses.find((s) => s.id === lab.session.relationships.status.data.id);
let dockOpen = true;
let customer = lab.customer; // whose page is shown
let event = ""; // the conversation it is opened at
let sending = Promise.resolve(); // keeps the reports in order
let count = 0;
const logged = 300; // messages the page shows; the recorder has all of them

const post = (path, body) => fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
const theme = () => document.documentElement.dataset.theme;

function log(frame, dir, type, payload, known) {
  const detail = JSON.stringify(payload) ?? "";
  sending = sending.then(() => post("lab/log", { frame, dir, type, detail, known })).catch(() => {});
  const li = document.createElement("li");
  li.className = dir + (known ? "" : " unknown");
  const cells = [new Date().toLocaleTimeString([], { hour12: false }), frame, dir === "in" ? "to Kustomer" : "to the frame", type, detail];
  li.append(...cells.map((text, i) => Object.assign(document.createElement(i > 2 ? "code" : "span"), { textContent: text })));
  const list = $("#log ol");
  list.prepend(li);
  if (list.childElementCount > logged) list.lastElementChild.remove();
  $("#log-count").textContent = String(++count);
  $("#log-last").textContent = type + " " + detail.slice(0, 120);
  $("#log-last").classList.toggle("unknown", !known);
}

const context = (name) => name === "settings"
  ? { type: "app", app: { id: "app-1", type: "app", attributes: { name: "sidetone" } }, theme: theme() }
  : { type: "widget", widget: { isOpen: dockOpen }, customer, user: "user-1", theme: theme() };

function update(frame) {
  if (frame?.ready) frame.post("CONTEXT_UPDATE", { context: context(frame.name) });
}

const host = {
  names, log,
  initialize(frame) {
    frame.post("INITIALIZE", { context: context(frame.name), userRoles: { "org.admin": true }, userLocale: query.get("locale") ?? "en_us", theme: theme() });
  },
  async request(m) {
    try {
      const answer = await (await post("lab/request", { method: m.method, url: m.url, body: m.body })).json();
      if (m.method.toUpperCase() !== "GET") await page(customer.id, event);
      return answer;
    } catch {
      return { none: true };
    }
  },
  pop(id, at = "") {
    tab("customer");
    page(id, at);
  },
  wish: (m) => post("lab/want", { statusType: m.fallbackStatusType }),
  open(frame, yes) {
    if (frame.name === "widget") dock(yes);
  },
};

function dock(yes) {
  if (dockOpen === yes) return;
  dockOpen = yes;
  $("#dock").classList.toggle("closed", !yes);
  $("#widget-toggle").setAttribute("aria-pressed", String(yes));
  update(frames.widget);
}

function tell({ status, session }) {
  if (frames.widget.ready) frames.widget.post(names.routingStatusChange, { [names.payload]: statusAs(lab.faults.status, status, session) });
}

function show(now) {
  status = now;
  const button = $("#agent-status");
  button.textContent = now.attributes.name;
  button.dataset.type = now.attributes.statusType;
  for (const b of $("#agent-menu").children) b.setAttribute("aria-checked", String(b.dataset.id === now.id));
}

function choose(id) {
  menu(false);
  return post("lab/status", { id });
}

// follow hears of every change of the agent's status, whoever made it and in whichever tab.
function follow() {
  const changes = new EventSource("lab/changes?after=" + lab.changes);
  changes.onmessage = (e) => {
    const change = JSON.parse(e.data);
    show(change.status);
    if (!change.wished) tell(change);
    else if (lab.faults.echo) setTimeout(() => tell(change), lab.faults.echoMs);
  };
}

function menu(open) {
  $("#agent-menu").hidden = !open;
  $("#agent-status").setAttribute("aria-expanded", String(open));
}

function allow() {
  if (!lab.faults.withoutAccess) return lab.allow;
  return lab.allow.split(";").filter((p) => !/loopback-network|local-network/.test(p)).join(";");
}

function tab(name) {
  for (const b of document.querySelectorAll("[data-tab]")) b.dataset.tab === name ? b.setAttribute("aria-current", "page") : b.removeAttribute("aria-current");
  for (const n of ["customer", "settings", "lab"]) $("#tab-" + n).hidden = n !== name;
  if (name === "settings" && !frames.settings) {
    const element = Object.assign(document.createElement("iframe"), { id: "settings-frame", title: "Settings" });
    $("#tab-settings").append(element);
    frames.settings = new Frame({ name: "settings", element, url: lab.settingsUrl, allow: allow(), host });
  }
}

// page shows a customer, at a conversation if one is named.
async function page(id, at) {
  const answer = await fetch("lab/customer/" + encodeURIComponent(id));
  if (!answer.ok) return;
  const found = await answer.json();
  const other = customer.id !== found.customer.id;
  [customer, event] = [found.customer, at];
  timeline.show(found, at, (number) => frames.widget.post(names.numberDialed, { [names.payload]: numberAs(lab.faults.number, number) }));
  if (other) Object.values(frames).forEach(update);
}

function people() {
  $("#org").textContent = lab.org[0].toUpperCase() + lab.org.slice(1) + " support";
  document.title = $("#org").textContent;
  for (const s of lab.statuses) {
    const b = Object.assign(document.createElement("button"), { type: "button", textContent: s.attributes.name });
    b.setAttribute("role", "menuitemradio");
    Object.assign(b.dataset, { id: s.id, status: s.id.replace("status-", ""), type: s.attributes.statusType });
    b.onclick = () => choose(s.id);
    $("#agent-menu").append(b);
  }
  $("#callers").hidden = !lab.canCall;
}

async function callAgent(number) {
  $("#call-note").textContent = "Calling…";
  const answer = await post("lab/call", { number });
  $("#call-note").textContent = answer.ok ? "" : (await answer.json()).text;
}

function knobs() {
  const form = $("#faults");
  for (const [name, value] of Object.entries(lab.faults)) {
    const field = form.elements[name];
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
  }
  form.onsubmit = (e) => e.preventDefault();
  form.onchange = async () => {
    for (const name of Object.keys(lab.faults)) {
      const field = form.elements[name];
      lab.faults[name] = field.type === "checkbox" ? field.checked : field.type === "number" ? Number(field.value) : field.value;
    }
    const answer = await post("lab/faults", lab.faults);
    $("#faults-note").textContent = answer.ok ? "Set." : "Not set.";
  };
}

function wire() {
  for (const b of document.querySelectorAll("[data-tab]")) b.onclick = () => tab(b.dataset.tab);
  for (const b of document.querySelectorAll("[data-caller]")) b.onclick = () => callAgent(b.dataset.caller);
  $("#miss-offer").onclick = () => choose("status-unavailable");
  $("#agent-status").onclick = () => menu($("#agent-menu").hidden);
  $("#widget-toggle").onclick = () => dock(!dockOpen);
  document.addEventListener("pointerdown", (e) => { if (!e.target.closest(".agent")) menu(false); });
  document.addEventListener("keydown", (e) => { if (e.key === "Escape") menu(false); });
  $("#log-toggle").onclick = () => {
    const closed = $("#log").classList.toggle("closed");
    $("#log-toggle").setAttribute("aria-expanded", String(!closed));
  };
  $("#theme").onclick = () => {
    document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark";
    Object.values(frames).forEach(update);
  };
}

document.documentElement.dataset.theme = query.get("theme") === "dark" ? "dark" : "light";
people();
await page(customer.id, "");
show(status);
follow();
knobs();
wire();
frames.widget = new Frame({ name: "widget", element: $("#widget-frame"), url: lab.widgetUrl, allow: allow(), host });
document.documentElement.classList.remove("loading"); // what is seen can be clicked
