// Finds out for the app who calls, creates a customer by the agent's click, and opens one in this tab.

import { encode } from "./protocol.js";
import { match } from "./records.js";

// Customers answers the app's questions. records asks Kustomer, host is the origin of the page around us, send(message) goes to
// the app.
export class Customers {
  constructor({ K, records, host, send }) {
    Object.assign(this, { K, records, host, send });
    this.done = new Set(); // questions that were taken up
    this.popped = 0; // the newest wish that was carried out
  }

  // reconnected begins anew: another run of the app counts from the beginning.
  reconnected() {
    this.done.clear();
    this.popped = 0;
  }

  // serve takes up what a state asks: questions only where this widget speaks.
  serve({ calls, draft, speaks, pop }) {
    if (pop && pop.n > this.popped) this.open(pop);
    if (!speaks) return;
    const all = [...calls.map((c) => ({ call: c.id, name: c.name, ...c.customer })), { call: draft?.call, ...draft?.customer }];
    for (const q of all) {
      if ((q.state !== "searching" && q.state !== "creating") || this.done.has(q.n)) continue;
      this.done.add(q.n);
      this.answer(q);
    }
  }

  async answer({ call, n, number, name, state }) {
    const tell = (what) => this.tell({ type: "customer", call, n, host: this.host, ...what });
    try {
      const found = state === "creating" ? [await this.records.create(number, name)].filter(Boolean) : await this.records.customers(number);
      if (!found.length) return tell({ state: "unknown" });
      tell({ state: "found", matches: found.map(match), more: true }); // the name first, it rings
      tell({ state: "found", matches: await Promise.all(found.map((r) => this.records.about(r))) });
    } catch (err) {
      tell({ state: "failed", status: err?.status ?? 0 });
    }
  }

  // tell leaves the details out where the app would not take so much.
  tell(message) {
    const plain = message.matches?.map(({ id, name }) => ({ id, name: name.slice(0, 20) }));
    this.send(encode(message) ? message : { ...message, matches: plain });
  }

  open({ n, customer, conversation }) {
    this.popped = n;
    let ok = typeof this.K.openCustomerEvent === "function";
    try {
      if (ok && conversation) this.K.openCustomerEvent(customer, conversation);
      else if (ok) this.K.openCustomerEvent(customer);
    } catch {
      ok = false;
    }
    this.send({ type: "popped", n, ok });
  }
}
