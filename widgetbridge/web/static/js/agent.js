// Carries the agent's status between Kustomer and the app, both ways. Only the widget that is listened to speaks.

import * as read from "./kustomer.js";
import { kustomerStatus, statusApplied, statusFailed } from "./protocol.js";
import { request } from "./sdk.js";
import { Session, passing } from "./session.js";
import { all } from "./statuses.js";
import { words } from "./strings.js";

// What the app, which speaks English, is told of a wish that Kustomer did not take.
const failures = {
  "no-method": "Kustomer takes no status from widgets.", "no-answer": "Kustomer did not answer.", "signed-out": "You are signed out of Kustomer.",
  "not-allowed": "Your role may not set it.", "too-many": "Kustomer asks to wait a minute.",
};

const answerWithin = 4000; // milliseconds for Kustomer to take a wish, or to list its statuses
const listEvery = 60000; // milliseconds between two looks for a status that is not known

// Agent knows Kustomer's statuses and the present one. send(message) goes to the app; say(sentence) is shown for a while;
// trouble(code) as long as it lasts.
export class Agent {
  constructor({ K, queue, choices, send, say, trouble }) {
    Object.assign(this, { K, queue, choices, send, say, troubled: trouble });
    this.known = [];
    this.now = null; // what was heard last
    this.done = 0; // the newest wish that was carried out
    this.echoes = []; // waiting for one
    this.changes = 0;
    this.listed = -Infinity;
    this.listing = null;
    this.warned = new Set();
    this.session = new Session({
      read: () => this.present(), tell: (said) => this.tell(said), trouble: (code) => this.trouble(code), unread: () => this.tell(this.now),
    });
  }

  // follow takes in a state of the app; null when it is not reached.
  follow(state) {
    this.session.follow(state?.speaks === true, state?.called ?? 0);
    if (state?.want) this.want(state.want);
  }

  // present reads where the agent is.
  async present() {
    if (!this.known.length) await this.list();
    let data;
    try {
      data = await request(this.K, "GET", "/v1/routing/work-sessions?user=true&active=true");
    } catch (err) {
      throw { trouble: read.trouble(err) };
    }
    const found = read.session(data, this.known);
    const now = found && read.translate(found, this.queue, this.choices);
    if (!now) throw { trouble: "other" };
    return now;
  }

  // list reads Kustomer's statuses, at most once a minute. Without them a status is known by its kind alone.
  list() {
    if (performance.now() - this.listed < listEvery) return this.listing;
    this.listed = performance.now();
    this.listing = all(this.K, answerWithin).catch(() => []).then((fresh) => {
      if (fresh.length) this.known = fresh;
      else if (!this.known.length) this.once("statuses", words.noStatuses);
    });
    return this.listing;
  }

  once(what, sentence) {
    if (this.warned.has(what)) return;
    this.warned.add(what);
    this.say(sentence);
  }

  trouble(code) {
    this.troubled(passing(code) ? code : "");
    if (!passing(code)) this.once(code, words.troubles[code]);
  }

  // changed handles Kustomer's word that the agent's status is another one.
  async changed(payload) {
    this.session.heard();
    const mine = ++this.changes;
    let found = read.status(payload, this.known);
    if (!found?.id) {
      await this.list();
      if (mine !== this.changes) return; // a newer one has been told meanwhile
      found = read.status(payload, this.known) ?? found;
    }
    const now = found && read.translate(found, this.queue, this.choices);
    if (!now) {
      this.say(words.unknownStatus);
      return this.session.plan("polled", 0);
    }
    this.now = now;
    this.session.shown(now.status);
    this.echoes.splice(0).forEach((f) => f(found.statusType));
    this.tell({ ...now, how: this.session.blind ? "" : "changed" });
  }

  tell(said) {
    if (said && this.session.speaks) this.send(kustomerStatus(said));
  }

  // want carries out one wish of the app, once per rev, and answers it.
  async want({ rev, status }) {
    if (rev <= this.done) return;
    this.done = rev;
    if (typeof this.K.requestUpdateUserStatus !== "function") return this.refused(rev, "no-method");
    try {
      const asked = this.ask(status);
      this.send(statusApplied(rev, !this.session.readable)); // with the call, before anything that is heard after it
      this.session.pushed(rev, status);
      await asked;
    } catch (err) {
      this.refused(rev, err === "late" ? "no-answer" : read.trouble(err));
    }
  }

  refused(rev, code) {
    this.send(statusFailed(rev, failures[code] ?? "Set it in Kustomer.", failures[code] ? code : "other"));
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
      this.echoes.push((type) => { if (type === status) settle(resolve)(); });
    });
  }
}
