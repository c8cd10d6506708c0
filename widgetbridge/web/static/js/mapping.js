// Which of Sidetone's statuses each of Kustomer's means, as an admin changes it. Pure functions over rows.
//
// A row is {id, name, chosen, saved, gone, note}: saved is what Kustomer has for all this page knows, chosen what the admin wants;
// "" is no choice of ours. The note is {code, value} or null.

import { fits } from "./kustomer.js";
import { statuses as builtIn } from "./protocol.js";

// choices are the statuses of Sidetone that may be chosen: its own, and those the organisation added, [{id, label, status}].
export function choices(own) {
  const added = (Array.isArray(own) ? own : []).filter((o) => o && typeof o.id === "string" && o.id && builtIn.includes(o.status) && !builtIn.includes(o.id));
  return [...builtIn.map((id) => ({ id, label: "", status: id })), ...added.map(({ id, label, status }) => ({ id, label: String(label || id), status }))];
}

// entry is what a status's map says for our queue: one of the choices, or "".
export function entry(status, queue, known) {
  const value = Object.hasOwn(status.map, queue) ? status.map[queue] : "";
  return known.some((c) => c.id === value && fits(status, c)) ? value : "";
}

export const row = (status, queue, known) => {
  const saved = entry(status, queue, known);
  return { id: status.id, name: status.name, chosen: saved, saved, gone: false, note: null };
};

export const changed = (rows) => rows.filter((r) => !r.gone && r.chosen !== r.saved);

// meet compares a row that is about to be written with what Kustomer has now, and returns the row as it is then, and whether it is
// still to be written. What somebody else has done meanwhile is shown before it is overwritten.
export function meet(r, fresh, queue, known) {
  if (!fresh) return { row: { ...r, gone: true, note: { code: "404" } }, write: false };
  const now = entry(fresh, queue, known);
  if (now === r.chosen) return { row: { ...r, saved: now, note: { code: "saved" } }, write: false };
  if (now !== r.saved) return { row: { ...r, saved: now, note: { code: "theirs", value: now } }, write: false };
  return { row: r, write: true };
}

// written is a row after Kustomer took it, read is what Kustomer shows of it afterwards, undefined if it was not read.
export function written(r, read, queue, known) {
  const now = read ? entry(read, queue, known) : r.chosen;
  if (now === r.chosen) return { ...r, saved: now, note: { code: "saved" } };
  return { ...r, saved: now, note: { code: "theirs", value: now } };
}

export const failed = (r, code) => ({ ...r, note: { code } });

// undone is every row without the changes that are not saved; if there are none, with those before the last save, to be saved again.
export function undone(rows, before) {
  const open = changed(rows).length > 0;
  return rows.map((r) => ({ ...r, chosen: open || !before?.has(r.id) ? r.saved : before.get(r.id), note: null }));
}
