"""The workspace of every signal, as it is built from the signal's own form: empty, filled in, and with faults."""

from collections.abc import Iterator

from living_cell import rubric_text
from signals.answers import an_answer
from signals.contents import contents
from web.samples.frame import Sample, expert
from web.typing_in import typed, under

from tallystick.app.assignment import Shown
from tallystick.flow.answer import Matter
from tallystick.flow.document import read
from tallystick.flow.rubric import Rubric
from tallystick.signals.shape import LETTERS, Content, Signal
from tallystick.web import judgment as form_pages
from tallystick.web.judgment import Fields, Sheet

SEED = 3


def rubric() -> Rubric:
    """The rubric under which the samples are judged."""
    found = read(rubric_text(), "rubric.yaml", Rubric)
    assert isinstance(found, Rubric)
    return found


def matter_of(signal: Signal, content: Content) -> Matter:
    """A content in its own order."""
    return Matter(signal=signal, content=content, order=LETTERS[: len(content.candidates)].upper())


def sample(name: str, matter: Matter, fields: Fields, errors: dict[str, str]) -> Sample:
    """A page of work."""
    sheet = Sheet(
        action="/a", draft_href="/a/draft", programme="plain", shown=Shown(matter), rubric=rubric(), done=1,
        lease_until="2026-11-21T13:40:00Z", release_action="/a/return",
    )  # fmt: skip
    view = form_pages.work(sheet, fields, key="k", saved_at=None, errors=errors)
    heading, lead = form_pages.question(sheet.shown)
    return Sample(name, "judgment/work.html", view, expert(heading, lead=lead))


def samples() -> Iterator[Sample]:
    """Every signal once, filled in; the critique also empty and with faults."""
    seen: set[str] = set()
    for signal, content in contents():
        if signal.name in seen or signal.name == "preference":
            continue
        seen.add(signal.name)
        matter = matter_of(signal, content)
        form = matter.form(rubric())
        answer = under(an_answer(signal, content, form, SEED), form)
        yield sample(f"signal-{signal.name}", matter, typed(answer, form), {})
        if signal.name == "critique":
            faults = form_pages.read({}, rubric(), matter).errors
            yield sample("signal-critique-empty", matter, {}, {})
            yield sample("signal-critique-wrong", matter, {}, dict(faults))


SAMPLES = tuple(samples())
