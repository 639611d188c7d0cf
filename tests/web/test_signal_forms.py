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
