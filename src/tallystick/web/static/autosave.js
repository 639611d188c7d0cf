// Autosave: PUTs the form to its draft address a moment after each change, and says what came of it.
// Without this script the button "Save draft" does the same.
const QUIET_MS = 1200;
const RETRY_MS = 10_000;

const form = document.querySelector("#work");
const state = document.querySelector("#save-state");

if (form && state) {
  let timer = 0;
  let running = false;
  let changed = false;
  let submitted = false;

  const say = (words, wrong) => {
    state.textContent = words;
    state.classList.toggle("is-wrong", wrong);
  };

  const clock = (iso) => {
    const at = new Date(iso);
    return Number.isNaN(at.getTime()) ? iso : `${at.toISOString().slice(11, 19)} UTC`; // as every time on our pages
  };

  const body = () => new URLSearchParams([...new FormData(form)].filter((pair) => typeof pair[1] === "string"));

  const why = async (answer) => {
    try {
      return (await answer.json()).sentence || `the server answered ${answer.status}`;
    } catch {
      return `the server answered ${answer.status}`;
    }
  };

  const later = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(() => { save(); }, ms);
  };

  const save = async (leaving = false) => {
    if (submitted || (running && !leaving)) return;
    clearTimeout(timer);
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
      if (answer.ok) say(`Saved ${clock((await answer.json()).saved_at)}`, false);
      else say(`Not saved: ${await why(answer)}`, true);
    } catch {
      changed = true;
      say("Not saved: the server cannot be reached. Your words are still here; trying again.", true);
    }
    running = false;
    if (changed) later(state.classList.contains("is-wrong") ? RETRY_MS : QUIET_MS);
  };

  form.addEventListener("input", () => {
    changed = true;
    if (!running) {
      say("Not saved yet", false);
      later(QUIET_MS);
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && changed) save(true);
  });
  form.addEventListener("submit", () => {
    submitted = true;
    clearTimeout(timer);
  });
  // Back from the next page: the form is live again.
  window.addEventListener("pageshow", (event) => { if (event.persisted) submitted = false; });
}
