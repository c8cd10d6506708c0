// Reads the agent's work session and tells where the agent is in Kustomer: when this widget becomes the one that is listened to,
// after each push, and every quarter of a minute. A read that a change or a push has overtaken is thrown away and made again.

const pollEvery = 15000; // milliseconds
const readBackAfter = [1500, 3000]; // milliseconds after a push, and again where Kustomer does not show it yet
const soon = 5000; // milliseconds after a first failure that may pass by itself
const late = 60000; // milliseconds after a first refusal
const longest = 5 * 60000; // milliseconds between two reads
const tries = 4; // for a read that is overtaken again and again

// pause is how long to wait after the nth failure in a row, from 1, in milliseconds.
export const pause = (n, passing) => Math.min(longest, (passing ? soon : late) * 2 ** Math.min(n - 1, 10));

// passing says whether a trouble may go by itself, so that it is shown until it has gone. The others are said once.
export const passing = (trouble) => trouble !== "not-allowed" && trouble !== "not-there";

const kind = (status) => status === "wrap-up" ? "busy" : status;

// Session plans and judges the reads. read() resolves to {status, label, ref, system}, and rejects with {trouble}; tell(said) is
// given what was read with {how, after}; trouble(code) hears what is in the way, "" when it is over; unread() that nothing could
// be read when it was asked for first.
export class Session {
  constructor({ read, tell, trouble, unread }) {
    Object.assign(this, { read, tell, trouble, unread });
    this.speaks = false;
    this.called = 0; // the newest push known to be called
    this.readable = false; // as the last read has shown
    this.stamp = 0; // of what overtakes a read
    this.turn = 0; // of the read that counts
    this.failures = 0;
    this.overtaken = 0;
    this.said = ""; // what the app was told last, as long as nothing has happened since
    this.first = true; // nothing has been read since this widget speaks
    this.wish = "";
    this.wishRev = 0;
    this.took = 0; // the newest push that Kustomer was seen to take
    this.timer = 0;
  }

  // follow takes in whether this widget speaks, and the newest push that any widget is known to have called.
  follow(speaks, called) {
    if (called > this.called) {
      this.called = called;
      this.heard();
    }
    if (speaks === this.speaks) return;
    this.speaks = speaks;
    this.turn++;
    clearTimeout(this.timer);
    if (!speaks) return;
    Object.assign(this, { first: true, said: "", failures: 0 });
    this.plan("found", 0);
  }

  // heard: something happened that a read under way cannot know.
  heard() {
    this.stamp++;
    this.said = "";
  }

  // pushed: Kustomer was called for a wish, just now.
  pushed(rev, status) {
    this.called = Math.max(this.called, rev);
    Object.assign(this, { wish: status, wishRev: rev });
    this.heard();
    this.plan("read-back", readBackAfter[0]);
  }

  // shown takes in what Kustomer shows. A page that cannot reach the app sees pushes taken that the app is never told of.
  shown(status) {
    if (kind(status) === this.wish) this.took = this.wishRev;
  }

  // blind says that nothing could be read yet: what Kustomer tells by itself is the first word then.
  get blind() { return this.first && this.failures > 0; }

  // plan makes the next read the only one that counts.
  plan(how, wait, round = 0) {
    this.turn++;
    clearTimeout(this.timer);
    if (this.speaks) this.timer = setTimeout(() => this.go(how, round), wait);
  }

  async go(how, round) {
    const turn = ++this.turn, stamp = this.stamp, after = this.called;
    let found = null, trouble = "";
    try {
      found = await this.read();
    } catch (err) {
      trouble = err?.trouble ?? "other";
    }
    if (turn !== this.turn) return; // a newer one is planned
    if (trouble) return this.failed(how, round, trouble);
    Object.assign(this, { readable: true, failures: 0 });
    this.trouble("");
    if (stamp !== this.stamp && ++this.overtaken < tries) return this.go(how, round);
    this.judge({ how, round, after, fresh: stamp === this.stamp }, found);
  }

  // judge says what was read, or waits once more for a push that Kustomer is slow to take.
  judge({ how, round, after, fresh }, found) {
    this.overtaken = 0;
    this.shown(found.status);
    const next = readBackAfter[round + 1];
    if (how === "read-back" && kind(found.status) !== this.wish && next) return this.plan(how, next, round + 1);
    const text = JSON.stringify(found);
    if (fresh && (how !== "polled" || this.first || text !== this.said)) {
      this.tell({ ...found, how: this.first ? "found" : how, after, took: this.took });
      Object.assign(this, { first: false, said: text });
    }
    this.plan("polled", pollEvery);
  }

  failed(how, round, trouble) {
    this.readable = false;
    this.failures++;
    this.trouble(trouble);
    if (this.first && how === "found") this.unread();
    this.plan(how, pause(this.failures, passing(trouble) && trouble !== "too-many"), round);
  }
}
