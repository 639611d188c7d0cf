"""Every signal judged in a real browser: by keyboard alone on a desk, and by hand on a phone without scripts.

The keyboard walks the page with Tab as anybody would who has no pointer: what it does not reach is not there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest
from browser import PHONE, sideways_overflow
from e2e.scene import Server, joined, prepared, serving, signed_in
from living_cell import CRITERIA, GOLD, PROGRAMME, World, answer_of, item_row, rubric_text
from playwright.sync_api import Browser, Page, expect
from restricted_work import clear
from signals.answers import an_answer
from signals.contents import contents
from web.samples.signals import matter_of, rubric
from web.typing_in import typed, under

from tallystick.app import roster
from tallystick.app import rubric as rubrics
from tallystick.app.access import Actor
from tallystick.app.contract import ContractInForce
from tallystick.app.kernel import new_key, wall_clock
from tallystick.signals import BY_NAME
from tallystick.signals.shape import UNDECIDED, Answer, Content, Signal

OTHERS = sorted(set(BY_NAME) - {"preference"})
TABS_MAX = 400


def case_of(name: str) -> tuple[Signal, Content]:
    return next((signal, content) for signal, content in contents() if signal.name == name)


def row_of(name: str) -> dict[str, object]:
    signal, content = case_of(name)
    row = item_row(
        f"{name}-1", signal=name, prompt=f"Judge this {name}.",
        candidates=[{"text": text} for text in content.candidates],
    )  # fmt: skip
    row |= {"material": dict(content.material)} if signal.material else {}
    return row | ({"context": content.context} if content.context else {})


def can_be_typed(answer: Answer, texts: Mapping[str, str]) -> bool:
    """Whether the words of every span stand once in their text, and no two spans have the same."""
    quotes = [(mark.on, mark.quote.strip()) for mark in answer.marks if mark.quote]
    return len(set(quotes)) == len(quotes) and all(texts[on].count(words) == 1 for on, words in quotes)


def answer_fields(name: str) -> dict[str, str]:
    """A decided answer to the item of a signal, as the fields of its form."""
    signal, content = case_of(name)
    content = Content(
        prompt=f"Judge this {name}.", context=content.context, candidates=content.candidates, material=content.material
    )
    form = matter_of(signal, content).form(rubric())
    answers = (an_answer(signal, content, form, seed) for seed in range(100))
    texts = {piece.id: piece.text for piece in signal.pieces(content)}
    answer = next(one for one in answers if one.verdict not in UNDECIDED and can_be_typed(one, texts))
    fields = typed(under(answer, form), form)
    # Places of spans are found by their words: that is what a hand can type. One text needs no choice of the text.
    spans = [one for one in form.labellings if one.is_span]
    left_out = ("-start", "active_ms", *(("-on",) if all(len(one.pieces) == 1 for one in spans) else ()))
    return {key: value[0] for key, value in fields.items() if value[0] and not key.endswith(left_out)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("signals") / "cell"
    with prepared(directory) as world:
        people = [joined(world, login, "expert") for login in ("ada", "bea")]
        for person in people:
            world.qualify(person)
        # Attacks come into a domain that asks for a clearance alone.
        world.pay += "routing: {domains: {general: {clearance: true}}}\n"
        assert isinstance(world.revise("1.1.0"), ContractInForce)
        world.clock.at = wall_clock()  # the server is a process of its own, by whose clock a clearance ends
        clear(world, world.person("Lia Lead", "lead"), world.lead, *people)
        for name in OTHERS:
            world.bring([row_of(name)], batch=f"of-{name}")
    with serving(directory) as running:
        yield running


@dataclass
class Keyboard:
    """Fills a form without a pointer, and counts the keys that are not text."""

    page: Page
    wanted: dict[str, str]
    keys: int = 0
    done: set[str] = field(default_factory=set)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1

    def fill(self) -> None:
        """Walk the page by Tab, and give every wanted field its value where the focus comes by."""
        self.page.locator("h1").click()
        for _ in range(TABS_MAX):
            if set(self.wanted) <= self.done:
                return
            self.press("Tab")
            self.meet(self.page.evaluate(FOCUSED))
        raise AssertionError(f"the keyboard never came to {sorted(set(self.wanted) - self.done)}")

    def meet(self, at: dict[str, str]) -> None:
        name = at["name"]
        if at["tag"] == "SUMMARY" and at["open"] == "no" and self.left() & set(at["fold"].split()):
            self.press("Enter")
        elif name in self.left():
            if at["type"] == "radio":
                self.choose(name, at["value"])
            elif at["type"] == "checkbox":
                self.press("Space")
            else:
                self.press("Control+a")
                self.page.keyboard.insert_text(self.wanted[name])
            self.done.add(name)

    def left(self) -> set[str]:
        return set(self.wanted) - self.done

    def choose(self, name: str, value: str) -> None:
        self.press("Space")
        for _ in range(100):
            if self.page.evaluate(FOCUSED)["value"] == self.wanted[name]:
                return
            self.press("ArrowRight")
        raise AssertionError(f"expected {self.wanted[name]} among the choices of {name}, which began with {value}")


FOCUSED = """() => {
  const at = document.activeElement;
  const fold = at.tagName === "SUMMARY" ? at.parentElement : null;
  const inside = fold ? [...fold.querySelectorAll("[name]")] : [];
  return {
    tag: at.tagName, name: at.getAttribute("name") || "", type: at.type || "", value: at.value || "",
    open: fold ? (fold.open ? "yes" : "no") : "",
    fold: inside.map((one) => one.getAttribute("name")).join(" "),
  };
}"""


def open_next(page: Page) -> str:
    """Go to the next item; its signal."""
    page.goto(f"/work/{PROGRAMME}")
    prompt = page.locator(".passage-body").first.inner_text()
    return prompt.removeprefix("Judge this ").strip().removesuffix(".")


def test_every_signal_is_judged_by_keyboard_alone(browser: Browser, server: Server) -> None:
    seen = {}
    with signed_in(browser, server, "ada") as page:
        for _ in OTHERS:
            name = open_next(page)
            keyboard = Keyboard(page, answer_fields(name))
            keyboard.fill()
            keyboard.press("Control+Enter")
            expect(page.locator("h1")).to_have_text("Saved")
            seen[name] = keyboard.keys
    assert sorted(seen) == OTHERS


def test_every_signal_is_judged_on_a_phone_without_scripts(browser: Browser, server: Server) -> None:
    seen = []
    with signed_in(browser, server, "bea", scripts=False, size=PHONE) as page:
        for _ in OTHERS:
            name = open_next(page)
            assert sideways_overflow(page) == 0, name
            for field_name, value in answer_fields(name).items():
                by_hand(page, field_name, value)
            page.get_by_role("button", name="Submit").click()
            expect(page.locator("h1")).to_have_text("Saved")
            seen.append(name)
    assert sorted(seen) == OTHERS


def by_hand(page: Page, name: str, value: str) -> None:
    """One field by taps: its fold is opened, its label is tapped, or its words are typed."""
    place = page.locator(f'[name="{name}"]')
    fold = page.locator(f'details:not([open]):has([name="{name}"])')
    for number in reversed(range(fold.count())):
        fold.nth(number).locator("summary").first.click()
    if place.first.get_attribute("type") in {"radio", "checkbox"}:
        one = page.locator(f'[name="{name}"][value="{value}"]')
        # A tap on the words hits what lies there, as a finger does: a chip's input covers its label.
        page.locator(f'label[for="{one.get_attribute("id")}"]').first.click(force=True)
    else:
        place.first.fill(value)


PAD = {(a, b): "ABCDEFGHIJKLMNOPQRSTUVWXY"[(a - 1) * 5 + b - 1] for a in range(1, 6) for b in range(1, 6)}


def test_a_pair_with_five_criteria_takes_nine_keys_and_the_words_of_the_reason(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("pair") / "cell"
    with prepared(directory) as world:
        qualified_for_five(world, joined(world, "ada", "expert"))
        world.work(1)
    with serving(directory) as server, signed_in(browser, server, "ada") as page:
        page.goto(f"/work/{PROGRAMME}")
        assert page.locator(".score").count() == 5
        keys = [f"Shift+{PAD[4, 2]}"] * 5 + ["1", "r", "Alt+1"]
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.insert_text("The first answer follows from what is asked, and says so.")
        page.keyboard.press("Control+Enter")
        expect(page.locator("h1")).to_have_text("Saved")
        assert len(keys) + 1 <= 9


FIVE = (*CRITERIA, "more-0", "more-1", "more-2")


def qualified_for_five(world: World, expert: Actor) -> None:
    """A rubric of five criteria comes into force, and the expert answers its gold items."""
    more = "".join(
        f'  - {{id: {name}, name: {name}, question: "More?", anchors: {{1: "No.", 5: "Yes."}}, gated: false}}\n'
        for name in FIVE[2:]
    )
    text = rubric_text("1.1.0").replace("priority:", f"{more}priority:")
    done = rubrics.publish(world.cell, world.lead, programme=PROGRAMME, text=text, name="general.yaml", key=new_key())
    assert isinstance(done, rubrics.Published), done
    begun = roster.start_qualification(world.cell, expert, programme=PROGRAMME, rubric="general", key=new_key())
    assert isinstance(begun, roster.Started), begun
    for number in range(GOLD):
        task = roster.gold_task(world.cell, expert, begun.qualification)
        assert isinstance(task, roster.GoldTask)
        is_first = task.shown.first.endswith("one.")
        scores = {name: {"a": 4, "b": 3} if is_first else {"a": 3, "b": 4} for name in FIVE}
        answer = answer_of("a_clearly" if is_first else "b_clearly", scores=scores, words=f"It follows, case {number}.")
        answered = roster.answer_gold(
            world.cell, expert, begun.qualification, item=task.item, answer=answer, key=new_key()
        )
        assert isinstance(answered, roster.Outcome), answered
