"""Preference: eight verdicts, never a forced binary, and one meaning for each."""

import pytest
from pydantic import ValidationError

from tallystick.signals import preference
from tallystick.signals.preference import Points, PreferenceAnswer, Reason

MEANING = {
    # verdict: (swapped, direction, place on the scale)
    "a_clearly": ("b_clearly", "a", "a_clearly"),
    "a_slightly": ("b_slightly", "a", "a_slightly"),
    "tie": ("tie", "tie", "tie"),
    "b_slightly": ("a_slightly", "b", "b_slightly"),
    "b_clearly": ("a_clearly", "b", "b_clearly"),
    "both_unacceptable": ("both_unacceptable", "both_unacceptable", None),
    "insufficient_context": ("insufficient_context", None, None),
    "abstain": ("abstain", None, None),
    "a": ("b", "a", "a_slightly"),
    "b": ("a", "b", "b_slightly"),
}


@pytest.mark.parametrize("verdict", MEANING)
def test_what_a_verdict_means(verdict: str) -> None:
    swapped, direction, strength = MEANING[verdict]
    assert preference.swap(verdict) == swapped
    assert preference.swap(swapped) == verdict
    assert preference.direction(verdict) == direction
    assert preference.strength(verdict) == strength


def test_every_verdict_is_in_the_table() -> None:
    assert set(MEANING) == set(preference.IMPORTED_VERDICTS)
    assert set(preference.VERDICTS) == set(preference.IMPORTED_VERDICTS) - {"a", "b"}
    assert {direction for _, direction, _ in MEANING.values()} - {None} == set(preference.DIRECTIONS)


REFUSED: dict[str, dict[str, object]] = {
    "a verdict of another kind": {"verdict": "a"},
    "a field that nobody asked for": {"mood": "good"},
    "a score that is text": {"scores": {"reasoning": {"a": "much", "b": 1}}},
    "half a score": {"scores": {"reasoning": {"a": 1}}},
    "a negative score": {"scores": {"reasoning": {"a": -1, "b": 1}}},
    "a criterion with strange letters": {"scores": {"../x": None}},
    "too many reasons": {"reasons": [{"criterion": "reasoning", "text": "Because."}] * 21},
    "too many scores": {"scores": {f"c{n}": None for n in range(51)}},
    "a reason that never ends": {"reasons": [{"criterion": "reasoning", "text": "x" * 20_001}]},
    "half a character": {"reasons": [{"criterion": "reasoning", "text": "\ud800"}]},
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
    PreferenceAnswer.model_validate(GOOD)
    with pytest.raises(ValidationError):
        PreferenceAnswer.model_validate(GOOD | REFUSED[fault])


def test_space_around_a_reason_does_not_count() -> None:
    reason = Reason(criterion="reasoning", text="  \n short \t ")
    assert reason.text == "short"


def test_what_is_left_open_is_not_unshuffled_into_a_score() -> None:
    answer = PreferenceAnswer(verdict="tie", scores={"x": None, "y": Points(a=1, b=2)}, reasons=[])
    assert preference.unshuffled(answer, "BA") == ("tie", {"y": {"a": 2, "b": 1}})
