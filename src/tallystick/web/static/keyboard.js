// Keys of the workspace: digits choose the verdict, j and k walk the criteria, ? shows the list.
// Everything here can also be done by pointer and by Tab; single keys can be turned off (WCAG 2.1.4).
const SETTING = "tallystick-single-keys";

const form = document.querySelector("#work");
const dialog = document.querySelector("#keys");

if (form && dialog) {
  const criteria = [...form.querySelectorAll("[data-criterion]")];
  const button = document.querySelector("#keys-open");
  const setting = dialog.querySelector("#keys-on");
  let current = -1;

  const remembered = () => { try { return sessionStorage.getItem(SETTING); } catch { return null; } };
  setting.checked = remembered() !== "off";
  setting.addEventListener("change", () => {
    try { sessionStorage.setItem(SETTING, setting.checked ? "on" : "off"); } catch { /* kept for this page only */ }
  });
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());

  const mark = (index) => {
    criteria.forEach((place, at) => place.classList.toggle("is-current", at === index));
    current = index;
  };

  const go = (step) => {
    if (!criteria.length) return;
    const index = Math.min(Math.max(current + step, 0), criteria.length - 1);
    mark(index);
    const place = criteria[index];
    (place.querySelector("input:checked") || place.querySelector("input")).focus();
    const help = document.querySelector(`#rubric-${CSS.escape(place.id.slice("score-".length))}`);
    if (help && matchMedia("(min-width: 80rem)").matches) help.open = true;
  };

  criteria.forEach((place, index) => place.addEventListener("focusin", () => mark(index)));

  const choose = (key) => {
    const choice = form.querySelector(`input[name=verdict][data-key="${CSS.escape(key)}"]`);
    if (!choice) return false;
    choice.checked = true;
    choice.dispatchEvent(new Event("input", { bubbles: true }));
    choice.focus({ preventScroll: true }); // the bar sticks: scrolling to its place would lose the reader's
    return true;
  };

  // The views of the differences in turn, and then the texts themselves again.
  const compare = () => {
    const views = [...document.querySelectorAll("#compare > details")];
    const next = views.findIndex((view) => view.open) + 1; // past the last one: none
    views.forEach((view, index) => { view.open = index === next; });
    return views.length > 0;
  };

  const single = (key) => {
    if (key === "j") return go(1), true;
    if (key === "k") return go(-1), true;
    if (key === "?") return dialog.showModal(), true;
    if (key === "d") return compare();
    return /^[0-9]$/.test(key) && choose(key);
  };

  document.addEventListener("keydown", (event) => {
    if (dialog.open || event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      form.requestSubmit(document.querySelector("#submit"));
      return;
    }
    const typing = event.target.closest("textarea, select, input:not([type=radio], [type=checkbox])");
    if (typing || !setting.checked || event.ctrlKey || event.metaKey || event.altKey) return;
    if (single(event.key)) event.preventDefault();
  });
}
