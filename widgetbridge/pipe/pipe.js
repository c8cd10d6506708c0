// The popup pipe: passes texts between the widget that opened this window and the app behind this page's own address, and
// understands none of them. Only the window that opened it is heard, and only if its origin is one the app allows.

const origins = document.querySelector("meta[name=origins]").content.split(" ").filter(Boolean);
const state = document.querySelector("#state");
const peer = window.opener;
let socket = null;

const tell = (origin, message) => peer.postMessage({ sidetone: 1, ...message }, origin);

function open(origin) {
  socket?.close();
  const mine = socket = new WebSocket(`ws://${location.host}/v1/ws`);
  mine.onopen = () => {
    if (mine === socket) state.textContent = "Kustomer is connected to your phone.";
  };
  mine.onmessage = (e) => {
    if (mine === socket) tell(origin, { text: e.data });
  };
  mine.onclose = () => {
    if (mine !== socket) return;
    socket = null;
    state.textContent = "The connection ended.";
    tell(origin, { closed: true });
  };
}

window.addEventListener("message", (e) => {
  if (!peer || e.source !== peer || !origins.includes(e.origin) || e.data?.sidetone !== 1) return;
  if (e.data.open === true) open(e.origin);
  else if (e.data.close === true) socket?.close();
  else if (typeof e.data.text === "string" && socket?.readyState === WebSocket.OPEN) socket.send(e.data.text);
});

// The widget is told again and again: it may have been loaded anew. When it has gone, this window goes too.
function here() {
  if (peer.closed) {
    socket?.close();
    state.textContent = "Kustomer has gone. You can close this window.";
    return window.close();
  }
  for (const origin of origins) tell(origin, { ready: true });
}

if (peer) {
  here();
  setInterval(here, 1000);
} else {
  document.querySelector("#hint").hidden = true;
  state.textContent = "This window cannot reach Kustomer. Open it from Sidetone’s widget. If you did, Kustomer keeps its windows apart: tell your Kustomer admin and close this one.";
}
