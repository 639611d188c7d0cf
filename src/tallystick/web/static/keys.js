// Which key of the list a press means, on any layout. The letter on the key comes first, so AZERTY and QWERTZ keep
// theirs; a layout without Latin letters or digits is read by the place of the key, as an English keyboard has it.
// A press that did something does it once: while the key is held, nothing more happens, in a field neither.
const LATIN = /\p{Script=Latin}/u;

// Punctuation on a letter's key tells nothing by itself (a French comma, an Arabic bracket): the last letter does, and
// before there was one, the language of the page.
let isForeign = new Intl.Locale(document.documentElement.lang).maximize().script !== "Latn";
let held = "";

const isForeignLetter = (key) => /[^\x00-\x7f]/.test(key) && !LATIN.test(key);
const isUnread = (key) => key === "Process" || key === "Unidentified"; // an input method stands before the key

document.addEventListener("keydown", (event) => {
  if (/^Key[A-Z]$/.test(event.code)) {
    const key = event.key.normalize("NFKC");
    if (/^[a-z]$/i.test(key)) isForeign = false;
    else if (isForeignLetter(key)) isForeign = true;
  }
  if (!event.repeat) {
    held = "";
  } else if (event.code && event.code === held) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

export const done = (event) => {
  event.preventDefault();
  held = event.code;
};

export const keyOf = (event) => {
  const key = event.key.normalize("NFKC"); // wide letters and digits are letters and digits
  if (/^[a-z]$/i.test(key)) return event.shiftKey ? key.toUpperCase() : key.toLowerCase(); // whatever Caps Lock says
  if (/^[0-9?]$/.test(key)) return key;
  if (key === "\u061f") return "?";
  if (/^[a-z]\w+$/i.test(key) && !isUnread(key)) return key; // Enter, Escape and all that have a name
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
  if (digit) return event.shiftKey ? key : digit;
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  if (letter && (isForeignLetter(key) || isUnread(key) || (isForeign && !LATIN.test(key)))) {
    return event.shiftKey ? letter : letter.toLowerCase();
  }
  return key;
};
