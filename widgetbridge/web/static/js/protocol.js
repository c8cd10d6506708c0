// The messages between this widget and the Sidetone app, version 1: building ours, reading theirs. Pure functions.

export const version = 1;
export const maxBytes = 4096; // of one message to the app
export const statuses = ["available", "busy", "wrap-up", "unavailable", "offline"];
const phases = ["dialing", "ringing", "incoming", "answering", "active", "ending"];

// hello proves who this page is: about is {origin, pageNonce}.
export const hello = (org, about, key, sig) => ({ type: "hello", v: version, origin: about.origin, org, key, nonce: about.pageNonce, sig });
export const pair = (org, origin, key, commit) => ({ type: "pair", v: version, origin, org, key, commit });
export const pairReveal = (nonce) => ({ type: "pair-reveal", nonce });
// dialable says whether the app takes the text at all; what it means the app finds out.
export const dialable = (number) => octets(number) <= 64 && !/[\u0000-\u001f\u007f\ufffd\p{Cs}]/u.test(number);
export const numberDialed = (id, number, age = 0) => ({ type: "number-dialed", id, number, age: Math.round(age) });
export const statusApplied = (rev, blind) => ({ type: "status-applied", rev, ...blind && { blind } });
export const statusFailed = (rev, why, code) => ({ type: "status-failed", rev, why, code });

// kustomerStatus says where the agent is in Kustomer: {status, label, ref, system, how, after, took}.
export function kustomerStatus({ status, label = "", ref = "", system = false, how = "", after = 0, took = 0 }) {
  return { type: "kustomer-status", status, label: cut(label, 128), ref: octets(ref) > 128 ? "" : ref, system, how, after, ...took && { took } };
}

const octets = (text) => new TextEncoder().encode(text).length;

// cut is as much of a text of Kustomer's as the app takes, without what cannot be printed.
function cut(text, most) {
  let out = "";
  for (const c of text.replace(/[\u0000-\u001f\u007f\ufffd\p{Cs}]/gu, " ")) {
    if (octets(out + c) > most) break;
    out += c;
  }
  return out.trim();
}

// command builds one order of the agent; what: {call, digits, status, customer, text}.
export function command(id, order, what = {}) {
  return {
    type: "command", id, do: order, call: what.call ?? "", digits: what.digits ?? "", status: what.status ?? "", customer: what.customer ?? "", text: what.text ?? "",
  };
}

// encode returns the text of a message, or "" when it is longer than the app accepts.
export function encode(message) {
  const text = JSON.stringify(message);
  return octets(text) > maxBytes ? "" : text;
}

// decode reads one message of the app. It returns null for anything that is not one: a stranger may listen on the port.
export function decode(text) {
  if (typeof text !== "string") return null;
  let m;
  try {
    m = JSON.parse(text);
  } catch {
    return null;
  }
  if (!m || typeof m !== "object") return null;
  switch (m.type) {
    case "challenge": return m.v === version && string(m.nonce) ? { type: m.type, nonce: m.nonce } : null;
    case "welcome": return m.v === version && string(m.sig) ? { type: m.type, app: string(m.app), version: string(m.version), sig: m.sig } : null;
    case "refused": return { type: m.type, code: string(m.code), text: string(m.text) };
    case "pair-challenge": return string(m.key) && string(m.nonce) ? { type: m.type, key: m.key, nonce: m.nonce, seconds: whole(m.seconds) || 60, left: whole(m.left) ?? 0 } : null;
    case "pair-commit": return string(m.commit) ? { type: m.type, commit: m.commit } : null;
    case "paired": return string(m.nonce) ? { type: m.type, nonce: m.nonce } : null;
    case "state": return state(m);
    case "result": return typeof m.id === "string" ? { type: m.type, id: m.id, ok: m.ok === true, code: string(m.code), text: string(m.text) } : null;
    default: return null;
  }
}

// A shape takes a value and returns what may be used of it, undefined if that is nothing.
const text = (v) => typeof v === "string" ? v : undefined;
const flag = (v) => typeof v === "boolean" ? v : undefined;
const whole = (v) => Number.isSafeInteger(v) && v >= 0 ? v : undefined;
const one = (of) => (v) => of.includes(v) ? v : undefined;
const several = (shape) => (v) => Array.isArray(v) ? v.map(shape).filter((x) => x !== undefined) : undefined;

