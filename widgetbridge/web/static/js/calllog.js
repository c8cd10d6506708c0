// Brings finished calls into Kustomer, as voice messages in the customer's timeline, as the agent. One after the other; each may
// have been brought by an earlier try, so that is looked for first.

import { match } from "./records.js";

const app = "sidetone"; // what Kustomer's messages say of who wrote them

// CallLog carries out tasks. records asks Kustomer, send(message) goes to the app.
export class CallLog {
  constructor({ records, send }) {
    Object.assign(this, { records, send });
    this.seen = ""; // the try that was taken up last
    this.turn = Promise.resolve();
  }

  // reconnected begins anew; what is under way is finished before the next.
  reconnected() {
    this.seen = "";
  }

  // serve takes up the task of a state, each try once.
  serve(task) {
    const one = task && task.call + " " + task.try;
    if (!task || one === this.seen) return;
    this.seen = one;
    this.turn = this.turn.then(() => this.carry(task));
  }

  async carry(task) {
    const step = { at: "lookup" };
    try {
      this.send({ type: "logged", call: task.call, try: task.try, ...await this.bring(task, step) });
    } catch (err) {
      this.send({ type: "log-failed", call: task.call, try: task.try, at: step.at, status: err?.status ?? 0, ...err?.several && { candidates: err.several } });
    }
  }

  async bring(task, step) {
    const there = await this.records.messageOf(task.external_id);
    if (there) return this.found(task, there);
    step.at = "customer";
    const customer = task.customer || await this.customer(task);
    step.at = "conversation";
    const { id, own } = await this.conversation(task, customer);
    step.at = "message";
    const message = await this.records.write(id, body(task));
    if (!message) throw { status: 0 };
    if (own && task.status === "done") await this.records.finish(id).catch(() => {}); // the call is there
    return { message: message.id, conversation: id, customer };
  }

  // found is what an earlier try has left: the message, and perhaps a conversation of ours that is still open.
  async found(task, message) {
    const id = message.relationships?.conversation?.data?.id ?? "";
    const own = task.status === "done" ? await this.records.conversationOf(task.external_id).catch(() => null) : null;
    if (own?.attributes?.status === "open") await this.records.finish(own.id).catch(() => {});
    return { message: message.id, ...id && { conversation: id } };
  }

  // customer is whoever has the number. Nobody is 404, several are 300: the agent decides.
  async customer(task) {
    if (!task.number) throw { status: 404 };
    const found = await this.records.customers(task.number);
    if (found.length > 1) throw { status: 300, several: found.map(match) };
    if (found.length) return found[0].id;
    if (!task.create) throw { status: 404 };
    const made = await this.records.create(task.number, task.name);
    if (!made) throw { status: 0 };
    return made.id;
  }

  // conversation is where the message goes: {id, own}, own if it is begun for this call.
  async conversation(task, customer) {
    const ours = await this.records.conversationOf(task.external_id);
    if (ours) return { id: ours.id, own: true };
    const last = task.new ? null : await this.records.open(customer);
    if (last) return { id: last.id, own: false };
    const begun = await this.records.begin(customer, { name: task.subject, direction: task.direction, status: "open", externalId: task.external_id });
    if (!begun) throw { status: 0 };
    return { id: begun.id, own: true };
  }
}

// body is the message. Kustomer makes the agent its author.
function body(task) {
  return {
    externalId: task.external_id, channel: "voice", app, direction: task.direction, directionType: "initial-" + task.direction,
    subject: task.subject, preview: task.preview, sentAt: task.sent_at, meta: task.meta,
  };
}
