// Keys of the workspace: digits choose the verdict, ? shows the list. j and k walk the questions of the form; on the way
// a digit answers the question that has the focus and goes on to the next that is open, and x ticks the box below it.
// Everything here can also be done by pointer and by Tab; single keys can be turned off (WCAG 2.1.4).
import { done, keyOf } from "./keys.js";

const SETTING = "tallystick-single-keys";

const form = document.querySelector("#work");
const dialog = document.querySelector("#keys");

if (form && dialog) {
  const criteria = [...form.querySelectorAll("[data-criterion], .asked:has(> input[type=number])")];
  const button = document.querySelector("#keys-open");
  const setting = dialog.querySelector("#keys-on");
  let current = null;

  const remembered = () => { try { return sessionStorage.getItem(SETTING); } catch { return null; } };
  setting.checked = remembered() !== "off";
  setting.addEventListener("change", () => {
    try { sessionStorage.setItem(SETTING, setting.checked ? "on" : "off"); } catch { /* kept for this page only */ }
  });
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());

  const mark = (place) => {
    criteria.forEach((one) => one.classList.toggle("is-current", one === place));
    current = place;
  };

  // A question is a set of choices, or a number.
  const QUESTION = "[data-criterion] fieldset, fieldset[data-criterion], .asked input[type=number]";
  const questions = () => [...form.querySelectorAll(QUESTION)].filter((one) => one.checkVisibility());
  const inputs = (question) => [...question.querySelectorAll("input")];
  const isOpen = (question) => (question.matches("input")
    ? !question.value
    : !inputs(question).some((one) => one.checked) && !question.closest(".score")?.querySelector(".cannot-say :checked"));

  const ask = (question) => {
    form.dataset.walk = "yes";
    const all = question.matches("input") ? [question] : inputs(question);
    const at = all.find((one) => one.checked) || all[0];
    at.focus({ preventScroll: true });
    if (question === at) at.select(); // the next digit begins the number anew
    (question.closest("[data-criterion], .asked")).scrollIntoView({ block: "nearest" });
  };

  // Past the last question come the verdicts, and digits are theirs again.
  const leave = () => {
    delete form.dataset.walk;
    mark(null);
    form.querySelector("input[name=verdict]").focus({ preventScroll: true });
  };

  const goOn = (after) => {
    const next = questions().find((one) => after.compareDocumentPosition(one) & 4 && !after.contains(one) && isOpen(one));
    if (next) ask(next);
    else leave();
    return true;
  };

  const go = (step) => {
    const places = criteria.filter((one) => questionOf(one)?.checkVisibility());
    const at = places.indexOf(current) + step;
    if (at >= places.length) {
      leave();
      return;
    }
    const place = places[Math.max(at, 0)];
    mark(place);
    ask(questionOf(place));
    const help = document.querySelector(`#rubric-${CSS.escape(place.id.slice("score-".length))}`);
    if (help && matchMedia("(min-width: 80rem)").matches) help.open = true;
  };

  const questionOf = (place) => (place.matches("fieldset") ? place : place.querySelector("fieldset, input[type=number]"));

  const changed = (input) => input.dispatchEvent(new Event("input", { bubbles: true }));

  const answer = (key) => {
    const question = form.dataset.walk && document.activeElement.closest(QUESTION);
    if (!question) return false;
    const all = inputs(question);
    const choice = question.matches(".rating") ? all.find((one) => one.value === key) : all[Number(key) - 1];
    if (!choice) return true;
    choice.checked = choice.type === "radio" || !choice.checked;
    changed(choice);
    return choice.type === "radio" ? goOn(question) : true;
  };

  const tick = () => {
    const place = form.dataset.walk && document.activeElement.closest("[data-criterion]");
    const box = place && place.querySelector(".tick input[type=checkbox]");
    if (!box) return false;
    box.checked = !box.checked;
    changed(box);
    return box.checked && box.closest(".cannot-say, .span-drop") ? goOn(place) : true;
  };

  // To the first empty text that the expert writes, or to the first one.
  const write = () => {
    const all = [...form.querySelectorAll(".asked > textarea")].filter((one) => one.checkVisibility());
    (all.find((one) => !one.value) || all[0])?.focus();
    return all.length > 0;
  };

  // On the way a number is done when no further digit fits. A digit too many was meant for what comes next: it is not
  // taken into the number, and chooses nothing either.
  let kept = "";
  form.addEventListener("beforeinput", (event) => { kept = event.target.value; });
  form.addEventListener("input", (event) => {
    const { target, inputType } = event;
    if (!form.dataset.walk || target.type !== "number" || inputType !== "insertText" || !target.value) return;
    const [value, most] = [Number(target.value), Number(target.max)];
    if (value > most) target.value = kept;
    else if (value === 0 || value * 10 > most) goOn(target);
  });
  criteria.forEach((place) => place.addEventListener("focusin", () => mark(place)));
  document.addEventListener("pointerdown", () => { delete form.dataset.walk; });
  form.addEventListener("walk", (event) => ask(event.target.closest("fieldset")));

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
    if (key === "x") return tick();
    if (key === "w") return write();
    return /^[0-9]$/.test(key) && (answer(key) || choose(key));
  };

  document.addEventListener("keydown", (event) => {
    if (dialog.open || event.isComposing) return;
    const key = keyOf(event);
    if ((event.ctrlKey || event.metaKey) && key === "Enter") {
      done(event);
      form.requestSubmit(document.querySelector("#submit"));
      return;
    }
    const typing = event.target.closest("textarea, select, input:not([type=radio], [type=checkbox])");
    if (typing && key === "Escape") typing.blur(); // out of the words: keys mean what the list says again
    // A number takes the digits; letters mean in it what they mean elsewhere.
    if (typing && !(typing.type === "number" && /^[a-z?]$/.test(key))) return;
    if (!setting.checked || event.ctrlKey || event.metaKey || event.altKey || !single(key)) return;
    if (/^[jk]$/.test(key)) event.preventDefault(); // held, it walks on
    else done(event);
  });
}
