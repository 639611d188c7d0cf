"""The example of docs/extending.md, as it stands there: written to a file, registered, held to what all are held to."""

import importlib.util
import json
import re
from pathlib import Path

import pytest
from signals import test_every_signal as every
from signals.answers import CRITERIA, an_answer, given

import tallystick
from tallystick.flow.document import check
from tallystick.flow.items import ItemRow, content_of, content_of_row, visible
from tallystick.signals import BY_NAME, checking
from tallystick.signals.shape import Answer, Content, Mark, Reason, Signal

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"
TEXT = "The film is \U0001f702 dull."


def of_the_page(folder: Path) -> Signal:
    """The signal of the page, from a file of its own."""
    [module] = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    path = folder / "label.py"
    path.write_text(module)
    spec = importlib.util.spec_from_file_location("label", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    signal = loaded.Label()
    assert isinstance(signal, Signal)
    return signal


@pytest.fixture
def label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Signal:
    """The signal of the page, registered for one test."""
    signal = of_the_page(tmp_path)
    monkeypatch.setitem(BY_NAME, signal.name, signal)
    return signal


@pytest.fixture
def content() -> Content:
    return Content(prompt="Is it good?", material={"text": TEXT, "labels": ["good", "bad"]})


def test_it_is_held_to_what_every_signal_is_held_to(label: Signal, content: Content) -> None:
    every.test_a_form_is_consistent(label, content)
    every.test_every_value_of_a_list_is_there_once_with_its_words(label, content)
    every.test_what_a_judgment_made_elsewhere_leaves_out_is_no_fault(label, content)
    every.test_an_undecided_judgment_is_no_row_of_a_trainer(label, content)
    every.test_codes_of_a_rubric_take_the_place_of_the_signals_own(label, content)
    form = label.form(content, label.codes)
    for seed in range(20):
        answer = an_answer(label, content, form, seed)
        if answer.marks or answer.verdict in ("insufficient_context", "abstain"):
            assert checking.faults(label, answer, content, form, criteria=CRITERIA) == []
        facts = given(label, answer, content).facts
        assert [rating for _, rating in label.measures[0].read(facts)] in ([], ["good"], ["bad"])


def test_an_import_takes_an_item_of_it_and_a_page_shows_the_same(label: Signal, content: Content) -> None:
    row = {"id": "x1", "domain": "general", "signal": "label", "prompt": "Is it good?", "material": content.material}
    found = check(json.loads(json.dumps(row)), "items", ItemRow, line=1)
    assert isinstance(found, ItemRow), found
    assert content_of_row(found) == content
    assert content_of(visible(found), "") == (label, content)
    assert [
        fault.field for fault in label.item_faults(Content(prompt="?", material={"text": "x", "labels": ["y"] * 2}))
    ]


def test_an_answer_is_checked_measured_and_exported(label: Signal, content: Content) -> None:
    form = label.form(content, {})
    mark = Mark(field="words", on="text", label="decides", start=14, end=18, quote="dull")
    reason = Reason(criterion="accuracy", text="Dull is what bad films are.")
    answer = Answer(verdict="bad", marks=[mark], reasons=[reason])
    spoiled = {
        "verdict": answer.model_copy(update={"verdict": "fair"}),
        "marks.words": answer.model_copy(update={"marks": []}),
        "marks.0.quote": answer.model_copy(update={"marks": [mark.model_copy(update={"start": 13, "end": 17})]}),
        "marks.0.text": answer.model_copy(update={"marks": [mark.model_copy(update={"text": "so"})]}),
    }
    assert checking.faults(label, answer, content, form, criteria=CRITERIA) == []
    for field, wrong in spoiled.items():
        assert [fault.field for fault in checking.faults(label, wrong, content, form, criteria=CRITERIA)] == [field]
    one = given(label, answer, content)
    assert label.rows(content, [one]) == {"labels": [{"prompt": "Is it good?", "text": TEXT, "label": "bad"}]}
    assert label.words("bad", form) == "bad"


def test_nothing_outside_of_signals_knows_one_signal_from_another() -> None:
    """What differs is an attribute of the signal. Made-up data alone is made signal by signal."""
    source = Path(tallystick.__file__).parent
    words = {"outcome", "process"}  # other things are called so, too
    named = re.compile(f'"({"|".join(sorted(set(BY_NAME) - words))})"')
    made_up = [source / "signals", source / "sim", source / "cli" / "demo.py"]
    found = [
        f"{path.relative_to(source)}: {one}"
        for path in sorted(source.rglob("*.py"))
        if not any(path.is_relative_to(place) for place in made_up)
        for one in named.findall(path.read_text())
    ]
    assert found == []
