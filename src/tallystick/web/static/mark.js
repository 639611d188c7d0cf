// Marking words of a rubric by selecting them, with mouse or finger: what is selected goes into the form.
// Without this script one sentence after the other can be chosen ("Mark" beside each text).
// Places are counted in code points from the start of a text, as the server counts them.

const points = (text) => [...text].length;

// The words of a selection inside one text: a selection that begins or ends outside is cut at the text's own ends.
export function within(range, passage) {
  const text = passage.textContent;
  const measure = (node, offset) => {
    const before = document.createRange();
    before.selectNodeContents(passage);
    if (!passage.contains(node)) return null;
    before.setEnd(node, offset);
    return before.toString().length;
  };
  let start = measure(range.startContainer, range.startOffset) ?? 0;
  let end = measure(range.endContainer, range.endOffset) ?? text.length;
  while (start < end && /\s/.test(text[start])) start += 1;
  while (end > start && /\s/.test(text[end - 1])) end -= 1;
  if (start >= end) return null;
  return { quote: text.slice(start, end), start: points(text.slice(0, start)), end: points(text.slice(0, end)) };
}

const form = typeof document === "undefined" ? null : document.querySelector("#mark");
const bar = form && document.querySelector("#mark-bar");
if (form && bar) {
  const row = form.querySelector("#range-row");
  const radio = form.querySelector("#range-selected");
  const button = bar.querySelector("button");
  let found = null;

  const passages = [...document.querySelectorAll(".markable")];

  const selected = () => {
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null;
    const range = selection.getRangeAt(0);
    const passage = passages.find((one) => range.intersectsNode(one) && within(range, one) !== null);
    return passage ? { place: passage.dataset.place, ...within(range, passage) } : null;
  };

  document.addEventListener("selectionchange", () => {
    const now = selected();
    if (now) found = now;
    bar.hidden = !now;
    if (now) bar.querySelector("[data-quote]").textContent = now.quote;
  });

  // A finger on the button would end the selection before the click comes.
  bar.addEventListener("pointerdown", (event) => { event.preventDefault(); });

  button.addEventListener("click", () => {
    if (!found) return;
    radio.value = `${found.place}|${found.start}|${found.end}`;
    radio.checked = true;
    row.querySelector("[data-quote]").textContent = found.quote;
    row.hidden = false;
    bar.hidden = true;
    document.getSelection().removeAllRanges();
    form.querySelector("#kind").focus({ preventScroll: true });
    form.scrollIntoView({ block: "nearest" });
  });
}
