// Reading what Kustomer says. Its documentation leaves several shapes open, so every shape that has been seen or that is likely
// is understood. Pure functions; the one place that knows Kustomer's shapes.

import { statuses as ours } from "./protocol.js";

const types = ["available", "busy", "unavailable", "offline"];

// number reads the payload of number-dialed: a string, or an object that carries one. "" means there is none.
export function number(payload) {
  if (typeof payload === "string") return payload.trim();
  if (typeof payload === "number" && Number.isFinite(payload)) return String(payload);
  if (Array.isArray(payload)) return number(payload[0]);
  if (!payload || typeof payload !== "object") return "";
  for (const key of ["number", "phone", "phoneNumber", "to", "value", "attributes", "data"]) {
    const found = number(payload[key]);
    if (found) return found;
  }
  return "";
}

// list reads a list of statuses: an array, one resource, or either inside {data}.
export function list(data) {
  if (Array.isArray(data)) return data.map(resource).filter(Boolean);
  if (data && typeof data === "object" && "data" in data) return list(data.data);
  const one = resource(data);
  return one ? [one] : [];
}

// resource reads one status. It returns null when it has no id.
export function resource(r) {
  if (!r || typeof r !== "object" || typeof r.id !== "string" || r.id === "") return null;
  const a = r.attributes && typeof r.attributes === "object" ? r.attributes : r;
  const map = a.externalStatusMap && typeof a.externalStatusMap === "object" && !Array.isArray(a.externalStatusMap) ? a.externalStatusMap : {};
  return {
    id: r.id, name: typeof a.name === "string" && a.name ? a.name : r.id, statusType: types.includes(a.statusType) ? a.statusType : "",
    system: a.system === true, enabled: a.enabled !== false, map,
  };
}

// status finds which of the known statuses a payload means. It returns null when it means none of them.
export function status(payload, known) {
  if (typeof payload === "string") return byWord(payload.trim(), known);
  if (Array.isArray(payload)) return payload.length ? status(payload[0], known) : null;
  if (!payload || typeof payload !== "object") return null;
  if (payload.data && typeof payload.data === "object") return status(payload.data, known);
  return ofSession(payload, known) ?? ofResource(payload, known);
}

function byWord(word, known) {
  const same = (a) => a.toLowerCase() === word.toLowerCase();
  if (!word) return null;
  return known.find((s) => s.id === word) ?? known.find((s) => same(s.name)) ?? byType(word.toLowerCase(), known);
}

function byType(type, known) {
  if (!types.includes(type)) return null;
  const found = known.find((s) => s.statusType === type && s.system) ?? known.find((s) => s.statusType === type) ??
    { id: "", name: type[0].toUpperCase() + type.slice(1), statusType: type, system: true, enabled: true, map: {} };
  return { ...found, guessed: true }; // it may be any status of this kind
}

// ofSession reads a work session, which names its status by a relationship and repeats the type.
function ofSession(p, known) {
  const id = p.relationships?.status?.data?.id;
  return (typeof id === "string" && known.find((s) => s.id === id)) || null;
}

function ofResource(p, known) {
  const a = p.attributes && typeof p.attributes === "object" ? p.attributes : p;
  const session = /session/.test(String(p.type ?? ""));
  for (const id of [session ? "" : p.id, a.statusId, a.status, a.userStatus]) {
    const found = typeof id === "string" ? known.find((s) => s.id === id) : null;
    if (found) return found;
  }
  for (const inner of [a.status, a.userStatus]) {
    if (inner && typeof inner === "object") return status(inner, known);
  }
  if (!session && typeof a.name === "string" && a.name) {
    const own = resource({ id: p.id || "?", attributes: a });
    return known.find((s) => s.name.toLowerCase() === a.name.toLowerCase()) ?? (own.statusType ? own : byType(a.name.toLowerCase(), known));
  }
  if (typeof a.statusType === "string") return byType(a.statusType, known);
  return typeof a.status === "string" ? byWord(a.status, known) : null;
}

// session finds which status the answer about the agent's active work sessions means. Offline ends a work session: none is offline.
export function session(answer, known) {
  const found = answer && typeof answer === "object" && !Array.isArray(answer) && "data" in answer ? answer.data : answer;
  if (!Array.isArray(found)) return status(found, known);
  if (found.length) return status(found[0], known);
  const { guessed, ...offline } = byType("offline", known);
  return offline;
}

// fits says whether a status may mean a choice. A built-in one keeps its own kind: it is what comes back when the phone sets that kind,
// and would be taken for another choice of the agent's.
export function fits(s, choice) {
  const kind = choice.status === "wrap-up" ? "busy" : choice.status;
  return !s.system || !s.statusType || s.statusType === kind;
}

// translate says which of our statuses a Kustomer status means: what the admin has mapped, else its own kind. choices are those of
// mapping.js; one that the organisation added goes by its own name. Of a status that is known by its kind alone nothing else is
// said.
export function translate(s, queue, choices) {
  const chosen = choices.find((c) => c.id === s.map[queue] && fits(s, c));
  const value = chosen?.status ?? s.statusType;
  if (!ours.includes(value)) return null;
  if (s.guessed) return { status: value, label: "", ref: "", system: false };
  return { status: value, label: chosen?.label || s.name, ref: s.id, system: s.system };
}

// org is the first label of the host that frames the page: https://acme.kustomerapp.com is acme.
export function org(parentUrl) {
  try {
    return new URL(parentUrl).hostname.split(".")[0];
  } catch {
    return "";
  }
}

// origin is where the page that frames us is at home, "" if that cannot be read.
export function origin(parentUrl) {
  try {
    return new URL(parentUrl).origin;
  } catch {
    return "";
  }
}

// theme reads which look the host asks for: "dark", "light" or "" when it says nothing.
export function theme(context, config) {
  for (const v of [context?.theme, config?.theme, context?.user?.attributes?.theme]) {
    const word = typeof v === "string" ? v : typeof v?.name === "string" ? v.name : typeof v?.mode === "string" ? v.mode : "";
    if (/dark/i.test(word)) return "dark";
    if (/light/i.test(word)) return "light";
  }
  return "";
}

// language reads which language Kustomer speaks with the agent, "de_de", or "" when it says nothing.
export function language(context, config) {
  for (const v of [config?.userLocale, context?.userLocale, config?.locale, context?.locale]) {
    if (typeof v === "string" && v) return v;
  }
  return "";
}

// failure reads why a request failed: {code, status} with 0 and "" when nothing is known.
export function failure(err) {
  const first = err?.errors?.[0] ?? err?.error ?? err ?? {};
  const status = Number(first.status ?? err?.status ?? err?.statusCode) || 0;
  return { status, code: typeof first.code === "string" ? first.code : "" };
}

// trouble names why a request failed, as far as an agent or an admin can do something about it.
export function trouble(err) {
  const { status, code } = failure(err);
  if (code === "no-answer") return code;
  if (status === 401 || /unauth/i.test(code)) return "signed-out";
  if (status === 403 || /forbidden|permission/i.test(code)) return "not-allowed";
  if (status === 404) return "not-there";
  return status === 429 ? "too-many" : "other";
}

// merged is the map to write: everybody else's entries as they are, ours set or, for "", taken out.
export function merged(map, queue, value) {
  const out = { ...map };
  if (value) out[queue] = value;
  else delete out[queue];
  return out;
}
