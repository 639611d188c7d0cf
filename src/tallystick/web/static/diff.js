// Word by word, what only A says and what only B says. The text itself is never changed: marks are laid
// over it and taken away again. Too long for the table of the comparison: the button stays hidden.
const CELLS_MAX = 4_000_000;

export function words(text) {
  return text.match(/\s+|[\p{L}\p{N}\p{M}'’-]+|[^\s\p{L}\p{N}\p{M}]/gu) || [];
}

// For each word of either side: is it part of the longest common run of words?
export function shared(left, right) {
  const width = right.length + 1;
  const table = new Uint16Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      table[i * width + j] = left[i] === right[j]
        ? table[(i + 1) * width + j + 1] + 1
        : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
    }
  }
  const inLeft = new Array(left.length).fill(false);
  const inRight = new Array(right.length).fill(false);
  for (let i = 0, j = 0; i < left.length && j < right.length;) {
    if (left[i] === right[j]) inLeft[i++] = inRight[j++] = true;
    else if (table[(i + 1) * width + j] >= table[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return [inLeft, inRight];
}

function paint(place, parts, common, kind) {
  const nodes = [];
  let run = "";
  let marked = false;
  const close = () => {
    if (!run) return;
    if (marked) {
      const mark = document.createElement("mark");
      mark.className = kind;
      mark.textContent = run;
      nodes.push(mark);
    } else nodes.push(document.createTextNode(run));
    run = "";
  };
  parts.forEach((part, index) => {
    const only = !common[index] && part.trim() !== "";
    const glue = marked && part.trim() === "" && index + 1 < parts.length && !common[index + 1];
    if (only !== marked && !glue) {
      close();
      marked = only;
    }
    run += part;
  });
  close();
  place.replaceChildren(...nodes);
}

if (typeof document !== "undefined") {
  const toggle = document.querySelector("#diff-toggle");
  const places = ["a", "b"].map((letter) => document.querySelector(`#candidate-${letter} .passage-body`));
  if (toggle && places.every(Boolean)) {
    const texts = places.map((place) => place.textContent);
    const parts = texts.map(words);
    toggle.hidden = parts[0].length * parts[1].length > CELLS_MAX;
    toggle.addEventListener("click", () => {
      const show = toggle.getAttribute("aria-pressed") !== "true";
      toggle.setAttribute("aria-pressed", String(show));
      toggle.firstChild.textContent = show ? "Hide differences " : "Show differences ";
      if (!show) {
        places.forEach((place, index) => { place.textContent = texts[index]; });
        return;
      }
      const common = shared(parts[0], parts[1]);
      places.forEach((place, index) => paint(place, parts[index], common[index], index ? "only-b" : "only-a"));
    });
  }
}
