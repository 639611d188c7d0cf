// The words of our scripts, in the language of the page, which brings them along (web/language/scripts.py).
const WORDS = JSON.parse(document.body.dataset.words || "{}");

export const locale = document.documentElement.lang || "en";

// `say("saved", { time: "19:09" })`; a key that the page does not bring is shown as it is, never as nothing.
export function say(key, values = {}) {
  return (WORDS[key] || key).replace(/%\((\w+)\)s/g, (_, name) => String(values[name]));
}
