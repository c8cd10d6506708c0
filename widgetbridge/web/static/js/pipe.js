// A window of the app's own that carries the same messages where the browser does not let this page reach the computer. It is
// used like a WebSocket.

const readyWithin = 3000; // milliseconds for one port

// Window is the one small window of this page. open must be called from a click.
export class PipeWindow {
  open(ports) {
    this.ports = ports;
    this.window = window.open(`http://127.0.0.1:${ports[0]}/pipe`, "sidetone-pipe", "popup,width=340,height=190");
    return this.window !== null;
  }

  get alive() { return this.window?.closed === false; }

  // find resolves to the first port whose page answers, 0 if none does.
  async find() {
    for (const [i, port] of this.ports.entries()) {
      if (!this.alive) return 0;
      if (i > 0) this.window.location = `http://127.0.0.1:${port}/pipe`;
      if (await this.ready(port)) return port;
    }
    return 0;
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
    this.watch = setInterval(() => { if (!pipe.alive) this.ended(); }, 1000);
    this.tell({ open: true });
  }

  tell(message) {
    this.pipe.window.postMessage({ sidetone: 1, ...message }, `http://127.0.0.1:${this.port}`);
  }

  take(e) {
    if (!this.pipe.from(e, this.port)) return;
    if (typeof e.data.text === "string") this.onmessage?.({ data: e.data.text });
    else if (e.data.closed === true) this.ended();
  }

  send(text) { this.tell({ text }); }

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