// record is an object with these fields and no others; without those it needs there is none.
const record = (fields, ...needs) => (v) => {
  if (!v || typeof v !== "object" || Array.isArray(v)) return undefined;
  const out = {};
  for (const [name, shape] of Object.entries(fields)) {
    const x = Object.hasOwn(v, name) ? shape(v[name]) : undefined;
    if (x !== undefined) out[name] = x;
  }
  return needs.every((n) => Object.hasOwn(out, n)) ? out : undefined;
};

const match = record({ id: text, name: text, company: text, last: text, last_name: text, last_open: flag, last_at: text }, "id");
const lookup = record({ n: whole, number: text, state: text, matches: several(match), chosen: text, status: whole }, "n", "state");
const call = record({
  id: text, direction: text, name: text, number: text, number_text: text, phase: one(phases), held: flag, remote_held: flag, muted: flag,
  created_at: text, answered_at: text, held_at: text, customer: lookup,
}, "id", "phase");
const last = record({ direction: text, name: text, number: text, number_text: text, reason: text, cause: text, missed: flag, created_at: text });
const named = record({ status: one(statuses), label: text }, "status");
const notice = record({ code: text, text, wanted: named, there: named, at: text, failure: text });
const decision = record({ at: text, cause: text, to: named, until: text, text }, "to");
const status = record({
  status: one(statuses), label: text, why: text, because: text, since: text, until: text, longest: text, next: named, notice, recent: several(decision),
}, "status");
const want = record({ rev: whole, status: one(statuses), ref: text }, "rev", "status");
const pop = record({ n: whole, customer: text, conversation: text }, "n", "customer");
const meta = record({
  outcome: text, disposition: text, notes: text, number: text, line: text, startedAt: text, answeredAt: text, endedAt: text, durationSeconds: whole, reason: text,
});
const log = record({
  call: text, try: whole, external_id: text, customer: text, number: text, name: text, create: flag, new: flag, status: text, direction: text,
  subject: text, preview: text, sent_at: text, meta,
}, "call", "try", "external_id");
const draft = record({ call: text, note: text, disposition: text, choices: several(text), customer: lookup }, "call");

function state(m) {
  const ended = last(m.last), wish = want(m.want);
  return {
    type: "state", seq: whole(m.seq) ?? 0, ready: m.ready === true, line: said(m, "line"), warning: said(m, "warning"), calls: several(call)(m.calls) ?? [],
    last: ended ? { ...ended, reason: { text: string(ended.reason), code: string(ended.cause) } } : null,
    status: shownStatus(status(m.status)), want: wish?.rev > 0 ? wish : null, speaks: m.speaks === true, called: whole(m.called) ?? 0,
    pop: pop(m.pop) ?? null, log: log(m.log) ?? null, draft: draft(m.draft) ?? null,
  };
}

// said is a sentence with what it takes to say it in another language.
const said = (m, name) => ({ text: string(m[name]), code: string(m[name + "_code"]), name: string(m[name + "_name"]) });

// shownStatus has every text that is shown, and null for what is not there.
const shownStatus = (s) => s ? { label: "", why: "", because: "", recent: [], ...s, next: s.next ?? null, notice: s.notice ?? null } : null;

const string = (v) => typeof v === "string" ? v : "";

// clock is a duration in seconds as 03:27 or 1:03:27.
export function clock(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600);
  return (h ? h + ":" + two(Math.floor(s / 60) % 60) : two(Math.floor(s / 60))) + ":" + two(s % 60);
}

// brief is a clock without the leading zero: 0:42.
export const brief = (seconds) => clock(seconds).replace(/^0/, "");

// shown picks the one call a plate has room for: the one that rings for the agent, else the live one, else the first.
export function shown(calls) {
  return calls.find((c) => c.phase === "incoming") ?? calls.find((c) => c.phase === "active" && !c.held) ?? calls[0] ?? null;
}
