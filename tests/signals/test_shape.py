"""What is no answer at all, of any signal, and what spans and notes are held to."""

import pytest
from pydantic import ValidationError
from signals.answers import CRITERIA
from signals.contents import ASTRAL, COMBINING, RIGHT_TO_LEFT

from tallystick.signals import BY_NAME, checking
from tallystick.signals.shape import Answer, Code, Content, Form, Labelling, Mark, Reason

REFUSED: dict[str, dict[str, object]] = {
    "a verdict with a line break": {"verdict": "tie\n"},
    "a verdict that never ends": {"verdict": "x" * 201},
    "a field that nobody asked for": {"mood": "good"},
    "a score that is text": {"scores": {"reasoning": {"a": "much", "b": 1}}},
    "a score that is a truth value": {"scores": {"reasoning": {"a": True, "b": 1}}},
    "a score that is digits": {"scores": {"reasoning": {"a": "4", "b": 1}}},
    "a score with a point": {"scores": {"reasoning": {"a": 4.0, "b": 1}}},
    "a time that is a truth value": {"active_ms": True},
    "a negative score": {"scores": {"reasoning": {"a": -1, "b": 1}}},
    "a criterion with strange letters": {"scores": {"../x": None}},
    "too many reasons": {"reasons": [{"criterion": "reasoning", "text": "Because."}] * 21},
    "too many scores": {"scores": {f"c{n}": None for n in range(51)}},
    "a reason that never ends": {"reasons": [{"criterion": "reasoning", "text": "x" * 20_001}]},
    "half a character": {"reasons": [{"criterion": "reasoning", "text": "\ud800"}]},
    "a span from before the text": {"marks": [{"field": "errors", "on": "a", "label": "x", "start": -1}]},
    "a place that is none": {"marks": [{"field": "order", "on": "a", "label": "acceptable", "place": 0}]},
    "a piece with strange letters": {"marks": [{"field": "errors", "on": "../a", "label": "x"}]},
    "too many marks": {"marks": [{"field": "errors", "on": "a", "label": "x"}] * 501},
    "a value with a line break": {"values": {"severity": "low\nhigh"}},
    "a text that never ends": {"texts": {"response": "x" * 100_001}},
    "time that runs backwards": {"active_ms": -1},
    "more than a day": {"active_ms": 24 * 3_600_000 + 1},
}
GOOD: dict[str, object] = {
    "verdict": "tie",
    "scores": {"reasoning": {"a": 1, "b": 1}},
    "reasons": [{"criterion": "reasoning", "text": "Because."}],
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_no_answer_at_all(fault: str) -> None:
    Answer.model_validate(GOOD)
    with pytest.raises(ValidationError):
        Answer.model_validate(GOOD | REFUSED[fault])


def test_space_around_a_reason_does_not_count() -> None:
    reason = Reason(criterion="reasoning", text="  \n short \t ")
    assert reason.text == "short"


def errors(text: str, start: int, end: int, quote: str) -> list[str]:
    """The fields at fault of a critique with one span."""
    critique, content = BY_NAME["critique"], Content(prompt="?", candidates=(text,))
    mark = Mark(field="errors", on="a", label="factual", severity="minor", start=start, end=end, quote=quote)
    answer = Answer(marks=[mark], scores={"accuracy": None, "sources": None}, reasons=[
        Reason(criterion="accuracy", text="It is not what was asked."),
    ])  # fmt: skip
    found = checking.faults(critique, answer, content, critique.form(content, critique.codes), criteria=CRITERIA)
    return [fault.field for fault in found]


SPANS = {
    # name: (text, start, end, the words there); offsets count code points, as Python does
    "beyond the basic plane": (ASTRAL, 4, 5, "\U0001f702"),
    "after a sign beyond the basic plane": (ASTRAL, 11, 13, "\U0001d538\U0001d539"),
    "a letter without its combining mark": (COMBINING, 3, 4, "e"),
    "a letter with its combining mark": (COMBINING, 0, 5, "Cafe\u0301"),
    "from right to left": (RIGHT_TO_LEFT, 0, 5, "\u05d4\u05ea\u05e9\u05d5\u05d1"),
    "a number within words from right to left": (RIGHT_TO_LEFT, 11, 13, "42"),
    "the whole text": (ASTRAL, 0, len(ASTRAL), ASTRAL),
    "with the space behind it": ("one two", 0, 4, "one "),
}


@pytest.mark.parametrize("case", SPANS)
def test_spans_count_code_points(case: str) -> None:
    text, start, end, words = SPANS[case]
    assert text[start:end] == words
    assert errors(text, start, end, words) == []
    moved = (start + 1, end + 1) if end < len(text) else (start + 1, end)
    assert errors(text, *moved, words) == ["marks.0.quote"], "one code point to the right other words stand"


def test_a_browser_that_counts_utf_16_is_found_out() -> None:
    units = ASTRAL.encode("utf-16-le")
    start = len(ASTRAL[:11].encode("utf-16-le")) // 2
    assert units[2 * start : 2 * start + 8].decode("utf-16-le") == "\U0001d538\U0001d539"
    assert errors(ASTRAL, start, start + 2, "\U0001d538\U0001d539") == ["marks.0.quote"]


def test_two_spellings_of_one_accent_are_two_texts() -> None:
    assert errors(COMBINING, 0, 5, "Caf\u00e9") == ["marks.0.quote"]


def test_a_fault_says_what_was_expected_what_was_found_and_how_offsets_count() -> None:
    critique, content = BY_NAME["critique"], Content(prompt="?", candidates=("one two",))
    mark = Mark(field="errors", on="a", label="factual", severity="minor", start=0, end=3, quote="two")
    form = critique.form(content, critique.codes)
    found = checking.faults(critique, Answer(marks=[mark]), content, form, criteria={}, is_whole=False)
    expected = 'Errors: expected the words from 0 to 3 of a ("one"), found "two". '
    assert [fault.sentence for fault in found] == [
        f"{expected}Offsets count Unicode code points of the plain text from 0."
    ]


def test_several_labels_stand_on_one_piece_only_where_the_form_says_so() -> None:
    process, content = BY_NAME["process"], Content(prompt="?", material={"steps": [{"id": "s1", "text": "x"}]})
    labels = (Code("one", "One"), Code("two", "Two"))
    both = Answer(marks=[Mark(field="kind", on="s1", label=one) for one in ("one", "two")])
    twice = Answer(marks=[Mark(field="kind", on="s1", label="one")] * 2)
    for is_many, answer, expected in (
        (True, both, []), (True, twice, ["marks.kind.s1"]), (False, both, ["marks.kind.s1"]),
    ):  # fmt: skip
        part = Labelling(name="kind", title="Kind", pieces=("s1",), labels=labels, is_every=True, is_many=is_many)
        form = Form(verdict_title="", verdicts=(), labellings=(part,), is_reason_required=False)
        assert [fault.field for fault in checking.faults(process, answer, content, form, criteria={})] == expected


def test_a_verdict_from_elsewhere_is_never_one_of_ours() -> None:
    form = Form(
        verdict_title="", verdicts=(Code("a_clearly", "A"),), elsewhere=(Code("a", "A won"),), is_reason_required=False
    )
    pair, preference = Content(prompt="?", candidates=("x", "y")), BY_NAME["preference"]
    for is_whole, expected in ((False, []), (True, ["verdict"])):
        found = checking.faults(preference, Answer(verdict="a"), pair, form, criteria={}, is_whole=is_whole)
        assert [fault.field for fault in found] == expected
