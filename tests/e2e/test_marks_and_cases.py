"""Spans marked with mouse, finger and keys, a ranking by keys and by taps, and what comes of it read back.

Ada works with scripts, Bea on a phone without any, and they differ; Tom ends each case on a phone without scripts.
The steps stand in their order and share one cell: each leaves behind what the next one needs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser import PHONE, sideways_overflow
from e2e.scene import Server, joined, prepared, serving, signed_in
from living_cell import PROGRAMME, item_row
from playwright.sync_api import Browser, Page, expect

from tallystick.app import adjudication, roster
from tallystick.app import cell as cells
from tallystick.app.access import CELL, Actor
from tallystick.app.adjudication import CasePage
from tallystick.signals.shape import Mark

PLAIN = (
    "Give 500 mg \U0001fa7a now.\n"
    "Cafe\u0301 nai\u0308ve \U0001d538\U0001d539 and \u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd too.\r\n"
    "The last line gives 500 mg again."
)
DOSE = "\u062c\u0631\u0639\u0629 \u0648\u0627\u062d\u062f\u0629 \U0001f489"
ARABIC = f"\u0623\u0639\u0637\u0650 {DOSE} \u0643\u0644 \u064a\u0648\u0645\n15 mg."
MARKDOWN = "# Dosing\n\nGive **15 mg/kg** of *paracetamol* \U0001fa7a daily.\n\n1. first\n2. then `again`, as first\n"
FINGER = "One \U0001fa7a anticoagulant is wrong here."
CRITIQUES = {"plain": PLAIN, "arabic": ARABIC, "markdown": MARKDOWN, "finger": FINGER}
RANKED = [f"Answer {n}." for n in ("one", "two", "three", "four")]
PLACES = {"Answer one.": 2, "Answer two.": 1, "Answer three.": 2, "Answer four.": 3}


@dataclass
class Scene:
    """A server, and its folder to read back from."""

    server: Server
    directory: Path


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A pair, a ranking of four, and texts that count otherwise than they look."""
    directory = tmp_path_factory.mktemp("marks") / "cell"
    with prepared(directory) as world:
        for login in ("ada", "bea"):
            world.qualify(joined(world, login, "expert"))
        joined(world, "tom", "expert", expert_roles=("adjudicator",))
        critiques = [
            item_row(name, signal="critique", prompt=f"Judge {name}.", candidates=[{"text": text}], material={})
            for name, text in CRITIQUES.items()
        ]
        ranking = item_row("order", signal="ranking", prompt="Judge order.", candidates=[{"text": t} for t in RANKED])
        world.bring(critiques, batch="texts")
        world.bring([ranking], batch="orders")
        world.bring([item_row("pair", prompt="Judge pair.")])
    with serving(directory) as server:
        yield Scene(server, directory)


def opened(page: Page) -> str:
    """The next item; its name."""
    page.goto(f"/work/{PROGRAMME}")
    return page.locator(".passage-body").first.inner_text().removeprefix("Judge ").strip(" .\n")


# Where the first and the last letter of some words stand on the screen.
LETTERS = """([selector, words, number]) => {
  const box = document.querySelector(selector);
  const at = box.textContent.split(words).slice(0, number).join(words).length;
  const rect = (from, to) => {
    const range = document.createRange();
    let seen = 0;
    const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const next = seen + walker.currentNode.length;
      if (from >= seen && from < next) range.setStart(walker.currentNode, from - seen);
      if (to > seen && to <= next) range.setEnd(walker.currentNode, to - seen);
      seen = next;
    }
    const { left, right, top, bottom } = range.getBoundingClientRect();
    return { left, right, y: (top + bottom) / 2 };
  };
  box.scrollIntoView({ block: "center" });
  const end = at + words.length;
  return [rect(at, at + [...words][0].length), rect(end - [...words].at(-1).length, end)];
}"""


def drag(page: Page, selector: str, words: str, *, number: int = 1, from_right: bool = False) -> None:
    """Select words with the mouse."""
    first, last = page.evaluate(LETTERS, [selector, words, number])
    begin, end = ("right", "left") if from_right else ("left", "right")
    page.mouse.move(first[begin], first["y"])
    page.mouse.down()
    page.mouse.move(last[end], last["y"], steps=4)
    page.mouse.up()


def take(page: Page, quote: str) -> None:
    """The words that are selected become a mark by the button."""
    expect(page.locator("#span-bar [data-quote]")).to_have_text(quote)
    page.click("#span-bar button")
    expect(page.locator("#span-bar")).to_be_hidden()


def label(page: Page, number: int) -> None:
    """Say of a mark what it is."""
    page.check(f"#span-errors-{number}-label-factual")
    page.check(f"#span-errors-{number}-severity-major")


