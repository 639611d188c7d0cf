// Receipts in the browser: a page that shows one has it kept here; the page "My receipts" lists what is kept.
// Without this script, or without storage, the same receipts can be downloaded one by one.
import { locale, say } from "./words.js";

const KEPT_MAX = 500;
const HEADER = "tallystick/receipt-file/v1\n";

const place = (person) => `tallystick-receipts:${person}`;

export function read(person) {
  try {
    const found = JSON.parse(localStorage.getItem(place(person)) || "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one.text === "string" && Number.isInteger(one.seq)) : [];
  } catch {
    return [];
  }
}

function write(person, kept) {
  try {
    localStorage.setItem(place(person), JSON.stringify(kept));
    return true;
  } catch {
    return false;
  }
}

// The first receipt of a place stays: a later one with other bytes is kept beside it, for that would be a finding.
export function keep(person, seq, text) {
  const kept = read(person);
  const leaf = (one) => (one.text.match(/^leaf (.*)$/m) || ["", one.text])[1];
  if (kept.some((one) => one.seq === seq && leaf(one) === leaf({ text }))) return true;
  kept.push({ seq, text });
  kept.sort((a, b) => a.seq - b.seq);
  return write(person, kept.slice(-KEPT_MAX));
}

for (const one of document.querySelectorAll("[data-receipt]")) {
  const kept = keep(one.dataset.person, Number(one.dataset.seq), one.dataset.receipt);
  one.textContent = kept
    ? say("copy-kept")
    : say("copy-not-kept");
  one.hidden = false;
}

const box = document.querySelector("#kept");
if (box) {
  const { person, sealed, all } = box.dataset;
  const [list, state] = ["#kept-list", "#kept-state"].map((name) => box.querySelector(name));
  const [take, save, forget] = ["#kept-take", "#kept-save", "#kept-forget"].map((name) => box.querySelector(name));

  const row = (one) => {
    const item = document.createElement("li");
    const index = document.createElement("span");
    index.className = "history-index";
    index.textContent = one.seq.toLocaleString(locale);
    const what = document.createElement("div");
    what.className = "history-what";
    const line = document.createElement("p");
    const pill = document.createElement("span");
    const isSealed = one.seq < Number(sealed);
    pill.className = `pill ${isSealed ? "pill-good" : "pill-waiting"}`;
    pill.textContent = isSealed ? say("sealed") : say("waiting-to-be-sealed");
    const link = document.createElement("a");
    link.href = `/receipts/${one.seq}`;
    link.textContent = say("entry", { number: one.seq.toLocaleString(locale) });
    line.append(link, " ", pill);
    what.append(line);
    item.append(index, what);
    return item;
  };

  const show = () => {
    const kept = read(person);
    list.replaceChildren(...kept.slice().reverse().map(row));
    const waiting = kept.filter((one) => one.seq >= Number(sealed)).length;
    state.textContent = kept.length
      ? say("receipts-kept", { number: kept.length, sealed: kept.length - waiting })
      : say("receipts-none");
    save.hidden = forget.hidden = kept.length === 0;
    take.hidden = !all;
    box.hidden = false;
  };

  take.addEventListener("click", async () => {
    try {
      const answer = await fetch(all, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const parts = (await answer.text()).split(HEADER).slice(1).map((part) => HEADER + part);
      const done = parts.every((text) => keep(person, Number(text.match(/^index (\d+)$/m)[1]), text));
      show();
      if (!done) state.textContent = say("receipts-full");
    } catch {
      state.textContent = say("receipts-failed");
    }
  });
  save.addEventListener("click", () => {
    const file = new Blob(read(person).map((one) => one.text), { type: "text/plain" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "receipts.tallystick-receipt";
    link.click();
    URL.revokeObjectURL(link.href);
  });
  forget.addEventListener("click", () => {
    write(person, []);
    show();
  });
  show();
}
