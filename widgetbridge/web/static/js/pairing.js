// What this page and the app do to know each other: hashes and signatures over exactly the same texts as the app's own. The
// page's key never leaves the browser: it cannot be exported, not even by this script.

const protocol = "sidetone-bridge/1";
const curve = { name: "ECDSA", namedCurve: "P-256" };
const signing = { name: "ECDSA", hash: "SHA-256" };
const maxApps = 8; // apps one browser remembers: a person may have two computers' profiles in one

const text = (...parts) => protocol + "\n" + parts.join("\n");
const octets = (s) => new TextEncoder().encode(s);

// base64url writes octets without padding.
export function base64url(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function fromBase64url(s) {
  return Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
}

export const newNonce = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

const hash = async (...parts) => crypto.subtle.digest("SHA-256", octets(text(...parts)));

// commitment binds this page to its nonce before it has seen the app's.
export const commitment = async (pageKey, nonce) => base64url(await hash("commit", pageKey, nonce));

// digits are the six a person carries over. x: {origin, page, app, pageNonce, appNonce}.
export async function digits(x) {
  const sum = new DataView(await hash("digits", x.origin, x.page, x.app, x.pageNonce, x.appNonce));
  return String(sum.getBigUint64(0) % 1000000n).padStart(6, "0");
}

// typed is what the app must have committed to before this page revealed its nonce.
export const typed = async (x, shown, nonce) => base64url(await hash("typed", x.page, x.app, shown, nonce));

// proof is the text of one connection for one side, "page" or "app".
export const proof = (side, { origin, port, appNonce, pageNonce }) => text(side, origin, String(port), appNonce, pageNonce);

// Keys is this browser's key and the apps it knows, in the browser's storage. Where a browser lends none, they last until the
// page is loaded again.
export class Keys {
  // open reads them, and makes the key the first time. Two tabs that do so at once end up with the same one.
  async open() {
    this.db = await storage();
    let kept = await this.read();
    if (!kept) {
      const pair = await crypto.subtle.generateKey(curve, false, ["sign", "verify"]);
      kept = await this.keep({ pair, apps: [] });
    }
    this.pair = kept.pair;
    this.apps = kept.apps;
    this.public = base64url(await crypto.subtle.exportKey("raw", this.pair.publicKey));
    this.id = base64url((await crypto.subtle.digest("SHA-256", octets(this.public))).slice(0, 16));
    return this;
  }

  get known() { return this.apps.length > 0; }

  async read() {
    return this.db && wait(this.db.transaction("keys").objectStore("keys").get("page"));
  }

  // keep stores what is not there yet and returns what is there then.
  async keep(fresh) {
    if (!this.db) return fresh;
    const store = this.db.transaction("keys", "readwrite").objectStore("keys");
    const there = await wait(store.get("page"));
    if (!there) await wait(store.put(fresh, "page"));
    return there ?? fresh;
  }

  // remember adds an app that has proved to be the window the digits were typed into.
  async remember(app) {
    const kept = await this.read();
    this.apps = [app, ...(kept?.apps ?? this.apps).filter((a) => a !== app)].slice(0, maxApps);
    if (this.db) await wait(this.db.transaction("keys", "readwrite").objectStore("keys").put({ pair: this.pair, apps: this.apps }, "page"));
  }

  async sign(connection) {
    return base64url(await crypto.subtle.sign(signing, this.pair.privateKey, octets(proof("page", connection))));
  }

  // knows says whether the signature is one of a known app's.
  async knows(connection, sig) {
    const said = octets(proof("app", connection));
    for (const app of this.apps) {
      try {
        const key = await crypto.subtle.importKey("raw", fromBase64url(app), curve, false, ["verify"]);
        if (await crypto.subtle.verify(signing, key, fromBase64url(sig), said)) return true;
      } catch {
        // no signature at all
      }
    }
    return false;
  }
}

// storage opens the browser's storage, or gives null where there is none.
function storage() {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open("sidetone", 1);
      request.onupgradeneeded = () => request.result.createObjectStore("keys");
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
}

function wait(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
