// One WebSocket to the Sidetone app on this computer. It tries the ports in their order, waits 1 to 30 seconds between rounds, and
// never tries by itself where the browser would refuse: repeated refusals make a browser block for good.

import { commitment, digits, newNonce, typed } from "./pairing.js";
import { PipeSocket, PipeWindow } from "./pipe.js";
import { decode, encode, hello, pair, pairReveal } from "./protocol.js";

const openWithin = 1500; // milliseconds for one port, once the browser has said yes
const welcomeWithin = 3000; // milliseconds from an open socket to the app's welcome
const pairWithin = 90000; // milliseconds from asking to pair to the end of it
const longest = 30000; // milliseconds between two rounds

// delay is the pause before round n (from 0), in milliseconds: doubling from a second to half a minute, half of it by chance.
export function delay(n, random = Math.random()) {
  const base = Math.min(longest, 1000 * 2 ** Math.min(n, 10));
  return base / 2 + random * base / 2;
}

// gate says what the browser thinks of a page that reaches for this computer: "open", "ask", "denied" or "not-delegated".
export async function gate(doc = document, permissions = navigator.permissions, host = location.hostname) {
  const policy = doc.featurePolicy ?? doc.permissionsPolicy;
  for (const name of ["loopback-network", "local-network-access"]) {
    if (!policy?.features?.().includes(name)) continue;
    if (!policy.allowsFeature(name)) return "not-delegated";
    break;
  }
  const state = await permitted(permissions);
  if (state === "denied") return "denied";
  const local = host === "localhost" || host.endsWith(".localhost") || host === "127.0.0.1";
  return state === "prompt" && !local ? "ask" : "open"; // a page of this computer is asked nothing
}

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

// Connection calls onState({name, ...}) and onMessage(message). The names: connecting, connected, down, ask, asking, denied,
// not-delegated, full, foreign, unpaired, pairing, no-window. Nothing but its own proof leaves this page before the app has given its own.
export class Connection {
  constructor({ ports, org, keys, onState, onMessage }) {
    Object.assign(this, { ports, org, keys, onState, onMessage });
    this.round = 0;
    this.socket = null;
    this.timer = 0;
    this.busy = false;
    this.pipe = null;
    this.pairingSocket = null;
  }

  // start looks at the gate and tries once; later rounds follow by themselves where that does no harm. By a click of the agent
  // the browser may ask its question.
  async start(clicked = false) {
    clearTimeout(this.timer);
    if (this.busy || this.socket) return;
    this.busy = true;
    try {
      await this.attempt(clicked);
    } finally {
      this.busy = false;
    }
  }

  // window goes by the small window from now on. It must be called from a click.
  async window() {
    this.pipe = new PipeWindow();
    if (!this.pipe.open(this.ports)) {
      this.pipe = null;
      return this.onState({ name: "no-window" });
    }
    clearTimeout(this.timer);
    this.onState({ name: "connecting", round: this.round });
    const port = await this.pipe.find();
    if (port) this.piped = [port];
    else this.pipe = null;
    return port ? this.start() : this.onState({ name: "down", piped: true });
  }

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
    for (const port of this.pipe ? this.piped : this.ports) {
      const result = await this.open(port, openWithin);
      if (result === "welcome") return;
      results.push(result);
    }
    const after = await this.gate();
    if (after !== "open") return this.onState({ name: after });
    this.report(results);
  }

  // report says why no port was ours. A page that knows an app goes on looking for it.
  report(results) {
    const name = ["full", "foreign", "unpaired"].find((r) => results.includes(r)) ?? "down";
    this.onState({ name });
    if (name !== "unpaired" || this.keys.known) this.timer = setTimeout(() => this.start(), delay(this.round++));
  }

  // waitForAnswer opens the first port alone and leaves it pending while the browser asks the agent.
  async waitForAnswer() {
    if (await this.open(this.ports[0], 5 * 60000) === "welcome") return;
    const g = await this.gate();
    if (g !== "open") return this.onState({ name: g });
    this.timer = setTimeout(() => this.start(), 0); // allowed, and perhaps on another port
  }

  connect(port) {
    return this.pipe ? new PipeSocket(this.pipe, port) : new WebSocket(`ws://127.0.0.1:${port}/v1/ws`);
  }

  // open resolves to "welcome", "unpaired", "full", "foreign" (somebody who cannot prove to be ours) or "nobody".
  open(port, within) {
    return new Promise((resolve) => {
      const socket = this.connect(port);
      const about = { origin: location.origin, port, pageNonce: newNonce(), appNonce: "" };
      let result = "nobody", welcome = false;
      let timer = setTimeout(() => socket.close(), within);
      const until = (ms) => { clearTimeout(timer); timer = setTimeout(() => socket.close(), ms); };
      socket.onopen = () => { result = "foreign"; until(welcomeWithin); };
      let turn = Promise.resolve(); // one message after the other: the state waits while the welcome is verified
      socket.onmessage = (e) => { turn = turn.then(() => take(decode(e.data))).catch(() => socket.close()); };
      const take = async (m) => {
        if (welcome) return m && this.onMessage(m);
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

  up(socket, port, welcome) {
    this.socket = socket;
    this.round = 0;
    this.onState({ name: "connected", port, version: welcome.version });
  }

  lost(socket) {
    if (this.socket !== socket) return;
    this.socket = null;
    this.onState({ name: "down" });
    this.timer = setTimeout(() => this.start(), delay(this.round++));
  }

  // pair asks the apps, one port after the other, to become known, and shows the digits of the one that will. By a click only.
  async pair() {
    clearTimeout(this.timer);
    this.pairingSocket?.close();
    let why = { name: "down" };
    for (const port of this.pipe ? this.piped : this.ports) {
      const result = await this.pairWith(port);
      if (result.name === "paired") return this.start();
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
