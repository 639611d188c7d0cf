// Active time: the milliseconds in which somebody worked on this page, into the field `active_ms`.
// A pause longer than a minute is left out whole; so is the time in which the page is not visible.
// It is what pay and workload are computed from, never a measure of anybody's quality.
const PAUSE_MS = 60_000;

export function activeTime(start_ms, now) {
  let total = start_ms;
  let last = now;
  return {
    seen(at) {
      const gap = at - last;
      if (gap > 0 && gap <= PAUSE_MS) total += gap;
      last = at;
      return total;
    },
    away(at) { this.seen(at); last = Infinity; },
    back(at) { last = at; },
  };
}

const field = document.querySelector("#work input[name=active_ms]");
if (field) {
  const timer = activeTime(Number(field.value) || 0, performance.now());
  const note = () => { field.value = String(Math.round(timer.seen(performance.now()))); };
  for (const kind of ["pointerdown", "pointermove", "keydown", "scroll", "input"]) {
    document.addEventListener(kind, note, { passive: true, capture: true });
  }
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") timer.away(performance.now());
    else timer.back(performance.now());
  });
  field.form.addEventListener("submit", note, { capture: true });
}
