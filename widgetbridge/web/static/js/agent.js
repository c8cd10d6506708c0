// Carries the agent's status between Kustomer and the app, both ways.

import * as read from "./kustomer.js";
import { kustomerStatus, statusApplied, statusFailed } from "./protocol.js";
import { request } from "./sdk.js";
import { all } from "./statuses.js";
import { words } from "./strings.js";

// What the app, which speaks English, is told of a wish that Kustomer did not take.
const failures = { "no-method": "Kustomer takes no status from widgets.", "no-answer": "Kustomer did not answer.", "refused": "Kustomer refused the status." };

const answerWithin = 4000; // milliseconds for Kustomer to take a wish

// Agent knows Kustomer's statuses and the present one. send(message) goes to the app; say(sentence) is shown.
export class Agent {
  constructor({ K, queue, choices, send, say }) {
    Object.assign(this, { K, queue, choices, send, say });
    this.known = [];
    this.now = null; // the present status of Kustomer, translated
    this.done = 0; // the newest wish that was carried out
    this.heard = []; // waiting for an echo
  }

  // load reads the statuses and the present one. Neither is needed to make calls.
  async load() {
    try {
      this.known = await all(this.K);
    } catch {
      this.say(words.noStatuses);
    }
    await this.present();
  }

  async present() {
    try {
      const sessions = await request(this.K, "GET", "/v1/routing/work-sessions?user=true&active=true");
      const found = read.status(sessions, this.known);
      if (found && !this.now) this.now = read.translate(found, this.queue, this.choices);
    } catch {
      // without it the next change tells
    }
  }

  // changed handles Kustomer's word that the agent's status is another one.
  async changed(payload) {
    let found = read.status(payload, this.known);
    if (!found || found.id === "") {
      await this.again();
      found = read.status(payload, this.known) ?? found;
    }
    const now = found && read.translate(found, this.queue, this.choices);
    if (!now) return this.say(words.unknownStatus);
    this.now = now;
    this.heard.splice(0).forEach((f) => f(found.statusType));
    this.tell();
  }

  async again() {
    try {
      const fresh = await all(this.K);
      if (fresh.length) this.known = fresh;
    } catch {
      // what is known stays
    }
  }

  tell() {
    if (this.now) this.send(kustomerStatus(this.now.status, this.now.label));
  }

  // want carries out one wish of the app, once per rev, and answers it.
  async want({ rev, status }) {
    if (rev <= this.done) return;
    this.done = rev;
    if (typeof this.K.requestUpdateUserStatus !== "function") return this.send(statusFailed(rev, failures["no-method"]));
    try {
      const asked = this.ask(status);
      this.send(statusApplied(rev)); // with the call, before anything that is heard after it
      await asked;
    } catch (err) {
      const why = err === "late" ? failures["no-answer"] : failures.refused;
      this.send(statusFailed(rev, why));
    }
  }

  // ask is done when Kustomer answers, or says that the status is now that one. Whether it answers at all is not documented: no
  // promise counts as done.
  ask(status) {
    const answer = this.K.requestUpdateUserStatus({ fallbackStatusType: status });
    if (typeof answer?.then !== "function") return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject("late"), answerWithin);
      const settle = (f) => (v) => { clearTimeout(timer); f(v); };
      answer.then(settle(resolve), settle(reject));
      this.heard.push((type) => { if (type === status) settle(resolve)(); });
    });
  }

  // reconnected begins anew with an app that may have been restarted: it must hear where the agent is. Its revs go on.
  reconnected() {
    this.tell();
  }
}
