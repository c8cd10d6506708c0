// A card that calls every method of the SDK the widget uses, one when it is asked for, and notes what its callbacks are given.

(() => {
  "use strict";
  const plain = (v) => {
    try {
      return JSON.parse(JSON.stringify(v ?? null));
    } catch {
      return String(v);
    }
  };

  // tape is what the program outside looks at. The listeners' own text tells which messages the SDK reads.
  const tape = window.tape = { state: "loading", methods: [], events: [], returned: {}, listeners: [] };
  const listen = window.addEventListener;
  window.addEventListener = function (type, f, ...rest) {
    if (type === "message") tape.listeners.push(String(f?.handleEvent ?? f).slice(0, 20000));
    return listen.call(this, type, f, ...rest);
  };

  const note = (event) => (...args) => { tape.events.push({ event, args: args.map(plain) }); };
  const calls = {
    initialize: (K) => K.initialize(note("initialize")),
    request: (K) => K.request({ method: "GET", url: "/v1/users/current" }, note("request")),
    requestUpdateUserStatus: (K) => K.requestUpdateUserStatus({ fallbackStatusType: "busy" }, note("requestUpdateUserStatus")),
    openCustomerEvent: (K) => K.openCustomerEvent("customer-1", "conversation-1"),
    open: (K) => K.open(),
    close: (K) => K.close(),
    resize: (K) => K.resize(),
    handleTriggerToast: (K) => K.handleTriggerToast({ type: "success", message: "Recorded" }),
  };
  tape.names = Object.keys(calls);

  // call makes one call and returns what came back at once.
  tape.call = async (name) => {
    const K = window.Kustomer;
    if (typeof K?.[name] !== "function") return { missing: true };
    try {
      const answer = calls[name](K);
      const late = new Promise((resolve) => setTimeout(() => resolve("no answer within a second"), 1000));
      const promise = typeof answer?.then === "function";
      return { promise, value: plain(promise ? await Promise.race([answer, late]) : answer) };
    } catch (err) {
      return { threw: String(err) };
    }
  };

  const script = document.createElement("script");
  script.src = new URLSearchParams(location.search).get("sdk");
  script.onerror = () => { tape.state = "the script did not load"; };
  script.onload = () => {
    if (!window.Kustomer) {
      tape.state = "the script made no window.Kustomer";
      return;
    }
    tape.methods = Object.keys(window.Kustomer).sort();
    for (const event of ["context", "number-dialed", "routing-status-change"]) window.Kustomer.on(event, note(event));
    tape.state = "ready";
  };
  document.head.append(script);
})();
