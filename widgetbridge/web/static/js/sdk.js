// The door to window.Kustomer: loads the SDK, makes promises of its callbacks and never waits for ever.

const answerWithin = 10000; // milliseconds

// config reads config.json beside the pages. ?ports=1,2 overrides the ports, for the lab.
export async function config() {
  const answer = await fetch("config.json", { cache: "no-store" });
  const c = await answer.json();
  const asked = (new URLSearchParams(location.search).get("ports") ?? "").split(",").map(Number);
  const ports = asked.filter((p) => Number.isInteger(p) && p > 0 && p < 65536);
  return { ...c, ports: ports.length ? ports : c.ports };
}

// load adds the SDK's script and waits until window.Kustomer exists.
export function load(url) {
  if (window.Kustomer) return Promise.resolve(window.Kustomer);
  return new Promise((resolve, reject) => {
    const s = document.createElement("script");
    s.src = url;
    s.onload = () => window.Kustomer ? resolve(window.Kustomer) : reject(new Error("the script made no window.Kustomer"));
    s.onerror = () => reject(new Error("the script did not load"));
    document.head.append(s);
  });
}

// initialize resolves to {context, config} once Kustomer has answered. It waits without end: outside Kustomer nothing comes.
export function initialize(K) {
  return new Promise((resolve) => K.initialize((context, config) => resolve({ context, config })));
}

// request asks Kustomer's API as the agent. It rejects with what Kustomer said, or {status: 0} when nothing came in time.
export function request(K, method, url, body, within = answerWithin) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject({ status: 0, code: "no-answer" }), within);
    const done = (f) => (v) => { clearTimeout(timer); f(v); };
    try {
      const options = body === undefined ? { method, url } : { method, url, body };
      const promise = K.request(options, (err, data) => done(err ? reject : resolve)(err || data));
      promise?.then?.(done(resolve), done(reject));
    } catch (err) {
      done(reject)(err);
    }
  });
}
