// The settings page: which of our statuses each Kustomer status means. The choice is kept by Kustomer, in the status itself.

import * as read from "./kustomer.js";
import { statuses } from "./protocol.js";
import * as sdk from "./sdk.js";
import { counted, fill, speak, words } from "./strings.js";

const say = () => words.settings; // in the language that is spoken now
const $ = (selector) => document.querySelector(selector);
const page = { K: null, queue: "", rows: [], saving: false };

// A row is {status, chosen, saved, say, kind, fields}.
const changed = () => page.rows.filter((r) => r.chosen !== r.saved);

function mapped(status) {
  const value = status.map[page.queue];
  return statuses.includes(value) ? value : "";
}

function build(status) {
  const row = { status, chosen: mapped(status), saved: mapped(status), note: "", kind: "" };
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
  for (const [value, text] of [["", say().unmapped], ...statuses.map((s) => [s, words.statuses[s]])]) select.append(new Option(text, value));
  select.onchange = () => {
    Object.assign(row, { chosen: select.value, note: "", kind: "" });
    draw();
  };
  const text = state.appendChild(document.createElement("span"));
  text.setAttribute("role", "status");
  row.fields = { tr, shape, select, text };
  return row;
}

function drawRow(row) {
  const { shape, select, text } = row.fields;
  select.value = row.chosen;
  select.disabled = page.saving;
  shape.className = "icon shape " + (row.chosen || "warning");
  const open = row.chosen !== row.saved;
  text.textContent = row.note || (open ? say().changed : row.chosen ? "" : say().followsType);
  text.className = "say " + (row.note ? row.kind : open ? "" : row.chosen ? "" : "warn");
}

function draw() {
  page.rows.forEach(drawRow);
  const bare = page.rows.filter((r) => r.chosen === "");
  $("#warning").hidden = bare.length === 0;
  $("#warning strong").textContent = bare.length === 1 ? fill(say().unmappedOne, { name: bare[0].status.name }) : counted(say().unmappedMany, bare.length);
  const count = changed().length;
  $("#save").textContent = page.saving ? say().saving : count ? counted(say().save, count) : say().nothingToSave;
  $("#save").disabled = $("#undo").disabled = page.saving || count === 0;
}

// put writes one row. It reads the status once more just before, so that what other apps have written meanwhile stays.
async function put(row) {
  const url = "/v1/routing/statuses/" + encodeURIComponent(row.status.id);
  const known = read.list(await sdk.request(page.K, "GET", "/v1/routing/statuses"));
  const fresh = known.find((s) => s.id === row.status.id);
  if (!fresh) throw { status: 404 };
  await sdk.request(page.K, "PUT", url, { externalStatusMap: read.merged(fresh.map, page.queue, row.chosen) });
}

async function saveRow(row) {
  Object.assign(row, { note: say().saving, kind: "" });
  drawRow(row);
  try {
    await put(row);
    Object.assign(row, { saved: row.chosen, note: say().saved, kind: "saved" });
  } catch (err) {
    const f = read.failure(err);
    const failed = say().rowFailed;
    Object.assign(row, { note: failed[f.status] ?? failed[f.code] ?? failed.other, kind: "failed" });
  }
}

async function save() {
  page.saving = true;
  const todo = changed();
  page.rows.forEach((r) => Object.assign(r, { note: "", kind: "" }));
  draw();
  for (const row of todo) await saveRow(row);
  page.saving = false;
  draw();
}

function undo() {
  for (const row of page.rows) Object.assign(row, { chosen: row.saved, note: "", kind: "" });
  draw();
}

async function load() {
  $("#message").textContent = say().load;
  let known;
  try {
    known = read.list(await sdk.request(page.K, "GET", "/v1/routing/statuses"));
  } catch {
    $("#message").textContent = say().loadFailed;
    return;
  }
  page.rows = known.filter((s) => s.enabled).map(build);
  $("#map tbody").replaceChildren(...page.rows.map((r) => r.fields.tr));
  $("#map").hidden = page.rows.length === 0;
  $("#message").textContent = page.rows.length ? "" : say().empty;
  draw();
}

function prepare() {
  $("#title").textContent = say().title;
  $("#lead").textContent = say().lead;
  $("#queue").textContent = fill(say().queue, { name: page.queue });
  const heads = [say().inKustomer, say().inSidetone, say().state];
  document.querySelectorAll("th").forEach((th, i) => { th.textContent = heads[i]; });
  $("#warning p").textContent = say().unmappedWhy;
  $("#choose").textContent = say().choose;
  $("footer p").textContent = say().footer;
  $("#undo").textContent = say().undo;
  $("#save").onclick = save;
  $("#undo").onclick = undo;
  $("#choose").onclick = () => page.rows.find((r) => r.chosen === "")?.fields.select.focus();
}

function look(context, config) {
  const theme = read.theme(context, config);
  if (theme) document.documentElement.dataset.theme = theme;
}

async function start() {
  const config = await sdk.config();
  page.queue = config.queue;
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
