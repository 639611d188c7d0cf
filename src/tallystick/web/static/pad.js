// One key for both scores of a criterion: a pad of letters, A's score down and B's across, for scales of up to five
// points. It stands under the criterion that comes next; Shift and a letter, a click or a tap sets both scores.
// r goes to the first empty reason; there Alt and a digit choose the criterion that it belongs to.
// The radios of the form do the same without this script, by pointer and by keys.
import { done, keyOf } from "./keys.js";

const form = document.querySelector("#work");
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

const groups = form ? [...form.querySelectorAll(".score")] : [];
const sidesOf = (group) => [...group.querySelectorAll(".rating")].map((one) => [...one.querySelectorAll("input[type=radio]")]);
const scale = groups.length ? sidesOf(groups[0])[0]?.map((radio) => radio.value).join() : "";

// One pad serves all criteria, so all have to have one scale: with scales that differ there is none.
function fits(group) {
  const points = sidesOf(group).map((side) => side.map((radio) => radio.value).join());
  return points.length === 2 && points.every((one) => one === scale) && scale.split(",").length <= 5;
}

function isOpen(group) {
  const cannot = group.querySelector(".cannot-say input");
  return !(cannot && cannot.checked) && sidesOf(group).some((side) => !side.some((radio) => radio.checked));
}

if (groups.length && groups.every(fits)) {
  const size = sidesOf(groups[0])[0].length;
  const keys = document.querySelector("#keys-on");
  const pad = document.createElement("div");
  pad.className = "pad";
  // Everything here stands in the radios above it: who reads the page aloud needs it once.
  pad.setAttribute("aria-hidden", "true");
  const cells = [];
  const corner = document.createElement("span");
  corner.className = "pad-head";
  corner.textContent = "A ↓ B →";
  pad.append(corner);
  const heads = sidesOf(groups[0])[1].map((radio) => radio.value);
  for (const head of heads) {
    const place = document.createElement("span");
    place.className = "pad-head";
    place.textContent = head;
    pad.append(place);
  }
  for (let a = 0; a < size; a += 1) {
    const place = document.createElement("span");
    place.className = "pad-head";
    place.textContent = heads[a];
    pad.append(place);
    for (let b = 0; b < size; b += 1) {
      const cell = document.createElement("button");
      cell.type = "button";
      cell.tabIndex = -1;
      cell.className = "pad-cell";
      cell.textContent = LETTERS[a * size + b];
      cell.addEventListener("click", () => put(a, b));
      pad.append(cell);
      cells.push(cell);
    }
  }
  pad.dataset.size = String(size);

  let current = null;
  const move = () => {
    current = groups.find(isOpen) || null;
    pad.hidden = !current;
    if (current) current.append(pad);
  };
  const put = (a, b) => {
    if (!current) return;
    const [left, right] = sidesOf(current);
    left[a].checked = true;
    right[b].checked = true;
    right[b].dispatchEvent(new Event("input", { bubbles: true }));
    move();
  };
  form.addEventListener("input", (event) => { if (event.target.closest(".score")) move(); });
  move();

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const typing = event.target.closest("textarea, select, input:not([type=radio], [type=checkbox])");
    if (typing || event.altKey || (keys && !keys.checked)) return;
    const key = keyOf(event);
    const place = event.shiftKey && key.length === 1 ? LETTERS.indexOf(key) : -1;
    if (place >= 0 && place < size * size && current) {
      done(event);
      put(Math.floor(place / size), place % size);
    }
  });
}

if (form) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const keys = document.querySelector("#keys-on");
    const reason = event.target.closest(".reason");
    if (reason && event.altKey && /^Digit[1-9]$/.test(event.code)) {
      const chip = reason.querySelectorAll(".chips input[type=radio]")[Number(event.code.slice(5)) - 1];
      if (!chip) return;
      done(event);
      chip.checked = true;
      chip.dispatchEvent(new Event("input", { bubbles: true }));
      return;
    }
    const typing = event.target.closest("textarea, select, input:not([type=radio], [type=checkbox])");
    if (keyOf(event) !== "r" || typing || event.altKey || (keys && !keys.checked)) return;
    const empty = [...form.querySelectorAll(".reason textarea")].find((one) => !one.value);
    if (!empty) return;
    done(event);
    const fold = empty.closest("details");
    if (fold) fold.open = true;
    empty.focus();
  });
}
