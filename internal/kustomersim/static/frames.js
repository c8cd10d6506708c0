// One frame of an app, as Kustomer keeps it: created hidden, shown once it has initialized, answered by the envelope.

export class Frame {
  // host: {names, log, initialize(frame), request(message), wish(message), open(frame, yes), pop(customer, event)}
  constructor({ name, element, url, allow, host }) {
    Object.assign(this, { name, element, host, ready: false, cardId: crypto.randomUUID() });
    const to = new URL(url);
    to.searchParams.set("parentUrl", location.origin);
    to.searchParams.set("id", this.cardId);
    this.origin = to.origin;
    element.allow = allow;
    window.addEventListener("message", (e) => this.heard(e));
    element.src = to.href;
  }

  heard(e) {
    if (e.source !== this.element.contentWindow) return;
    const m = e.data;
    const mine = e.origin === this.origin && m && typeof m === "object" && m.cardId === this.cardId;
    if (!mine) return this.host.log(this.name, "in", String(m?.type ?? typeof m), { refused: "origin or card id", origin: e.origin }, false);
    const { type, cardId, ...payload } = m;
    this.host.log(this.name, "in", type, payload, this.handle(type, m));
  }

  // handle says whether the type is known.
  handle(type, m) {
    switch (type) {
      case "INITIALIZE":
        this.ready = true;
        this.element.classList.add("ready");
        this.host.initialize(this);
        return true;
      case "REQUEST":
        this.host.request(m).then((answer) => { if (!answer.none) this.post("REQUEST", { requestId: m.requestId, ...answer }); });
        return true;
      case "OPEN": case "CLOSE":
        this.host.open(this, type === "OPEN");
        return true;
      case this.host.names.requestUpdateUserStatus:
        this.host.wish(m);
        return true;
      case this.host.names.openCustomerEvent:
        this.host.pop(m.customerId, m.eventId);
        return true;
      case "RESIZE":
      case "MODAL_INITIALIZE": case "MODAL_SHOW": case "MODAL_HIDE": case "MODAL_CLOSE": case "MODAL_CLOSE_ALL":
        return true;
      default:
        return false;
    }
  }

  post(type, payload) {
    this.element.contentWindow.postMessage({ type, ...payload }, this.origin);
    this.host.log(this.name, "out", type, payload, true);
  }
}

// numberAs gives a number the shape that is asked for.
export function numberAs(shape, number) {
  switch (shape) {
    case "number": return { number };
    case "phone": return { phone: number };
    case "empty": return "";
    case "null": return null;
    default: return number;
  }
}

// statusAs gives a status the shape that is asked for.
export function statusAs(shape, status, session) {
  const a = status.attributes;
  switch (shape) {
    case "id": return status.id;
    case "name": return a.name;
    case "object": return { id: status.id, name: a.name, statusType: a.statusType };
    case "type": return { statusType: a.statusType };
    case "session": return session;
    default: return status;
  }
}