def the_rest(page: Page) -> None:
    """Scores and a reason, then submit."""
    for criterion in ("reasoning", "concision"):
        for side in ("a", "b", "c", "d"):
            one = page.locator(f"label[for=score-{criterion}-{side}-4]")
            if one.count():
                one.click()
    page.fill("#reason-1-text", "It is so, as the words that are marked show.")
    page.check("#reason-1-reasoning")
    page.click("#submit")
    page.wait_for_url(re.compile("done|assignments"))
    assert page.locator(".error").all_inner_texts() == []
    expect(page.locator("h1")).to_have_text("Saved")


def by_mouse(page: Page) -> None:
    """Across lines and right-to-left words; one mark is taken back, by the fifth row a new one is made."""
    body = ".markable"
    for number, (words, is_turned) in enumerate(
        (
            ("\U0001fa7a now.\nCafe\u0301", False), ("\u05e9\u05dc\u05d5\u05dd", True), ("500 mg again", False),
            ("\U0001d538\U0001d539 and", False), ("nai\u0308ve", False),
        ), 1,
    ):  # fmt: skip
        drag(page, body, words, from_right=is_turned)
        take(page, words)
        label(page, number)
    page.check("#span-errors-4-drop")
    expect(page.locator("#span-errors-4-quote")).to_be_hidden()


def by_rendered_view(page: Page) -> None:
    """What is selected in the rendered view is marked in the plain text; the second `first` is told from the other."""
    drag(page, ".passage-shown", "15 mg/kg of paracetamol")
    take(page, "15 mg/kg** of *paracetamol")
    label(page, 1)
    drag(page, ".passage-shown", "as first")
    take(page, "as first")
    label(page, 2)
    drag(page, ".passage-shown", "first", number=2)
    take(page, "first")
    label(page, 3)


def press_until(page: Page, selector: str, key: str = "Tab") -> None:
    """Walk by a key until the focus is where it should be."""
    for _ in range(80):
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"expected to reach {selector} by {key}, found it nowhere")


def by_keys(page: Page) -> None:
    """In a text from right to left the left arrow goes on."""
    page.locator("h1").click()
    press_until(page, ".markable")
    for key in ("ArrowLeft", "ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft", "m"):
        page.keyboard.press(key)
    press_until(page, "[name=span-errors-1-label]")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")


# A headless browser knows no long press: its selection is made here as a phone's own handles make it, without a click.
PRESSED = """(words) => {
  const text = document.querySelector(".markable").firstChild;
  const at = text.data.indexOf(words);
  document.getSelection().setBaseAndExtent(text, at, text, at + words.length);
}"""


def by_finger(page: Page) -> None:
    """The words that a phone selected are marked by a tap, whatever had the focus before."""
    page.tap("#reason-1-reasoning")
    page.evaluate(PRESSED, "anticoagulant")
    expect(page.locator("#span-bar [data-quote]")).to_have_text("anticoagulant")
    page.tap("#span-bar button")
    expect(page.locator("#span-errors-1-quote")).to_have_value("anticoagulant")
    page.tap("#span-errors-1-label-factual")
    page.tap("#span-errors-1-severity-major")


def ranked_by_keys(page: Page) -> None:
    """Places with a tie, without a pointer."""
    page.locator("h1").click()
    for letter in "abcd":
        place = PLACES[page.locator(f"#candidate-{letter} .passage-body").inner_text().strip()]
        press_until(page, f"[name=mark-order-{letter}-place]")
        page.keyboard.press("Space")
        for _ in range(place - 1):
            page.keyboard.press("ArrowRight")
        if place == 3:
            press_until(page, f"[name=mark-order-{letter}-below]")
            page.keyboard.press("Space")


def paired(page: Page) -> None:
    """The first one of the item is the better one, as Ada says."""
    is_first = page.locator("#candidate-a .passage-body").inner_text().strip().endswith("one.")
    page.check(f"#verdict-{'a' if is_first else 'b'}_clearly")


DO = {
    "plain": by_mouse, "arabic": by_keys, "markdown": by_rendered_view, "order": ranked_by_keys, "pair": paired,
}  # fmt: skip


def test_spans_are_marked_by_mouse_by_keys_and_by_finger(browser: Browser, scene: Scene) -> None:
    done = set()
    with (
        signed_in(browser, scene.server, "ada") as desk,
        signed_in(browser, scene.server, "ada", size=PHONE) as phone,
    ):
        for _ in range(6):
            name = opened(desk)
            page = phone if name == "finger" else desk
            if page is phone:
                assert opened(phone) == "finger"
            (by_finger if page is phone else DO[name])(page)
            the_rest(page)
            done.add(name)
    assert done == {*CRITIQUES, "order", "pair"}


