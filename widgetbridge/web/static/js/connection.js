// One WebSocket to the Sidetone app on this computer. It tries the ports in their order, waits 1 to 30 seconds between rounds, and
// never tries by itself where the browser would refuse: repeated refusals make a browser block for good.

import { decode, encode, hello } from "./protocol.js";

const openWithin = 1500; // milliseconds for one port, once the browser has said yes
const welcomeWithin = 3000; // milliseconds from an open socket to the app's welcome
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
// not-delegated, foreign.
export class Connection {
  constructor({ ports, org, onState, onMessage }) {
    Object.assign(this, { ports, org, onState, onMessage });
    this.round = 0;
    this.socket = null;
    this.timer = 0;
    this.busy = false;
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

  async attempt(clicked) {
    const g = await gate();
    if (g === "denied" || g === "not-delegated" || g === "ask" && !clicked) {
      this.onState({ name: g });
      return;
    }
    this.onState({ name: g === "ask" ? "asking" : "connecting", round: this.round });
    if (g === "ask") return this.waitForAnswer();
    let foreign = false;
    for (const port of this.ports) {
      const result = await this.open(port, openWithin);
      if (result === "welcome") return;
      foreign ||= result === "foreign";
    }
    const after = await gate();
    if (after !== "open") return this.onState({ name: after });
    this.onState({ name: foreign ? "foreign" : "down" });
    this.timer = setTimeout(() => this.start(), delay(this.round++));
  }

  // waitForAnswer opens the first port alone and leaves it pending while the browser asks the agent.
  async waitForAnswer() {
    if (await this.open(this.ports[0], 5 * 60000) === "welcome") return;
    const g = await gate();
    if (g !== "open") return this.onState({ name: g });
    this.timer = setTimeout(() => this.start(), 0); // allowed, and perhaps on another port
  }

  // open resolves to "welcome", "foreign" (somebody else listens) or "nobody".
  open(port, within) {
    return new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/ws`);
      let opened = false, welcome = false;
      let timer = setTimeout(() => socket.close(), within);
      socket.onopen = () => {
        opened = true;
        clearTimeout(timer);
        timer = setTimeout(() => socket.close(), welcomeWithin);
        socket.send(encode(hello(this.org)));
      };
      socket.onmessage = (e) => {
        const m = decode(e.data);
        if (!welcome && m?.type === "welcome") {
          welcome = true;
          clearTimeout(timer);
          this.up(socket, port, m);
          resolve("welcome");
        } else if (welcome && m) {
          this.onMessage(m);
        }
      };
      socket.onclose = () => {
        clearTimeout(timer);
        if (welcome) this.lost(socket);
        resolve(opened ? "foreign" : "nobody");
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

  // send says whether the message is on its way.
  send(message) {
    const text = encode(message);
    if (!text || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(text);
    return true;
  }
}
