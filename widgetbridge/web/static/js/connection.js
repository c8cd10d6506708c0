// One WebSocket to the Sidetone app on this computer. It tries the ports in their order, waits 1 to 30 seconds between rounds, and
// never tries by itself where the browser would refuse: repeated refusals make a browser block for good.

import { commitment, digits, newNonce, typed } from "./pairing.js";
import { PipeSocket, PipeWindow } from "./pipe.js";
import { decode, encode, hello, pair, pairReveal } from "./protocol.js";

const openWithin = 1500; // milliseconds for one port, once the browser has said yes
const heldBack = 6500; // the same after some rounds in vain, or for a click: Chromium then holds each socket back for 1 to 5 seconds
const promptRounds = 3; // with so few refusals it holds none back
const welcomeWithin = 3000; // milliseconds from an open socket to the app's welcome
const pairWithin = 90000; // milliseconds from asking to pair to the end of it
const longest = 30000; // milliseconds between two rounds
const askedWithin = 5 * 60000; // milliseconds the browser's question may stand
const noted = 500; // milliseconds until the browser tells what the agent answered: Firefox ends the socket before
const unasked = 1000; // milliseconds in which nobody can have shut a question: the port was closed

// delay is the pause before round n (from 0), in milliseconds: doubling from a second to half a minute, half of it by chance.
export function delay(n, random = Math.random()) {
  const base = Math.min(longest, 1000 * 2 ** Math.min(n, 10));
  return base / 2 + random * base / 2;
}

// gate says what the browser thinks of a page that reaches for this computer: "open", "ask", "denied", "not-delegated", or "unsure"
// where it says denied and does not tell whether Kustomer or the person denied: it may even let a WebSocket through.
export async function gate(doc = document, permissions = navigator.permissions, host = location.hostname) {
  const policy = doc.featurePolicy ?? doc.permissionsPolicy;
  const name = ["loopback-network", "local-network-access"].find((n) => policy?.features?.().includes(n));
  if (name && !policy.allowsFeature(name)) return "not-delegated";
  const state = await permitted(permissions);
  if (!name && state && passage.known) return "open";
  if (state === "denied") return name ? "denied" : "unsure";
  const local = host === "localhost" || host.endsWith(".localhost") || host === "127.0.0.1";
  return state === "prompt" && !local ? "ask" : "open"; // a page of this computer is asked nothing
}

// passage remembers that this very version of a browser lets WebSockets through whatever its permission says, as Firefox does: the
// agent need not press Connect each time for a question that never comes.
const passage = {
  get known() { return this.kept((s) => s.getItem("sidetone-passage")) === navigator.userAgent; },
  found() { this.kept((s) => s.setItem("sidetone-passage", navigator.userAgent)); },
  forget() { this.kept((s) => s.removeItem("sidetone-passage")); },
  kept(f) {
    try {
      return f(localStorage);
    } catch {
      return null; // the browser lends no storage
    }
  },
};

async function permitted(permissions) {
  for (const name of ["loopback-network", "local-network-access"]) {
    try {
      return (await permissions.query({ name })).state;
    } catch {
      // this browser does not know the name
    }
  }
  return "";
}

// Connection calls onState({name, ...}) and onMessage(message). The names: connecting, connected, down, ask, asking, denied, unsure,
// not-delegated, full, foreign, unpaired, pairing, no-window, window-closed. Nothing but its own proof leaves this page before the app has
// given its own.
export class Connection {
  constructor({ ports, org, keys, onState, onMessage }) {
    Object.assign(this, { ports, org, keys, onState, onMessage });
    this.round = 0;
    this.socket = null;
    this.timer = 0;
    this.running = null;
    this.pipe = null;
    this.opening = false;
    this.turn = 0; // of the port that is asked about next
    this.pairingSocket = null;
    addEventListener("message", (e) => this.adopt(e));
  }

  // start looks at the gate and tries once; later rounds follow by themselves where that does no harm. By a click of the agent
  // the browser may ask its question.
  start(clicked = false) {
    clearTimeout(this.timer);
    if (!this.socket) this.running ??= this.attempt(clicked).finally(() => { this.running = null; });
    return this.running;
  }

  // window goes by the small window from now on. It must be called from a click.
  async window() {
    clearTimeout(this.timer);
    const pipe = new PipeWindow(this.ports);
    if (!pipe.open()) return this.onState({ name: "no-window" });
    this.onState({ name: "connecting", round: this.round });
    this.opening = true; // what it says first is for find
    const found = await pipe.find();
    this.opening = false;
    await this.running;
    if (this.socket) return pipe.close(); // it came about without
    if (found) return this.through(pipe);
    const name = pipe.alive ? "down" : "window-closed";
    pipe.close();
    this.onState({ name, still: true });
  }

