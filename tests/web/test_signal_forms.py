"""The form of every signal: what an answer is typed as is read back as the same answer, and its page is whole."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signals.answers import an_answer
from signals.contents import contents
from web.samples.frame import expert
from web.samples.signals import matter_of, rubric
from web.typing_in import typed, under

from tallystick.app.assignment import Shown
from tallystick.signals.shape import Content, Signal
from tallystick.web import judgment as form_pages
from tallystick.web.judgment import Sheet
from tallystick.web.judgment.reading import label_places
from tallystick.web.language import LANGUAGES, speaking
from tallystick.web.render import render

EVERY = list(contents())


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(EVERY), st.integers(0, 10_000))
def test_what_is_typed_is_read_back(case: tuple[Signal, Content], seed: int) -> None:
    signal, content = case
    matter, asked = matter_of(signal, content), rubric()
    form = matter.form(asked)
    answer = under(an_answer(signal, content, form, seed), form)
    reading = form_pages.read(typed(answer, form), asked, matter)
    assert reading.errors == {}
    assert reading.answer is not None
    marks = sorted(answer.marks, key=str)
    assert sorted(reading.answer.marks, key=str) == marks
    assert reading.answer.model_copy(update={"marks": []}) == answer.model_copy(update={"marks": []})


class Fields(HTMLParser):
    """The names of the fields of the form, and the ids that labels and errors point to."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in {"input", "textarea", "select", "button"} and found.get("name"):
            self.names.add(found["name"] or "")
        if found.get("id"):
            self.ids.add(found["id"] or "")


def page(signal: Signal, content: Content, fields: dict[str, tuple[str, ...]], errors: dict[str, str]) -> str:
    sheet = Sheet(
        action="/a", draft_href="/a/draft", programme="plain", shown=Shown(matter_of(signal, content)),
        rubric=rubric(), done=1,
    )  # fmt: skip
    view = form_pages.work(sheet, fields, key="k", saved_at=None, errors=errors)
    return render("judgment/work.html", view, expert(signal.title))


@pytest.mark.parametrize("place", range(len(EVERY)))
def test_every_field_that_is_read_stands_on_the_page(place: int) -> None:
    signal, content = EVERY[place]
    form = matter_of(signal, content).form(rubric())
    answer = under(an_answer(signal, content, form, place), form)
    fields = typed(answer, form)
    found = Fields()
    found.feed(page(signal, content, fields, {}))
    assert set(fields) - found.names <= {name for name in fields if name.endswith("-on") or not fields[name][0]}


@pytest.mark.parametrize("place", range(len(EVERY)))
def test_every_error_has_its_place_on_the_page(place: int) -> None:
    signal, content = EVERY[place]
    asked, matter = rubric(), matter_of(signal, content)
    reading = form_pages.read({}, asked, matter)
    assert reading.answer is None
    html = page(signal, content, {}, dict(reading.errors))
    for sentence in reading.errors.values():
        assert sentence.replace("'", "&#39;").replace('"', "&#34;") in html


@pytest.mark.parametrize(("given", "found"), [("0", "0"), ("99", "99"), ("first", "first"), ("9" * 99, "9" * 40)])
@pytest.mark.parametrize("code", ["en", "de"])
def test_a_place_that_is_none_is_said_in_our_words(code: str, given: str, found: str) -> None:
    signal, content = next(case for case in EVERY if case[0].name == "ranking")
    matter, asked = matter_of(signal, content), rubric()
    answer = under(an_answer(signal, content, matter.form(asked), 1), matter.form(asked))
    fields = {**typed(answer, matter.form(asked)), "mark-order-a-place": (given,)}
    language = next(one for one in LANGUAGES if one.code == code)
    with speaking(language):
        sentence = form_pages.read(fields, asked, matter).errors["mark-order-a"]
    said = {
        "en": f"Expected a place from 1 to 20, found {found}. Choose one of the places.",
        "de": f"Erwartet wird ein Platz von 1 bis 20, gefunden wurde {found}. Wählen Sie einen der Plätze.",
    }
    assert sentence == said[code]


@pytest.mark.parametrize(("part", "given"), [("label", "x\x00y"), ("severity", "x" * 300), ("note", "x" * 20_001)])
def test_what_cannot_be_a_label_is_said_in_our_words(part: str, given: str) -> None:
    signal, content = next(case for case in EVERY if case[0].name == "process")
    matter, asked = matter_of(signal, content), rubric()
    labelling = next(one for one in matter.form(asked).labellings if not one.is_span)
    place = label_places(labelling, labelling.pieces[0])[0]
    fields = {f"{place}-label": (labelling.labels[0].value,), f"{place}-{part}": (given,)}
    sentence = form_pages.read(fields, asked, matter).errors[place]
    assert sentence.startswith("Expected one of the labels on the page" if part != "note" else "Expected at most 20000")
    assert "String" not in sentence
