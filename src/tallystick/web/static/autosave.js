// Autosave: PUTs the form to its draft address a moment after each change, and says what came of it. What the server
// does not have is kept on this device meanwhile (keep.js), and comes back when the page is opened again.
// Without this script the button "Save draft" does the same.
import { keeper, submitted as noteSubmitted } from "./keep.js";
import { say } from "./words.js";

const QUIET_MS = 1200;
const RETRY_MS = 10_000;
const NOT_COMPARED = ["csrf", "idempotency_key", "active_ms"];

const form = document.querySelector("#work");
const state = document.querySelector("#save-state");

if (form && state) {
  let timer = 0;
  let running = false;
  let changed = false;
  let submitted = false;
  let saved = form.dataset.saved || ""; // when the server's draft was made, as the server says
  let keeping = Promise.resolve(null);
  let unsent = 0; // counts changes: what is kept is forgotten only when the last of them was saved

  const tell = (words, wrong) => {
    state.textContent = words;
    state.classList.toggle("is-wrong", wrong);
  };

  const clock = (iso) => {
    const at = new Date(iso);
    return Number.isNaN(at.getTime()) ? iso : `${at.toISOString().slice(11, 19)} UTC`; // as every time on our pages
  };

  const body = () => new URLSearchParams([...new FormData(form)].filter((pair) => typeof pair[1] === "string"));

  const words = () => {
    const found = body();
    NOT_COMPARED.forEach((name) => found.delete(name));
    return found.toString();
  };

  const ready = keeper(form.dataset.keep, form.dataset.draft).catch(() => null);

  // One after the other, and of several that wait only the last: it has everything.
  let waits = false;
  const keep = () => {
    if (waits) return keeping;
    waits = true;
    keeping = keeping.then(async () => {
      waits = false;
      const place = await ready;
      return place ? place.keep(body().toString(), saved) : false;
    });
    return keeping;
  };

  const why = async (answer) => {
    try {
      return (await answer.json()).sentence || say("server-answered", { status: answer.status });
    } catch {
      return say("server-answered", { status: answer.status });
    }
  };

  const later = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(() => { save(); }, ms);
  };

  const notSaved = async (reason) => {
    const here = await keep();
    tell(say(`not-saved${here ? "-kept" : ""}${changed ? "-retry" : ""}`, { reason }), true);
  };

  const save = async (leaving = false) => {
    if (submitted || (running && !leaving)) return;
    clearTimeout(timer);
    const change = unsent;
    changed = false;
    running = true;
    try {
      const answer = await fetch(form.dataset.draft, {
        method: "PUT",
        body: body(),
        credentials: "same-origin",
        keepalive: leaving,
        headers: { "X-CSRF-Token": form.elements.csrf.value, Accept: "application/json" },
      });
      if (answer.ok) {
        saved = (await answer.json()).saved_at;
        tell(say("saved", { time: clock(saved) }), false);
        await keeping;
        if (change === unsent) (await ready)?.forget();
      } else {
        changed = changed || answer.status >= 500;
        await notSaved((await why(answer)).replace(/\.$/, ""));
      }
    } catch {
      changed = true;
      await notSaved(say("server-away"));
    }
    running = false;
    if (changed) later(state.classList.contains("is-wrong") ? RETRY_MS : QUIET_MS);
  };

  const noteChange = () => {
    changed = true;
    unsent += 1;
    keep();
    if (!running) {
      tell(say("not-saved-yet"), false);
      later(QUIET_MS);
    }
  };

  // Every field as it was; what stands in a closed part is opened, so that nothing comes back unseen.
  const fill = (text) => {
    const kept = new URLSearchParams(text);
    for (const field of form.elements) {
      if (!field.name || field.type === "hidden" || field.type === "submit") continue;
      const values = kept.getAll(field.name);
      if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
      else if (values.length) field.value = values[0];
      const isSet = field.checked || (field.type !== "radio" && field.type !== "checkbox" && field.value);
      const part = field.closest("details");
      if (isSet && part && kept.has(field.name) && field.matches("textarea, input:not([type=radio])")) part.open = true;
    }
    const time = form.elements.active_ms;
    time.value = String(Math.max(Number(time.value) || 0, Number(kept.get("active_ms")) || 0));
    time.dispatchEvent(new Event("restored"));
    noteChange();
    tell(say("kept-by-device"), false);
  };

  const ask = (found, place) => {
    const bar = document.querySelector("#kept-bar");
    bar.querySelector("[data-at]").textContent = clock(found.at);
    bar.hidden = false;
    bar.querySelector("[data-use]").addEventListener("click", () => { bar.hidden = true; fill(found.words); });
    bar.querySelector("[data-drop]").addEventListener("click", () => { bar.hidden = true; place.forget(); });
  };

  const restore = async () => {
    const place = await ready;
    const found = place && await place.kept();
    if (!found || changed) return;
    const kept = new URLSearchParams(found.words);
    NOT_COMPARED.forEach((name) => kept.delete(name));
    if (kept.toString() === words()) place.forget();
    else if (found.base === saved) fill(found.words);
    else ask(found, place); // the draft was changed elsewhere: whoever wrote both decides
  };

  form.addEventListener("input", noteChange);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && changed) save(true);
  });
  window.addEventListener("online", () => { if (changed) later(0); });
  form.addEventListener("submit", () => {
    submitted = true;
    clearTimeout(timer);
    keep();
    noteSubmitted(form.dataset.draft);
  });
  // Back from the next page: the form is live again.
  window.addEventListener("pageshow", (event) => { if (event.persisted) submitted = false; });
  restore();
}