  through(pipe) {
    this.pipe = pipe;
    return this.start();
  }

  // adopt takes up a small window that an earlier load of this page has opened.
  adopt(e) {
    if (this.pipe?.alive || this.socket || this.running || this.opening) return;
    const pipe = PipeWindow.of(e, this.ports);
    if (pipe) this.through(pipe);
  }

  // places are the ports to try now.
  get places() { return this.pipe ? [this.pipe.port] : this.ports; }

  async gate() {
    if (this.pipe && !this.pipe.alive) this.pipe = null;
    return this.pipe ? "open" : gate();
  }

  async attempt(clicked) {
    const g = await this.gate();
    if (g === "denied" || g === "not-delegated" || g === "ask" && !clicked) {
      this.onState({ name: g });
      return;
    }
    this.onState({ name: g === "ask" ? "asking" : "connecting", round: this.round });
    if (g === "ask") return this.waitForAnswer();
    const results = [];
    for (const port of this.places) {
      const result = await this.open(port, clicked || this.round >= promptRounds ? heldBack : openWithin);
      if (result === "welcome") return;
      results.push(result);
      if (result !== "silent" || this.pipe) continue;
      passage.forget(); // the browser may be asking: not again without a click
      if (await this.gate() !== "open") break;
    }
    const after = await this.gate();
    const answered = results.some((r) => r === "foreign" || r === "unpaired");
    if (after !== "open" && !answered) return this.onState({ name: after });
    const denied = !this.pipe && await permitted(navigator.permissions) === "denied"; // and yet let through, some time ago
    this.report(results, denied ? "unsure" : "down");
  }

  // report says why no port was ours. A page that knows an app goes on looking for it.
  report(results, otherwise = "down") {
    const name = ["full", "foreign", "unpaired"].find((r) => results.includes(r)) ?? otherwise;
    this.onState({ name, stranger: !this.keys.known });
    if (name !== "unpaired" || this.keys.known) this.timer = setTimeout(() => this.start(), delay(this.round++));
  }

  // waitForAnswer opens one port alone and leaves it pending while the browser asks the agent. A port that nobody holds is closed
  // before any question, and the next one's turn comes: at once, or by the next click if somebody may have shut the question.
  async waitForAnswer() {
    for (let n = 0; n < this.ports.length; n++) {
      const began = Date.now();
      const result = await this.open(this.ports[this.turn++ % this.ports.length], askedWithin);
      if (result === "welcome") return;
      if (result === "foreign" || result === "unpaired") return this.report([result]);
      const took = Date.now() - began;
      await new Promise((resolve) => { setTimeout(resolve, noted); });
      const g = await this.gate();
      if (g === "open") return void (this.timer = setTimeout(() => this.start(), 0)); // allowed, and perhaps on another port
      if (g !== "ask") return this.onState({ name: g });
      if (took > unasked) break;
    }
    this.onState({ name: "ask", again: true });
  }

  connect(port) {
    return this.pipe ? new PipeSocket(this.pipe, port) : new WebSocket(`ws://127.0.0.1:${port}/v1/ws`);
  }

  // open resolves to "welcome", "unpaired", "full", "foreign" (somebody who cannot prove to be ours), "nobody", or "silent" when nothing
  // came of it in time.
  open(port, within) {
    return new Promise((resolve) => {
      const socket = this.connect(port);
      const about = { origin: location.origin, port, pageNonce: newNonce(), appNonce: "" };
      const began = Date.now();
      let result = "nobody", welcome = false;
      let timer = setTimeout(() => { result = "silent"; socket.close(); }, within);
      const until = (ms) => { clearTimeout(timer); timer = setTimeout(() => socket.close(), ms); };
      socket.onopen = () => { result = "foreign"; until(welcomeWithin); if (!this.pipe) this.passed(began); };
      let turn = Promise.resolve(); // one message after the other: the state waits while the welcome is verified
      socket.onmessage = (e) => { turn = turn.then(() => take(decode(e.data))).catch(() => socket.close()); };
      const take = async (m) => {
        if (welcome) return m && this.onMessage(m);
        if (socket.readyState !== WebSocket.OPEN) return;
        if (m?.type === "challenge" && !about.appNonce) {
          about.appNonce = m.nonce;
          if (this.keys.known) return socket.send(encode(hello(this.org, about, this.keys.id, await this.keys.sign(about))));
          result = "unpaired";
        } else if (m?.type === "refused") {
          result = m.code === "full" ? "full" : "unpaired";
        } else if (m?.type === "welcome" && await this.keys.knows(about, m.sig)) {
          welcome = true;
          clearTimeout(timer);
          this.up(socket, port, m);
          return resolve("welcome");
        } else {
          result = "foreign";
        }
        socket.close();
      };
      socket.onclose = () => {
        clearTimeout(timer);
        if (welcome) this.lost(socket);
        resolve(result);
      };
    });
  }

