// Active time: the milliseconds in which somebody worked on this page, into the field `active_ms` and onto the page.
// A pause longer than a minute is left out whole; so is the time in which the page is not visible or the device sleeps.
// It is what pay and workload are computed from, never a measure of anybody's quality.
import { locale, say } from "./words.js";

const PAUSE_MS = 60_000;

export function activeTime(start_ms, now) {
  let total = start_ms;
  let last = now;
  let isAway = false;
  return {
    seen(at) {
      const gap = at - last;
      if (!isAway && gap > 0 && gap <= PAUSE_MS) total += gap;
      last = at;
      return total;
    },
    away(at) { this.seen(at); isAway = true; },
    back(at) { last = at; isAway = false; },
    atLeast(ms) { total = Math.max(total, ms); },
  };
}

export function minutes(ms) {
  const whole = Math.floor(ms / 60_000);
  return whole ? say("minutes", { minutes: whole.toLocaleString(locale) }) : say("less-than-a-minute");
}

const field = document.querySelector("#work input[name=active_ms]");
if (field) {
  const shown = document.querySelector("#active-time");
  const timer = activeTime(Number(field.value) || 0, performance.now());
  const show = (total) => {
    field.value = String(Math.round(total));
    if (shown) shown.textContent = minutes(total);
  };
  const note = () => show(timer.seen(performance.now()));
  for (const kind of ["pointerdown", "pointermove", "keydown", "scroll", "input"]) {
    document.addEventListener(kind, note, { passive: true, capture: true });
  }
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") timer.away(performance.now());
    else timer.back(performance.now());
  });
  field.addEventListener("restored", () => { timer.atLeast(Number(field.value)); note(); });
  field.form.addEventListener("submit", note, { capture: true });
  show(timer.seen(performance.now()));
}
