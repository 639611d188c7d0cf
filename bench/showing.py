"""Texts as HTML and comparisons of texts: processor time for ordinary, long and hostile ones; typing beside long ones.

Run: .venv/bin/python bench/showing.py [--no-browser]. Targets: 50 ms of processor time for any
text of 200 kB; a key, a click or a selected word that shows within 50 ms beside a text of 200 kB.
"""

import argparse
import dataclasses
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browser import PHONE, new_page, start_chromium  # the lines above find it
from playwright.sync_api import Page
from web.hostile_texts import PAYLOADS
from web.pages import ADDRESS, BY_NAME, KINDS, html, show
from web.samples import signals

from tallystick.signals import ALL
from tallystick.signals.shape import Content
from tallystick.web.render import CONTENT_SECURITY_POLICY, STATIC
from tallystick.web.showing import compared, shown
from tallystick.web.views.items import Text
from tallystick.web.views.judgment import Work

LONG = 200_000
RICH = (
    "The patient **should** take 500 mg of *paracetamol* every `4` hours, see [the label](https://label.example). "
    "The dose is $m = 15 \\cdot w$.\n\n- one\n- two `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
)
WORDS = [f"word{number}" for number in range(400)]
TYPED = """async () => {
  const field = document.querySelector("#reason-1-text");
  field.focus();
  const found = [];
  for (let i = 0; i < 60; i += 1) {
    const begin = performance.now();
    field.setRangeText("x", field.value.length, field.value.length, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => { const to = new MessageChannel();
      to.port1.onmessage = done; to.port2.postMessage(0); }));
    found.push(performance.now() - begin);
  }
  return found;
}"""


FRAME = """await new Promise((done) => requestAnimationFrame(() => { const to = new MessageChannel();
      to.port1.onmessage = done; to.port2.postMessage(0); }));"""
SELECTED = """async () => {
  const text = document.querySelector(".markable");
  const found = [];
  document.getSelection().collapse(text, 0);
  for (let i = 0; i < 60; i += 1) {
    const begin = performance.now();
    document.getSelection().modify("extend", "forward", "word");
    FRAME
    found.push(performance.now() - begin);
  }
  return found;
}""".replace("FRAME", FRAME)
CLICKED = """async () => {
  const found = [];
  for (let i = 0; i < 20; i += 1) {
    const begin = performance.now();
    document.querySelectorAll(".rating label")[i % 5].click();
    FRAME
    found.push(performance.now() - begin);
  }
  return found;
}""".replace("FRAME", FRAME)


def cost(do: Callable[[], object]) -> float:
    """Milliseconds of processor time, the middle of five."""
    spent = []
    for _ in range(5):
        begin = time.thread_time()
        do()
        spent.append(1000 * (time.thread_time() - begin))
    return sorted(spent)[2]


