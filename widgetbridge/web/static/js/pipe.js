// A window of the app's own that carries the same messages where the browser does not let this page reach the computer. It is
// used like a WebSocket.

const readyWithin = 3000; // milliseconds for one port

// PipeWindow is the one small window of this page.
export class PipeWindow {
  constructor(ports) {
    this.ports = ports;
    this.port = ports[0];
    this.window = null;
  }

  // of is the window that has said it is ready; null for anything else that was said.
  static of(e, ports) {
    const pipe = new PipeWindow(ports);
    pipe.window = e.source;
    pipe.port = ports.find((port) => pipe.from(e, port)) ?? 0;
    return pipe.port && e.data.ready === true ? pipe : null;
  }

  // open must be called from a click. The browser may refuse, in Firefox by an exception, or keep the window to itself.
  open() {
    try {
      this.window = window.open(this.address, "sidetone-pipe", "popup,width=340,height=190");
    } catch {
      this.window = null;
    }
    return this.window !== null;
  }

  close() { this.window?.close(); }

  get address() { return `http://127.0.0.1:${this.port}/pipe`; }

  get alive() { return this.window?.closed === false; }

  // find settles on the first port whose page answers and resolves to whether there is one.
  async find() {
    for (const [i, port] of this.ports.entries()) {
      if (!this.alive) return false;
      this.port = port;
      if (i > 0) this.window.location = this.address;
      if (await this.ready(port)) return true;
    }
    return false;
  }

  ready(port) {
    return new Promise((resolve) => {
      const done = (yes) => { clearTimeout(timer); removeEventListener("message", heard); resolve(yes); };
      const heard = (e) => { if (this.from(e, port) && e.data.ready === true) done(true); };
      const timer = setTimeout(() => done(false), readyWithin);
      addEventListener("message", heard);
    });
  }

  from(e, port) {
    return e.source === this.window && e.origin === `http://127.0.0.1:${port}` && e.data?.sidetone === 1;
  }
}

// PipeSocket is one connection through the window.
export class PipeSocket {
  constructor(pipe, port) {
    this.pipe = pipe;
    this.port = port;
    this.readyState = WebSocket.OPEN;
    this.heard = (e) => this.take(e);
    addEventListener("message", this.heard);
    this.watch = setInterval(() => { if (!pipe.alive) this.ended(); }, 500);
    this.tell({ open: true, language: document.documentElement.lang });
  }

  tell(message) {
    this.pipe.window.postMessage({ sidetone: 1, ...message }, `http://127.0.0.1:${this.port}`);
  }

  take(e) {
    if (!this.pipe.from(e, this.port)) return;
    if (typeof e.data.text === "string") this.onmessage?.({ data: e.data.text });
    else if (e.data.closed === true) this.ended();
  }

  send(text) {
    if (this.pipe.alive) this.tell({ text });
  }

  close() {
    if (this.pipe.alive) this.tell({ close: true });
    this.ended();
  }

  ended() {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    clearInterval(this.watch);
    removeEventListener("message", this.heard);
    this.onclose?.();
  }
}
