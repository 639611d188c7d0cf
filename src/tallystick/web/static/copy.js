// Copy buttons: shown only when the browser can copy. Without this script the text can still be selected.
import { say } from "./words.js";

const SHOWN_MS = 2000;

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const words = button.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = say("copied");
    } catch {
      button.textContent = say("not-copied");
    }
    setTimeout(() => { button.textContent = words; }, SHOWN_MS);
  });
}