  // passed notes a browser that let a socket through at once without permission.
  async passed(began) {
    const soon = Date.now() - began < unasked;
    if (soon && await permitted(navigator.permissions) !== "granted") passage.found();
  }

  up(socket, port, welcome) {
    this.socket = socket;
    this.round = 0;
    this.onState({ name: "connected", port, version: welcome.version });
  }

  lost(socket) {
    if (this.socket !== socket) return;
    this.socket = null;
    if (this.pipe && !this.pipe.alive) {
      this.pipe = null;
      return this.onState({ name: "window-closed" });
    }
    this.onState({ name: "down" });
    this.timer = setTimeout(() => this.start(), delay(this.round++));
  }

  // pair asks the apps, one port after the other, to become known, and shows the digits of the one that will. By a click only.
  async pair() {
    clearTimeout(this.timer);
    this.pairingSocket?.close();
    let why = { name: "down" };
    for (const port of this.places) {
      const result = await this.pairWith(port);
      if (result.name === "paired") return this.start(true);
      if (result.name === "stopped") return;
      if (result.code) why = { name: "unpaired", text: result.text, code: result.code };
      if (result.asked) break;
    }
    this.onState(why);
  }

  // pairWith goes through one attempt. It resolves to {name: "paired"}, {name: "stopped"} when a newer attempt has taken its
  // place, or {name: "failed", text, code, asked}: asked, if digits were shown.
  pairWith(port) {
    return new Promise((resolve) => {
      const socket = this.pairingSocket = this.connect(port);
      const timer = setTimeout(() => socket.close(), pairWithin);
      const attempt = new Attempt(this, socket, port);
      socket.onmessage = (e) => attempt.take(decode(e.data));
      socket.onclose = () => {
        clearTimeout(timer);
        resolve(this.pairingSocket === socket ? attempt.result : { name: "stopped" });
      };
    });
  }

  // send says whether the message is on its way.
  send(message) {
    const text = encode(message);
    if (!text || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(text);
    return true;
  }
}

// Attempt is the page's side of one pairing; the app's package pairing says what each message is for.
class Attempt {
  constructor(connection, socket, port) {
    Object.assign(this, { connection, socket, port });
    this.keys = connection.keys;
    this.nonce = newNonce();
    this.step = "challenge";
    this.result = { name: "failed", text: "", code: "", asked: false };
  }

  async take(m) {
    if (m?.type === "refused") return this.refused(m);
    if (m?.type !== this.step) return this.socket.close();
    switch (m.type) {
      case "challenge":
        this.step = "pair-challenge";
        return this.socket.send(encode(pair(this.connection.org, location.origin, this.keys.public, await commitment(this.keys.public, this.nonce))));
      case "pair-challenge":
        this.step = "pair-commit";
        this.x = { origin: location.origin, page: this.keys.public, app: m.key, pageNonce: this.nonce, appNonce: m.nonce };
        this.shown = await digits(this.x);
        this.result.asked = true;
        return this.connection.onState({ name: "pairing", digits: this.shown, until: Date.now() + m.seconds * 1000, left: m.left });
      case "pair-commit":
        this.step = "paired";
        this.bound = m.commit;
        return this.socket.send(encode(pairReveal(this.nonce)));
      case "paired":
        if (await typed(this.x, this.shown, m.nonce) === this.bound) {
          await this.keys.remember(this.x.app);
          this.result = { name: "paired" };
        } else {
          this.result = { name: "failed", text: "", code: "foreign", asked: true }; // it never had the digits
        }
        return this.socket.close();
    }
  }

  // refused: after wrong digits there are new ones at once, as long as the app lets us.
  refused(m) {
    if (m.code === "wrong-digits") {
      this.nonce = newNonce();
      this.step = "challenge";
      return this.take({ type: "challenge" });
    }
    Object.assign(this.result, { text: m.text, code: m.code });
    this.socket.close();
  }
}
