"""Preference: eight verdicts, never a forced binary, and one meaning for each."""

import pytest

from tallystick.signals import checking, preference, shape
from tallystick.signals.preference import Preference
from tallystick.signals.shape import Answer, Content, names_of

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
    assert shape.direction(verdict) == direction
    assert preference.strength(verdict) == strength


def test_every_verdict_is_in_the_table() -> None:
    assert set(MEANING) == set(preference.IMPORTED_VERDICTS)
    assert set(preference.VERDICTS) == set(preference.IMPORTED_VERDICTS) - {"a", "b"}
    assert {direction for _, direction, _ in MEANING.values()} - {None} == set(preference.DIRECTIONS)


def test_scores_and_verdict_go_back_to_the_items_own_letters() -> None:
    answer = Answer(verdict="a_slightly", scores={"x": None, "y": {"a": 1, "b": 2}})
    pair = Content(prompt="?", candidates=("first shown", "second shown"))
    own = checking.unshuffled(Preference(), answer, pair, names_of("BA"))
    assert (own.verdict, own.scores) == ("b_slightly", {"x": None, "y": {"a": 2, "b": 1}})
    assert checking.unshuffled(Preference(), answer, pair, names_of("AB")) == answer
