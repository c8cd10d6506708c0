// Stands where Kustomer's window stands: frames the card, answers what it must, and notes every message of it.

const frame = document.querySelector("#card");
const card = new URL(new URLSearchParams(location.search).get("card"));
const id = crypto.randomUUID();
card.searchParams.set("parentUrl", location.origin);
card.searchParams.set("id", id);

const post = (message) => frame.contentWindow.postMessage(message, card.origin);

// recorder is what the program outside looks at: the messages so far, and a way to send one.
window.recorder = { heard: [], post };

const data = { id: "recorded-1", type: "recorded", attributes: { name: "Recorded" } };

addEventListener("message", (e) => {
  if (e.source !== frame.contentWindow) return;
  const message = structuredClone(e.data);
  window.recorder.heard.push({ origin: e.origin, message });
  if (message?.type === "INITIALIZE") {
    post({ type: "INITIALIZE", context: { type: "widget", widget: { isOpen: true } }, userRoles: { "org.user": true }, userLocale: "en_us" });
  }
  if (message?.requestId) post({ type: message.type, requestId: message.requestId, data });
});

frame.src = card.href;
