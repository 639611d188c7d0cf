"""Keys at a desk and taps on a phone from an item that is shown to an answer that is sent, for every signal.

Run: .venv/bin/python bench/keystrokes.py. Each key and each tap is a real one in Chromium; words that somebody writes
count as nothing, the key that leads to them counts. What the form sends is read as the server reads it: an answer that
has a fault stops the run. The case is the shortest whole answer of a hundred that decide something.
"""

import sys
from pathlib import Path
from urllib.parse import parse_qs

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browser import DESKTOP, PHONE, new_page, start_chromium  # the lines above find it
from playwright.sync_api import Browser, Page
from signals.answers import an_answer
from signals.contents import contents
from web.pages import show
from web.samples.frame import Sample
from web.samples.signals import matter_of, rubric, sample
from web.typing_in import typed, under

from tallystick.flow.answer import Matter
from tallystick.signals.shape import UNDECIDED, Content, Signal
from tallystick.web import judgment as form_pages

SEEDS = 100
STEPS_MAX = 200
AT = """() => {
  const at = document.activeElement;
  const question = at.closest("fieldset");
  const names = question ? [...question.querySelectorAll("input")].map((one) => [one.name, one.value]) : [];
  return { name: at.name || "", type: at.type || "", names, isRating: Boolean(question?.matches(".rating")) };
}"""


def simplest(signal: Signal, content: Content) -> tuple[Matter, dict[str, str]]:
    """The answer with the fewest fields, as a browser sends it."""
    matter = matter_of(signal, content)
    form = matter.form(rubric())
    answers = (under(an_answer(signal, content, form, seed), form) for seed in range(SEEDS))
    decided = [one for one in answers if one.verdict not in UNDECIDED]
    fields = [{k: v[0] for k, v in typed(one, form).items() if v[0] and k != "active_ms"} for one in decided]
    return matter, min(fields, key=len)


def question(page: Page, wanted: dict[str, str]) -> str | None:
    """The key that answers the question with the focus: a digit, j for the next one, none past the last."""
    at = page.evaluate(AT)
    if at["name"] == "verdict":
        return None
    if at["type"] == "number":
        is_empty = page.locator(f"[name='{at['name']}']").input_value() == ""
        return wanted[at["name"]] if is_empty and at["name"] in wanted else "Tab"
    if at["type"] == "textarea":
        return "Escape"
    here = [number for number, (name, value) in enumerate(at["names"], 1) if wanted.get(name) == value]
    left = [number for number in here if not page.locator(f"[name='{at['names'][number - 1][0]}']:checked").count()]
    if left:
        return at["names"][left[0] - 1][1] if at["isRating"] else str(left[0])
    return "j"


def press(page: Page, keys: list[str], *pressed: str) -> None:
    """Real keys, counted."""
    for key in pressed:
        page.keyboard.press(key)
        keys.append(key)


def by_keys(page: Page, wanted: dict[str, str]) -> list[str]:
    """Fill the form and send it."""
    keys: list[str] = []
    texts = [name for name in wanted if name.startswith("text-")]
    for name in texts:
        press(page, keys, "w")
        if page.evaluate(AT)["name"] != name:
            raise SystemExit(f"expected w to lead to {name}, found {page.evaluate(AT)}")
        page.keyboard.insert_text(wanted[name])
        press(page, keys, "Escape")
    if any(name.startswith(("score-", "mark-", "value-")) for name in wanted):
        press(page, keys, "j")
        for _ in range(STEPS_MAX):
            key = question(page, wanted)
            if key is None:
                break
            press(page, keys, *(key if key.isdigit() else [key]))
    if "verdict" in wanted:
        press(page, keys, page.locator(f"#verdict-{wanted['verdict']}").get_attribute("data-key") or "")
    place = page.locator("[name=reason-1-criterion]").evaluate_all("all => all.map((one) => one.value)")
    press(page, keys, "r", f"Alt+{place.index(wanted['reason-1-criterion']) + 1}")
    page.keyboard.insert_text(wanted["reason-1-text"])
    press(page, keys, "Control+Enter")
    return keys


def by_taps(page: Page, wanted: dict[str, str]) -> int:
    """The same by taps; a fold that has to be opened is one more."""
    taps = 0
    for name, value in wanted.items():
        fold = page.locator(f'details:not([open]):has([name="{name}"])')
        for number in reversed(range(fold.count())):
            fold.nth(number).locator("summary").first.tap()
            taps += 1
        field = page.locator(f'[name="{name}"]')
        if field.first.get_attribute("type") in {"radio", "checkbox"}:
            place = page.locator(f'[name="{name}"][value="{value}"]').get_attribute("id")
            page.locator(f'label[for="{place}"]').tap(force=True)
        else:
            field.first.tap()
            page.keyboard.insert_text(value)
        taps += 1
    page.tap("#submit")
    return taps + 1


def main() -> None:
    """Count."""
    seen = set()
    print("| signal | keys | which | taps on a phone |\n| --- | --- | --- | --- |")
    with start_chromium() as browser:
        for signal, content in contents():
            if signal.name not in seen and (not sys.argv[1:] or signal.name in sys.argv[1:]):
                seen.add(signal.name)
                print(counted(browser, signal, content), flush=True)


def counted(browser: Browser, signal: Signal, content: Content) -> str:
    """One row of the table."""
    matter, wanted = simplest(signal, content)
    shown: Sample = sample("bench", matter, {}, {})
    with new_page(browser, size=DESKTOP) as page:
        others = show(page, shown)
        with page.expect_navigation():
            keys = by_keys(page, wanted)
        check(others[-1].post_data or "", matter, wanted)
    with new_page(browser, size=PHONE) as page:
        others = show(page, shown)
        with page.expect_navigation():
            taps = by_taps(page, wanted)
        check(others[-1].post_data or "", matter, wanted)
    return f"| {signal.name} | {len(keys)} | `{' '.join(keys)}` | {taps} |"


def check(sent: str, matter: Matter, wanted: dict[str, str]) -> None:
    """Hold what was sent to a whole answer."""
    fields = {name: tuple(values) for name, values in parse_qs(sent, keep_blank_values=True).items()}
    reading = form_pages.read(fields, rubric(), matter)
    missing = {name: value for name, value in wanted.items() if fields.get(name, ("",))[0] != value}
    if reading.errors or missing:
        raise SystemExit(f"expected a whole answer, found faults {dict(reading.errors)}, and not sent: {missing}")


if __name__ == "__main__":
    main()
