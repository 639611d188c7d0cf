"""Pages in other languages: what no catalogue knows stays English, as an element of the page and no tags on it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest
from markupsafe import Markup
from stats.test_agreement import ask
from web.pages import BY_NAME, html
from web.samples.agreement import MEDICINE

from tallystick.app import witnessing
from tallystick.app.gate import BatchPage
from tallystick.app.release import ReleasePage
from tallystick.edge import Visit
from tallystick.flow.monitoring.told import worded
from tallystick.flow.refusal import Refused
from tallystick.store.schema import Row
from tallystick.web.gate import _warnings
from tallystick.web.language import LANGUAGES, beside_exact, counted, resaid, said, speaking
from tallystick.web.release import _waits

BY_CODE = {language.code: language for language in LANGUAGES}


@pytest.fixture
def batch() -> BatchPage:
    """A batch whose number has no interval, for a reason that no catalogue knows."""
    verdict = ask([[1, 1], [1, 2], [2, 2]], {"metric": "krippendorff_alpha"}, draws=100)
    verdict = replace(verdict, interval=None, interval_reason="Nobody says <this>.", paradox=None, notes=())
    row = cast("Row", SimpleNamespace(imported_judgments=0))
    return BatchPage(
        row=row, rubric=None, bar=None, now=Refused("too-few", "Too few."), verdict=verdict, diagnosis=None,
        pairs=(), names={}, history=(),
    )  # fmt: skip


@pytest.mark.parametrize("code", ["de", "ar", "zh"])
def test_an_english_sentence_inside_of_another_is_no_tags_on_the_screen(batch: BatchPage, code: str) -> None:
    with speaking(BY_CODE[code]):
        text = html(replace(BY_NAME["batch"], view=replace(MEDICINE, warnings=_warnings(batch, None))))
    assert '<span lang="en" dir="ltr">Nobody says &lt;this&gt;.</span>' in text
    assert "&lt;span" not in text


def test_an_element_in_a_sentence_stays_one_and_a_name_beside_it_is_escaped() -> None:
    with speaking(BY_CODE["de"]):
        element = beside_exact("Nein.", "No <b>.")
        shown = [
            said("%(state)s; opened by %(batch)s, under the same rubric", state=element, batch="<i>"),
            counted("%(number)s of %(all)s items lacks judgments: the number may still move.",
                    "%(number)s of %(all)s items lack judgments: the number may still move.", 1, all=element),
            resaid(worded("%(a)s", a=element)),
        ]  # fmt: skip
        plain = said("%(title)s %(number)s", title="<i>", number=1)
    assert [isinstance(text, Markup) for text in (*shown, plain)] == [True, True, True, False]
    assert all('Nein. <span lang="en" dir="ltr">No &lt;b&gt;.</span>' in text for text in shown)
    assert "&lt;i&gt;" in shown[0]
    assert plain == "<i> 1"


def test_what_a_release_waits_for_is_said_and_then_told_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = Refused("no-quorum", "Expected 2 witnesses, found <1>.", names=("a <b>",))
    monkeypatch.setattr(witnessing, "refuse_waiting", lambda *_: refused)
    visit = cast("Visit", SimpleNamespace(cell=None))
    page = cast("ReleasePage", SimpleNamespace(erased=None, row=SimpleNamespace(state="built", release="r")))
    with speaking(BY_CODE["de"]):
        waits = _waits(visit, page)
    assert isinstance(waits, Markup)
    assert waits.endswith('<span lang="en" dir="ltr">Expected 2 witnesses, found &lt;1&gt;.</span> a &lt;b&gt;')
