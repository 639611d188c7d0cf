// Marking spans in the work itself: select words with mouse, finger or keys, press m or the button, choose what it is.
// Without this script the exact words are pasted into a row of the form. Places are code points, as the server counts.
// Words of the rendered view are found in the plain text, where places are counted.
import { done, keyOf } from "./keys.js";
import { within } from "./mark.js";
import { behind } from "./rendered.js";

const bar = document.querySelector("#span-bar");
const form = document.querySelector("#work");

if (bar && form) {
  const passages = [...document.querySelectorAll(".work-read .markable")];
  const button = bar.querySelector("button");
  let found = null;

  const viewOf = (passage) => passage.closest(".passage").querySelector(".passage-shown");

  // What is selected in one text, as { place, quote, start, end }; quote alone where its place cannot be told.
  const selected = () => {
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null;
    const range = selection.getRangeAt(0);
    for (const passage of passages) {
      const words = range.intersectsNode(passage) && within(range, passage);
      if (words) return { place: passage.dataset.place, ...words };
    }
    const passage = passages.find((one) => viewOf(one)?.contains(range.commonAncestorContainer));
    const words = selection.toString().trim();
    if (!passage || !words) return null;
    const found = behind(words, range, viewOf(passage), passage.textContent);
    return found ? { place: passage.dataset.place, ...found } : { place: null, quote: words };
  };

  const tell = () => {
    found = selected();
    bar.hidden = !found;
    if (!found) return;
    bar.querySelector("[data-quote]").textContent = found.quote;
    button.disabled = found.place === null;
    bar.querySelector("[data-lost]").hidden = !button.disabled;
  };

  // A long text is read once for each frame at most, however fast a selection grows.
  let frame = 0;
  document.addEventListener("selectionchange", () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(tell);
  });

  // A finger on the button would end the selection before the click comes.
  bar.addEventListener("pointerdown", (event) => { event.preventDefault(); });

  const radioOf = (row, place) => row.querySelector(`input[type=radio][name$="-on"][value="${CSS.escape(place)}"]`);
  const quoteOf = (row) => row.querySelector("textarea[name$='-quote']");
  const isDropped = (row) => Boolean(row.querySelector("input[name$='-drop']:checked"));
  const takes = (section, place) => section.dataset.pieces.split(" ").includes(place);

  // A further row like the last one, with the next number and nothing in it.
  const grown = (section) => {
    const rows = section.querySelectorAll(".span-row");
    const last = rows[rows.length - 1];
    const number = Number(last.id.slice(last.id.lastIndexOf("-") + 1));
    const next = last.cloneNode(true);
    const renamed = (text) => text.replace(last.id, `${last.id.slice(0, -String(number).length)}${number + 1}`);
    for (const node of [next, ...next.querySelectorAll("[id], [name], [for]")]) {
      for (const name of ["id", "name", "for"]) {
        if (node.hasAttribute(name)) node.setAttribute(name, renamed(node.getAttribute(name)));
      }
    }
    next.querySelectorAll("textarea, input[type=hidden]").forEach((field) => { field.value = ""; });
    next.querySelectorAll("input[type=radio], input[type=checkbox]").forEach((field) => { field.checked = false; });
    next.querySelectorAll(".error").forEach((one) => { one.remove(); });
    next.classList.remove("field-wrong");
    const head = next.querySelector("summary").firstChild;
    head.textContent = head.textContent.replace(/\d+/, rows.length + 1);
    last.after(next);
    return next;
  };

  const take = () => {
    tell();
    if (!found?.place) return null;
    const section = [...form.querySelectorAll("[data-spans]")].find((one) => takes(one, found.place));
    if (!section) return null;
    const row = [...section.querySelectorAll(".span-row")].find((one) => !quoteOf(one).value && !isDropped(one)) || grown(section);
    quoteOf(row).value = found.quote;
    row.querySelector("input[name$='-start']").value = String(found.start);
    const radio = radioOf(row, found.place);
    if (radio) radio.checked = true;
    const quote = row.querySelector("[data-quote]");
    quote.textContent = found.quote;
    quote.hidden = false;
    row.open = true;
    bar.hidden = true;
    document.getSelection().removeAllRanges();
    quoteOf(row).dispatchEvent(new Event("input", { bubbles: true }));
    const first = row.querySelector("input[type=radio][name$='-label']");
    first.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    return first;
  };

  button.addEventListener("click", take);

  // Words typed by hand are looked up by the server: a place that belonged to others no longer holds.
  form.addEventListener("input", (event) => {
    const row = event.target.closest(".span-row");
    if (!row || !event.isTrusted || event.target !== quoteOf(row)) return;
    row.querySelector("input[name$='-start']").value = "";
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("textarea, select, input:not([type=radio], [type=checkbox])");
    const keys = document.querySelector("#keys-on");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || (keys && !keys.checked)) return;
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    const key = keyOf(event);
    if (key === "s" && passages.length) {
      done(event);
      passages[(passages.indexOf(document.activeElement) + 1) % passages.length].focus();
    }
    if (key === "m") {
      tell(); // pressed before the frame that would have told it
      if (!found) return;
      done(event);
      take()?.dispatchEvent(new Event("walk", { bubbles: true })); // keyboard.js: digits say what it is
    }
  });

  // With the focus on a text, the arrows walk it word by word and line by line; with Shift they extend the selection.
  const STEPS = {
    ArrowRight: ["forward", "word"], ArrowLeft: ["backward", "word"], ArrowDown: ["forward", "line"],
    ArrowUp: ["backward", "line"],
  };
  const TURNED = { ArrowRight: "ArrowLeft", ArrowLeft: "ArrowRight" }; // a text that runs from right to left
  passages.forEach((passage) => {
    passage.tabIndex = 0;
    passage.setAttribute("role", "group");
    passage.setAttribute("aria-label", passage.closest(".passage").querySelector(".passage-label").textContent);
    const isTurned = getComputedStyle(passage).direction === "rtl";
    passage.addEventListener("keydown", (event) => {
      const step = STEPS[isTurned ? TURNED[event.key] || event.key : event.key];
      if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const selection = document.getSelection();
      if (selection.rangeCount === 0 || !passage.contains(selection.anchorNode)) {
        selection.collapse(passage, 0);
        selection.modify("extend", "forward", "word");
        return;
      }
      if (event.shiftKey) {
        selection.modify("extend", ...step);
        return;
      }
      if (step[0] === "forward") selection.collapseToEnd();
      else selection.collapseToStart();
      if (step[0] === "backward" || step[1] === "line") selection.modify("move", ...step);
      selection.modify("extend", "forward", "word");
    });
  });
}
