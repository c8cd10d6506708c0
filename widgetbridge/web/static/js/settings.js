// The settings page: which of our statuses each Kustomer status means. The choice is kept by Kustomer, in the status itself.

import * as read from "./kustomer.js";
import * as mapping from "./mapping.js";
import * as sdk from "./sdk.js";
import * as statuses from "./statuses.js";
import { counted, fill, speak, words } from "./strings.js";

const say = () => words.settings; // in the language that is spoken now
const $ = (selector) => document.querySelector(selector);
const page = { K: null, queue: "", choices: [], rows: [], fields: new Map(), before: null, saving: 0, message: "" };

const findFrom = 12; // rows, from which on there is a field to find one
const freshFor = 2000; // milliseconds for which a reading of all statuses is good enough to write one of them
const waits = [2000, 5000, 10000]; // milliseconds before a write that Kustomer put off is tried again
const later = new Set(["429", "no-answer", "500", "502", "503", "504"]); // what may pass by itself
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const nameOf = (id) => id === "" ? say().unmapped : words.statuses[id] ?? page.choices.find((c) => c.id === id)?.label ?? id;
const shapeOf = (id) => id === "" ? "warning" : page.choices.find((c) => c.id === id)?.status ?? "warning";

function build(status) {
  const tr = document.createElement("tr");
  tr.dataset.row = status.id;
  const [name, pick, state] = [0, 1, 2].map(() => tr.appendChild(document.createElement("td")));
  const strong = name.appendChild(document.createElement("strong"));
  strong.textContent = status.name;
  name.appendChild(document.createElement("small")).textContent = status.system ? say().kinds[status.statusType] ?? "" : say().custom;
  const label = pick.appendChild(document.createElement("label"));
  label.className = "pick";
  const shape = label.appendChild(document.createElement("span"));
  const select = label.appendChild(document.createElement("select"));
  label.appendChild(document.createElement("span")).className = "icon chevron";
  select.setAttribute("aria-label", status.name);
  for (const id of ["", ...page.choices.filter((c) => read.fits(status, c)).map((c) => c.id)]) select.append(new Option(nameOf(id), id));
  select.onchange = () => {
    set(status.id, (r) => ({ ...r, chosen: select.value, note: null }));
    draw();
  };
  const text = state.appendChild(document.createElement("span"));
  text.setAttribute("role", "status");
  page.fields.set(status.id, { tr, shape, select, text });
  return tr;
}

function set(id, change) {
  page.rows = page.rows.map((r) => r.id === id ? change(r) : r);
}

// state is what a row says, and how.
function state(r) {
  const open = !r.gone && r.chosen !== r.saved;
  switch (r.note?.code) {
    case undefined: break;
    case "saved": return [say().saved, "saved"];
    case "saving": return [say().saving, ""];
    case "theirs": return [fill(say().theirs, { name: nameOf(r.note.value) }), "warn"];
    default: return [say().rowFailed[r.note.code] ?? say().rowFailed.other, "failed"];
  }
  if (open) return [fill(say().changed, { was: nameOf(r.saved) }), ""];
  return r.chosen ? ["", ""] : [say().followsType, "warn"];
}

function drawRow(r) {
  const { shape, select, text } = page.fields.get(r.id);
  select.value = r.chosen;
  select.disabled = page.saving > 0 || r.gone;
  shape.className = "icon shape " + shapeOf(r.chosen);
  const [words, how] = state(r);
  text.textContent = words;
  text.className = "say " + how;
}

function draw() {
  page.rows.forEach(drawRow);
  const bare = page.rows.filter((r) => r.chosen === "" && !r.gone);
  $("#warning").hidden = bare.length === 0;
  $("#warning strong").textContent = bare.length === 1 ? fill(say().unmappedOne, { name: bare[0].name }) : counted(say().unmappedMany, bare.length);
  const count = mapping.changed(page.rows).length;
  $("#save").textContent = page.saving ? counted(say().savingMany, page.saving) : count ? counted(say().save, count) : say().nothingToSave;
  $("#save").disabled = page.saving > 0 || count === 0;
  $("#undo").textContent = count || !page.before ? say().undo : say().undoSave;
  $("#undo").disabled = page.saving > 0 || count === 0 && !page.before;
  $("#message").textContent = page.message;
}

const codeOf = (err) => {
  const { status, code } = read.failure(err);
  return status ? String(status) : code || "other";
};

// Reading keeps a reading of all statuses for as long as it may serve to write one.
class Reading {
  async of(id) {
    if (!this.all || Date.now() - this.at > freshFor) {
      this.at = Date.now();
      this.all = await statuses.all(page.K);
    }
    return this.all.find((s) => s.id === id);
  }
}

