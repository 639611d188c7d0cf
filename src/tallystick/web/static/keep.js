// What the server does not have yet is kept on this device, encrypted. The key comes with the page of whoever signed
// in and is kept nowhere: without signing in as the same person again, nobody reads what lies here.
// A browser offers encryption on https (and on the machine itself) alone. Without it nothing is kept: the page says so.
import { say } from "./words.js";

const PREFIX = "tallystick-unsent:";
const LEFT = "tallystick-submitted"; // the form that was submitted from this tab last
const DAYS_MAX = 14;
const DAY_MS = 86_400_000;

const bytes = (hex) => Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
const written = (buffer) => btoa(Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join(""));
const read = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

export function places() {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  } catch {
    return [];
  }
}

// The keeper of one form of one person; null where this browser cannot encrypt or must not store.
export async function keeper(secret, path) {
  if (!secret || !globalThis.crypto?.subtle) return null;
  try {
    localStorage.getItem(PREFIX);
  } catch {
    return null;
  }
  const raw = bytes(secret);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  const whose = written(await crypto.subtle.digest("SHA-256", raw)).slice(0, 10);
  const place = `${PREFIX}${whose}:${path}`;
  const bound = new TextEncoder().encode(place);
  return {
    async keep(words, base) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const plain = new TextEncoder().encode(JSON.stringify({ words, base }));
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound }, key, plain);
      try {
        localStorage.setItem(place, JSON.stringify({ at: Date.now(), iv: written(iv), sealed: written(sealed) }));
        return true;
      } catch {
        return false;
      }
    },
    async kept() {
      try {
        const found = JSON.parse(localStorage.getItem(place));
        if (!found) return null;
        const how = { name: "AES-GCM", iv: read(found.iv), additionalData: bound };
        const plain = await crypto.subtle.decrypt(how, key, read(found.sealed));
        return { at: found.at, ...JSON.parse(new TextDecoder().decode(plain)) };
      } catch {
        return null; // of another key, or of another age of this page: it ends with its days
      }
    },
    forget() { localStorage.removeItem(place); },
  };
}

export function submitted(path) {
  try { sessionStorage.setItem(LEFT, path); } catch { /* then what is kept ends with its days */ }
}

function forget(isOver) {
  for (const place of places()) if (isOver(place)) localStorage.removeItem(place);
}

function age(place) {
  try { return (Date.now() - JSON.parse(localStorage.getItem(place)).at) / DAY_MS; } catch { return Infinity; }
}

if (typeof document !== "undefined") {
  forget((place) => age(place) > DAYS_MAX);
  // What was submitted is let go when the server says that it took it, or that its work is over. A page of other work, a
  // refusal, the form to sign in and an older page behind the browser's Back say nothing of it, and took nothing.
  try {
    const path = sessionStorage.getItem(LEFT);
    if (path && document.body.dataset.taken === path) {
      forget((place) => place.endsWith(`:${path}`));
      sessionStorage.removeItem(LEFT);
    }
  } catch { /* nothing was noted */ }
  // On a shared device only what is kept of whoever signs out is asked about and removed.
  document.querySelector("form[action='/sign-out']")?.addEventListener("submit", (event) => {
    const mark = event.target.dataset.mark;
    const isOwn = (place) => Boolean(mark) && place.startsWith(`${PREFIX}${mark}:`);
    const question = say("leave");
    if (places().some(isOwn) && !window.confirm(question)) event.preventDefault();
    else forget(isOwn);
  });
}