def of_length(text: str) -> str:
    """A hostile text made as long as a text may be."""
    return (text * (LONG // len(text) + 1))[:LONG] if len(text) < LONG else text


def texts() -> None:
    """What each text costs."""
    ordinary = {f"rich, {size // 1000} kB": (RICH * 2000)[:size] for size in (2_000, 8_000, 20_000, LONG)}
    ordinary["prose, 200 kB"] = ("Words that follow one another without any mark. " * 5000)[:LONG]
    hostile = {f"hostile: {name}": of_length(text) for name, text in PAYLOADS.items()}
    found = [(cost(partial(shown, text)), name, text) for name, text in (ordinary | hostile).items()]
    print(f"\n{'CPU ms':>8} {'kB in':>8} {'kB out':>8}")
    for spent, name, text in sorted(found, key=lambda one: -one[0]):
        out = shown(text)
        size = len(out.plain) + len(out.rendered) + len(out.rest)
        print(f"{spent:8.1f} {len(text) / 1000:8.1f} {size / 1000:8.1f}  {name}{'  MISSED' if spent > 50 else ''}")


def comparisons() -> None:
    """What it costs to compare two texts."""
    dice = random.Random(1)  # noqa: S311  # a benchmark
    print(f"\n{'CPU ms':>8}  comparison")
    for words in (100, 600, 2_000, 3_000):
        pair = [" ".join(dice.choice(WORDS) for _ in range(words)) for _ in range(2)]
        print(f"{cost(partial(compared, *pair)):8.1f}  {words} words each, nothing alike")
    lines = [" ".join(dice.choice(WORDS) for _ in range(6)) + "\n" for _ in range(4_500)]
    left, right = "".join(lines), "".join([*lines[:2000], "another\n", *lines[2001:]])
    print(f"{cost(partial(compared, left, right)):8.1f}  {len(left) // 1000} kB each, one line differs")


def opened(page: Page, prompt: str) -> None:
    """The workspace with this prompt."""
    sample = BY_NAME["work"]
    assert isinstance(sample.view, Work)
    view = dataclasses.replace(sample.view, prompt=Text(label="Prompt", body=prompt))
    text = html(dataclasses.replace(sample, view=view))
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}

    def answer(route: object) -> None:
        path = route.request.url.removeprefix(ADDRESS)  # type: ignore[attr-defined]  # a route of playwright
        if path == "/page":
            route.fulfill(status=200, headers=headers | {"Content-Type": "text/html"}, body=text)  # type: ignore[attr-defined]  # as above
        elif path.startswith("/static/"):
            kind = KINDS["." + path.rpartition(".")[2]]
            file = STATIC / path.removeprefix("/static/")
            route.fulfill(status=200, headers=headers | {"Content-Type": kind}, body=file.read_text())  # type: ignore[attr-defined]  # as above
        else:
            route.fulfill(status=200, json={"saved_at": "2026-11-21T12:04:31Z"})  # type: ignore[attr-defined]  # as above

    page.route("**/*", answer)
    page.goto(f"{ADDRESS}/page")


def marking() -> None:
    """How long a word more in a selection, a click on a score and a key take to show where the text to mark is long."""
    prose = ("Words that follow one another, line by line.\n" * 5000)[:LONG]
    texts = {"200 kB of prose": prose, "one line of 200 kB": "a b " * (LONG // 4)}
    print(f"\n{'median ms':>10} {'p95 ms':>8}  in a critique of")
    with start_chromium() as browser:
        for name, text in texts.items():
            signal = next(one for one in ALL if one.name == "critique")
            content = Content(prompt="What is so?", candidates=(text,), material={})
            with new_page(browser, size=PHONE) as page:
                show(page, signals.sample("bench", signals.matter_of(signal, content), {}, {}))
                for what, script in (("select", SELECTED), ("click", CLICKED), ("type", TYPED)):
                    found = sorted(page.evaluate(script)[5:])
                    print(f"{found[len(found) // 2]:10.1f} {found[int(0.95 * len(found))]:8.1f}  {name}: {what}")


def typing() -> None:
    """How long a key takes to show beside prompts of several lengths, on a phone's width."""
    prompts = {
        "0.2 kB": "Short prompt. " * 14,
        "200 kB of prose": ("Words that follow one another, line by line.\n" * 5000)[:LONG],
        "200 kB of Markdown": (RICH * 2000)[:LONG],
        "one line of 200 kB": "a" * LONG,
        "one line of 1 MB": "a" * 1_000_000,
        "200 kB of overrides": "\u202e\u2067" * (LONG // 2),
        "200 kB of marks on one letter": "a" + "\u0301" * LONG,
    }
    print(f"\n{'median ms':>10} {'p95 ms':>8}  typing beside a prompt of")
    with start_chromium() as browser:
        for name, prompt in prompts.items():
            with new_page(browser, size=PHONE) as page:
                opened(page, prompt)
                page.locator("#reason-1-text").scroll_into_view_if_needed()
                found = sorted(page.evaluate(TYPED)[5:])
            p95 = found[int(0.95 * len(found))]
            print(f"{found[len(found) // 2]:10.1f} {p95:8.1f}  {name}")


def main() -> None:
    """Measure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--no-browser", action="store_true")
    asked = options.parse_args()
    load = "/".join(f"{part:.1f}" for part in os.getloadavg())
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}; load {load}")
    texts()
    comparisons()
    if not asked.no_browser:
        typing()
        marking()


if __name__ == "__main__":
    main()
