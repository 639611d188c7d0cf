// From words of the rendered view to their place in the plain text: Markdown's own signs may stand between them.
// Nothing is guessed: where the words stand several times and cannot be told apart, there is no place.

const WORDS_MAX = 4000;
const INSIDE = "[*_`~\\\\]*"; // signs within a word
const BETWEEN = "(?:[\\s*_`~#>|\\\\\\[\\]()!\"':<+-]|\\n\\s*\\d{1,9}[.)])*"; // and between words, with the numbers of lists

const points = (text) => { let count = 0; for (const _ of text) count += 1; return count; };
const quoted = (letter) => letter.replace(/[.*+?^${}()|[\]\\/]/, "\\$&");

function pattern(words) {
  const parts = words.split(/\s+/).map((word) => [...word].map(quoted).join(INSIDE));
  return new RegExp(parts.join(BETWEEN), "gu");
}

// { quote, start, end } in code points of `text`, or null. `range` is what was selected of the view.
export function behind(words, range, view, text) {
  if (words.length > WORDS_MAX) return null;
  const wanted = pattern(words);
  const before = document.createRange();
  before.selectNodeContents(view);
  before.setEnd(range.startContainer, range.startOffset);
  const seen = [...view.textContent.matchAll(wanted)];
  const which = seen.findIndex((one) => one.index + one[0].length > before.toString().length);
  const there = [...text.matchAll(wanted)];
  const match = there.length === 1 ? there[0] : there.length === seen.length ? there[which] : null;
  if (!match) return null;
  const start = points(text.slice(0, match.index));
  return { quote: match[0], start, end: start + points(match[0]) };
}