// put writes one row over what Kustomer has at this moment, so that what other apps keep there stays.
async function put(r, reading) {
  const fresh = await reading.of(r.id);
  const met = mapping.meet(r, fresh, page.queue, page.choices);
  if (!met.write) return met.row;
  const body = { externalStatusMap: read.merged(fresh.map, page.queue, r.chosen) };
  await sdk.request(page.K, "PUT", "/v1/routing/statuses/" + encodeURIComponent(r.id), body);
  return mapping.written(r, undefined, page.queue, page.choices);
}

// saveRow writes one row, again where Kustomer asks for patience, and returns why not, "" if it is settled.
async function saveRow(r, reading) {
  set(r.id, (x) => ({ ...x, note: { code: "saving" } }));
  draw();
  for (let n = 0; ; n++) {
    try {
      const done = await put(r, reading);
      set(r.id, () => done);
      return "";
    } catch (err) {
      const code = codeOf(err);
      if (!later.has(code) || n === waits.length) {
        set(r.id, () => mapping.failed(code === "404" ? { ...r, gone: true } : r, code));
        return code;
      }
    }
    await pause(waits[n]);
  }
}

// save writes what was changed, one after the other. Where the agent may not write at all the rest is not tried.
async function save() {
  const todo = mapping.changed(page.rows), before = new Map(page.rows.map((r) => [r.id, r.saved]));
  const reading = new Reading();
  page.rows = page.rows.map((r) => ({ ...r, note: null }));
  page.message = "";
  let why = "";
  for (page.saving = todo.length; page.saving > 0 && why !== "401" && why !== "403"; page.saving--) {
    why = await saveRow(todo[todo.length - page.saving], reading);
  }
  page.saving = 0;
  await check(todo);
  if (why === "401" || why === "403") page.message = say().mayNot;
  if (page.rows.some((r) => r.saved !== before.get(r.id))) page.before = before;
  draw();
}

// check reads what was written back: another admin may have saved at the same moment.
async function check(todo) {
  const saved = page.rows.filter((r) => r.note?.code === "saved" && todo.some((t) => t.id === r.id));
  if (saved.length === 0) return;
  try {
    const now = await statuses.all(page.K);
    for (const r of saved) set(r.id, (x) => mapping.written(x, now.find((s) => s.id === r.id), page.queue, page.choices));
  } catch {
    // it was taken; the next save looks again
  }
}

function undo() {
  const open = mapping.changed(page.rows).length > 0;
  page.rows = mapping.undone(page.rows, page.before);
  if (!open) page.before = null;
  draw();
}

async function load() {
  $("#again").hidden = true;
  page.message = say().load;
  draw();
  let known;
  try {
    known = (await statuses.all(page.K)).filter((s) => s.enabled);
  } catch (err) {
    page.message = say().loadFailed[codeOf(err)] ?? say().loadFailed.other;
    $("#again").hidden = false;
    return draw();
  }
  page.rows = known.map((s) => mapping.row(s, page.queue, page.choices));
  $("#map tbody").replaceChildren(...known.map(build));
  $("#map").hidden = page.rows.length === 0;
  $("#find").hidden = page.rows.length < findFrom;
  page.message = page.rows.length ? "" : say().empty;
  draw();
}

function find() {
  const part = $("#find").value.trim().toLowerCase();
  for (const r of page.rows) page.fields.get(r.id).tr.hidden = !r.name.toLowerCase().includes(part);
}

function choose() {
  $("#find").value = "";
  find();
  const bare = page.rows.find((r) => r.chosen === "" && !r.gone);
  if (bare) page.fields.get(bare.id).select.focus();
}

function prepare() {
  $("#title").textContent = say().title;
  $("#lead").textContent = say().lead;
  $("#queue").textContent = fill(say().queue, { name: page.queue });
  const heads = [say().inKustomer, say().inSidetone, say().state];
  document.querySelectorAll("th").forEach((th, i) => { th.textContent = heads[i]; });
  $("#warning p").textContent = say().unmappedWhy;
  $("#choose").textContent = say().choose;
  $("#again").textContent = words.tryAgain;
  $("#find").placeholder = say().find;
  $("#find").setAttribute("aria-label", say().find);
  $("footer p").textContent = say().footer;
  $("#save").onclick = save;
  $("#undo").onclick = undo;
  $("#choose").onclick = choose;
  $("#again").onclick = load;
  $("#find").oninput = find;
}

function look(context, config) {
  const theme = read.theme(context, config);
  if (theme) document.documentElement.dataset.theme = theme;
}

async function start() {
  const config = await sdk.config();
  page.queue = config.queue;
  page.choices = mapping.choices(config.statuses);
  speak();
  prepare();
  draw();
  if (!new URLSearchParams(location.search).get("parentUrl")) throw new Error("outside");
  page.K = await sdk.load(config.sdk);
  page.K.on("context", (context) => look(context));
  const answer = await sdk.initialize(page.K);
  look(answer.context, answer.config);
  speak(read.language(answer.context, answer.config));
  prepare();
  draw();
  await load();
}

start().catch(() => { $("#message").textContent = words.outsideTitle + ". " + words.outside; });