def test_a_draft_is_saved_and_everything_is_judged_on_a_phone_without_scripts(browser: Browser, scene: Scene) -> None:
    """Bea finds no error, puts all answers on one place and takes the other answer of the pair."""
    with signed_in(browser, scene.server, "bea", scripts=False, size=PHONE) as page:
        for number in range(6):
            name = opened(page)
            if number == 0:
                page.fill("#reason-1-text", "Half a thought.\nAnd the other half.")
                page.click("label[for=score-reasoning-a-2]")
                page.get_by_role("button", name="Save draft").click()
                expect(page.locator("#save-state")).to_have_text(re.compile("^Draft saved"))
                page.reload()
                expect(page.locator("#reason-1-text")).to_have_value("Half a thought.\nAnd the other half.")
                expect(page.locator("#score-reasoning-a-2")).to_be_checked()
            if name == "order":
                for letter in "abcd":
                    page.tap(f"#mark-order-{letter}-place-1")
            if name == "pair":
                is_first = page.locator("#candidate-a .passage-body").inner_text().strip().endswith("one.")
                page.check(f"#verdict-{'b' if is_first else 'a'}_clearly")
            the_rest(page)


def taken(page: Page, number: int) -> str:
    """Take an open case; the id of its item."""
    page.goto(f"/programmes/{PROGRAMME}/disagreements")
    expect(page.locator("table").first.locator("tbody tr")).to_have_count(6 - number)
    page.get_by_role("button", name="Take the next case").click()
    expect(page.get_by_role("heading", name="What the judges said")).to_be_visible()
    return page.url.rpartition("/")[2].partition("?")[0]


def decided(page: Page, name: str) -> str:
    """End a case: one is settled, one is sent back, the others are preserved. What the page says then."""
    page.check("#criteria-reasoning")
    page.fill("#notes", "The words of the rubric leave no doubt about it here.")
    if name == "pair":
        page.check("#decision-settle")
        page.select_option("#verdict", "tie")
        if page.locator("#confirmed-yes").count():
            page.check("#confirmed-yes")
    elif name == "plain":
        page.check("#decision-return")
        page.select_option("#why", index=1)
    else:
        page.check("#decision-preserve")
    page.get_by_role("button", name="Record the decision").click()
    assert page.locator(".error").all_inner_texts() == []
    return page.locator("main").inner_text()


SAYS = {"pair": "Settled", "plain": "judged again", "order": "Preserved"}


def test_every_case_is_ended_on_a_phone_without_scripts_and_every_span_is_the_words_that_were_selected(
    browser: Browser, scene: Scene
) -> None:
    pages = {}
    with (
        cells.opened(scene.directory) as cell,
        signed_in(browser, scene.server, "tom", scripts=False, size=PHONE) as page,
    ):
        tom = actor_of(cell, "tom")
        for number in range(6):
            item = taken(page, number)
            assert sideways_overflow(page) == 0
            case = adjudication.case_page(cell, tom, item)
            assert isinstance(case, CasePage)
            name = case.shown.prompt.removeprefix("Judge ").removesuffix(".")
            pages[name] = case
            assert SAYS.get(name, "Preserved") in decided(page, name)
    quotes = {name: sorted(mark.quote or "" for mark in marks(pages[name])) for name in CRITIQUES}
    assert quotes == {name: sorted(words) for name, words in SELECTED.items()}
    for name, text in CRITIQUES.items():
        for mark in marks(pages[name]):
            assert text[mark.start : mark.end] == mark.quote
    starts = {mark.quote: mark.start for name in ("plain", "markdown") for mark in marks(pages[name])}
    assert starts["500 mg again"] == PLAIN.rindex("500 mg")
    assert starts["first"] == MARKDOWN.rindex("first")
    case = pages["order"]
    texts = {piece.id: piece.text for piece in case.shown.pieces}
    found = {
        texts[mark.on]: (mark.place, mark.label) for one in case.judgments for mark in one.marks if mark.place != 1
    }
    assert found == {
        "Answer one.": (2, "acceptable"), "Answer three.": (2, "acceptable"), "Answer four.": (3, "unacceptable"),
    }  # fmt: skip


def actor_of(cell: cells.Cell, login: str) -> Actor:
    """Somebody by login."""
    person = next(one for one in roster.people(cell, CELL) if one.login == login)  # type: ignore[union-attr]  # allowed
    actor = roster.actor_of(cell, person.row.person)
    assert actor is not None
    return actor


def marks(case: CasePage) -> list[Mark]:
    """What was marked."""
    return [mark for judgment in case.judgments for mark in judgment.marks]


SELECTED = {
    "plain": ["\U0001fa7a now.\nCafe\u0301", "\u05e9\u05dc\u05d5\u05dd", "500 mg again", "nai\u0308ve"],
    "arabic": [DOSE],
    "markdown": ["15 mg/kg** of *paracetamol", "as first", "first"],
    "finger": ["anticoagulant"],
}
