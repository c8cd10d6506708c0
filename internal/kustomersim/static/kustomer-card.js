// A stand-in for Kustomer's Cards SDK: the public methods the widget uses, over the envelope Kustomer's own client library uses.
// The names of the voice messages are guesses, see names.json.
(() => {
  "use strict";
  const names = /*NAMES*/ {};
  const push = /*PUSH*/ ""; // what becomes of a requested status
  const query = new URLSearchParams(location.search);
  const parentUrl = query.get("parentUrl");
  const cardId = query.get("id");
  if (!parentUrl || !cardId) {
    console.warn("This page runs outside Kustomer.");
    window.Kustomer = undefined;
    return;
  }
  const listeners = new Map();
  const waiting = new Map();
  let ready = null;
  let context = {};

  const post = (type, payload = {}) => window.parent.postMessage({ ...payload, cardId, type }, parentUrl);
  const height = () => document.documentElement.scrollHeight;
  const emit = (event, value) => (listeners.get(event) ?? []).forEach((f) => f(value));

  const handlers = {
    INITIALIZE(m) {
      context = m.context;
      if (ready) ready(context, { userRoles: m.userRoles, userLocale: m.userLocale, theme: m.theme });
      ready = null;
      post("RESIZE", { height: height() });
    },
    CONTEXT_UPDATE(m) {
      context = m.context;
      emit("context", context);
    },
    REQUEST(m) {
      const done = waiting.get(m.requestId);
      waiting.delete(m.requestId);
      if (done) done(m.err, m.data);
    },
    [names.numberDialed](m) { emit("number-dialed", m[names.payload]); },
    [names.routingStatusChange](m) { emit("routing-status-change", m[names.payload]); },
  };

  window.addEventListener("message", (e) => {
    if (e.origin !== parentUrl || !e.data || typeof e.data !== "object") return;
    handlers[e.data.type]?.(e.data);
  });

  function request(options, callback) {
    const requestId = crypto.randomUUID();
    return new Promise((resolve, reject) => {
      waiting.set(requestId, (err, data) => {
        callback?.(err, data);
        if (!err) resolve(data);
        else if (callback) resolve(undefined);
        else reject(err);
      });
      post("REQUEST", { requestId, method: String(options.method).toLowerCase(), url: options.url, body: options.body });
    });
  }

  window.Kustomer = {
    initialize(options, callback) {
      ready = typeof options === "function" ? options : callback;
      post("INITIALIZE", { height: height() });
    },
    on(event, callback) {
      listeners.set(event, [...(listeners.get(event) ?? []), callback]);
    },
    request,
    requestUpdateUserStatus(wish) {
      if (push === "refuse") return Promise.reject({ errors: [{ status: 403, code: "forbidden", title: "Forbidden" }] });
      post(names.requestUpdateUserStatus, { ...wish });
      if (push === "hang") return new Promise(() => {});
    },
    open() { post("OPEN"); },
    close() { post("CLOSE"); },
    resize(size) { post("RESIZE", size ?? { height: height() }); },
    openCustomerEvent(customerId, eventId) { post(names.openCustomerEvent, { customerId, eventId }); },
  };
})();
