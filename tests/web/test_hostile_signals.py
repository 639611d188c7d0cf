"""Hostile items, answers and drafts of every signal, in a real cell, on the pages of experts, adjudicators and leads.

Texts of calls, turns, steps, evidence and verifiers are content as prompts are, and so is whatever an expert writes.
"""

import html
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
import sqlalchemy as sa
from app.test_every_signal import own_answer, rows_of, shown_answer
from living_cell import World
from markupsafe import escape
from restricted_work import clear, make_senior, restrict
from served import Served
from web.hostile_texts import SHORT
from web.test_showing import TEXT_TAGS, VALUES
from web.typing_in import typed
from web.visitor import Visitor

from tallystick.app import adjudication, judgment
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused
from tallystick.signals import BY_NAME
from tallystick.signals.shape import Answer, Content, Reason, Signal
from tallystick.store.schema import ITEM
from tallystick.web.showing.mathematics import ATTRIBUTES

TAKEN = "\n".join(text for name, text in SHORT.items() if name != "halves" and len(text) < 2_000)
LINE = "\u202e</dd></option></select></textarea><script>alert(1)</script><img src=x onerror=alert(1)>\" onx='1"
"""Where a name or a title stands: one line, without control characters."""
HARMLESS, SENT = "Nothing in it.", "It follows, as anybody can see"
WORDS = frozenset({"text", "output", "answer", "title", "description", "source", "evidence", "digest"})
LINES = frozenset({"title", "description", "source", "evidence", "digest"})
LINKS = frozenset({"href", "src", "action", "formaction", "data", "srcset", "poster", "xlink:href"})
OF_TEXTS = frozenset({"class", *VALUES, *ATTRIBUTES})
SIGNALS = sorted(BY_NAME)
ALIKE = "demonstration"
"""Two of these do not divide an item: no case is opened."""


