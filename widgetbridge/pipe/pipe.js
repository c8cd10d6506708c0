// The popup pipe: passes texts between the widget that opened this window and the app behind this page's own address, and
// understands none of them. Only the window that opened it is heard, and only if its origin is one the app allows.

import languages from "./pipe-words.js";

const origins = document.querySelector("meta[name=origins]").content.split(" ").filter(Boolean);
const [state, hint] = ["#state", "#hint"].map((id) => document.querySelector(id));
const peer = window.opener;
let socket = null;
let words = languages.en;

// speak goes over to the first of the languages that there is.
function speak(tags) {
  const language = tags.map((tag) => String(tag).split("-")[0]).find((l) => Object.hasOwn(languages, l)) ?? "en";
  words = languages[language];
  document.documentElement.lang = language;
  hint.textContent = words.hint;
}

const tell = (origin, message) => peer.postMessage({ sidetone: 1, ...message }, origin);

function open(origin) {
  socket?.close();
  const mine = socket = new WebSocket(`ws://${location.host}/v1/ws`);
  mine.onopen = () => {
    if (mine === socket) state.textContent = words.connected;
  };
  mine.onmessage = (e) => {
    if (mine === socket) tell(origin, { text: e.data });
  };
  mine.onclose = () => {
    if (mine !== socket) return;
    socket = null;
    state.textContent = words.ended;
    tell(origin, { closed: true });
  };
}

window.addEventListener("message", (e) => {
  if (!peer || e.source !== peer || !origins.includes(e.origin) || e.data?.sidetone !== 1) return;
  if (e.data.open === true) {
    speak([e.data.language, ...navigator.languages]);
    open(e.origin);
  } else if (e.data.close === true) {
    socket?.close();
  } else if (typeof e.data.text === "string" && socket?.readyState === WebSocket.OPEN) {
    socket.send(e.data.text);
  }
});

// The widget is told again and again: it may have been loaded anew. When it has gone, this window goes too.
function here() {
  if (peer.closed) {
    socket?.close();
    state.textContent = words.gone;
    return window.close();
  }
  for (const origin of origins) tell(origin, { ready: true });
}

speak(navigator.languages);
hint.hidden = !peer;
state.textContent = peer ? words.waiting : words.alone;
if (peer) {
  here();
  setInterval(here, 1000);
}
