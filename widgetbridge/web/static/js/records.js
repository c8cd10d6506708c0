// Customers, conversations and messages of Kustomer: reading its records and asking for them as the agent. The one place that
// knows their shapes and addresses. Addresses and fields are those of Kustomer's published API; a guess is marked as one.

import { failure } from "./kustomer.js";
import { request } from "./sdk.js";

const most = 5; // customers of one number that the app takes
const perPage = 100; // conversations that are looked at; Kustomer's own default

// line is one line of what Kustomer says, cut to a number of characters and without what cannot be shown.
export function line(text, length) {
  if (typeof text !== "string") return "";
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffd]/gu, " ").replace(/\s+/g, " ").trim();
  return [...plain].slice(0, length).join("");
}

const isID = (id) => typeof id === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(id);
const attributes = (r) => r?.attributes && typeof r.attributes === "object" ? r.attributes : {};

// list reads an answer: resources, or one, with an id that can be one.
export function list(data) {
  const all = Array.isArray(data) ? data : data && typeof data === "object" && "data" in data ? [data.data].flat() : [data];
  return all.filter((r) => r && typeof r === "object" && isID(r.id));
}

// match is a customer as the app takes one.
export function match(r) {
  const a = attributes(r);
  const mail = Array.isArray(a.emails) ? a.emails[0]?.email : "";
  return { id: r.id, name: line(a.displayName || a.name || mail, 60) };
}

const at = (r) => attributes(r).lastActivityAt || attributes(r).updatedAt || attributes(r).createdAt || "";
const isOpen = (r) => attributes(r).status === "open";
const newest = (all) => all.toSorted((a, b) => (Date.parse(at(b)) || 0) - (Date.parse(at(a)) || 0))[0] ?? null;

// last is the conversation to show: the newest open one, else the newest.
export function last(conversations) {
  const r = newest(conversations.filter(isOpen)) ?? newest(conversations);
  if (!r) return {};
  const when = new Date(at(r));
  const a = attributes(r);
  return {
    last: r.id, last_name: line(a.name || a.preview, 60), last_open: isOpen(r), ...Number.isNaN(when.getTime()) ? {} : { last_at: when.toISOString() },
  };
}

// Records asks Kustomer. Every method rejects with {status}, of HTTP, 0 when nothing came.
export class Records {
  constructor(K) {
    this.K = K;
  }

  async ask(method, url, body) {
    try {
      return await request(this.K, method, url, body);
    } catch (err) {
      throw { status: failure(err).status };
    }
  }

  // known is ask for what may not be there: null on 404.
  async known(url) {
    try {
      return list(await this.ask("GET", url))[0] ?? null;
    } catch (err) {
      if (err.status === 404) return null;
      throw err;
    }
  }

  // customers are those who have a number, at most five: the one it belongs to, else those who share it.
  async customers(number) {
    const one = await this.known("/v1/customers/phone=" + encodeURIComponent(number));
    if (one) return [one];
    try {
      const body = { and: [{ customer_shared_phone: { equals: number } }], or: [], queryContext: "customer" }; // the word "equals" is a guess
      return list(await this.ask("POST", "/v1/customers/search", body)).slice(0, most);
    } catch (err) {
      if (err.status === 0 || err.status === 429 || err.status >= 500) throw err;
      return []; // an agent who may not search has no shared numbers
    }
  }

  // create makes a customer; somebody may have been quicker.
  async create(number, name) {
    try {
      return list(await this.ask("POST", "/v1/customers", { name: name || number, phones: [{ phone: number, type: "work" }] }))[0] ?? null;
    } catch (err) {
      const known = err.status === 409 ? await this.customers(number) : [];
      if (!known.length) throw err;
      return known[0];
    }
  }

  // about is a customer with company and last conversation, as far as the agent may read them.
  async about(r) {
    const [company, talks] = await Promise.all([this.company(r).catch(() => ""), this.conversations(r.id).catch(() => [])]);
    return { ...match(r), ...company && { company }, ...last(talks) };
  }

  async company(r) {
    const id = r.relationships?.company?.data?.id;
    if (!isID(id)) return "";
    return line(attributes(await this.known("/v1/companies/" + id)).name, 40);
  }

  async conversations(customer) {
    return list(await this.ask("GET", `/v1/customers/${customer}/conversations?page=1&pageSize=${perPage}`));
  }

  // open is the customer's newest open conversation, or null.
  async open(customer) { return newest((await this.conversations(customer)).filter(isOpen)); }

  conversationOf(external) { return this.known("/v1/conversations/externalId=" + encodeURIComponent(external)); }
  messageOf(external) { return this.known("/v1/messages/externalid=" + encodeURIComponent(external)); } // written so in Kustomer's own list
  begin(customer, body) { return this.ask("POST", `/v1/customers/${customer}/conversations`, body).then((d) => list(d)[0] ?? null); }
  write(conversation, body) { return this.ask("POST", `/v1/conversations/${conversation}/messages`, body).then((d) => list(d)[0] ?? null); }
  finish(conversation) { return this.ask("PUT", "/v1/conversations/" + conversation, { status: "done" }); }
}