class Whole(HTMLParser):
    """Every kind of element with the names of its attributes, and every address, of a whole page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.kinds: set[tuple[str, str]] = set()
        self.links: set[str] = set()
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.kinds |= {(tag, ""), *((tag, name) for name, _ in attrs)}
        self.links |= {value or "" for name, value in attrs if name in LINKS}

    def handle_data(self, data: str) -> None:
        """Note what is read."""
        self.words.append(data)


@dataclass
class Shown:
    """Pages by signal and by name, of the hostile and of the harmless item."""

    served: Served
    pages: dict[tuple[str, str, bool], str] = field(default_factory=dict)


def spoiled(value: object, *, key: str = "") -> object:
    """The material of an item in which every text is hostile."""
    if isinstance(value, dict):
        return {name: spoiled(part, key=name) for name, part in value.items()}
    if isinstance(value, list):
        return [spoiled(part, key=key) for part in value]
    if isinstance(value, str) and key in WORDS:
        return LINE if key in LINES else TAKEN
    return f"{value} {LINE}" if isinstance(value, str) and key in {"city", "permissions", "arguments"} else value


def of_signal(name: str, *, is_hostile: bool) -> tuple[dict[str, object], list[Answer]]:
    """A row of a signal, and what two experts say of it."""
    row, content = rows_of(BY_NAME[name])[0]
    candidates = [f"{TAKEN} {letter}" for letter in "abcdefgh"] if is_hostile else [f"Plain {n}." for n in "abcdefgh"]
    material = dict(content.material)
    own = Content(
        prompt=TAKEN if is_hostile else HARMLESS, context=TAKEN if is_hostile else HARMLESS,
        candidates=tuple(candidates[: len(content.candidates)]),
        material=spoiled(material) if is_hostile else material,  # type: ignore[arg-type]  # of the same shape
    )  # fmt: skip
    made = row | {
        "id": f"{name}-{'hostile' if is_hostile else 'harmless'}", "prompt": own.prompt, "context": own.context,
        "candidates": [{"text": text, "model": LINE[:100], "version": LINE[:100]} for text in own.candidates],
    }  # fmt: skip
    made |= {"material": own.material} if material else {}
    signal = BY_NAME[name]
    words = TAKEN if is_hostile else HARMLESS
    return made, [_in_words(one, words, is_hostile=is_hostile) for one in _two(signal, own)]


def _two(signal: Signal, own: Content) -> tuple[Answer, Answer]:
    """Two answers that divide an item, where answers of the signal can."""
    every = [own_answer(signal, own, signal.form(own, {}), seed) for seed in range(0, 8_000, 200)]
    first = every[0]
    way = signal.direction(signal.verdict_of(first, own))
    return first, next((one for one in every if signal.direction(signal.verdict_of(one, own)) != way), first)


def _in_words(answer: Answer, words: str, *, is_hostile: bool) -> Answer:
    return answer.model_copy(update={
        "reasons": [
            Reason(criterion="reasoning", text=f"{SENT}. {words}", citation=LINE[:80] if is_hostile else "p. 1")
        ],
        "marks": [mark.model_copy(update={"text": f"{mark.text} {words}"}) if mark.text else mark
                  for mark in answer.marks],
        "texts": {key: f"{text} {words}" for key, text in answer.texts.items()},
    })  # fmt: skip


@pytest.fixture(scope="module")
def pages(looked_at: Served) -> Shown:
    """Two experts judge a hostile and a harmless item of every signal: all that is shown of them, then and after."""
    world, found = looked_at.world, Shown(looked_at)
    experts = [world.expert(), world.expert()]
    reader = world.person("A judge", "expert", expert_roles=("adjudicator",))
    restrict(world)
    clear(world, world.lead, *experts, reader)
    make_senior(world, reader)
    made = {(name, hostile): of_signal(name, is_hostile=hostile) for name in SIGNALS for hostile in (True, False)}
    world.bring([row for row, _ in made.values()])
    answers = {str(row["id"]): two for row, two in made.values()}
    for number, expert in enumerate(experts):
        for _ in made:
            _judged(found, expert, answers, number=number)
    for (name, hostile), (row, _) in made.items():
        item = _item(world, str(row["id"]))
        lead = Visitor(looked_at, world.lead)
        found.pages[name, "record", hostile] = lead.get(f"/items/{item}?reason=review").text
        if name != ALIKE:
            found.pages[name, "case", hostile] = _case(found, reader, item)
    return found


def _item(world: World, external: str) -> str:
    with world.cell.read() as connection:
        return str(connection.execute(sa.select(ITEM.c.item).where(ITEM.c.external == external)).scalar_one())


def _judged(found: Shown, expert: Actor, answers: dict[str, list[Answer]], *, number: int) -> None:
    """The next item of an expert: its page, the page with everything typed, the judgment and the page behind it."""
    world = found.served.world
    task = world.task(expert)
    with world.cell.read() as connection:
        external = connection.execute(sa.select(ITEM.c.external).where(ITEM.c.item == task.item)).scalar_one()
    name, _, kind = str(external).partition("-")
    visitor, path = Visitor(found.served, expert), f"/assignments/{task.assignment}"
    answer = shown_answer(task, answers[external][number])
    if number == 0:
        found.pages[name, "work", kind == "hostile"] = visitor.get(path).text
        fields: dict[str, object] = {key: list(value) for key, value in typed(answer, task.form).items()}
        judgment.save_draft(world.cell, expert, task.assignment, fields)
        found.pages[name, "draft", kind == "hostile"] = visitor.get(path).text
    saved = judgment.submit(world.cell, expert, task.assignment, answer, key=new_key())
    assert isinstance(saved, judgment.Saved), (name, saved)


def _case(found: Shown, reader: Actor, item: str) -> str:
    """What an adjudicator is shown of an item on which two experts differ."""
    taken = adjudication.take(found.served.world.cell, reader, item, key=new_key())
    assert not isinstance(taken, Refused), taken
    text = Visitor(found.served, reader).get(f"/disagreements/{item}").text
    adjudication.give_back(found.served.world.cell, reader, item, key=new_key())
    return text


PLACES = ("work", "draft", "record", "case")
CASES = [(name, place) for name in SIGNALS for place in PLACES if (name, place) != (ALIKE, "case")]


@pytest.fixture(scope="module")
def known(pages: Shown) -> frozenset[tuple[str, str]]:
    """Every kind of element with its attributes that stands on a page of a harmless item, or that a text may become."""
    found = {kind for key, page in pages.pages.items() if not key[2] for kind in Whole(page).kinds}
    return frozenset(found | {(tag, name) for tag in TEXT_TAGS for name in ("", *OF_TEXTS)})


def breaches(text: str, known: frozenset[tuple[str, str]]) -> list[str]:
    """What of a page is no text any more: further elements, attributes, and addresses that lead away."""
    found = Whole(text)
    strange = [f"{tag} {name}".strip() for tag, name in sorted(found.kinds - known)]
    return strange + sorted(link for link in found.links if not link.startswith(("/", "#")))


@pytest.mark.parametrize(("name", "place"), CASES)
def test_what_is_hostile_stays_text_on_every_page(
    pages: Shown, known: frozenset[tuple[str, str]], name: str, place: str
) -> None:
    text = pages.pages[name, place, True]
    assert breaches(text, known) == []
    assert "<script>alert" not in text
    assert "alert(1)" in "".join(Whole(text).words), "it is there, and can be read"


def test_a_text_that_is_not_escaped_is_found(pages: Shown, known: frozenset[tuple[str, str]]) -> None:
    text = pages.pages["tooltrace", "work", True]
    assert {"img onerror", "img src"} <= set(breaches(text.replace(str(escape(LINE)), LINE), known))
    assert "svg onload" in breaches(html.unescape(text), known)


def test_each_page_was_shown_with_its_item(pages: Shown) -> None:
    """Or the tests above would look at pages that say that there is nothing."""
    assert set(pages.pages) == {(name, place, kind) for name, place in CASES for kind in (True, False)}
    assert all(HARMLESS in page for key, page in pages.pages.items() if not key[2])
    assert all(SENT in pages.pages[name, place, True] for name, place in CASES if place != "work")
