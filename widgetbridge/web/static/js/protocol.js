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

// kustomerStatus says where the agent is in Kustomer: {status, label, ref, system, how, after}.
export function kustomerStatus({ status, label = "", ref = "", system = false, how = "", after = 0 }) {
  return { type: "kustomer-status", status, label: cut(label, 128), ref: octets(ref) > 128 ? "" : ref, system, how, after };
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
    case "pair-challenge": return string(m.key) && string(m.nonce) ? { type: m.type, key: m.key, nonce: m.nonce, seconds: Number(m.seconds) || 60, left: Number(m.left) || 0 } : null;
    case "pair-commit": return string(m.commit) ? { type: m.type, commit: m.commit } : null;
    case "paired": return string(m.nonce) ? { type: m.type, nonce: m.nonce } : null;
    case "state": return state(m);
    case "result": return typeof m.id === "string" ? { type: m.type, id: m.id, ok: m.ok === true, code: string(m.code), text: string(m.text) } : null;
    default: return null;
  }
}

function state(m) {
  const calls = list(m.calls).filter((c) => c && typeof c.id === "string" && phases.includes(c.phase));
  return {
    type: "state", seq: Number(m.seq) || 0, ready: m.ready === true, line: said(m, "line"), warning: said(m, "warning"),
    calls, last: m.last && typeof m.last === "object" ? { ...m.last, reason: { text: string(m.last.reason), code: string(m.last.cause) } } : null,
    status: m.status && statuses.includes(m.status.status) ? status(m.status) : null,
    want: m.want && Number.isInteger(m.want.rev) && m.want.rev > 0 && typeof m.want.status === "string" ? m.want : null,
    speaks: m.speaks === true, called: Number.isSafeInteger(m.called) ? m.called : 0,
    pop: thing(m.pop), log: thing(m.log), draft: thing(m.draft),
  };
}

// said is a sentence with what it takes to say it in another language.
const said = (m, name) => ({ text: string(m[name]), code: string(m[name + "_code"]), name: string(m[name + "_name"]) });

function status(s) {
  return {
    status: s.status, label: string(s.label), why: string(s.why), because: string(s.because), since: s.since, until: s.until, longest: s.longest,
    next: named(s.next), recent: list(s.recent).filter((d) => d && typeof d === "object" && named(d.to)),
    notice: s.notice && typeof s.notice === "object" ? { ...s.notice, wanted: named(s.notice.wanted), there: named(s.notice.there) } : null,
  };
}

const named = (n) => n && statuses.includes(n.status) ? { status: n.status, label: string(n.label) } : null;
const list = (v) => Array.isArray(v) ? v : [];
const thing = (v) => v && typeof v === "object" ? v : null;
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
